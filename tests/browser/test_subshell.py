"""JupyterLab's "New Subshell Console": a second prompt on the same data while a long cell runs."""
import os

import nbformat
import pytest

from server import TOKEN, chromium, drive, serving

CELLS = ["who = 'mallory'", "SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE a.range + b.range = -1"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    chromium()
    work = tmp_path_factory.mktemp("subshell")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS],
                                    metadata={"kernelspec": {"name": "cofferdam", "display_name": "Cofferdam (incident response)", "language": "sql"}})
    nbformat.write(book, work / "case.ipynb")
    with serving(work) as url:
        yield drive(work, "subshell.mjs", url, TOKEN, "case.ipynb", os.environ.get("SUBSHELL_SHOT", work / "subshell.png"))


def test_it_answers_while_the_cell_runs(seen):
    assert len(seen["made"]) == 1
    assert "mallory" in seen["first"] and "42" in seen["first"].split()
    assert "43" in seen["second"].split()
    assert "*" in seen["stillRunning"] and seen["status"] == "busy"


def test_the_interrupt_is_the_notebooks(seen):
    assert "nterrupted" in seen["interrupted"]
    assert "after" in seen["third"].split()
