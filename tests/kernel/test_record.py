"""The record in real kernels: what is in it, several kernels on one case, killed, without room, and a notebook as its witness."""
import json
import os
import pathlib
import subprocess
import signal

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60


class Kernel:
    def __init__(self, folder, **more):
        self.manager, self.client = start_new_kernel(kernel_name="cofferdam", cwd=str(folder), env=dict(os.environ, **more))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)

    def run(self, code, **metadata):
        """(status, everything said, metadata of the displays)"""
        said, marks = [], []

        def hook(message):
            content = message["content"]
            said.append(content.get("text", "") + content.get("data", {}).get("text/plain", "") + "\n".join(content.get("traceback", [])))
            if "metadata" in content:
                marks.append(content["metadata"].get("cofferdam", {}).get("ledger"))

        message = self.client.session.msg("execute_request", {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                                                              "allow_stdin": False, "stop_on_error": True}, metadata=metadata)
        self.client.shell_channel.send(message)
        while True:
            got = self.client.get_iopub_msg(timeout=PATIENCE)
            if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            hook(got)
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"]["status"], "\n".join(said), [m for m in marks if m]

    def kill(self):
        os.kill(self.manager.provisioner.pid, signal.SIGKILL)
        self.manager.provisioner.process.wait()


def entries(folder, kind=None):
    lines = (folder / ".cofferdam/ledger.jsonl").read_bytes().split(b"\n")
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            assert line == b"" or kind == "torn"
    return [e for e in found if kind in (None, e["kind"])]


def is_whole(kernel):
    status, text, _ = kernel.run("%record verify")
    assert status == "ok" and "Every entry is as it was written" in text, text


def test_what_a_kernel_does_is_recorded(tmp_path):
    with Kernel(tmp_path) as kernel:
        kernel.run("x = 3", cellId="first-cell")
        kernel.run("%echo aws_secret_access_key = wJalrXUtnFEMIK7MDENG")
        assert not (tmp_path / ".cofferdam/ledger.jsonl").exists(), "nothing worth a record happened yet"
        _, _, marks = kernel.run("SELECT :x AS a", cellId="third-cell")
        query, = entries(tmp_path, "query")
        assert marks == [{"seq": query["seq"], "hash": query["hash"]}]
        assert query["content"]["values"] == {"x": 3} and query["content"]["result"]["rows"] == 1
        assert query["cell_id"] == "third-cell" and query["cell"] == 3
        cells = entries(tmp_path, "cell")
        assert [(c["cell"], c["content"]["source"]) for c in cells] == [
            (1, "x = 3"), (2, "%echo aws_secret_access_key = (secret: not recorded)"), (3, "SELECT :x AS a")]
        _, _, marks = kernel.run("%note done")
        note, = entries(tmp_path, "note")
        assert marks == [{"seq": note["seq"], "hash": note["hash"]}]
        is_whole(kernel)
    assert b"wJalr" not in (tmp_path / ".cofferdam/ledger.jsonl").read_bytes()
    assert (tmp_path / ".cofferdam/ledger.jsonl").stat().st_mode & 0o777 == 0o600


def test_two_kernels_write_one_record(tmp_path):
    with Kernel(tmp_path) as one, Kernel(tmp_path) as two:
        for i in range(5):
            assert one.run("%%note one %d" % i)[0] == "ok" and two.run("%%note two %d" % i)[0] == "ok"
        is_whole(one)
        assert [e["content"]["markdown"] for e in entries(tmp_path, "note")] == ["%s %d" % (k, i) for i in range(5) for k in ("one", "two")]
        assert len(entries(tmp_path, "kernel")) == 2 and len({e["kernel"] for e in entries(tmp_path)}) == 2
        assert [e["seq"] for e in entries(tmp_path)] == list(range(1, len(entries(tmp_path)) + 1))


def test_a_killed_kernel_has_recorded_what_it_did(tmp_path):
    with Kernel(tmp_path) as kernel:
        kernel.run("SELECT 1 AS a")
        kernel.run("y = 2")
        kernel.kill()
    assert [c["content"]["source"] for c in entries(tmp_path, "cell")] == ["SELECT 1 AS a", "y = 2"]
    with open(tmp_path / ".cofferdam/ledger.jsonl", "ab") as file:
        file.write(b'{"seq":')
    with Kernel(tmp_path) as kernel:
        kernel.run("%note after")
        status, text, _ = kernel.run("%record verify")
        assert status == "ok" and "writes that a crash tore, named by the entry behind them: 1" in text
    assert len(entries(tmp_path, "torn")) == 1


def test_a_notebook_is_a_witness(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in ("SELECT 1 AS a", "%note seen", "SELECT 2 AS b")])
    NotebookClient(book, kernel_name="cofferdam", timeout=PATIENCE, resources={"metadata": {"path": str(tmp_path)}}).execute()
    nbformat.write(book, tmp_path / "book.ipynb")
    ledger = tmp_path / ".cofferdam/ledger.jsonl"
    with Kernel(tmp_path) as kernel:
        status, text, _ = kernel.run("%record verify book.ipynb")
        assert status == "ok" and "shows 3 marks" in text, text
    lines = ledger.read_bytes().split(b"\n")
    last = entries(tmp_path, "query")[-1]["seq"]
    ledger.write_bytes(b"\n".join(lines[:last - 1]) + b"\n")
    with Kernel(tmp_path) as kernel:
        assert "Every entry is as it was written" in kernel.run("%record verify")[1], "nothing within can tell"
        status, text, _ = kernel.run("%record verify book.ipynb")
        assert status == "error" and "cell 3 of the notebook shows another entry %d" % last in text, text


def test_a_record_that_cannot_be_written_is_said_and_stops_no_query(tmp_path):
    (tmp_path / ".cofferdam/ledger.jsonl").mkdir(parents=True)
    with Kernel(tmp_path) as kernel:
        status, text, marks = kernel.run("SELECT 1 AS a")
        assert status == "ok" and "what is done here is not recorded" in text and not marks
        assert "not recorded" not in kernel.run("SELECT 2 AS b")[1], "once"
        status, text, _ = kernel.run("%note lost?")
        assert status == "error" and "ledger" in text and "lost?" not in text.split("ledger")[0]
        (tmp_path / ".cofferdam/ledger.jsonl").rmdir()
        assert kernel.run("%note kept")[0] == "ok"
        is_whole(kernel)


def test_a_full_disk_acknowledges_nothing(tmp_path):
    shim = tmp_path / "enospc.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, ROOT / "tests/shim/enospc.c", "-ldl"], check=True)
    case = tmp_path / ".cofferdam"
    case.mkdir()
    with Kernel(tmp_path, LD_PRELOAD=str(shim), ENOSPC_AFTER="700", ENOSPC_PATH=str(case)) as kernel:
        status, text, _ = kernel.run('%decide "Contain?" yes no --choose yes --by Ada')
        assert status == "error" and "Decision 1" not in text and "no space left" in text.lower(), text
        assert "alive" in kernel.run("%echo alive")[1]
    assert not entries(tmp_path, "decision")


@pytest.mark.parametrize("code", ["%record verify nothing.ipynb", "%record verify .", "%attach /proc/self/mem", "%attach /dev/zero", "%record nonsense"])
def test_bad_input_is_one_clear_error(tmp_path, code):
    with Kernel(tmp_path) as kernel:
        kernel.run("%note first")
        status, text, _ = kernel.run(code)
        assert status == "error" and len(text) > 20
        is_whole(kernel)
