"""Reads the files that servers deliver their mail to."""

import json
from collections.abc import Iterable
from pathlib import Path

_KIND = "two-factor-otp"


def sent_codes(mail_files: Iterable[Path]) -> dict[str, str]:
    """Return the code sent last to each address."""
    mails = [json.loads(line) for file in mail_files for line in _whole_lines(file)]
    return {mail["to"]: mail["code"] for mail in mails if mail["kind"] == _KIND}


def _whole_lines(file: Path) -> list[str]:
    # The last line may be half written; it counts once it ends.
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    return [line for line in lines if line.endswith("\n")]
