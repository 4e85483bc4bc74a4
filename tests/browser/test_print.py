"""The record on paper: the executed notebook as nbconvert's page, printed by Chromium. All words of every table are in the PDF, the
charts are in it, and nothing runs over the edge."""
import json
import re
import subprocess

import nbformat
import papermill
import pytest

from server import COFFERDAM, HERE, VENV, chromium, drive

NOTEBOOK = HERE + "/../../notebooks/investigate.ipynb"


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    chromium()
    work = tmp_path_factory.mktemp("print")
    subprocess.run([COFFERDAM, "example", "sec318", "--into", str(work / "logs")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([COFFERDAM, "ingest", str(work / "logs"), "--into", str(work / "lake")], check=True, stdout=subprocess.DEVNULL)
    key = json.loads((work / "logs" / "truth.json").read_text())["key"]
    papermill.execute_notebook(NOTEBOOK, str(work / "out.ipynb"), parameters={"key": key, "lake": str(work / "lake")}, language="python", cwd=str(work),
                               kernel_name="cofferdam", progress_bar=False, log_output=False)
    subprocess.run([VENV + "/bin/jupyter", "nbconvert", "--to", "html", "out.ipynb"], cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = drive(work, "print.mjs", work / "out.html", work / "out.pdf")
    text = subprocess.run(["pdftotext", "-layout", str(work / "out.pdf"), "-"], check=True, capture_output=True, text=True).stdout
    return nbformat.read(work / "out.ipynb", 4), seen, re.sub(r"\s+", "", text)


def outputs(book):
    return [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


def test_nothing_runs_over_the_edge(printed):
    assert printed[1]["tables"] > 15 and printed[1]["wide"] == []


def test_every_word_of_every_table_is_on_paper(printed):
    book, _, text = printed
    words = set()
    for output in outputs(book):
        if "text/html" in output.get("data", {}):
            words.update(re.findall(r"(?<![^ >])[A-Za-z0-9:/._-]{4,}(?![^ <])", re.sub("<[^>]*>", "> <", output["data"]["text/html"])))
    assert len(words) > 400
    missing = [word for word in words if word not in text]
    # a word that a page or a line breaks is read in two pieces
    assert [word for word in missing if word[:4] not in text] == [] and len(missing) < len(words) // 50, missing


def test_the_charts_are_on_paper(printed):
    book, seen, _ = printed
    charts = [output for output in outputs(book) if "image/png" in output.get("data", {})]
    assert len(charts) >= 2 and len(seen["images"]) == len(charts)
    assert all(width > 200 and height > 200 for width, height in seen["images"])
