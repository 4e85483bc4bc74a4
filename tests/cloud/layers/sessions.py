"""STS: sessions whose keys work, say who they are, and end."""
from urllib.parse import urlparse

from moto.iam.models import iam_backends

from . import policy
from .identity import Identity, Session, directory, keep, sessions
from .world import ACCOUNT, PARTITION, CloudError, control, operation

SHORTEST, LONGEST_USER, LONGEST_ROLE, LONGEST_CHAIN = 900, 129600, 43200, 3600
LONGEST_SESSION_POLICY = 2048


def seconds_of(call, default, longest):
    seconds = int(call.params.get("DurationSeconds") or default)
    if not SHORTEST <= seconds <= longest:
        bound = ("greater than or equal to %d" % SHORTEST) if seconds < SHORTEST else "less than or equal to %d" % longest
        raise CloudError("ValidationError", "1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: "
                         "Member must have value %s" % (seconds, bound), 400)
    return seconds


def session_policies(call, account):
    """The documents given with a request for a session; too long ones are refused."""
    given = call.params.get("Policy")
    if given and len(given) > LONGEST_SESSION_POLICY:
        raise CloudError("ValidationError", "1 validation error detected: Value at 'policy' failed to satisfy constraint: "
                         "Member must have length less than or equal to %d" % LONGEST_SESSION_POLICY, 400)
    documents = [given] if given else []
    for one in call.params.get("PolicyArns") or []:
        found = iam_backends[account][PARTITION].managed_policies.get(one["arn"])
        if not found:
            raise CloudError("ValidationError", "The specified managed policy does not exist: " + one["arn"], 400)
        documents.append(next(version.document for version in found.versions if version.is_default))
    try:
        list(policy.statements(documents))
    except ValueError:
        raise CloudError("MalformedPolicyDocument", "This policy contains invalid Json", 400) from None
    return documents


def mfa_given(call, principal):
    serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if not serial:
        return False
    if not principal.mfa or len(code or "") != 6 or not code.isdigit():
        raise CloudError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", 403)
    return True


@operation("sts", "GetCallerIdentity")
def get_caller_identity(call):
    return {"UserId": call.identity.user_id, "Account": call.identity.account, "Arn": call.identity.arn}


@operation("sts", "GetSessionToken")
def get_session_token(call):
    if call.identity.session:
        raise CloudError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    principal = call.identity.principal
    made = keep(Session("session", principal, principal.name, seconds_of(call, 43200, LONGEST_USER), mfa=mfa_given(call, principal)))
    return {"Credentials": made.credentials()}


@operation("sts", "GetFederationToken")
def get_federation_token(call):
    if call.identity.session:
        raise CloudError("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)
    name = call.params.get("Name", "")
    documents = session_policies(call, call.identity.account)
    made = keep(Session("federated", call.identity.principal, name, seconds_of(call, 43200, LONGEST_USER), policies=documents))
    who = Identity(call.identity.principal, made)
    return {"Credentials": made.credentials(), "FederatedUser": {"FederatedUserId": who.user_id, "Arn": who.arn}, "PackedPolicySize": 6}


def make_role_session(role, name, seconds, **more):
    return keep(Session("role", role, name, seconds, **more))


def assumed(role, made):
    who = Identity(role, made)
    return {"Credentials": made.credentials(), "AssumedRoleUser": {"AssumedRoleId": who.user_id, "Arn": who.arn}, "PackedPolicySize": 6}


def role_asked(call):
    parts = call.params["RoleArn"].split(":")
    role = directory().role(parts[4], parts[-1].split("/")[-1]) if len(parts) == 6 else None
    if not role:
        raise CloudError("AccessDenied", "Not authorized to perform sts:%s" % call.operation, 403)
    return role


@operation("sts", "AssumeRole")
def assume_role(call):
    role, chained = role_asked(call), bool(call.identity.session and call.identity.kind == "role")
    longest = LONGEST_ROLE
    found = next(one for one in iam_backends[role.account][PARTITION].roles.values() if one.name == role.name)
    allowed = int(found.max_session_duration or 3600)
    seconds = seconds_of(call, 3600, longest)
    if chained and seconds > LONGEST_CHAIN:
        raise CloudError("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining", 400)
    if seconds > allowed:
        raise CloudError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400)
    tags = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags") or []}
    mfa = mfa_given(call, call.identity.principal) if call.params.get("SerialNumber") else False
    made = make_role_session(role, call.params["RoleSessionName"], seconds, policies=session_policies(call, role.account), tags=tags, mfa=mfa,
                             chained=chained, source=call.params.get("SourceIdentity"))
    return {**assumed(role, made), **({"SourceIdentity": made.source} if made.source else {})}


@operation("sts", "AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(call):
    """A token is a text `PROVIDER|SUBJECT|valid` here; anything else is refused as AWS refuses a bad one."""
    parts = call.params.get("WebIdentityToken", "").split("|")
    if len(parts) != 3 or parts[2] not in ("valid", "expired"):
        raise CloudError("InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
                         400)
    if parts[2] == "expired":
        raise CloudError("ExpiredTokenException", "Token expired", 400)
    role = role_asked(call)
    provider = urlparse("//" + parts[0]).netloc
    wanted = "arn:%s:iam::%s:oidc-provider/%s" % (PARTITION, role.account, provider)
    if not any(wanted in policy.listed(one.get("Principal", {}).get("Federated", [])) for one in policy.statements([role.trust])):
        raise CloudError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    made = make_role_session(role, call.params["RoleSessionName"], seconds_of(call, 3600, LONGEST_ROLE),
                             policies=session_policies(call, role.account),
                             federated=provider)
    return {**assumed(role, made), "SubjectFromWebIdentityToken": parts[1], "Provider": provider, "Audience": "sts.amazonaws.com"}


@control("console")
def console(given):
    """{"user", "password", "account"}: what a sign-in to the console gives; refused as the page refuses."""
    account = given.get("account", ACCOUNT)
    user = directory().user(account, given["user"])
    if not user or not user.password or user.password != given["password"]:
        raise CloudError("SignInFailed", "Your authentication information is incorrect. Please try again.", 403)
    made = keep(Session("session", user, user.name, 43200, console=True))
    return {"access_key_id": made.access_key_id, "secret_access_key": made.secret, "session_token": made.token}


@operation("sts", "GetAccessKeyInfo")
def get_access_key_info(call):
    session, owner = sessions().get(call.params["AccessKeyId"]), directory().owner(call.params["AccessKeyId"])
    return {"Account": session.account if session else owner.account if owner else ACCOUNT}
