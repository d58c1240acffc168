#!/bin/sh
# The eight two-factor calls with curl, for an account whose authenticator app is turned on.
#
#   ATHENA_AUTH_TOKEN   the session token from /sign-in/email, in full
#   PASSWORD            the account's password
#   TOTP_CODE           what the authenticator app shows now
#   BACKUP_CODE         one of the unused backup codes
#
# The code that is sent by mail is asked for on the way. At the end two-factor authentication is off.
# Command lines can be read by everybody on the machine: on a shared one, use another client.
set -eu

: "${ATHENA_AUTH_BASE_URL:=http://localhost:3001/api/auth}"
: "${ATHENA_AUTH_TOKEN:?}" "${PASSWORD:?}" "${TOTP_CODE:?}" "${BACKUP_CODE:?}"

# Show each answer on a line, and end at the first that is not a success.
curl() {
  command curl --fail-with-body --no-progress-meter "$@"
  echo
}

# A JSON object with one text.
json() {
  printf '{"%s":"%s"}' "$1" "$(printf '%s' "$2" | sed 's/[\\"]/\\&/g')"
}

# auth.twoFactor.getTotpUri() -> POST /two-factor/get-totp-uri
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/get-totp-uri" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d "$(json password "$PASSWORD")"

# auth.twoFactor.verifyTotp() -> POST /two-factor/verify-totp
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/verify-totp" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d "$(json code "$TOTP_CODE")"

# auth.twoFactor.sendOtp() -> POST /two-factor/send-otp
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/send-otp" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d '{}'

printf 'The code from the mail: ' >&2
read -r SENT_CODE

# auth.twoFactor.verifyOtp() -> POST /two-factor/verify-otp
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/verify-otp" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d "$(json code "$SENT_CODE")"

# auth.twoFactor.verifyBackupCode() -> POST /two-factor/verify-backup-code
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/verify-backup-code" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d "$(json code "$BACKUP_CODE")"

# auth.twoFactor.generateBackupCodes() -> POST /two-factor/generate-backup-codes
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/generate-backup-codes" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d "$(json password "$PASSWORD")"

# auth.twoFactor.enable() -> POST /two-factor/enable
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/enable" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d "$(json password "$PASSWORD")"

# auth.twoFactor.disable() -> POST /two-factor/disable
curl -X POST "$ATHENA_AUTH_BASE_URL/two-factor/disable" \
  -H "content-type: application/json" \
  -H "authorization: Bearer $ATHENA_AUTH_TOKEN" \
  -d "$(json password "$PASSWORD")"
