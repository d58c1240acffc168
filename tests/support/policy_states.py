"""The pages of required second factors and of recoveries in every state that people meet."""

from collections.abc import Callable

from support.page_stage import PASSWORD, WRONG, Stage, opened, trusted
from support.virtual_authenticator import PLATFORM, VirtualAuthenticator


def _required(stage: Stage) -> None:
    stage.require("now")
    stage.sign_in()


def _required_refused(stage: Stage) -> None:
    _required(stage)
    stage.send("Continue", password="not the password")


def _required_app(stage: Stage) -> None:
    _required(stage)
    stage.send("Continue", password=PASSWORD)


def _required_app_refused(stage: Stage) -> None:
    _required_app(stage)
    stage.page.locator("input[name=code]").fill(WRONG)
    stage.page.get_by_role("alert").wait_for()


def _required_mail(stage: Stage) -> None:
    _required(stage)
    stage.open("/enrol?method=otp")


def _required_mail_sent(stage: Stage) -> None:
    _required_mail(stage)
    stage.send("Continue", password=PASSWORD)


def _required_passkey(stage: Stage) -> VirtualAuthenticator:
    device = VirtualAuthenticator(stage.page, PLATFORM)
    _required(stage)
    stage.open("/enrol?method=passkey")
    return device


def _required_passkey_due(stage: Stage) -> VirtualAuthenticator:
    device = _required_passkey(stage)
    stage.send("Continue", password=PASSWORD)
    return device


def _required_passkey_cancelled(stage: Stage) -> None:
    _required_passkey_due(stage).cancel()
    stage.page.get_by_role("button", name="Create the passkey").click()
    stage.page.get_by_text("No passkey was added.").wait_for()


def _step_up_without_fitting_factor(stage: Stage) -> None:
    trusted(stage)
    stage.open("/step-up?amr=phishing_resistant")


def _lost(stage: Stage) -> None:
    stage.enrol()
    stage.sign_in()
    stage.open("/second-step/lost")


def _lost_sent(stage: Stage) -> None:
    _lost(stage)
    stage.send("Send the link")


def _lost_refused(stage: Stage) -> None:
    _lost_sent(stage)
    for _ in range(2):
        stage.call("/two-factor/recovery/begin")
    stage.open("/second-step/lost")
    stage.send("Send the link")


def _recovery(stage: Stage) -> None:
    _lost_sent(stage)
    stage.page.context.clear_cookies()
    stage.page.goto(stage.link("/open-recovery"))


def _recovery_begun(stage: Stage) -> None:
    _recovery(stage)
    stage.send("Begin the recovery")


def _recovery_cancelling(stage: Stage) -> None:
    _recovery_begun(stage)
    stage.page.goto(stage.link("/cancel-recovery"))


def _recovery_cancelled(stage: Stage) -> None:
    _recovery_cancelling(stage)
    stage.send("Cancel the recovery")


def _recovery_waiting(stage: Stage) -> None:
    stage.enrol()
    stage.operate("recovery", "open", stage.email, "--reason", "Ticket 4711", recovery="on")
    stage.open("/security")
    stage.page.get_by_role("button", name="Cancel the recovery").wait_for()


POLICY_STATES: dict[str, Callable[[Stage], object]] = {
    "lost-factors": _lost,
    "lost-factors-sent": _lost_sent,
    "lost-factors-refused": _lost_refused,
    "recovery": _recovery,
    "recovery-begun": _recovery_begun,
    "recovery-cancel": _recovery_cancelling,
    "recovery-cancelled": _recovery_cancelled,
    "recovery-waiting": _recovery_waiting,
    "recovery-finish": opened("/api/auth/finish-recovery?token=no-such-token"),
    "enrol": _required,
    "enrol-refused": _required_refused,
    "enrol-app": _required_app,
    "enrol-app-refused": _required_app_refused,
    "enrol-mail": _required_mail,
    "enrol-mail-sent": _required_mail_sent,
    "enrol-passkey": _required_passkey,
    "enrol-passkey-due": _required_passkey_due,
    "enrol-passkey-cancelled": _required_passkey_cancelled,
    "step-up-no-fitting-factor": _step_up_without_fitting_factor,
}
"""How to reach each state, by its name."""
