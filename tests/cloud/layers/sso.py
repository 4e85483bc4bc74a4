"""The SSO portal and its OIDC: tokens that end, refresh tokens that work once, roles of the accounts a test assigns."""
import datetime
import secrets

from .identity import directory
from .sessions import make_role_session
from .world import ACCOUNT, CloudError, control, now, operation, world

DEVICE_SECONDS = 600


def state():
    return world.of("sso", lambda: {"tokens": {}, "refresh": {}, "clients": {}, "assigned": [], "devices": {}, "seconds": 28800,
                                    "role_seconds": 3600})


@control("sso")
def order(given):
    """{"login": {"expires_in": s}} gives an access token, a refresh token and a client; {"assigned": [{"account", "name", "role"}]} says which roles
    the portal gives (`role` is the IAM role behind); {"approve": device code}; {"seconds": of new tokens, "role_seconds": of role credentials}."""
    given, kept = given or {}, state()
    for name in ("assigned", "seconds", "role_seconds"):
        if name in given:
            kept[name] = given[name]
    if "approve" in given:
        kept["devices"][given["approve"]]["approved"] = True
    if "login" in given:
        client = register()
        return {**issue(client["clientId"], given["login"].get("expires_in", kept["seconds"])), **client}
    return {"assigned": kept["assigned"], "tokens": len(kept["tokens"])}


def register():
    client = {"clientId": secrets.token_urlsafe(12), "clientSecret": secrets.token_urlsafe(32), "clientIdIssuedAt": int(now().timestamp()),
              "clientSecretExpiresAt": int(now().timestamp()) + 90 * 86400}
    state()["clients"][client["clientId"]] = client
    return client


def issue(client, seconds):
    made = {"accessToken": "aoa" + secrets.token_urlsafe(40), "refreshToken": "aor" + secrets.token_urlsafe(40), "tokenType": "Bearer",
            "expiresIn": int(seconds)}
    state()["tokens"][made["accessToken"]] = now() + datetime.timedelta(seconds=seconds)
    state()["refresh"][made["refreshToken"]] = client
    return made


def refused(code, word, message, status=400):
    return CloudError(code, message, status, error=word, error_description=message)


@operation("sso-oidc", "RegisterClient")
def register_client(call):
    return register()


@operation("sso-oidc", "StartDeviceAuthorization")
def start_device(call):
    client_of(call)
    code, user = secrets.token_urlsafe(24), secrets.token_hex(4).upper()
    state()["devices"][code] = {"approved": False, "ends": now() + datetime.timedelta(seconds=DEVICE_SECONDS)}
    return {"deviceCode": code, "userCode": user, "verificationUri": "https://device.sso.invalid/", "verificationUriComplete":
            "https://device.sso.invalid/?user_code=" + user, "expiresIn": DEVICE_SECONDS, "interval": 1}


def client_of(call):
    known = state()["clients"].get(call.params.get("clientId"))
    if not known or known["clientSecret"] != call.params.get("clientSecret"):
        raise refused("InvalidClientException", "invalid_client", "Invalid client", 401)
    return known["clientId"]


@operation("sso-oidc", "CreateToken")
def create_token(call):
    client, kind, kept = client_of(call), call.params.get("grantType"), state()
    if kind == "refresh_token":
        if kept["refresh"].pop(call.params.get("refreshToken"), None) != client:
            raise refused("InvalidGrantException", "invalid_grant", "Invalid refresh token")
        return issue(client, kept["seconds"])
    if kind != "urn:ietf:params:oauth:grant-type:device_code":
        raise refused("UnsupportedGrantTypeException", "unsupported_grant_type", "grant type is not supported")
    device = kept["devices"].get(call.params.get("deviceCode"))
    if not device:
        raise refused("InvalidGrantException", "invalid_grant", "Invalid device code")
    if device["ends"] <= now():
        raise refused("ExpiredTokenException", "expired_token", "Device code expired")
    if not device["approved"]:
        raise refused("AuthorizationPendingException", "authorization_pending", "Authorization pending")
    del kept["devices"][call.params["deviceCode"]]
    return issue(client, kept["seconds"])


def logged_in(call):
    ends = state()["tokens"].get(call.params.get("accessToken"))
    if not ends or ends <= now():
        raise CloudError("UnauthorizedException", "Session token not found or invalid", 401)


@operation("sso", "GetRoleCredentials")
def get_role_credentials(call):
    logged_in(call)
    name, account = call.params["roleName"], call.params["accountId"]
    for one in state()["assigned"]:
        if (one["name"], one.get("account", ACCOUNT)) == (name, account):
            role = directory().role(account, one["role"])
            made = make_role_session(role, one.get("session", "person"), int(state()["role_seconds"]))
            return {"roleCredentials": {"accessKeyId": made.access_key_id, "secretAccessKey": made.secret, "sessionToken": made.token,
                                        "expiration": int(made.expires.timestamp() * 1000)}}
    raise CloudError("ForbiddenException", "No access", 403)


@operation("sso", "ListAccounts")
def list_accounts(call):
    logged_in(call)
    return {"accountList": [{"accountId": account, "accountName": account, "emailAddress": "root@example.com"}
                            for account in sorted({one.get("account", ACCOUNT) for one in state()["assigned"]})]}


@operation("sso", "ListAccountRoles")
def list_account_roles(call):
    logged_in(call)
    account = call.params["accountId"]
    return {"roleList": [{"roleName": one["name"], "accountId": account} for one in state()["assigned"] if one.get("account", ACCOUNT) == account]}


@operation("sso", "Logout")
def logout(call):
    logged_in(call)
    del state()["tokens"][call.params["accessToken"]]
