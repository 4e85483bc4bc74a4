"""Buckets: what keeps one from being public, whose its objects are, and policies that deny."""
import json

import pytest

from asking import ADMIN, refused

EVERYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
BLOCKED = {key: True for key in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}


@pytest.fixture
def s3(cloud, name):
    cloud.client("s3").create_bucket(Bucket=name)
    return cloud.client("s3")


def public(name):
    return json.dumps({**EVERYBODY, "Statement": [{**EVERYBODY["Statement"][0], "Resource": "arn:aws:s3:::%s/*" % name}]})


def test_a_public_policy_is_blocked_once_that_is_said(s3, name):
    s3.put_bucket_policy(Bucket=name, Policy=public(name))
    assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"] is True
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCKED)
    with refused("AccessDenied", words="BlockPublicPolicy"):
        s3.put_bucket_policy(Bucket=name, Policy=public(name))
    with refused("AccessDenied", words="BlockPublicAcls"):
        s3.put_bucket_acl(Bucket=name, AccessControlPolicy={"Grants": [{"Grantee": {
            "Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}], "Owner": s3.get_bucket_acl(
                Bucket=name)["Owner"]})
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=public(name))
    with refused("PolicyTooLarge"):
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({**EVERYBODY, "Id": "x" * 20480}))


def test_objects_belong_to_the_owner_only_without_grants_to_others(s3, name):
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=enforced)
    s3.put_bucket_acl(Bucket=name, ACL="private")
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=enforced)
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"] == enforced
    with refused("AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket=name, ACL="public-read")
    s3.delete_bucket_ownership_controls(Bucket=name)
    s3.put_bucket_acl(Bucket=name, ACL="public-read")


def test_a_policy_that_denies_us_denies_its_own_reading(cloud, s3, name):
    outside = cloud.user("o" + name, ADMIN)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::" + name, "arn:aws:s3:::%s/*" % name],
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": [outside["arn"]]}}}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    for ask in (s3.get_bucket_policy, s3.get_public_access_block, s3.delete_bucket_policy):
        with refused("AccessDenied"):
            ask(Bucket=name)
    assert cloud.client("s3", outside).get_bucket_policy(Bucket=name)["Policy"]
