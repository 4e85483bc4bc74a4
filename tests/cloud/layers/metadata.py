"""Instance metadata (IMDSv2 and v1) and the container credential endpoint, each on a port of its own."""
import datetime
import json
import secrets

from .identity import directory
from .sessions import make_role_session
from .world import ACCOUNT, REGION, control, iso, now, world

MODES = ("required", "optional", "v1", "off")
LONGEST_TTL = 21600
CREDENTIALS = "/latest/meta-data/iam/security-credentials/"
INSTANCE = "i-0123456789abcdef0"


def settings():
    return world.of("metadata", lambda: {"role": None, "mode": "required", "seconds": 21600, "code": "Success", "container_token": None,
                                         "container_role": None, "kept": {}, "slow_ms": 0, "instance": INSTANCE})


@control("metadata")
def order(given):
    """{"role": of the instance, "mode": required | optional | v1 | off, "seconds": of credentials (below 0: already ended), "code": "Success",
    "container_role", "container_token": what the Authorization header has to be, "slow_ms", "instance": its id}"""
    if given is not None:
        settings().update({k: v for k, v in given.items() if k != "kept"})
        settings()["kept"].clear()
    return {k: v for k, v in settings().items() if k != "kept"}


def credentials_of(name, session):
    """Kept until a test changes the settings or they are about to end, as the real ones are."""
    kept = settings()["kept"]
    made = kept.get(name)
    if not made or (settings()["seconds"] > 300 and made.expires <= now() + datetime.timedelta(seconds=300)):
        role = directory().role(ACCOUNT, name)
        if not role:
            return None
        context = {"ec2:sourceinstancearn": "arn:aws:ec2:%s:%s:instance/%s" % (REGION, ACCOUNT, session)} if session.startswith("i-") else {}
        made = kept[name] = make_role_session(role, session, settings()["seconds"], context=context)
    return made


@control("instance-session")
def session_of(given):
    """{"instance", "role", "account", "region", "seconds"}: the credentials that an instance of the account finds at its metadata endpoint."""
    account, region = given.get("account", ACCOUNT), given.get("region", REGION)
    context = {"ec2:sourceinstancearn": "arn:aws:ec2:%s:%s:instance/%s" % (region, account, given["instance"])}
    made = make_role_session(directory().role(account, given["role"]), given["instance"], int(given.get("seconds", 21600)), context=context)
    return {"access_key_id": made.access_key_id, "secret_access_key": made.secret, "session_token": made.token}


class Listener:
    """A small WSGI application: `answer` gives (status, content type, text)."""
    service = ""

    def __call__(self, environ, start_response):
        if settings()["slow_ms"]:
            world.over.wait(settings()["slow_ms"] / 1000)
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, kind, text, headers = self.answer(method, path, environ)
        world.record({"service": self.service, "operation": method + " " + path, "region": REGION, "access_key_id": None, "params": {},
                      "status": status,
                      "error": None, "message": None, "time": now().isoformat(), "request_id": "", "arn": None, "path": path, "method": method,
                      "user_agent": environ.get("HTTP_USER_AGENT", "")})
        body = text.encode()
        start_response("%d %s" % (status, "OK" if status < 300 else "Error"), [("Content-Type", kind), ("Content-Length", str(len(body)))] + headers)
        return [body]


class Instance(Listener):
    service = "imds"

    def __init__(self):
        self.tokens = {}

    def answer(self, method, path, environ):
        mode = settings()["mode"]
        if mode == "off":
            return 403, "text/plain", "", []
        if path == "/latest/api/token":
            return self.token(method, environ, mode)
        if mode == "required" or environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN"):
            ends = self.tokens.get(environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN"))
            if not ends or ends <= now():
                return 401, "text/html", "<html><title>401 - Unauthorized</title></html>", []
        if method != "GET":
            return 405, "text/plain", "", []
        return self.data(path) or (404, "text/html", "<html><title>404 - Not Found</title></html>", [])

    def token(self, method, environ, mode):
        ttl = environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS", "")
        if mode == "v1":
            return 404, "text/html", "", []
        if method != "PUT":
            return 405, "text/plain", "", []
        if environ.get("HTTP_X_FORWARDED_FOR"):
            return 403, "text/plain", "", []
        if not ttl.isdigit() or not 1 <= int(ttl) <= LONGEST_TTL:
            return 400, "text/plain", "", []
        made = "AQAEA" + secrets.token_urlsafe(36)
        self.tokens[made] = now() + datetime.timedelta(seconds=int(ttl))
        return 200, "text/plain", made, [("x-aws-ec2-metadata-token-ttl-seconds", ttl)]

    def data(self, path):
        role = settings()["role"]
        plain = {"/latest/meta-data/placement/region": REGION, "/latest/meta-data/placement/availability-zone": REGION + "a",
                 "/latest/meta-data/instance-id": settings()["instance"], CREDENTIALS: role, CREDENTIALS.rstrip("/"): role}
        if plain.get(path):
            return 200, "text/plain", plain[path], []
        if path == "/latest/dynamic/instance-identity/document":
            return 200, "text/plain", json.dumps({"accountId": ACCOUNT, "region": REGION, "instanceId": settings()["instance"]}), []
        if role and path == CREDENTIALS + role:
            made = credentials_of(role, INSTANCE)
            if settings()["code"] != "Success" or not made:
                return 200, "text/plain", json.dumps({"Code": settings()["code"] if made else "Failed", "LastUpdated": iso(now())}), []
            said = {"Code": "Success", "LastUpdated": iso(now()), "Type": "AWS-HMAC", "AccessKeyId": made.access_key_id,
                    "SecretAccessKey": made.secret,
                    "Token": made.token, "Expiration": iso(made.expires)}
            return 200, "text/plain", json.dumps(said, indent=2), []
        return None


class Container(Listener):
    service = "container"

    def answer(self, method, path, environ):
        wanted, role = settings()["container_token"], settings()["container_role"]
        if wanted is not None and environ.get("HTTP_AUTHORIZATION") != wanted:
            return 401, "application/json", json.dumps({"code": "Unauthorized", "message": "the authorization token is not valid"}), []
        made = credentials_of(role, "task") if role and method == "GET" else None
        if not made:
            return 404, "application/json", json.dumps({"code": "CredentialsNotFound", "message": "no credentials for this id"}), []
        said = {"RoleArn": "arn:aws:iam::%s:role/%s" % (ACCOUNT, role), "AccessKeyId": made.access_key_id, "SecretAccessKey": made.secret, "Token":
                made.token, "Expiration": iso(made.expires)}
        return 200, "application/json", json.dumps(said), []
