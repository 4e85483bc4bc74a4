"""%lint over the queries that AWS publishes: each defect that tests/aws_queries.tsv names is found, and the right queries are passed over."""
import csv
import pathlib
import re

import aws_published
import pytest
from test_questions import Kernel

TABLE = pathlib.Path(__file__).resolve().parent.parent / "aws_queries.tsv"
RULES = ["D%d" % n for n in range(1, 14)]
# published beyond data/sql (AWS's notebooks, its playbooks); the words are ours, the mistakes theirs
ELSEWHERE = {
    "D9": "SELECT * FROM amazon_security_lake_table_us_east_1_cloud_trail_mgmt_1_0 WHERE api.operation = 'DeleteObject' AND eventday = '20230601'",
    "D11": "SELECT api.operation FROM amazon_security_lake_table_us_east_1_cloud_trail_mgmt_1_0 WHERE eventday = '20230601' LIMIT 25",
    "D12": "SELECT sourceipaddress, count(*) AS call_count FROM cloudtrail_logs GROUP BY sourceipaddress HAVING call_count > 10",
    "D13": "SELECT sum(additionalEventData.bytesTransferredOut) FROM cloudtrail_logs",
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    made = Kernel(tmp_path_factory.mktemp("lint"))
    yield made
    made.close()


def found(kernel, sql):
    """The rules that %%lint names, with what it says belongs there."""
    shown = kernel.ok("%%lint\n" + sql)
    if re.search(r"none of the \d+ rules finds anything", shown):
        return {}
    return {m[1]: m[0] for m in re.finditer(r"(?m)^ *\d+ +(D\d+|V\d+) .*$", shown)}


@pytest.fixture(scope="module")
def published():
    if not aws_published.FOLDER.is_dir():
        pytest.skip("needs ../shared/data")
    with open(TABLE, newline="") as file:
        rows = {(row["file"], int(row["number"])): row for row in csv.DictReader(file, delimiter="\t")}
    return [(statement, rows[statement.key]) for statement in aws_published.statements() if re.match(r"(?i)\s*(SELECT|WITH)", statement.text)]


def test_every_named_defect_is_found(kernel, published):
    # what lies behind a view of theirs cannot be seen in the query
    named = [(statement, row) for statement, row in published if row["defect"] in RULES and "_view" not in statement.text]
    missed = [(statement, row["defect"]) for statement, row in named if row["defect"] not in found(kernel, statement.text)]
    assert [(str(s), d, s.text) for s, d in missed] == []
    assert len({row["defect"] for _, row in published} & set(RULES)) >= 7


def test_right_queries_are_passed_over(kernel, published):
    def right(statement, rules):
        bound = re.search(r"(?is)\bwhere\b((?!order by|group by).)*\b(eventday|time_dt|time|accountid|region)\b", statement.text)
        return rules.keys() - {"D11"} - (set() if bound else {"D10"})
    # LIMIT without ORDER BY is D11 by its own words; whether it cut anything is said with the answer;
    # a query that bounds nothing is D10 whatever else the table says of it
    false = {repr(statement): rules for statement, row in published if not row["defect"] and (rules := right(statement, found(kernel, statement.text)))}
    assert false == {}


@pytest.mark.parametrize("rule", sorted(ELSEWHERE))
def test_the_others_too(kernel, rule):
    assert rule in found(kernel, ELSEWHERE[rule])


def test_rules_are_listed(kernel):
    shown = kernel.ok("%lint")
    for rule in RULES + ["V1", "V2"]:
        assert re.search(r"(?m)^%s " % rule, shown), rule


CORRECTED = {
    "D1": ("actor.user.credential_uid = 'AIDACKCEVSQ6C2EXAMPLE'", "actor.user.uid_alt = 'AIDACKCEVSQ6C2EXAMPLE'"),
    "D2": ("status = 'failed'", "status = 'Failure'"),
    "D3": ("src_endpoint.ip = '192.0.2.1.'", "src_endpoint.ip = '192.0.2.1'"),
    "D4": ("src_endpoint.ip = 'a' AND dst_endpoint.ip = 'b' OR src_endpoint.ip = 'b'", "(src_endpoint.ip = 'a' AND dst_endpoint.ip = 'b' OR src_endpoint.ip = 'b')"),
    "D7": ("activity_id = 1", "class_uid = 3002 AND activity_id = 1"),
    "D8": ("time_dt < TIMESTAMP '2026-06-31 00:00:00'", "time_dt < TIMESTAMP '2026-06-30 00:00:00'"),
    "V1": ("actor.user.uuid = 'arn:aws:iam::111122223333:user/x'", "actor.user.uid = 'arn:aws:iam::111122223333:user/x'"),
    "V2": ("actor.user.uid = 'AIDACKCEVSQ6C2EXAMPLE'", "actor.user.uid_alt = 'AIDACKCEVSQ6C2EXAMPLE'"),
}


@pytest.mark.parametrize("rule", sorted(CORRECTED))
def test_the_corrected_text_is_right(kernel, rule):
    wrong, right = ("SELECT api.operation FROM amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0 WHERE time_dt >= TIMESTAMP '2026-03-01 00:00:00' AND " + text
                    for text in CORRECTED[rule])
    assert rule in found(kernel, wrong)
    assert found(kernel, right) == {}


@pytest.mark.parametrize("sql", ["(" * 20000, "'" * 5, "SELECT " + "a." * 5000 + "b", "SELECT 'status = ''failed''' -- status = 'failed'\nFROM t", "x" * 262144,
                                 "SELECT status = 'failed' FROM amazon_security_lake_table_x_s3_data_2_0 WHERE region = 'a' OR " * 500])
def test_anything_may_be_looked_at(kernel, sql):
    kernel.ok("%%lint\n" + sql)
