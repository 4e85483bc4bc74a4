"""IAM's permission boundaries of users, its size limits and quotas, and SimulatePrincipalPolicy."""
import re

from moto.iam.models import User, iam_backends

from . import identity, policy
from .world import PARTITION, CloudError, after, before, operation

MANAGED, ATTACHED, TRUST = 6144, 10, 2048
INLINE = {"user": 2048, "role": 10240, "group": 5120}
NAMES = {"user": "UserName", "role": "RoleName", "group": "GroupName"}


def shown_boundary(self):
    """What GetUser and GetAccountAuthorizationDetails tell."""
    arn = getattr(self, "permissions_boundary_arn", None)
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


User.permissions_boundary = property(shown_boundary)


def backend_of(call):
    return iam_backends[identity.account_of(call)][PARTITION]


def user_of(call):
    name = call.params.get("UserName")
    found = backend_of(call).users.get(name)
    if not found:
        raise CloudError("NoSuchEntity", "The user with name %s cannot be found." % name, 404)
    return found


def policy_exists(call, arn):
    if arn not in backend_of(call).managed_policies:
        raise CloudError("NoSuchEntity", "Policy %s does not exist or is not attachable." % arn, 404)


@operation("iam", "PutUserPermissionsBoundary")
def put_user_boundary(call):
    user = user_of(call)
    policy_exists(call, call.params["PermissionsBoundary"])
    user.permissions_boundary_arn = call.params["PermissionsBoundary"]


@operation("iam", "DeleteUserPermissionsBoundary")
def delete_user_boundary(call):
    user = user_of(call)
    if not getattr(user, "permissions_boundary_arn", None):
        raise CloudError("NoSuchEntity", "%s does not have a permission boundary" % user.name, 404)
    user.permissions_boundary_arn = None


@after
def boundary_of_a_new_user(call, given):
    arn = call.params.get("PermissionsBoundary")
    if (call.service, call.operation) == ("iam", "CreateUser") and arn and given.status == 200:
        backend_of(call).users[call.params["UserName"]].permissions_boundary_arn = arn


@after
def keys_of_a_renamed_user(call, given):
    """GetAccessKeyLastUsed says who has the key now."""
    name = call.params.get("NewUserName")
    if (call.service, call.operation) == ("iam", "UpdateUser") and name and given.status == 200:
        found = next((one for one in backend_of(call).users.values() if one.name == name), None)
        for key in found.access_keys if found else ():
            key.user_name = name


def size(document):
    """Without the white space, which AWS does not count."""
    return len(re.sub(r"\s", "", document))


def too_much(message):
    return CloudError("LimitExceeded", message, 409)


@before
def limits(call):
    if call.service != "iam" or call.refused:
        return
    given, kept, name = call.params, backend_of(call), call.operation
    document = given.get("PolicyDocument") or ""
    for kind, key in NAMES.items():
        made = {"user": kept.users, "role": kept.roles, "group": kept.groups}[kind]
        found = next((one for one in made.values() if one.name == given.get(key)), None)
        if name == "Put%sPolicy" % kind.capitalize() and found:
            others = sum(size(text) for other, text in found.policies.items() if other != given["PolicyName"])
            if others + size(document) > INLINE[kind]:
                raise too_much("Maximum policy size of %d bytes exceeded for %s %s" % (INLINE[kind], kind, found.name))
        if name == "Attach%sPolicy" % kind.capitalize() and found and given["PolicyArn"] not in found.managed_policies \
                and len(found.managed_policies) >= ATTACHED:
            raise too_much("Cannot exceed quota for PoliciesPer%s: %d" % (kind.capitalize(), ATTACHED))
    if name in ("CreatePolicy", "CreatePolicyVersion") and size(document) > MANAGED:
        raise too_much("Cannot exceed quota for PolicySize: %d" % MANAGED)
    trust = given.get("AssumeRolePolicyDocument") or (document if name == "UpdateAssumeRolePolicy" else "")
    if size(trust) > TRUST:
        raise too_much("Cannot exceed quota for ACLSizePerRole: %d" % TRUST)


class Asked:
    """Just enough of a call for the context of a simulation."""

    def __init__(self, call):
        self.params, self.environ, self.region, self.user_agent = {}, call.environ, call.region, ""


@operation("iam", "SimulatePrincipalPolicy")
def simulate(call):
    arn, kept = call.params["PolicySourceArn"], identity.directory()
    parts = arn.split(":")
    name, account = parts[-1].split("/")[-1], identity.account_of(call)
    principal = kept.user(account, name) if parts[-1].startswith("user/") else kept.role(account, name) if parts[-1].startswith("role/") else None
    if not principal:
        raise CloudError("NoSuchEntity", "The principal %s cannot be found" % arn, 404)
    who = identity.Identity(principal)
    context = {**who.context(Asked(call)), "aws:principalarn": arn}
    for entry in call.params.get("ContextEntries") or []:
        values = entry.get("ContextKeyValues") or []
        context[entry["ContextKeyName"].lower()] = values[0] if len(values) == 1 else values
    found = []
    for action in call.params["ActionNames"]:
        for resource in call.params.get("ResourceArns") or ["*"]:
            documents = principal.policies + (call.params.get("PolicyInputList") or [])
            decided = policy.decide(documents, action, [resource], context)
            if decided == policy.ALLOW and principal.boundary and policy.decide([principal.boundary], action, [resource], context) != policy.ALLOW:
                decided = None
            word = {policy.ALLOW: "allowed", policy.DENY: "explicitDeny", None: "implicitDeny"}[decided]
            found.append({"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": word, "MatchedStatements": []})
    return {"EvaluationResults": found, "IsTruncated": False}
