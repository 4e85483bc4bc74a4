"""%athena --unload in a real kernel against the double: Parquet files from S3 become a kept table, with their types; what stays in the bucket is said."""
import os
import re

import pytest

from lakes import start

from cloud import Cloud

BUCKET = "results-318"


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket=BUCKET)
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": "s3://%s/q" % BUCKET}})
        made.client("athena").create_work_group(Name="bare", Configuration={"EnforceWorkGroupConfiguration": False})
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults(cloud):
    yield
    cloud.faults()
    cloud.order("athena", {"run_ms": 0})


def files(cloud, prefix="q/unload/"):
    return [one["Key"] for one in cloud.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def left(kernel):
    return [name for _, _, names in os.walk(kernel.home) for name in names if name.endswith(".parquet")]


def execution(text):
    return re.search(r"Athena execution ([0-9a-f-]{36})", text)[1]


def place(text):
    return re.search(r"in s3://%s/(q/unload/[0-9a-f-]{36}/)" % BUCKET, text)[1]


def test_rows_keep_their_order_and_types(cloud, kernel):
    cloud.forget()
    kernel.run("low = 2")
    status, text = kernel.run("""%%athena --unload --into big
-- a comment
SELECT n AS second, CAST(NULL AS varchar) AS nothing, '' AS empty, CAST(9007199254740993 AS bigint) AS large, true AS yes,
  CAST(1.50 AS decimal(10, 2)) AS money, TIMESTAMP '2026-11-23 01:02:03.004' AS moment, [1, 2] AS list, {'a': 'b'} AS pair
FROM (VALUES (1), (2), (3)) t(n) WHERE n >= :low ORDER BY n -- the end""")
    assert status == "ok" and re.search(r"second +nothing +empty +large +yes +money +moment", text), text
    assert re.search(r"UNLOAD leaves 1 file \([0-9.]+ kB\) in s3://%s/q/unload/[0-9a-f-]{36}/: delete" % BUCKET, text), text
    sent = cloud.calls(service="athena", operation="StartQueryExecution")[-1]["params"]
    assert sent["QueryString"].startswith("UNLOAD (\nSELECT n AS second") and sent["ExecutionParameters"] == ["2"]
    assert sent["QueryString"].endswith("/' WITH (format = 'PARQUET', compression = 'SNAPPY')")
    assert not cloud.calls(service="athena", operation="GetQueryResults")
    text = kernel.run("""SELECT count(*) AS rows, min(second) AS least, bool_and(nothing IS NULL AND empty = '' AND large = 9007199254740993 AND yes) AS same,
  any_value(typeof(money) || ' ' || typeof(moment) || ' ' || typeof(list) || ' ' || typeof(pair)) AS types FROM big""")[1]
    assert "DECIMAL(10,2) TIMESTAMP INTEGER[] STRUCT(a VARC" in text and "true" in text, text
    assert left(kernel) == [] and len(files(cloud)) == 1


def test_many_files_become_one_table(cloud, kernel):
    text = kernel.run("%athena --unload SELECT 1 AS n")[1]
    s3, prefix = cloud.client("s3"), place(text)
    body = s3.get_object(Bucket=BUCKET, Key=files(cloud, prefix)[0])["Body"].read()
    for i in range(20):
        s3.put_object(Bucket=BUCKET, Key="%spart-%02d" % (prefix, i), Body=body)
    status, text = kernel.run("%athena --id " + execution(text) + " --into many")
    assert status == "ok" and "UNLOAD leaves 21 files" in text, text
    assert "21" in kernel.run("SELECT sum(n) AS total FROM many")[1]


def test_no_row_is_no_file_and_is_said(cloud, kernel):
    before = files(cloud)
    status, text = kernel.run("%athena --unload --into none SELECT 1 AS n WHERE 1 = 0")
    assert status == "ok" and "UNLOAD wrote no file: the query has no rows" in text and files(cloud) == before, text
    assert "0" in kernel.run("SELECT count(*) AS rows FROM none")[1]


@pytest.mark.parametrize("sql,what", [
    ("SELECT 1", "a column has no name"),
    ("SELECT a.x, count(*) FROM t a GROUP BY 1", "a column has no name"),
    ("WITH t AS (SELECT 1) SELECT x IS NOT NULL FROM t", "a column has no name"),
    ("SELECT x, t.\"X\" FROM t", "two columns are called x"),
    ("SELECT count(*) n, 1 AS N FROM t", "two columns are called n"),
    ("EXPLAIN SELECT 1 AS x", "only the rows of a query"),
    ("SHOW TABLES", "only the rows of a query"),
    ("--reuse 5 SELECT 1 AS x", "never an equal query's result")])
def test_what_cannot_be_unloaded_is_refused_before_it_is_asked(cloud, kernel, sql, what):
    cloud.forget()
    status, text = kernel.run("%athena --unload " + sql)
    assert status == "error" and what in text, text
    assert not cloud.calls(service="athena")


def test_a_refusal_shows_the_column(kernel):
    text = kernel.run("%%athena --unload\nSELECT 1 AS a,\n  2")[1]
    assert "line 3" in text and "... AS name" in text, text


def test_names_that_are_there_are_seen(kernel):
    status, text = kernel.run("""%athena --unload SELECT DISTINCT t.a, t.b b2, 1 + 1 AS c, count(*) OVER () d, CASE WHEN true THEN 1 END e, t.*
FROM (VALUES (1, 2, 3)) t(a, b, x)""".replace("t.*", "t.x").replace("\n", " "))
    assert status == "ok", text


def test_an_error_stands_in_its_place(kernel):
    status, text = kernel.run("%%athena --unload\nSELECT 1 AS one,\n  nope AS two FROM (VALUES (1)) t(x)")
    assert status == "error" and "line 3" in text and "nope" in text and "^" in text, text


def test_without_a_place_it_is_not_asked(cloud, kernel):
    cloud.forget()
    status, text = kernel.run("%athena --unload --workgroup bare SELECT 1 AS x")
    assert status == "error" and "needs a place in S3" in text and "--output" in text, text
    assert not cloud.calls(service="athena", operation="StartQueryExecution")
    status, text = kernel.run("%%athena --unload --workgroup bare --output s3://%s/own/ SELECT 1 AS x" % BUCKET)
    assert status == "ok" and "s3://%s/own/unload/" % BUCKET in text, text


def test_files_that_are_gone_or_broken_are_said(cloud, kernel):
    s3 = cloud.client("s3")
    text = kernel.run("%athena --unload SELECT 1 AS n")[1]
    prefix, name = place(text), execution(text)
    key = files(cloud, prefix)[0]
    cloud.faults({"service": "s3", "operation": "GetObject", "kind": "error", "code": "NoSuchKey", "message": "The specified key does not exist.",
                  "status": 404, "times": 1})
    status, text = kernel.run("%athena --id " + name)
    assert status == "error" and "NoSuchKey" in text and "may have been deleted" in text, text
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"no parquet")
    status, text = kernel.run("%athena --id " + name)
    assert status == "error" and "arquet" in text, text
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert "UNLOAD wrote no file" in kernel.run("%athena --id " + name)[1]
    assert left(kernel) == []


def test_more_files_than_a_page_are_too_many(monkeypatch, tmp_path):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    with Cloud() as small_pages:
        small_pages.client("s3").create_bucket(Bucket=BUCKET)
        with start(small_pages, tmp_path) as own:
            text = own.run("%%athena --unload --output s3://%s/q/ SELECT 1 AS n" % BUCKET)[1]
            for i in range(2):
                small_pages.client("s3").put_object(Bucket=BUCKET, Key="%s%d" % (place(text), i), Body=b"x")
            status, text = own.run("%athena --id " + execution(text))
            assert status == "error" and "LimitError" in text and "more files" in text and "Ask for less" in text, text


@pytest.mark.parametrize("kind,ends", [("503", "ok"), ("cut", "error")])
def test_trouble_on_the_way(cloud, kernel, kind, ends):
    cloud.faults({"service": "s3", "operation": "GetObject", "times": 1, "kind": kind})
    status, text = kernel.run("%athena --unload SELECT 7 AS seven")
    assert status == ends and left(kernel) == [], text
    cloud.faults()
    assert "7" in kernel.run("%athena --id " + execution(text))[1], "nothing is lost, nor paid twice"


def test_stop_while_it_runs_and_while_files_come(cloud, kernel):
    for order, wait in (({"run_ms": 60000}, ("athena", "GetQueryExecution")), ({"run_ms": 0}, ("s3", "ListObjectsV2"))):
        cloud.order("athena", order)
        cloud.faults({"service": "s3", "operation": "GetObject", "times": 9, "kind": "slow", "ms": 60000})
        cloud.forget()
        kernel.client.execute("%athena --unload SELECT 1 AS x")
        cloud.calls(service=wait[0], operation=wait[1], wait=1)
        kernel.manager.interrupt_kernel()
        reply = kernel.client.get_shell_msg(timeout=20)
        while reply["msg_type"] != "execute_reply":
            reply = kernel.client.get_shell_msg(timeout=20)
        assert reply["content"]["ename"] == "Interrupted", reply["content"]
        assert bool(cloud.calls(service="athena", operation="StopQueryExecution")) == bool(order["run_ms"])
        cloud.faults()
    assert left(kernel) == []


def test_what_stands_around_a_query_cannot_be_ended_by_it(cloud, kernel):
    """UNLOAD writes below the place of results only: no bracket, comment or second statement leads elsewhere."""
    cloud.forget()
    for sql, why in (("SELECT 1) TO 's3://elsewhere/' WITH (format = 'PARQUET') --", "a bracket that was not opened"),
                     ("SELECT 1 /* /* */ ) TO 's3://elsewhere/' -- */ */", "a comment within a comment"),
                     ("UNLOAD (SELECT 1) TO 's3://elsewhere/' WITH (format = 'PARQUET')", "UNLOAD is not sent")):
        status, text = kernel.run("%%athena --unload\n" + sql)
        assert status == "error" and why in text, text
    assert not cloud.calls(operation="StartQueryExecution")
