"""notebooks/investigate.ipynb runs headless on any lake, by its parameters alone, and says what the instructor knows."""
import json
import os
import pathlib
import re
import subprocess

import nbformat
import papermill
import pytest

import scan
from test_truth import SHARED, ingest, write_example

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "investigate.ipynb"


def run(folder, key, lake, name="out.ipynb"):
    papermill.execute_notebook(str(NOTEBOOK), str(folder / name), parameters={"key": key, "lake": str(lake)}, language="python", cwd=str(folder),
                               kernel_name="cofferdam", progress_bar=False, log_output=False)
    return nbformat.read(folder / name, 4)


def texts(book, source):
    """text/plain of the outputs of the cells whose source begins so."""
    return ["".join(output["data"]["text/plain"]) for cell in book.cells if cell.cell_type == "code" and cell.source.startswith(source)
            for output in cell.outputs if "data" in output]


def without_cost(book):
    """Outputs without the line of what differs from run to run."""
    return [re.sub(r"(?m)^took .*$|(?<=>)took [^<]*", "", json.dumps(output.get("data", output.get("text")), sort_keys=True).replace("\\n", "\n"))
            for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


def test_the_training_incident(tmp_path):
    truth = write_example(tmp_path / "logs", 3)
    ingest(tmp_path / "logs", tmp_path / "lake")
    book = run(tmp_path, truth["key"], tmp_path / "lake")
    tree = "\n".join(texts(book, "%trace"))
    for member in truth["members"]:
        assert member["id"] in tree, member
    chain = "\n".join(texts(book, "%%local\nSELECT generation"))
    assert all(m["id"] in chain for m in truth["members"] if m["kind"] in ("access key", "session"))
    assert truth["dns"]["hostname"].rstrip(".") in "\n".join(texts(book, "%cloudtrail dns"))
    assert truth["flow"]["address"] in "\n".join(texts(book, "%cloudtrail talkers"))
    changed = re.search(r"(?m)^- Changed: (.*)$", "\n".join(texts(book, "%cloudtrail key")))[1]
    by_key = [e["eventName"] for e in scan.read(tmp_path / "logs") if e.get("userIdentity", {}).get("accessKeyId") == truth["key"]
              and e["eventSource"] == "iam.amazonaws.com" and not e.get("errorCode") and not e["eventName"].startswith(("Get", "List"))]
    assert set(re.findall(r"(\w+) \(\d+\)", changed)[:len(set(by_key))]) == set(by_key) != set(), "who may do what stands first"
    assert "Decrypt" not in changed
    who_else = "\n".join(texts(book, "%cloudtrail others"))
    assert truth["innocent"]["key"] not in who_else or "false" in who_else
    # the same input gives the same bytes, but for the line of cost
    again = run(tmp_path, truth["key"], tmp_path / "lake", "again.ipynb")
    first, second = without_cost(book), without_cost(again)
    assert len(first) == len(second)
    assert [i for i, (a, b) in enumerate(zip(first, second)) if a != b] == []


def test_no_identifier_but_its_parameters():
    book = nbformat.read(NOTEBOOK, 4)
    for cell in book.cells:
        if "parameters" not in cell.metadata.get("tags", []):
            assert not re.search(r"\b(AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}|\b\d{12}\b|\bi-0[0-9a-f]{8,}", cell.source), cell.source
        if cell.cell_type == "code":
            assert cell.outputs == []


@pytest.mark.parametrize("folder,key", [("umccr_flaws_cloud", "AKIA3Z2XBVUDFQ9TU4MD"), ("stratus_red_team", "AKIA6V1GNZTT65XQH36M")])
def test_real_logs(tmp_path, folder, key):
    source = pathlib.Path(SHARED, "data", "raw", folder) if SHARED else None
    if not source or not source.is_dir():
        pytest.skip("needs ../shared/data")
    ingest(source, tmp_path / "lake")
    book = run(tmp_path, key, tmp_path / "lake")
    expected = next(m for m in scan.scan(source, key) if m["id"] == key)
    words = "\n".join(texts(book, "%cloudtrail key"))
    assert re.search(r"\b%d calls? between" % expected["calls"], words), words[:500]
    assert "%d failed" % expected["failed"] in words


def test_exports(tmp_path):
    truth = write_example(tmp_path / "logs", 2)
    ingest(tmp_path / "logs", tmp_path / "lake")
    run(tmp_path, truth["key"], tmp_path / "lake")
    for target, suffix in (("html", ".html"), ("markdown", ".md")):
        subprocess.run([os.path.join(os.environ["VENV"], "bin", "jupyter"), "nbconvert", "--to", target, "--log-level", "ERROR", str(tmp_path / "out.ipynb")], check=True)
        page = (tmp_path / ("out" + suffix)).read_text()
        assert truth["key"] in page and "it did not happen" in page
        assert "<script>alert(document.domain)" not in page
