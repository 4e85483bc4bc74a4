"""One fight: an account of its own in the double, an attacker's process, the real kernel as the responder, and what became of both."""
import collections
import datetime
import json
import os
import re
import subprocess
import sys
import threading
import time

from botocore.exceptions import ClientError

from cloud import Cloud, key_of  # noqa: F401  (the tests find both here)
from notebook import Kernel
from undone import differences

HERE = os.path.dirname(os.path.abspath(__file__))


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OUTSIDE = "666677778888"
RATE = 5            # waits of the kernel and delays of the double go by so many times faster
SEED = 318
PATIENCE = 60
PLAN = re.compile(r"%(contain|undo|eradicate) --yes (\d+-[0-9a-f]{12})")
HARMLESS = ("GetCallerIdentity",)   # asked without any permission: AWS answers although everything is denied
READS = ("Get", "List", "Describe", "Lookup", "Simulate", "Generate", "Assume", "Decode")


class Responder(Kernel):
    """The kernel of an analyst. What a test did not expect ends it with the kernel's own words."""

    def __init__(self, home, environment, **more):
        super().__init__(home, {"COFFERDAM_TIME_RATE": str(RATE), **{k: v for k, v in environment.items() if v != os.devnull}, **more})

    def ok(self, code):
        status, text = self.run(code)
        assert status == "ok", text
        return text

    def plan(self, code):
        """(words, the cell that approves it): the last, for what was cut off is said before."""
        text = self.ok(code)
        found = [one.group(0) for one in PLAN.finditer(text)]
        assert found, text
        return text, found[-1]

    def act(self, code):
        return self.ok(self.plan(code)[1])

    def ledger(self, *kinds):
        with open(os.path.join(self.home, ".cofferdam", "ledger.jsonl")) as lines:
            found = [json.loads(line) for line in lines]
        return [one for one in found if not kinds or one["kind"] in kinds]


class Account:
    """An account with an analyst in it, and mallory, whose key leaked."""

    def __init__(self, cloud, number):
        self.cloud, self.account = cloud, number
        self.boss = cloud.user("analyst", ADMIN, account=number)
        self.iam = cloud.client("iam", self.boss)
        self.key = cloud.user("mallory", ADMIN, account=number)
        self.region, self.things = cloud.region, {}

    def user(self, name, *policies):
        return self.cloud.user(name, *policies, account=self.account)

    def role(self, name, *policies, **more):
        return self.cloud.role(name, *policies, account=self.account, **more)

    def client(self, service, key=None, region=None):
        return self.cloud.client(service, key or self.boss, region=region)

    def state(self):
        return self.cloud.order("state")["accounts"][self.account]

    def effects(self):
        """Changes in this account that were late: since when they count everywhere."""
        return [one for one in self.cloud.order("effects") if one["what"][1] == self.account]

    def fill(self, name):
        """Leaves no room for another inline policy or attachment, and sets a boundary that allows everything."""
        text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": ["*", "arn:aws:s3:::" + "x" * 1930]}]})
        self.iam.put_user_policy(UserName=name, PolicyName="big", PolicyDocument=text)
        for number in range(9):
            arn = self.iam.create_policy(PolicyName="fill-%d" % number, PolicyDocument=text.replace("x" * 1930, "x"))["Policy"]["Arn"]
            self.iam.attach_user_policy(UserName=name, PolicyArn=arn)
        self.iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=ADMIN)

    def make_snapshot(self):
        ec2 = self.client("ec2")
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        return ec2.create_snapshot(VolumeId=volume)["SnapshotId"]

    def make_image(self):
        ec2 = self.client("ec2")
        instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        return ec2.create_image(InstanceId=instance, Name="golden", NoReboot=True)["ImageId"]

    def environment(self):
        return self.cloud.environment(self.boss)


class Attacker:
    """The attacker's process; what it says is kept."""

    def __init__(self, cloud, given):
        self.said, self.news = [], threading.Condition()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "attacker.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"})
        self.process.stdin.write(json.dumps({"endpoint": cloud.endpoint, **given}) + "\n")
        self.process.stdin.flush()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            with self.news:
                self.said.append(json.loads(line))
                self.news.notify_all()
        with self.news:
            self.said.append({"over": True})
            self.news.notify_all()

    def until(self, true, patience=PATIENCE):
        """Waits until it has said something; its words are few enough to be looked through."""
        with self.news:
            assert self.news.wait_for(lambda: any(true(one) for one in self.said) or "over" in (self.said or [{}])[-1], patience), "nothing came"
            return next((one for one in self.said if true(one)), None)

    def calls(self):
        return [one for one in list(self.said) if "call" in one]

    def moves(self):
        """What got through of what it did once it fought."""
        begin = next((i for i, one in enumerate(self.said) if "noticed" in one), len(self.said))
        reading = ("iam:Get", "iam:List", "s3:", "ec2:Describe")
        return [one for one in self.said[begin:] if one.get("ok") and not one["call"].startswith(reading)]

    def changed(self):
        """Names of what it changed: nobody's undo brings these back."""
        return {name for one in self.moves() for name in one["on"]}

    def held(self):
        """All credentials that it ever had."""
        return {one["key"]["access_key_id"]: one["key"] for one in list(self.said) if "held" in one}

    def stop(self):
        """It may be over already."""
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def moment(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class Fight:
    """A strategy against %contain, and what is found afterwards."""

    def __init__(self, cloud, number, strategy, home):
        self.strategy, self.scene, self.home = strategy, Account(cloud, number), home
        self.cloud = cloud
        strategy.setup(self.scene)
        cloud.order("delay", {"settle": number})

    def begin(self):
        scene, outside = self.scene, self.outsider()
        self.outside, self.inside = outside, set()
        more = {name: getattr(scene, name) for name in ("sleeper", "snapshot", "image") if hasattr(scene, name)}
        if self.strategy.name == "StolenFromInstance":
            more["instance"] = self.cloud.order("instance-session", {"instance": "i-0123456789abcdef1", "role": "web", "account": scene.account})
        keys = {} if "instance" in more else {"key": scene.key}
        given = {"account": scene.account, "strategy": self.strategy.name, "keys": keys, "user": "mallory", "role": "web",
                 "outsider": outside, "more": more}
        if "instance" in more:
            given["user"] = None
        self.attacker = Attacker(self.cloud, given)
        assert self.attacker.until(lambda one: "ready" in one), "the attacker prepares"
        begin = len(self.attacker.said)
        assert self.attacker.until(lambda one: one.get("ok") and one["call"] == "s3:ListBuckets"), "its calls get through before: %s" % self.attacker.said[begin:]
        self.before = scene.state()
        self.begun = time.time()

    def outsider(self):
        made = self.cloud.user("outsider-" + self.scene.account, ADMIN, account=OUTSIDE)
        return {**made, "account": OUTSIDE}

    def play(self):
        """All of it; what is to be said of it."""
        with Responder(self.home, self.scene.environment()) as self.kernel:
            try:
                self.begin()
                self.contain()
                self.watch()
            finally:
                self.attacker.stop()
            row = {"before": sum(one["ok"] and one["begun"] < self.first for one in self.attacker.calls())}
            row["during"], row["late"], row["after"] = self.through()
            row["moves"], row["kept"], asked = len(self.attacker.moves()), self.usable(), len(self.changes())
            row["again"] = self.kernel.ok(self.cells[0] + self.strategy.again(self.scene))
            row["asked again"] = len(self.changes()) - asked
            row["untold"] = self.untold()
            self.kernel.act("%undo " + " ".join("--restore-access " + name for name in self.names()))
            row["left"] = differences(self.before, self.scene.state(), self.attacker.changed())
        return row

    def changes(self):
        """Changes that the responder asked for, as the double saw them."""
        found = self.cloud.calls(access_key_id=self.scene.boss["access_key_id"])
        return [one for one in found if moment(one["time"]) > self.begun and not one["operation"].startswith(READS)]

    def untold(self):
        """Changes that the ledger does not tell, intents that nobody asked for, intents without an outcome."""
        intents = self.kernel.ledger("intent")
        asked = collections.Counter("%s:%s" % (one["service"], one["operation"]) for one in self.changes())
        told = collections.Counter(one["content"]["op"] for one in intents)
        ended = {one["content"]["intent"] for one in self.kernel.ledger("outcome")}
        return ["not told: " + one for one in asked - told] + ["not asked: " + one for one in told - asked] + [
            "no outcome: %s" % one["content"]["op"] for one in intents if one["seq"] not in ended]

    def contain(self):
        """Plan, approval, run. Times are those of this machine, as the double's are."""
        self.cells = ["%contain " + " ".join(self.strategy.targets(self.scene))]
        self.words, yes = self.kernel.plan(self.cells[0])
        self.said = self.kernel.ok(yes)
        self.returned = time.time()
        made = [one for one in self.scene.effects() if one["by"] == self.scene.boss["arn"] and moment(one["made"]) > self.begun]
        assert made, "nothing was changed: " + self.said
        self.first, self.enforced = min(moment(one["made"]) for one in made), max(moment(one["all"]) for one in made)

    def watch(self):
        """The attacker goes on for a while after everything is in force."""
        later = max(self.enforced, self.returned) + 2.0 / RATE
        self.attacker.until(lambda one: "call" in one and one["begun"] > later)

    def through(self):
        """How many of the attacker's calls got through before the return, before enforcement, after it."""
        self.inside = set(self.attacker.held())
        good = [one for one in self.attacker.calls() if one["ok"] and not one["call"].endswith(HARMLESS) and not self.is_outside(one)]
        count = lambda begin, end: sum(begin <= one["begun"] < end for one in good)
        return (count(self.first, self.returned), count(self.returned, max(self.enforced, self.returned)),
                [one for one in good if one["begun"] >= max(self.enforced, self.returned)])

    def names(self):
        """Whom %undo has to give access back to by name: mallory, what the strategy says, and what the attacker made."""
        now = self.scene.state()
        made = [name for kind in ("users", "roles") for name in now[kind] if name not in self.before[kind]]
        return ["mallory", *self.strategy.others(self.scene), *made]

    def is_outside(self, call):
        """An outsider's calls about his own account are nobody's business here; those into this account are sessions."""
        return call["key"].startswith("AKIA") and call["key"] not in self.inside

    def usable(self):
        """What the attacker holds or made that still does something in this account."""
        found = []
        for name, key in self.attacker.held().items():
            if any(works(self.cloud, key, *ask) for ask in (("s3", "list_buckets"), ("iam", "list_users"), ("ec2", "describe_snapshots"))):
                found.append("credential " + name)
        now = self.scene.state()
        for name, user in now["users"].items():
            if name not in self.before["users"] and may(self.scene, user["arn"]) and ("Active" in user["keys"].values() or user["password"]):
                found.append("user " + name)
        found += ["credential %s of %s" % (one, name) for name, user in now["users"].items() for kind in ("ssh", "services", "keys")
                  for one, status in user[kind].items() if status == "Active" and one not in self.before["users"].get(name, {}).get(kind, {})]
        outside = self.cloud.client("sts", self.outside)
        for name, role in now["roles"].items():
            if OUTSIDE in json.dumps(role["trust"]):
                try:
                    key = key_of(outside.assume_role(RoleArn=role["arn"], RoleSessionName="probe")["Credentials"])
                except ClientError:
                    continue
                found += ["role " + name] if works(self.cloud, key, "s3", "list_buckets") else []
        if hasattr(self.scene, "snapshot"):
            ec2 = self.scene.client("ec2")
            shared = ec2.describe_snapshot_attribute(SnapshotId=self.scene.snapshot, Attribute="createVolumePermission")["CreateVolumePermissions"]
            shared += ec2.describe_image_attribute(ImageId=self.scene.image, Attribute="launchPermission")["LaunchPermissions"]
            found += ["something shared" for one in shared if one.get("UserId") == OUTSIDE]
        return found


def works(cloud, key, service="s3", call="list_buckets", **given):
    try:
        getattr(cloud.client(service, key), call)(**given)
        return True
    except ClientError:
        return False


def may(scene, arn):
    """Whether IAM's own simulation lets it do anything that counts."""
    said = scene.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["iam:CreateUser", "s3:ListAllMyBuckets", "sts:AssumeRole"])
    return any(one["EvalDecision"] == "allowed" for one in said["EvaluationResults"])
