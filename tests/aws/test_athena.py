"""%athena in a real kernel against the double, which executes the SQL: rows, types, null and empty, parameters, errors in their place, stop, cost."""
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

from notebook import Kernel  # noqa: E402


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket="results-318")
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results-318/q/"}})
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    environment = {k: v for k, v in cloud.environment().items() if v != os.devnull}
    with Kernel(home, environment) as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults(cloud):
    yield
    cloud.faults()
    cloud.order("athena", {"run_ms": 0})


def test_rows_become_a_kept_table(kernel):
    status, text = kernel.run("%athena --into numbers SELECT x, x * 2 AS twice FROM (VALUES (1), (2), (3)) t(x)")
    assert status == "ok" and "athena" in text, text
    assert re.search(r"Athena execution [0-9a-f-]{36}, workgroup primary: queued .*, ran .*; scanned .*, about USD 0\.0001", text), text
    status, text = kernel.run("SELECT sum(twice) AS total FROM numbers")
    assert status == "ok" and "12" in text
    assert "12" in kernel.run("SELECT total FROM _")[1]


@pytest.mark.parametrize("code", ["%whoami", "%athena SELECT 6 * 7 AS answer"])
def test_examples_of_the_help_run(kernel, code):
    assert code in kernel.run("%help " + code.split()[0][1:])[1]
    assert kernel.run(code)[0] == "ok"


def test_null_empty_and_types(kernel):
    status, text = kernel.run("""%%athena --into typed
SELECT CAST(NULL AS varchar) AS nothing, '' AS empty, 'a,"b"' AS quoted, 'é
line' AS lines, '007' AS digits, CAST(9007199254740993 AS bigint) AS big, true AS yes, CAST(1.5 AS double) AS real_,
  DATE '2026-11-23' AS day, CAST(1.50 AS decimal(10, 2)) AS money, TIMESTAMP '2026-11-23 01:02:03.004' AS moment""")
    assert status == "ok", text
    status, text = kernel.run("""SELECT nothing IS NULL AS a, empty = '' AS b, quoted = 'a,"b"' AS c, length(lines) AS d, digits = '007' AS e,
  big = 9007199254740993 AS f, yes AS g, real_ AS h, day AS i, money AS j, moment AS k,
  typeof(nothing) || typeof(big) || typeof(yes) || typeof(real_) || typeof(day) || typeof(money) || typeof(moment) AS types FROM typed""")
    assert status == "ok", text
    assert "VARCHARBIGINTBOOLEANDOUBLEDATEDECIMAL(10,2)TIMESTAMP" in text.replace("\n", "").replace(" ", "") or "VARCHARBIGINT" in text
    assert text.count("true") >= 5 and "false" not in text


def test_parameters_are_athenas_own(cloud, kernel):
    cloud.forget()
    kernel.run("who = \"O'Brien\"\nlow = 2\nyes = True")
    status, text = kernel.run("%athena SELECT name FROM (VALUES ('O''Brien', 3), ('x', 1)) t(name, n) WHERE name = :who AND n > :low AND :yes")
    assert status == "ok" and "O'Brien" in text, text
    sent = cloud.calls(service="athena", operation="StartQueryExecution")[-1]["params"]
    assert sent["ExecutionParameters"] == ["'O''Brien'", "2", "true"] and "O'Brien" not in sent["QueryString"].split("WHERE")[1]
    assert "single value" in kernel.run("l = [1, 2]\n%athena SELECT 1 WHERE 1 = :l")[1]
    assert "no parameter :missing" in kernel.run("%athena SELECT :missing")[1]


def test_an_error_stands_in_its_place(kernel):
    status, text = kernel.run("%%athena\nSELECT 1,\n  nope FROM (VALUES (1)) t(x)")
    assert status == "error" and "nope" in text and "execution " in text and "SqlError" in text
    assert "line 3" in text, text
    status, text = kernel.run("%%athena\nSELECT 1,\n  2 FRM x y z")
    assert status == "error" and "SqlError" in text and "line 3" in text and "FRM" in text, text


def test_what_writes_is_not_sent(cloud, kernel):
    cloud.forget()
    for sql in ("INSERT INTO t VALUES (1)", "CREATE TABLE t AS SELECT 1", "DROP TABLE t", "UNLOAD (SELECT 1) TO 's3://x/'", "DELETE FROM t"):
        status, text = kernel.run("%athena " + sql)
        assert status == "error" and "only reads" in text
    assert not cloud.calls(service="athena", operation="StartQueryExecution")


def test_stop_stops_it_there(cloud, kernel):
    cloud.order("athena", {"run_ms": 60000})
    cloud.forget()
    kernel.client.execute("%athena SELECT 1")
    cloud.calls(service="athena", operation="GetQueryExecution", wait=1)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "execute_reply":
        reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["content"]["ename"] == "Interrupted"
    stopped = cloud.calls(service="athena", operation="StopQueryExecution", wait=1)
    assert len(stopped) == 1 and "Athena has stopped execution" in "".join(reply["content"]["traceback"])
    cloud.order("athena", {"run_ms": 0})
    assert kernel.run("%athena SELECT 2 AS two")[0] == "ok", "the kernel goes on"


def test_stop_while_the_result_is_fetched(cloud, kernel):
    cloud.forget()
    cloud.faults({"service": "s3", "operation": "GetObject", "times": 1, "kind": "hold"})
    kernel.client.execute("%athena SELECT 'fetched' AS never")
    cloud.calls(service="s3", operation="GetObject", wait=1)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "execute_reply":
        reply = kernel.client.get_shell_msg(timeout=20)
    cloud.faults({"kind": "release"})
    assert reply["content"]["ename"] == "Interrupted" and "nothing of this result is kept" in reply["content"]["evalue"], reply["content"]
    assert "3" in kernel.run("%athena SELECT 3 AS three")[1], "the kernel goes on"


def test_a_result_that_was_only_shown_is_kept_when_the_kernel_ends(cloud, tmp_path):
    """The answer comes before the table lies in its file: what ends the kernel waits for that."""
    digits = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))"
    environment = {k: v for k, v in cloud.environment().items() if v != os.devnull}
    with Kernel(tmp_path, environment) as kernel:
        status, text = kernel.run("%athena SELECT a.x + 10 * b.x + 100 * c.x + 1000 * d.x + 10000 * e.x + 100000 * f.x AS n, 'a text of some length' AS t FROM " + " CROSS JOIN ".join(
            "%s %s(x)" % (digits, name) for name in "abcdef"))
        assert status == "ok" and "1,000,000 rows" in text, text
        kernel.manager.shutdown_kernel(now=False)
    with Kernel(tmp_path, environment) as kernel:
        status, text = kernel.run("SELECT count(DISTINCT n) AS n, count(t) AS t FROM _1")
        assert status == "ok" and text.count("1000000") + text.count("1,000,000") >= 2, text


def test_a_result_is_fetched_again_by_its_id(cloud, kernel):
    text = kernel.run("%athena SELECT 41 + 1 AS answer")[1]
    execution = re.search(r"execution ([0-9a-f-]{36})", text).group(1)
    cloud.forget()
    status, text = kernel.run("%athena --id " + execution + " --into again")
    assert status == "ok" and "42" in text, text
    assert not cloud.calls(service="athena", operation="StartQueryExecution")
    status, text = kernel.run("%athena --id 00000000-0000-0000-0000-000000000000")
    assert status == "error" and "athena:GetQueryExecution" in text


def test_a_result_that_is_gone_is_said(cloud, kernel):
    text = kernel.run("%athena SELECT 1 AS x")[1]
    execution = re.search(r"execution ([0-9a-f-]{36})", text).group(1)
    cloud.client("s3").delete_object(Bucket="results-318", Key="q/%s.csv" % execution)
    status, text = kernel.run("%athena --id " + execution)
    assert status == "error" and "NoSuchKey" in text


@pytest.mark.parametrize("kind", ["503", "throttle", "cut"])
def test_trouble_on_the_way_is_overcome(cloud, kernel, kind):
    cloud.faults({"service": "athena", "operation": "GetQueryExecution", "times": 1, "kind": kind})
    assert "7" in kernel.run("%athena SELECT 7 AS seven")[1]


def test_nothing_is_left_behind(kernel, tmp_path_factory):
    kernel.run("%athena SELECT 1 AS x")
    kernel.run("%athena SELECT nope")
    left = [name for _, _, names in os.walk(kernel.home) for name in names if name.startswith("athena-")]
    assert left == []


def test_too_long(kernel):
    status, text = kernel.run("%%athena\nSELECT '" + "x" * 262144 + "'")
    assert status == "error" and "262144 bytes" in text


def test_plain_sql_goes_where_the_setting_says(cloud, kernel):
    kernel.run("%set engine athena")
    try:
        status, text = kernel.run("SELECT 40 + 2 AS answer")
        assert status == "ok" and "Athena execution" in text and "42" in text, text
        assert "Athena execution" not in kernel.run("%local SELECT 1 AS one")[1]
    finally:
        kernel.run("%set engine local")
    assert "Athena execution" not in kernel.run("SELECT 1 AS one")[1]


def test_a_budget_that_is_used_up_refuses(cloud, kernel):
    cloud.order("athena", {"scanned": 3_000_000_000})
    kernel.run("%set budget 1000")
    spent = float(re.search(r"of which ([0-9.]+) are spent", kernel.run("%set budget")[1])[1])
    assert "about USD 0.0150" in kernel.run("%athena SELECT 1 AS a")[1]
    cloud.forget()
    try:
        status, text = kernel.run("%%set budget %.4f\n%%athena SELECT 2 AS b" % (spent + 0.01))
        assert status == "error" and "budget" in text and "used up" in text and "cutoff" in text, text
        assert cloud.calls(service="athena") == []
    finally:
        kernel.run("%set budget none")
        cloud.order("athena", {"scanned": None})
    assert kernel.run("%athena SELECT 3 AS c")[0] == "ok"


def test_a_query_is_looked_at_before_it_is_sent(cloud, kernel):
    cloud.forget()
    sql = "SELECT x AS status FROM (VALUES ('a'), ('b')) amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0(x) WHERE 'time' <> '' OR x = 'time_dt'"
    status, text = kernel.run("%athena " + sql.replace("x AS status", "x AS status, 1 AS n") + " LIMIT 2")
    assert status == "ok" and "D10" in text and "no-partition" in text and "LIMIT 2 without ORDER BY gave 2 rows" in text, text
    assert len(cloud.calls(service="athena", operation="StartQueryExecution")) == 1, "it warns, and the query runs as it is"
    kernel.run("%set lint off")
    try:
        assert "no-partition" not in kernel.run("%athena " + sql)[1]
    finally:
        kernel.run("%set lint on")
