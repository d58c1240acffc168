"""The help texts of the command line."""

import re
from pathlib import Path

import pytest

from athena_auth import Settings, __version__
from support.process import run_athena

SETTINGS = [f"ATHENA_{name.upper()}" for name in Settings.model_fields]


@pytest.fixture(scope="module")
def serve_help(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_athena(tmp_path_factory.mktemp("help"), "serve", "--help").stdout


def test_help_names_the_commands(tmp_path: Path) -> None:
    shown = run_athena(tmp_path, "--help")

    assert shown.returncode == 0
    assert {"serve", "migrate"} <= set(shown.stdout.split())


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_help_of_serve_names_every_setting(serve_help: str, setting: str) -> None:
    assert re.search(rf"\b{setting}\b", serve_help)


SECRETS = [name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)]


def test_the_secrets_among_the_settings_are_found() -> None:
    assert set(SECRETS) >= {"secret", "secrets", "sms_url", "metrics_token"}


@pytest.mark.parametrize("setting", SECRETS)
def test_a_secret_is_not_an_option_because_command_lines_can_be_read(
    tmp_path: Path, serve_help: str, setting: str
) -> None:
    """`--sms-url twilio://SID:TOKEN@…` showed the gateway's token to every user of the machine, in `ps`.

    The secrets were a list of names that a new setting could be missing from; now their type decides.
    """
    option = f"--{setting.replace('_', '-')}"

    refused = run_athena(tmp_path, "serve", option, "console:hunter2")

    assert option not in serve_help
    assert "--port" in serve_help
    assert refused.returncode == 2
    assert "No such option" in refused.stderr


def test_version(tmp_path: Path) -> None:
    assert run_athena(tmp_path, "--version").stdout == f"{__version__}\n"


def test_a_misspelt_command_or_option_is_refused(tmp_path: Path) -> None:
    for arguments in (["server"], ["serve", "--prot", "3001"]):
        refused = run_athena(tmp_path, *arguments)
        assert refused.returncode == 2
        assert arguments[-2 if len(arguments) > 1 else 0] in refused.stderr
