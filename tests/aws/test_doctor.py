"""%doctor in a real kernel against the double: each trap makes its line, nothing is changed, and it works with no account at all."""
import html
import re

import pytest

from lakes import LAKE, OCSF, TABLE, acts, add, changes, start, table, workgroup

from cloud import Cloud
from notebook import Kernel

OTHER = "999999999999"
GLUE = "arn:aws:glue:us-east-1:%s:" % OTHER
SHARED = {"resources": [{"arn": GLUE + "table/%s/%scloud_trail_mgmt_2_0" % (LAKE, TABLE), "type": "glue:Table"},
                        {"arn": GLUE + "table/%s/%svpc_flow_2_0" % (LAKE, TABLE), "type": "glue:Table"}]}
READ = {"Statement": [{"Effect": "Allow", "Action": ["athena:GetWorkGroup", "glue:*", "ec2:DescribeRegions", "iam:SimulatePrincipalPolicy"],
                       "Resource": "*"}]}


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket="results-318")
        made.client("glue").create_database(DatabaseInput={"Name": "default"})
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(autouse=True)
def sound(cloud):
    """A workgroup, shares, Security Lake as they should be; what a test spoils is mended for the next."""
    workgroup(cloud, OutputLocation="s3://results-318/q/")
    cloud.order("ram", {"invitations": [], "resources": []})
    cloud.order("securitylake", {"dataLakes": [{"region": "us-east-1"}]})
    cloud.order("lakeformation", {"catalogs": {}, "hidden": [], "denied_keys": []})
    cloud.client("lakeformation").put_data_lake_settings(DataLakeSettings={"Parameters": {"CROSS_ACCOUNT_VERSION": "4"}})
    cloud.forget()
    yield
    cloud.faults()
    for one in cloud.client("glue").get_databases()["DatabaseList"]:
        if one["Name"] != "default":
            cloud.client("glue").delete_database(Name=one["Name"])


def examine(kernel):
    """What %doctor's table says: {check: [(state, found, what to do)]}, whole, from its HTML."""
    kernel.messages.clear()
    status, text = kernel.run("%doctor")
    assert status == "ok", text
    page = next(one["data"]["text/html"] for one in kernel.messages if "text/html" in one.get("data", {}) and "What works here" in str(one["data"]))
    found, last = {}, None
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.S)[1:]:
        cells = [html.unescape(re.sub(r"<[^>]*>", "", one)) for one in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        if len(cells) >= 2:
            last = cells
            found.setdefault(cells[0], []).append(cells)
        else:
            last.extend(cells)  # a column that is folded below its row
    return {check: [(one[1], " ".join(one[2:])) for one in rows] for check, rows in found.items()}


def one(kernel, check):
    rows = examine(kernel)[check]
    assert len(rows) == 1, rows
    return rows[0]


def test_all_is_well_and_nothing_is_changed(cloud, kernel):
    found = examine(kernel)
    assert [(check, row) for check, rows in found.items() for row in rows if row[0] not in ("ok", "warning")] == []
    for check in ("engine", "case folder", "memory", "lakes", "network", "identity", "credentials", "clock", "region", "workgroup", "results",
                  "result bucket", "database default", "tables", "Lake Formation", "share invitations", "shares", "Security Lake", "may ask Athena",
                  "may ask Glue", "may ask S3", "may ask Lake Formation", "may ask CloudTrail", "may ask EC2", "may ask IAM", "may ask Security Lake"):
        assert check in found, check
    assert "user/analyst" in found["identity"][0][1] and "engine version 3" in found["workgroup"][0][1]
    assert "results-318" in found["result bucket"][0][1] and "DuckDB v" in found["engine"][0][1] and "libcurl" in found["network"][0][1]
    assert not changes(cloud)
    assert all(one["params"].get("DryRun") for one in cloud.calls(operation="DescribeInstances"))


def test_example_of_the_help(kernel):
    assert "%doctor" in kernel.run("%help doctor")[1]


def test_no_account(tmp_path):
    with Kernel(tmp_path, {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}) as kernel:
        found = examine(kernel)
        assert found["identity"][0][0] == "fails" and "AWS is not set up" in found["identity"][0][1] and "workgroup" not in found
        assert found["engine"][0][0] == "ok" and found["case folder"][0][0] == "ok"
        assert "AWS is not set up" in kernel.run("%doctor")[1]
        assert kernel.run("SELECT 41 + 1")[0] == "ok"


def test_keys_that_are_refused(cloud, tmp_path):
    with start(cloud, tmp_path, {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "x" * 40}) as kernel:
        state, text = one(kernel, "identity")
        assert state == "fails" and "InvalidClientTokenId" in text and "nothing of AWS was tried" in text


def test_a_clock_that_is_off(cloud, kernel):
    cloud.faults({"kind": "skew", "seconds": 90})
    state, text = one(kernel, "clock")
    assert state == "warning" and "behind AWS's" in text and "NTP" in text
    cloud.faults({"kind": "skew", "seconds": -1200})
    state, text = one(kernel, "clock")
    assert state == "fails" and "ahead of AWS's" in text


def test_a_region_that_is_not_enabled(kernel):
    kernel.run("%set region ap-east-1")
    state, text = one(kernel, "region")
    kernel.run("%set region us-east-1")
    assert state == "fails" and "ap-east-1 is not enabled" in text and "%set region" in text


@pytest.mark.parametrize("change,check,state,words", [
    ({"state": "DISABLED", "OutputLocation": "s3://results-318/q/"}, "workgroup", "fails", ("disabled", "%set workgroup")),
    ({}, "results", "fails", ("no output location", "%set output")),
    ({"ManagedQueryResultsConfigurationUpdates": {"Enabled": True}}, "results", "ok", ("managed by Athena",)),
    ({"OutputLocation": "s3://results-318/q/", "BytesScannedCutoffPerQuery": 20000000}, "cutoff", "ok", ("20.0 MB",)),
    ({"OutputLocation": "s3://results-318/q/"}, "cutoff", "warning", ("%set budget",)),
    ({"OutputLocation": "s3://results-318/q/", "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 2"}}, "workgroup", "warning",
     ("version 2",)),
    ({"OutputLocation": "s3://nowhere-318/"}, "result bucket", "fails", ("is not there", "%set output")),
])
def test_workgroups(cloud, kernel, change, check, state, words):
    workgroup(cloud, **change)
    found = one(kernel, check)
    assert found[0] == state and all(word in found[1] for word in words), found


def test_a_workgroup_that_is_missing_or_enforces(cloud, kernel):
    kernel.run("%set workgroup gone")
    assert one(kernel, "workgroup")[0] == "fails"
    kernel.run("%set workgroup none\n%set output s3://elsewhere/x/")
    workgroup(cloud, OutputLocation="s3://results-318/q/", EnforceWorkGroupConfiguration=True)
    state, text = one(kernel, "results")
    kernel.run("%set output none")
    assert state == "warning" and "no effect" in text


def test_buckets_of_another_region_and_account(cloud, kernel):
    cloud.client("s3", region="eu-west-1").create_bucket(Bucket="far-318", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    workgroup(cloud, OutputLocation="s3://far-318/")
    state, text = one(kernel, "result bucket")
    assert state == "fails" and "far-318 is in eu-west-1" in text
    foreign = cloud.order("user", {"name": "foreign", "account": OTHER, "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"]})
    theirs = cloud.client("s3", foreign)
    theirs.create_bucket(Bucket="theirs-318")
    theirs.put_bucket_policy(Bucket="theirs-318", Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:user/analyst"}, '
                             '"Action": "s3:*", "Resource": ["arn:aws:s3:::theirs-318", "arn:aws:s3:::theirs-318/*"]}]}' % cloud.account)
    workgroup(cloud, OutputLocation="s3://theirs-318/")
    state, text = one(kernel, "result bucket")
    assert state == "warning" and "another account" in text


def test_keys_of_kms(cloud, kernel):
    kms, bucket = cloud.client("kms"), "results-318"
    key = kms.create_key()["KeyMetadata"]
    cloud.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {
        "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}}]})
    cloud.order("securitylake", {"dataLakes": [{"region": "us-east-1", "encryptionConfiguration": {"kmsKeyId": key["KeyId"]}}]})
    cloud.forget()
    rows = examine(kernel)["keys"]
    assert [row[0] for row in rows] == ["ok", "ok"] and "may decrypt and encrypt" in rows[0][1] and "Security Lake" in rows[1][1]
    assert not changes(cloud) and cloud.calls(service="kms", operation="Decrypt")
    cloud.order("lakeformation", {"denied_keys": [key["KeyId"]]})
    state, text = examine(kernel)["keys"][0]
    assert state == "fails" and "kms:Decrypt" in text and "policies must both" in text
    kms.disable_key(KeyId=key["KeyId"])
    state, text = examine(kernel)["keys"][0]
    cloud.client("s3").delete_bucket_encryption(Bucket=bucket)
    assert state == "fails" and "is Disabled" in text


def test_the_default_database(cloud, kernel):
    cloud.order("lakeformation", {"hidden": ["default"]})
    state, text = one(kernel, "database default")
    assert state == "fails" and "Insufficient Lake Formation permission" in text and "DESCRIBE" in text
    cloud.order("lakeformation", {"hidden": []})
    cloud.client("glue").delete_database(Name="default")
    assert one(kernel, "database default")[0] == "warning"
    cloud.client("glue").create_database(DatabaseInput={"Name": "default"})


def test_version_1_of_lake_formation(cloud, kernel):
    cloud.client("lakeformation").put_data_lake_settings(DataLakeSettings={"Parameters": {"CROSS_ACCOUNT_VERSION": "1"}, "DataLakeAdmins": [
        {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:user/analyst"}]})
    state, text = one(kernel, "Lake Formation")
    assert state == "fails" and "version 1" in text and "version 3" in text and "you are an administrator" in text


def test_grants_on_the_target(cloud, kernel):
    add(cloud, LAKE, table(TABLE + "cloud_trail_mgmt_2_0", OCSF))
    state, text = one(kernel, "grants")
    assert state == "warning" and "SELECT on 0 of 1 tables" in text and LAKE + "." in text
    cloud.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:user/analyst"}, Permissions=["SELECT"],
        Resource={"Table": {"DatabaseName": LAKE, "TableWildcard": {}}})
    assert one(kernel, "grants")[0] == "ok"


def test_a_share_that_nobody_accepted(cloud, kernel):
    arn = "arn:aws:ram:us-east-1:%s:resource-share-invitation/1" % OTHER
    cloud.order("ram", {"invitations": [
        {"resourceShareInvitationArn": arn, "resourceShareName": "LakeFormation-V3", "senderAccountId": OTHER, "status": "PENDING"},
        {"resourceShareInvitationArn": arn + "2", "resourceShareName": "old", "senderAccountId": OTHER, "status": "EXPIRED"},
        {"resourceShareInvitationArn": arn + "3", "resourceShareName": "done", "senderAccountId": OTHER, "status": "ACCEPTED"}]})
    rows = examine(kernel)["share invitations"]
    assert [row[0] for row in rows] == ["fails", "warning"]
    assert "LakeFormation-V3" in rows[0][1] and "accept-resource-share-invitation --resource-share-invitation-arn " + arn in rows[0][1]
    assert "accept-resource-share-invitation" in kernel.run("%doctor")[1], "whole in plain text too"


def test_a_share_without_a_link(cloud, kernel):
    cloud.order("ram", SHARED)
    state, text = one(kernel, "shares")
    assert state == "fails" and "nothing links to it" in text and "create-database" in text and '"CatalogId": "%s"' % OTHER in text
    add(cloud, "security_lake", TargetDatabase={"CatalogId": OTHER, "DatabaseName": LAKE})
    found = examine(kernel)
    assert found["shares"][0][0] == "ok" and "linked" in found["shares"][0][1]
    assert found["hidden in Glue"][0][0] == "fails" and "Grant on target" in found["hidden in Glue"][0][1]


def test_what_lake_formation_hides(cloud, kernel):
    add(cloud, "secret_db", table("t", ["a"]))
    cloud.order("lakeformation", {"hidden": ["secret_db"]})
    state, text = one(kernel, "hidden in Glue")
    assert state == "not visible" and "secret_db" in text and "DESCRIBE" in text


def test_security_lake_in_trouble(cloud, kernel):
    cloud.order("securitylake", {"dataLakes": [{"region": "us-east-1", "createStatus": "FAILED"}]})
    state, text = one(kernel, "Security Lake")
    assert state == "warning" and "%lake status" in text and "FAILED" in text


def test_fewer_permissions(cloud, tmp_path):
    with start(cloud, tmp_path, cloud.user("less", READ)) as kernel:
        found = examine(kernel)
    for service, permission in (("S3", "s3:ListBuckets"), ("CloudTrail", "cloudtrail:LookupEvents"), ("EC2", "ec2:DescribeInstances"),
                                ("IAM", "iam:GetAccountSummary"), ("Lake Formation", "lakeformation:GetDataLakeSettings")):
        state, text = found["may ask " + service][0]
        assert state == "fails" and permission in text, text
    state, text = found["may ask Athena"][0]
    assert state == "warning" and "athena:StartQueryExecution" in text and "athena:GetWorkGroup," not in text
    assert found["may ask Glue"][0][0] == "ok" and found["Security Lake"][0][0] == "not visible"
    assert found["Lake Formation"][0][0] == "not visible" and found["share invitations"][0][0] == "not visible"
    assert found["result bucket"][0][0] == "not visible"


def test_nothing_may_be_asked(cloud, tmp_path):
    with start(cloud, tmp_path, cloud.user("nothing")) as kernel:
        found = examine(kernel)
    assert found["identity"][0][0] == "ok" and found["region"][0][0] == "not visible" and found["simulation"][0][0] == "not visible"
    assert found["tables"][0][0] == "fails" and "glue:GetDatabases" in found["tables"][0][1]


def test_a_role_is_simulated_by_its_own_name(cloud, tmp_path):
    role = cloud.role("IR", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, trust="*", path="/team/")
    made = cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName="me")["Credentials"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"], "session_token": made["SessionToken"]}
    with start(cloud, tmp_path, key) as kernel:
        found = examine(kernel)
    assert cloud.calls(operation="SimulatePrincipalPolicy")[-1]["params"]["PolicySourceArn"] == role["arn"]
    assert found["may ask IAM"][0][0] == "ok" and "policies allow all" in found["may ask IAM"][0][1]


def test_hostile_names_stay_text(cloud, kernel):
    evil = "<script>alert(1)</script>](http://evil)\x1b[31m'; rm -rf /"
    cloud.order("ram", {"invitations": [{"resourceShareInvitationArn": evil, "resourceShareName": evil, "senderAccountId": evil, "status": "PENDING"}],
                        "resources": [{"arn": GLUE + "table/" + evil + "/x", "type": "glue:Table"}, {"arn": ":table/x"}, {"arn": evil}]})
    add(cloud, "evil" + evil, TargetDatabase={"CatalogId": evil, "DatabaseName": evil})
    examine(kernel)
    assert "alert(1)" in str(kernel.messages) and not acts(kernel, "<script", "](http")


def test_a_service_in_trouble_is_a_line(cloud, kernel):
    cloud.faults({"service": "athena", "operation": "GetWorkGroup", "times": 9, "kind": "html"},
                 {"service": "ram", "operation": "ListResources", "times": 99, "kind": "drop"})
    found = examine(kernel)
    assert found["workgroup"][0][0] == "fails" and found["shares"][0][0] == "fails" and found["database default"][0][0] == "ok"


def test_a_stop_ends_it(cloud, kernel):
    cloud.forget()
    cloud.faults({"service": "athena", "operation": "GetWorkGroup", "times": 9, "kind": "slow", "ms": 20000})
    kernel.client.execute("%doctor")
    cloud.calls(service="iam", operation="GetAccountSummary", wait=1)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "execute_reply":
        reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["content"]["ename"] == "Interrupted"
