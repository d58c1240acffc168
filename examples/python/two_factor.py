"""The eight two-factor calls of the public reference with the Python SDK; see README.md for what it needs."""

import os
import sys

from athena_auth_client import AthenaClient, AthenaError, MemoryTokenStore

NEEDED = ("ATHENA_AUTH_TOKEN", "PASSWORD", "TOTP_CODE", "BACKUP_CODE")


def main() -> None:
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set first: {', '.join(missing)}")
    token, password, totp_code, backup_code = (os.environ[name] for name in NEEDED)
    base_url = os.environ.get("ATHENA_AUTH_BASE_URL", "http://localhost:3001/api/auth")

    with AthenaClient(base_url, tokens=MemoryTokenStore(session=token)) as client:
        # An answer prints without its secrets; they are there by name, as `uri.totp_uri`.
        uri = client.auth.two_factor.get_totp_uri(password=password)
        print(uri)
        print(client.auth.two_factor.verify_totp(code=totp_code))

        client.auth.two_factor.send_otp()
        print(client.auth.two_factor.verify_otp(code=input("The code from the mail: ")))

        print(client.auth.two_factor.verify_backup_code(code=backup_code))
        print(client.auth.two_factor.generate_backup_codes(password=password))

        print(client.auth.two_factor.enable(password=password))
        client.auth.two_factor.disable(password=password)
        print(client.auth.two_factor.status())


if __name__ == "__main__":
    try:
        main()
    except AthenaError as error:
        sys.exit(f"{error} [{error.code}]")
