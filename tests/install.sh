#!/bin/sh
# Installs what the tests need beside Python (on Debian and its kin, as root or with sudo that asks nothing).
# Elsewhere `python -m tests.drivers` says in one line each what is missing and which tests do not run.
set -eu

packages=""
need() { # the Debian package, and a command that succeeds where it is not needed
  package=$1
  shift
  "$@" >/dev/null 2>&1 || packages="$packages $package"
}
any_of() {
  for name in "$@"; do command -v "$name" && return 0; done
  return 1
}
library() { # a shared library that the dynamic linker finds
  ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"
}

need chromium any_of chromium chromium-browser google-chrome
need pgbouncer any_of pgbouncer /usr/sbin/pgbouncer
need nginx-light any_of nginx /usr/sbin/nginx
need systemd any_of systemd-analyze # looks through the shipped units
need libatomic1 library libatomic.so.1 # Playwright's own Node.js is linked with it

[ -n "$packages" ] || exit 0
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
command -v apt-get >/dev/null 2>&1 || exit 0
[ -z "$sudo" ] || sudo -n true 2>/dev/null || exit 0
echo "installing for the tests:$packages"
$sudo apt-get update -qq
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $packages >/dev/null
