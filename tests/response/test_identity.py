"""%contain and %undo of who acts: keys, users, roles, sessions, one instance's credentials, groups."""
import json
import os

import pytest

from acting import ADMIN, DENY_ALL, changes, details, key_of, works

IAM_ANY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def test_a_key_is_contained_with_its_user_and_comes_back(cloud, kernel):
    mallory = cloud.user("mallory", ADMIN)
    second = cloud.new_key("mallory")
    session = key_of(cloud.client("sts", mallory).get_session_token()["Credentials"])
    federated = key_of(cloud.client("sts", mallory).get_federation_token(Name="fed", Policy=json.dumps(IAM_ANY))["Credentials"])
    everything = (mallory, second, session, federated)
    assert all(works(cloud, key) for key in everything)
    before = details(cloud)
    cloud.forget()
    text, yes = kernel.plan("%contain " + mallory["access_key_id"])
    assert changes(cloud) == [], "a plan changes nothing"
    assert "Who uses it lawfully is not known: no lake is open" in text
    assert "deny everything to user mallory" in text and "deactivate access key " + second["access_key_id"] in text
    done = kernel.ok(yes)
    assert "configured, read back stable for 12 s; enforcement is not proven until %watch passes" in done
    assert [sorted(changes(cloud)[:2]), changes(cloud)[2:]] == [["AttachUserPolicy", "PutUserPolicy"], ["UpdateAccessKey"] * 2 + ["TagUser"]], "deny first, then disable"
    assert not any(works(cloud, key) for key in everything)
    assert details(cloud)["user", "mallory"]["attached"] == sorted([ADMIN, DENY_ALL])
    cloud.forget()
    assert "No change" in kernel.ok("%contain mallory") and changes(cloud) == []

    text = kernel.ok("%undo")
    assert "gives access to mallory again" in text and "PLAN" not in text and changes(cloud) == []
    kernel.act("%undo --restore-access mallory")
    assert details(cloud) == before
    assert all(works(cloud, key) for key in (mallory, second))


def test_a_key_alone(cloud, kernel):
    alone = cloud.user("alone", ADMIN)
    other = cloud.new_key("alone")
    text, yes = kernel.plan("%%contain %s --level key" % alone["access_key_id"])
    assert "live on for up to 36 hours" in text
    kernel.ok(yes)
    assert not works(cloud, alone) and works(cloud, other)


@pytest.mark.parametrize("full", ["inline", "both"])
def test_where_there_is_no_room_the_boundary_denies(cloud, kernel, full):
    name = "full-" + full
    made = cloud.user(name, ADMIN, boundary=ADMIN)
    iam = cloud.client("iam")
    if full in ("inline", "both"):
        long = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:%s" % ("a" * 60)] * 29, "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="long", PolicyDocument=json.dumps(long))
    if full in ("attached", "both"):
        for number in range(9):
            arn = iam.create_policy(PolicyName="%s-%d" % (name, number), PolicyDocument=json.dumps(IAM_ANY))["Policy"]["Arn"]
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
    before = details(cloud)
    kernel.act("%contain user/" + name)
    assert not works(cloud, made)
    assert details(cloud)["user", name]["boundary"]["PermissionsBoundaryArn"] == DENY_ALL
    kernel.act("%undo --restore-access " + name)
    assert details(cloud) == before


ROLE_LEVELS = {"sessions": (False, True), "new": (False, False), "full": (False, False), "boundary": (False, True)}


@pytest.mark.parametrize("level", ROLE_LEVELS)
def test_a_role_at_its_levels(cloud, kernel, level):
    name = "worker-" + level
    role = cloud.role(name, ADMIN)
    begin = lambda called: key_of(cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName=called)["Credentials"])
    old = begin("old")
    assert works(cloud, old)
    before = details(cloud)
    text = kernel.act("%%contain role/%s --level %s" % (name, level))
    assert "configured" in text and not works(cloud, old)
    may_begin = works(cloud, None, "sts", "assume_role", RoleArn=role["arn"], RoleSessionName="new")
    assert (works(cloud, old), may_begin) == ROLE_LEVELS[level]
    kernel.act("%undo --restore-access " + name)
    assert details(cloud) == before and works(cloud, old)


def test_revoked_sessions_are_no_change_a_moment_later(cloud, kernel):
    cloud.role("again", ADMIN)
    kernel.act("%contain role/again")
    assert "No change" in kernel.ok("%contain role/again")


def test_one_session_of_a_role(cloud, kernel):
    role = cloud.role("shared", ADMIN)
    begin = lambda called: key_of(cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName=called)["Credentials"])
    bad, good = begin("bad"), begin("good")
    text, yes = kernel.plan("%contain arn:aws:sts::123456789012:assumed-role/shared/bad")
    assert "session bad of role shared" in text
    kernel.ok(yes)
    assert not works(cloud, bad) and works(cloud, good)
    kernel.act("%undo --restore-access bad")
    assert works(cloud, bad)


def test_a_sessions_key_is_looked_up(cloud, kernel):
    role = cloud.role("seen", ADMIN)
    bad = key_of(cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName="thief")["Credentials"])
    cloud.client("iam", bad).list_users()
    kernel.act("%contain " + bad["access_key_id"])
    assert not works(cloud, bad)
    user = cloud.user("minted", ADMIN)
    minted = key_of(cloud.client("sts", user).get_session_token()["Credentials"])
    cloud.client("ec2", minted).describe_instances()
    text = kernel.act("%contain " + minted["access_key_id"])
    assert "user minted" in text and not works(cloud, minted) and not works(cloud, user)


def test_a_group(cloud, kernel):
    iam = cloud.client("iam")
    member = cloud.user("member", ADMIN)
    iam.create_group(GroupName="crowd")
    iam.add_user_to_group(GroupName="crowd", UserName="member")
    before = details(cloud)
    text = kernel.act("%contain group/crowd")
    assert "crowd" in text and not works(cloud, member)
    kernel.act("%undo --restore-access crowd")
    assert details(cloud) == before and works(cloud, member)


def test_the_commands_are_those_of_the_command_line(cloud, kernel):
    import botocore.session
    from botocore.validate import ParamValidator
    cloud.user("printed", ADMIN)
    kernel.act("%contain printed")
    text = kernel.ok("%undo --print")
    lines = [line for line in text.split("\n") if line.startswith("aws ")]
    assert [line.split()[2] for line in lines] == ["untag-user", "update-access-key", "detach-user-policy", "delete-user-policy"]
    model = botocore.session.get_session().get_service_model("iam")
    for line, name in zip(lines, ("UntagUser", "UpdateAccessKey", "DetachUserPolicy", "DeleteUserPolicy")):
        given = json.loads(line.split("--cli-input-json '")[1].rstrip("'"))
        assert not ParamValidator().validate(given, model.operation_model(name).input_shape).has_errors()


BAD = {
    "%contain": "nothing to contain is named", "%contain nobody-here": "has no user nobody-here",
    "%contain role/nobody-here": "has no role nobody-here", "%contain AKIAIOSFODNN7EXAMPLE": "has the access key AKIAIOSFODNN7EXAMPLE",
    "%contain 198.51.100.7": "is an address, which has no access of its own", "%contain AIDA2SZEWAOBDPVV63VCK": "is the id of a user",
    "%contain root": "the root user of an account", "%contain arn:aws:iam::123456789012:root": "Nothing in an account denies root",
    "%contain a/b/c": "is nothing that can be contained", "%contain role/AWSServiceRoleForSupport": "a service's own", "%contain arn:aws:iam::999999999999:user/x": "no access to account 999999999999", "%contain analyst": "who this kernel acts as",
    "%contain --yes 99-0123456789ab": "has no plan 99-0123456789ab", "%undo 99": "no plan 99 was carried out",
    "%contain mallory --level full": "has no level \"full\"", "%contain ASIAIOSFODNN7EXAMPLE": "shows no event of the session key",
}


@pytest.mark.parametrize("code", BAD)
def test_bad_targets_are_said_and_change_nothing(cloud, kernel, code):
    if "AWSServiceRole" in code:
        cloud.order("role", {"name": "AWSServiceRoleForSupport", "path": "/aws-service-role/support.amazonaws.com/"})
    if "mallory" in code and "mallory" not in {user["UserName"] for user in cloud.client("iam").list_users()["Users"]}:
        cloud.user("mallory")
    cloud.forget()
    said = kernel.refused(code)
    assert BAD[code] in said and len(said.strip().split("\n")) >= 3, "what, where, and what to do next"
    assert changes(cloud) == []
