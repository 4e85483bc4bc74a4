"""%lake status in a real kernel: Security Lake's own API in words; what may not be asked is a row."""
import pytest

from lakes import acts, changes, start

from cloud import Cloud

READ_SOME = {"Statement": [{"Effect": "Allow", "Action": ["securitylake:ListDataLakes", "securitylake:ListLogSources"], "Resource": "*"}]}
STATE = {
    "dataLakes": [{"region": "us-east-1", "lifecycleConfiguration": {"expiration": {"days": 365}, "transitions": [
        {"days": 30, "storageClass": "STANDARD_IA"}, {"days": 90, "storageClass": "GLACIER"}]}, "replicationConfiguration": {"regions": ["us-west-2"]}},
        {"region": "eu-west-1", "createStatus": "FAILED", "updateStatus": {"status": "FAILED", "exception": {"code": "x", "reason": "no role"}},
         "encryptionConfiguration": {"kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/abc"}}],
    "sources": [{"account": "111122223333", "region": "us-east-1", "sources": [
        {"awsLogSource": {"sourceName": "CLOUD_TRAIL_MGMT", "sourceVersion": "2.0"}},
        {"customLogSource": {"sourceName": "okta", "sourceVersion": "1.0"}}]}],
    "subscribers": [{"subscriberName": "ir", "subscriberStatus": "ACTIVE", "accessTypes": ["LAKEFORMATION"], "subscriberId": "id-1",
                     "subscriberArn": "arn:x", "resourceShareName": "LakeFormation-V3-ABC", "subscriberIdentity": {
                         "principal": "444455556666", "externalId": "e"}, "sources": [{"awsLogSource": {
                             "sourceName": "VPC_FLOW", "sourceVersion": "2.0"}}], "createdAt": "2026-01-02T03:04:05Z"}],
    "exceptions": [{"region": "us-east-1", "exception": "the trail is gone", "remediation": "make an organization trail",
                    "timestamp": "2026-11-20T01:02:03Z"}],
    "organization": [{"region": "us-east-1", "sources": [{"sourceName": "ROUTE53", "sourceVersion": "2.0"}]}],
}


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        yield made


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(autouse=True)
def state(cloud):
    cloud.order("securitylake", STATE)
    cloud.forget()
    yield
    cloud.faults()


def test_everything_in_words(cloud, kernel):
    status, text = kernel.run("%lake status")
    assert status == "ok", text
    for words in ("365 days", "after 30 days STANDARD_IA, after 90 days GLACIER", "us-west-2", "for ever", "S3's own key", "key/abc", "FAILED: no role",
                  "COMPLETED", "aws-security-data-lake-us-east-1-test", "111122223333", "CLOUD_TRAIL_MGMT 2.0", "okta 1.0", "ACTIVE", "LAKEFORMATION",
                  "444455556666", "VPC_FLOW 2.0", "LakeFormation-V3-ABC", "the trail is gone", "make an organization trail", "2026-11-20 01:02:03",
                  "ROUTE53 2.0"):
        assert words in text, (words, text)
    assert text.count("LakeFormation-V3-ABC") == 1, "a subscriber that two regions tell of is one"
    assert {one["region"] for one in cloud.calls(operation="ListSubscribers")} == {"us-east-1", "eu-west-1"}
    assert not changes(cloud)


def test_one_region(kernel):
    text = kernel.run("%lake status --region eu-west-1")[1]
    assert "no role" in text and "365 days" not in text


def test_what_may_not_be_asked_is_a_row(cloud, tmp_path):
    with start(cloud, tmp_path, cloud.user("reader", READ_SOME)) as kernel:
        status, text = kernel.run("%lake status")
    assert status == "ok" and "365 days" in text and "okta 1.0" in text
    for permission in ("securitylake:ListSubscribers", "securitylake:ListDataLakeExceptions", "securitylake:GetDataLakeOrganizationConfiguration"):
        assert "not visible" in text and permission in text, text
    assert "LakeFormation-V3-ABC" not in text


def test_no_lake(cloud, kernel):
    cloud.order("securitylake", {name: [] for name in STATE})
    status, text = kernel.run("%lake status")
    assert status == "ok" and "Security Lake" in text and "not visible" not in text


def test_all_pages(cloud, kernel):
    one = STATE["exceptions"][0]
    cloud.order("securitylake", {"exceptions": [{**one, "exception": "number %03d" % i} for i in range(120)]})
    text = kernel.run("%lake status")[1]
    assert "number 000" in text and "number 119" in text


def test_hostile_words_stay_text(cloud, kernel):
    evil = "<img src=x onerror=a>](javascript:x)\x1b[2J"
    cloud.order("securitylake", {"exceptions": [{"region": evil, "exception": evil, "remediation": evil}]})
    kernel.messages.clear()
    assert kernel.run("%lake status")[0] == "ok"
    assert "onerror" in str(kernel.messages) and not acts(kernel, "<img", "](java")


def test_trouble_is_overcome_or_said(cloud, kernel):
    cloud.faults({"service": "securitylake", "operation": "ListSubscribers", "times": 1, "kind": "503"})
    assert "LakeFormation-V3-ABC" in kernel.run("%lake status")[1]
    cloud.faults({"service": "securitylake", "operation": "ListDataLakes", "times": 9, "kind": "html"})
    status, text = kernel.run("%lake status")
    assert status == "ok" and "not visible" in text and "<html" not in text.lower()


def test_a_stop_ends_it(cloud, kernel):
    cloud.faults({"service": "securitylake", "operation": "ListLogSources", "times": 9, "kind": "slow", "ms": 20000})
    kernel.client.execute("%lake status")
    cloud.calls(service="securitylake", operation="ListDataLakes", wait=1)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "execute_reply":
        reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["content"]["ename"] == "Interrupted"
