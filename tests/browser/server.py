"""A Jupyter server of the test environment, and Chromium driven over what it serves."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest

COFFERDAM, VENV, NODE_HOME = os.environ["COFFERDAM"], os.environ["VENV"], os.environ["NODE_HOME"]
HERE = os.path.dirname(os.path.abspath(__file__))
TOKEN = "t"


def chromium():
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("chromium is not installed")
    return found


def free_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


def environment(work):
    return dict(os.environ, JUPYTER_CONFIG_DIR=str(work / "config"), JUPYTERLAB_WORKSPACES_DIR=str(work / "workspaces"),
                JUPYTERLAB_SETTINGS_DIR=str(work / "settings"), HOME=str(work))


@contextlib.contextmanager
def serving(work, program="lab", more=()):
    """The address of `jupyter lab` (or notebook) over a folder; `more`: environment of the kernels."""
    port = free_port()
    url = "http://127.0.0.1:%d" % port
    with open(work / "server.log", "w") as log:
        server = subprocess.Popen([VENV + "/bin/jupyter", program, "--no-browser", "--allow-root", "--port=%d" % port, "--ServerApp.token=" + TOKEN,
                                   "--notebook-dir=" + str(work)], env=dict(environment(work), **dict(more)), stdout=log, stderr=log)
        try:
            end = time.monotonic() + 60
            while True:
                try:
                    urllib.request.urlopen("%s/api?token=%s" % (url, TOKEN), timeout=5).read()
                    break
                except OSError:
                    assert server.poll() is None and time.monotonic() < end, (work / "server.log").read_text()
            yield url
        finally:
            server.terminate()
            server.wait(20)


def drive(work, script, *words):
    """What a script of this folder saw in Chromium, as the JSON object of its last line."""
    driver = subprocess.run(["node", os.path.join(HERE, script), *map(str, words)], env=dict(environment(work), NODE_HOME=NODE_HOME, CHROMIUM=chromium()),
                            capture_output=True, text=True, timeout=400)
    assert driver.returncode == 0, driver.stderr[-3000:]
    return json.loads(driver.stdout.strip().splitlines()[-1])
