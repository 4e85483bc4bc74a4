"""aws/client against the double of AWS, which checks every signature and policy: calls, retries, what is unknown, the clock."""
import json
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

PROGRAM = os.path.join(os.environ.get("BUILD", "build"), "tests/unit/aws/test_client")


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        yield made


@pytest.fixture(autouse=True)
def without_faults(cloud):
    yield
    cloud.faults()


def clean(environment):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
    return {**kept, **environment}


def ask(cloud, *calls, guard=False, key=None, word="call", **environment):
    given = [{"op": c[0], "params": c[1] if len(c) > 1 else {}, **(c[2] if len(c) > 2 else {})} for c in calls]
    environment = {**cloud.environment(key), **({"TEST_GUARD": "1"} if guard else {}), **environment}
    done = subprocess.run([PROGRAM, word], input="\n".join(json.dumps(g) for g in given), capture_output=True, text=True, timeout=120,
                          env=clean(environment))
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(calls)
    return said if len(said) > 1 else said[0]


def test_every_protocol_is_signed_and_read(cloud):
    who, users, buckets, instances, groups, queries = ask(
        cloud, ("sts:GetCallerIdentity",), ("iam:ListUsers",), ("s3:ListBuckets",), ("ec2:DescribeInstances",), ("athena:ListWorkGroups",),
        ("guardduty:ListDetectors",))
    assert who["reply"]["Account"] == cloud.account
    assert [u["UserName"] for u in users["reply"]["Users"]] == ["analyst"]
    assert "Owner" in buckets["reply"] and instances["reply"]["reservationSet"] == ""
    assert groups["reply"]["WorkGroups"][0]["Name"] == "primary"
    assert "reply" in queries


def test_a_change_needs_the_guard(cloud):
    params = {"UserName": "analyst", "PolicyName": "p", "PolicyDocument": '{"Version": "2012-10-17", "Statement": []}'}
    assert ask(cloud, ("iam:PutUserPolicy", params))["error"] == "the guard says no"
    assert not cloud.calls(service="iam", operation="PutUserPolicy")


def test_objects_and_policies(cloud):
    bucket, odd = "evidence-318", "a b+c=d/é//x"
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    put, listed, got, head, policy, read, gone = ask(
        cloud, ("s3:PutObject", {"Bucket": bucket, "Key": odd, "Body": "line\n", "IfNoneMatch": "*"}),
        ("s3:ListObjectsV2", {"Bucket": bucket, "Prefix": "a b", "EncodingType": "url"}), ("s3:GetObject", {"Bucket": bucket, "Key": odd}),
        ("s3:HeadObject", {"Bucket": bucket, "Key": odd}),
        ("s3:PutBucketPolicy", {"Bucket": bucket, "Policy": '{"Version":"2012-10-17","Statement":[]}'}), ("s3:GetBucketPolicy", {"Bucket": bucket}),
        ("s3:GetObject", {"Bucket": bucket, "Key": "none"}), guard=True)
    assert put["facts"]["status"] == 200 and listed["reply"]["KeyCount"] == "1"
    assert got["facts"]["body"] == "line\n" and head["facts"]["status"] == 200
    assert policy["facts"]["status"] in (200, 204) and json.loads(read["facts"]["body"])["Version"] == "2012-10-17"
    assert gone["facts"]["code"] == "NoSuchKey"


def test_denied_names_the_permission(cloud):
    nobody = cloud.user("nobody")
    said = ask(cloud, ("iam:ListUsers",), key=nobody)
    assert said["facts"]["code"] == "AccessDenied" and "iam:ListUsers" in said["hint"] and said["kind"] == "AwsError"


@pytest.mark.parametrize("key, code", [({"access_key_id": "AKIAXXXXXXXXXXXXXXXX", "secret_access_key": "x"}, "InvalidClientTokenId"),
                                       (None, "SignatureDoesNotMatch")])
def test_wrong_credentials(cloud, key, code):
    said = ask(cloud, ("sts:GetCallerIdentity",), key=key or {**cloud.key, "secret_access_key": "swordfish"})
    assert said["facts"]["code"] == code and said["hint"]
    assert "swordfish" not in json.dumps(said)


@pytest.mark.parametrize("kind", ["503", "throttle", "html", "cut"])
def test_reading_is_tried_again(cloud, kind):
    cloud.faults({"service": "iam", "operation": "ListUsers", "times": 1, "kind": kind})
    said = ask(cloud, ("iam:ListUsers",))
    assert "reply" in said and said["facts"]["attempts"] == 2


def test_it_gives_up(cloud):
    cloud.faults({"service": "iam", "operation": "ListUsers", "times": 9, "kind": "503"})
    said = ask(cloud, ("iam:ListUsers",))
    assert said["facts"]["attempts"] == 3 and said["facts"]["status"] == 503 and not said["facts"]["unknown"]
    assert ask(cloud, ("iam:ListUsers",), AWS_MAX_ATTEMPTS="1")["facts"]["attempts"] == 1


def test_a_change_without_an_answer_is_unknown_and_not_repeated(cloud):
    cloud.forget()
    cloud.faults({"service": "iam", "operation": "TagUser", "times": 1, "kind": "drop"})
    said = ask(cloud, ("iam:TagUser", {"UserName": "analyst", "Tags": [{"Key": "a", "Value": "b"}]}), guard=True)
    assert said["facts"]["unknown"] and said["facts"]["attempts"] == 1 and "error" in said
    assert len(cloud.calls(service="iam", operation="TagUser")) == 1


def test_a_change_that_was_refused_is_repeated(cloud):
    cloud.faults({"service": "iam", "operation": "TagUser", "times": 1, "kind": "throttle"})
    said = ask(cloud, ("iam:TagUser", {"UserName": "analyst", "Tags": [{"Key": "c", "Value": "d"}]}), guard=True)
    assert "reply" in said and said["facts"]["attempts"] == 2


def test_the_clock_is_mended_once(cloud):
    cloud.faults({"service": "iam", "operation": "ListUsers", "times": 9, "kind": "skew", "seconds": 3600})
    first, second = ask(cloud, ("iam:ListUsers",), ("iam:ListUsers",))
    assert "reply" in first and first["facts"]["attempts"] == 2
    assert "reply" in second and second["facts"]["attempts"] == 1, "the offset is kept"


def test_time_is_limited(cloud):
    cloud.faults({"service": "iam", "operation": "ListUsers", "times": 9, "kind": "slow", "ms": 30000})
    said = ask(cloud, ("iam:ListUsers", {}, {"total_ms": 300}), AWS_MAX_ATTEMPTS="1")
    assert "in time" in said["error"] and said["kind"] == "UnavailableError"


def test_regions_are_asked_side_by_side(cloud):
    regions = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-south-1", "sa-east-1"]
    cloud.forget()
    said = ask(cloud, *[("ec2:DescribeInstances", {}, {"region": r}) for r in regions], word="side-by-side")
    assert all("reply" in one for one in said)
    assert len(cloud.calls(service="ec2", operation="DescribeInstances")) == len(regions)


def test_nobody_answers(cloud):
    said = ask(cloud, ("sts:GetCallerIdentity",), AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="2")
    assert "no connection" in said["error"] and said["facts"]["attempts"] == 2 and said["hint"]


@pytest.mark.parametrize("environment, words", [
    ({"AWS_REGION": "Nowhere!"}, "is no region"), ({"AWS_ENDPOINT_URL": "ftp://x"}, "no http"),
    ({"AWS_CA_BUNDLE": "/nowhere.pem", "AWS_ENDPOINT_URL": "https://127.0.0.1:9"}, "trusted certificates|no connection"),
    ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "no region is set")])
def test_wrong_settings(cloud, environment, words):
    said = ask(cloud, ("sts:GetCallerIdentity",), AWS_MAX_ATTEMPTS="1", **environment)
    assert any(word in said["error"] for word in words.split("|")) and said["hint"]
