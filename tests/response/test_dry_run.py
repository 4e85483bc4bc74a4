"""--dry-run tries the permissions of a plan and changes nothing: DryRun where the call has it, else a simulation of the caller's own policies."""
import json

import pytest

import estate
from acting import ADMIN, Responder, changes, details, key_of

READING = ["iam:Get*", "iam:List*", "iam:Simulate*", "cloudtrail:*", "ec2:Describe*", "ec2:GetConsole*", "s3:Get*", "s3:List*", "autoscaling:Describe*",
           "elasticloadbalancing:Describe*", "organizations:Describe*", "organizations:List*"]


def rights(*actions, resource="*"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": READING, "Resource": "*"},
                                                   {"Effect": "Allow", "Action": list(actions), "Resource": resource}]}


def verdicts(text):
    """Operation to what was found of its permission; an operation may stand there several times."""
    lines = text.split("Permissions\n")[-1].split("\n")
    widths = [len(dashes) for dashes in lines[1].split("  ")]
    found = {}
    for line in lines[2:]:
        cells, at = [], 0
        for width in widths:
            cells.append(line[at:at + width].strip())
            at += width + 2
        if len(cells) == 5 and ":" in cells[3]:
            found.setdefault(cells[3], set()).add((cells[1], cells[2]))
    return found


def dry(cloud, tmp_path, cell, *policies, key=None):
    with Responder(tmp_path, cloud.environment(key or cloud.user("limited-" + tmp_path.name[-20:], *policies))) as kernel:
        cloud.forget()
        before = details(cloud)
        text = kernel.ok(cell)
        assert details(cloud) == before and kernel.ledger("intent") == [] and kernel.ledger("approval") == []
        return text


def test_calls_of_iam_are_simulated_one_by_one(cloud, tmp_path, name):
    cloud.user(name, ADMIN)
    text = dry(cloud, tmp_path, "%contain " + name + " --dry-run --alone", rights("iam:PutUserPolicy", "iam:UpdateAccessKey"))
    assert "2 calls allowed, 2 denied, 0 could not be tried" in text
    assert verdicts(text) == {"iam:PutUserPolicy": {("allowed", "simulation")}, "iam:UpdateAccessKey": {("allowed", "simulation")},
                              "iam:AttachUserPolicy": {("denied", "simulation")}, "iam:TagUser": {("denied", "simulation")}}
    asked = cloud.calls(operation="SimulatePrincipalPolicy")
    assert len(asked) == 1 and name in json.dumps(asked[0]["params"]["ResourceArns"]), "of this user, all actions at once"


def test_what_is_allowed_on_another_user_is_denied_on_this_one(cloud, tmp_path, name):
    cloud.user(name, ADMIN)
    other = rights("iam:*User*", "iam:UpdateAccessKey", resource="arn:aws:iam::*:user/other")
    assert "0 calls allowed, 4 denied" in dry(cloud, tmp_path, "%contain " + name + " --dry-run --alone", other)


def test_without_the_permission_to_simulate_it_is_said(cloud, tmp_path, name):
    cloud.user(name, ADMIN)
    reading = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"}]}
    text = dry(cloud, tmp_path, "%contain " + name + " --dry-run --alone", reading)
    assert "0 calls allowed, 0 denied, 4 could not be tried" in text and "SimulatePrincipalPolicy" in text


@pytest.mark.parametrize("allowed", [True, False])
def test_calls_of_ec2_are_sent_as_dry_runs(cloud, tmp_path, name, allowed):
    network = estate.Network(cloud, name)
    instance = estate.machine(cloud, name, network)
    before = (estate.groups(cloud, instance), estate.described(cloud, instance))
    policy = rights(*(["ec2:*", "iam:*"] if allowed else ["s3:GetObject"]))
    text = dry(cloud, tmp_path, "%contain " + instance + " --dry-run --alone", policy)
    found, word = verdicts(text), "allowed" if allowed else "denied"
    for one in ("ec2:ModifyInstanceAttribute", "ec2:CreateSnapshots", "ec2:CreateSecurityGroup"):
        assert found[one] == {(word, "DryRun")}, text
    assert {verdict for verdict, _ in found["ec2:ModifyNetworkInterfaceAttribute"]} == {word}, "the group does not exist yet: it is simulated"
    assert all(call["params"].get("DryRun") for call in cloud.calls(service="ec2") if not call["operation"].startswith(("Describe", "Get")))
    assert (estate.groups(cloud, instance), estate.described(cloud, instance)) == before
    assert cloud.client("ec2").describe_snapshots(Filters=[{"Name": "tag:ir:instance", "Values": [instance]}])["Snapshots"] == []


def test_a_session_is_simulated_as_its_role(cloud, tmp_path, name):
    cloud.user(name, ADMIN)
    role = cloud.role("dry-" + name, rights("iam:PutUserPolicy"), trust="arn:aws:iam::%s:root" % cloud.account)
    session = key_of(cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName="ir")["Credentials"])
    text = dry(cloud, tmp_path, "%contain " + name + " --dry-run --alone", key=session)
    assert verdicts(text)["iam:PutUserPolicy"] == {("allowed", "simulation")} and verdicts(text)["iam:AttachUserPolicy"] == {("denied", "simulation")}


def test_an_instance_that_is_preserved_is_tried_too(cloud, kernel, name):
    instance = estate.machine(cloud, name, estate.Network(cloud, name))
    cloud.forget()
    text = kernel.ok("%ami-snapshot " + instance + " --dry-run")
    assert verdicts(text)["ec2:CreateSnapshots"] == {("allowed", "DryRun")} and "0 denied" in text
    assert not [one for one in changes(cloud, service="ec2") if one != "CreateSnapshots" and not one.startswith(("Modify", "Lock", "Create"))]
    assert all(call["params"].get("DryRun") for call in cloud.calls(service="ec2") if not call["operation"].startswith(("Describe", "Get")))
