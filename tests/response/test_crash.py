"""Killed in the middle: the next kernel says so, reads AWS, goes on or back; and what fails half way is said call by call."""
import contextlib
import datetime
import os

import pytest

from acting import ADMIN, Responder, changes, details, works
from test_race import Meanwhile


def killed_at(cloud, home, code, skip, when, first="", meanwhile=None):
    """The kernel dies at its change number `skip`, before or after AWS has done it. `meanwhile` is done once the first deny is there,
    by somebody for whom it is not in force yet."""
    kernel = Responder(home, cloud.environment())
    try:
        if first:
            kernel.ok(first)
        _, yes = kernel.plan(code)
        pid = kernel.manager.provisioner.pid
        cloud.order("delay", {"seconds": 600 if meanwhile else 0})
        cloud.faults({"changes": True, "not_agent": "Boto3", "skip": skip, "kind": "kill", "pid": pid, "when": when})
        with Meanwhile(cloud, "PutUserPolicy", meanwhile) if meanwhile else contextlib.nullcontext():
            kernel.client.execute(yes)
        kernel.manager.provisioner.process.wait(20)
    finally:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)
        cloud.faults()
        cloud.order("delay", {"seconds": 0})
    return yes


@pytest.mark.fault("killed at a call, then on or back")
@pytest.mark.parametrize("skip,way,when", [(0, "on", "before"), (1, "back", "after"), (2, "on", "after"), (2, "back", "before")])
def test_killed_at_a_call(cloud, tmp_path, skip, way, when):
    name = "crashed-%d-%s-%s" % (skip, way, when)
    user = cloud.user(name, ADMIN)
    before = details(cloud)
    yes = killed_at(cloud, tmp_path, "%contain " + name, skip, when)
    with Responder(tmp_path, cloud.environment()) as again:
        assert "was cut off in the middle" in again.ok("SELECT 1")
        if way == "on":
            text = again.ok(yes)
            assert "was cut off in the middle: of 4 calls" in text and "configured" in text
            assert not works(cloud, user)
            again.act("%undo --restore-access " + name)
        else:
            again.act("%undo " + yes.split()[-1] + " --restore-access " + name)
        assert details(cloud) == before
        assert "cut off" not in again.ok("%contain " + name)


@pytest.mark.fault("a permission is missing in the middle")
def test_a_missing_permission_is_said_call_by_call(cloud, tmp_path):
    rights = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "iam:PutUserPolicy", "iam:DeleteUserPolicy", "iam:UpdateAccessKey", "cloudtrail:*"], "Resource": "*"}]}
    limited = cloud.user("limited", rights)
    victim = cloud.user("half", ADMIN)
    before = details(cloud)
    with Responder(tmp_path, cloud.environment(limited)) as kernel:
        text = kernel.act("%contain half")
        assert text.split("as it is now")[-1].startswith("Partly failed: 1 of 4 calls are not in place."), text
        assert "AccessDenied" in text and "iam:AttachUserPolicy" in text and not works(cloud, victim)
        text, yes = kernel.plan("%contain half")
        assert "2 calls, 2 already in place" in text
        kernel.act("%undo 1 --restore-access half")
    assert details(cloud) == before


@pytest.mark.fault("the disk is full before the saved state")
def test_what_cannot_be_saved_is_not_changed(cloud, kernel):
    cloud.user("lucky", ADMIN)
    _, yes = kernel.plan("%contain lucky")
    folder = os.path.join(kernel.home, ".cofferdam")
    os.rename(os.path.join(folder, "evidence"), os.path.join(folder, "evidence.away"))
    with open(os.path.join(folder, "evidence"), "w"):
        pass
    cloud.forget()
    try:
        kernel.refused(yes)
    finally:
        os.remove(os.path.join(folder, "evidence"))
        os.rename(os.path.join(folder, "evidence.away"), os.path.join(folder, "evidence"))
    assert changes(cloud) == []


@pytest.mark.fault("the disk is full before or between the intents")
@pytest.mark.parametrize("room", [0, 8000, 16000])
def test_a_full_disk_before_the_intent_changes_nothing(cloud, tmp_path, name, full_disk, room):
    """However much of it still fits: no change is sent that is not in the record, and with room again it goes on."""
    user = cloud.user(name, ADMIN)
    with Responder(tmp_path, cloud.environment()) as first:
        _, yes = first.plan("%contain " + name)
    cloud.forget()
    folder = os.path.join(tmp_path, ".cofferdam")
    with Responder(tmp_path, {**cloud.environment(), "LD_PRELOAD": str(full_disk), "ENOSPC_PATH": folder, "ENOSPC_AFTER": str(room)}) as full:
        status, text = full.run(yes)
        assert "no space left on device" in text and "configured" not in text and (room or status == "error"), text
    with Responder(tmp_path, cloud.environment()) as second:
        assert len(second.ledger("intent")) >= len(changes(cloud)) and (room or not changes(cloud)), text
        assert "configured" in second.ok(yes) and not works(cloud, user)
        assert "files of the evidence, as the entries name them" in second.ok("%record verify")


@pytest.mark.fault("throttled, and refused for a while")
def test_throttled_and_failing_for_a_while(cloud, kernel):
    user = cloud.user("patient", ADMIN)
    _, yes = kernel.plan("%contain patient")
    cloud.faults({"service": "iam", "operation": "PutUserPolicy", "kind": "throttle", "times": 2},
                 {"service": "iam", "operation": "UpdateAccessKey", "kind": "error", "code": "EntityTemporarilyUnmodifiable", "status": 409,
                  "message": "later", "times": 1})
    text = kernel.ok(yes)
    assert "Partly failed" not in text and "configured" in text and not works(cloud, user)


@pytest.mark.fault("the network is lost after a change was committed")
@pytest.mark.parametrize("operation", ["PutUserPolicy", "AttachUserPolicy", "UpdateAccessKey"])
def test_the_network_is_lost_after_a_change_was_committed(cloud, kernel, name, operation):
    user = cloud.user(name, ADMIN)
    _, yes = kernel.plan("%contain " + name)
    cloud.faults({"operation": operation, "kind": "drop"})
    cloud.forget()
    text = kernel.ok(yes)
    assert "Partly failed" not in text and "configured" in text and not works(cloud, user)
    assert sorted(changes(cloud)) == ["AttachUserPolicy", "PutUserPolicy", "TagUser", "UpdateAccessKey"], "read back, not sent again"
    results = [one["content"]["result"] for one in kernel.ledger("outcome")[-4:]]
    assert sorted(results) == ["done", "done", "done", "unknown"]


@pytest.mark.fault("the network is lost after a change was committed, for good")
def test_a_network_that_is_lost_for_good_leaves_what_can_be_gone_on_with(cloud, tmp_path, name):
    user = cloud.user(name, ADMIN)
    before = details(cloud)
    with Responder(tmp_path, cloud.environment()) as kernel:
        _, yes = kernel.plan("%contain " + name + " --alone")
        with Meanwhile(cloud, "PutUserPolicy", lambda: cloud.faults({"access_key_id": cloud.key["access_key_id"], "kind": "drop", "times": 10**6})):
            status, text = kernel.run(yes)
        assert status == "error" or "Partly" in text, text
        cloud.faults()
        text, yes = kernel.plan("%contain " + name + " --alone")
        kernel.ok(yes)
        assert not works(cloud, user)
        while details(cloud) != before:
            kernel.act("%undo --restore-access " + name)
        assert "files of the evidence, as the entries name them" in kernel.ok("%record verify")


@pytest.mark.fault("two kernels on one case")
def test_two_kernels_on_one_case_change_one_after_the_other(cloud, tmp_path):
    first, second = cloud.user("alpha", ADMIN), cloud.user("beta", ADMIN)
    with Responder(tmp_path, cloud.environment(), rate="10") as one, Responder(tmp_path, cloud.environment(), rate="10") as other:
        _, yes = one.plan("%contain alpha --alone")
        _, later = other.plan("%contain beta --alone")
        said = []
        with Meanwhile(cloud, "PutUserPolicy", lambda: said.append(other.refused(later))):
            assert "configured" in one.ok(yes)
        assert "another kernel of this case is changing things" in said[0] and not works(cloud, first) and works(cloud, second)
        assert "configured" in other.ok(later) and not works(cloud, second)
        assert "files of the evidence, as the entries name them" in one.ok("%record verify")


@pytest.mark.fault("a clock an hour off")
@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_is_an_hour_off(cloud, tmp_path, seconds):
    name = "drift%d" % abs(seconds) + ("a" if seconds > 0 else "b")
    victim, role = cloud.user(name, ADMIN), cloud.role(name, ADMIN)
    cloud.faults({"kind": "skew", "seconds": seconds})
    try:
        with Responder(tmp_path, cloud.environment()) as kernel:
            text = kernel.act("%%contain user/%s role/%s --alone" % (name, name))
    finally:
        cloud.faults({"kind": "skew", "seconds": 0})
    assert "configured" in text and not works(cloud, victim)
    denied = cloud.client("iam").get_role_policy(RoleName=role["arn"].split("/")[-1], PolicyName="ir-revoke-sessions")["PolicyDocument"]
    until = datetime.datetime.fromisoformat(denied["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"].replace("Z", "+00:00"))
    ahead = (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds() - seconds
    assert -300 < ahead < 120, "the cut-off is AWS's time, not this machine's"
