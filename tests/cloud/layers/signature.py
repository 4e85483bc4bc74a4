"""Signature Version 4, checked over the bytes that came: written from AWS's description, not from botocore's code."""
import datetime
import hashlib
import hmac
import re
from urllib.parse import quote, unquote_to_bytes

from wire import meant

from .world import CloudError, now, world

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
TOLERANCE_SECONDS = 300
UNRESERVED = "-_.~"


class Signature:
    """What the request says about itself: in its Authorization header, or in its query (presigned)."""

    def __init__(self, call):
        self.call, self.presigned = call, False
        given = call.headers.get("authorization")
        if given:
            parts = dict(re.findall(r"(Credential|SignedHeaders|Signature)=([^,\s]+)", given))
            if not given.startswith(ALGORITHM + " ") or len(parts) != 3:
                raise meant(call, "incomplete", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.")
            self.date, self.token = call.headers.get("x-amz-date", ""), call.headers.get("x-amz-security-token")
        else:
            query = pairs(call.raw_query)
            said = {k.decode(): v.decode() for k, v in query}
            parts = {k: said.get("X-Amz-" + k, "") for k in ("Credential", "SignedHeaders", "Signature")}
            self.date, self.token, self.presigned = said.get("X-Amz-Date", ""), said.get("X-Amz-Security-Token"), True
            self.expires = int(said.get("X-Amz-Expires", "0") or 0)
        self.scope = parts["Credential"].split("/")
        self.signed, self.given = parts["SignedHeaders"].split(";"), parts["Signature"]
        if len(self.scope) != 5 or self.scope[4] != "aws4_request" or not re.fullmatch(r"\d{8}T\d{6}Z", self.date):
            raise meant(call, "incomplete", "Credential should be scoped to a valid region and a date in ISO 8601.")

    def check_time(self):
        made = datetime.datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        here = now() + datetime.timedelta(seconds=world.of("clock").get("skew", 0))
        apart = (here - made).total_seconds()
        if self.presigned:
            if apart > self.expires or apart < -TOLERANCE_SECONDS:
                raise CloudError("AccessDenied", "Request has expired", 403)
        elif abs(apart) > TOLERANCE_SECONDS:
            if self.call.service == "s3":
                raise CloudError("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403,
                                 RequestTime=self.date, ServerTime=here.strftime("%Y-%m-%dT%H:%M:%SZ"),
                                 MaxAllowedSkewMilliseconds=TOLERANCE_SECONDS * 1000)
            word = "Signature expired: %s is now earlier than %s" if apart > 0 else "Signature not yet current: %s is still later than %s"
            raise meant(self.call, "skew", word % (self.date, here.strftime("%Y%m%dT%H%M%SZ")) + " (5 min.)")
        if self.scope[1] != self.date[:8]:
            raise meant(self.call, "signature", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date")

    def check(self, secret):
        """The signature with this secret, and everything that has to be signed."""
        must = [k for k in self.call.headers if k == "host" or (k.startswith("x-amz-") and not self.presigned)]
        for name in must:
            if name not in self.signed:
                raise meant(self.call, "signature", "There were headers present in the request which were not signed: " + name)
        for name in self.signed:
            if name not in self.call.headers:
                raise meant(self.call, "signature", "a signed header is not in the request: " + name)
        if not hmac.compare_digest(self.made_with(secret), self.given):
            raise meant(self.call, "signature", "The request signature we calculated does not match the signature you provided. "
                        "Check your AWS Secret Access Key and signing method.")

    def made_with(self, secret):
        key = ("AWS4" + secret).encode()
        for part in self.scope[1:]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = "\n".join([ALGORITHM, self.date, "/".join(self.scope[1:]), hashlib.sha256(self.canonical()).hexdigest()])
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def canonical(self):
        call = self.call
        headers = "".join("%s:%s\n" % (name, " ".join(call.headers[name].split())) for name in self.signed)
        return "\n".join([call.method, self.path(), self.query(), headers, ";".join(self.signed), self.payload()]).encode("latin-1")

    def path(self):
        """S3's as it was sent; the others' without dot segments and encoded once more."""
        path = self.call.raw_path or "/"
        if self.scope[3] == "s3":
            return path
        parts = []
        for part in path.split("/"):
            if part == "..":
                parts[-1:] = []
            elif part not in ("", "."):
                parts.append(part)
        whole = "/" + "/".join(parts) + ("/" if parts and path.endswith("/") else "")
        return quote(whole, safe="/" + UNRESERVED)

    def query(self):
        found = [(quote(k, safe=UNRESERVED), quote(v, safe=UNRESERVED)) for k, v in pairs(self.call.raw_query) if k != b"X-Amz-Signature"]
        return "&".join("%s=%s" % pair for pair in sorted(found))

    def payload(self):
        if self.presigned:
            return UNSIGNED_PAYLOAD
        said = self.call.headers.get("x-amz-content-sha256")
        real = hashlib.sha256(self.call.body).hexdigest()
        if said and re.fullmatch("[0-9a-f]{64}", said) and said != real:
            raise CloudError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", 400)
        return said or real


def pairs(query):
    """Names and values, decoded; a plus stays a plus."""
    split = [part.partition("=") for part in query.split("&") if part]
    return [(unquote_to_bytes(k), unquote_to_bytes(v)) for k, _, v in split]


def is_signed(call):
    return "authorization" in call.headers or "X-Amz-Signature=" in call.raw_query
