"""What a query of Athena will scan at most, said before it is asked and held against the budget: Iceberg, plain and projected tables, what is unknown."""
import json
import re

import pytest

from lakes import start

from cloud import Cloud

DAYS = ("20261120", "20261121", "20261122", "20261123")
REGIONS = ("eu-west-1", "us-east-1")
SIZE = 1_000_000
SLACK = 65536  # the end of each file is read again
CODE = "%%athena --database lake\n"


def iceberg(cloud, name, metadata, **more):
    place = "s3://lake-318/%s/metadata/00001.metadata.json" % name
    if metadata is not None:
        cloud.client("s3").put_object(Bucket="lake-318", Key=place[len("s3://lake-318/"):], Body=metadata if isinstance(metadata, bytes)
                                      else json.dumps(metadata).encode())
    glue(cloud, name, "s3://lake-318/" + name, Parameters={"table_type": "ICEBERG", "metadata_location": place}, **more)


def glue(cloud, name, place, keys=(), **more):
    cloud.client("glue").create_table(DatabaseName="lake", TableInput={
        "Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": {"Columns": [{"Name": "x", "Type": "string"}], "Location": place},
        "PartitionKeys": [{"Name": one, "Type": "string"} for one in keys], **more})


def snapshots(size, files=3, **more):
    return {"format-version": 2, "current-snapshot-id": 7, "snapshots": [
        {"snapshot-id": 6, "summary": {"total-files-size": "1", "total-data-files": "1", "total-delete-files": "0"}},
        {"snapshot-id": 7, "summary": {"total-files-size": str(size), "total-data-files": str(files), "total-delete-files": "0", **more}}]}


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        s3 = made.client("s3")
        for bucket in ("results-318", "lake-318", "other-318"):
            s3.create_bucket(Bucket=bucket)
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results-318/q/"}})
        made.client("glue").create_database(DatabaseInput={"Name": "lake"})
        iceberg(made, "events", snapshots(3_000_000_000))
        iceberg(made, "small", snapshots(20_000_000, 1))
        iceberg(made, "deleted", snapshots(5, **{"total-delete-files": "1"}))
        iceberg(made, "gone", None)
        iceberg(made, "broken", b'{"format-version": 2, "current-')
        iceberg(made, "sizeless", {"format-version": 2, "current-snapshot-id": 7, "snapshots": [{"snapshot-id": 7}]})
        iceberg(made, "empty", {"format-version": 2, "current-snapshot-id": -1, "snapshots": []})
        glue(made, "plain", "s3://lake-318/plain")
        s3.put_object(Bucket="lake-318", Key="plain/sub/a.parquet", Body=b"x" * SIZE)
        s3.put_object(Bucket="lake-318", Key="plain-not/a.parquet", Body=b"x" * SIZE)
        template = {"projection.enabled": "true", "projection.region.type": "enum", "projection.region.values": ",".join(REGIONS),
                    "projection.eventday.type": "date", "projection.eventday.format": "yyyyMMdd", "projection.eventday.range": "20200101,NOW"}
        glue(made, "trail", "s3://lake-318/trail/", ("region", "eventday"), Parameters=template)
        glue(made, "own", "s3://lake-318/trail/", ("region", "eventday"), Parameters={
            **template, "storage.location.template": "s3://lake-318/trail/region=${region}/eventday=${eventday}"})
        for region in REGIONS:
            for day in DAYS:
                s3.put_object(Bucket="lake-318", Key="trail/region=%s/eventday=%s/a.parquet" % (region, day), Body=b"x" * SIZE)
        glue(made, "listed", "s3://lake-318/plain", ("region",))
        glue(made, "view", "", TableType="VIRTUAL_VIEW", ViewOriginalText="/* Presto View */")
        glue(made, "abroad", "s3://nobody-318/x")
        glue(made, "linked", "", TargetTable={"CatalogId": "123456789012", "DatabaseName": "lake", "Name": "small"})
        glue(made, "loop", "", TargetTable={"CatalogId": "123456789012", "DatabaseName": "lake", "Name": "linked"})
        tables = "events small deleted gone broken sizeless empty plain trail own listed view abroad linked loop".split()
        made.order("athena", {"setup": "CREATE SCHEMA lake;" + "".join(
            "CREATE TABLE lake.%s (x VARCHAR, region VARCHAR, eventday VARCHAR);" % one for one in tables)})
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


def before(kernel, sql):
    """The line on the price, which stands before the answer."""
    status, text = kernel.run(CODE + sql)
    assert status == "ok", text
    said = [line for line in text.split("\n") if line.startswith("Price before: ")]
    assert len(said) == 1 and text.index(said[0]) < text.index("Athena execution"), text
    return said[0][len("Price before: "):]


def most(kernel, sql):
    """Bytes, as exactly as people are told."""
    said = re.match(r"at most ([0-9.]+) (B|kB|MB|GB), USD [0-9.]+$", before(kernel, sql))
    assert said, sql
    return float(said[1]) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[said[2]]


def test_an_iceberg_table_is_as_large_as_its_snapshot(kernel):
    assert re.match(r"at most 3\.0 GB, USD 0\.0150", before(kernel, "SELECT count(*) AS n FROM events"))
    assert most(kernel, "SELECT x FROM lake.empty") == 0
    assert most(kernel, "SELECT 1 AS one") == 0


@pytest.mark.parametrize("sql,files", [
    ("SELECT x FROM trail", 8),
    ("SELECT x FROM trail WHERE eventday = '20261123'", 8),  # the region stands before it
    ("SELECT x FROM trail WHERE region = 'us-east-1'", 4),
    ("SELECT x FROM trail t WHERE t.region IN ('us-east-1', 'eu-west-1') AND t.eventday = '20261123' AND x <> 'y'", 2),
    ("SELECT x FROM own WHERE region = 'us-east-1' AND eventday = '20261123'", 1),
    ("SELECT x FROM own WHERE region = 'us-east-1' AND eventday >= '20261122'", 2),
    ("SELECT x FROM own WHERE region = 'us-east-1' AND eventday BETWEEN '20261121' AND '20261122'", 2),
    ("SELECT x FROM own WHERE region = 'us-east-1' AND eventday <= '20261120'", 1),
    ("SELECT x FROM own WHERE region = 'us-east-1' OR eventday = '20261123'", 8),
    ("SELECT x FROM own WHERE NOT region = 'us-east-1'", 8),
    ("SELECT x FROM own WHERE CASE WHEN true AND region = 'us-east-1' AND true THEN true ELSE true END", 8),
    ("SELECT x FROM own WHERE region = 'nowhere'", 0),
    ("SELECT x FROM own o LEFT JOIN small s USING (x) WHERE o.region = 'us-east-1' AND 1 = 0", None),
    ("SELECT x FROM plain", 1)])
def test_objects_are_listed_as_far_as_the_query_reads_them(kernel, sql, files):
    want = files * (SIZE + SLACK) if files is not None else 8 * (SIZE + SLACK) + 20e6 + SLACK
    assert most(kernel, sql) == pytest.approx(want, rel=0.06), sql


def test_bound_parameters_narrow_as_texts_do(kernel):
    kernel.run('where = "us-east-1"\nday = "20261121"')
    assert most(kernel, "SELECT x FROM own WHERE region = :where AND eventday = :day") == pytest.approx(SIZE + SLACK, rel=0.06)


@pytest.mark.parametrize("sql,times", [
    ("SELECT a.x FROM small a JOIN small b ON a.x = b.x", 2),
    ("WITH s AS (SELECT x FROM small) SELECT 1 AS one FROM s a, s b, s c", 3),
    ("WITH s AS (SELECT x FROM small), t AS (SELECT a.x FROM s a, s b) SELECT x FROM t UNION ALL SELECT x FROM t", 4),
    ("WITH small AS (SELECT x FROM small) SELECT x FROM small", 1),
    ("WITH s AS (SELECT x FROM small) SELECT 1 AS one", 0),
    ("SELECT x FROM (SELECT x FROM small WHERE x IN (SELECT x FROM small)) WHERE x IS DISTINCT FROM 'small'", 2),
    ("SELECT count(DISTINCT x) AS a, count(DISTINCT region) AS b FROM small", 3),
    ('SELECT extract(year FROM current_date) AS y FROM "awsdatacatalog"."lake"."small" -- , events\n/* , events */', 1),
    ("SELECT x FROM linked", 1)])
def test_a_table_counts_as_often_as_it_is_read(kernel, sql, times):
    assert most(kernel, sql) == pytest.approx(times * (20e6 + SLACK), rel=0.03), sql


@pytest.mark.parametrize("sql,why", [
    ("SELECT x FROM view", "it is a view"),
    ("SELECT x FROM deleted", "deleted rows"),
    ("SELECT x FROM gone", "NoSuchKey"),
    ("SELECT x FROM broken", "its metadata cannot be read"),
    ("SELECT x FROM sizeless", "says not how large"),
    ("SELECT x FROM listed", "its partitions lie where Glue says"),
    ("SELECT x FROM abroad", "NoSuchBucket"),
    ("SELECT x FROM loop", "its link leads nowhere"),
    ("SELECT table_name FROM information_schema.tables", "EntityNotFound"),
    ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t", "WITH is not understood"),
    ("SELECT range FROM range(3)", "a function"),
    ("SELECT x FROM small JOIN view USING (x)", "it is a view")])
def test_what_is_not_known_is_called_unknown(kernel, sql, why):
    said = before(kernel, sql)
    assert said.startswith("unknown (") and why in said, said


def test_more_objects_than_a_few_calls_list_are_unknown(monkeypatch, tmp_path):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    with Cloud() as small_pages:
        s3 = small_pages.client("s3")
        s3.create_bucket(Bucket="lake-318")
        small_pages.client("glue").create_database(DatabaseInput={"Name": "lake"})
        glue(small_pages, "many", "s3://lake-318/many/")
        for i in range(101):
            s3.put_object(Bucket="lake-318", Key="many/%05d" % i, Body=b"x")
        with start(small_pages, tmp_path) as own:
            small_pages.forget()
            assert "unknown (many: it has more objects than 10 lists hold)" in own.run(CODE + "SELECT x FROM many")[1]
            assert len(small_pages.calls(service="s3", operation="ListObjectsV2")) == 10
            s3.delete_object(Bucket="lake-318", Key="many/00000")
            assert "at most 6.6 MB" in own.run(CODE + "SELECT x FROM many")[1], "all pages count"


def test_what_was_learnt_is_asked_once(cloud, tmp_path):
    with start(cloud, tmp_path) as own:
        before(own, "SELECT x FROM plain a")
        cloud.forget()
        before(own, "SELECT x FROM plain b")
        assert not cloud.calls(service="glue") and not cloud.calls(service="s3", operation="ListObjectsV2")


def test_explaining_costs_nothing(cloud, kernel):
    cloud.forget()
    status, text = kernel.run(CODE + "SHOW TABLES")
    assert status == "ok" and "Price before" not in text and not cloud.calls(service="glue"), text


def test_nothing_stops_a_query_whose_price_cannot_be_learnt(cloud, tmp_path):
    key = cloud.user("poor", {"Statement": [{"Effect": "Allow", "Action": ["athena:*", "s3:*"], "Resource": "*"}]})
    with start(cloud, tmp_path, key) as poor:
        status, text = poor.run(CODE + "SELECT x FROM small")
        assert status == "ok" and "Price before: unknown (small: glue:GetTable: AccessDenied" in text, text


def test_the_budget_refuses_before_anything_is_sent(cloud, tmp_path):
    with start(cloud, tmp_path) as own:
        own.run("%set budget 0.01")
        cloud.forget()
        status, text = own.run(CODE + "SELECT x FROM events")
        assert status == "error" and "may scan up to 3.0 GB for USD 0.0150" in text and "USD 0.0100 are left" in text, text
        assert "eventday" in text and "%set budget" in text and "workgroup's data limit" in text
        assert not cloud.calls(service="athena")
        assert own.run(CODE + "SELECT x FROM small")[0] == "ok"
        status, text = own.run(CODE + "SELECT x FROM view")
        assert status == "ok" and "the budget cannot hold it" in text, text


def test_a_stop_ends_the_look_and_nothing_is_sent(cloud, tmp_path):
    with start(cloud, tmp_path) as own:
        own.run("%whoami")
        cloud.faults({"service": "s3", "operation": "ListObjectsV2", "kind": "slow", "ms": 60000, "times": 9})
        cloud.forget()
        own.client.execute(CODE + "SELECT x FROM plain")
        cloud.calls(service="glue", operation="GetTable", wait=1)
        own.manager.interrupt_kernel()
        reply = own.client.get_shell_msg(timeout=15)
        while reply["msg_type"] != "execute_reply":
            reply = own.client.get_shell_msg(timeout=15)
        cloud.faults()
        assert reply["content"]["ename"] == "Interrupted" and not cloud.calls(service="athena")
