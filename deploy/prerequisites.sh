# shellcheck shell=bash
# What a machine needs before anything here can be built. To be sourced; each function ends the script if it can't help.

# What the build needs, and curl to talk to the result.
# shellcheck disable=SC2034  # for the script that sources this
readonly build_packages=(libmicrohttpd-dev libcurl4-openssl-dev libssl-dev pkg-config curl)

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Ends the script unless there is a Swift that understands Package.swift (tools version 6.2).
require_swift() {
  local answer
  command -v swift >/dev/null ||
    fail 'Swift 6.2 or newer is needed and there is no swift on the PATH. Get it from https://swift.org/install'
  answer=$(swift --version 2>/dev/null) || fail 'swift is on the PATH, but "swift --version" fails:' \
    "  $(swift --version 2>&1 | tail -n 1)" 'What Swift itself needs of Debian: https://swift.org/install/linux/debian'
  [[ $answer =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "\"swift --version\" says no version: $answer"
  (( BASH_REMATCH[1] > 6 || (BASH_REMATCH[1] == 6 && BASH_REMATCH[2] >= 2) )) ||
    fail "Swift 6.2 or newer is needed, and this is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}." \
      'Get it from https://swift.org/install'
}

# Installs those of the named Debian packages that are missing, or says how to and ends the script.
require_packages() {
  local name as_root=() missing=()
  if ! command -v dpkg-query >/dev/null; then
    echo "No dpkg here, so this isn't checked. What Debian calls $* has to be there." >&2
    return
  fi
  for name; do
    is_installed "$name" || missing+=("$name")
  done
  (( ${#missing[@]} > 0 )) || return 0

  if (( EUID != 0 )); then
    as_root=(sudo)
    sudo -n true 2>/dev/null || missing_packages "${missing[@]}"
  fi
  echo "Installing ${missing[*]}" >&2
  # --no-remove: nothing that is already there has to go for it. A fresh machine may be busy updating itself: wait.
  { "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends --no-remove "${missing[@]}"; } >&2 ||
    missing_packages "${missing[@]}"
}

is_installed() {
  # shellcheck disable=SC2016  # the braces are dpkg-query's own
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing_packages() {
  local sudo='sudo '
  (( EUID != 0 )) || sudo=''
  fail 'Packages are missing. This installs them:' \
    "  ${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends $*"
}
