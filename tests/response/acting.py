"""A kernel that contains things in the double of AWS: plans by their id, states before and after."""
import hashlib
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), name) for name in ("cloud", "aws")]

from cloud import Cloud, key_of  # noqa: E402,F401
from notebook import Kernel  # noqa: E402

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
RATE = "1000"  # waits of a run go by a thousand times faster
PLAN = re.compile(r"%(contain|undo|eradicate|ami-snapshot) --yes (\d+-[0-9a-f]{12})")


class Responder(Kernel):
    """`act` makes a plan and approves it by its id."""
    hidden = False

    def __init__(self, home, environment, rate=RATE):
        super().__init__(home, {"COFFERDAM_TIME_RATE": rate, **{k: v for k, v in environment.items() if v != os.devnull}})

    def ok(self, code, answer=None):
        status, text = self.run(code, answer)
        assert status == "ok", text
        return text

    def refused(self, code):
        status, text = self.run(code)
        assert status == "error", text
        return text

    def plan(self, code):
        """The plan's words and how it is approved: (text, "%contain --yes 1-...")."""
        text = self.ok(code)
        found = list(PLAN.finditer(text))
        assert found, text
        return text, found[-1].group(0)

    def act(self, code):
        return self.ok(self.plan(code)[1])

    def ledger(self, kind=None):
        path = os.path.join(self.home, ".cofferdam", "ledger.jsonl")
        if not os.path.exists(path):
            return []
        with open(path) as lines:
            found = [json.loads(line) for line in lines]
        return [one for one in found if kind in (None, one["kind"])]


def written(kernel, kind, content):
    """An entry that another program puts into the record (the chain is verified elsewhere)."""
    last = kernel.ledger()[-1]
    entry = {**last, "seq": last["seq"] + 1, "prev": last["hash"], "kind": kind, "content": content}
    del entry["hash"]
    line = json.dumps(entry, separators=(",", ":"))
    with open(os.path.join(kernel.home, ".cofferdam", "ledger.jsonl"), "a") as out:
        out.write('%s,"hash":"%s"}\n' % (line[:-1], hashlib.sha256(line[:-1].encode()).hexdigest()))


def changes(cloud, **wanted):
    """Calls of the analyst that changed something; a trial (DryRun) does not."""
    reading = ("Get", "List", "Describe", "Head", "Lookup", "Simulate", "Assume", "GenerateCredentialReport")
    return [call["operation"] for call in cloud.calls(access_key_id=cloud.key["access_key_id"], **wanted) if not call["operation"].startswith(reading)
            and str((call["params"] or {}).get("DryRun")).lower() != "true"]


def details(cloud, tags=True):
    """All of IAM that undo has to bring back, without what AWS counts by itself."""
    pairs = lambda one: sorted((tag["Key"], tag["Value"]) for tag in one.get("Tags", [])) if tags else None
    iam = cloud.client("iam")
    found = iam.get_account_authorization_details(MaxItems=1000)
    kept = {}
    for user in found["UserDetailList"]:
        name = user["UserName"]
        kept["user", name] = {
            "id": user["UserId"], "tags": pairs(user), "inline": {one["PolicyName"]: one["PolicyDocument"] for one in user.get("UserPolicyList", [])},
            "attached": sorted(one["PolicyArn"] for one in user["AttachedManagedPolicies"]), "groups": user["GroupList"],
            "boundary": user.get("PermissionsBoundary"),
            "keys": {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]}}
    for role in found["RoleDetailList"]:
        kept["role", role["RoleName"]] = {
            "id": role["RoleId"], "tags": pairs(role), "trust": role["AssumeRolePolicyDocument"], "boundary": role.get("PermissionsBoundary"),
            "inline": {one["PolicyName"]: one["PolicyDocument"] for one in role["RolePolicyList"]},
            "attached": sorted(one["PolicyArn"] for one in role["AttachedManagedPolicies"])}
    for group in found["GroupDetailList"]:
        kept["group", group["GroupName"]] = {one["PolicyName"]: one["PolicyDocument"] for one in group["GroupPolicyList"]}
    return kept


def works(cloud, key, service="s3", call="list_buckets", **given):
    """Whether a call of this key gets through."""
    from botocore.exceptions import ClientError
    try:
        getattr(cloud.client(service, key), call)(**given)
        return True
    except ClientError:
        return False
