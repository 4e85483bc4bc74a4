"""Instances, interfaces, snapshots and groups that scale, where AWS is stricter than moto."""
import base64

import pytest

import estate
from asking import refused


@pytest.fixture
def ec2(cloud):
    yield cloud.client("ec2")
    cloud.order("machines", {})


@pytest.fixture
def network(cloud, name):
    return estate.Network(cloud, name)


@pytest.fixture
def instance(cloud, name, network):
    return estate.machine(cloud, name, network)


def snapshots(ec2, made):
    return {one["VolumeId"]: one for one in ec2.describe_snapshots(SnapshotIds=[one["SnapshotId"] for one in made])["Snapshots"]}


def take(ec2, instance, **more):
    return ec2.create_snapshots(InstanceSpecification={"InstanceId": instance, **more.pop("spec", {})}, **more)["Snapshots"]


def test_snapshots_are_pending_and_end_one_way_or_the_other(cloud, ec2, instance):
    root, data = estate.volumes(cloud, instance).values()
    ec2.create_tags(Resources=[data], Tags=[{"Key": "tier", "Value": "db"}])
    cloud.order("machines", {"snapshot_polls": 2, "snapshot_errors": {data: "the volume's snapshot could not be written"}})
    made = take(ec2, instance, CopyTagsFromSource="volume", TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "ir:case", "Value": "7"}]}])
    assert [one["State"] for one in made] == ["pending", "pending"] and {one["VolumeId"] for one in made} == {root, data}
    assert [one["State"] for one in snapshots(ec2, made).values()] == ["pending"] * 2
    assert snapshots(ec2, made)[root]["Progress"] != "100%"
    over = snapshots(ec2, made)
    assert over[root]["State"] == "completed" and over[root]["Progress"] == "100%" and over[data]["State"] == "error"
    assert over[data]["StateMessage"] == "the volume's snapshot could not be written"
    assert {"Key": "tier", "Value": "db"} in over[data]["Tags"] and {"Key": "ir:case", "Value": "7"} in over[root]["Tags"]


def test_which_volumes_are_taken_and_which_cannot_be(cloud, ec2, instance):
    root, data = estate.volumes(cloud, instance).values()
    assert [one["VolumeId"] for one in take(ec2, instance, spec={"ExcludeBootVolume": True})] == [data]
    assert [one["VolumeId"] for one in take(ec2, instance, spec={"ExcludeDataVolumeIds": [data]})] == [root]
    with refused("InvalidParameterValue"):
        take(ec2, instance, spec={"ExcludeBootVolume": True, "ExcludeDataVolumeIds": [data]})
    with refused("DryRunOperation", status=412):
        take(ec2, instance, DryRun=True)
    cloud.order("machines", {"volumes": {data: "error"}})
    assert ec2.describe_volumes(VolumeIds=[data])["Volumes"][0]["State"] == "error"
    with refused("IncorrectState"):
        take(ec2, instance)
    with refused("IncorrectState"):
        ec2.create_snapshot(VolumeId=data)
    ec2.terminate_instances(InstanceIds=[instance])
    with refused("IncorrectInstanceState"):
        take(ec2, instance)
    with refused("InvalidInstanceID.NotFound"):
        take(ec2, "i-0123456789abcdef0")


def test_an_encrypted_snapshot_is_shared_only_under_a_key_of_the_customer(cloud, ec2, name, network):
    key = estate.key_for(cloud)
    one = estate.machine(cloud, name, network, [estate.disk("/dev/sda1", key=key), estate.disk("/dev/sdf", encrypted=True)])
    root, data = estate.volumes(cloud, one).values()
    made = snapshots(ec2, take(ec2, one))
    assert made[root]["KmsKeyId"] == key and made[data]["Encrypted"] and made[data]["KmsKeyId"] != key
    assert cloud.client("kms").describe_key(KeyId=made[data]["KmsKeyId"])["KeyMetadata"]["KeyManager"] == "AWS"
    share = lambda snapshot: ec2.modify_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add",
                                                           UserIds=["999999999999"])
    share(made[root]["SnapshotId"])
    with refused("OperationNotPermitted", words="default key"):
        share(made[data]["SnapshotId"])
    with refused("OperationNotPermitted"):
        ec2.modify_snapshot_attribute(SnapshotId=made[root]["SnapshotId"], OperationType="add", GroupNames=["all"])
    copy = ec2.copy_snapshot(SourceSnapshotId=made[data]["SnapshotId"], SourceRegion="us-east-1", Encrypted=True, KmsKeyId=key)["SnapshotId"]
    assert ec2.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]["KmsKeyId"] == key
    share(copy)
    found = ec2.describe_snapshot_attribute(SnapshotId=copy, Attribute="createVolumePermission")["CreateVolumePermissions"]
    assert found == [{"UserId": "999999999999"}]


def test_what_is_not_complete_is_not_copied(cloud, ec2, instance):
    cloud.order("machines", {"snapshot_polls": 1})
    made = take(ec2, instance)[0]["SnapshotId"]
    with refused("IncorrectState"):
        ec2.copy_snapshot(SourceSnapshotId=made, SourceRegion="us-east-1")
    with refused("InvalidSnapshot.NotFound"):
        ec2.copy_snapshot(SourceSnapshotId="snap-0123456789abcdef0", SourceRegion="us-east-1")


def test_an_image_reboots_unless_it_is_told_not_to(cloud, ec2, instance, name):
    cloud.order("machines", {"snapshot_polls": 1})
    quiet = ec2.create_image(InstanceId=instance, Name="q" + name, NoReboot=True)["ImageId"]
    assert cloud.order("machines")["rebooted"] == []
    state = lambda: ec2.describe_images(ImageIds=[quiet])["Images"][0]["State"]
    assert state() == "pending"
    with refused("InvalidAMIID.Unavailable"):
        ec2.modify_image_attribute(ImageId=quiet, LaunchPermission={"Add": [{"UserId": "999999999999"}]})
    ec2.describe_snapshots()
    ec2.describe_snapshots()
    assert state() == "available"
    ec2.create_image(InstanceId=instance, Name="r" + name)
    assert cloud.order("machines")["rebooted"] == [instance]
    cloud.order("machines", {"store_roots": [instance]})
    assert estate.described(cloud, instance)["RootDeviceType"] == "instance-store"
    with refused("InvalidParameterValue"):
        ec2.create_image(InstanceId=instance, Name="s" + name, NoReboot=True)


def attribute(ec2, instance, name):
    found = ec2.describe_instance_attribute(InstanceId=instance, Attribute=name)
    return found[name[0].upper() + name[1:]]["Value"]


def test_one_attribute_at_a_time_and_each_is_kept(cloud, ec2, instance):
    change = lambda **what: ec2.modify_instance_attribute(InstanceId=instance, **what)
    with refused("InvalidParameterCombination"):
        change(DisableApiTermination={"Value": True}, DisableApiStop={"Value": True})
    with refused("DryRunOperation"):
        change(DisableApiTermination={"Value": True}, DryRun=True)
    assert attribute(ec2, instance, "disableApiTermination") is False
    change(DisableApiTermination={"Value": True})
    change(InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    change(BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False}}])
    assert attribute(ec2, instance, "disableApiTermination") and attribute(ec2, instance, "instanceInitiatedShutdownBehavior") == "terminate"
    ends = {one["DeviceName"]: one["Ebs"]["DeleteOnTermination"] for one in estate.described(cloud, instance)["BlockDeviceMappings"]}
    assert ends == {"/dev/sda1": True, "/dev/sdf": False}
    with refused("InvalidInstanceAttributeValue"):
        change(BlockDeviceMappings=[{"DeviceName": "/dev/none", "Ebs": {"DeleteOnTermination": False}}])
    change(UserData={"Value": b"#!/bin/sh"})
    assert base64.b64decode(attribute(ec2, instance, "userData")) == b"#!/bin/sh"
    with refused("OperationNotPermitted"):
        ec2.terminate_instances(InstanceIds=[instance])


def test_a_spot_instance_cannot_be_protected(cloud, ec2, name, network):
    spot = estate.machine(cloud, name, network, InstanceMarketOptions={"MarketType": "spot"})
    assert estate.described(cloud, spot)["InstanceLifecycle"] == "spot"
    with refused("UnsupportedOperation"):
        ec2.modify_instance_attribute(InstanceId=spot, DisableApiTermination={"Value": True})


def test_groups_belong_to_an_interface_and_its_network(cloud, ec2, instance, name, network):
    other = estate.Network(cloud, "o" + name, "10.8.0.0/16")
    second = estate.interface(cloud, instance, other)
    first = next(one for one in estate.groups(cloud, instance) if one != second)
    change = lambda nic, *groups: ec2.modify_network_interface_attribute(NetworkInterfaceId=nic, Groups=list(groups))
    fresh = ec2.create_security_group(GroupName="x" + name, Description="x", VpcId=other.vpc)["GroupId"]
    with refused("InvalidGroup.NotFound", words="different networks"):
        change(first, fresh)
    with refused("InvalidInstanceID", words="multiple interfaces"):
        ec2.modify_instance_attribute(InstanceId=instance, Groups=[network.group])
    cloud.order("machines", {"late_groups": 1})
    with refused("InvalidGroup.NotFound"):
        change(second, fresh)
    change(second, fresh)
    assert estate.groups(cloud, instance) == {first: [network.group], second: [fresh]}
    assert [one["GroupId"] for one in estate.described(cloud, instance)["SecurityGroups"]] == [network.group], "those of the first interface"
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=fresh)
    change(second, other.group)
    ec2.delete_security_group(GroupId=fresh)


def test_a_replaced_profile_has_an_association_of_its_own(cloud, ec2, name, network):
    one = estate.machine(cloud, name, network, IamInstanceProfile={"Arn": estate.profile(cloud, name)})
    other = estate.profile(cloud, "o" + name)
    found = lambda: ec2.describe_iam_instance_profile_associations(Filters=[{"Name": "instance-id", "Values": [one]}])["IamInstanceProfileAssociations"]
    old = found()[0]["AssociationId"]
    new = ec2.replace_iam_instance_profile_association(AssociationId=old, IamInstanceProfile={"Arn": other})["IamInstanceProfileAssociation"]
    assert found()[0]["AssociationId"] == new["AssociationId"] != old and found()[0]["IamInstanceProfile"]["Arn"] == other
    assert estate.described(cloud, one)["IamInstanceProfile"]["Arn"] == other


def test_standby_keeps_to_the_sizes_and_leaves_the_balancer(cloud, name, network):
    ids, target = estate.scaled(cloud, name, network)
    scaling, balancing = cloud.client("autoscaling"), cloud.client("elbv2")
    enter = lambda: scaling.enter_standby(AutoScalingGroupName=name, InstanceIds=ids[:1], ShouldDecrementDesiredCapacity=True)
    targets = lambda: {one["Target"]["Id"] for one in balancing.describe_target_health(TargetGroupArn=target)["TargetHealthDescriptions"]}
    state = lambda: scaling.describe_auto_scaling_instances(InstanceIds=ids[:1])["AutoScalingInstances"][0]["LifecycleState"]
    with refused("ValidationError", words="min-size=2"):
        enter()
    scaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=1)
    assert state() == "InService" and targets() == set(ids)
    enter()
    assert state() == "Standby" and targets() == set(ids[1:])
    group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    assert group["DesiredCapacity"] == 1 and len(group["Instances"]) == 2
    with refused("ValidationError"):
        enter()
    scaling.exit_standby(AutoScalingGroupName=name, InstanceIds=ids[:1])
    assert state() == "InService" and targets() == set(ids)
    with refused("ValidationError"):
        scaling.exit_standby(AutoScalingGroupName="none", InstanceIds=ids[:1])
