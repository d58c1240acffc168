#!/bin/sh
# A stolen password, a lost phone and a forgotten password, with curl and the file that mails go to.
#
#   MAILS               the file of ATHENA_MAIL_URL=file://…
#   EMAIL, PASSWORD     an account whose authenticator app is turned on
#   BACKUP_CODES        two of its backup codes, separated by a space
#   NEW_PASSWORD        the password it has at the end
#
# What happened stands in the trail afterwards: athena-auth audit --user "$EMAIL"
set -eu

: "${ATHENA_AUTH_BASE_URL:=http://localhost:3001/api/auth}"
: "${MAILS:?}" "${EMAIL:?}" "${PASSWORD:?}" "${BACKUP_CODES:?}" "${NEW_PASSWORD:?}"
FIRST_CODE=${BACKUP_CODES%% *} SECOND_CODE=${BACKUP_CODES##* }

# Send a JSON body, as the bearer of a token when one is given, and print the answer.
post() {
  curl --no-progress-meter -X POST "$ATHENA_AUTH_BASE_URL$1" -H "content-type: application/json" \
    ${3:+-H "authorization: Bearer $3"} -d "$2"
  echo
}

get() {
  curl --no-progress-meter "$ATHENA_AUTH_BASE_URL$1" -H "authorization: Bearer $2"
  echo
}

# The text of a field of the JSON on standard input.
field() {
  sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# Wait for a mail of this kind and print the last one.
mail() {
  for _ in $(seq 50); do
    found=$(grep "\"to\":\"$EMAIL\",\"kind\":\"$1\"" "$MAILS" | tail -n 1)
    [ -n "$found" ] && break
    sleep 0.1
  done
  printf '%s\n' "$found"
}

echo "# A thief has the password. He gets a challenge, and no session:"
CHALLENGE=$(post /sign-in/email "{\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\"}" | field token)
get /get-session "$CHALLENGE"
post /two-factor/verify-totp '{"code":"000000"}' "$CHALLENGE"

echo "# The owner is told, when and from where:"
mail second-factor-refused

echo "# She has lost her phone. A backup code signs her in; this device is trusted from now on:"
CHALLENGE=$(post /sign-in/email "{\"email\":\"$EMAIL\",\"password\":\"$PASSWORD\"}" | field token)
ANSWER=$(post /two-factor/verify-backup-code "{\"code\":\"$FIRST_CODE\",\"trustDevice\":true}" "$CHALLENGE")
printf '%s\n' "$ANSWER"
TOKEN=$(printf '%s' "$ANSWER" | field token)
mail backup-code-used

echo "# What is on, and which devices are trusted:"
get /two-factor/status "$TOKEN"
get /two-factor/trusted-devices "$TOKEN"
post /two-factor/revoke-trusted-devices '{}' "$TOKEN"

echo "# She has forgotten the password. Everybody gets the same answer; she gets a mail:"
post /request-password-reset "{\"email\":\"$EMAIL\"}"
post /request-password-reset '{"email":"nobody@example.com"}'
RESET=$(mail password-reset | sed -n 's/.*[?&]token=\([^"&]*\).*/\1/p')

echo "# The link works once, and ends in a challenge, not in a session:"
ANSWER=$(post /reset-password "{\"token\":\"$RESET\",\"newPassword\":\"$NEW_PASSWORD\"}")
printf '%s\n' "$ANSWER"
post /reset-password "{\"token\":\"$RESET\",\"newPassword\":\"$NEW_PASSWORD\"}"
post /two-factor/verify-backup-code "{\"code\":\"$SECOND_CODE\"}" "$(printf '%s' "$ANSWER" | field token)"

echo "# Whoever was signed in before is not any more:"
get /get-session "$TOKEN"
