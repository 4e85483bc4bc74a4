"""While an account is being contained: what the family makes meanwhile, what somebody undoes, what others do."""
import collections
import concurrent.futures
import threading

import pytest

from acting import ADMIN, Responder, changes, details, key_of, works


class Meanwhile:
    """Does something when the responder has made a certain call, whose answer comes only afterwards."""

    def __init__(self, cloud, operation, deed):
        self.cloud, self.operation, self.deed, self.problem = cloud, operation, deed, None

    holds = True

    def __enter__(self):
        if self.holds:
            self.cloud.faults({"kind": "hold", "operation": self.operation, "access_key_id": self.cloud.key["access_key_id"]})
        self.thread = threading.Thread(target=self.go)
        self.thread.start()
        return self

    def go(self):
        try:
            self.cloud.calls(operation=self.operation, access_key_id=self.cloud.key["access_key_id"], wait=1)
            self.deed()
        except Exception as problem:
            self.problem = problem
        finally:
            self.cloud.faults({"kind": "release"})

    def __exit__(self, *_):
        self.thread.join(60)
        assert not self.thread.is_alive() and self.problem is None, self.problem


class Along(Meanwhile):
    """Does something from then on, beside the responder."""

    holds = False


@pytest.fixture
def slow(cloud):
    """No change takes effect until `enforced`, as if all of AWS were late."""
    cloud.order("delay", {"seconds": 600})
    yield
    enforced(cloud)


def enforced(cloud):
    cloud.order("delay", {"seconds": 0})


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    """Its polls leave the other side the time of a few calls."""
    with Responder(tmp_path_factory.mktemp("home"), cloud.environment(), rate="10") as made:
        yield made


def test_a_new_user_and_its_key_made_in_the_window_are_contained_too(cloud, kernel, slow):
    thief = cloud.user("thief", ADMIN)
    made, iam = {}, cloud.client("iam", thief)
    _, yes = kernel.plan("%contain " + thief["access_key_id"])

    def deed():
        iam.create_user(UserName="spare")
        iam.attach_user_policy(UserName="spare", PolicyArn=ADMIN)
        key = iam.create_access_key(UserName="spare")["AccessKey"]
        made.update(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])

    with Meanwhile(cloud, "PutUserPolicy", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    assert "user spare" in text and made
    assert not works(cloud, made) and not works(cloud, thief)


def test_what_somebody_undoes_is_done_again(cloud, kernel, slow):
    thief = cloud.user("fighter", ADMIN)
    iam = cloud.client("iam", thief)
    _, yes = kernel.plan("%contain fighter")

    def deed():
        iam.delete_user_policy(UserName="fighter", PolicyName="ir-quarantine")

    with Meanwhile(cloud, "UpdateAccessKey", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    assert "2 times" in text and not works(cloud, thief)
    assert "ir-quarantine" in cloud.client("iam").list_user_policies(UserName="fighter")["PolicyNames"]


def test_a_trust_changed_in_the_window_is_put_back(cloud, kernel, slow):
    thief = cloud.user("doorman", ADMIN)
    role = cloud.role("backdoored", ADMIN)
    before = details(cloud)["role", "backdoored"]
    _, yes = kernel.plan("%contain doorman")
    open_door = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    iam = cloud.client("iam", thief)
    with Meanwhile(cloud, "PutUserPolicy", lambda: iam.update_assume_role_policy(RoleName="backdoored", PolicyDocument=open_door)):
        kernel.ok(yes)
    after = details(cloud)["role", "backdoored"]
    assert after["trust"] == before["trust"] and "ir-revoke-sessions" in after["inline"]


def test_what_others_make_is_proposed_only(cloud, kernel, slow):
    cloud.user("culprit", ADMIN)
    colleague = cloud.user("colleague", ADMIN)
    _, yes = kernel.plan("%contain culprit")
    iam = cloud.client("iam", colleague)
    with Meanwhile(cloud, "PutUserPolicy", lambda: iam.create_user(UserName="newcomer")):
        text = kernel.ok(yes)
    assert "made by somebody else, as CloudTrail says" in text and "%contain user/newcomer" in text
    assert details(cloud)["user", "newcomer"]["inline"] == {}


ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def test_rights_given_in_the_window_are_taken_back_and_nothing_else(cloud, kernel, slow):
    thief, iam = cloud.user("giver", ADMIN), cloud.client("iam")
    cloud.user("given", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]})
    cloud.role("given-role")
    iam.create_group(GroupName="given-group")
    iam.add_user_to_group(GroupName="given-group", UserName="given")
    policy = iam.create_policy(PolicyName="given-policy", PolicyDocument=ALLOW.replace("Allow", "Deny"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="given", PolicyArn=policy)
    before = details(cloud, tags=False)
    _, yes = kernel.plan("%contain giver --alone")

    def deed():
        theirs = cloud.client("iam", thief)
        theirs.put_user_policy(UserName="given", PolicyName="more", PolicyDocument=ALLOW)
        theirs.detach_user_policy(UserName="given", PolicyArn=policy)
        theirs.attach_role_policy(RoleName="given-role", PolicyArn=ADMIN)
        theirs.put_group_policy(GroupName="given-group", PolicyName="more", PolicyDocument=ALLOW)
        theirs.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW, SetAsDefault=True)

    with Meanwhile(cloud, "PutUserPolicy", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    after = details(cloud, tags=False)
    for one in (("user", "given"), ("role", "given-role"), ("group", "given-group")):
        assert after[one] == before[one], text
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v1", text
    assert "(of given)" in text.split("Contained without being named")[1], text
    kernel.act("%undo --restore-access giver")
    assert details(cloud, tags=False)["user", "given"] == before["user", "given"], "what the attacker gave is not given back with it"


def test_who_gives_itself_rights_again_is_contained_as_a_whole(cloud, kernel, slow):
    thief, sleeper = cloud.user("waker", ADMIN), cloud.user("woken")
    cloud.client("iam").put_user_policy(UserName="woken", PolicyName="own", PolicyDocument=ALLOW.replace('"*"', '"s3:ListAllMyBuckets"', 1))
    _, yes = kernel.plan("%contain waker --alone")
    iam = cloud.client("iam", thief)

    def deed():
        """Gives, and gives again whenever it is taken back, until the holder is denied."""
        for number in range(1, 20):
            iam.attach_user_policy(UserName="woken", PolicyArn=ADMIN)
            cloud.calls(operation="DetachUserPolicy", access_key_id=cloud.key["access_key_id"], wait=number)
            if cloud.calls(operation="PutUserPolicy", access_key_id=cloud.key["access_key_id"])[-1]["params"]["UserName"] == "woken":
                return
        raise AssertionError("it was taken back twenty times, and nobody asked who gives it")

    with Along(cloud, "PutUserPolicy", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    assert "came again" in text and not works(cloud, sleeper)


def test_what_never_stops_changing_is_not_called_stable(cloud, tmp_path, slow):
    thief = cloud.user("restless", ADMIN)
    iam = cloud.client("iam", thief)
    with Responder(tmp_path, cloud.environment()) as own:
        _, yes = own.plan("%contain restless --alone")
        over = threading.Event()

        def deed():
            number = 1
            while not over.is_set():
                iam.delete_user_policy(UserName="restless", PolicyName="ir-quarantine")
                number += 1
                while not over.is_set() and len(cloud.calls(operation="PutUserPolicy", access_key_id=cloud.key["access_key_id"])) < number:
                    pass

        with Along(cloud, "PutUserPolicy", deed):
            try:
                text = own.ok(yes)
            finally:
                over.set()
        assert "NOT stable" in text and "configured" not in text.split("NOT stable")[1], text
        assert own.ledger("action")[-1]["content"]["unstable"] is True


def test_a_user_that_is_deleted_meanwhile_is_no_error(cloud, kernel, slow):
    cloud.user("brief", ADMIN)
    thief = cloud.user("tidy", ADMIN)
    iam = cloud.client("iam", thief)
    _, yes = kernel.plan("%contain tidy brief --alone")

    def gone():
        for name in iam.list_user_policies(UserName="brief")["PolicyNames"]:
            iam.delete_user_policy(UserName="brief", PolicyName=name)
        for one in iam.list_attached_user_policies(UserName="brief")["AttachedPolicies"]:
            iam.detach_user_policy(UserName="brief", PolicyArn=one["PolicyArn"])
        for one in iam.list_access_keys(UserName="brief")["AccessKeyMetadata"]:
            iam.delete_access_key(UserName="brief", AccessKeyId=one["AccessKeyId"])
        iam.delete_user(UserName="brief")

    def deed():
        """The other side puts back what it made until there is nobody to put it on."""
        cloud.calls(operation="UpdateAccessKey", access_key_id=cloud.key["access_key_id"], wait=2)
        while True:
            try:
                return gone()
            except iam.exceptions.DeleteConflictException:
                continue

    with Meanwhile(cloud, "PutUserPolicy", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    assert "configured" in text and not works(cloud, thief), text


def shared(ec2, name):
    """Who else may use a snapshot or an image."""
    if name.startswith("snap-"):
        found = ec2.describe_snapshot_attribute(SnapshotId=name, Attribute="createVolumePermission")["CreateVolumePermissions"]
    else:
        found = ec2.describe_image_attribute(ImageId=name, Attribute="launchPermission")["LaunchPermissions"]
    return {value for one in found for value in one.values()}


def give(ec2, name, *accounts, everybody=False):
    attribute, word, call = (("createVolumePermission", "SnapshotId", ec2.modify_snapshot_attribute) if name.startswith("snap-")
                             else ("launchPermission", "ImageId", ec2.modify_image_attribute))
    more = {"GroupNames" if word == "SnapshotId" else "UserGroups": ["all"]} if everybody else {"UserIds": list(accounts)}
    call(**{word: name, "Attribute": attribute, "OperationType": "add", **more})


def snapshot(ec2):
    volume = ec2.create_volume(AvailabilityZone=ec2.meta.region_name + "a", Size=1)["VolumeId"]
    return ec2.create_snapshot(VolumeId=volume)["SnapshotId"]


FRIEND, OUTSIDER, EXAMINER = "222233334444", "666677778888", "555566667777"


def test_what_is_shared_in_the_window_is_taken_back_and_what_was_shared_before_is_not(cloud, kernel, slow):
    thief, ec2, far = cloud.user("sharer", ADMIN), cloud.client("ec2"), cloud.client("ec2", region="eu-west-1")
    instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    image, here, there = ec2.create_image(InstanceId=instance, Name="golden")["ImageId"], snapshot(ec2), snapshot(far)
    for one in (here, image):
        give(ec2, one, FRIEND)
    kernel.ok("%set forensics " + EXAMINER)
    text, yes = kernel.plan("%contain sharer --alone")
    assert "not in snapshots of databases (RDS, Redshift) and backups" in text.split("Not covered")[1]
    made = []

    def deed():
        theirs, abroad = cloud.client("ec2", thief), cloud.client("ec2", thief, region="eu-west-1")
        made.append(snapshot(theirs))
        for one in (here, image, made[0]):
            give(theirs, one, OUTSIDER, EXAMINER)
        give(abroad, there, everybody=True)

    with Meanwhile(cloud, "PutUserPolicy", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    assert shared(ec2, here) == shared(ec2, image) == {FRIEND, EXAMINER}, text
    assert shared(ec2, made[0]) == {EXAMINER} and not shared(far, there), text
    assert "%s in eu-west-1 may be used by everybody" % there in text and not works(cloud, thief)
    intents = [one["content"]["op"] for one in kernel.ledger("intent")]
    assert intents.count("ec2:ModifySnapshotAttribute") == 3 and intents.count("ec2:ModifyImageAttribute") == 1
    kernel.act("%undo --restore-access sharer")
    assert shared(ec2, here) == {FRIEND, EXAMINER}, "an outsider gets nothing back with the thief"
    text = kernel.ok("%contain sharer --alone")
    assert here not in text, "what is as it was is nobody's target"
    kernel.ok("%set forensics none")


def test_what_was_shared_between_plan_and_first_change_is_proposed_as_the_next_plan(cloud, kernel, slow):
    """Nobody knows by whom, for CloudTrail is late: what counts is whether it was so when the run began."""
    thief, ec2 = cloud.user("early", ADMIN), cloud.client("ec2")
    theirs, (earlier, both, later) = cloud.client("ec2", thief), [snapshot(ec2) for _ in range(3)]
    cloud.order("trail", {"rate": 0, "lag": 300})
    _, yes = kernel.plan("%contain early --alone")
    made = snapshot(theirs)
    for one in (earlier, both, made):
        give(theirs, one, FRIEND)
    cloud.faults({"service": "iam", "operation": "GetAccountAuthorizationDetails", "kind": "slow", "ms": 5000})  # meanwhile all shares are looked at
    with Meanwhile(cloud, "PutUserPolicy", lambda: [give(theirs, one, OUTSIDER) for one in (both, later)]):
        text = kernel.ok(yes)
    enforced(cloud)
    cloud.order("trail", {"rate": 2, "lag": 0})
    assert shared(ec2, later) == set() and shared(ec2, both) == {FRIEND}, text
    assert shared(ec2, earlier) == shared(ec2, made) == {FRIEND}, text
    targets = str(kernel.ledger("action")[-1]["content"]["targets"])
    assert later in targets and both in targets and earlier not in targets and made not in targets
    assert all("%contain us-east-1/" + one in text for one in (earlier, made, both)) and not works(cloud, thief), text


def test_shares_that_are_answered_late_hold_up_no_deny(cloud, kernel, slow):
    cloud.user("hurried", ADMIN)
    _, yes = kernel.plan("%contain hurried --alone")
    for operation in ("DescribeSnapshots", "DescribeImages"):
        cloud.faults({"service": "ec2", "operation": operation, "kind": "hold", "times": 1000})
    with Meanwhile(cloud, "PutUserPolicy", cloud.faults):
        text = kernel.ok(yes)
    enforced(cloud)
    assert "configured" in text, text


def test_what_a_colleague_shares_meanwhile_is_proposed_and_can_be_contained_and_given_back(cloud, kernel, slow):
    cloud.user("distraction", ADMIN)
    helper, ec2 = cloud.user("helper", ADMIN), cloud.client("ec2")
    name = snapshot(ec2)
    _, yes = kernel.plan("%contain distraction --alone")
    with Meanwhile(cloud, "PutUserPolicy", lambda: give(cloud.client("ec2", helper), name, FRIEND)):
        text = kernel.ok(yes)
    enforced(cloud)
    assert shared(ec2, name) == {FRIEND} and "made by somebody else, as CloudTrail says" in text and "%contain us-east-1/" + name in text
    kernel.act("%contain us-east-1/" + name)
    assert not shared(ec2, name)
    assert "No change" in kernel.ok("%contain " + name)
    kernel.act("%undo --restore-access " + name)
    assert shared(ec2, name) == {FRIEND}


def test_what_is_shared_and_cannot_be_looked_at_is_said(cloud, tmp_path, slow):
    cloud.user("unseen", ADMIN)
    cloud.faults({"kind": "error", "operation": "DescribeSnapshots", "code": "UnauthorizedOperation", "status": 403, "times": 1000})
    with Responder(tmp_path, cloud.environment()) as own:
        text = own.act("%contain unseen --alone")
    assert "sharing of snapshots in " in text and text.count("(UnauthorizedOperation)") == 1 and "configured" in text


def test_two_hundred_users_made_in_the_window_cost_a_bounded_number_of_calls(cloud, tmp_path, slow):
    """AWS throttles who asks too much: each costs what changes it and a few reads, however often the run looks again."""
    thief, count = cloud.user("flooder", ADMIN), 200
    iam, made = cloud.client("iam", thief), {}

    def flood(numbers):
        for number in numbers:
            name = "flood-%03d" % number
            iam.create_user(UserName=name)
            iam.attach_user_policy(UserName=name, PolicyArn=ADMIN)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            made[name] = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}

    def deed():
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(flood, [range(start, count, 4) for start in range(4)]))

    with Responder(tmp_path, cloud.environment()) as own:
        _, yes = own.plan("%contain flooder --alone")
        cloud.forget()
        with Meanwhile(cloud, "PutUserPolicy", deed):
            text = own.ok(yes)
        calls = collections.Counter(one["operation"] for one in cloud.calls(access_key_id=cloud.key["access_key_id"]))
        again = own.ok("%contain flooder --alone")
    enforced(cloud)
    assert len(made) == count and "configured" in text, text
    assert not [name for name, key in made.items() if works(cloud, key)] and "No change" in again
    assert sum(calls.values()) < 23 * count, calls  # one of them the tag
    assert calls["GetUser"] + calls["GetUserPolicy"] + calls["ListUserPolicies"] < 2 * count and calls["GetAccountAuthorizationDetails"] < 50, calls
