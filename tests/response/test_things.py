"""%contain and %undo of buckets, rules of groups, functions, keys that are to be deleted, trails; what is never touched."""
import io
import json
import zipfile

import pytest

import estate
from acting import ADMIN, changes, works

WORLD = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::%s/*"}
DELIVERY = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::%s/*"}


def policy_of(cloud, bucket):
    try:
        return json.loads(cloud.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    except cloud.client("s3").exceptions.ClientError:
        return None


def quietly(ask, *path):
    try:
        found = ask()
    except Exception as refusal:  # boto3's own kinds: which one is the state
        return refusal.response["Error"]["Code"]
    for part in path:
        found = found[part]
    return found


def bucket_picture(cloud, name):
    s3 = cloud.client("s3")
    return {"policy": policy_of(cloud, name), "acl": sorted(json.dumps(one, sort_keys=True) for one in s3.get_bucket_acl(Bucket=name)["Grants"]),
            "block": quietly(lambda: s3.get_public_access_block(Bucket=name), "PublicAccessBlockConfiguration"),
            "ownership": quietly(lambda: s3.get_bucket_ownership_controls(Bucket=name), "OwnershipControls")}


def public_bucket(cloud, name, acl=True, block=None, ownership=None):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="data", Body=b"x")
    statements = [json.loads(json.dumps(one) % name) for one in (WORLD, DELIVERY)]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    if acl:
        s3.put_bucket_acl(Bucket=name, ACL="public-read")
    if block:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    if ownership:
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


PARTLY = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
BUCKETS = {"public": {}, "with-settings": {"acl": False, "block": PARTLY, "ownership": "ObjectWriter"}}


@pytest.mark.parametrize("kind", BUCKETS)
def test_a_bucket_is_closed_to_all_but_us_and_opened_again(cloud, kernel, name, kind):
    public_bucket(cloud, name, **BUCKETS[kind])
    thief = cloud.user("t" + name, ADMIN)
    reads = lambda key: works(cloud, key, "s3", "get_object", Bucket=name, Key="data")
    before = bucket_picture(cloud, name)
    assert reads(thief) and reads(False)
    text, yes = kernel.plan("%contain bucket/" + name)
    assert "those for AWS's services stay" in text
    done = kernel.ok(yes)
    assert "Partly failed" not in done, done
    assert not reads(thief) and not reads(False) and reads(None)
    now = bucket_picture(cloud, name)
    assert [one["Effect"] for one in now["policy"]["Statement"]] == ["Deny", "Allow"] and len(now["acl"]) == 1
    assert all(now["block"].values()) and now["ownership"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    cloud.forget()
    assert "No change" in kernel.ok("%contain s3://" + name) and changes(cloud) == []
    kernel.act("%undo --restore-access " + name)
    assert bucket_picture(cloud, name) == before and reads(thief)


def test_a_bucket_that_denies_us_is_left_as_it_is(cloud, kernel, name):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name)
    other = cloud.user("o" + name, ADMIN)
    for action, words in (("s3:GetBucketPolicy", "denies us s3:GetBucketPolicy"), ("s3:*", "belongs to another account than")):
        deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::" + name,
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": other["arn"]}}}
        cloud.client("s3", other).put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
        cloud.forget()
        text = kernel.refused("%contain bucket/" + name)
        assert words in text and "root user" in text and changes(cloud) == []
    assert "there is no bucket x" in kernel.refused("%contain bucket/x" + name)


def test_buckets_of_the_investigation_are_refused(cloud, kernel, name):
    cloud.client("s3").create_bucket(Bucket=name)
    cloud.client("cloudtrail").create_trail(Name="trail-" + name, S3BucketName=name)
    text = kernel.refused("%contain bucket/" + name)
    assert "takes the logs of trail trail-" + name in text and "--override arn:aws:s3:::" + name in text
    kernel.plan("%%contain bucket/%s --override arn:aws:s3:::%s" % (name, name))
    lake = "aws-security-data-lake-us-east-1-" + name
    cloud.client("s3").create_bucket(Bucket=lake)
    assert "is Security Lake's" in kernel.refused("%contain bucket/" + lake)
    proof = "proof-" + name
    cloud.client("s3").create_bucket(Bucket=proof)
    kernel.ok("%set evidence " + proof)
    assert "holds the evidence" in kernel.refused("%contain bucket/" + proof)
    kernel.ok("%set evidence none")
    kernel.plan("%contain bucket/" + proof)


# ---- rules ------------------------------------------------------------------------------------------------------------

def rules(cloud, group):
    found = cloud.client("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return sorted(json.dumps({k: v for k, v in one.items() if k not in ("SecurityGroupRuleId", "SecurityGroupRuleArn")}, sort_keys=True)
                  for one in found)


@pytest.fixture
def group(cloud, name):
    ec2, made = cloud.client("ec2"), estate.Network(cloud, name)
    admit = lambda port, tags=None, **who: ec2.authorize_security_group_ingress(GroupId=made.group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **who}], TagSpecifications=[
            {"ResourceType": "security-group-rule", "Tags": tags}] if tags else [])
    admit(22, [{"Key": "owner", "Value": "ops"}], IpRanges=[{"CidrIp": "0.0.0.0/0", "Description": "temporary, 2019"}])
    admit(22, Ipv6Ranges=[{"CidrIpv6": "::/0"}])
    admit(443, IpRanges=[{"CidrIp": "198.51.100.0/24", "Description": "office"}])
    admit(5432, UserIdGroupPairs=[{"GroupId": made.group, "UserId": cloud.account}])
    return made.group


@pytest.mark.parametrize("level, left", [("public", 3), ("ingress", 1), ("all", 0)])
def test_rules_go_one_by_one_and_come_back_as_they_were(cloud, kernel, group, level, left):
    before = rules(cloud, group)
    assert len(before) == 5
    text = kernel.act("%%contain %s --level %s" % (group, level))
    assert "Partly failed" not in text, text
    after = rules(cloud, group)
    assert len(after) == left and set(after) <= set(before)
    assert "No change" in kernel.ok("%%contain %s --level %s" % (group, level))
    kernel.act("%undo --restore-access " + group)
    assert rules(cloud, group) == before, "descriptions and tags too"


def test_one_rule_alone(cloud, kernel, group):
    found = cloud.client("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    one = next(rule for rule in found if rule.get("CidrIpv4") == "198.51.100.0/24")
    text, yes = kernel.plan("%contain " + one["SecurityGroupRuleId"])
    assert "in: tcp ports 443 to 443 from 198.51.100.0/24" in text and "tracked live on" in text
    kernel.ok(yes)
    assert len(rules(cloud, group)) == 4
    assert "has no rule sgr-0123456789abcdef0" in kernel.refused("%contain sgr-0123456789abcdef0")
    assert "has no group sg-0123456789abcdef0" in kernel.refused("%contain sg-0123456789abcdef0")


def test_the_machine_that_the_kernel_runs_on_is_never_cut_off(cloud, name, tmp_path):
    from acting import Responder
    network = estate.Network(cloud, name)
    own = estate.machine(cloud, name, network)
    cloud.order("metadata", {"instance": own, "mode": "required"})
    environment = {**cloud.environment(), "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.imds}
    with Responder(tmp_path, environment) as kernel:
        for target, words in ((own, "the instance that this kernel runs on"), ("profile/" + own, "the instance that this kernel runs on"),
                              (network.group, "a security group of the instance that this kernel runs on")):
            cloud.forget()
            text = kernel.refused("%contain " + target)
            assert words in text and "--override arn:aws:ec2:us-east-1:" in text and changes(cloud) == []
        arn = "arn:aws:ec2:us-east-1:%s:instance/%s" % (cloud.account, own)
        kernel.plan("%%contain %s --override %s" % (own, arn))


# ---- functions, keys, trails --------------------------------------------------------------------------------------------

def function(cloud, name):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.py", "x = 1")
    role = cloud.role("r" + name)["arn"]
    cloud.client("lambda").create_function(FunctionName=name, Runtime="python3.11", Role=role, Handler="a.h", Code={"ZipFile": packed.getvalue()})
    return role


@pytest.mark.parametrize("reserved", [None, 7])
def test_a_function_is_run_no_more(cloud, kernel, name, reserved):
    role, client = function(cloud, name), cloud.client("lambda")
    if reserved:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    concurrency = lambda: client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    text, yes = kernel.plan("%contain function/" + name)
    assert role in text and "runs that are under way go on" in text
    kernel.ok(yes)
    assert concurrency() == 0
    assert "No change" in kernel.ok("%%contain arn:aws:lambda:us-east-1:%s:function:%s" % (cloud.account, name))
    kernel.act("%undo --restore-access " + name)
    assert concurrency() == reserved
    assert "has no function x" in kernel.refused("%contain function/x" + name)


def test_the_deletion_of_a_key_is_called_off(cloud, kernel):
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]
    state = lambda: kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    text, yes = kernel.plan("%contain " + key["Arn"])
    assert "is lost for good at" in text
    kernel.ok(yes)
    assert state() == "Disabled"
    assert "a key is not put up for deletion by taking something back" in kernel.ok("%undo")
    kernel.act("%%contain key/%s --level enable" % key["KeyId"])
    assert state() == "Enabled"
    kernel.act("%undo")
    assert state() == "Disabled", "never deleted"
    assert "has no key" in kernel.refused("%contain key/b7f4f756-5e53-455b-b9ee-59a581a392f9")


@pytest.mark.parametrize("holds", ["bucket", "snapshot"])
def test_the_key_of_the_evidence_is_not_disabled_by_an_undo(cloud, kernel, name, holds):
    kms, key = cloud.client("kms"), cloud.client("kms").create_key()["KeyMetadata"]
    state = lambda: kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
    if holds == "bucket":
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket=name)
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}}]})
        kernel.ok("%set evidence " + name)
    else:
        ec2 = cloud.client("ec2")
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True, KmsKeyId=key["Arn"])["VolumeId"]
        tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "ir:instance", "Value": "i-0"}]}]
        ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags)
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    kernel.act("%%contain key/%s --level enable" % key["KeyId"])
    assert state() == "Enabled"
    text, yes = kernel.plan("%undo")
    assert "the key of the evidence stays enabled" in text
    kernel.ok(yes)
    assert state() == "Enabled" and not kms.list_resource_tags(KeyId=key["KeyId"])["Tags"], "the tags alone are taken back"
    kernel.ok("%set evidence none")


def test_a_trail_writes_again_and_sees_again(cloud, kernel, name):
    cloud.client("s3").create_bucket(Bucket=name)
    trails, trail = cloud.client("cloudtrail"), "t" + name
    arn = trails.create_trail(Name=trail, S3BucketName=name)["TrailARN"]
    blind = [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False, "DataResources": [], "ExcludeManagementEventSources": []}]
    trails.put_event_selectors(TrailName=trail, EventSelectors=blind)
    writes = lambda: trails.get_trail_status(Name=trail)["IsLogging"]
    assert not writes()
    kernel.act("%contain trail/" + trail)
    assert writes() and trails.get_event_selectors(TrailName=trail)["EventSelectors"] == blind
    assert "a trail is not stopped by taking something back" in kernel.ok("%undo") and writes()
    kernel.act("%%contain %s --level selectors" % arn)
    seen = trails.get_event_selectors(TrailName=trail)["EventSelectors"]
    assert [(one["ReadWriteType"], one["IncludeManagementEvents"]) for one in seen] == [("All", True)]
    kernel.act("%undo")
    assert trails.get_event_selectors(TrailName=trail)["EventSelectors"] == blind and writes()
    assert "has no trail none-such" in kernel.refused("%contain trail/none-such")
