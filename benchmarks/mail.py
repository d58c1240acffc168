"""Reads the file that the server delivers its mail to."""

import json
from pathlib import Path

_KIND = "two-factor-otp"


def sent_codes(mail_file: Path) -> dict[str, str]:
    """Return the code sent last to each address."""
    # The last line may be half written; it counts once it ends.
    lines = mail_file.read_text().splitlines(keepends=True) if mail_file.exists() else []
    mails = [json.loads(line) for line in lines if line.endswith("\n")]
    return {mail["to"]: mail["code"] for mail in mails if mail["kind"] == _KIND}
