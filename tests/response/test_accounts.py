"""Several accounts in one plan, the SCP that nobody in the account takes back, and people of Identity Center."""
import json

import pytest

import estate
from acting import ADMIN, Cloud, Responder, changes, details, key_of, works

MANAGER, OTHER, LONELY = "999900001111", "222233334444", "333344445555"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        made.order("organization", {"management": MANAGER, "members": [{"account": made.account, "name": "ours"}, {"account": OTHER, "name": "other"}]})
        yield made


def watched(cloud, kernel, code):
    """A watch to its end."""
    cloud.order("trail", {"rate": 0})
    kernel.ok(code)
    kernel.ok("%jobs wait all")
    return kernel.ledger("watch")[-1]["content"]


def reach(account, name="IR"):
    return "%s=arn:aws:iam::%s:role/%s" % (account, account, name)


@pytest.fixture
def own(cloud, tmp_path):
    with Responder(tmp_path, cloud.environment()) as made:
        yield made


def test_one_plan_spans_accounts_and_lists_what_it_cannot_reach(cloud, own):
    cloud.role("IR", ADMIN, account=OTHER, trust="arn:aws:iam::%s:root" % cloud.account)
    here, there = cloud.user("both", ADMIN), cloud.user("both", ADMIN, account=OTHER)
    assert "no access to account " + OTHER in own.refused("%%contain arn:aws:iam::%s:user/both" % OTHER)
    own.ok("%set accounts " + reach(OTHER))
    text, yes = own.plan("%%contain both arn:aws:iam::%s:user/both" % OTHER)
    assert "In account %s it acts as arn:aws:sts::%s:assumed-role/IR/cofferdam-response" % (OTHER, OTHER) in text
    own.ok(yes)
    assert not works(cloud, here) and not works(cloud, there)
    entry = watched(cloud, own, "%watch")
    assert entry["silent"] and len(own.ledger("watch")) == 2, entry
    own.ok("%set accounts none")
    entry = watched(cloud, own, "%watch")
    assert entry["verdict"] == "not proven" and "in account " + OTHER in json.dumps(entry["not_visible"]), "nothing leads there"
    assert watched(cloud, own, "%watch --account " + cloud.account)["silent"]
    assert "is in other accounts than " + cloud.account in own.refused("%watch --account " + OTHER)
    own.ok("%set accounts " + reach(OTHER))
    own.act("%undo --restore-access both")
    assert works(cloud, here) and works(cloud, there)
    assert "of account %s" % OTHER in own.refused("%set accounts " + LONELY + "=arn:aws:iam::" + OTHER + ":role/IR\n%contain arn:aws:iam::" + LONELY + ":user/x")
    for bad in ("nonsense", "1234=x", OTHER + "="):
        assert "is no account and how it is reached" in own.refused("%set accounts " + bad)


def test_a_key_of_another_account_is_told(cloud, own):
    stranger = cloud.user("stranger", ADMIN, account=OTHER)
    assert "belongs to account " + OTHER in own.refused("%contain " + stranger["access_key_id"])


def test_the_scp_is_printed_whole_where_it_cannot_be_applied(cloud, own):
    user = cloud.user("printed", ADMIN)
    text, _ = own.plan("%contain printed")
    assert "is not applied: no access to account " + MANAGER in text
    printed = json.loads(text.split("with this policy: ")[1].split("\n")[0])
    assert printed["Statement"][0]["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [user["arn"]]}}


def test_the_scp_comes_first_where_it_is_permitted(cloud, own):
    cloud.role("IR", ADMIN, account=MANAGER, trust="arn:aws:iam::%s:root" % cloud.account)
    own.ok("%set accounts " + reach(MANAGER))
    user = cloud.user("fenced", ADMIN)
    before, organization = details(cloud), cloud.order("organization")
    cloud.forget()
    text, yes = own.plan("%contain fenced")
    assert "attach the SCP ir-quarantine-" in text
    own.ok(yes)
    made = [call["operation"] for call in cloud.calls() if call["operation"] in ("CreatePolicy", "AttachPolicy", "PutUserPolicy", "UpdateAccessKey")]
    assert made == ["CreatePolicy", "AttachPolicy", "PutUserPolicy", "UpdateAccessKey"]
    policies = cloud.order("organization")["policies"]
    assert [one["targets"] for name, one in policies.items() if name.startswith("ir-quarantine-")] == [[cloud.account]]
    tagged = [call["params"] for call in cloud.calls(service="organizations", operation="TagResource")]
    assert [{one["Key"] for one in call["Tags"]} for call in tagged] == [{"ir:case", "ir:action", "ir:actor", "ir:time"}]
    assert "No change" in own.ok("%contain fenced") and not works(cloud, user)
    assert watched(cloud, own, "%watch")["silent"] and "not looked at: attach the SCP" in own.ok("%jobs show 1")
    own.act("%undo --restore-access fenced")
    assert details(cloud) == before and cloud.order("organization") == organization


def test_an_scp_that_may_not_be_made_holds_up_nothing(cloud, own):
    cloud.role("IR-unfenced", ADMIN, account=MANAGER, trust="arn:aws:iam::%s:root" % cloud.account)
    own.ok("%set accounts " + reach(MANAGER, "IR-unfenced"))
    user = cloud.user("unfenced", ADMIN)
    cloud.faults({"kind": "error", "operation": "CreatePolicy", "code": "AccessDeniedException", "status": 400, "times": 100})
    text = own.act("%contain unfenced")
    assert "what it builds on is not there" in text and "configured" in text and "Partly failed" not in text, text
    assert not works(cloud, user)
    own.act("%undo --restore-access unfenced")


def test_no_scp_is_put_around_ourselves(cloud, tmp_path):
    """Its own user, the role it came through, the role it acts as: nobody in the account could take an SCP back."""
    base = cloud.user("chain-base", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]})
    first = cloud.role("chain-first", ADMIN, trust=base["arn"])
    second = cloud.role("chain-second", ADMIN, trust=first["arn"])
    thief = cloud.user("chain-thief", ADMIN)
    cloud.role("IR-chain", ADMIN, account=MANAGER, trust="arn:aws:iam::%s:root" % cloud.account)
    (tmp_path / "config").write_text(
        "[profile ir]\nrole_arn = %s\nsource_profile = way\n[profile way]\nrole_arn = %s\nsource_profile = base\n"
        "[profile base]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % (second["arn"], first["arn"], base["access_key_id"], base["secret_access_key"]))
    environment = {k: v for k, v in cloud.environment().items() if "ACCESS_KEY" not in k}
    before = cloud.order("organization")
    with Responder(tmp_path, {**environment, "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "ir"}) as chained:
        chained.ok("%set accounts " + reach(MANAGER, "IR-chain"))
        for target in ("role/chain-second --level full", "role/chain-second --level boundary", "role/chain-first --level full", "chain-base",
                       "chain-thief role/chain-first --level boundary"):
            assert "is what the kernel's own credentials come from" in chained.refused("%contain " + target), target
        chained.ok("%set accounts none")
        assert "is who this kernel acts as" in chained.refused("%contain role/chain-second --level full")
        text, _ = chained.plan("%%contain user/chain-thief role/chain-first --level boundary --alone --override %s" % first["arn"])
        printed = json.loads(text.split("with this policy: ")[1].split("\n")[0])
        assert printed["Statement"][0]["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [thief["arn"]]}}
        assert "leaves %s out" % first["arn"] in text, "what is overridden is denied where it can be taken back only"
    assert cloud.order("organization") == before


def test_a_person_of_identity_center(cloud, own):
    reader = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    cloud.order("identity-center", {"account": cloud.account, "users": [{"name": "pat", "groups": ["staff"]}, {"name": "kim"}],
                                    "sets": [{"name": "Admin", "policies": [ADMIN]}, {"name": "Reader", "inline": reader}],
                                    "assignments": [{"principal": "pat", "set": "Admin"}, {"principal": "kim", "set": "Admin"}, {"principal": "staff", "set": "Reader"}]})
    session = lambda user, name: cloud.order("identity-center-session", {"user": user, "set": name})
    pat, pat_reader, kim = session("pat", "Admin"), session("pat", "Reader"), session("kim", "Admin")
    assert works(cloud, pat) and works(cloud, kim) and works(cloud, pat_reader)
    before = cloud.order("identity-center")
    text, yes = own.plan("%contain sso/pat")
    assert "sessions have no call that deletes them" in text
    own.ok(yes)
    assert not works(cloud, pat) and not works(cloud, pat_reader) and works(cloud, kim)
    assert {len(tags) for tags in cloud.order("identity-center")["tags"].values()} == {4}, "of each permission set that is touched"
    assert "no user nobody" in own.refused("%contain sso/nobody")
    assert "No change" in own.ok("%contain sso/pat")
    own.act("%undo --restore-access pat")
    after = cloud.order("identity-center")
    assert after == before and works(cloud, pat)
    role = cloud.order("identity-center")["roles"]["Admin@" + cloud.account]
    assert "belongs to Identity Center" in own.refused("%contain role/" + role)


class Elsewhere:
    """The double as somebody of another account sees it."""

    def __init__(self, cloud, key):
        self.cloud, self.key, self.region = cloud, key, cloud.region

    def client(self, service, region=None):
        return self.cloud.client(service, self.key, region=region)


WAYS = pytest.mark.parametrize("way", ["profile", "role"])


class Way:
    """How %set accounts leads to the other account, and whose calls of a job there are: a profile's, or those of a role's sessions."""

    def __init__(self, cloud, folder, way, name):
        self.cloud, self.boss = cloud, cloud.user("boss-" + name, ADMIN, account=OTHER)
        self.config = folder / "config"
        self.lead_to(self.boss)
        self.role = "IR-" + name if way == "role" else None
        if self.role:
            cloud.role(self.role, ADMIN, account=OTHER, trust="arn:aws:iam::%s:root" % cloud.account)
        self.set = "%set accounts " + (reach(OTHER, self.role) if self.role else OTHER + "=other")

    def lead_to(self, key):
        self.config.write_text("[profile other]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = us-east-1\n"
                               % (key["access_key_id"], key["secret_access_key"]))

    def kernel(self, folder):
        return Responder(folder, {**self.cloud.environment(), "AWS_CONFIG_FILE": str(self.config)})

    def calls(self, operation, **more):
        """Keys of the other account that asked this."""
        asked = self.cloud.calls(operation=operation, **more)
        return {one["access_key_id"] for one in asked if one["access_key_id"] != self.cloud.key["access_key_id"]}


@WAYS
def test_snapshots_in_another_account_are_followed_and_taken_up_by_a_later_kernel(cloud, tmp_path, way, name):
    led = Way(cloud, tmp_path, way, name)
    there = Elsewhere(cloud, led.boss)
    instance = estate.machine(there, name, estate.Network(there, name))
    cloud.order("machines", {"snapshot_polls": 10**6})
    with led.kernel(tmp_path) as own:
        own.ok(led.set)
        own.act("%%ami-snapshot %s --account %s" % (instance, OTHER))
        cloud.calls(operation="DescribeLockedSnapshots", wait=1)
        keys = led.calls("DescribeLockedSnapshots")
        assert len(keys) == 1 and keys.isdisjoint({led.boss["access_key_id"]}) == (way == "role"), keys
    cloud.order("machines", {"complete": True})
    cloud.forget()
    with led.kernel(tmp_path) as second:
        assert "job 1 (snapshots) was under way and is taken up again" in second.ok("%note again")
        second.ok("%jobs wait all")
        told = [one["content"] for one in second.ledger("job") if one["content"].get("what") == "snapshots"][-1]
        assert told["instance"] == instance and [one["state"] for one in told["snapshots"]] == ["completed"] * 2
    assert led.calls("GetCallerIdentity") >= led.calls("DescribeSnapshots") != set(), "whose they are was asked first"
    cloud.order("machines", {})


def until(cloud, operation, key, count):
    cloud.calls(operation=operation, access_key_id=key, wait=count)


def asking(led, count=1):
    """The key of the other account that a watch there asks with, once it has."""
    while not led.calls("LookupEvents"):
        led.cloud.calls(operation="LookupEvents", wait=len(led.cloud.calls(operation="LookupEvents")) + 1)
    key = led.calls("LookupEvents").pop()
    until(led.cloud, "LookupEvents", key, count)
    return key


@WAYS
def test_what_is_contained_in_several_accounts_has_a_watch_in_each_where_something_leads(cloud, tmp_path, way, name):
    led = Way(cloud, tmp_path, way, name)
    here, there = cloud.user(name, ADMIN), cloud.user(name, ADMIN, account=OTHER)
    left = key_of(cloud.client("sts", there).get_federation_token(Name="left", Policy=json.dumps(EVERYTHING))["Credentials"])
    cloud.order("trail", {"rate": 0})
    with led.kernel(tmp_path) as own:
        own.ok(led.set)
        own.act("%%contain %s arn:aws:iam::%s:user/%s --alone" % (name, OTHER, name))
        cloud.forget()
        own.ok("%watch")
        asking(led)
        assert not works(cloud, left)
        own.ok("%jobs wait all")
        found = [one["content"] for one in own.ledger("watch")]
        assert len(found) == 2 and {here["arn"] in one["targets"] for one in found} == {True, False}
        ours, theirs = sorted(found, key=lambda one: here["arn"] not in one["targets"])
        assert ours["silent"] and ours["not_visible"] == [], ours
        assert there["arn"] in theirs["targets"] and theirs["verdict"] in ("silent", "denied only") and theirs["not_visible"] == [], theirs
        assert {one["region"] for one in theirs["sources"]} == {one["region"] for one in ours["sources"]}
        assert len(led.calls("LookupEvents")) == 1
        own.ok("%watch --account " + OTHER)
        own.ok("%jobs wait all")
        assert [there["arn"] in one["content"]["targets"] for one in own.ledger("watch")[2:]] == [True]
        assert "has no user nobody" in own.refused("%%watch %s nobody" % name), "one that is elsewhere hides none that is mistyped"


def test_a_watch_through_a_role_renews_its_session(cloud, tmp_path, name):
    led = Way(cloud, tmp_path, "role", name)
    cloud.user(name, ADMIN, account=OTHER)
    cloud.order("trail", {"rate": 0})
    with led.kernel(tmp_path) as own:
        own.ok(led.set)
        own.act("%%contain arn:aws:iam::%s:user/%s --alone" % (OTHER, name))
        cloud.forget()
        own.ok("%watch --for 2h")
        first = asking(led, 20)
        cloud.order("sessions", {"access_key_id": first, "expires_in": -1})
        own.ok("%jobs wait all")
        entry = own.ledger("watch")[-1]["content"]
        assert entry["silent"], entry
    renewed = led.calls("LookupEvents") - {first}
    assert len(renewed) == 1 and led.calls("GetUserPolicy") >= renewed and led.calls("GetCallerIdentity") >= renewed | {first}


def asked_who_only(cloud, kernel, stranger):
    """A job's credentials are a stranger's by now: they are asked whose they are, and nothing else, until the job says so."""
    kernel.ok("%note again")
    until(cloud, "GetCallerIdentity", stranger["access_key_id"], 1)
    while "waits for credentials (the credentials are thos" not in kernel.ok("%jobs"):
        assert {one["operation"] for one in cloud.calls(access_key_id=stranger["access_key_id"])} == {"GetCallerIdentity"}
    assert {one["operation"] for one in cloud.calls(access_key_id=stranger["access_key_id"])} == {"GetCallerIdentity"}


def test_a_profile_that_leads_to_another_account_by_now_is_not_asked(cloud, tmp_path, name):
    led, stranger = Way(cloud, tmp_path, "profile", name), cloud.user("stranger-" + name, ADMIN, account=LONELY)
    cloud.user(name, ADMIN, account=OTHER)
    cloud.order("trail", {"rate": 0})
    with led.kernel(tmp_path) as own:
        own.ok(led.set)
        own.act("%%contain arn:aws:iam::%s:user/%s --alone" % (OTHER, name))
        cloud.forget()
        own.ok("%watch --for 24h")
        asking(led)
    led.lead_to(stranger)
    cloud.forget()
    with led.kernel(tmp_path) as second:
        asked_who_only(cloud, second, stranger)


def test_a_later_kernel_of_another_account_asks_nothing_in_this_ones_watch(cloud, tmp_path, name):
    cloud.user(name, ADMIN)
    stranger = cloud.user("visitor-" + name, ADMIN, account=LONELY)
    cloud.order("trail", {"rate": 0})
    with Responder(tmp_path, cloud.environment()) as own:
        own.act("%%contain %s --alone" % name)
        cloud.forget()
        own.ok("%watch --for 24h")
        until(cloud, "LookupEvents", cloud.key["access_key_id"], 1)
    cloud.forget()
    with Responder(tmp_path, cloud.environment(stranger)) as second:
        asked_who_only(cloud, second, stranger)
