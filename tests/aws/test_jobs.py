"""What outlives a cell: queries of Athena in the background, in a real kernel against the double."""
import json
import os
import re
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

from notebook import Kernel  # noqa: E402

LONG = {"queue_ms": 0, "run_ms": 600000}
SOON = {"queue_ms": 0, "run_ms": 0}


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket="results-318")
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results-318/q/"}})
        yield made


@pytest.fixture(scope="module")
def environment(cloud):
    return {k: v for k, v in cloud.environment().items() if v != os.devnull}


@pytest.fixture(scope="module")
def kernel(environment, tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("home"), environment) as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults(cloud):
    yield
    cloud.faults()
    cloud.order("athena", SOON)


def updates(kernel, wanted, seconds=30):
    """(parent's id, display id, text) of update_display_data as they come, also after the cell, until one's text has `wanted`."""
    found, end = [], time.monotonic() + seconds
    early, kernel.early = getattr(kernel, "early", []), []
    while time.monotonic() < end:
        message = early.pop(0) if early else kernel.client.get_iopub_msg(timeout=end - time.monotonic())
        if message["msg_type"] != "update_display_data":
            continue
        content = message["content"]
        found.append((message["parent_header"]["msg_id"], content["transient"]["display_id"], content["data"]["text/plain"]))
        if re.search(wanted, found[-1][2]):
            return found
    raise AssertionError("no update says %s" % wanted)


def begin(kernel, code):
    """Runs a cell; (its request's id, execution count, display id, text)."""
    shown = []
    reply = kernel.client.execute_interactive(code, allow_stdin=False, output_hook=shown.append, timeout=60)
    content = reply["content"]
    assert content["status"] == "ok", content
    displays = [m for m in shown if m["msg_type"] == "display_data"]
    assert len(displays) == 1, shown
    kernel.early = [m for m in shown if m["msg_type"] == "update_display_data"]  # a job may be faster than its cell's end
    return (reply["parent_header"]["msg_id"], content["execution_count"], displays[0]["content"]["transient"]["display_id"],
            displays[0]["content"]["data"]["text/plain"])


def test_the_output_is_replaced_after_the_cell_has_ended(kernel):
    request, count, display, text = begin(kernel, "%athena --background --into later SELECT 6 * 7 AS answer")
    assert "Athena query, running since" in text and "SELECT 6 * 7 AS answer" in text
    seen = updates(kernel, "about USD")
    assert {(parent, ident) for parent, ident, _ in seen} == {(request, display)}
    assert "42" in seen[-1][2] and re.search(r"Athena execution [0-9a-f-]{36} ran .*, scanned .*, about USD 0\.0001", seen[-1][2]), seen[-1]
    assert "42" in kernel.run("SELECT answer FROM later")[1]
    assert "42" in kernel.run("SELECT answer FROM _%d" % count)[1]
    assert "done" in kernel.run("%jobs")[1]


def test_a_browser_that_was_closed_meanwhile_is_told_how_it_ended(kernel):
    _, count, _, _ = begin(kernel, "%athena --background SELECT 318 AS n")
    kernel.run("%jobs wait")
    status, text = kernel.run("%%show output %d" % count)
    assert status == "ok" and "318" in text and "about USD" in text and "running since" not in text, text


def test_underscore_stays_and_waiting_brings_the_rows(kernel):
    kernel.run("SELECT 'mine' AS mine")
    _, count, _, _ = begin(kernel, "%%athena --background\nSELECT x FROM (VALUES (1), (2), (3)) t(x)")
    status, text = kernel.run("%%jobs wait\nSELECT sum(x) AS total FROM _%d" % count)
    assert status == "ok" and "6" in text, text
    kernel.run("SELECT 'mine' AS mine")
    begin(kernel, "%athena --background SELECT 'other' AS other")
    assert "mine" in kernel.run("%jobs wait --for 30\nSELECT * FROM _")[1]


def test_parameters_types_and_unload(kernel):
    kernel.run('low = 2\nword = "it\'s"')
    begin(kernel, "%athena --background --into bound SELECT x, :word AS word, CAST(NULL AS varchar) AS nothing FROM (VALUES (1), (3)) t(x) WHERE x > :low")
    begin(kernel, "%athena --background --unload --into files SELECT CAST(7 AS bigint) AS seven, 'a' AS a")
    status, text = kernel.run("%jobs wait\nSELECT x, word, nothing IS NULL AS gone, seven, typeof(seven) AS type FROM bound, files")
    assert status == "ok" and "it's" in text and "true" in text and "BIGINT" in text, text


def test_what_is_wrong_with_a_query_is_said_in_the_cell(cloud, kernel):
    for code, words in (("%athena --background SELECT nope FROM (VALUES (1)) t(x", "line 1|SqlError|syntax"),
                        ("%athena --background DELETE FROM t", "RefusedError"),
                        ("%%athena --background\nSELECT 1; SELECT 2", "one query at a time"),
                        ("%athena --background --into 7up SELECT 1", "no name for a result"),
                        ("%athena --background SELECT :missing", "no parameter :missing"),
                        ("%jobs stop 999", "there is no job 999"),
                        ("%jobs stop", "which job")):
        status, text = kernel.run(code)
        assert status == "error" and re.search(words, text), (code, text)


def test_a_query_that_fails_later_says_so_in_its_output(cloud, kernel):
    cloud.order("athena", {"fail": [{"reason": "HIVE_CURSOR_ERROR: the table is broken", "category": 2, "kind": 1, "times": 1}]})
    begin(kernel, "%athena --background SELECT 1 AS one")
    assert "the table is broken" in updates(kernel, "failed")[-1][2]
    assert "failed" in kernel.run("%jobs")[1]


def test_several_at_once_listed_and_stopped_at_athena(cloud, kernel):
    cloud.order("athena", LONG)
    cloud.forget()
    texts = [begin(kernel, "%%athena --background SELECT %d AS n" % n)[3] for n in (1, 2, 3)]
    numbers = [re.match(r"Job (\d+)", text).group(1) for text in texts]
    updates(kernel, "RUNNING|QUEUED")
    text = kernel.run("%jobs")[1]
    assert text.count("running") == 3, text
    assert kernel.run("SELECT 1 AS other_cells_run")[0] == "ok"
    assert kernel.run("%jobs stop " + numbers[1])[0] == "ok"
    assert "Athena has stopped execution" in updates(kernel, "stopped: SELECT 2")[-1][2]
    assert len(cloud.calls(service="athena", operation="StopQueryExecution")) == 1
    assert kernel.run("%jobs")[1].count("running") == 2
    assert "the time is over" in kernel.run("%jobs wait --for 1")[1]
    assert numbers[0] in kernel.run("%jobs show " + numbers[0])[1]
    assert kernel.run("%jobs stop all")[0] == "ok"
    assert kernel.run("%jobs wait")[0] == "ok"
    assert len(cloud.calls(service="athena", operation="StopQueryExecution")) == 3
    status, text = kernel.run("%jobs stop " + numbers[0])
    assert status == "error" and "is over: stopped" in text


def test_no_network_for_a_while_is_waited_out(cloud, kernel):
    cloud.faults({"service": "s3", "operation": "GetObject", "kind": "cut", "times": 2})
    begin(kernel, "%athena --background --into patient SELECT 'here' AS word")
    updates(kernel, "asked again every")
    updates(kernel, "about USD")
    assert "here" in kernel.run("SELECT word FROM patient")[1]


def test_a_result_of_another_case_is_not_mixed_in(cloud, kernel, tmp_path):
    cloud.order("athena", {"queue_ms": 0, "run_ms": 1000})
    begin(kernel, "%athena --background SELECT 1 AS one")
    kernel.run("%%set case %s" % tmp_path)
    assert "belongs to the case" in updates(kernel, "failed")[-1][2]
    kernel.run("%set case .cofferdam")


def test_a_restarted_kernel_takes_them_up(cloud, environment, tmp_path):
    """Killed at once: nothing but the case's files tells the next kernel."""
    cloud.order("athena", {"queue_ms": 0, "run_ms": 3000})
    with Kernel(tmp_path, environment) as first:
        begin(first, "%athena --background --into survivor SELECT 'still here' AS word")
    cloud.forget()
    with Kernel(tmp_path, environment) as second:
        status, text = second.run("SELECT 1 AS one")
        assert status == "ok" and "job 1 (Athena query) was under way and is taken up again" in text, text
        assert second.run("%jobs wait")[0] == "ok"
        assert "still here" in second.run("SELECT word FROM survivor")[1]
        assert "still here" in second.run("SELECT word FROM job_1")[1]
        assert not cloud.calls(service="athena", operation="StartQueryExecution")
    with Kernel(tmp_path, environment) as third:
        text = third.run("%jobs")[1]
        assert "taken up" not in text and "done" in text and "survivor" in text, text
    with open(os.path.join(str(tmp_path), ".cofferdam", "ledger.jsonl")) as file:
        told = [entry["content"] for entry in map(json.loads, file) if entry["kind"] == "job"]
    assert [(entry["job"], entry["state"]) for entry in told] == [(1, "running"), (1, "done")]


def test_the_end_of_the_kernel_is_orderly_and_leaves_the_execution(cloud, environment, tmp_path, capfd):
    cloud.order("athena", LONG)
    with Kernel(tmp_path, environment) as kernel:
        begin(kernel, "%athena --background SELECT 1 AS one")
        updates(kernel, "RUNNING|QUEUED")
        cloud.forget()
        kernel.client.shutdown()
        assert kernel.manager.provisioner.process.wait(timeout=30) == 0
    assert "did not stop in time" not in capfd.readouterr().err
    assert not cloud.calls(service="athena", operation="StopQueryExecution")
    with open(os.path.join(str(tmp_path), ".cofferdam", "jobs", "1.json")) as file:
        assert json.load(file)["state"] == "running"


def test_two_kernels_of_a_case_do_not_share_a_job(cloud, environment, tmp_path):
    cloud.order("athena", LONG)
    with Kernel(tmp_path, environment) as first, Kernel(tmp_path, environment) as second:
        begin(first, "%athena --background SELECT 1 AS one")
        text = second.run("%jobs")[1]
        assert "taken up" not in text and "no jobs" in text, text
        assert "Job 2" in begin(second, "%athena --background SELECT 2 AS two")[3]


def test_the_history_of_a_case_says_how_each_execution_is_fetched_again(cloud, environment, tmp_path):
    cloud.order("athena", {"fail": [{"reason": "a table is broken", "category": 2, "kind": 1, "times": 1}]})
    with Kernel(tmp_path, environment) as kernel:
        assert "has begun no execution" in kernel.run("%athena --history")[1]
        kernel.run("%athena SELECT 'first' AS word")
        kernel.run("%%athena\nSELECT 'second'\n  AS word")
        begin(kernel, "%athena --background SELECT 'third' AS word")
    with Kernel(tmp_path, environment) as kernel:
        kernel.run("%jobs wait")
        status, text = kernel.run("%athena --history --into past")
        assert status == "ok", text
        status, text = kernel.run("""SELECT string_agg(state || ':' || substr(query, 9, 6), ' ' ORDER BY begun) AS states, bool_and(usd IS NULL OR usd >= 0) AS paid,
            string_agg(again, ' ; ' ORDER BY begun) AS again, max(why) AS why FROM past""")
        assert status == "ok" and "FAILED:first' SUCCEEDED:second SUCCEEDED:third'" in text and "a table is broken" in text, text
        again = re.findall(r"%athena --id \S+ --region us-east-1", kernel.run("%show past 2 again")[1])[0]
        assert "second" in kernel.run(again)[1]
        assert kernel.run("%athena --history SELECT 1")[0] == "error"


# ---- credentials ----

PROGRAM = """#!%s
import datetime, json, os, sys
folder = os.path.dirname(os.path.abspath(__file__))
with open(folder + "/asked", "a") as asked:
    asked.write("x")
if os.path.exists(folder + "/broken"):
    sys.exit("nobody is signed in")
end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=%d)
print(json.dumps({"Version": 1, "AccessKeyId": %r, "SecretAccessKey": %r, "Expiration": end.strftime("%%Y-%%m-%%dT%%H:%%M:%%S.%%fZ")}))
"""


@pytest.fixture
def short_lived(cloud, environment, tmp_path):
    """(environment, folder) of a kernel whose credentials come from a program and live for 8 seconds."""
    program = tmp_path / "program"
    program.write_text(PROGRAM % (sys.executable, 8, environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]))
    program.chmod(0o700)
    (tmp_path / "config").write_text("[default]\nregion = us-east-1\ncredential_process = %s\n" % program)
    kept = {k: v for k, v in environment.items() if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    return dict(kept, AWS_CONFIG_FILE=str(tmp_path / "config")), tmp_path


def asked(folder):
    return (folder / "asked").stat().st_size if (folder / "asked").exists() else 0


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_credentials_are_renewed_before_a_cell_needs_it(short_lived):
    environment, folder = short_lived
    with Kernel(folder, environment) as kernel:
        assert kernel.run("%whoami")[0] == "ok"
        first = asked(folder)
        until(lambda: asked(folder) >= first + 2)  # no cell runs meanwhile
        (folder / "broken").touch()
        seen = asked(folder)
        assert kernel.run("%whoami")[0] == "ok" and asked(folder) == seen  # nobody waited for the program


def test_a_job_waits_for_credentials_and_goes_on_with_a_cells(cloud, short_lived):
    environment, folder = short_lived
    cloud.order("athena", {"queue_ms": 0, "run_ms": 12000})
    with Kernel(folder, environment) as kernel:
        begin(kernel, "%athena --background --into later SELECT 'came' AS word")
        (folder / "broken").touch()
        assert "%whoami in a cell" in updates(kernel, "waits for credentials")[-1][2]
        until(lambda: "nobody is signed in" in kernel.run("%whoami")[1])  # the old ones hold to their very end
        (folder / "broken").unlink()
        assert kernel.run("%whoami")[0] == "ok"
        assert "came" in updates(kernel, "about USD")[-1][2]
