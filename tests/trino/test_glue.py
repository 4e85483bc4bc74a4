"""Trino over Glue and S3, where Security Lake keeps a lake in AWS: partitions that only Athena's projection knows, and an Iceberg table. The same rows
as those of the embedded engine over the lake itself; what Trino may not read is an error and never silence."""
import dataclasses
import json
import re

import glue
import pytest
from comparing import same
from notebook import Kernel

NO_READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}
NO_WINDOW = re.compile(r"--(since|until) \S+")


@dataclasses.dataclass
class Kind:
    """How the lake is kept; what a question and SQL say there, so that little is read; WHERE there is nothing (None), or an error with this word."""
    make: object
    catalog: str
    version: int
    narrow: str
    where: str
    elsewhere: dict


KINDS = {
    "days": Kind(lambda double, trino, lake: glue.days(double, trino), "glue", 1, "--since 2026-03-05T12:00:00Z --until 2026-03-06T18:30:00.500Z",
                 "eventday BETWEEN '20260305' AND '20260306' AND region <> 'us-east-1'", {"eventday = '20200101'": None, "eventday = '20260401'": None}),
    "months": Kind(glue.months, "glue", 2, "--account {account}", "accountid = '{account}' AND region IN ('us-east-1', 'eu-north-1')",
                   {"accountid = '{account}' AND eventmonth = '202501'": None, "accountid = '{account}' AND eventmonth = '202604'": None,
                    "accountid = '000000000318'": None, "region = 'us-east-1'": "accountid"}),
    "iceberg": Kind(lambda double, trino, lake: glue.iceberg(trino), "glue_iceberg", 2, "--region us-east-1", "region = 'us-east-1'",
                    {"time_dt > TIMESTAMP '2026-04-01 00:00:00'": None}),
}


@pytest.fixture(scope="module")
def bucket(double):
    double.client("s3").create_bucket(Bucket=glue.BUCKET)


@pytest.fixture(scope="module", params=KINDS)
def asked(request, double, bucket, trino, incident, tmp_path_factory):
    kind, lake = KINDS[request.param], incident / ("lake%d" % KINDS[request.param].version)
    truth = json.loads((incident / "logs" / "truth.json").read_text())
    name = trino.names("us-east-1", "cloud_trail_mgmt", kind.version)
    kind.make(double, trino, str(lake))
    with Kernel(tmp_path_factory.mktemp("home"), {}) as kernel:
        kernel.engine, kernel.key, kernel.table = "trino", truth["key"], ".".join(name)
        kernel.narrow, kernel.where = kind.narrow.format(**truth), kind.where.format(**truth)
        kernel.elsewhere = {where.format(**truth): word for where, word in kind.elsewhere.items()}
        for cell in ("%lake open " + str(lake), "%set trino " + trino.url, "%set trino_catalog " + kind.catalog):
            assert kernel.run(cell)[0] == "ok"
        yield kernel
    double.client("glue").delete_database(Name=name[0])


def counted(text):
    found = re.search(r"(?m)^ *([\d,]+) *$", text)
    assert found, text
    return int(found[1].replace(",", ""))


def test_questions_give_the_lakes_rows(asked, double):
    double.forget()
    assert same(asked, "key %s %s" % (asked.key, asked.narrow)) > 0
    assert same(asked, "summary " + asked.narrow) > 0
    calls = double.calls()
    assert {(call["service"], call["operation"]) for call in calls} >= {("glue", "GetTable"), ("s3", "GetObject")}
    assert {call["arn"].rpartition("/")[2] for call in calls} <= {glue.READER, glue.WRITER}
    refused = {(call["operation"], call["error"]) for call in calls if call["status"] >= 400}
    assert refused <= {("GetColumnStatisticsForPartition", "EntityNotFoundException")}, "a projected partition is not in Glue"
    assert "GetPartitions" not in {call["operation"] for call in calls}


def test_rows_are_counted(asked):
    mine = asked.run("SELECT count(*) AS n FROM cloudtrail WHERE " + asked.where.replace("eventday", "strftime(epoch_ms(time), '%Y%m%d')"))[1]
    theirs = asked.run("%%trino SELECT count(*) AS n FROM %s WHERE %s" % (asked.table, asked.where))[1]
    assert counted(theirs) == counted(mine) > 0


def test_where_nothing_is(asked):
    for where, word in asked.elsewhere.items():
        status, text = asked.run("%%trino SELECT count(*) AS n FROM %s WHERE %s" % (asked.table, where))
        assert (status == "error" and word in text) if word else (status == "ok" and counted(text) == 0), text
    status, text = asked.run("%%cloudtrail key %s --source trino --since 2026-04-02 --until 2026-04-04 %s" % (asked.key, NO_WINDOW.sub("", asked.narrow)))
    assert status == "ok" and "is empty in this window" in text, text


def test_what_may_not_be_read_is_no_silence(asked, double):
    iam = double.client("iam")
    for user in glue.ALLOWED:
        iam.put_user_policy(UserName=user, PolicyName="no-read", PolicyDocument=json.dumps(NO_READ))
    status, text = asked.run("%%cloudtrail key %s --source trino %s" % (asked.key, asked.narrow))
    for user in glue.ALLOWED:
        iam.delete_user_policy(UserName=user, PolicyName="no-read")
    assert status == "error" and "Trino" in text and "did not happen" not in text, text
    assert same(asked, "key %s %s" % (asked.key, asked.narrow)) > 0
