"""Who asks and what they may: keys that can be inactive, sessions that end, boundaries, bucket policies, and a change that takes its time."""
import base64
import datetime
import json
import secrets
import string

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from wire import meant

from . import policy, resources, signature
from .world import ACCOUNT, PARTITION, CloudError, aware, control, now, world

UNSIGNED_OPERATIONS = {("sts", "AssumeRoleWithWebIdentity"), ("sts", "AssumeRoleWithSAML")}
UNSIGNED_SERVICES = ("sso", "sso-oidc", "signin")
INVALID_TOKEN = "The security token included in the request is invalid"
READ_ONLY = ("Get", "List", "Describe", "Simulate", "Generate", "Lookup", "Head", "Batch", "Search")
KEY_CHARACTERS = string.ascii_uppercase + "234567"


class Principal:
    """A user or role as policies see it, at one moment."""

    def __init__(self, kind, made, account, backend):
        self.kind, self.name, self.arn, self.id, self.account = kind, made.name, made.arn, made.id, account
        self.path = made.path
        self.tags = dict(tag_pairs(made, backend))
        self.boundary = boundary_document(made, backend)
        self.policies = [document for document in made.policies.values()]
        self.policies += [default_document(one) for one in made.managed_policies.values()]
        self.trust = getattr(made, "assume_role_policy_document", None)
        self.keys, self.mfa = {}, bool(getattr(made, "mfa_devices", None))
        if kind == "user":
            self.keys = {key.access_key_id: (key.secret_access_key, key.status) for key in made.access_keys}
            for group in backend.groups.values():
                if any(member.name == made.name for member in group.users):
                    self.policies += list(group.policies.values()) + [default_document(one) for one in group.managed_policies.values()]


def tag_pairs(made, backend):
    tags = getattr(made, "tags", None)
    if tags is None:
        tags = backend.tagger.list_tags_for_resource(made.arn).get("Tags", [])
    for tag in tags.values() if isinstance(tags, dict) else tags:
        yield tag["Key"], tag["Value"]


def default_document(managed):
    return next(version.document for version in managed.versions if version.is_default)


def boundary_arn(made):
    return getattr(made, "permissions_boundary_arn", None)


def boundary_document(made, backend):
    arn = boundary_arn(made)
    if not arn:
        return None
    known = backend.managed_policies.get(arn)
    return default_document(known) if known else json.dumps({"Statement": []})


class Directory:
    """Users, roles and bucket policies as they are now."""

    def backend(self, account):
        return iam_backends[account][PARTITION]

    def accounts(self):
        return list(iam_backends)

    def user(self, account, name):
        made = next((one for one in self.backend(account).users.values() if one.name == name), None)
        return made and Principal("user", made, account, self.backend(account))

    def role(self, account, name):
        made = next((one for one in self.backend(account).roles.values() if one.name == name), None)
        return made and Principal("role", made, account, self.backend(account))

    def owner(self, key_id):
        for account in self.accounts():
            for made in list(self.backend(account).users.values()):
                if any(key.access_key_id == key_id for key in made.access_keys):
                    return Principal("user", made, account, self.backend(account))
        return None

    def arn_of(self, account, kind, name):
        backend = self.backend(account)
        kept = {"user": backend.users, "role": backend.roles, "group": backend.groups}.get(kind, {})
        return next((one.arn for one in kept.values() if one.name == name), None)

    def bucket_policy(self, name):
        for account in list(s3_backends):
            bucket = s3_backends[account][PARTITION].buckets.get(name)
            if bucket:
                return bucket.policy
        return None

    def bucket_account(self, name):
        return next((account for account in list(s3_backends) if name in s3_backends[account][PARTITION].buckets), None)


class Frozen(Directory):
    """The same as it was; whoever did not exist then is taken as now."""

    def __init__(self):
        self.users, self.roles, self.policies = {}, {}, {}
        for account in self.accounts():
            backend = self.backend(account)
            self.users.update({(account, u.name): Principal("user", u, account, backend) for u in list(backend.users.values())})
            self.roles.update({(account, r.name): Principal("role", r, account, backend) for r in list(backend.roles.values())})
        for account in list(s3_backends):
            self.policies.update({b.name: b.policy for b in s3_backends[account][PARTITION].buckets.values()})

    def user(self, account, name):
        return self.users.get((account, name)) or super().user(account, name)

    def role(self, account, name):
        return self.roles.get((account, name)) or super().role(account, name)

    def owner(self, key_id):
        return next((u for u in self.users.values() if key_id in u.keys), None) or super().owner(key_id)

    def bucket_policy(self, name):
        return self.policies[name] if name in self.policies else super().bucket_policy(name)


class Session:
    """Temporary credentials: of a role, of a user (GetSessionToken) or federated."""

    def __init__(self, kind, principal, name, seconds, **more):
        self.kind, self.account, self.principal_name, self.name = kind, principal.account, principal.name, name
        self.principal_id, self.issued = principal.id, now().replace(microsecond=0)
        self.expires = self.issued + datetime.timedelta(seconds=seconds)
        self.policies, self.mfa, self.source = more.get("policies", []), more.get("mfa", False), more.get("source")
        self.tags, self.chained, self.federated = more.get("tags", {}), more.get("chained", False), more.get("federated")
        self.access_key_id = "ASIA" + "".join(secrets.choice(KEY_CHARACTERS) for _ in range(16))
        self.secret, self.token = secrets.token_urlsafe(30)[:40], "FwoGZXIvYXdzE" + secrets.token_urlsafe(240)

    def credentials(self):
        return {"AccessKeyId": self.access_key_id, "SecretAccessKey": self.secret, "SessionToken": self.token, "Expiration": self.expires}


class Identity:
    """Who signed a call."""

    def __init__(self, principal, session=None):
        self.principal, self.session, self.account = principal, session, principal.account
        self.kind = session.kind if session else "user"
        self.service = None
        start = "arn:%s:sts::%s:" % (PARTITION, self.account)
        if self.kind == "role":
            self.arn, self.user_id = start + "assumed-role/%s/%s" % (principal.name, session.name), principal.id + ":" + session.name
        elif self.kind == "federated":
            self.arn, self.user_id = start + "federated-user/" + session.name, "%s:%s" % (self.account, session.name)
        else:
            self.arn, self.user_id = principal.arn, principal.id

    def names(self):
        return {self.arn, self.principal.arn, self.user_id} if self.kind == "role" else {self.arn}

    def context(self, call):
        """Condition keys, lower case."""
        found = {
            "aws:principalarn": self.principal.arn if self.kind == "role" else self.arn, "aws:userid": self.user_id,
            "aws:principalaccount": self.account, "aws:sourceip": call.environ.get("REMOTE_ADDR", "127.0.0.1"),
            "aws:principaltype": {"user": "User", "session": "User", "federated": "FederatedUser", "role": "AssumedRole"}[self.kind],
            "aws:requestedregion": call.region, "aws:securetransport": "false", "aws:currenttime": now(), "aws:epochtime": int(now().timestamp()),
            "aws:viaawsservice": "false", "aws:useragent": call.user_agent,
        }
        if self.kind in ("user", "session"):
            found["aws:username"] = self.principal.name
        if self.session:
            found["aws:tokenissuetime"] = self.session.issued
            found["aws:multifactorauthpresent"] = str(self.session.mfa).lower()
        for key, value in {**self.principal.tags, **(self.session.tags if self.session else {})}.items():
            found["aws:principaltag/" + key.lower()] = value
        for name, key in (("ExternalId", "sts:externalid"), ("RoleSessionName", "sts:rolesessionname"),
                          ("PermissionsBoundary", "iam:permissionsboundary"), ("PolicyArn", "iam:policyarn"), ("Prefix", "s3:prefix")):
            if call.params.get(name) is not None:
                found[key] = call.params[name]
        return found


def sessions():
    return world.of("sessions")


def keep(session):
    with world.lock:
        sessions()[session.access_key_id] = session
    return session


def directory():
    """What is in force: with a delay set, things as they were so many seconds ago."""
    delay = world.of("delay").get("seconds", 0)
    border = now() - datetime.timedelta(seconds=delay)
    with world.lock:
        history = world.of("history", list)
        history[:] = [one for one in history if one[0] > border]
        return history[0][1] if history else Directory()


def remember(call):
    """Before a change of what policies depend on: keeps things as they are, if changes take time here."""
    seconds = world.of("delay").get("seconds", 0)
    changes = (call.service == "iam" and not call.operation.startswith(READ_ONLY)) or (call.service == "s3" and "BucketPolicy" in call.operation
                                                                                       and not call.operation.startswith("Get"))
    if seconds and changes:
        with world.lock:
            world.of("history", list).append((now(), Frozen()))


def authenticate(call):
    """Finds who signed; None for calls that need no signature."""
    if call.service in UNSIGNED_SERVICES or (call.service, call.operation) in UNSIGNED_OPERATIONS:
        return None
    if not signature.is_signed(call):
        if call.service == "s3":
            return None
        raise meant(call, "unsigned", "Request is missing Authentication Token")
    signed = signature.Signature(call)
    identity, secret = holder(call, signed)
    signed.check_time()
    signed.check(secret)
    if identity.session and identity.session.expires <= now():
        raise meant(call, "expired", "The provided token has expired." if call.service == "s3" else
                    "The security token included in the request is expired")
    return identity


def holder(call, signed):
    """(identity, secret) of an access key id."""
    found = sessions().get(call.access_key_id)
    if found:
        if signed.token != found.token:
            raise meant(call, "bad token", INVALID_TOKEN)
        kept = directory()
        principal = (kept.role if found.kind == "role" else kept.user)(found.account, found.principal_name)
        if not principal or principal.id != found.principal_id:
            raise meant(call, "unknown key", INVALID_TOKEN)
        return Identity(principal, found), found.secret
    principal = directory().owner(call.access_key_id)
    secret, status = principal.keys.get(call.access_key_id, (None, None)) if principal else (None, None)
    if status != "Active":
        raise meant(call, "unknown key", "The AWS Access Key Id you provided does not exist in our records." if call.service == "s3"
                    else INVALID_TOKEN)
    if signed.token:
        raise meant(call, "bad token", INVALID_TOKEN)
    return Identity(principal), secret


def authorize(call):
    """Raises if the call is not permitted."""
    who, action, kept = call.identity, resources.action_of(call), directory()
    if call.service in UNSIGNED_SERVICES or (call.service, call.operation) in UNSIGNED_OPERATIONS or action == "sts:GetCallerIdentity":
        return
    forbidden_to_sessions(call)
    if (call.service, call.operation) == ("sts", "AssumeRole"):
        return may_assume(call, kept)
    touched = resources.resources_of(call, kept)
    if not permitted(call, who, action, touched, kept):
        denied(call, who, action, touched)


def permitted(call, who, action, touched, kept):
    """The whole evaluation for one account: denies first, then boundary, session policy, identity and bucket policies."""
    context = who.context(call) if who else {"aws:sourceip": "127.0.0.1", "aws:currenttime": now()}
    bucket = call.params.get("Bucket") if action.startswith("s3:") else None
    by_bucket = {policy.decide_resource(kept.bucket_policy(bucket), action, one, context, who) for one in touched} if bucket else {None}
    if policy.DENY in by_bucket:
        return False
    if who is None:
        return by_bucket == {"own"}
    decided = policy.decide(who.principal.policies, action, touched, context)
    limits = [[who.principal.boundary]] if who.principal.boundary else []
    if who.session and (who.session.policies or who.kind == "federated"):
        limits.append(who.session.policies)
    limited = [policy.decide(limit, action, touched, context) for limit in limits]
    if policy.DENY in [decided] + limited:
        return False
    if by_bucket == {"own"}:
        return all(one == policy.ALLOW for one in limited) or who.kind in ("user", "federated")
    own_account = not bucket or kept.bucket_account(bucket) in (None, who.account)
    return own_account and decided == policy.ALLOW and all(one == policy.ALLOW for one in limited)


def forbidden_to_sessions(call):
    """What sessions of users may not ask at all."""
    who = call.identity
    if not who or who.kind not in ("session", "federated"):
        return
    if call.service == "iam" and (who.kind == "federated" or not who.session.mfa):
        raise meant(call, "unknown key", INVALID_TOKEN)
    if call.service == "sts" and not (call.operation == "AssumeRole" and who.kind == "session"):
        raise meant(call, "denied", "Cannot call %s with session credentials" % call.operation)


def may_assume(call, kept):
    """The trust policy and, unless it names the caller itself, the caller's own policies too."""
    who, arn = call.identity, call.params.get("RoleArn", "")
    parts = arn.split(":")
    role = kept.role(parts[4], parts[-1].split("/")[-1]) if len(parts) == 6 and parts[4] in kept.accounts() else None
    trust = policy.decide_resource(without_resource(role.trust), "sts:AssumeRole", arn, who.context(call), who) if role and role.arn == arn else None
    own = policy.decide(who.principal.policies, "sts:AssumeRole", [arn], who.context(call))
    enough = own == policy.ALLOW or (own is None and trust == "own" and role.account == who.account)
    if trust in (None, policy.DENY) or not enough:
        denied(call, who, "sts:AssumeRole", [arn])
    limits = [[who.principal.boundary]] if who.principal.boundary else []
    if any(policy.decide(limit, "sts:AssumeRole", [arn], who.context(call)) != policy.ALLOW for limit in limits):
        denied(call, who, "sts:AssumeRole", [arn])


def without_resource(document):
    read = json.loads(document)
    return {"Statement": [{k: v for k, v in one.items() if k != "Resource"} for one in policy.listed(read.get("Statement", []))]}


def denied(call, who, action, touched):
    if call.service == "s3":
        raise CloudError("AccessDenied", "Access Denied" if not who else "User: %s is not authorized to perform: %s on resource: \"%s\"" % (
            who.arn, action, touched[0]), 403)
    if call.service == "ec2":
        raise CloudError("UnauthorizedOperation", "You are not authorized to perform this operation. User: %s is not authorized to perform: %s "
                         "on resource: %s because no identity-based policy allows the %s action. Encoded authorization failure message: %s" % (
                             who.arn, action, touched[0], action, encoded(who, action, touched)), 403)
    raise meant(call, "denied", "User: %s is not authorized to perform: %s%s because no identity-based policy allows the %s action" % (
        who.arn, action, " on resource: " + touched[0] if touched != ["*"] else "", action))


def encoded(who, action, touched):
    """What DecodeAuthorizationMessage reads."""
    said = {"allowed": False, "explicitDeny": False, "context": {"principal": {"id": who.user_id, "arn": who.arn}, "action": action,
                                                                 "resource": touched[0]}}
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


@control("delay")
def set_delay(given):
    """{"seconds": N} until a changed policy takes effect."""
    if given is not None:
        world.of("delay")["seconds"] = float(given["seconds"])
        if not world.of("delay")["seconds"]:
            world.of("history", list).clear()
    return {"seconds": world.of("delay").get("seconds", 0)}


@control("sessions")
def sessions_control(given):
    """POST {"access_key_id": ..., "expires_in": seconds}: a session ends then; GET lists them without secrets."""
    with world.lock:
        if given is not None:
            found = sessions().get(given["access_key_id"])
            if not found:
                raise CloudError("NotFound", "no session has this key", 404)
            found.expires = now() + datetime.timedelta(seconds=float(given.get("expires_in", 0)))
        return [{"access_key_id": s.access_key_id, "kind": s.kind, "principal": s.principal_name, "name": s.name,
                 "issued": aware(s.issued).isoformat(), "expires": aware(s.expires).isoformat()} for s in sessions().values()]


def account_of(call):
    return call.identity.account if call.identity else ACCOUNT
