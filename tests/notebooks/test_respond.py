"""notebooks/respond.ipynb takes the training incident to its end against the double; by itself it changes nothing."""
import json
import pathlib
import re
import subprocess
import sys

import nbformat
import papermill
import pytest

from test_truth import ingest, write_example

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "respond.ipynb"


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """The training incident and its lake."""
    folder = tmp_path_factory.mktemp("story")
    truth = write_example(folder / "logs", 5)
    ingest(folder / "logs", folder / "lake")
    return folder, truth


def said(book, source):
    """text/plain of the outputs of the cells whose source begins so, one text a cell."""
    return ["\n".join("".join(one.get("data", {}).get("text/plain", "")) for one in cell.outputs) for cell in book.cells
            if cell.cell_type == "code" and cell.source.startswith(source)]


def test_the_incident_is_taken_to_its_end(story):
    folder, truth = story
    done = subprocess.run([sys.executable, str(ROOT / "notebooks" / "respond.py"), str(folder / "logs"), str(folder / "lake"), str(folder)],
                          capture_output=True, text=True, timeout=400, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    book = nbformat.read(folder / "respond.ipynb", 4)
    assert truth["key"] in said(book, "%alerts")[0] and "calls" in said(book, "%%athena")[0]
    plan, again, _ = said(book, "%contain :")
    assert "Nothing is changed yet" in plan and "No change" in again
    assert re.search(r"Used lawfully, most probably.*\n.*ci-deploy from 198\.18\.4\.\d+ ", plan), plan
    key, image, machine, gone = said(book, "approved = ")
    assert all("configured, read back stable" in one for one in (key, image, machine, gone))
    assert "silent: no call was seen, and what contains them stayed in place" in said(book, "%jobs wait")[0] and "done: delete user" in gone
    assert "lock the snapshot" in image and "into ir-isolate" in machine
    assert "Every entry is as it was written" in said(book, "%record verify")[0]
    calls, refused = re.search(r"the attacker: (\d+) calls, .*the last (\d+) calls were refused", done.stdout).groups()
    assert 0 < int(refused) < int(calls), "he got through before, and not afterwards"
    ledger = [json.loads(line) for line in (folder / "respond" / ".cofferdam" / "ledger.jsonl").read_text().splitlines()]
    assert [one["content"]["how"] for one in ledger if one["kind"] == "approval"] == ["--yes"] * 4


def test_it_stops_at_the_first_approval_by_itself(tmp_path, monkeypatch):
    """Nobody approves: the notebook run from the top ends there. No account is needed to see it: the cell is refused before AWS is asked."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    book = nbformat.read(NOTEBOOK, 4)
    first = next(index for index, cell in enumerate(book.cells) if "approval" in cell.metadata.get("tags", []))
    book.cells = [book.cells[first]]
    nbformat.write(book, tmp_path / "in.ipynb")
    with pytest.raises(papermill.PapermillExecutionError, match="nothing to contain is named"):
        papermill.execute_notebook(str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), cwd=str(tmp_path), kernel_name="cofferdam",
                                   language="python", progress_bar=False, log_output=False)


def test_no_identifier_but_its_parameters_and_a_why_before_every_cell():
    book = nbformat.read(NOTEBOOK, 4)
    for before, cell in zip(book.cells, book.cells[1:]):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown" and len(before.source) > 20, cell.source
            assert cell.outputs == []
            if "parameters" not in cell.metadata.get("tags", []):
                assert not re.search(r"\b(AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}|\b\d{12}\b|\bi-0[0-9a-f]{8,}", cell.source), cell.source
    phases = [cell.source.split()[1] for cell in book.cells if cell.source.startswith("%phase ")]
    order = ["preparation", "detection", "analysis", "containment", "eradication", "recovery", "post-incident"]
    assert phases == [one for one in order if one in phases]


ONLY = """
import importlib.metadata, re, sys
plain = lambda name: re.sub("[-_.]+", "-", name).lower()
installed = {plain(line.split("==")[0]) for line in open(sys.argv[1]) if "==" in line}
homes = importlib.metadata.packages_distributions()

class Guard:
    def find_spec(self, name, path=None, target=None):
        if name in homes and not installed & {plain(one) for one in homes[name]}:
            raise ModuleNotFoundError("not among what make demo installs: " + name)

sys.meta_path.insert(0, Guard())
for name in sys.argv[2:]:
    __import__(name)
"""


@pytest.mark.parametrize("modules", [["cloud", "server"], ["respond"]])
def test_it_needs_no_more_than_make_demo_installs(modules):
    paths = [str(ROOT / "tests" / "cloud"), str(ROOT / "notebooks")]
    code = "import sys; sys.path[:0] = %r\n%s" % (paths, ONLY)
    done = subprocess.run([sys.executable, "-c", code, str(ROOT / ".ci" / "requirements-demo.txt"), *modules], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-1500:]
