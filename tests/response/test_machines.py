"""%contain and %undo of instances: protected, preserved, cut off in every network; what cannot be is said, and nothing is cut off unpreserved."""
import base64
import hashlib
import json
import os

import pytest

import estate
from acting import Responder, changes

SECRET = "PASSWORD=swordfish"
EXPECTED = ["ModifyInstanceAttribute"] * 3 + ["CreateSnapshots"]


@pytest.fixture
def network(cloud, name):
    return estate.Network(cloud, name)


@pytest.fixture
def instance(cloud, name, network):
    return estate.machine(cloud, name, network, UserData="#!/bin/sh\n" + SECRET)


@pytest.fixture(autouse=True)
def as_at_the_beginning(cloud):
    yield
    cloud.order("machines", {})
    cloud.order("metadata", {"instance": "i-0123456789abcdef0", "mode": "required"})


def picture(cloud, instance):
    """All of an instance that undo has to bring back."""
    ec2, found = cloud.client("ec2"), estate.described(cloud, instance)
    attribute = lambda name: ec2.describe_instance_attribute(InstanceId=instance, Attribute=name)[name[0].upper() + name[1:]]
    scaling = cloud.client("autoscaling")
    members = scaling.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
    sizes = [(one["AutoScalingGroupName"], one["MinSize"], one["MaxSize"], one["DesiredCapacity"])
             for one in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]]
    balancing = cloud.client("elbv2")
    targets = {group["TargetGroupArn"]: sorted(one["Target"]["Id"] for one in balancing.describe_target_health(
        TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]) for group in balancing.describe_target_groups()["TargetGroups"]}
    return {"groups": estate.groups(cloud, instance), "termination": attribute("disableApiTermination"),
            "shutdown": attribute("instanceInitiatedShutdownBehavior"), "state": found["State"]["Name"], "targets": targets, "sizes": sizes,
            "disks": {one["DeviceName"]: one["Ebs"]["DeleteOnTermination"] for one in found["BlockDeviceMappings"]},
            "member": [(one["AutoScalingGroupName"], one["LifecycleState"]) for one in members],
            "security": sorted(one["GroupName"] for one in ec2.describe_security_groups()["SecurityGroups"])}


def snapshots(cloud, instance):
    found = cloud.client("ec2").describe_snapshots(Filters=[{"Name": "tag:ir:instance", "Values": [instance]}])["Snapshots"]
    return {one["VolumeId"]: one for one in found}


def locks(cloud, instance):
    names = [one["SnapshotId"] for one in snapshots(cloud, instance).values()]
    found = cloud.client("ec2").describe_locked_snapshots(SnapshotIds=names)["Snapshots"] if names else []
    return {one["SnapshotId"]: one["LockState"] for one in found}


def isolated(cloud, instance):
    """Whether each interface is in one group alone that allows nothing."""
    ec2 = cloud.client("ec2")
    for groups in estate.groups(cloud, instance).values():
        found = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
        if len(found) != 1 or found[0]["IpPermissions"] or found[0]["IpPermissionsEgress"]:
            return False
    return True


def test_an_instance_is_preserved_then_cut_off_in_both_its_networks_and_comes_back(cloud, kernel, instance, name, network):
    other = estate.Network(cloud, "o" + name, "10.8.0.0/16")
    estate.interface(cloud, instance, other)
    before = picture(cloud, instance)
    cloud.order("machines", {"snapshot_polls": 10**6, "late_groups": 1})
    cloud.forget()
    text, yes = kernel.plan("%contain " + instance)
    assert changes(cloud) == [] and not cloud.calls(service="ec2", operation="GetConsoleScreenshot")
    for words in ("moment between the two swaps, about 2 s", "it has 2 interfaces", "169.254.169.254", "DNS", "memory is in no snapshot",
                  "snapshots and their locks stay"):
        assert words in text
    done = kernel.ok(yes)
    assert "Partly failed" not in done and "configured, read back stable" in done
    made = changes(cloud)
    assert made[:4] == EXPECTED and made[-9:] == ["ModifyNetworkInterfaceAttribute"] * 4 + ["CreateTags"] * 5, "preserved before isolated, the swaps together"
    assert isolated(cloud, instance) and not cloud.order("machines")["rebooted"]
    assert {one["State"] for one in snapshots(cloud, instance).values()} == {"pending"}, "nothing waited for their completion"
    assert len(snapshots(cloud, instance)) == 2 and set(locks(cloud, instance).values()) == {"governance"}
    cloud.forget()
    assert "No change" in kernel.ok("%contain " + instance) and changes(cloud) == []

    assert "gives access to %s again" % instance in kernel.ok("%undo") and changes(cloud) == []
    kernel.act("%undo --restore-access " + instance)
    assert picture(cloud, instance) == before
    assert len(snapshots(cloud, instance)) == 2, "evidence stays"


def test_swaps_go_through_a_group_that_is_not_tracked(cloud, kernel, instance):
    cloud.forget()
    kernel.act("%contain " + instance)
    swaps = [call["params"]["Groups"] for call in cloud.calls(service="ec2", operation="ModifyNetworkInterfaceAttribute")]
    found = {one["GroupId"]: one for one in cloud.client("ec2").describe_security_groups()["SecurityGroups"]}
    through, into = (found[groups[0]] for groups in swaps)
    everywhere = lambda rules, key, cidr: any(r["IpProtocol"] == "-1" and cidr in [x.get("CidrIp", x.get("CidrIpv6")) for x in r[key]] for r in rules)
    for side in ("IpPermissions", "IpPermissionsEgress"):
        assert everywhere(through[side], "IpRanges", "0.0.0.0/0") and everywhere(through[side], "Ipv6Ranges", "::/0")
        assert into[side] == []
    made = sorted(call["params"]["GroupName"][:11] for call in cloud.calls(service="ec2", operation="CreateSecurityGroup"))
    assert made == ["ir-isolate-", "ir-untrack-"]


def evidence(kernel, name):
    folder = os.path.join(kernel.home, ".cofferdam", "evidence")
    found = [one for one in os.listdir(folder) if name in one]
    assert len(found) == 1, os.listdir(folder)
    path = os.path.join(folder, found[0])
    with open(path, "rb") as file:
        return path, file.read()


def test_what_it_shows_is_kept_byte_for_byte(cloud, kernel, instance):
    asked = len(kernel.messages)
    text = kernel.act("%contain " + instance)
    given = base64.b64decode(cloud.client("ec2").get_console_screenshot(InstanceId=instance)["ImageData"])
    path, kept = evidence(kernel, "console-%s.jpg" % instance)
    assert kept == given and oct(os.stat(path).st_mode & 0o777) == "0o600"
    shown = [m["data"]["image/jpeg"] for m in kernel.messages[asked:] if "image/jpeg" in m.get("data", {})]
    assert [base64.b64decode(one) for one in shown] == [given] and hashlib.sha256(given).hexdigest() in text
    path, kept = evidence(kernel, "user-data-" + instance)
    assert SECRET.encode() in kept and oct(os.stat(path).st_mode & 0o777) == "0o600"
    assert SECRET not in text and SECRET not in json.dumps(kernel.ledger()), "only its hash leaves the case folder"
    hashes = {one["content"]["what"]: one["content"]["file"]["sha256"] for one in kernel.ledger("attachment") if instance in one["content"]["of"]}
    assert hashes["user data"] == hashlib.sha256(kept).hexdigest() and hashes["picture of the console"] == hashlib.sha256(given).hexdigest()
    assert not any(call["params"].get("WakeUp") for call in cloud.calls(service="ec2", operation="GetConsoleScreenshot"))


@pytest.mark.parametrize("smallest", [1, 2])
def test_a_member_of_a_group_that_scales_stands_by(cloud, kernel, name, network, smallest):
    ids, target = estate.scaled(cloud, name, network, smallest=smallest)
    before = picture(cloud, ids[0])
    cloud.forget()
    text = kernel.act("%contain " + ids[0])
    assert "Partly failed" not in text
    now = picture(cloud, ids[0])
    assert now["member"] == [(name, "Standby")] and (name, 1, 3, 1) in now["sizes"] and now["targets"][target] == [ids[1]]
    order = changes(cloud)
    assert ("UpdateAutoScalingGroup" in order) == (smallest == 2)
    assert order.index("EnterStandby") < order.index("CreateSnapshots") < order.index("ModifyNetworkInterfaceAttribute")
    kernel.act("%undo --restore-access " + ids[0])
    assert picture(cloud, ids[0]) == before


def test_load_balancers_send_it_nothing(cloud, kernel, instance, name, network):
    balancing = cloud.client("elbv2")
    arn = balancing.create_target_group(Name=name, Protocol="TCP", Port=443, VpcId=network.vpc, TargetType="instance")["TargetGroups"][0]["TargetGroupArn"]
    balancing.register_targets(TargetGroupArn=arn, Targets=[{"Id": instance, "Port": 8443}])
    classic = cloud.client("elb")
    classic.create_load_balancer(LoadBalancerName=name, Listeners=[{"Protocol": "tcp", "LoadBalancerPort": 80, "InstancePort": 80}],
                                 Subnets=[network.subnet])
    classic.register_instances_with_load_balancer(LoadBalancerName=name, Instances=[{"InstanceId": instance}])
    ports = lambda: [one["Target"]["Port"] for one in balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]]
    behind = lambda: classic.describe_load_balancers(LoadBalancerNames=[name])["LoadBalancerDescriptions"][0]["Instances"]
    kernel.act("%contain " + instance)
    assert ports() == [] and behind() == []
    kernel.act("%undo --restore-access " + instance)
    assert ports() == [8443] and behind() == [{"InstanceId": instance}]


def test_a_spot_instance_is_not_protected_and_that_is_said(cloud, kernel, name, network):
    spot = estate.machine(cloud, name, network, InstanceMarketOptions={"MarketType": "spot"})
    cloud.forget()
    text, yes = kernel.plan("%contain " + spot)
    assert "is a Spot instance: it cannot be protected against termination" in text
    kernel.ok(yes)
    assert not [call for call in cloud.calls(operation="ModifyInstanceAttribute") if "DisableApiTermination" in call["params"]]
    assert isolated(cloud, spot)


def test_instance_stores_are_in_no_snapshot(cloud, kernel, name, network):
    disk = estate.machine(cloud, name, network, InstanceType="c5d.large")
    assert "has an instance store of 50 GB" in kernel.plan("%contain " + disk)[0]
    cloud.order("machines", {"store_roots": [disk]})
    for volume in estate.volumes(cloud, disk).values():
        cloud.client("ec2").detach_volume(VolumeId=volume, InstanceId=disk)
    cloud.forget()
    assert "no snapshot can be taken of" in kernel.refused("%contain " + disk)
    text, yes = kernel.plan("%%contain %s --no-image" % disk)
    assert "what is on the disks is not preserved" in text and "the root of %s is an instance store" % disk in text
    kernel.ok(yes)
    assert isolated(cloud, disk) and "CreateSnapshots" not in changes(cloud)


def test_a_volume_in_error_is_left_out_and_that_is_said(cloud, kernel, instance):
    root, data = estate.volumes(cloud, instance).values()
    cloud.order("machines", {"volumes": {data: "error"}})
    text, yes = kernel.plan("%contain " + instance)
    assert "volume %s (/dev/sdf) is in error" % data in text
    kernel.ok(yes)
    assert list(snapshots(cloud, instance)) == [root] and isolated(cloud, instance)


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_nothing_is_cut_off_unpreserved(cloud, kernel, instance, how):
    root, data = estate.volumes(cloud, instance).values()
    before = estate.groups(cloud, instance)
    _, yes = kernel.plan("%contain " + instance)
    if how == "refused":
        cloud.faults({"service": "ec2", "operation": "CreateSnapshots", "kind": "error", "code": "SnapshotCreationPerVolumeRateExceeded"})
    else:
        cloud.order("machines", {"snapshot_errors": {data: "the snapshot could not be written"}})
    text = kernel.ok(yes)
    assert "Partly failed" in text and "--no-image" in text, text
    assert estate.groups(cloud, instance) == before and not isolated(cloud, instance), "the run stopped"
    cloud.order("machines", {})
    cloud.faults()
    kernel.act("%%contain %s --no-image" % instance)
    assert isolated(cloud, instance)


def test_what_is_gone_or_was_never_there(cloud, kernel, instance):
    assert "has no instance i-0123456789abcdef9 in us-east-1" in kernel.refused("%contain i-0123456789abcdef9")
    assert "has no instance %s in eu-west-1" % instance in kernel.refused("%%contain %s --region eu-west-1" % instance)
    _, yes = kernel.plan("%contain " + instance)
    cloud.client("ec2").terminate_instances(InstanceIds=[instance])
    cloud.forget()
    assert "is terminated: there is nothing left to contain" in kernel.refused(yes)
    assert changes(cloud) == []


def test_an_interface_that_came_since_makes_the_plan_void(cloud, kernel, instance, network):
    _, yes = kernel.plan("%contain " + instance)
    estate.interface(cloud, instance, network)
    cloud.forget()
    assert "planned now as well: interface" in kernel.refused(yes) and changes(cloud) == []


def test_somebody_who_puts_the_groups_back_finds_them_cut_off_again(cloud, kernel, instance, network):
    nic = next(iter(estate.groups(cloud, instance)))
    kernel.act("%contain " + instance)
    cloud.client("ec2").modify_network_interface_attribute(NetworkInterfaceId=nic, Groups=[network.group])
    assert not isolated(cloud, instance)
    cloud.forget()
    kernel.act("%contain " + instance)
    assert isolated(cloud, instance) and changes(cloud) == ["ModifyNetworkInterfaceAttribute"] * 2, "nothing is made or taken twice"


def test_a_profile_is_taken_off_one_instance(cloud, kernel, name, network):
    arn = estate.profile(cloud, name)
    one = estate.machine(cloud, name, network, IamInstanceProfile={"Arn": arn})
    assert "profile/" + one in kernel.plan("%contain " + one)[0]
    kernel.act("%contain profile/" + one)
    assert "IamInstanceProfile" not in estate.described(cloud, one)
    assert "No change" in kernel.ok("%contain profile/" + one)
    kernel.act("%undo --restore-access " + one)
    assert estate.described(cloud, one)["IamInstanceProfile"]["Arn"] == arn


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kernel_that_ends_between_the_swaps_is_gone_forward_from(cloud, instance, tmp_path, when):
    before = picture(cloud, instance)
    with Responder(tmp_path, cloud.environment()) as first:
        text, yes = first.plan("%contain " + instance)
        plan = yes.split()[-1]
        cloud.faults({"service": "ec2", "operation": "ModifyNetworkInterfaceAttribute", "skip": 1, "kind": "kill", "when": when,
                      "pid": first.manager.provisioner.pid})
        first.client.execute(yes)
        cloud.calls(service="ec2", operation="ModifyNetworkInterfaceAttribute", wait=2)
    cloud.faults()
    assert isolated(cloud, instance) == (when == "after")
    with Responder(tmp_path, cloud.environment()) as second:
        cloud.forget()
        second.act("%contain " + instance) if when == "before" else second.ok("%contain " + instance)
        assert isolated(cloud, instance)
        assert "CreateSnapshots" not in changes(cloud) and "CreateSecurityGroup" not in changes(cloud), "what is there is not made again"
        second.act("%%undo %s --restore-access %s" % (plan, instance))
    assert picture(cloud, instance) == before


def test_our_group_in_use_by_others_is_left_and_that_is_said(cloud, kernel, instance, network):
    ec2 = cloud.client("ec2")
    text, yes = kernel.plan("%contain " + instance)
    plan = yes.split()[-1]
    kernel.ok(yes)
    ours = next(iter(estate.groups(cloud, instance).values()))
    other = ec2.create_network_interface(SubnetId=network.subnet, Groups=ours)["NetworkInterface"]["NetworkInterfaceId"]
    back = "%%undo %s --restore-access %s" % (plan, instance)
    text = kernel.act(back)
    assert "Partly failed" in text and "DependencyViolation" in text
    assert list(estate.groups(cloud, instance).values()) == [[network.group]], "the machine has its groups again"
    ec2.delete_network_interface(NetworkInterfaceId=other)
    assert "Partly failed" not in kernel.act(back)
    assert not [one for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"].endswith(instance)]


def swaps(cloud):
    """Statuses of the swaps, by the kind of group."""
    names = {one["GroupId"]: one["GroupName"].split("-")[1] for one in cloud.client("ec2").describe_security_groups()["SecurityGroups"]
             if one["GroupName"].startswith("ir-")}
    return [(names[call["params"]["Groups"][0]], call["status"]) for call in cloud.calls(service="ec2", operation="ModifyNetworkInterfaceAttribute")]


def test_a_swap_that_is_refused_for_now_is_asked_for_again_before_the_second(cloud, kernel, instance):
    cloud.order("machines", {"late_groups": 2})
    cloud.forget()
    assert "Partly failed" not in kernel.act("%contain " + instance)
    assert swaps(cloud) == [("untrack", 400)] * 2 + [("untrack", 200), ("isolate", 200)]


def test_a_swap_that_is_left_out_is_not_called_done(cloud, kernel, instance):
    cloud.faults({"service": "ec2", "operation": "ModifyNetworkInterfaceAttribute", "kind": "error", "code": "InvalidGroup.NotFound", "times": 31})
    text = kernel.act("%contain " + instance)
    assert isolated(cloud, instance) and "Partly failed: 1 of" in text and "connections that were open may live on" in text


@pytest.mark.parametrize("operation, made", [("RevokeSecurityGroupEgress", []), ("ModifyNetworkInterfaceAttribute", ["untrack", "isolate"])])
def test_a_stop_comes_before_both_swaps_or_after_both(cloud, kernel, instance, operation, made):
    _, yes = kernel.plan("%contain " + instance)
    cloud.forget()
    cloud.faults({"service": "ec2", "operation": operation, "kind": "slow", "ms": 2000})
    asked = kernel.client.execute(yes)
    while cloud.order("faults")["faults"]:  # until the slow call is under way
        pass
    kernel.manager.interrupt_kernel()
    while kernel.client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") != asked:
        pass
    assert [kind for kind, _ in swaps(cloud)] == made and isolated(cloud, instance) == bool(made)
