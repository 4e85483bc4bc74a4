"""The hints beside what Athena says: one for each trap of access, retention and quota."""
import pytest

from lakes import start, workgroup

from cloud import Cloud


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket="results-318")
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(autouse=True)
def sound(cloud):
    workgroup(cloud, OutputLocation="s3://results-318/q/")


@pytest.mark.parametrize("reason,kind,hint", [
    ("Insufficient Lake Formation permission(s): Required Describe on default", "SqlError", "DESCRIBE on it"),
    ("HIVE_METASTORE_ERROR: Insufficient Lake Formation permission(s) on t", "SqlError", "Grant on target"),
    ("COLUMN_NOT_FOUND: line 1:8: Relation contains no accessible columns", "SqlError", "accept the RAM share"),
    ("COLUMN_NOT_FOUND: line 1:8: Column 'uuid' cannot be resolved", "SqlError", "other version"),
    ("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.d.t' does not exist", "SqlError", "%lake open athena"),
    ("SCHEMA_NOT_FOUND: line 1:15: Schema 'd' does not exist", "SqlError", "%set database"),
    ("not authorized to perform: lakeformation:GetDataAccess on resource", "SqlError", "lakeformation:GetDataAccess beside"),
    ("Cross account version 1 is not supported: version 1 of cross account sharing", "SqlError", "version 3 or later"),
    ("Bytes scanned limit was exceeded", "LimitError", "cutoff"),
    ("Query exhausted resources at this scale factor", "LimitError", "Narrow the time"),
    ("Query timeout", "LimitError", "partitions"),
    ("ICEBERG_CANNOT_OPEN_SPLIT: Error opening Iceberg split s3://b/k", "SqlError", "retention"),
    ("HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://b/k: Not Found", "SqlError", "deleted"),
    ("HIVE_BAD_DATA: Field x's type is wrong", "SqlError", "leave its partition out"),
    ("User is not authorized to perform: kms:Decrypt on resource arn:aws:kms", "SqlError", "The key's policy"),
    ("Access Denied (Service: Amazon S3; Status Code: 403)", "SqlError", "one by one"),
])
def test_what_athena_says_gets_a_hint(cloud, kernel, reason, kind, hint):
    cloud.order("athena", {"fail": [{"reason": reason}]})
    status, text = kernel.run("%athena SELECT 1 AS x")
    assert status == "error" and reason.split(":")[0] in text and hint in text, text
    assert kernel.messages[-1]["ename"] == kind


def test_refusals_at_the_start_get_a_hint(cloud, kernel):
    workgroup(cloud)
    text = kernel.run("%athena SELECT 1 AS x")[1]
    assert "No output location" in text and "%set output" in text
    workgroup(cloud, state="DISABLED", OutputLocation="s3://results-318/q/")
    assert "%set workgroup" in kernel.run("%athena SELECT 1 AS x")[1]
    workgroup(cloud, OutputLocation="s3://nowhere-318/")
    assert "%doctor looks at it" in kernel.run("%athena SELECT 1 AS x")[1]
    assert "%set workgroup" in kernel.run("%athena --workgroup gone SELECT 1 AS x")[1]


def test_a_missing_permission_keeps_its_own_hint(cloud, tmp_path):
    with start(cloud, tmp_path, cloud.user("no-athena")) as kernel:
        text = kernel.run("%athena SELECT 1 AS x")[1]
        assert "The permission athena:StartQueryExecution is missing" in text
