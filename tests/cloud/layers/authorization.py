"""What a caller may do: every kind of policy that speaks of a call, in the order in which AWS weighs them."""
import base64
import json

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from wire import meant

from . import policy, resources
from .identity import INVALID_TOKEN, UNSIGNED_OPERATIONS, UNSIGNED_SERVICES
from .lateness import directory
from .world import CloudError, control, now

# the words of a refusal: why
IDENTITY, RESOURCE, BOUNDARY, SESSION, CONTROL = ("identity-based policy", "resource-based policy", "permissions boundary", "session policy",
                                                  "service control policy")
MANAGED_PATHS = ("/aws-service-role/", "/aws-reserved/")
CHANGES_OF_ROLES = ("Put", "Delete", "Attach", "Detach", "Update", "Add", "Remove", "Tag", "Untag")


# moto judges bucket policies once more, by some of their conditions only
FakeBucket.get_permission = lambda self, action, resource: PermissionResult.PERMITTED


class Refusal:
    """Why not: by a deny that stands somewhere, or because nothing allows it."""

    def __init__(self, where, explicit):
        self.where, self.explicit = where, explicit

    def words(self, action):
        article = "an" if self.where[0] in "aeiou" else "a"
        return "with an explicit deny in %s %s" % (article, self.where) if self.explicit else "because no %s allows the %s action" % (self.where, action)


def authorize(call):
    """Raises if the call is not permitted."""
    who, action, kept = call.identity, resources.action_of(call), directory()
    if call.service in UNSIGNED_SERVICES or (call.service, call.operation) in UNSIGNED_OPERATIONS or action == "sts:GetCallerIdentity":
        return
    forbidden_to_sessions(call)
    if (call.service, call.operation) == ("sts", "AssumeRole"):
        return may_assume(call, kept)
    touched = resources.resources_of(call, kept)
    refusal = judge(call, who, action, touched, kept)
    if refusal:
        denied(call, who, action, touched, refusal)
    protected(call, kept)


def permitted(call, who, action, touched, kept):
    return judge(call, who, action, touched, kept) is None


def limits_of(who, kept):
    """(where, groups of documents): each has to allow as well."""
    found = []
    if who.principal.path.startswith(MANAGED_PATHS[0]):
        levels = []
    else:
        levels = kept.controls(who.account)
    found += [(CONTROL, level) for level in levels]
    if who.principal.boundary:
        found.append((BOUNDARY, [who.principal.boundary]))
    if who.session and (who.session.policies or who.kind == "federated"):
        found.append((SESSION, who.session.policies))
    return found


def judge(call, who, action, touched, kept):
    """None, or why not: denies first, wherever they stand; then each kind has to allow."""
    context = who.context(call) if who else {"aws:sourceip": call.environ.get("REMOTE_ADDR", "127.0.0.1"), "aws:currenttime": now()}
    bucket = call.params.get("Bucket") if action.startswith("s3:") else None
    by_bucket = {policy.decide_resource(kept.bucket_policy(bucket), action, one, context, who) for one in touched} if bucket else {None}
    if policy.DENY in by_bucket:
        return Refusal(RESOURCE, True)
    if who is None or who.service:
        return None if by_bucket <= {"own", "role"} else Refusal(RESOURCE, False)
    decided = policy.decide(who.principal.policies, action, touched, context)
    limits = [(where, policy.decide(documents, action, touched, context)) for where, documents in limits_of(who, kept)]
    for where, said in [(IDENTITY, decided)] + limits:
        if said == policy.DENY:
            return Refusal(where, True)
    return not_allowed(who, decided, limits, by_bucket, not bucket or kept.bucket_account(bucket) in (None, who.account))


def not_allowed(who, decided, limits, by_bucket, own_account):
    """Once nothing denies. A resource's policy that names a user, a federated user or a role's session itself is not limited by what that
    user's boundary or session policy leaves out; one that names the role is. A service control policy limits all."""
    directly = by_bucket == {"own"}
    for where, said in limits:
        if said != policy.ALLOW and (where == CONTROL or not (directly and own_account)):
            return Refusal(where, False)
    granted = by_bucket <= {"own", "role"}
    if own_account:
        return None if granted or decided == policy.ALLOW else Refusal(IDENTITY, False)
    if by_bucket <= {"own", "role", "account"}:
        return None if decided == policy.ALLOW else Refusal(IDENTITY, False)
    return Refusal(RESOURCE, False)


def forbidden_to_sessions(call):
    """What sessions of users may not ask at all."""
    who = call.identity
    if not who or who.kind not in ("session", "federated"):
        return
    if who.session.console:
        return
    if call.service == "iam" and (who.kind == "federated" or not who.session.mfa):
        raise meant(call, "unknown key", INVALID_TOKEN)
    if call.service == "sts" and not (call.operation == "AssumeRole" and who.kind == "session"):
        raise meant(call, "denied", "Cannot call %s with session credentials" % call.operation)


def protected(call, kept):
    """Roles of AWS's services and of Identity Center are changed by these alone."""
    if call.service != "iam" or "RoleName" not in call.params or not call.operation.startswith(CHANGES_OF_ROLES):
        return
    role = kept.role(call.identity.account, call.params["RoleName"])
    if role and role.path.startswith(MANAGED_PATHS):
        raise CloudError("UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS"
                         % role.name, 400)


def may_assume(call, kept):
    """The trust policy and, unless it names the caller itself, the caller's own policies too."""
    who, arn = call.identity, call.params.get("RoleArn", "")
    parts = arn.split(":")
    role = kept.role(parts[4], parts[-1].split("/")[-1]) if len(parts) == 6 and parts[4] in kept.accounts() else None
    context = who.context(call)
    trust = policy.decide_resource(without_resource(role.trust), "sts:AssumeRole", arn, context, who) if role and role.arn == arn else None
    if trust in (None, policy.DENY):
        return denied(call, who, "sts:AssumeRole", [arn], Refusal(RESOURCE, trust == policy.DENY))
    own = policy.decide(who.principal.policies, "sts:AssumeRole", [arn], context)
    limits = [(where, policy.decide(documents, "sts:AssumeRole", [arn], context)) for where, documents in limits_of(who, kept)]
    for where, said in [(IDENTITY, own)] + limits:
        if said == policy.DENY:
            denied(call, who, "sts:AssumeRole", [arn], Refusal(where, True))
    if not (own == policy.ALLOW or (own is None and trust in ("own", "role") and role.account == who.account)):
        denied(call, who, "sts:AssumeRole", [arn], Refusal(IDENTITY, False))
    for where, said in limits:
        if said != policy.ALLOW:
            denied(call, who, "sts:AssumeRole", [arn], Refusal(where, False))


def without_resource(document):
    read = json.loads(document)
    return {"Statement": [{k: v for k, v in one.items() if k != "Resource"} for one in policy.listed(read.get("Statement", []))]}


def denied(call, who, action, touched, refusal):
    if call.service == "s3":
        raise CloudError("AccessDenied", "Access Denied" if not who else "User: %s is not authorized to perform: %s on resource: \"%s\" %s" % (
            who.arn, action, touched[0], refusal.words(action)), 403)
    if call.service == "ec2":
        raise CloudError("UnauthorizedOperation", "You are not authorized to perform this operation. User: %s is not authorized to perform: %s "
                         "on resource: %s %s. Encoded authorization failure message: %s" % (
                             who.arn, action, touched[0], refusal.words(action), encoded(who, action, touched, refusal)), 403)
    raise meant(call, "denied", "User: %s is not authorized to perform: %s%s %s" % (
        who.arn, action, " on resource: " + touched[0] if touched != ["*"] else "", refusal.words(action)))


def encoded(who, action, touched, refusal):
    """What DecodeAuthorizationMessage reads."""
    said = {"allowed": False, "explicitDeny": refusal.explicit, "context": {"principal": {"id": who.user_id, "arn": who.arn}, "action": action,
                                                                            "resource": touched[0]}}
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


class Service:
    """A service of AWS that calls by itself, as CloudTrail does when it delivers logs."""

    def __init__(self, name):
        self.service, self.kind, self.arn, self.account, self.session = name, "service", None, None, None

    def names(self):
        return set()

    def context(self, call):
        return {"aws:principalisawsservice": "true", "aws:principalservicename": self.service, "aws:currenttime": now(),
                "aws:viaawsservice": "false"}


class Order:
    """Just enough of a call for a question that no request asks."""

    def __init__(self, params):
        self.params, self.environ = params, {}


@control("service")
def service_may(given):
    """{"service": "cloudtrail.amazonaws.com", "action": "s3:PutObject", "bucket", "key"}: whether AWS's service may, by the bucket's policy."""
    who, resource = Service(given["service"]), "arn:aws:s3:::%s/%s" % (given["bucket"], given["key"])
    return {"allowed": judge(Order({"Bucket": given["bucket"]}), who, given["action"], [resource], directory()) is None}
