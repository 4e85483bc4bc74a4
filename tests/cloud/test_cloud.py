"""Signatures, keys, sessions, policies and boundaries: the double refuses what AWS refuses."""
import contextlib
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time

import boto3
import pytest
import urllib3

from asking import ADMIN, ASK, DENY_ALL, ask, ask_raw, refused
from cloud import Cloud, key_of

UNKNOWN_KEY = {"sts": "InvalidClientTokenId", "iam": "InvalidClientTokenId", "athena": "UnrecognizedClientException", "s3": "InvalidAccessKeyId",
               "ec2": "AuthFailure", "guardduty": "UnrecognizedClientException"}
BAD_SIGNATURE = {"sts": "SignatureDoesNotMatch", "iam": "SignatureDoesNotMatch", "athena": "InvalidSignatureException", "s3": "SignatureDoesNotMatch",
                 "ec2": "AuthFailure", "guardduty": "InvalidSignatureException"}
DENIED = {"iam": "AccessDenied", "athena": "AccessDeniedException", "s3": "AccessDenied", "ec2": "UnauthorizedOperation",
          "guardduty": "AccessDeniedException"}


def statement(effect, action, resource="*", **condition):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource, **condition}]}


def test_starts_says_so_and_ends_on_sigterm():
    with Cloud() as made:
        assert made.ready["region"] == "us-east-1" and made.ready["account"] == "123456789012"
        assert made.ready["endpoint"].startswith("http://127.0.0.1:")
        assert ask(made, "sts")["Arn"] == "arn:aws:iam::123456789012:user/analyst"
        made.process.send_signal(signal.SIGTERM)
        assert made.process.wait(10) == 0


def test_ends_with_its_parent():
    with Cloud() as made:
        made.process.stdin.close()
        assert made.process.wait(10) == 0


@pytest.mark.parametrize("service", sorted(ASK))
def test_every_protocol_checks_keys_and_signatures(cloud, service):
    ask(cloud, service)
    with refused(BAD_SIGNATURE[service]):
        ask(cloud, service, {**cloud.key, "secret_access_key": "wrong"})
    with refused(UNKNOWN_KEY[service]):
        ask(cloud, service, {**cloud.key, "access_key_id": "AKIAIOSFODNN7EXAMPLE"})
    with refused("InvalidToken", UNKNOWN_KEY[service]):
        ask(cloud, service, {**cloud.key, "session_token": "made-up"})


@pytest.mark.parametrize("service", sorted(DENIED))
def test_every_protocol_denies_who_has_no_policy(cloud, name, service):
    with refused(DENIED[service], words="user/" + name):
        ask(cloud, service, cloud.user(name))


@pytest.mark.parametrize("service", ["sts", "athena", "ec2", "iam", "s3"])
def test_no_signature_no_answer(cloud, service):
    with refused("MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "AccessDenied"):
        ask(cloud, service, False)


def test_a_changed_request_is_not_the_signed_one(cloud):
    assert ask_raw(cloud)[0] == 200
    assert ask_raw(cloud, lambda url, sent, body: (url, sent, body + b"&X=1"))[:2] == (403, "SignatureDoesNotMatch")
    assert ask_raw(cloud, lambda url, sent, body: (url + "?x=1", sent, body))[:2] == (403, "SignatureDoesNotMatch")
    assert ask_raw(cloud, lambda url, sent, body: (url + "other", sent, body))[:2] == (403, "SignatureDoesNotMatch")
    assert ask_raw(cloud, lambda url, sent, body: (url, {**sent, "x-amz-meta-new": "1"}, body))[:2] == (403, "SignatureDoesNotMatch")
    assert ask_raw(cloud, lambda url, sent, body: (url, {**sent, "Content-Type": "application/x-www-form-urlencoded"}, body))[0] == 403
    assert ask_raw(cloud, lambda url, sent, body: (url, {**sent, "Authorization": "AWS4-HMAC-SHA256 Credential=" + "a/b/c"}, body))[0] in (400, 403)
    wrong = ask_raw(cloud, lambda url, sent, body: (url, sent, body), **{"x-amz-content-sha256": "0" * 64})
    assert wrong[:2] == (400, "XAmzContentSHA256Mismatch")


def test_s3_keys_of_every_kind_are_signed_as_sent(cloud, name):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name)
    for key in ("a b/ü+x%2F.txt", "..//a/./b", "x=1&y=2?z", "~-_.!*'()", "日本"):
        s3.put_object(Bucket=name, Key=key, Body=key.encode(), Metadata={"with_one": "a", "with-two": "  b   c "})
        assert s3.head_object(Bucket=name, Key=key)["Metadata"]["with_one"] == "a"
        assert s3.get_object(Bucket=name, Key=key)["Body"].read() == key.encode()
        assert [one["Key"] for one in s3.list_objects_v2(Bucket=name, Prefix=key)["Contents"]] == [key]


def test_presigned_links_work_and_end(cloud, name):
    s3 = cloud.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"yes")
    fetch = lambda link: urllib3.PoolManager(retries=False).request("GET", link)
    link = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "k"}, ExpiresIn=60)
    assert fetch(link).data == b"yes"
    assert fetch(link.replace("Expires=60", "Expires=61")).status == 403
    cloud.faults({"kind": "skew", "seconds": 120})
    assert fetch(link).status == 403
    cloud.faults()


def test_a_connection_is_used_again(cloud):
    pool = urllib3.HTTPConnectionPool("127.0.0.1", int(cloud.endpoint.rsplit(":", 1)[1]), maxsize=1)
    for _ in range(3):
        assert pool.request("GET", "/cloud/delay").status == 200
    assert (pool.num_connections, pool.num_requests) == (1, 3)


def test_inactive_and_deleted_keys_are_refused(cloud, name):
    user, iam = cloud.user(name, ADMIN), cloud.client("iam")
    ask(cloud, "sts", user)
    iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Inactive")
    for service in ("sts", "s3", "athena"):
        with refused(UNKNOWN_KEY[service]):
            ask(cloud, service, user)
    iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Active")
    ask(cloud, "sts", user)
    iam.delete_access_key(UserName=name, AccessKeyId=user["access_key_id"])
    with refused("InvalidClientTokenId"):
        ask(cloud, "sts", user)


def test_policies_actions_resources_and_denies(cloud, name):
    bucket = "b" + name
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"1")
    s3.put_object(Bucket=bucket, Key="out/a", Body=b"1")
    user = cloud.user(name, statement("Allow", "s3:Get*", "arn:aws:s3:::%s/in/*" % bucket))
    theirs = cloud.client("s3", user)
    theirs.get_object(Bucket=bucket, Key="in/a")
    for call in (lambda: theirs.get_object(Bucket=bucket, Key="out/a"), lambda: theirs.put_object(Bucket=bucket, Key="in/b", Body=b"")):
        with refused("AccessDenied"):
            call()
    cloud.client("iam").put_user_policy(UserName=name, PolicyName="deny", PolicyDocument=json.dumps(statement("Deny", "s3:GetObject")))
    with refused("AccessDenied"):
        theirs.get_object(Bucket=bucket, Key="in/a")


def test_quarantine_and_groups(cloud, name):
    iam, user = cloud.client("iam"), cloud.user(name)
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=ADMIN)
    iam.add_user_to_group(GroupName=name, UserName=name)
    ask(cloud, "s3", user)
    iam.attach_user_policy(UserName=name, PolicyArn=DENY_ALL)
    with refused("AccessDenied"):
        ask(cloud, "s3", user)
    ask(cloud, "sts", user)
    iam.detach_user_policy(UserName=name, PolicyArn=DENY_ALL)
    ask(cloud, "s3", user)


@pytest.mark.parametrize("condition, allowed", [
    ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True), ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True), ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, False), ({"Null": {"aws:TokenIssueTime": "true"}}, True),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True), ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
    ({"StringLike": {"aws:username": "n*"}}, True), ({"StringNotLike": {"aws:username": "n*"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/n*"}}, True), ({"StringEqualsIfExists": {"aws:nothing": "x"}}, True),
    ({"StringEquals": {"aws:nothing": "x"}}, False), ({"NumericLessThan": {"aws:EpochTime": "5"}}, False),
    ({"Made": {"aws:username": "n*"}}, False)])
def test_conditions(cloud, name, condition, allowed):
    user = cloud.user(name, statement("Allow", "s3:ListAllMyBuckets", Condition=condition))
    with contextlib.nullcontext() if allowed else refused("AccessDenied"):
        ask(cloud, "s3", user)


def test_variables_and_not_action(cloud, name):
    own = statement("Allow", "iam:GetUser", "arn:aws:iam::*:user/${aws:username}")
    others = {"Statement": {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}}
    user = cloud.user(name, own, others)
    iam = cloud.client("iam", user)
    assert iam.get_user(UserName=name)["User"]["Arn"] == user["arn"]
    with refused("AccessDenied"):
        iam.get_user(UserName="analyst")
    ask(cloud, "s3", user)


def test_bucket_policies_allow_and_deny(cloud, name):
    s3, user = cloud.client("s3"), cloud.user(name)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"1")
    theirs, nobody = cloud.client("s3", user), cloud.client("s3", False)
    with refused("AccessDenied"):
        theirs.get_object(Bucket=name, Key="k")
    one = lambda effect, who: json.dumps({"Statement": [{"Effect": effect, "Principal": who, "Action": "s3:GetObject",
                                                         "Resource": "arn:aws:s3:::%s/*" % name}]})
    s3.put_bucket_policy(Bucket=name, Policy=one("Allow", {"AWS": user["arn"]}))
    theirs.get_object(Bucket=name, Key="k")
    with refused("AccessDenied"):
        nobody.get_object(Bucket=name, Key="k")
    s3.put_bucket_policy(Bucket=name, Policy=one("Allow", "*"))
    nobody.get_object(Bucket=name, Key="k")
    assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"]
    s3.put_bucket_policy(Bucket=name, Policy=one("Deny", "*"))
    for client in (s3, nobody):
        with refused("AccessDenied"):
            client.get_object(Bucket=name, Key="k")


def test_expected_owner_and_region_of_a_bucket(cloud, name):
    cloud.client("s3", region="eu-west-1").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    cloud.client("s3").list_objects_v2(Bucket=name)
    asked = [c for c in cloud.calls(service="s3", operation="ListObjectsV2") if c["params"]["Bucket"] == name]
    assert [(c["region"], c["status"]) for c in asked] == [("us-east-1", 301), ("eu-west-1", 200)], "botocore follows what the redirect says"
    here = cloud.client("s3", region="eu-west-1")
    here.list_objects_v2(Bucket=name, ExpectedBucketOwner=cloud.account)
    with refused("AccessDenied"):
        here.list_objects_v2(Bucket=name, ExpectedBucketOwner="999999999999")


def test_session_tokens_work_and_are_limited(cloud, name):
    user = cloud.user(name, ADMIN)
    key = key_of(cloud.client("sts", user).get_session_token(DurationSeconds=900)["Credentials"])
    assert key["access_key_id"].startswith("ASIA") and ask(cloud, "sts", key)["Arn"] == user["arn"]
    ask(cloud, "s3", key)
    with refused("InvalidClientTokenId"):
        ask(cloud, "iam", key)
    with refused("AccessDenied"):
        cloud.client("sts", key).get_session_token()
    with refused("InvalidClientTokenId"):
        ask(cloud, "sts", {**key, "session_token": key["session_token"][:-1]})
    with refused("InvalidToken"):
        ask(cloud, "s3", {**key, "session_token": "x"})
    with refused("ValidationError"):
        cloud.client("sts", user).get_session_token(DurationSeconds=899)
    iam = cloud.client("iam")
    iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Inactive")
    ask(cloud, "s3", key)
    iam.attach_user_policy(UserName=name, PolicyArn=DENY_ALL)
    with refused("AccessDenied"):
        ask(cloud, "s3", key)


def test_a_session_dies_with_its_user(cloud, name):
    user, iam = cloud.user(name, statement("Allow", "*")), cloud.client("iam")
    key = key_of(cloud.client("sts", user).get_session_token()["Credentials"])
    iam.delete_user_policy(UserName=name, PolicyName="inline-0")
    iam.delete_access_key(UserName=name, AccessKeyId=user["access_key_id"])
    iam.delete_user(UserName=name)
    cloud.user(name, ADMIN)
    with refused("InvalidClientTokenId"):
        ask(cloud, "sts", key)


def test_federation_tokens_have_what_both_policies_allow(cloud, name):
    sts = cloud.client("sts", cloud.user(name, statement("Allow", ["s3:*", "sts:*"])))
    made = sts.get_federation_token(Name="partner", Policy=json.dumps(statement("Allow", ["s3:List*", "ec2:*"])))
    key = key_of(made["Credentials"])
    assert made["FederatedUser"]["Arn"].endswith(":federated-user/partner") and ask(cloud, "sts", key)["Arn"] == made["FederatedUser"]["Arn"]
    ask(cloud, "s3", key)
    with refused("UnauthorizedOperation"):
        ask(cloud, "ec2", key)
    with refused("AccessDenied"):
        cloud.client("s3", key).create_bucket(Bucket="b" + name)
    with refused("InvalidClientTokenId"):
        ask(cloud, "iam", key)
    bare = key_of(sts.get_federation_token(Name="bare")["Credentials"])
    with refused("AccessDenied"):
        ask(cloud, "s3", bare)
    with refused("ValidationError"):
        sts.get_federation_token(Name="long", Policy=" " * 2049)


def test_roles_are_assumed_by_whom_they_trust(cloud, name):
    user, other = cloud.user(name), cloud.user("x" + name)
    role = cloud.role(name, ADMIN, trust=user["arn"], seconds=7200)
    assume = lambda who, **more: cloud.client("sts", who).assume_role(RoleArn=role["arn"], RoleSessionName="s1", **more)
    key = key_of(assume(user)["Credentials"])
    assert ask(cloud, "sts", key)["Arn"] == "arn:aws:sts::%s:assumed-role/%s/s1" % (cloud.account, name)
    assert ask(cloud, "sts", key)["UserId"] == role["id"] + ":s1"
    ask(cloud, "iam", key)
    for who in (other, cloud.key):
        with refused("AccessDenied"):
            assume(who)
    with refused("AccessDenied"):
        cloud.client("sts", user).assume_role(RoleArn=role["arn"] + "x", RoleSessionName="s1")
    with refused("ValidationError", words="MaxSessionDuration"):
        assume(user, DurationSeconds=7201)
    narrow = key_of(assume(user, Policy=json.dumps(statement("Allow", "s3:*")))["Credentials"])
    ask(cloud, "s3", narrow)
    with refused("AccessDenied"):
        ask(cloud, "iam", narrow)


def test_trusting_the_account_needs_a_policy_too_and_chains_are_short(cloud, name):
    user = cloud.user(name)
    role = cloud.role(name, ADMIN, seconds=43200)
    with refused("AccessDenied"):
        cloud.client("sts", user).assume_role(RoleArn=role["arn"], RoleSessionName="s1")
    first = key_of(cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName="s1", DurationSeconds=43200)["Credentials"])
    with refused("ValidationError", words="chaining"):
        cloud.client("sts", first).assume_role(RoleArn=role["arn"], RoleSessionName="s2", DurationSeconds=3601)
    ask(cloud, "s3", key_of(cloud.client("sts", first).assume_role(RoleArn=role["arn"], RoleSessionName="s2")["Credentials"]))


def test_external_ids_and_other_accounts(cloud, name):
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": cloud.account}, "Action": "sts:AssumeRole",
                            "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}]}
    role = cloud.role(name, ADMIN, trust=trust, account="999999999999")
    sts = cloud.client("sts")
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=role["arn"], RoleSessionName="s1")
    key = key_of(sts.assume_role(RoleArn=role["arn"], RoleSessionName="s1", ExternalId="secret")["Credentials"])
    assert ask(cloud, "sts", key)["Account"] == "999999999999"
    cloud.client("s3", key).create_bucket(Bucket="o" + name)
    with refused("AccessDenied"):
        cloud.client("s3").list_objects_v2(Bucket="o" + name)


def test_web_identity(cloud, name):
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::%s:oidc-provider/idp.example.com" % cloud.account},
                            "Action": "sts:AssumeRoleWithWebIdentity"}]}
    role, sts = cloud.role(name, ADMIN, trust=trust), cloud.client("sts", False)
    made = sts.assume_role_with_web_identity(RoleArn=role["arn"], RoleSessionName="w", WebIdentityToken="idp.example.com|me|valid")
    assert ask(cloud, "sts", key_of(made["Credentials"]))["Arn"].endswith("/w")
    for token, code in (("junk", "InvalidIdentityToken"), ("idp.example.com|me|expired", "ExpiredTokenException"),
                        ("other.com|me|valid", "AccessDenied")):
        with refused(code):
            sts.assume_role_with_web_identity(RoleArn=role["arn"], RoleSessionName="w", WebIdentityToken=token)


EXPIRED = {"sts": "ExpiredToken", "s3": "ExpiredToken", "athena": "ExpiredTokenException", "ec2": "RequestExpired",
           "guardduty": "ExpiredTokenException"}


def test_sessions_end(cloud, name):
    key = key_of(cloud.client("sts", cloud.user(name, ADMIN)).get_session_token()["Credentials"])
    cloud.order("sessions", {"access_key_id": key["access_key_id"], "expires_in": 0})
    for service, code in EXPIRED.items():
        with refused(code):
            ask(cloud, service, key)


def test_a_deny_before_a_time_hits_old_sessions_only(cloud, name):
    user = cloud.user(name)
    role = cloud.role(name, ADMIN, trust=user["arn"])
    assume = lambda: key_of(cloud.client("sts", user).assume_role(RoleArn=role["arn"], RoleSessionName="s")["Credentials"])
    old = assume()
    issued = next(one["issued"] for one in cloud.order("sessions") if one["access_key_id"] == old["access_key_id"])
    border = (datetime.datetime.fromisoformat(issued) + datetime.timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    deny = statement("Deny", "*", Condition={"DateLessThan": {"aws:TokenIssueTime": border}})
    cloud.client("iam").put_role_policy(RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=json.dumps(deny))
    cloud.client("iam").put_user_policy(UserName=name, PolicyName="deny", PolicyDocument=json.dumps(deny))
    with refused("AccessDenied"):
        ask(cloud, "s3", old)
    while time.time() < datetime.datetime.fromisoformat(issued).timestamp() + 1:
        ask(cloud, "sts", old)
    ask(cloud, "s3", assume())


def test_a_renamed_users_key_knows_its_new_name(cloud, name):
    key, iam = cloud.user(name, ADMIN), cloud.client("iam")
    iam.update_user(UserName=name, NewUserName=name + "x")
    assert iam.get_access_key_last_used(AccessKeyId=key["access_key_id"])["UserName"] == name + "x"
    ask(cloud, "s3", key)


def test_boundaries_of_users(cloud, name):
    iam = cloud.client("iam")
    bound = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(statement("Allow", "s3:*")))["Policy"]["Arn"]
    user = cloud.user(name, ADMIN)
    ask(cloud, "ec2", user)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=bound)
    ask(cloud, "s3", user)
    with refused("UnauthorizedOperation"):
        ask(cloud, "ec2", user)
    assert iam.get_user(UserName=name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == bound
    details = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
    assert [one["PermissionsBoundary"]["PermissionsBoundaryArn"] for one in details if one["UserName"] == name] == [bound]
    iam.delete_user_permissions_boundary(UserName=name)
    ask(cloud, "ec2", user)
    with refused("NoSuchEntity"):
        iam.delete_user_permissions_boundary(UserName=name)
    with refused("NoSuchEntity"):
        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=bound + "x")
    iam.create_user(UserName="c" + name, PermissionsBoundary=bound)
    assert iam.get_user(UserName="c" + name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == bound


def test_boundaries_of_roles_hold_too(cloud, name):
    iam, user = cloud.client("iam"), cloud.user(name)
    bound = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(statement("Allow", "s3:*")))["Policy"]["Arn"]
    role = cloud.role(name, ADMIN, trust=user["arn"])
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=bound)
    key = key_of(cloud.client("sts", user).assume_role(RoleArn=role["arn"], RoleSessionName="s")["Credentials"])
    ask(cloud, "s3", key)
    with refused("UnauthorizedOperation"):
        ask(cloud, "ec2", key)


def document(size):
    """A policy of so many characters without the white space."""
    start = json.dumps(statement("Allow", "s3:*", "arn:aws:s3:::")).replace(" ", "")
    return json.dumps(statement("Allow", "s3:*", "arn:aws:s3:::" + "X" * (size - len(start))))


def test_policy_sizes_are_limited(cloud, name):
    iam = cloud.client("iam")
    cloud.user(name)
    cloud.role(name)
    iam.put_user_policy(UserName=name, PolicyName="a", PolicyDocument=document(2048))
    iam.put_user_policy(UserName=name, PolicyName="a", PolicyDocument=document(2048))
    with refused("LimitExceeded", status=409):
        iam.put_user_policy(UserName=name, PolicyName="b", PolicyDocument=document(200))
    iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=document(10240))
    with refused("LimitExceeded"):
        iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=document(10241))
    iam.create_policy(PolicyName="p" + name, PolicyDocument=document(6144))
    with refused("LimitExceeded"):
        iam.create_policy(PolicyName="q" + name, PolicyDocument=document(6145))
    with refused("LimitExceeded"):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(2049))
    arns = [one["Arn"] for one in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for arn in arns[:10]:
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    with refused("LimitExceeded"):
        iam.attach_user_policy(UserName=name, PolicyArn=arns[10])


def test_simulation_says_what_would_be(cloud, name):
    user = cloud.user(name, statement("Allow", "s3:*"), statement("Deny", "s3:DeleteBucket"))
    found = cloud.client("iam").simulate_principal_policy(
        PolicySourceArn=user["arn"], ActionNames=["s3:ListBucket", "s3:DeleteBucket", "ec2:RunInstances"])
    assert [one["EvalDecision"] for one in found["EvaluationResults"]] == ["allowed", "explicitDeny", "implicitDeny"]


def test_a_changed_policy_takes_its_time(cloud, name):
    user, iam = cloud.user(name, ADMIN), cloud.client("iam")
    cloud.order("delay", {"seconds": 1000})
    try:
        iam.attach_user_policy(UserName=name, PolicyArn=DENY_ALL)
        iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Inactive")
        assert DENY_ALL in [one["PolicyArn"] for one in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]]
        ask(cloud, "s3", user)
        cloud.order("delay", {"seconds": 0.001})
        with refused("InvalidAccessKeyId"):
            ask(cloud, "s3", user)
    finally:
        cloud.order("delay", {"seconds": 0})


def test_it_starts_with_one_command_for_people():
    """make cloud: the environment that it prints is enough for a client."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../Makefile")) as file:
        assert "tests/cloud/cloud.py --show" in file.read()
    started = subprocess.Popen([sys.executable, os.path.join(here, "cloud.py"), "--show"], stdout=subprocess.PIPE, text=True)
    try:
        environment = {}
        for line in started.stdout:
            found = re.match(r"export (AWS_\w+)=(\S+)", line.strip())
            environment.update([found.groups()] if found else [])
            if {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= environment.keys():
                break
        who = boto3.client("sts", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name="us-east-1", aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                           aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"]).get_caller_identity()
        assert who["Arn"].endswith(":user/analyst")
    finally:
        started.terminate()
        started.wait(timeout=20)
