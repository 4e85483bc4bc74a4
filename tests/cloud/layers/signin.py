"""`aws login`'s token service: a refresh token and a DPoP proof give new credentials of a user."""
import base64
import datetime
import json
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from .identity import Session, directory, keep
from .world import ACCOUNT, CloudError, control, now, operation, world

SECONDS, PROOF_SECONDS = 900, 300


def state():
    return world.of("signin", lambda: {"refresh": {}, "seen": set()})


@control("signin")
def order(given):
    """{"user": name} gives a refresh token for that user: {"refreshToken", "clientId"}."""
    token = "login-" + secrets.token_urlsafe(40)
    state()["refresh"][token] = given["user"]
    return {"refreshToken": token, "clientId": "arn:aws:signin:::devtools/same-device"}


def part(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_proof(call):
    """RFC 9449: signed by the key it carries, for this method and path, just now, never seen before."""
    pieces = call.headers.get("dpop", "").split(".")
    try:
        head, body = (json.loads(part(one)) for one in pieces[:2])
        x, y = (int.from_bytes(part(head["jwk"][name]), "big") for name in ("x", "y"))
        signed = part(pieces[2])
        signature = utils.encode_dss_signature(int.from_bytes(signed[:32], "big"), int.from_bytes(signed[32:], "big"))
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(signature, ".".join(pieces[:2]).encode(), ec.ECDSA(SHA256()))
        good = (head["typ"], head["alg"], body["htm"]) == ("dpop+jwt", "ES256", "POST") and body["htu"].endswith("/v1/token") \
            and abs(now().timestamp() - body["iat"]) <= PROOF_SECONDS and body["jti"] not in state()["seen"] and len(signed) == 64
    except (ValueError, KeyError, IndexError, TypeError, InvalidSignature):
        good = False
    if not good:
        raise CloudError("AccessDeniedException", "the DPoP proof is not valid", 401, error="INVALID_REQUEST")
    state()["seen"].add(body["jti"])


@operation("signin", "CreateOAuth2Token")
def create_token(call):
    given = call.params.get("tokenInput") or {}
    check_proof(call)
    user = directory().user(ACCOUNT, state()["refresh"].pop(given.get("refreshToken"), None))
    if given.get("grantType") != "refresh_token" or not user:
        raise CloudError("AccessDeniedException", "the refresh token is not valid", 401, error="TOKEN_EXPIRED")
    made = keep(Session("session", user, user.name, SECONDS, mfa=True))
    fresh = order({"user": user.name})["refreshToken"]
    return {"tokenOutput": {"accessToken": {"accessKeyId": made.access_key_id, "secretAccessKey": made.secret, "sessionToken": made.token},
                            "tokenType": "aws_sigv4", "expiresIn": int((made.expires - now()) / datetime.timedelta(seconds=1)),
                            "refreshToken": fresh}}
