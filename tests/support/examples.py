"""The shops in `examples/`, run as their READMEs say, each in a process of its own."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyotp

from support.hosts import ELSEWHERE, assert_refused
from support.process import PATIENCE, environment, wait_for

EXAMPLES = Path(__file__).parents[2] / "examples"
SVG = "data:image/svg+xml;"


@contextmanager
def example_serving(name: str, folder: Path) -> Iterator[str]:
    """Run an example by the command in its README, on a free port, its data in this folder; yield its address."""
    readme = (EXAMPLES / name / "README.md").read_text()
    command = re.search(
        rf"^\.venv/bin/uvicorn --app-dir examples/{name} (\S+) --port 3001$", readme, re.MULTILINE
    )
    assert command, "the README no longer says how to run it"
    with application_serving(command[1], EXAMPLES / name, folder) as address:
        yield address


@contextmanager
def application_serving(application: str, app_dir: Path, folder: Path) -> Iterator[str]:
    """Run `module:application` of this directory on a free port, its data in this folder; yield its address."""
    uvicorn = [str(Path(sys.executable).with_name("uvicorn")), "--app-dir", str(app_dir)]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*uvicorn, application, "--port", "0"],
            cwd=folder,
            env=environment(mail_url=f"file://{folder}/outbox.jsonl"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    def address() -> str | None:
        assert process.poll() is None, log.read_text()
        found = re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())
        return found and found[1]

    try:
        yield wait_for(address, "the application to serve")
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        process.kill()
        process.wait()


def copy_example(name: str, folder: Path) -> Path:
    """Copy an example into this folder, as somebody does who begins with it; return where it is."""
    return shutil.copytree(EXAMPLES / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def run_tests(folder: Path, *files: str) -> None:
    """Run tests of an example as their authors do, outside of this project: by Django or by pytest."""
    runner = ["manage.py", "test"] if (folder / "manage.py").exists() else ["-m", "pytest"]
    names = [file.removesuffix(".py").replace("/", ".") for file in files] if "test" in runner else files
    ran = subprocess.run(
        [sys.executable, *runner, *names],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"[1-9]\d* passed|Ran [1-9]", ran.stdout + ran.stderr), "there are no tests"


def walk(name: str, address: str) -> None:
    """Take the walk of an example's README as it is written, and compare what happens."""
    walk_through((EXAMPLES / name / "README.md").read_text(), address)


def walk_through(text: str, address: str) -> None:
    """Take the walk in a text, as `walk` does: commands, and below them an answer for each that prints one."""
    steps = re.findall(r"```sh\n([^`]*)```\n```json\n(.*?)```", text, re.DOTALL)
    assert len(steps) >= 3
    set_before, mine = "set -eu\n", dict[str, str]()
    for commands, shown in steps:
        script = re.sub(
            r"^(TOKEN|CODE)=.*$", lambda line: f"{line[1]}={mine[line[1]]}", commands, flags=re.MULTILINE
        )
        script = script.replace("http://localhost:3001", address)
        ran = subprocess.run(
            ["/bin/bash", "-c", set_before + script],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        set_before += "".join(re.findall(r"^[A-Z]+=.*\n", script, re.MULTILINE))
        got = [json.loads(line) for line in ran.stdout.splitlines()]
        for expected, answer in zip(map(json.loads, shown.splitlines()), got, strict=True):
            yours = {field: answer[field] for field in ("token", "totpURI", "qrCode") if field in expected}
            assert yours.get("qrCode", SVG).startswith(SVG)
            assert {field: answer.get(field) for field in expected} == expected | yours, (commands, answer)
            if "token" in answer:
                mine["TOKEN"] = answer["token"]
            if "totpURI" in answer:
                phone = pyotp.parse_uri(answer["totpURI"])
                assert isinstance(phone, pyotp.TOTP)
                mine["CODE"] = phone.now()


def assert_step_up(address: str, payment: Callable[[int], dict[str, Any]]) -> None:
    """Assert what a shop asks of a browser that is trusted: nothing for little, a second factor for more than 100."""
    credentials = {"email": "ada@example.com", "password": "correct horse battery"}
    with httpx.Client(base_url=address, headers={"origin": address}) as browser:

        def post(path: str, **body: Any) -> Any:
            answer = browser.post(f"/api/auth{path}", json=body)
            assert answer.is_success, answer.text
            return answer.json()

        post("/sign-up/email", name="Ada", **credentials)
        enabled = post("/two-factor/enable", password=credentials["password"])
        phone = pyotp.parse_uri(enabled["totpURI"])
        assert isinstance(phone, pyotp.TOTP)
        post("/two-factor/verify-totp", code=phone.now())
        post("/sign-out")
        assert post("/sign-in/email", **credentials)["twoFactorRedirect"] is True
        post("/two-factor/verify-backup-code", code=enabled["backupCodes"][0], trustDevice=True)
        post("/sign-out")
        assert post("/sign-in/email", **credentials)["token"]

        assert browser.post("/pay", **payment(50)).json() == {"paid": 50, "by": "ada@example.com"}
        assert_refused(browser.post("/pay", **payment(150)), 403, "STEP_UP_REQUIRED")
        post("/two-factor/verify-backup-code", code=enabled["backupCodes"][1])
        assert browser.post("/pay", **payment(150)).json() == {"paid": 150, "by": "ada@example.com"}
        assert_refused(
            browser.post("/pay", **payment(50), headers={"origin": ELSEWHERE}), 403, "INVALID_ORIGIN"
        )
