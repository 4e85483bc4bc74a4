"""Changes that take effect late and not everywhere at once; faults among changes; an organization; Identity Center; the state of it all."""
import contextlib
import datetime
import json
import subprocess

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from asking import ADMIN, ask, refused
from cloud import Cloud, CloudRefused

MANAGER, OTHER = "999900001111", "222233334444"
DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})


@pytest.fixture(scope="module")
def aws():
    with Cloud() as made:
        made.order("organization", {"members": [{"account": made.account, "name": "home", "unit": "work"}, {"account": OTHER, "name": "other"}]})
        made.boss = made.user("boss", ADMIN, account=MANAGER)
        yield made


@pytest.fixture
def late(aws):
    yield lambda seed, **more: aws.order("delay", {"seed": seed, **more})
    aws.order("delay", {"seconds": 0})


def may(aws, key):
    with contextlib.suppress(ClientError):
        ask(aws, "s3", key)
        return True
    return False


def moment(text):
    return datetime.datetime.fromisoformat(text)


def test_every_change_has_its_moment_on_every_replica(aws, late, name):
    user, iam = aws.user(name, ADMIN), aws.client("iam")
    late(1, rate=0.001)
    iam.put_user_policy(UserName=name, PolicyName="deny", PolicyDocument=DENY)
    assert iam.list_user_policies(UserName=name)["PolicyNames"] == ["deny"], "what was written is read at once"
    assert all(may(aws, user) for _ in range(10)), "and counts nowhere yet"
    one, = [e for e in aws.order("effects") if e["operation"] == "PutUserPolicy"]
    assert one["what"] == ["user", aws.account, name] and one["by"].endswith("user/analyst")
    assert moment(one["made"]) < moment(one["first"]) < moment(one["all"])
    late(1, rate=100000.0)
    assert not may(aws, user), "what is pending counts when time is set anew"
    iam.delete_user_policy(UserName=name, PolicyName="deny")
    iam.put_user_policy(UserName=name, PolicyName="deny", PolicyDocument=DENY)
    last = max(moment(e["all"]) for e in aws.order("effects") if e["what"][2:] == [name])
    while datetime.datetime.now(datetime.timezone.utc) < last:
        may(aws, user)
    assert not any(may(aws, user) for _ in range(10))


def test_replicas_differ_for_a_while(aws, late, name):
    """Of the answers to the same question some are the old one and some the new."""
    user, iam = aws.user(name, ADMIN), aws.client("iam")
    late(3, rate=4.0, replicas=8)
    iam.put_user_policy(UserName=name, PolicyName="deny", PolicyDocument=DENY)
    one, = [e for e in aws.order("effects") if e["operation"] == "PutUserPolicy"]
    said = []
    while datetime.datetime.now(datetime.timezone.utc) < moment(one["all"]) and len(set(said)) < 2:
        said.append(may(aws, user))
    assert set(said) == {True, False}


def test_the_tail_is_long_and_the_seed_is_kept(aws, late):
    late(5, rate=1.0)
    for number in range(40):
        aws.client("iam").tag_user(UserName="analyst", Tags=[{"Key": "n", "Value": str(number)}])
    first = [(moment(e["all"]) - moment(e["made"])).total_seconds() for e in aws.order("effects") if e["operation"] == "TagUser"]
    assert len(first) == 40 and max(first) > 5 and sorted(first)[8] < 5
    aws.order("delay", {"seconds": 0})
    late(5, rate=1.0)
    for number in range(40):
        aws.client("iam").tag_user(UserName="analyst", Tags=[{"Key": "n", "Value": "again-%d" % number}])
    again = [(moment(e["all"]) - moment(e["made"])).total_seconds() for e in aws.order("effects") if e["operation"] == "TagUser"]
    assert again == pytest.approx(first, abs=1e-5)


def test_new_keys_and_new_roles_come_late_too(aws, late, name):
    aws.user(name, ADMIN, key=False)
    late(1, rate=0.0001)
    made = aws.client("iam").create_access_key(UserName=name)["AccessKey"]
    key = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}
    with refused("InvalidAccessKeyId"):
        ask(aws, "s3", key)
    aws.order("delay", {"settle": OTHER})
    with refused("InvalidAccessKeyId"):
        ask(aws, "s3", key)
    aws.order("delay", {"settle": aws.account})
    ask(aws, "s3", key)


def test_an_order_counts_at_once(aws, late, name):
    late(1, rate=0.0001)
    ask(aws, "s3", aws.user(name, ADMIN))


def test_service_control_policies_have_limits_and_a_home(aws, name):
    boss, root = aws.client("organizations", aws.boss), aws.order("organization")["root"]
    assert {one["Id"] for one in boss.list_accounts()["Accounts"]} == {MANAGER, aws.account, OTHER}
    unit, = boss.list_parents(ChildId=aws.account)["Parents"]
    assert unit["Type"] == "ORGANIZATIONAL_UNIT" and boss.list_parents(ChildId=unit["Id"])["Parents"][0]["Id"] == root
    with refused("AccessDeniedException"):
        aws.client("organizations").list_accounts()
    assert aws.client("organizations").describe_organization()["Organization"]["MasterAccountId"] == MANAGER
    make = lambda number, size: boss.create_policy(Name="%s-%d" % (name, number), Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).ljust(size))["Policy"]["PolicySummary"]["Id"]
    with refused("ConstraintViolationException"):
        make(0, 5121)
    made = [make(number, 5120) for number in range(5)]
    for one in made[:4]:
        boss.attach_policy(PolicyId=one, TargetId=OTHER)
    with refused("DuplicatePolicyAttachmentException"):
        boss.attach_policy(PolicyId=made[0], TargetId=OTHER)
    with refused("ConstraintViolationException"):
        boss.attach_policy(PolicyId=made[4], TargetId=OTHER)
    with refused("PolicyInUseException"):
        boss.delete_policy(PolicyId=made[0])
    for one in made[:4]:
        boss.detach_policy(PolicyId=one, TargetId=OTHER)
    with refused("ConstraintViolationException"):
        boss.detach_policy(PolicyId="p-FullAWSAccess", TargetId=OTHER)
    with refused("PolicyNotAttachedException"):
        boss.detach_policy(PolicyId=made[0], TargetId=OTHER)
    for one in made:
        boss.delete_policy(PolicyId=one)


def test_a_delegated_administrator_asks_the_organization(aws):
    boss = aws.client("organizations", aws.boss)
    boss.register_delegated_administrator(AccountId=OTHER, ServicePrincipal="guardduty.amazonaws.com")
    there = aws.client("organizations", aws.user("deputy", ADMIN, account=OTHER))
    assert len(there.list_accounts()["Accounts"]) == 3
    boss.deregister_delegated_administrator(AccountId=OTHER, ServicePrincipal="guardduty.amazonaws.com")
    with refused("AccessDeniedException"):
        there.list_accounts()


def test_identity_center_gives_roles_and_takes_them(aws, name):
    made = aws.order("identity-center", {"account": MANAGER, "users": [{"name": name, "groups": ["g" + name]}, {"name": "x" + name}],
                                         "sets": [{"name": name, "policies": [ADMIN]}], "assignments": [{"principal": "g" + name, "set": name}]})
    admin, store = aws.client("sso-admin", aws.boss), aws.client("identitystore", aws.boss)
    one, = admin.list_instances()["Instances"]
    assert one["InstanceArn"] == made["instance"]
    with refused("AccessDeniedException"):
        aws.client("sso-admin").list_instances()
    user, arn = made["users"][name], made["sets"][name]
    assert store.list_users(IdentityStoreId=made["store"], Filters=[{"AttributePath": "UserName", "AttributeValue": name}])["Users"][0]["UserId"] == user
    assert admin.list_accounts_for_provisioned_permission_set(InstanceArn=made["instance"], PermissionSetArn=arn)["AccountIds"] == [aws.account]
    who = {"user": name, "set": name}
    with pytest.raises(CloudRefused):
        aws.order("identity-center-session", {**who, "user": "x" + name})
    key = aws.order("identity-center-session", who)
    assert aws.client("sts", key).get_caller_identity()["Arn"].split(":", 5)[5].startswith("assumed-role/AWSReservedSSO_%s_" % name)
    ask(aws, "iam", key)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {
        "identitystore:UserId": user}}}]}
    admin.put_inline_policy_to_permission_set(InstanceArn=made["instance"], PermissionSetArn=arn, InlinePolicy=json.dumps(deny))
    ask(aws, "iam", key)
    said = admin.provision_permission_set(InstanceArn=made["instance"], PermissionSetArn=arn, TargetType="ALL_PROVISIONED_ACCOUNTS")
    request = said["PermissionSetProvisioningStatus"]["RequestId"]
    assert admin.describe_permission_set_provisioning_status(InstanceArn=made["instance"], ProvisionPermissionSetRequestId=request)[
        "PermissionSetProvisioningStatus"]["Status"] == "SUCCEEDED"
    with refused("AccessDenied"):
        ask(aws, "iam", key)
    member, = store.list_group_memberships_for_member(IdentityStoreId=made["store"], MemberId={"UserId": user})["GroupMemberships"]
    store.delete_group_membership(IdentityStoreId=made["store"], MembershipId=member["MembershipId"])
    with pytest.raises(CloudRefused):
        aws.order("identity-center-session", who)


def test_roles_of_aws_are_not_changed_by_others(aws, name):
    aws.role(name, ADMIN, path="/aws-service-role/x.amazonaws.com/", trust="x.amazonaws.com")
    for call in (lambda iam: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=DENY),
                 lambda iam: iam.update_assume_role_policy(RoleName=name, PolicyDocument=DENY), lambda iam: iam.delete_role(RoleName=name)):
        with refused("UnmodifiableEntity"):
            call(aws.client("iam"))
    aws.client("iam").list_role_policies(RoleName=name)


def test_a_password_opens_the_console(aws, name):
    aws.user(name, ADMIN, key=False)
    given = {"user": name, "password": "Long-enough-1"}
    with pytest.raises(CloudRefused):
        aws.order("console", given)
    aws.client("iam").create_login_profile(UserName=name, Password="Long-enough-1")
    ask(aws, "iam", aws.order("console", given))
    with pytest.raises(CloudRefused):
        aws.order("console", {**given, "password": "x"})


def test_the_state_tells_all_and_no_secret(aws, name):
    user, iam = aws.user(name, ADMIN), aws.client("iam")
    before = aws.order("state")
    iam.create_login_profile(UserName=name, Password="Long-enough-1")
    iam.put_user_policy(UserName=name, PolicyName="deny", PolicyDocument=DENY)
    iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Inactive")
    after = aws.order("state")
    was, now = (state["accounts"][aws.account]["users"].pop(name) for state in (before, after))
    assert before == after
    assert {k for k in now if now[k] != was[k]} == {"password", "inline", "keys"}
    assert user["secret_access_key"] not in json.dumps(now) and "Long-enough-1" not in json.dumps(now)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_a_change(aws, name, when):
    """The second change of this key ends the process that is named, before or after it was made."""
    user = aws.user(name, ADMIN)
    iam, victim = aws.client("iam", user), subprocess.Popen(["sleep", "1000"])
    aws.faults({"kind": "kill", "pid": victim.pid, "changes": True, "skip": 1, "access_key_id": user["access_key_id"], "when": when})
    iam.create_user(UserName="a" + name)
    iam.get_user(UserName="a" + name)
    assert victim.poll() is None
    with pytest.raises((ClientError, HTTPClientError, EndpointConnectionError)):
        iam.create_user(UserName="b" + name)
    assert victim.wait(20) == -9
    made = [one["UserName"] for one in aws.client("iam").list_users()["Users"]]
    assert ("b" + name in made) == (when == "after")
    iam.create_user(UserName="c" + name)


def test_a_fault_among_changes_lets_questions_pass(aws, name):
    user = aws.user(name, ADMIN)
    aws.faults({"kind": "error", "code": "AccessDenied", "status": 403, "changes": True, "access_key_id": user["access_key_id"]})
    ask(aws, "iam", user)
    ask(aws, "iam")
    with refused("AccessDenied"):
        aws.client("iam", user).create_user(UserName="a" + name)
    aws.client("iam", user).create_user(UserName="a" + name)
