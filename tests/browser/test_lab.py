"""JupyterLab in Chromium: open, run, interrupt, restart, complete, inspect, save, reload."""
import json
import os
import subprocess
import sys

import nbformat
import pytest

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))  # behind: its server is another

from cloud import Cloud  # noqa: E402

from server import COFFERDAM, TOKEN, chromium, drive, serving

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
    "%%athena --background SELECT 6 * 7 AS answer",
]


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket="results-318")
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results-318/q/"}})
        made.order("athena", {"queue_ms": 1000, "run_ms": 3000})
        yield made


@pytest.fixture(scope="module")
def seen(cloud, tmp_path_factory):
    chromium()
    work = tmp_path_factory.mktemp("lab")
    subprocess.run([COFFERDAM, "example", "sec318", "--into", str(work / "logs")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([COFFERDAM, "ingest", str(work / "logs"), "--into", str(work / "lake")], check=True, stdout=subprocess.DEVNULL)
    key = json.loads((work / "logs" / "truth.json").read_text())["key"]
    cells = [nbformat.v4.new_code_cell(CELLS[0] % key)] + [nbformat.v4.new_code_cell(code.replace("%%", "%")) for code in CELLS[1:]]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "cofferdam", "display_name": "Cofferdam (incident response)", "language": "sql"}})
    nbformat.write(book, work / "case.ipynb")
    with serving(work, more=cloud.environment()) as url:
        yield drive(work, "lab.mjs", url, TOKEN, "case.ipynb", os.environ.get("LAB_SHOT", work / "lab.png"))


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


def test_a_job_replaces_the_output_of_a_cell_that_has_ended(seen):
    assert "Athena query, running since" in seen["jobBegun"] and "about USD" not in seen["jobBegun"]
    assert "42" in seen["jobDone"].split() and "about USD" in seen["jobDone"], seen["jobDone"]
    assert "about USD" in seen["jobReloaded"]


def test_the_kernel_is_shown_as_busy_while_a_cell_runs_and_completions_are_answered(seen):
    assert "| Busy" in seen["statusBeside"], seen["statusBeside"]


def test_stop_stops(seen):
    assert "nterrupted" in seen["interrupted"]


def test_completes_and_inspects(seen):
    assert seen["completed"] and "questions of an investigation" in seen["tooltip"]


def test_the_lake_is_open_again_after_a_restart(seen):
    assert "still_there" in seen["afterRestart"]


def test_the_record_survives_a_reload(seen):
    assert seen["reloaded"] == seen["table"]
