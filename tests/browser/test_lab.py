"""JupyterLab in Chromium: open, run, interrupt, restart, complete, inspect, save, reload."""
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request

import nbformat
import pytest

COFFERDAM, VENV, NODE_HOME = os.environ["COFFERDAM"], os.environ["VENV"], os.environ["NODE_HOME"]
HERE = os.path.dirname(os.path.abspath(__file__))
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](http://203.0.113.9/) $$x$$"
CELLS = [
    'key = "%s"',
    "%%lake open lake",
    "%%cloudtrail key :key --limit 5",
    "SELECT '%s' AS agent" % HOSTILE.replace("'", "''").replace("%", "%%"),
    "SELECT CAST(time_dt AS DATE) AS day, count(*) AS events FROM cloudtrail GROUP BY 1 ORDER BY 1;\n%%chart bar --x day --y events",
    "SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE a.range + b.range = -1",
    "",
    "SELECT count(*) AS still_there FROM cloudtrail",
]


def free_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("chromium is not installed")
    work = tmp_path_factory.mktemp("lab")
    subprocess.run([COFFERDAM, "example", "sec318", "--into", str(work / "logs")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([COFFERDAM, "ingest", str(work / "logs"), "--into", str(work / "lake")], check=True, stdout=subprocess.DEVNULL)
    key = json.loads((work / "logs" / "truth.json").read_text())["key"]
    cells = [nbformat.v4.new_code_cell(CELLS[0] % key)] + [nbformat.v4.new_code_cell(code.replace("%%", "%")) for code in CELLS[1:]]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "cofferdam", "display_name": "Cofferdam (incident response)", "language": "sql"}})
    nbformat.write(book, work / "case.ipynb")
    port = free_port()
    environment = dict(os.environ, JUPYTER_CONFIG_DIR=str(work / "config"), JUPYTERLAB_WORKSPACES_DIR=str(work / "workspaces"), HOME=str(work))
    log = open(work / "lab.log", "w")
    server = subprocess.Popen([VENV + "/bin/jupyter", "lab", "--no-browser", "--allow-root", "--port=%d" % port, "--ServerApp.token=t", "--notebook-dir=" + str(work)],
                              env=environment, stdout=log, stderr=log)
    url = "http://127.0.0.1:%d" % port
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(url + "/api?token=t", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < end, (work / "lab.log").read_text()
        shot = os.environ.get("LAB_SHOT", str(work / "lab.png"))
        driver = subprocess.run(["node", HERE + "/lab.mjs", url, "t", "case.ipynb", shot], env=dict(environment, NODE_HOME=NODE_HOME, CHROMIUM=chromium),
                                capture_output=True, text=True, timeout=400)
        assert driver.returncode == 0, driver.stderr[-3000:]
        yield json.loads(driver.stdout.strip().splitlines()[-1])
    finally:
        server.terminate()
        server.wait(20)


def test_opens_with_our_kernel(seen):
    assert "Cofferdam" in seen["kernel"]


def test_a_pivot_shows_words_and_rows(seen):
    assert "calls between" in seen["summary"] and "From:" in seen["summary"]
    assert "event_id" in seen["table"] and seen["scripts"] == 0


def test_hostile_text_stays_text(seen):
    assert "<script>alert(1)</script>" in seen["hostile"] and "$$x$$" in seen["hostile"]
    assert seen["hostileElements"] == 0 and seen["dialogs"] == 0


def test_nothing_is_fetched_from_outside(seen):
    assert [url for url in seen["requests"] if "203.0.113" in url] == []


def test_a_chart_is_drawn(seen):
    assert seen["chart"]


def test_stop_stops(seen):
    assert "nterrupted" in seen["interrupted"]


def test_completes_and_inspects(seen):
    assert seen["completed"] and "questions of an investigation" in seen["tooltip"]


def test_the_lake_is_open_again_after_a_restart(seen):
    assert "still_there" in seen["afterRestart"]


def test_the_record_survives_a_reload(seen):
    assert seen["reloaded"] == seen["table"]
