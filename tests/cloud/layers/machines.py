"""EC2's instances, interfaces and snapshots where moto is kinder than AWS: what takes its time, what is refused, what cannot be shared."""
from moto.core.types import Base64EncodedString
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot, Volume
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.utils import random_iam_instance_profile_association_id
from moto.kms.models import kms_backends

from .blocks import dry_run
from .identity import account_of
from .world import CloudError, after, before, control, operation, world

DEFAULTS = {"snapshot_polls": 0, "snapshot_errors": {}, "volumes": {}, "late_groups": 0, "store_roots": [], "rebooted": [], "complete": False}
VALUES = ("DisableApiTermination", "DisableApiStop", "InstanceInitiatedShutdownBehavior", "UserData", "SourceDestCheck", "EbsOptimized",
          "InstanceType", "Groups", "BlockDeviceMappings")
SHARED_NETWORK = "You have specified two resources that belong to different networks."


def settings():
    return world.of("machines", lambda: {key: type(value)(value) for key, value in DEFAULTS.items()})


@control("machines")
def order(given):
    """POST what shall be otherwise, {} as at the beginning; GET what is and which instances were rebooted."""
    if given == {}:
        settings().update({key: type(value)(value) for key, value in DEFAULTS.items()})
    elif given:
        unknown = set(given) - set(DEFAULTS)
        if unknown:
            raise CloudError("BadControl", "no such setting: " + ", ".join(unknown), 400)
        settings().update(given)
    return settings()


def compute(call):
    return ec2_backends[account_of(call)][call.region]


def instance_of(call, name):
    found = [one for reservation in compute(call).reservations.values() for one in reservation.instances if one.id == name]
    if not found:
        raise CloudError("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist" % name, 400)
    return found[0]


def group_of(call, name):
    found = compute(call).get_security_group_from_id(name)
    if not found:
        raise CloudError("InvalidGroup.NotFound", "The security group '%s' does not exist" % name, 400)
    return found


def interfaces_of(call, instance):
    return [one for one in compute(call).enis.values() if one.instance is instance]


def alive(instance):
    if instance.state in ("terminated", "shutting-down"):
        raise CloudError("IncorrectInstanceState", "The instance '%s' is not in a state in which this is possible: %s" % (instance.id, instance.state), 400)
    return instance


# ---- volumes and snapshots --------------------------------------------------------------------------------------------

Volume.status = property(lambda self: settings()["volumes"].get(self.id) or ("in-use" if self.attachment else "available"))
Snapshot.state = property(lambda self: self.status)
Snapshot.state_message = property(lambda self: getattr(self, "said", None))
Snapshot.progress = property(lambda self: {"completed": "100%", "error": "0%"}.get(self.status, "%d%%" % (99 // (1 + self.polls))))


def make_snapshot(self, *args, **more):
    """A snapshot of EBS is pending at first and has its volume's key."""
    found = made_by_moto(self, *args, **more)
    found.kms_key_id = found.volume.kms_key_id
    return pending(found)


def pending(snapshot):
    snapshot.polls = settings()["snapshot_polls"]
    snapshot.status = "pending" if snapshot.polls or snapshot.volume.id in settings()["snapshot_errors"] else "completed"
    return snapshot


made_by_moto, EBSBackend.create_snapshot = EBSBackend.create_snapshot, make_snapshot


def default_key_of_aws(self):
    """moto makes the account's key for EBS as if it were the customer's."""
    arn = key_by_moto(self)
    kms_backends[self.account_id][self.region_name].describe_key(arn).key_manager = "AWS"
    return arn


key_by_moto, EBSBackend._create_default_encryption_key = EBSBackend._create_default_encryption_key, default_key_of_aws


@before
def snapshots_go_on(call):
    """Each look at a snapshot brings it nearer to its end."""
    if (call.service, call.operation) != ("ec2", "DescribeSnapshots"):
        return
    wanted = call.params.get("SnapshotIds")
    for one in list(compute(call).snapshots.values()):
        if one.status != "pending" or (wanted and one.id not in wanted):
            continue
        if one.polls and not settings()["complete"]:
            one.polls -= 1
            continue
        said = settings()["snapshot_errors"].get(one.volume.id)
        one.status, one.said = ("error", said) if said else ("completed", None)


def may_be_copied(volume):
    if volume.status in ("error", "creating", "deleted"):
        raise CloudError("IncorrectState", "Volume '%s' is in the '%s' state" % (volume.id, volume.status), 400)


@operation("ec2", "CreateSnapshots")
def create_snapshots(call):
    """All volumes of an instance at one instant, or none."""
    given = call.params["InstanceSpecification"]
    instance, left_out = alive(instance_of(call, given.get("InstanceId"))), given.get("ExcludeDataVolumeIds") or []
    mapped = [(device, one.volume_id) for device, one in instance.block_device_mapping.items() if getattr(one, "volume_id", None)]
    chosen = [volume for device, volume in mapped if volume not in left_out and not (given.get("ExcludeBootVolume")
                                                                                     and device == instance.root_device_name)]
    if not chosen:
        raise CloudError("InvalidParameterValue", "The instance '%s' has no EBS volumes to take snapshots of" % instance.id, 400)
    for volume in chosen:
        may_be_copied(compute(call).get_volume(volume))
    dry_run(call)
    tags = {tag["Key"]: tag["Value"] for one in call.params.get("TagSpecifications") or [] for tag in one.get("Tags") or []}
    made = [compute(call).create_snapshot(volume, call.params.get("Description") or "") for volume in chosen]
    for one in made:
        if call.params.get("CopyTagsFromSource") == "volume":
            one.add_tags({tag["key"]: tag["value"] for tag in one.volume.get_tags()})
        one.add_tags(tags)
    return {"Snapshots": [{"SnapshotId": one.id, "VolumeId": one.volume.id, "VolumeSize": one.volume.size, "State": one.status,
                           "StartTime": one.start_time, "Progress": one.progress, "OwnerId": one.owner_id, "Encrypted": one.encrypted,
                           "Description": one.description, "Tags": one.tag_set} for one in made]}


@before
def one_volume(call):
    if (call.service, call.operation) == ("ec2", "CreateSnapshot") and call.params.get("VolumeId") in compute(call).volumes:
        may_be_copied(compute(call).volumes[call.params["VolumeId"]])


@operation("ec2", "CopySnapshot")
def copy_snapshot(call):
    given = call.params
    source = ec2_backends[account_of(call)][given["SourceRegion"]].snapshots.get(given["SourceSnapshotId"])
    if not source:
        raise CloudError("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist." % given["SourceSnapshotId"], 400)
    if source.status != "completed":
        raise CloudError("IncorrectState", "The snapshot '%s' is not completed" % source.id, 400)
    if given.get("KmsKeyId") and not given.get("Encrypted") and not source.encrypted:
        raise CloudError("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.", 400)
    key = key_arn(call, given["KmsKeyId"]) if given.get("KmsKeyId") else None
    dry_run(call)
    made = compute(call).copy_snapshot(source.id, given["SourceRegion"], given.get("Description") or "", key)
    made.kms_key_id, made.encrypted = key or source.kms_key_id, bool(key or source.encrypted or given.get("Encrypted"))
    made.add_tags({tag["Key"]: tag["Value"] for one in given.get("TagSpecifications") or [] for tag in one.get("Tags") or []})
    return {"SnapshotId": pending(made).id, "Tags": made.tag_set}


def key_arn(call, name):
    try:
        return kms_backends[account_of(call)][call.region].describe_key(name).arn
    except Exception:
        raise CloudError("InvalidKmsKey.InvalidState", "The KMS key '%s' does not exist or cannot be used" % name, 400) from None


def default_key(call):
    return compute(call).default_kms_key_id


@before
def what_cannot_be_shared(call):
    given = call.params
    if (call.service, call.operation) == ("ec2", "ModifySnapshotAttribute") and given.get("OperationType") == "add":
        found = compute(call).snapshots.get(given.get("SnapshotId"))
        if found and found.encrypted and (not found.kms_key_id or found.kms_key_id == default_key(call)):
            raise CloudError("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared", 400)
        if found and found.encrypted and "all" in (given.get("GroupNames") or []):
            raise CloudError("OperationNotPermitted", "Encrypted snapshots cannot be made public", 400)
    if (call.service, call.operation) == ("ec2", "ModifyImageAttribute"):
        image = compute(call).amis.get(given.get("ImageId"))
        if image and image.state == "pending":
            raise CloudError("InvalidAMIID.Unavailable", "The AMI ID '%s' is currently pending and may not be used for this operation" % image.id, 400)


# ---- images -----------------------------------------------------------------------------------------------------------

@before
def images_of_what_there_is(call):
    if (call.service, call.operation) != ("ec2", "CreateImage"):
        return
    instance = alive(instance_of(call, call.params["InstanceId"]))
    if instance.id in settings()["store_roots"]:
        raise CloudError("InvalidParameterValue", "Instance does not have a volume attached at root (%s)" % instance.root_device_name, 400)
    if not call.params.get("NoReboot") and not call.params.get("DryRun"):
        settings()["rebooted"].append(instance.id)


made_image = AmiBackend.describe_images


def images_go_on(self, *args, **more):
    """An image is pending until the snapshot behind it is complete."""
    found = made_image(self, *args, **more)
    for one in found:
        snapshot = getattr(one, "ebs_snapshot", None)
        if snapshot is not None and getattr(snapshot, "polls", None) is not None:
            one.state = {"completed": "available", "error": "failed"}.get(snapshot.status, "pending")
    return found


AmiBackend.describe_images = images_go_on


# ---- attributes of instances and interfaces ---------------------------------------------------------------------------

def value_of(given, name):
    found = given.get(name)
    return found.get("Value") if isinstance(found, dict) else found


@operation("ec2", "ModifyInstanceAttribute")
def modify_instance_attribute(call):
    given = call.params
    instance, named = instance_of(call, given["InstanceId"]), [one for one in VALUES if given.get(one) is not None]
    if given.get("Attribute"):
        named.append(given["Attribute"][0].upper() + given["Attribute"][1:])
        given = {**given, named[-1]: given.get("Value")}
    if len(named) != 1:
        raise CloudError("InvalidParameterCombination", "Fields for multiple attribute types specified" if named else "No attributes specified.", 400)
    alive(instance)
    CHANGES.get(named[0], change_plain)(call, instance, named[0], given)
    return {}


def change_termination(call, instance, name, given):
    on = str(value_of(given, name)).lower() == "true"
    if on and instance.lifecycle == "spot":
        raise CloudError("UnsupportedOperation", "Termination protection cannot be enabled for Spot Instances.", 400)
    dry_run(call)
    instance.disable_api_termination = on


def change_shutdown(call, instance, name, given):
    if instance.id in settings()["store_roots"]:
        raise CloudError("UnsupportedOperation", "Shutdown behavior can only be set for instances with an EBS root.", 400)
    if value_of(given, name) not in ("stop", "terminate"):
        raise CloudError("InvalidParameterValue", "Value for instanceInitiatedShutdownBehavior is invalid", 400)
    dry_run(call)
    instance.instance_initiated_shutdown_behavior = value_of(given, name)


def change_groups(call, instance, name, given):
    mine = interfaces_of(call, instance)
    if len(mine) > 1:
        raise CloudError("InvalidInstanceID", "There are multiple interfaces attached to instance '%s'. Please specify an interface ID for the "
                         "operation instead." % instance.id, 400)
    groups = same_network(call, given[name], mine[0].subnet.vpc_id)
    dry_run(call)
    mine[0]._group_set, instance.security_groups = groups, list(groups)


def change_devices(call, instance, name, given):
    for one in given[name]:
        if one.get("DeviceName") not in instance.block_device_mapping:
            raise CloudError("InvalidInstanceAttributeValue", "No device is currently mapped at %s" % one.get("DeviceName"), 400)
    dry_run(call)
    for one in given[name]:
        instance.block_device_mapping[one["DeviceName"]].delete_on_termination = bool(one["Ebs"]["DeleteOnTermination"])


def change_plain(call, instance, name, given):
    dry_run(call)
    if name == "UserData":
        instance.user_data = Base64EncodedString.from_raw_string(value_of(given, name).decode("utf-8", "replace"))
        return
    snake = {"DisableApiStop": "disable_api_stop", "SourceDestCheck": "source_dest_check", "EbsOptimized": "ebs_optimized",
             "InstanceType": "instance_type"}[name]
    found = value_of(given, name)
    setattr(instance, snake, str(found).lower() == "true" if name != "InstanceType" else found)


CHANGES = {"DisableApiTermination": change_termination, "InstanceInitiatedShutdownBehavior": change_shutdown, "Groups": change_groups,
           "BlockDeviceMappings": change_devices}


NetworkInterface.group_set = property(lambda self: self._group_set)  # moto adds the instance's to every interface's


def same_network(call, names, vpc):
    if settings()["late_groups"] > 0:  # a group just made is not yet known everywhere
        settings()["late_groups"] -= 1
        raise CloudError("InvalidGroup.NotFound", "The security group '%s' does not exist" % names[0], 400)
    groups = [group_of(call, one) for one in names]
    if any(one.vpc_id != vpc for one in groups):
        raise CloudError("InvalidGroup.NotFound", SHARED_NETWORK, 400)
    return groups


@before
def groups_of_an_interface(call):
    if (call.service, call.operation) == ("ec2", "ModifyNetworkInterfaceAttribute") and call.params.get("Groups") is not None:
        nic = compute(call).enis.get(call.params["NetworkInterfaceId"])
        if nic:
            same_network(call, call.params["Groups"], nic.subnet.vpc_id)


@after
def groups_of_an_instance(call, given):
    """An instance's groups are those of its first interface."""
    if (call.service, call.operation) == ("ec2", "ModifyNetworkInterfaceAttribute") and given.status == 200 and call.params.get("Groups"):
        nic = compute(call).enis[call.params["NetworkInterfaceId"]]
        nic._group_set = [group_of(call, one) for one in call.params["Groups"]]
        if nic.instance and nic.device_index == 0:
            nic.instance.security_groups = list(nic._group_set)


@before
def groups_in_use(call):
    name = call.params.get("GroupId")
    if (call.service, call.operation) == ("ec2", "DeleteSecurityGroup") and name and any(
            name in [one.id for one in nic.group_set] for nic in compute(call).enis.values()
            if not (nic.instance and nic.instance.state == "terminated")):
        raise CloudError("DependencyViolation", "resource %s has a dependent object" % name, 400)


# ---- what an instance is ----------------------------------------------------------------------------------------------

@before
def roots(call):
    if (call.service, call.operation) == ("ec2", "DescribeInstances"):
        for reservation in compute(call).reservations.values():
            for one in reservation.instances:
                one.root_device_type = "instance-store" if one.id in settings()["store_roots"] else "ebs"


@after
def another_association(call, given):
    """AWS gives a replaced association an id of its own; moto keeps the old one."""
    if (call.service, call.operation) == ("ec2", "ReplaceIamInstanceProfileAssociation") and given.status == 200:
        for one in compute(call).iam_instance_profile_associations.values():
            if one.association_id == call.params["AssociationId"]:
                one.association_id = random_iam_instance_profile_association_id()
                one.instance.iam_instance_profile = {"Arn": one.iam_instance_profile.arn, "Id": one.association_id}
                given.body = given.body.replace(call.params["AssociationId"].encode(), one.association_id.encode())
                given.put("Content-Length", str(len(given.body)))
    return None
