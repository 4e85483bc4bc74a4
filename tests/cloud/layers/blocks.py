"""EBS's direct APIs over any snapshot, locks that hold, and a picture of a console."""
import base64
import datetime
import hashlib

from moto.ebs.models import ebs_backends
from moto.ec2.models import ec2_backends

from wire import Answer

from .identity import account_of
from .world import CloudError, before, control, now, operation, world

BLOCK, SMALLEST_PAGE, LARGEST_PAGE, TOKEN_DAYS = 524288, 100, 10000, 7
DEFAULT_BLOCKS = (0, 1, 2, 7)
PICTURE = ("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
           "wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=")


def snapshot_of(call, name):
    found = ec2_backends[account_of(call)][call.region].snapshots.get(name)
    if not found:
        if call.service == "ebs":
            raise CloudError("ResourceNotFoundException", "The snapshot '%s' does not exist." % name, 404, Reason="SNAPSHOT_NOT_FOUND")
        raise CloudError("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist." % name, 400)
    return found


def contents(call, name):
    """Block by index: as a test gave them, as PutSnapshotBlock wrote them, or some that follow from the volume's id."""
    snapshot = snapshot_of(call, name)
    given = world.of("blocks").get(name)
    if given:
        return given
    written = ebs_backends[account_of(call)][call.region].snapshots.get(name)
    if written:
        return {int(at): block.block_data for at, block in written.blocks.items()}
    volume = snapshot.volume.id
    return {at: (hashlib.sha256(("%s %d" % (volume, at)).encode()).digest() * (BLOCK // 32)) for at in DEFAULT_BLOCKS}


def token_of(name, at):
    return base64.b64encode(hashlib.sha256(("%s/%d" % (name, at)).encode()).digest()).decode()


def page_of(call, indexes):
    size = int(call.params.get("MaxResults") or LARGEST_PAGE)
    if not SMALLEST_PAGE <= size <= LARGEST_PAGE:
        raise CloudError("ValidationException", "MaxResults must be between %d and %d" % (SMALLEST_PAGE, LARGEST_PAGE), 400,
                         Reason="INVALID_PARAMETER_VALUE")
    token, begin = call.params.get("NextToken"), int(call.params.get("StartingBlockIndex") or 0)
    if token:
        if not token.startswith("block-"):
            raise CloudError("ValidationException", "Invalid page token", 400, Reason="INVALID_PAGE_TOKEN")
        begin = int(token[6:])
    left = [at for at in sorted(indexes) if at >= begin]
    return left[:size], "block-%d" % left[size] if len(left) > size else None


def about(call, name, following):
    block = len(next(iter(contents(call, name).values()), b"")) or BLOCK
    found = {"ExpiryTime": now() + datetime.timedelta(days=TOKEN_DAYS), "VolumeSize": snapshot_of(call, name).volume.size, "BlockSize": block}
    return {**found, **({"NextToken": following} if following else {})}


@operation("ebs", "ListSnapshotBlocks")
def list_snapshot_blocks(call):
    name = call.params["SnapshotId"]
    shown, following = page_of(call, contents(call, name))
    return {"Blocks": [{"BlockIndex": at, "BlockToken": token_of(name, at)} for at in shown], **about(call, name, following)}


@operation("ebs", "ListChangedBlocks")
def list_changed_blocks(call):
    second, first = call.params["SecondSnapshotId"], call.params.get("FirstSnapshotId")
    new, old = contents(call, second), contents(call, first) if first else {}
    shown, following = page_of(call, [at for at in set(new) | set(old) if new.get(at) != old.get(at)])
    blocks = [{"BlockIndex": at, **({"FirstBlockToken": token_of(first, at)} if at in old else {}),
               **({"SecondBlockToken": token_of(second, at)} if at in new else {})} for at in shown]
    return {"ChangedBlocks": blocks, **about(call, second, following)}


@operation("ebs", "GetSnapshotBlock")
def get_snapshot_block(call):
    name, at = call.params["SnapshotId"], int(call.params["BlockIndex"])
    blocks = contents(call, name)
    if call.params.get("BlockToken") != token_of(name, at):
        raise CloudError("ValidationException", "The block token is invalid", 400, Reason="INVALID_BLOCK_TOKEN")
    if at not in blocks:
        raise CloudError("ResourceNotFoundException", "The block does not exist", 404, Reason="BLOCK_NOT_FOUND")
    data = blocks[at]
    checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return Answer(200, [("Content-Type", "application/octet-stream"), ("x-amz-Data-Length", len(data)), ("x-amz-Checksum", checksum),
                        ("x-amz-Checksum-Algorithm", "SHA256"), ("x-amzn-RequestId", call.id)], data)


@control("blocks")
def give_blocks(given):
    """{"snapshot_id": ..., "blocks": {"0": base64, ...}}"""
    world.of("blocks")[given["snapshot_id"]] = {int(at): base64.b64decode(data) for at, data in given["blocks"].items()}
    return {}


def dry_run(call):
    if call.params.get("DryRun"):
        raise CloudError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def locks():
    return world.of("locks")


def lock_now(lock):
    """A lock as it stands: its time may be over, its cooling off too."""
    state = lock["LockState"]
    if lock["LockExpiresOn"] and lock["LockExpiresOn"] <= now():
        state = "expired"
    elif state == "compliance-cooloff" and lock["CoolOffPeriodExpiresOn"] <= now():
        state = "compliance"
    return {**{k: v for k, v in lock.items() if v is not None}, "LockState": state}


@operation("ec2", "LockSnapshot")
def lock_snapshot(call):
    given, name = call.params, call.params["SnapshotId"]
    snapshot_of(call, name)
    mode, days, until = given.get("LockMode"), given.get("LockDuration"), given.get("ExpirationDate")
    if mode not in ("governance", "compliance") or (days is None) == (until is None):
        raise CloudError("InvalidParameterCombination", "Specify a lock mode and either a duration or an expiration date", 400)
    cooling = int(given.get("CoolOffPeriod") or 0)
    if (cooling and mode == "governance") or not 0 <= cooling <= 72 or (days is not None and not 1 <= int(days) <= 36500):
        raise CloudError("InvalidParameterValue", "The cooling-off period or the duration is not valid", 400)
    old = lock_now(locks()[name]) if name in locks() else None
    if old and old["LockState"] == "compliance" and mode == "governance":
        raise CloudError("OperationNotPermitted", "A snapshot locked in compliance mode cannot be changed to governance mode", 400)
    dry_run(call)
    moment = now()
    expires = until.replace(tzinfo=datetime.timezone.utc) if until else moment + datetime.timedelta(days=int(days))
    locks()[name] = {
        "SnapshotId": name, "LockState": "compliance-cooloff" if cooling else mode,
        "LockDuration": int(days) if days else max(1, (expires - moment).days),
        "CoolOffPeriod": cooling or None, "CoolOffPeriodExpiresOn": moment + datetime.timedelta(hours=cooling) if cooling else None,
        "LockCreatedOn": moment, "LockDurationStartTime": moment, "LockExpiresOn": expires}
    return lock_now(locks()[name])


@operation("ec2", "UnlockSnapshot")
def unlock_snapshot(call):
    name = call.params["SnapshotId"]
    snapshot_of(call, name)
    if name not in locks():
        raise CloudError("SnapshotNotLocked", "The snapshot '%s' is not locked" % name, 400)
    if lock_now(locks()[name])["LockState"] == "compliance":
        raise CloudError("OperationNotPermitted", "A snapshot locked in compliance mode cannot be unlocked", 400)
    dry_run(call)
    del locks()[name]
    return {"SnapshotId": name}


@operation("ec2", "DescribeLockedSnapshots")
def describe_locked(call):
    wanted = call.params.get("SnapshotIds")
    found = [{**lock_now(one), "OwnerId": account_of(call)} for name, one in locks().items() if not wanted or name in wanted]
    return {"Snapshots": found}


@before
def locked_stays(call):
    name = call.params.get("SnapshotId")
    if (call.service, call.operation) == ("ec2", "DeleteSnapshot") and name in locks() and lock_now(locks()[name])["LockState"] != "expired":
        raise CloudError("SnapshotLocked", "The snapshot '%s' is locked and cannot be deleted" % name, 400)


@operation("ec2", "GetConsoleScreenshot")
def console_screenshot(call):
    name = call.params["InstanceId"]
    found = [one for reservation in ec2_backends[account_of(call)][call.region].reservations.values() for one in reservation.instances
             if one.id == name]
    if not found:
        raise CloudError("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist" % name, 400)
    if found[0].state != "running":
        raise CloudError("IncorrectInstanceState", "The instance '%s' is not running" % name, 400)
    dry_run(call)
    return {"InstanceId": name, "ImageData": PICTURE}
