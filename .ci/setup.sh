#!/usr/bin/env bash
# setup.sh build|demo|test|bench: installs what this machine lacks for that purpose; a second run does nothing.
# Packages come from apt (as root), npm, PyPI and Maven through their own clients; every download is limited in time, tried
# three times, and DuckDB and Trino are checked against .ci/duckdb.sha256 and .ci/trino.sha256.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
purpose=${1:?build, demo, test or bench}
DEPS=${DEPS:-build/deps} VENV=${VENV:-build/venv} PEERS=${PEERS:-build/peers} NODE=${NODE:-build/node}

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

listed() { grep -v '^#' "$here/packages.txt"; }

# A package is not needed where what it brings is there already, from wherever.
present() { # the third column of packages.txt
    case $1 in
        '') return 1 ;;
        @venv) python3 -c 'import ensurepip, venv' >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing_packages() {
    local for_what package brings installed
    # shellcheck disable=SC2046
    installed=$(dpkg-query -W -f '${Package} ${Status}\n' $(listed | awk '{print $2}') 2>/dev/null || true)
    while read -r for_what package brings; do
        case " $(purposes) " in *" $for_what "*) ;; *) continue ;; esac
        case "
$installed
" in *"
$package install ok installed
"*) continue ;; esac
        present "$brings" || printf '%s ' "$package"
    done < <(listed)
}

system_packages() {
    local missing
    if ! command -v dpkg-query >/dev/null 2>&1; then
        say "no apt on this machine; if something is missing below, it is one of (Debian's names):" $(listed | awk '{print $2}')
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
    if [ -f "$target" ] && checked "$target" "$3"; then
        return 0
    fi
    work=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    say "fetching $1"
    (cd "$work" && retry npm pack --silent "$1" >/dev/null 2>&1) || fail "npm could not fetch $1"
    tar -xzf "$work"/*.tgz -C "$work" "$2"
    checked "$work/$2" "$3" || fail "$1 is not what it was: its $2 has another SHA-256 than .ci/duckdb.sha256 says"
    mv -f "$work/$2" "$target"
    rm -rf "$work"
}

# DUCKDB_LIB, the system's library, or nothing: then the pinned one is fetched.
own_library() {
    if [ -n "${DUCKDB_LIB:-}" ]; then
        [ -f "$DUCKDB_LIB" ] || fail "DUCKDB_LIB=$DUCKDB_LIB is not a file"
        realpath "$DUCKDB_LIB"
    else
        PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | awk '$1 == "libduckdb.so" {print $NF; exit}'
    fi
}

duckdb() {
    local machine package file hash name library stamp
    library=$(own_library)
    stamp=$DEPS/.$(echo "$library" | cat - "$here/duckdb.sha256" | sha256sum | cut -c1-16)
    if [ -f "$stamp" ] && [ -f "$DEPS/duckdb.h" ]; then
        touch "$DEPS/duckdb.h"
        return 0
    fi
    mkdir -p "$DEPS"
    rm -f "$DEPS"/.[0-9a-f]*
    [ -z "$library" ] || [ "$library" -ef "$DEPS/libduckdb.so" ] || ln -sfn "$library" "$DEPS/libduckdb.so"
    while read -r machine package file hash name; do
        [ "$machine" = any ] || [ "$machine" = "$(uname -m)" ] || continue
        [ "$name" = libduckdb.so ] && [ -n "$library" ] && continue
        duckdb_file "$package" "$file" "$hash" "$name"
    done < <(grep -v '^#' "$here/duckdb.sha256")
    [ -e "$DEPS/libduckdb.so" ] || say "no libduckdb for $(uname -m): set DUCKDB_LIB=/path/to/libduckdb.so"
    touch "$DEPS/duckdb.h" "$stamp"
}

python_tools() { # requirements file, environment
    local stamp
    stamp=$2/.$(sha256sum "$here/$1" | cut -c1-16)
    [ -f "$stamp" ] && return 0
    say "Python tools of $1 into $2"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed, this is $(python3 -V)"
    "$2/bin/python" -c '' 2>/dev/null || python3 -m venv --clear "$2" || fail "python3 -m venv $2 failed"
    LIMIT=1200 retry "$2/bin/python" -m pip install -q --disable-pip-version-check --timeout 60 --retries 3 -r "$here/$1" ||
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

# What no test reads: the clouds of others, whose libraries are half of the plugins.
unwanted='org.rocksdb* com.google.cloud* com.google.api* com.*.apis* com.azure* com.microsoft* io.grpc* io.netty*
    io.projectreactor* software.amazon.awssdk_netty* net.snowflake* org.postgresql*'

trino_part() { # artifact hash folder work
    local name=${1#*:} file
    name=${name%%:*}
    say "fetching $1"
    LIMIT=900 retry mvn -q -B -Dmaven.repo.local="$4/m2" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dartifact="$1" \
        -DoutputDirectory="$4/archives" -Dmdep.useBaseVersion=true >/dev/null 2>&1 || fail "Maven could not fetch $1"
    file=$(ls "$4/archives/$name"-*)
    checked "$file" "$2" || fail "$1 is not what it was: it has another SHA-256 than .ci/trino.sha256 says"
    case $file in
        *.tar.gz) tar -xzf "$file" -C "$4/trino" --strip-components=1 ;;
        *) python3 -m zipfile -e "$file" "$4/unpacked"; mkdir -p "$4/trino/$3"; mv "$4"/unpacked/*/* "$4/trino/$3/"; rm -rf "$4/unpacked" ;;
    esac
    rm -rf "$file" "$4/m2"
    # shellcheck disable=SC2086
    [ "$3" = . ] || (cd "$4/trino/$3" && rm -rf $unwanted)
}

# A real Trino for the tests, beside the DuckDB of the kernel.
trino() {
    local stamp work artifact hash folder
    stamp=$DEPS/trino/.$(sha256sum "$here/trino.sha256" | cut -c1-16)
    [ -f "$stamp" ] && return 0
    mkdir -p "$DEPS"
    work=$(mktemp -d "$DEPS/.trino-XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    mkdir -p "$work/trino"
    while read -r artifact hash folder; do
        trino_part "$artifact" "$hash" "$folder" "$work"
    done < <(grep -v '^#' "$here/trino.sha256")
    rm -rf "$DEPS/trino"
    mv "$work/trino" "$DEPS/trino"
    rm -rf "$work"
    touch "$stamp"
}

system_packages
duckdb
case $purpose in
    demo) python_tools requirements-demo.txt "$VENV" ;;
    test | bench) python_tools requirements-demo.txt "$VENV"; python_tools requirements.txt "$VENV"; node_tools; trino ;;
esac
[ "$purpose" != bench ] || python_tools requirements-bench.txt "$PEERS"
