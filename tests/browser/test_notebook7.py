"""Notebook 7 in Chromium: open, run, stop, save, reload."""
import nbformat
import pytest

from server import TOKEN, chromium, drive, serving


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    chromium()
    work = tmp_path_factory.mktemp("notebook7")
    cells = ["SELECT 'AKIAIOSFODNN7EXAMPLE' AS \"key\", 42 AS calls", "SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE a.range + b.range = -1"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells],
                                    metadata={"kernelspec": {"name": "cofferdam", "display_name": "Cofferdam (incident response)", "language": "sql"}})
    nbformat.write(book, work / "case.ipynb")
    with serving(work, "notebook") as url:
        yield drive(work, "notebook7.mjs", url, TOKEN, "case.ipynb")


def test_runs(seen):
    assert "AKIAIOSFODNN7EXAMPLE" in seen["table"] and "42" in seen["table"]


def test_stop_stops(seen):
    assert "nterrupted" in seen["interrupted"]


def test_the_record_survives_a_reload(seen):
    assert seen["reloaded"] == seen["table"]
