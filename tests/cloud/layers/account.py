"""The account itself: its first user, and orders that make users, keys and roles without leaving a trace in the trail."""
import json
import secrets

from moto.iam.models import User, iam_backends

from .world import ACCOUNT, PARTITION, CloudError, control

ANALYST = "analyst"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


make_plain_user = User.__init__


def made_user(self, *given, **more):
    """A user's id begins as AWS's do."""
    make_plain_user(self, *given, **more)
    self.id = "AIDA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(17))


User.__init__ = made_user


def backend(account=ACCOUNT):
    return iam_backends[account][PARTITION]


def seed():
    return make_user({"name": ANALYST, "policies": [ADMINISTRATOR]})


def document(given):
    return given if isinstance(given, str) else json.dumps(given)


def give(kept, made, policies):
    """Policies to a user or role: an ARN is attached, a document is put inline."""
    for number, one in enumerate(policies):
        if isinstance(one, str) and one.startswith("arn:"):
            if one not in kept.managed_policies:
                raise CloudError("NoSuchEntity", "no such policy: " + one, 404)
            kept.managed_policies[one].attach_to(made)
        else:
            made.policies["inline-%d" % number] = document(one)


@control("user")
def make_user(given):
    """{"name", "policies": [...], "path", "boundary", "account", "key": false}"""
    account = given.get("account", ACCOUNT)
    kept = backend(account)
    made = kept.create_user(region_name="us-east-1", user_name=given["name"], path=given.get("path", "/"), tags=given.get("tags", []))
    give(kept, made, given.get("policies", []))
    if given.get("boundary"):
        made.permissions_boundary_arn = given["boundary"]
    key = make_key({"user": given["name"], "account": account}) if given.get("key", True) else {}
    return {**key, "arn": made.arn, "id": made.id, "name": made.name}


@control("key")
def make_key(given):
    made = backend(given.get("account", ACCOUNT)).create_access_key(user_name=given["user"])
    return {"access_key_id": made.access_key_id, "secret_access_key": made.secret_access_key}


def trust_of(given, account):
    if isinstance(given, dict):
        return given
    who = given or "arn:aws:iam::%s:root" % account
    kind = "Service" if isinstance(who, str) and who.endswith(".amazonaws.com") else "AWS"
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {kind: who}, "Action": "sts:AssumeRole"}]}


@control("role")
def make_role(given):
    """{"name", "policies": [...], "trust": ARN | document, "account", "seconds": longest session}"""
    account = given.get("account", ACCOUNT)
    kept = backend(account)
    made = kept.create_role(role_name=given["name"], assume_role_policy_document=json.dumps(trust_of(given.get("trust"), account)),
                            path=given.get("path", "/"), permissions_boundary=given.get("boundary"), description="", tags=given.get("tags", []),
                            max_session_duration=given.get("seconds", 3600))
    give(kept, made, given.get("policies", []))
    return {"arn": made.arn, "id": made.id, "name": made.name}
