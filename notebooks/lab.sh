#!/usr/bin/env bash
# make lab: JupyterLab with the kernel and the executed notebook of make demo.
set -euo pipefail
: "${VENV:?folder of the Python environment}"
here=$(cd "$(dirname "$0")" && pwd)
out=${DEMO:-$(dirname "$VENV")/demo}
JUPYTER_PATH=${JUPYTER_PATH:-$VENV/share/jupyter}
export JUPYTER_PATH
mkdir -p "$out"
[ -f "$out/investigate.ipynb" ] || cp "$here/investigate.ipynb" "$out/"
root=()
[ "$(id -u)" != 0 ] || root=(--allow-root)
exec "$VENV/bin/jupyter" lab "${root[@]}" --notebook-dir="$out" "$@" "$out/investigate.ipynb"
