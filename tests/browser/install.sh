#!/bin/sh
# Installs Chromium for the browser tests where it may (Debian and its kin, as root or with sudo that asks nothing);
# otherwise says in one line what is missing. Under CI=true a missing browser is an error.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if command -v apt-get >/dev/null 2>&1 && { [ -z "$sudo" ] || sudo -n true 2>/dev/null; }; then
  echo "installing Chromium for the browser tests"
  $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium >/dev/null
  command -v chromium >/dev/null 2>&1 && exit 0
fi
echo "Chromium is missing and could not be installed: the tests in tests/browser do not run"
[ "${CI:-}" = true ] && exit 1
exit 0
