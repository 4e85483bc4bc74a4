"""Athena by DuckDB: results and CSV as Athena writes them, states, stops, limits, workgroups, errors with their place."""
import threading
import uuid

import duckdb
import pytest

from asking import refused
from cloud import Cloud

SETUP = """
CREATE SCHEMA amazon_security_lake_glue_db_us_east_1;
CREATE VIEW amazon_security_lake_glue_db_us_east_1.trail AS SELECT * FROM read_parquet('{lake}/trail/*.parquet');
CREATE VIEW "default".numbers AS SELECT range AS n FROM range(2500);
"""
DATABASE = "amazon_security_lake_glue_db_us_east_1"
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
ENDLESS = "SELECT count(*) FROM range(10000000000) a(x), range(10000000000) b(y) WHERE x * y = -1"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    lake = tmp_path_factory.mktemp("lake")
    (lake / "trail").mkdir()
    duckdb.sql("COPY (SELECT 'key-' || i AS key, i AS n, {'ip': '10.0.0.' || i} AS src FROM range(100) t(i)) TO '%s/trail/a.parquet'" % lake)
    (lake / "setup.sql").write_text(SETUP)
    with Cloud(lake=str(lake), setup=str(lake / "setup.sql")) as made:
        made.client("s3").create_bucket(Bucket="results")
        made.lake = lake
        yield made


@pytest.fixture
def athena(cloud):
    yield cloud.client("athena")
    cloud.order("athena", {"queue_ms": 0, "run_ms": 0, "limit": 20, "scanned": None, "fail": []})


def start(athena, sql, **more):
    more.setdefault("ResultConfiguration", {"OutputLocation": "s3://results/here/"})
    return athena.start_query_execution(QueryString=sql, **more)["QueryExecutionId"]


def state(athena, name):
    return athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]


def finished(athena, name):
    while state(athena, name)["Status"]["State"] not in FINAL:
        pass
    return state(athena, name)


def run(athena, sql, **more):
    found = finished(athena, start(athena, sql, **more))
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    return found


def rows(athena, found):
    shown = athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]["Rows"]
    return [[value.get("VarCharValue") for value in row["Data"]] for row in shown]


def csv_of(cloud, found):
    bucket, _, key = found["ResultConfiguration"]["OutputLocation"][5:].partition("/")
    return cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def test_views_of_the_setup_over_the_lake(cloud, athena):
    found = run(athena, "SELECT key, src FROM trail WHERE n = 7", QueryExecutionContext={"Database": DATABASE})
    assert rows(athena, found) == [["key", "src"], ["key-7", "{ip=10.0.0.7}"]]
    assert rows(athena, run(athena, 'SELECT count(*) c FROM "AwsDataCatalog"."%s"."trail"' % DATABASE))[1] == ["100"]
    assert found["Statistics"]["DataScannedInBytes"] == (cloud.lake / "trail/a.parquet").stat().st_size
    assert (found["StatementType"], found["WorkGroup"]) == ("DML", "primary")


VALUES = """SELECT 1 a, 'x"y,
z' AS "a b", NULL AS n, '' AS e, 1.5e0 AS d, 1e10 AS big, 0.0001e0 AS small, -12345678.9e0 AS neg, true AS t, DATE '2024-01-02' AS da,
TIMESTAMP '2024-01-02 03:04:05.6' AS ts, [1, NULL, 3] AS l, {'a': 1, 'b': NULL, 'c': {'d': 'x'}} AS s, MAP {'k': [1]} AS m, 'ab'::BLOB AS bl,
CAST(1.5 AS DECIMAL(5, 2)) AS de, CAST('nan' AS DOUBLE) AS na"""


def test_csv_as_athena_writes_it(cloud, athena):
    found = run(athena, VALUES)
    assert csv_of(cloud, found) == (
        '"a","a b","n","e","d","big","small","neg","t","da","ts","l","s","m","bl","de","na"\n"1","x""y,\nz",,"","1.5","1.0E10","1.0E-4",'
        '"-1.23456789E7","true","2024-01-02","2024-01-02 03:04:05.600","[1, null, 3]","{a=1, b=null, c={d=x}}","{k=[1]}","61 62","1.50","NaN"\n')
    assert found["ResultConfiguration"]["OutputLocation"] == "s3://results/here/%s.csv" % found["QueryExecutionId"]
    info = athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [one["Type"] for one in info] == ["integer", "varchar", "integer", "varchar", "double", "double", "double", "double", "boolean", "date",
                                             "timestamp", "array", "row", "map", "varbinary", "decimal", "double"]
    assert (info[15]["Precision"], info[15]["Scale"]) == (5, 2)


def test_null_differs_from_empty_and_names_may_repeat(athena):
    assert rows(athena, run(athena, "SELECT NULL AS a, '' AS a")) == [["a", "a"], [None, ""]]


def test_pages_of_a_thousand_with_the_header_first(athena):
    name = run(athena, "SELECT n FROM numbers ORDER BY n")["QueryExecutionId"]
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=name))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    values = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert values == ["n"] + [str(n) for n in range(2500)]
    small = athena.get_query_results(QueryExecutionId=name, MaxResults=2)
    assert [row["Data"][0]["VarCharValue"] for row in small["ResultSet"]["Rows"]] == ["n", "0"]
    with refused("InvalidRequestException"):
        athena.get_query_results(QueryExecutionId=name, NextToken="junk")
    with refused("InvalidRequestException"):
        athena.get_query_results(QueryExecutionId=name, MaxResults=1001)


def test_parameters_stand_for_values(athena):
    sql = "SELECT n FROM numbers WHERE n > ? AND '?' = ? AND DATE '2024-01-02' = ? -- ?\nORDER BY n LIMIT 1"
    found = run(athena, sql, ExecutionParameters=["41", "'?'", "DATE '2024-01-02'"])
    assert rows(athena, found)[1] == ["42"] and found["ExecutionParameters"][0] == "41"
    for given, words in ((["1"], "Incorrect number of parameters: expected 3 but found 1"), (["1", "abc", "1"], "Column 'abc' cannot be resolved"),
                         (["1", "1; DROP TABLE x", "1"], "INVALID_PARAMETER_USAGE")):
        failed = finished(athena, start(athena, sql, ExecutionParameters=given))
        assert failed["Status"]["State"] == "FAILED" and words in failed["Status"]["StateChangeReason"]
    with refused("InvalidRequestException"):
        start(athena, sql, ExecutionParameters=["x" * 1025])
    assert finished(athena, start(athena, "SELECT ?", ExecutionParameters=["1"]))["Status"]["State"] == "FAILED"


def test_a_token_makes_one_query_of_two_requests(cloud, athena):
    token = uuid.uuid4().hex
    first = start(athena, "SELECT 1", ClientRequestToken=token)
    assert start(athena, "SELECT 1", ClientRequestToken=token) == first
    with refused("InvalidRequestException", words="Idempotent"):
        start(athena, "SELECT 2", ClientRequestToken=token)
    with refused("InvalidRequestException"):
        start(athena, "SELECT 1", ClientRequestToken="short")
    cloud.faults({"service": "athena", "operation": "StartQueryExecution", "kind": "drop"})
    token = uuid.uuid4().hex
    with pytest.raises(Exception):
        start(athena, "SELECT 3", ClientRequestToken=token)
    again = start(athena, "SELECT 3", ClientRequestToken=token)
    assert sum(one["Query"] == "SELECT 3" for one in executions(athena)) == 1 and state(athena, again)


def executions(athena):
    names = athena.list_query_executions()["QueryExecutionIds"]
    return athena.batch_get_query_execution(QueryExecutionIds=names)["QueryExecutions"]


def test_states_wait_as_long_as_told_and_stop_stops(cloud, athena):
    cloud.order("athena", {"queue_ms": 600000})
    queued = start(athena, "SELECT 1")
    assert state(athena, queued)["Status"]["State"] == "QUEUED"
    with refused("InvalidRequestException", words="QUEUED"):
        athena.get_query_results(QueryExecutionId=queued)
    cloud.order("athena", {"queue_ms": 0, "run_ms": 600000})
    running = start(athena, "SELECT 1")
    while state(athena, running)["Status"]["State"] == "QUEUED":
        pass
    assert state(athena, running)["Status"]["State"] == "RUNNING"
    cloud.order("athena", {"run_ms": 0})
    computing = start(athena, ENDLESS)
    while state(athena, computing)["Status"]["State"] == "QUEUED":
        pass
    for name in (queued, running, computing):
        athena.stop_query_execution(QueryExecutionId=name)
        assert state(athena, name)["Status"]["State"] == "CANCELLED"
        assert "CompletionDateTime" in state(athena, name)["Status"]
    with refused("InvalidRequestException", words="CANCELLED"):
        athena.get_query_results(QueryExecutionId=queued)
    done = run(athena, "SELECT 1")["QueryExecutionId"]
    athena.stop_query_execution(QueryExecutionId=done)
    assert state(athena, done)["Status"]["State"] == "SUCCEEDED"


def test_times_are_told(cloud, athena):
    cloud.order("athena", {"queue_ms": 30, "run_ms": 40})
    said = run(athena, "SELECT 1")["Statistics"]
    assert said["QueryQueueTimeInMillis"] >= 30 and said["EngineExecutionTimeInMillis"] >= 40
    assert said["TotalExecutionTimeInMillis"] >= 70 and said["ResultReuseInformation"] == {"ReusedPreviousResult": False}


@pytest.mark.parametrize("sql, words", [
    ("SELECT 1,\n  foo FROM numbers", "COLUMN_NOT_FOUND: line 2:3: Column 'foo' cannot be resolved"),
    ("SELECT 1 FROM\n\n nope", "TABLE_NOT_FOUND: line 3:2:"),
    ("SELECT cast('x' AS integer)", "INVALID_CAST_ARGUMENT"), ("SELECT nothing(1)", "FUNCTION_NOT_FOUND: line 1:8")])
def test_errors_have_their_place(athena, sql, words):
    said = finished(athena, start(athena, sql))["Status"]
    assert said["State"] == "FAILED" and words in said["StateChangeReason"]
    assert said["AthenaError"]["ErrorCategory"] == 2 and said["AthenaError"]["ErrorMessage"] == said["StateChangeReason"]


def test_what_cannot_start(cloud, athena, name):
    for sql, more, words in (("SELEC 1", {}, "mismatched input 'SELEC'"), ("SELECT 1; SELECT 2", {}, "Only one sql statement"),
                             ("SELECT 1", {"ResultConfiguration": {}}, "No output location provided"), (" ", {}, "queryString"),
                             ("SELECT '%s'" % ("x" * 262144), {}, "262144"), ("SELECT 1", {"WorkGroup": "none"}, "WorkGroup none is not found"),
                             ("SELECT 1", {"ResultConfiguration": {"OutputLocation": "s3://nobodys/x"}}, "Unable to verify/create output bucket")):
        with refused("InvalidRequestException", words=words, status=400):
            start(athena, sql, **more)
    for call in ("get_query_execution", "get_query_results", "stop_query_execution"):
        with refused("InvalidRequestException", words="was not found"):
            getattr(athena, call)(QueryExecutionId=str(uuid.uuid4()))
    reader = cloud.user(name, {"Statement": [{"Effect": "Allow", "Action": "athena:*", "Resource": "*"}]})
    with refused("InvalidRequestException", words="Access denied when writing"):
        start(cloud.client("athena", reader), "SELECT 1")


def test_too_many_at_once(cloud, athena):
    cloud.order("athena", {"limit": 1, "run_ms": 600000})
    first = start(athena, "SELECT 1")
    with refused("TooManyRequestsException") as caught:
        start(athena, "SELECT 1")
    assert caught.value.response["Reason"] == "CONCURRENT_QUERY_LIMIT_EXCEEDED"
    athena.stop_query_execution(QueryExecutionId=first)
    cloud.order("athena", {"run_ms": 0})
    run(athena, "SELECT 1")


def test_failures_to_order(cloud, athena):
    cloud.order("athena", {"fail": [{"reason": "Insufficient Lake Formation permission(s) on trail", "category": 1}]})
    said = finished(athena, start(athena, "SELECT 1"))["Status"]
    assert said["StateChangeReason"].startswith("Insufficient") and said["AthenaError"]["Retryable"]
    run(athena, "SELECT 1")


def test_workgroups_enforce_their_place_and_cut_off(cloud, athena, name):
    athena.create_work_group(Name=name, Configuration={"EnforceWorkGroupConfiguration": True, "BytesScannedCutoffPerQuery": 10000000,
                                                       "ResultConfiguration": {"OutputLocation": "s3://results/group/"}})
    assert run(athena, "SELECT 1", WorkGroup=name)["ResultConfiguration"]["OutputLocation"].startswith("s3://results/group/")
    cloud.order("athena", {"scanned": 10000001})
    said = finished(athena, start(athena, "SELECT 1", WorkGroup=name))
    assert said["Status"]["State"] == "CANCELLED" and "Bytes scanned limit" in said["Status"]["StateChangeReason"]
    assert said["Statistics"]["DataScannedInBytes"] == 10000000
    assert run(athena, "SELECT 1")["Statistics"]["DataScannedInBytes"] == 10000001
    with refused("InvalidRequestException"):
        athena.update_work_group(WorkGroup=name, ConfigurationUpdates={"BytesScannedCutoffPerQuery": 9999999})
    athena.update_work_group(WorkGroup=name, ConfigurationUpdates={"RemoveBytesScannedCutoffPerQuery": True, "EnforceWorkGroupConfiguration": False})
    assert run(athena, "SELECT 1", WorkGroup=name)["ResultConfiguration"]["OutputLocation"].startswith("s3://results/here/")
    assert name in [one["Name"] for one in athena.list_work_groups()["WorkGroups"]]
    assert "BytesScannedCutoffPerQuery" not in athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    athena.update_work_group(WorkGroup=name, State="DISABLED")
    with refused("InvalidRequestException", words="disabled"):
        start(athena, "SELECT 1", WorkGroup=name)
    athena.delete_work_group(WorkGroup=name)
    with refused("InvalidRequestException"):
        athena.get_work_group(WorkGroup=name)
    with refused("InvalidRequestException"):
        athena.create_work_group(Name="primary")


def test_managed_results_have_no_place_in_s3(athena, name):
    athena.create_work_group(Name=name, Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}})
    found = run(athena, "SELECT 1 AS x", WorkGroup=name, ResultConfiguration={})
    assert "OutputLocation" not in found["ResultConfiguration"] and rows(athena, found) == [["x"], ["1"]]


def test_unload_writes_parquet_once(cloud, athena, name):
    found = run(athena, "UNLOAD (SELECT n, 'x' AS t FROM numbers) TO 's3://results/%s/' WITH (format = 'PARQUET', compression = 'SNAPPY')" % name)
    s3 = cloud.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="results", Prefix=name + "/")["Contents"]]
    manifest = found["Statistics"]["DataManifestLocation"]
    assert s3.get_object(Bucket="results", Key=manifest[len("s3://results/"):])["Body"].read().decode() == "s3://results/%s\n" % keys[0]
    path = cloud.lake / name
    path.write_bytes(s3.get_object(Bucket="results", Key=keys[0])["Body"].read())
    assert duckdb.sql("SELECT count(*), sum(n), min(t) FROM read_parquet('%s')" % path).fetchone() == (2500, 3123750, "x")
    again = finished(athena, start(athena, "UNLOAD (SELECT 1 AS x) TO 's3://results/%s/' WITH (format = 'PARQUET')" % name))
    assert again["Status"]["State"] == "FAILED" and "HIVE_PATH_ALREADY_EXISTS" in again["Status"]["StateChangeReason"]
    assert rows(athena, found) == []


def test_show_and_describe_are_text_without_a_header(cloud, athena):
    found = run(athena, "SHOW TABLES IN " + DATABASE)
    assert found["StatementType"] == "UTILITY" and rows(athena, found) == [["trail"]]
    assert found["ResultConfiguration"]["OutputLocation"].endswith(".txt") and csv_of(cloud, found) == "trail\n"
    assert ["default"] in rows(athena, run(athena, "SHOW DATABASES"))
    described = [[part.strip() for part in row[0].split("\t")] for row in rows(athena, run(athena, "DESCRIBE %s.trail" % DATABASE))]
    assert described == [["key", "string", ""], ["n", "bigint", ""], ["src", "struct<ip:string>", ""]]


def test_metadata(athena):
    assert DATABASE in [one["Name"] for one in athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]
    found = athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE, TableName="trail")["TableMetadata"]
    assert found["Columns"][2] == {"Name": "src", "Type": "struct<ip:string>"} and found["TableType"] == "VIRTUAL_VIEW"
    assert [one["Name"] for one in athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE)["TableMetadataList"]] == ["trail"]
    with refused("MetadataException"):
        athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE, TableName="nope")
    with refused("MetadataException"):
        athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="nope")


def test_results_are_used_again_when_asked(athena):
    young = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}
    first = run(athena, "SELECT 4711 AS x", ResultReuseConfiguration=young)
    second = run(athena, "SELECT 4711 AS x", ResultReuseConfiguration=young)
    assert not first["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert second["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] and rows(athena, second) == [["x"], ["4711"]]
    assert second["Statistics"]["DataScannedInBytes"] == 0


def test_what_trino_has_is_there(athena):
    found = run(athena, "SELECT to_unixtime(from_iso8601_timestamp('2024-01-01T00:00:00Z')), date_add('day', -1, TIMESTAMP '2024-01-02 00:00:00'), "
                        "cardinality([1, 2]), element_at([5, 6], 2), json_extract_scalar('{\"a\": \"b\"}', '$.a'), array_join([1, 2], '-')")
    assert rows(athena, found)[1] == ["1.7040672E9", "2024-01-01 00:00:00.000", "2", "6", "b", "1-2"]


def test_many_at_once_do_not_mix(athena):
    found, lock = {}, threading.Lock()

    def one(number):
        value = rows(athena, run(athena, "SELECT %d + sum(n) FROM numbers" % number))[1][0]
        with lock:
            found[number] = int(value)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: 3123750 + number for number in range(8)}


def test_views_may_come_later(cloud, athena):
    cloud.order("athena", {"setup": "CREATE VIEW \"default\".later AS SELECT 1 AS x"})
    assert rows(athena, run(athena, "SELECT x FROM later")) == [["x"], ["1"]]


def test_without_duckdb_moto_answers():
    with Cloud(athena="none") as plain:
        plain.client("s3").create_bucket(Bucket="results")
        assert state(plain.client("athena"), start(plain.client("athena"), "SELECT 1"))["Status"]["State"] == "SUCCEEDED"
