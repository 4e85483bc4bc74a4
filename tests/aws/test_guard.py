"""The guard against the double of AWS: what passes, what does not, what is in the ledger before and after, killed at any step."""
import hashlib
import json
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

PROGRAM = os.path.join(os.environ.get("BUILD", "build"), "tests/unit/case/test_guard")
DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        made.user("mallory")
        made.user("eve")
        yield made


@pytest.fixture(autouse=True)
def fresh(cloud):
    cloud.faults()
    cloud.forget()


class Desk:
    """One kernel's guard, asked step by step."""
    def __init__(self, cloud, folder, key=None):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
        self.process = subprocess.Popen([PROGRAM, "steps"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**kept, **cloud.environment(key), "TEST_FOLDER": str(folder)})

    def __call__(self, do, **more):
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.code = self.process.wait(timeout=30)
        self.process.stdout.close()


def policy(user="mallory", document=DENY):
    return {"UserName": user, "PolicyName": "quarantine", "PolicyDocument": document}


def put(**more):
    return {"op": "iam:PutUserPolicy", "params": policy(**more)}


def entries(folder, kind=None):
    with open(os.path.join(folder, "ledger.jsonl")) as lines:
        found = [json.loads(line) for line in lines]
    return [e for e in found if kind in (None, e["kind"])]


def ready(desk):
    for step in ("verify", "basis", "hold"):
        assert desk(step)["ok"]


def test_an_intent_lets_one_call_through(cloud, tmp_path):
    with Desk(cloud, tmp_path) as desk:
        assert "no intent allows it" in desk("call", **put())["error"]
        ready(desk)
        assert desk("open", intents=[put()])["ok"]
        assert [e["content"]["op"] for e in entries(tmp_path, "intent")] == ["iam:PutUserPolicy"], "on the disk before it is sent"
        assert not cloud.calls(operation="PutUserPolicy")
        assert desk("call", **put())["ok"]
        assert "no intent allows it" in desk("call", **put())["error"], "each is usable once"
        assert len(cloud.calls(operation="PutUserPolicy")) == 1
    intent, = entries(tmp_path, "intent")
    outcome, = entries(tmp_path, "outcome")
    assert outcome["content"]["intent"] == intent["seq"] and outcome["content"]["result"] == "done"
    assert outcome["content"]["request_id"] and outcome["server"] and outcome["content"]["status"] == 200
    assert intent["content"]["params_sha256"] == hashlib.sha256(
        json.dumps(policy(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert intent["content"]["caller"]["arn"].endswith(":user/analyst") and intent["content"]["step"] == "deny"
    assert [intent["content"][k] for k in ("plan", "approval", "saved")] == [e["seq"] for k in ("plan", "approval", "saved")
                                                                            for e in entries(tmp_path, k)]


@pytest.mark.parametrize("other", [{"op": "iam:DeleteUserPolicy", "params": {"UserName": "mallory", "PolicyName": "quarantine"}},
                                   put(user="eve"), put(document=DENY.replace("Deny", "Allow")), {**put(), "region": "eu-west-1"},
                                   {"op": "iam:PutUserPolicy", "params": {**policy(), "DryRun": True}}])
def test_another_call_does_not_pass(cloud, tmp_path, other):
    with Desk(cloud, tmp_path) as desk:
        ready(desk)
        assert desk("open", intents=[put()])["ok"]
        said = desk("call", **other)
        assert said["kind"] == "RefusedError" and not said["ok"]
    assert not cloud.calls(operation="PutUserPolicy") and not cloud.calls(operation="DeleteUserPolicy")


def test_another_caller_does_not_pass(cloud, tmp_path):
    """The intent was opened as the analyst; the credentials that sign then belong to somebody else, or to nobody verified."""
    with Desk(cloud, tmp_path) as desk:
        assert desk("basis")["ok"] and desk("hold")["ok"]
        assert "names no region or caller" in desk("open", intents=[put()])["error"]
        assert desk("call", **put())["kind"] == "RefusedError"
    assert not cloud.calls(operation="PutUserPolicy")


def test_what_it_stands_on_belongs_together(cloud, tmp_path):
    with Desk(cloud, tmp_path) as desk:
        assert desk("verify")["ok"] and desk("hold")["ok"]
        assert "the ledger has no entry 0" in desk("open", intents=[put()])["error"]
        assert desk("basis", other=-1)["ok"]
        assert "is no approval of the plan" in desk("open", intents=[put()])["error"]
        assert desk("basis")["ok"] and desk("release")["ok"]
        assert "without the lock" in desk("open", intents=[put()])["error"]
    assert not entries(tmp_path, "intent")


def test_dry_runs_pass_where_the_model_has_them(cloud, tmp_path):
    stop = {"InstanceId": ["i-0123456789abcdef0"]}
    with Desk(cloud, tmp_path) as desk:
        assert desk("call", op="ec2:StopInstances", params=stop)["kind"] == "RefusedError"
        assert desk("call", op="ec2:StopInstances", params={**stop, "DryRun": False})["kind"] == "RefusedError"
        assert desk("call", op="ec2:StopInstances", params={**stop, "DryRun": "true"})["kind"] == "RefusedError"
        assert desk("call", op="ec2:DisassociateIamInstanceProfile", params={"AssociationId": "x", "DryRun": True})["kind"] == "RefusedError"
        assert not cloud.calls(service="ec2")
        assert desk("call", op="ec2:StopInstances", params={**stop, "DryRun": True})["kind"] == "AwsError"
    assert [c["operation"] for c in cloud.calls(service="ec2")] == ["StopInstances"]
    assert not os.path.exists(os.path.join(tmp_path, "ledger.jsonl")), "a trial leaves no trace in the record"


def test_refused_and_unknown_are_told_apart(cloud, tmp_path):
    with Desk(cloud, tmp_path) as desk:
        ready(desk)
        assert desk("open", intents=[put(user="nobody"), put(), put(user="eve")])["ok"]
        assert desk("call", **put(user="nobody"))["code"] == "NoSuchEntity"
        cloud.faults({"service": "iam", "operation": "PutUserPolicy", "kind": "drop", "times": 1})
        assert not desk("call", **put())["ok"]
        assert len([c for c in cloud.calls(operation="PutUserPolicy") if c["status"] != 404]) == 1, "not sent again over another connection"
        cloud.faults({"service": "iam", "operation": "PutUserPolicy", "kind": "slow", "ms": 3000})
        assert desk("call", **put(user="eve"), give_up=True, steps=6)["ok"]
        cloud.faults()
        own = desk("unsettled")["list"]
        assert [u["content"]["params"]["UserName"] for u in own] == ["mallory", "eve"], "what is over, and nobody knows how"
    assert [e["content"]["result"] for e in entries(tmp_path, "outcome")] == ["refused", "unknown", "unknown"]


def test_a_killed_kernel_leaves_what_it_intended(cloud, tmp_path):
    with Desk(cloud, tmp_path) as desk:
        ready(desk)
        assert desk("open", intents=[put(), put(user="eve")])["ok"]
        assert desk("call", **put())["ok"]
        assert desk("die") is None
    assert desk.code == -9
    with Desk(cloud, tmp_path) as desk:
        assert desk("hold")["ok"], "the lock ended with the process"
        left, = desk("unsettled")["list"]
        assert left["content"]["params"]["UserName"] == "eve" and left["outcome"] is None
        assert desk("settle", seq=left["seq"])["ok"]
        assert desk("unsettled")["list"] == []
    assert entries(tmp_path, "settled")[0]["content"] == {"intent": left["seq"], "found": "not done", "about": {"read": "nothing is there"}}


def test_one_kernel_changes_things_at_a_time(cloud, tmp_path):
    with Desk(cloud, tmp_path) as one, Desk(cloud, tmp_path) as two:
        assert one("hold", what="%contain user mallory")["ok"]
        said = two("hold", what="%undo")
        assert said["kind"] == "UnavailableError"
        assert "%contain user mallory" in said["error"] and str(one.process.pid) in said["error"] and "test.ipynb" in said["error"]
        assert two("verify")["ok"] and two("basis")["ok"], "the record is open to both"
        assert one("release")["ok"] and two("hold")["ok"]


def test_a_full_disk_changes_nothing(cloud, tmp_path):
    with Desk(cloud, tmp_path) as desk:
        ready(desk)
        assert desk("disk", full=True)["ok"]
        said = desk("open", intents=[put()])
        assert not said["ok"] and "ledger" in said["error"]
        assert desk("call", **put())["kind"] == "RefusedError"
        assert not cloud.calls(operation="PutUserPolicy")
        assert desk("disk", full=False)["ok"] and desk("open", intents=[put()])["ok"]
        assert desk("disk", full=True)["ok"]
        assert desk("call", **put())["ok"], "it is done, and cannot be written down now"
        assert not desk("drop")["ok"]
        assert desk("disk", full=False)["ok"] and desk("drop")["ok"]
    assert [e["content"]["result"] for e in entries(tmp_path, "outcome")] == ["done"]
    assert not entries(tmp_path, "torn")


def test_a_token_is_made_before_the_intent_is_written(cloud, tmp_path):
    """So that a kernel that comes after a crash can send the same call again, which AWS then does once."""
    copy = {"op": "ec2:CopyImage", "params": {"SourceImageId": "ami-0123456789abcdef0", "SourceRegion": "us-east-1", "Name": "x"}}
    with Desk(cloud, tmp_path) as desk:
        ready(desk)
        assert desk("open", intents=[copy])["ok"]
        token = entries(tmp_path, "intent")[0]["content"]["params"]["ClientToken"]
        assert len(token) == 36
        assert desk("call", **copy)["kind"] == "RefusedError", "without the token it is another call"
        assert desk("call", op="ec2:CopyImage", intent=0)["kind"] != "RefusedError"
