"""Who asks: keys that can be inactive, sessions that end, and what policies are told of the caller."""
import datetime
import secrets
import string

from wire import meant

from . import signature
from .lateness import directory
from .principals import Directory  # noqa: F401  (others find it here)
from .world import ACCOUNT, PARTITION, CloudError, aware, control, now, world

UNSIGNED_OPERATIONS = {("sts", "AssumeRoleWithWebIdentity"), ("sts", "AssumeRoleWithSAML")}
UNSIGNED_SERVICES = ("sso", "sso-oidc", "signin")
INVALID_TOKEN = "The security token included in the request is invalid"
READ_ONLY = ("Get", "List", "Describe", "Simulate", "Generate", "Lookup", "Head", "Batch", "Search")
KEY_CHARACTERS = string.ascii_uppercase + "234567"


class Session:
    """Temporary credentials: of a role, of a user (GetSessionToken) or federated."""

    def __init__(self, kind, principal, name, seconds, **more):
        self.kind, self.account, self.principal_name, self.name = kind, principal.account, principal.name, name
        self.principal_id, self.issued = principal.id, now().replace(microsecond=0)
        self.expires = self.issued + datetime.timedelta(seconds=seconds)
        self.policies, self.mfa, self.source = more.get("policies", []), more.get("mfa", False), more.get("source")
        self.tags, self.chained, self.federated = more.get("tags", {}), more.get("chained", False), more.get("federated")
        self.more, self.console = more.get("context", {}), more.get("console", False)
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
            "aws:viaawsservice": "false", "aws:useragent": call.user_agent, "aws:principalisawsservice": "false",
        }
        if self.kind in ("user", "session"):
            found["aws:username"] = self.principal.name
        if self.session:
            found["aws:tokenissuetime"] = self.session.issued
            found["aws:multifactorauthpresent"] = str(self.session.mfa).lower()
            found.update(self.session.more)
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
