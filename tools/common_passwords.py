"""Write src/athena_auth/accounts/common_passwords.txt: the passwords that are refused as too common.

They come from the frequency list `passwords` of zxcvbn, which the package of that name carries: the 30,000 most
frequent of the ten million that Mark Burnett collected from leaks and published. zxcvbn is under the MIT licence,
whose text goes into the file with the list. Kept are those that would pass the length rule, written as they are
compared.

zxcvbn is no dependency of this project. Run this in an environment of its own:

    python3 -m venv /tmp/zxcvbn && /tmp/zxcvbn/bin/pip install zxcvbn==4.5.0
    /tmp/zxcvbn/bin/python tools/common_passwords.py
"""

import unicodedata
from importlib.metadata import distribution
from pathlib import Path

from zxcvbn.frequency_lists import FREQUENCY_LISTS

TARGET = Path(__file__).parent.parent / "src/athena_auth/accounts/common_passwords.txt"
MIN_LENGTH = 8
"""As in athena_auth.crypto.passwords: shorter passwords are refused anyway."""

HEADER = """\
Passwords of 8 or more characters that are commonly used, in lower case and sorted, one a line.
Made by tools/common_passwords.py from the list `passwords` of {name} {version}; do not edit.

The list is from zxcvbn, Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc., by way of its Python
version. Both are under this licence:

{licence}
"""


def chosen() -> list[str]:
    """Return the common passwords that the length rule would accept, in the form in which they are compared."""
    folded = {unicodedata.normalize("NFKC", password).casefold() for password in FREQUENCY_LISTS["passwords"]}
    return sorted(password for password in folded if len(password) >= MIN_LENGTH)


def header() -> str:
    """Return the origin and the licence of the list, as comments."""
    package = distribution("zxcvbn")
    licence = package.read_text("LICENSE.txt")
    if licence is None:
        raise SystemExit("This zxcvbn comes without its licence; take another version.")
    text = HEADER.format(name=package.name, version=package.version, licence=licence.strip())
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


if __name__ == "__main__":
    TARGET.write_text(header() + "\n".join(chosen()) + "\n", encoding="utf-8")
