"""%lake open athena in a real kernel: what Glue has of Security Lake, the unified store and raw trails, told apart; kept; what is hidden is said."""
import pytest

from lakes import FLOW, LAKE, OCSF, TABLE, TRAIL, acts, add, changes, start, table

from cloud import Cloud

HOSTILE = "<script>alert(1)</script>](http://evil)\x1b[31m"


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        place = "s3://aws-security-data-lake-us-east-1-x/aws/"
        add(made, LAKE, table(TABLE + "cloud_trail_mgmt_2_0", OCSF + ["time_dt"], place + "CLOUD_TRAIL_MGMT/2.0/"),
            table(TABLE + "sh_findings_1_0", OCSF), table("notes", ["a", "b"]))
        add(made, "audit", table("trail_logs", TRAIL, "s3://trail/AWSLogs/"), table("copied_flows", FLOW, "s3://copies/"),
            table("by_place", ["a"], place + "ROUTE53/1.0/region=us-east-1/"), table("half", ["useridentity", "eventname"]))
        add(made, "link_tables", table("linked", [], TargetTable={"CatalogId": "999999999999", "DatabaseName": LAKE,
                                                                  "Name": TABLE + "vpc_flow_2_0"}))
        add(made, "shared", TargetDatabase={"CatalogId": "999999999999", "DatabaseName": LAKE})
        add(made, "dangling", TargetDatabase={"CatalogId": "999999999999", "DatabaseName": "gone"})
        made.order("lakeformation", {"catalogs": {"s3tablescatalog/aws-cloudwatch": {"logs": [table("aws_cloudtrail__management", OCSF)]}}})
        yield made


@pytest.fixture
def kernel(cloud, tmp_path):
    with start(cloud, tmp_path) as made:
        yield made


def line(text, *words):
    """The line with all these words, of which plain text shows the beginning."""
    found = [one for one in text.split("\n") if all(word[:44] in one for word in words)]
    assert found, (words, text)
    return found[0]


def test_every_kind_is_found_and_told_apart(cloud, kernel):
    cloud.forget()
    status, text = kernel.run("%lake open athena")
    assert status == "ok", text
    status, text = kernel.run("%lake tables")
    for words in (("cloudtrail", "2.0", LAKE, TABLE + "cloud_trail_mgmt_2_0"), ("findings", "1.0", TABLE + "sh_findings_1_0"),
                  ("cloudtrail", "trail", "audit", "trail_logs"), ("vpc_flow", "2.0", "audit", "copied_flows"), ("route53", "1.0", "by_place"),
                  ("vpc_flow", "2.0", "link_tables", "linked"), ("cloudtrail", "CloudWatch", "s3tablescatalog/aws-cloudwatch", "logs"),
                  ("cloudtrail", "2.0", "shared", TABLE + "cloud_trail_mgmt_2_0")):
        assert line(text, *words)
    assert "notes" not in text and "half" not in text
    assert "us-east-1" in text and "s3://trail/AWSLogs/" in text and "999999999999.amazon_security" in text
    assert not changes(cloud)


def test_what_is_hidden_is_said(kernel):
    text = kernel.run("%lake open athena")[1]
    assert "not visible" in line(text, "dangling") and "resource link to 999999999999.gone" in text and "%doctor" in text


def test_one_database_or_catalog(kernel):
    text = kernel.run("%lake open athena --database audit")[1]
    assert "trail_logs" in text and TABLE not in text and "dangling" not in text
    text = kernel.run("%lake open athena --catalog s3tablescatalog/aws-cloudwatch")[1]
    assert "aws_cloudtrail__management" in text and "trail_logs" not in text
    status, text = kernel.run("%lake open athena --catalog nothing")
    assert status == "error" and "glue:GetDatabases" in text and "nothing not found" in text


def test_another_region_has_none_and_takes_none_away(kernel):
    kernel.run("%lake open athena")
    status, text = kernel.run("%lake open athena --region eu-west-1")
    assert status == "ok" and "No table of Security Lake" in text and "eu-west-1" in text and "--region" in text
    assert "trail_logs" in kernel.run("%lake tables")[1]


def test_they_are_there_after_a_restart(cloud, tmp_path):
    with start(cloud, tmp_path) as first:
        assert first.run("%lake open athena")[0] == "ok"
        first.client.shutdown()
        first.manager.finish_shutdown(waittime=20)
    with start(cloud, tmp_path) as second:
        cloud.forget()
        status, text = second.run("%lake tables")
        assert status == "ok" and "copied_flows" in text and not cloud.calls(service="glue")


def test_a_hostile_table_stays_text(cloud, kernel):
    add(cloud, "hostile", table("evil" + HOSTILE, TRAIL, "s3://x/" + HOSTILE))
    status, text = kernel.run("%lake open athena --database hostile")
    cloud.client("glue").delete_database(Name="hostile")
    assert status == "ok" and "evil" in text
    assert not acts(kernel, "<script", "](http")


def test_without_the_permission(cloud, tmp_path):
    nobody = cloud.user("no-glue")
    with start(cloud, tmp_path, nobody) as kernel:
        status, text = kernel.run("%lake open athena")
        assert status == "error" and "glue:GetDatabases" in text and "permission" in text


def test_a_stop_ends_it(cloud, kernel):
    cloud.forget()
    cloud.faults({"service": "glue", "operation": "GetTables", "times": 99, "kind": "slow", "ms": 20000})
    kernel.client.execute("%lake open athena")
    cloud.calls(service="glue", operation="GetDatabases", wait=2)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "execute_reply":
        reply = kernel.client.get_shell_msg(timeout=20)
    cloud.faults()
    assert reply["content"]["ename"] == "Interrupted"
    assert kernel.run("1 + 1")[0] in ("ok", "error"), "the kernel lives"


def test_questions_ask_the_tables_that_were_found(cloud, kernel):
    kernel.run("%lake open athena")
    cloud.forget()
    kernel.run("%cloudtrail key AKIAIOSFODNN7EXAMPLE --source athena")
    sql = "".join(one["params"]["QueryString"] for one in cloud.calls(operation="StartQueryExecution"))
    assert '"AwsDataCatalog"."%s"."%scloud_trail_mgmt_2_0"' % (LAKE, TABLE) in sql and "information_schema" not in sql
    assert "trail_logs" not in sql and "aws-cloudwatch" not in sql, "copies of the same events do not answer twice"
