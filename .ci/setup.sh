#!/usr/bin/env bash
# setup.sh build|demo|test: installs what this machine lacks for that purpose; a second run does nothing.
# Packages come from apt (as root), npm and PyPI through their own clients; every download is limited in time, tried three
# times, and DuckDB is checked against .ci/duckdb.sha256.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
purpose=${1:?build, demo or test}
DEPS=${DEPS:-build/deps} VENV=${VENV:-build/venv} NODE=${NODE:-build/node}

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# Three tries: a mirror that is busy now answers later.
retry() {
    local try
    for try in 1 2 3; do
        timeout "${LIMIT:-600}" "$@" && return 0
        [ "$try" = 3 ] || { say "failed, trying again: $1 ${2-}"; sleep $((try * 5)); }
    done
    return 1
}

purposes() {
    case $purpose in
        build) echo build ;;
        demo) echo "build demo" ;;
        *) echo "build demo test" ;;
    esac
}

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

missing_packages() {
    local for_what package command
    while read -r for_what package command; do
        case " $(purposes) " in *" $for_what "*) ;; *) continue ;; esac
        [ -n "$command" ] && command -v "$command" >/dev/null 2>&1 && continue
        installed "$package" || printf '%s ' "$package"
    done < <(grep -v '^#' "$here/packages.txt")
}

system_packages() {
    local missing
    if ! command -v dpkg-query >/dev/null 2>&1; then
        say "no apt on this machine; needed are: $(grep -v '^#' "$here/packages.txt" | awk '{printf "%s ", $2}')"
        return 0
    fi
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        fail "packages are missing and only root can install them. Run this, then make again:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing"
    fi
    say "installing: $missing"
    export DEBIAN_FRONTEND=noninteractive
    retry apt-get -qq update
    # shellcheck disable=SC2086
    LIMIT=1500 retry apt-get -qq -y --no-install-recommends install $missing >/dev/null ||
        fail "apt-get could not install: $missing"
}

checked() { [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]; }

duckdb_file() { # package file hash name
    local target=$DEPS/$4 work
    [ -f "$target" ] && { [ -n "${DUCKDB_LIB:-}" ] || checked "$target" "$3"; } && return 0
    work=$(mktemp -d)
    say "fetching $1"
    (cd "$work" && retry npm pack --silent "$1" >/dev/null 2>&1) || fail "npm could not fetch $1"
    tar -xzf "$work"/*.tgz -C "$work" "$2"
    checked "$work/$2" "$3" || fail "$1 is not what it was: its $2 has another SHA-256 than .ci/duckdb.sha256 says"
    mkdir -p "$DEPS"
    mv "$work/$2" "$target"
    rm -rf "$work"
}

duckdb() {
    local machine package file hash name
    mkdir -p "$DEPS"
    if [ -n "${DUCKDB_LIB:-}" ]; then
        [ -f "$DUCKDB_LIB" ] || fail "DUCKDB_LIB=$DUCKDB_LIB is not a file"
        ln -sfn "$(realpath "$DUCKDB_LIB")" "$DEPS/libduckdb.so"
    fi
    while read -r machine package file hash name; do
        [ "$machine" = any ] || [ "$machine" = "$(uname -m)" ] || continue
        [ "$name" = libduckdb.so ] && [ -n "${DUCKDB_LIB:-}" ] && continue
        duckdb_file "$package" "$file" "$hash" "$name"
    done < <(grep -v '^#' "$here/duckdb.sha256")
    [ -e "$DEPS/libduckdb.so" ] || say "no libduckdb for $(uname -m): set DUCKDB_LIB=/path/to/libduckdb.so"
}

python_tools() { # requirements file
    local stamp
    stamp=$VENV/.$(sha256sum "$here/$1" | cut -c1-16)
    [ -f "$stamp" ] && return 0
    say "Python tools of $1 into $VENV"
    [ -x "$VENV/bin/python" ] || python3 -m venv "$VENV" || fail "python3 -m venv $VENV failed"
    LIMIT=1200 retry "$VENV/bin/python" -m pip install -q --disable-pip-version-check --timeout 60 --retries 3 -r "$here/$1" ||
        fail "pip could not install $1"
    touch "$stamp"
}

node_tools() {
    local stamp
    stamp=$NODE/.$(sha256sum "$here/package.json" | cut -c1-16)
    [ -f "$stamp" ] && return 0
    say "browser driver into $NODE"
    mkdir -p "$NODE"
    cp "$here/package.json" "$NODE/"
    (cd "$NODE" && retry npm install --silent --ignore-scripts --no-audit --no-fund --no-package-lock >/dev/null 2>&1) ||
        fail "npm could not install playwright-core"
    touch "$stamp"
}

system_packages
duckdb
case $purpose in
    demo) python_tools requirements-demo.txt ;;
    test) python_tools requirements-demo.txt; python_tools requirements.txt; node_tools ;;
esac
