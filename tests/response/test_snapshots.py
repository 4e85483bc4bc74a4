"""%ami-snapshot: accepted, complete, locked, shared, hashed, each said as it is; followed by a job that a later kernel takes up."""
import base64
import hashlib
import os

import pytest

import estate
from acting import Responder, changes

FORENSICS = "999999999999"
BLOCK = 524288


@pytest.fixture
def network(cloud, name):
    return estate.Network(cloud, name)


@pytest.fixture
def instance(cloud, name, network):
    return estate.machine(cloud, name, network)


@pytest.fixture(autouse=True)
def as_at_the_beginning(cloud, kernel):
    yield
    cloud.order("machines", {})
    kernel.ok("%jobs stop all")


def taken(cloud, instance, count=None):
    found = cloud.client("ec2").describe_snapshots(Filters=[{"Name": "tag:ir:instance", "Values": [instance]}])["Snapshots"]
    assert count in (None, len(found))
    return {one["VolumeId"]: one for one in found}


def shared(cloud, snapshot):
    found = cloud.client("ec2").describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    return [one["UserId"] for one in found["CreateVolumePermissions"]]


def jobs(kernel, state):
    """Waits for all jobs; the ledger's entries on snapshots."""
    kernel.ok("%jobs wait all")
    return [one["content"] for one in kernel.ledger("job") if one["content"].get("what") == state]


def test_an_instance_is_preserved_and_goes_on_working(cloud, kernel, instance):
    groups = estate.groups(cloud, instance)
    cloud.order("machines", {"snapshot_polls": 3})
    cloud.forget()
    text, yes = kernel.plan("%ami-snapshot " + instance)
    assert yes.startswith("%ami-snapshot --yes") and changes(cloud) == [] and "cannot be shared" not in text
    done = kernel.ok(yes)
    assert "Partly failed" not in done and estate.groups(cloud, instance) == groups
    assert changes(cloud) == ["ModifyInstanceAttribute"] * 3 + ["CreateSnapshots"] + ["LockSnapshot"] * 2 + ["CreateTags"] * 3
    for one in taken(cloud, instance, 2).values():
        tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        assert tags["ir:actor"].startswith("arn:aws:iam::%s:user/" % cloud.account) and tags["ir:action"] == "contain"
        assert tags["ir:case"] == os.path.basename(kernel.home) and tags["ir:time"].endswith("Z")
    entry = jobs(kernel, "snapshots")[-1]
    assert entry["instance"] == instance and [one["state"] for one in entry["snapshots"]] == ["completed"] * 2
    assert {one["lock"] for one in entry["snapshots"]} == {"governance"} and not any("hash" in one for one in entry["snapshots"])
    cloud.forget()
    assert "No change" in kernel.ok("%ami-snapshot " + instance) and changes(cloud) == []
    kernel.act("%%ami-snapshot %s --set 2 --lock none --image" % instance)
    assert len(cloud.client("ec2").describe_snapshots(Filters=[{"Name": "tag:ir:set", "Values": [instance + " 2"]}])["Snapshots"]) == 2
    image = cloud.client("ec2").describe_images(Filters=[{"Name": "name", "Values": ["ir-%s-2" % instance]}])["Images"]
    assert len(image) == 1 and cloud.order("machines")["rebooted"] == []
    assert len(cloud.calls(operation="LockSnapshot")) == 0


def test_states_are_said_as_they_are(cloud, kernel, instance):
    root, data = estate.volumes(cloud, instance).values()
    cloud.order("machines", {"snapshot_polls": 10**6})
    kernel.act("%ami-snapshot " + instance)
    cloud.forget()
    cloud.calls(service="ec2", operation="DescribeLockedSnapshots", wait=2)
    text = kernel.ok("%jobs")
    assert "0 of 2 snapshots complete" in text and instance in text
    number = [line for line in text.splitlines() if instance in line][-1].split()[0]
    shown = kernel.ok("%%jobs show %s" % number)
    assert "accepted" in shown and "complete " not in shown.replace("snapshots complete", "")


def test_compliance_is_said_to_be_for_good(cloud, kernel, instance):
    text, yes = kernel.plan("%%ami-snapshot %s --lock compliance --days 1" % instance)
    assert "cannot be ended by anybody" in text
    kernel.ok(yes)
    found = cloud.client("ec2").describe_locked_snapshots(SnapshotIds=[one["SnapshotId"] for one in taken(cloud, instance, 2).values()])["Snapshots"]
    assert {(one["LockState"], one["LockDuration"]) for one in found} == {("compliance", 1)}


def test_a_lock_that_fails_is_said_and_the_rest_is_there(cloud, kernel, instance):
    cloud.faults({"service": "ec2", "operation": "LockSnapshot", "kind": "error", "code": "UnauthorizedOperation", "status": 403, "times": 9})
    text = kernel.act("%ami-snapshot " + instance)
    assert "failed" in text and "ec2:LockSnapshot" in text and len(taken(cloud, instance, 2)) == 2


def test_what_can_be_shared_is_and_why_the_rest_is_not(cloud, kernel, name, network):
    known, other = estate.key_for(cloud, FORENSICS), estate.key_for(cloud)
    disks = [estate.disk("/dev/sda1"), estate.disk("/dev/sdf", key=known), estate.disk("/dev/sdg", key=other), estate.disk("/dev/sdh", encrypted=True)]
    one = estate.machine(cloud, name, network, disks)
    volumes = estate.volumes(cloud, one)
    text, yes = kernel.plan("%%ami-snapshot %s --share %s" % (one, FORENSICS))
    assert "the snapshot of %s is not shared with account %s: it is encrypted with AWS's own key" % (volumes["/dev/sdh"], FORENSICS) in text
    assert "grant account %s the use of key %s" % (FORENSICS, other) in text and "the use of key " + known not in text
    done = kernel.ok(yes)
    assert "Partly failed" not in done, done
    found = {volume: shared(cloud, snapshot["SnapshotId"]) for volume, snapshot in taken(cloud, one, 4).items()}
    assert found == {volumes["/dev/sda1"]: [FORENSICS], volumes["/dev/sdf"]: [FORENSICS], volumes["/dev/sdg"]: [FORENSICS], volumes["/dev/sdh"]: []}
    grants = cloud.client("kms").list_grants(KeyId=other)["Grants"]
    assert [grant["GranteePrincipal"] for grant in grants] == ["arn:aws:iam::%s:root" % FORENSICS]
    assert "No change" in kernel.ok("%%ami-snapshot %s --share %s" % (one, FORENSICS))


def test_a_share_is_taken_back(cloud, kernel, instance):
    kernel.ok("%set forensics " + FORENSICS)
    kernel.act("%ami-snapshot " + instance)
    kernel.ok("%set forensics none")
    ids = [one["SnapshotId"] for one in taken(cloud, instance, 2).values()]
    assert [shared(cloud, one) for one in ids] == [[FORENSICS]] * 2
    kernel.act("%undo --restore-access " + instance)
    assert [shared(cloud, one) for one in ids] == [[]] * 2 and len(taken(cloud, instance)) == 2, "evidence stays"


# ---- hashes -------------------------------------------------------------------------------------------------------------

def content(volume, at):
    """What the double has in a block of a volume that nobody wrote to."""
    return hashlib.sha256(("%s %d" % (volume, at)).encode()).digest() * (BLOCK // 32)


def root_of(leaves):
    """RFC 6962, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def lines_of(volume, blocks=(0, 1, 2, 7)):
    return [b"%d %s" % (at, hashlib.sha256(content(volume, at)).hexdigest().encode()) for at in blocks]


def manifest(kernel, snapshot):
    path = os.path.join(kernel.home, ".cofferdam", "evidence", "blocks-%s.txt" % snapshot)
    with open(path, "rb") as file:
        return path, file.read()


def test_blocks_are_hashed_after_data_price_and_time_were_shown(cloud, kernel, instance):
    text, yes = kernel.plan("%%ami-snapshot %s --hash" % instance)
    assert "at most 28 GiB in 57344 blocks, at most USD 0.17" in text and "at 100 MB/s" in text
    assert not cloud.calls(service="ebs")
    kernel.ok(yes)
    sums = {one["volume"]: one["hash"] for one in jobs(kernel, "snapshots")[-1]["snapshots"]}
    for volume, snapshot in taken(cloud, instance, 2).items():
        path, kept = manifest(kernel, snapshot["SnapshotId"])
        assert kept.splitlines() == lines_of(volume) and oct(os.stat(path).st_mode & 0o777) == "0o600"
        assert sums[volume]["root"] == root_of(lines_of(volume)).hex()
        assert sums[volume]["sha256"] == hashlib.sha256(kept).hexdigest() and sums[volume]["blocks"] == 4


def test_snapshots_that_are_there_are_hashed_by_choice_and_their_price(cloud, kernel, instance):
    kernel.act("%ami-snapshot " + instance)
    kernel.ok("%jobs wait all")
    cloud.forget()
    for more in ("", " --most 0.01"):
        text = kernel.ok("%%ami-snapshot %s --hash%s" % (instance, more))
        assert "at most 28 GiB" in text and "Not begun. Where nobody can be asked: --most 0.18" in text
    kernel.ok("%jobs wait all")
    assert not cloud.calls(service="ebs")
    kernel.ok("%%ami-snapshot %s --hash --most 0.18" % instance)
    assert all("hash" in one for one in jobs(kernel, "snapshots")[-1]["snapshots"])


def test_hashing_goes_on_where_it_was_cut_off(cloud, kernel, instance):
    kernel.act("%ami-snapshot " + instance)
    kernel.ok("%jobs wait all")
    volume, snapshot = sorted((v, s["SnapshotId"]) for v, s in taken(cloud, instance, 2).items())[0]
    path = os.path.join(kernel.home, ".cofferdam", "evidence", "blocks-%s.txt" % snapshot)
    with open(path, "wb") as file:  # two blocks came, the third was torn
        file.write(b"\n".join(lines_of(volume)[:2]) + b"\n2 0123")
    cloud.forget()
    kernel.ok("%%ami-snapshot %s --hash --most 1" % instance)
    sums = {one["snapshot"]: one["hash"] for one in jobs(kernel, "snapshots")[-1]["snapshots"]}
    assert manifest(kernel, snapshot)[1].splitlines() == lines_of(volume) and sums[snapshot]["root"] == root_of(lines_of(volume)).hex()
    read = [int(call["params"]["BlockIndex"]) for call in cloud.calls(service="ebs", operation="GetSnapshotBlock")
            if call["params"]["SnapshotId"] == snapshot]
    assert sorted(read) == [2, 7], "what was there is not read again"


def test_many_blocks_come_in_pages_and_in_order(cloud, kernel, instance):
    kernel.act("%ami-snapshot " + instance)
    kernel.ok("%jobs wait all")
    first = sorted(s["SnapshotId"] for s in taken(cloud, instance, 2).values())[0]
    data = base64.b64encode(b"\7" * BLOCK).decode()
    cloud.order("blocks", {"snapshot_id": first, "blocks": {str(3 * at): data for at in range(40)}})
    kernel.ok("%%ami-snapshot %s --hash --most 1" % instance)
    sums = {one["snapshot"]: one["hash"] for one in jobs(kernel, "snapshots")[-1]["snapshots"]}
    lines = [b"%d %s" % (3 * at, hashlib.sha256(b"\7" * BLOCK).hexdigest().encode()) for at in range(40)]
    assert manifest(kernel, first)[1].splitlines() == lines and sums[first]["root"] == root_of(lines).hex()


def test_a_later_kernel_takes_the_snapshots_up(cloud, name, network, tmp_path):
    one = estate.machine(cloud, name, network)
    cloud.order("machines", {"snapshot_polls": 10**6})
    with Responder(tmp_path, cloud.environment()) as first:
        first.act("%%ami-snapshot %s --hash" % one)
        cloud.calls(service="ec2", operation="DescribeLockedSnapshots", wait=1)
    cloud.order("machines", {"complete": True})
    with Responder(tmp_path, cloud.environment()) as second:
        entry = jobs(second, "snapshots")[-1]
        assert [item["state"] for item in entry["snapshots"]] == ["completed"] * 2
        assert {item["hash"]["root"] for item in entry["snapshots"]} == {root_of(lines_of(item["volume"])).hex() for item in entry["snapshots"]}


def test_what_cannot_be_preserved(cloud, kernel):
    assert "no instance is named" in kernel.refused("%ami-snapshot")
    assert "has no instance" in kernel.refused("%ami-snapshot i-0123456789abcdef9")
    assert "an account has 12 digits" in kernel.refused("%ami-snapshot i-0123456789abcdef9 --share 12")


def test_the_example_of_the_help_works(cloud, kernel, instance):
    page = kernel.ok("%help ami-snapshot")
    assert "Not covered: memory, instance stores" in page and "%ami-snapshot i-0123456789abcdef0 --dry-run" in page
    cloud.forget()
    kernel.plan("%%ami-snapshot %s --dry-run" % instance)
    assert changes(cloud) == []


def test_what_cannot_be_shared_is_copied_under_a_key_of_ours_once_it_is_complete(cloud, kernel, name, network):
    ours = estate.key_for(cloud)
    one = estate.machine(cloud, name, network, [estate.disk("/dev/sda1", encrypted=True)])
    root = estate.volumes(cloud, one)["/dev/sda1"]
    ask = "%%ami-snapshot %s --share %s --key %s" % (one, FORENSICS, ours)
    cloud.order("machines", {"snapshot_polls": 10**6})
    text = kernel.act(ask)
    assert "only then the snapshot of %s can be copied" % root in text and len(taken(cloud, one)) == 1
    cloud.order("machines", {"complete": True})
    kernel.ok("%jobs wait all")
    text = kernel.act(ask)
    assert "Partly failed" not in text, text
    copy = cloud.client("ec2").describe_snapshots(Filters=[{"Name": "tag:ir:copy-of", "Values": ["%s 1 %s" % (one, root)]}])["Snapshots"]
    assert [found["KmsKeyId"] for found in copy] == [ours] and shared(cloud, copy[0]["SnapshotId"]) == [FORENSICS]
    assert [grant["GranteePrincipal"] for grant in cloud.client("kms").list_grants(KeyId=ours)["Grants"]] == ["arn:aws:iam::%s:root" % FORENSICS]
    cloud.forget()
    assert "No change" in kernel.ok(ask) and changes(cloud) == []
    bad = "%%ami-snapshot %s --share %s --key %s --set 2" % (one, FORENSICS, cloud.client("kms").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"])
    assert "cannot be copied to" in kernel.refused(bad)
