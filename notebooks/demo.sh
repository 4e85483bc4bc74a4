#!/usr/bin/env bash
# make demo: the training incident, from raw logs to its end: two executed notebooks and their HTML pages.
set -euo pipefail
: "${COFFERDAM:?path of the kernel}" "${VENV:?folder of the Python environment}"
here=$(cd "$(dirname "$0")" && pwd)
out=${DEMO:-$(dirname "$VENV")/demo}
mkdir -p "$out"
logs=$out/sec318 lake=$out/lake
JUPYTER_PATH=${JUPYTER_PATH:-$VENV/share/jupyter}
export JUPYTER_PATH
export PATH="$VENV/bin:$PATH"

if [ ! -f "$logs/truth.json" ]; then
    echo "demo: writing the logs of the training incident to $logs"
    rm -rf "$logs" "$lake"
    "$COFFERDAM" example sec318 --into "$logs" --seed 1
fi
key=$("$VENV/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["key"])' "$logs/truth.json")
if [ ! -f "$lake/lake.json" ]; then
    echo "demo: ingesting them into the lake $lake"
    "$COFFERDAM" ingest "$logs" --into "$lake"
fi

# what the executed notebooks depend on: made by the same kernel from the same story, they need not be made again
made=$(cd "$here/.." && sha256sum "$COFFERDAM" "$logs/truth.json" notebooks/*.{ipynb,py} $(find tests/cloud -name '*.py' | sort) | sha256sum)
if [ "$made" = "$(cat "$out/made" 2>/dev/null)" ] && [ -f "$out/investigate.html" ] && [ -f "$out/respond.html" ]; then
    echo "demo: the notebooks were run by this kernel before; to run them anew remove $out"
else
    echo "demo: running notebooks/investigate.ipynb"
    (cd "$out" && papermill -l python --no-progress-bar --log-level WARNING \
        -p key "$key" -p lake "$lake" "$here/investigate.ipynb" investigate.ipynb)
    (cd "$out" && jupyter nbconvert --log-level WARN --to html investigate.ipynb)
    echo "demo: running notebooks/respond.ipynb against a double of AWS, with an attacker who fights back"
    "$VENV/bin/python" "$here/respond.py" "$logs" "$lake" "$out"
    (cd "$out" && jupyter nbconvert --log-level WARN --to html respond.ipynb)
    echo "$made" > "$out/made"
fi

echo
"$VENV/bin/python" "$here/chain.py" "$out/investigate.ipynb"
echo
echo "notebooks: $out/investigate.ipynb"
echo "           $out/respond.ipynb"
echo "pages:     $out/investigate.html"
echo "           $out/respond.html"
echo "record:    $out/respond/.cofferdam"
echo "truth:     $logs/truth.json (for the instructor)"
echo "open it:   make lab"
