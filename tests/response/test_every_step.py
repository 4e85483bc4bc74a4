"""Killed at each call of each kind of action: the next kernel says what was done and what was not, and finishes it or takes it back.

A row is an action with as many changes as it makes. Each of them is a case: the kernel is killed before AWS has the call, or after AWS
has done it; what is odd goes on, every third one is taken back as it is. That every action of the program has a row is checked."""
import collections
import json
import shutil

import pytest

import estate
from acting import ADMIN, Responder, details
from test_crash import killed_at
from test_machines import picture
from test_race import FRIEND, give, shared, snapshot
from test_things import bucket_picture, function, public_bucket, rules

MANAGER = "999900001111"
OPEN_DOOR = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

# code: the cell that shows the plan. restore: whom --restore-access names; None: nothing of it gives access back. state: what there is.
# first: a cell before it. back: an undo brings the state back.
# meanwhile: what somebody does once the first deny is there; mended: whether that is taken back.
Case = collections.namedtuple("Case", "code restore state first back meanwhile mended", defaults=("", True, None, None))


def rows(cases):
    """Cases as parameters with a name, and a row of the table of faults for each kind."""
    return [pytest.param(*one, id=", ".join([one[0], "call %d" % (one[1] + 1), *one[2:]]), marks=pytest.mark.fault("killed at each call: " + one[0])) for one in cases]


# ---- identities -----------------------------------------------------------------------------------------------------------------

def role(level):
    def make(cloud, name):
        cloud.role(name, ADMIN)
        return Case("%%contain role/%s --level %s" % (name, level), name, lambda: details(cloud)["role", name])
    return make


def user(level):
    def make(cloud, name):
        cloud.user(name, ADMIN)
        return Case("%%contain %s --level %s" % (name, level), name, lambda: details(cloud)["user", name])
    return make


def key(cloud, name):
    return Case("%%contain %s --level key" % cloud.user(name, ADMIN)["access_key_id"], name, lambda: details(cloud)["user", name])


def credentialed(cloud, name):
    """With keys for other things than IAM's own calls."""
    cloud.user(name, ADMIN)
    iam = cloud.client("iam")
    iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 " + name)
    iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
    others = lambda: ([one["Status"] for one in iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]],
                      [one["Status"] for one in iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]])
    return Case("%contain user/" + name, name, lambda: (details(cloud)["user", name], others()))


def session(cloud, name):
    made = cloud.role(name, ADMIN)
    cloud.client("sts").assume_role(RoleArn=made["arn"], RoleSessionName="bad")
    return Case("%%contain arn:aws:sts::%s:assumed-role/%s/bad" % (cloud.account, name), "bad", lambda: details(cloud)["role", name])


def group(cloud, name):
    cloud.client("iam").create_group(GroupName=name)
    return Case("%contain group/" + name, name, lambda: details(cloud)["group", name])


def person(cloud, name):
    """Two permission sets, one of them through a group; the other has a policy of its own."""
    cloud.order("identity-center", {
        "account": cloud.account, "users": [{"name": name, "groups": ["staff"]}],
        "sets": [{"name": "Own", "inline": json.loads(EVERYTHING)}, {"name": "Theirs", "policies": [ADMIN]}],
        "assignments": [{"principal": name, "set": "Own"}, {"principal": "staff", "set": "Theirs"}]})
    return Case("%contain sso/" + name, name, lambda: cloud.order("identity-center"))


def fenced(cloud, name):
    """The SCP first."""
    if MANAGER not in str(cloud.order("organization")):
        cloud.order("organization", {"management": MANAGER, "members": [{"account": cloud.account, "name": "ours"}]})
        cloud.role("IR", ADMIN, account=MANAGER, trust="arn:aws:iam::%s:root" % cloud.account)
    cloud.user(name, ADMIN)
    return Case("%contain user/" + name, name, lambda: (details(cloud)["user", name], cloud.order("organization")),
                first="%%set accounts %s=arn:aws:iam::%s:role/IR" % (MANAGER, MANAGER))


def door(cloud, name):
    """A trust that the contained user changes while it is contained: put back in the same run."""
    thief = cloud.user(name, ADMIN)
    cloud.role("r" + name, ADMIN)
    iam = cloud.client("iam", thief)
    trust = details(cloud)["role", "r" + name]["trust"]
    return Case("%%contain %s --alone" % name, name, lambda: details(cloud)["user", name],
                mended=lambda: details(cloud)["role", "r" + name]["trust"] == trust, meanwhile=lambda: iam.update_assume_role_policy(RoleName="r" + name, PolicyDocument=OPEN_DOOR))


def given(cloud, name):
    """Rights that it gives to another user meanwhile."""
    thief = cloud.user(name, ADMIN)
    cloud.user("g" + name)
    iam = cloud.client("iam", thief)
    return Case("%%contain %s --alone" % name, name, lambda: details(cloud)["user", name],
                mended=lambda: not details(cloud)["user", "g" + name]["inline"], meanwhile=lambda: iam.put_user_policy(UserName="g" + name, PolicyName="more", PolicyDocument=EVERYTHING))


# ---- things ---------------------------------------------------------------------------------------------------------------------

def bucket(cloud, name):
    public_bucket(cloud, name)
    return Case("%contain bucket/" + name, name, lambda: bucket_picture(cloud, name))


def security_group(cloud, name):
    made, ec2 = estate.Network(cloud, name), cloud.client("ec2")
    for port in (22, 23):
        ec2.authorize_security_group_ingress(GroupId=made.group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    return Case("%contain " + made.group, made.group, lambda: rules(cloud, made.group))


def concurrency(cloud, name):
    function(cloud, name)
    return Case("%contain function/" + name, name,
                lambda: cloud.client("lambda").get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"))


def share(cloud, name):
    ec2 = cloud.client("ec2")
    made = snapshot(ec2)
    give(ec2, made, FRIEND, "999988887777")
    return Case("%contain " + made, made, lambda: shared(ec2, made))


def trail(cloud, name):
    """Stopped, and blind."""
    trails = cloud.client("cloudtrail")
    cloud.client("s3").create_bucket(Bucket=name)
    trails.create_trail(Name=name, S3BucketName=name)
    trails.put_event_selectors(TrailName=name, EventSelectors=[
        {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False, "DataResources": [], "ExcludeManagementEventSources": []}])
    return Case("%%contain trail/%s --level selectors" % name, None, lambda: (
        trails.get_trail_status(Name=name)["IsLogging"], trails.get_event_selectors(TrailName=name)["EventSelectors"]), back=False)


def deletion(cloud, name):
    kms = cloud.client("kms")
    made = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    return Case("%%contain key/%s --level enable" % made, None, lambda: kms.describe_key(KeyId=made)["KeyMetadata"]["KeyState"], back=False)


# ---- machines -------------------------------------------------------------------------------------------------------------------

def machine(cloud, name, **more):
    return estate.machine(cloud, name, estate.Network(cloud, name), **more)


def credentials(cloud, name):
    made = machine(cloud, name, IamInstanceProfile={"Arn": estate.profile(cloud, name, ADMIN)})
    return Case("%contain credentials/" + made, made, lambda: details(cloud)["role", name])


def profile(cloud, name):
    made = machine(cloud, name, IamInstanceProfile={"Arn": estate.profile(cloud, name)})
    return Case("%contain profile/" + made, made, lambda: estate.described(cloud, made).get("IamInstanceProfile", {}).get("Arn"))


def instance(cloud, name):
    made = machine(cloud, name)
    return Case("%contain " + made, made, lambda: picture(cloud, made))


def preserved(cloud, name):
    made = machine(cloud, name)
    return Case("%ami-snapshot " + made, made, lambda: picture(cloud, made))


# ---- %undo ----------------------------------------------------------------------------------------------------------------------

def undone(cloud, name):
    """What %contain did is there already: it is the undo that is killed, and the undo that is taken back."""
    cloud.user(name, ADMIN)
    return Case("%undo --restore-access " + name, name, lambda: details(cloud)["user", name], first="%contain " + name)


# ---- %eradicate -----------------------------------------------------------------------------------------------------------------

def doomed_user(cloud, name):
    """With all that a user may leave behind."""
    cloud.user(name, ADMIN)
    iam = cloud.client("iam")
    iam.create_login_profile(UserName=name, Password="a-Password-1!")
    iam.create_group(GroupName="g" + name)
    iam.add_user_to_group(GroupName="g" + name, UserName=name)
    iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 " + name)
    return "user/" + name, "user/" + name, lambda: ("user", name) in details(cloud)


def doomed_role(cloud, name):
    estate.profile(cloud, name, ADMIN)
    return "role/" + name, "role/" + name, lambda: ("role", name) in details(cloud)


def doomed_key(cloud, name):
    made = cloud.user(name, ADMIN)["access_key_id"]
    return made, made, lambda: made in details(cloud)["user", name]["keys"]


def doomed_device(cloud, name):
    cloud.user(name, ADMIN)
    iam = cloud.client("iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
    return "user/" + name, "mfa/" + name, lambda: bool(iam.list_mfa_devices(UserName=name)["MFADevices"])


DOOMED = {  # the action, what makes it (contained as, destroyed as, whether it is there), its changes
    "delete-key": (doomed_key, 1),
    "drop-mfa": (doomed_device, 1),
    "delete-user": (doomed_user, 8),
    "delete-role": (doomed_role, 5),
}
ENDS = [(kind, at, "before" if at % 2 else "after") for kind, (_, count) in DOOMED.items() for at in range(count)]


@pytest.fixture(scope="module")
def doomed(cloud, tmp_path_factory):
    """A case in which all of them are contained, watched in silence and decided on: its folder, and each thing."""
    home = tmp_path_factory.mktemp("doomed")
    made = {(kind, at): DOOMED[kind][0](cloud, "d%s%d" % (kind.replace("-", ""), at)) for kind, at, _ in ENDS}
    cloud.order("trail", {"rate": 0})
    with Responder(home, cloud.environment()) as kernel:
        kernel.ok('%decide "Delete what it made?" yes no --choose yes --by Ada --reason "watched"')
        kernel.act("%contain " + " ".join(one for one, _, _ in made.values() if not one.startswith("role/")))
        kernel.act("%contain " + " ".join(one for one, _, _ in made.values() if one.startswith("role/")) + " --level full")
        kernel.ok("%watch")
        kernel.ok("%jobs wait all")
        assert kernel.ledger("watch")[-1]["content"]["silent"]
    cloud.order("trail", {"rate": 2})
    return home, made


@pytest.mark.parametrize("kind, at, when", rows(ENDS))
def test_killed_while_it_destroys(cloud, doomed, tmp_path, kind, at, when):
    """Nothing of it can be taken back, so it can only go on."""
    home, made = doomed
    _, target, there = made[kind, at]
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    yes = killed_at(cloud, tmp_path, "%%eradicate %s --decision 1" % target, at, when)
    plan = yes.split()[-1]
    with Responder(tmp_path, cloud.environment()) as again:
        assert "plan %s was cut off in the middle" % plan in again.ok("SELECT 1")
        text = again.ok(yes)
        assert "was cut off in the middle: of %d calls" % DOOMED[kind][1] in text and "Partly failed" not in text, text
        assert not there() and "cut off" not in again.ok("SELECT 1")


# The actions of a row, what makes its case, at which of its changes it is killed, the calls of its plan (None: more come meanwhile). All of
# them but these: the tags, which come last and one like the other, and what another row has.
ROWS = {
    "user": (["user"], user("deny"), range(4), 4),
    "user by its boundary": (["user"], user("boundary"), range(2), 3),
    "user with other credentials": (["user"], credentialed, range(3, 5), 6),
    "user below an SCP": (["user"], fenced, range(5), 7),
    "access key alone": (["key"], key, range(1), 2),
    "role in full": (["role"], role("full"), range(3), 4),
    "role's sessions": (["role"], role("sessions"), range(1), 2),
    "role's sessions and trust": (["role"], role("new"), range(2), 3),
    "role by its boundary": (["role"], role("boundary"), range(1), 2),
    "one session": (["session"], session, range(1), 2),
    "group": (["group"], group, range(1), 1),
    "person of Identity Center": (["person"], person, range(7), 8),
    "a trust changed meanwhile": (["trust"], door, range(2, 5), None),
    "rights given meanwhile": (["rights"], given, range(2, 4), None),
    "bucket": (["bucket"], bucket, range(4), 4),
    "security group": (["rules"], security_group, range(2), 3),
    "function": (["function"], concurrency, range(1), 2),
    "shared snapshot": (["share"], share, range(2), 3),
    "trail": (["trail"], trail, range(2), 3),
    "deletion of a key": (["deletion"], deletion, range(2), 3),
    "credentials of an instance": (["credentials"], credentials, range(1), 2),
    "profile of an instance": (["profile"], profile, range(1), 2),
    "instance": (["instance"], instance, range(14), 18),
    "%ami-snapshot": (["instance"], preserved, range(6), 10),
    "%undo": (["user"], undone, range(4), 4),
}
STEPS = [(kind, at, "before" if at % 2 else "after", "back" if at % 3 == 1 else "on") for kind, row in ROWS.items() for at in row[2]]


def finished(kernel, case, before, text):
    """After it went on: in force, and an undo brings all of it back, where one can."""
    assert case.state() != before
    assert not case.mended or case.mended(), text
    if case.code.startswith("%undo"):
        return
    assert "No change" in kernel.ok(case.code)
    if case.back:
        kernel.act("%undo --restore-access " + case.restore)
        assert case.state() == before


@pytest.mark.parametrize("kind, at, when, way", rows(STEPS))
def test_killed(cloud, tmp_path, name, kind, at, when, way):
    _, make, _, count = ROWS[kind]
    case = make(cloud, name)
    if case.first.startswith("%contain"):
        with Responder(tmp_path, cloud.environment()) as earlier:
            earlier.act(case.first)
    before = case.state()
    cloud.forget()
    first = "" if case.first.startswith("%contain") else case.first
    yes = killed_at(cloud, tmp_path, case.code, at, when, first, case.meanwhile)
    plan = yes.split()[-1]
    with Responder(tmp_path, cloud.environment()) as again:
        said = again.ok(first or "SELECT 1")
        assert "plan %s was cut off in the middle" % plan in said
        if way == "on":
            text = again.ok(yes)
            assert "was cut off in the middle: of %s" % ("%d calls" % count if count else "") in text and "Partly failed" not in text, text
            finished(again, case, before, text)
        elif case.back:
            again.act("%%undo %s --restore-access %s" % (plan, case.restore))
            assert case.state() == before
        else:
            assert "taking something back" in again.ok("%undo " + plan)
        made = [call for call in cloud.calls(operation="CreateSnapshots", status=200) if "True" != str((call["params"] or {}).get("DryRun"))]
        assert len(made) <= 1, "what is preserved is not preserved again"
        assert "cut off" not in again.ok("SELECT 1")


def test_every_action_of_the_program_has_a_row(kernel):
    listed = set()
    for code in ("%contain --actions", "%eradicate --actions"):
        lines = kernel.ok(code).split("\n")
        below = next(at for at, line in enumerate(lines) if line.startswith("---"))
        listed |= {line.split()[0] for line in lines[below + 1:] if line and not line.startswith(" ")} - {str(n) for n in range(100)}
    named = {action for actions, _, _, _ in ROWS.values() for action in actions} | set(DOOMED)
    assert len(listed) > 20 and listed == named
