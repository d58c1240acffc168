#!/bin/sh
# Install the Debian packages that the tests need and that are missing; say which, before it is done.
# What cannot be installed here fails the tests that need it, each with the command that mends it.
set -eu

missing=
need() {  # need PROGRAM PACKAGE
  PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null || missing="$missing $2"
}
need caddy caddy
need chromium chromium
need go golang-go
need haproxy haproxy
need nginx nginx-light
need pgbouncer pgbouncer
need setpriv util-linux

[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need these programs, which you can install yourself: apt-get install -y$missing" >&2
  exit 0
fi
echo "Installing for the tests (once): apt-get install -y$missing" >&2
# Debian starts a service when its package is installed; the tests run their own, and this machine needs none.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq >/dev/null
# shellcheck disable=SC2086 - one word for each package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
