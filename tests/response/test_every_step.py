"""Killed at each call of each kind of containment: the next kernel says what was done and what was not, and finishes it or takes it back.

A row is an action with as many changes as it makes; it is killed before AWS has the call, or after AWS has done it. Instances have
their own (test_machines.py): there recovery goes forward between the swaps."""
import pytest

import estate
from acting import ADMIN, Responder, details
from test_crash import killed_at
from test_race import FRIEND, give, shared, snapshot
from test_things import bucket_picture, function, public_bucket, rules


def role(level):
    def make(cloud, name):
        cloud.role(name, ADMIN)
        return "role/%s --level %s" % (name, level), name, lambda: details(cloud)["role", name]
    return make


def user(level):
    def make(cloud, name):
        cloud.user(name, ADMIN)
        return "%s --level %s" % (name, level), name, lambda: details(cloud)["user", name]
    return make


def session(cloud, name):
    made = cloud.role(name, ADMIN)
    cloud.client("sts").assume_role(RoleArn=made["arn"], RoleSessionName="bad")
    return "arn:aws:sts::%s:assumed-role/%s/bad" % (cloud.account, name), "bad", lambda: details(cloud)["role", name]


def group(cloud, name):
    cloud.client("iam").create_group(GroupName=name)
    return "group/" + name, name, lambda: details(cloud)["group", name]


def bucket(cloud, name):
    public_bucket(cloud, name)
    return "bucket/" + name, name, lambda: bucket_picture(cloud, name)


def security_group(cloud, name):
    made, ec2 = estate.Network(cloud, name), cloud.client("ec2")
    for port in (22, 23):
        ec2.authorize_security_group_ingress(GroupId=made.group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    return made.group, made.group, lambda: rules(cloud, made.group)


def concurrency(cloud, name):
    function(cloud, name)
    return "function/" + name, name, lambda: cloud.client("lambda").get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")


def share(cloud, name):
    ec2 = cloud.client("ec2")
    made = snapshot(ec2)
    give(ec2, made, FRIEND, "999988887777")
    return made, made, lambda: shared(ec2, made)


ROWS = {
    "user": (user("deny"), 4), "user by its boundary": (user("boundary"), 3), "role in full": (role("full"), 4), "role's sessions": (role("sessions"), 2),
    "role's sessions and trust": (role("new"), 3), "role by its boundary": (role("boundary"), 2), "one session": (session, 2), "group": (group, 1),
    "bucket": (bucket, 4), "security group": (security_group, 3), "function": (concurrency, 2), "shared snapshot": (share, 3),
}
STEPS = [(kind, at, when) for kind, (_, count) in ROWS.items() for at in range(count) for when in (("before",) if at % 2 else ("after",))]


@pytest.mark.parametrize("kind, at, when", STEPS, ids=["%s, call %d, %s" % (kind, at + 1, when) for kind, at, when in STEPS])
def test_killed(cloud, tmp_path, name, kind, at, when):
    make, count = ROWS[kind]
    code, restore, state = make(cloud, name)
    before = state()
    yes = killed_at(cloud, tmp_path, "%contain " + code, at, when)
    with Responder(tmp_path, cloud.environment()) as again:
        assert "was cut off in the middle" in again.ok("SELECT 1")
        text = again.ok(yes)
        assert "was cut off in the middle: of %d calls" % count in text and "configured" in text and "Partly failed" not in text, text
        assert state() != before and "No change" in again.ok("%contain " + code)
        again.act("%undo --restore-access " + restore)
        assert state() == before
        assert "cut off" not in again.ok("SELECT 1")
