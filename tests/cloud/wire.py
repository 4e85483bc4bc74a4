"""AWS's wire: which operation a request asks for, with which parameters, and how an answer or an error is written."""
import base64
import datetime
import functools
import io
import json
import uuid
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.parsers
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import BackendRequest

from layers.world import REGION, CloudError

# a signing name that is not the service's name in botocore
SERVICES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "resourcegroupstaggingapi"}
UNSIGNED = {  # (method, path) of what is asked without a signature
    ("GET", "/federation/credentials"): "sso", ("GET", "/assignment/accounts"): "sso", ("GET", "/assignment/roles"): "sso",
    ("POST", "/logout"): "sso", ("POST", "/token"): "sso-oidc", ("POST", "/client/register"): "sso-oidc",
    ("POST", "/device_authorization"): "sso-oidc", ("POST", "/v1/token"): "signin",
}
# what still says which service is meant where the signature is missing
VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam", "2016-11-15": "ec2"}
TARGETS = {"AmazonAthena": "athena", "AWSGlue": "glue", "AWSSupport_20130415": "support", "AWSHealth_20160804": "health", "TrentService": "kms",
           "com": "cloudtrail", "AWSOrganizationsV20161128": "organizations", "AmazonSSM": "ssm"}
LONGEST_TEXT = 4096
HTML = b"<html><body><h1>503 Service Unavailable</h1><p>No server is available to handle this request.</p></body></html>"
# errors by what they mean: (query, json, rest-json, s3, ec2), each (code, status)
MEANINGS = {
    "unknown key": (("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400), ("UnrecognizedClientException", 403),
                    ("InvalidAccessKeyId", 403), ("AuthFailure", 401)),
    "bad token": (("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400), ("UnrecognizedClientException", 403),
                  ("InvalidToken", 400), ("AuthFailure", 401)),
    "expired": (("ExpiredToken", 403), ("ExpiredTokenException", 400), ("ExpiredTokenException", 403), ("ExpiredToken", 400),
                ("RequestExpired", 400)),
    "signature": (("SignatureDoesNotMatch", 403), ("InvalidSignatureException", 400), ("InvalidSignatureException", 403),
                  ("SignatureDoesNotMatch", 403), ("AuthFailure", 401)),
    "skew": (("SignatureDoesNotMatch", 403), ("InvalidSignatureException", 400), ("InvalidSignatureException", 403),
             ("RequestTimeTooSkewed", 403), ("RequestExpired", 400)),
    "denied": (("AccessDenied", 403), ("AccessDeniedException", 400), ("AccessDeniedException", 403), ("AccessDenied", 403),
               ("UnauthorizedOperation", 403)),
    "unsigned": (("MissingAuthenticationToken", 403), ("MissingAuthenticationTokenException", 400),
                 ("MissingAuthenticationTokenException", 403), ("AccessDenied", 403), ("AuthFailure", 401)),
    "incomplete": (("IncompleteSignature", 400), ("IncompleteSignatureException", 400), ("IncompleteSignatureException", 403),
                   ("AuthorizationHeaderMalformed", 400), ("AuthFailure", 401)),
    "throttle": (("Throttling", 400), ("ThrottlingException", 400), ("TooManyRequestsException", 429), ("SlowDown", 503),
                 ("RequestLimitExceeded", 503)),
}
COLUMNS = {"query": 0, "json": 1, "rest-json": 2, "rest-xml": 3, "ec2": 4}


class Answer:
    """Status, headers as pairs, body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, [(k, str(v)) for k, v in headers], body

    def header(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def put(self, name, value):
        self.headers = [(k, v) for k, v in self.headers if k.lower() != name.lower()] + [(name, value)]


class Call:
    """One request: service and operation in botocore's words, parameters, and who asks (set once that is known)."""

    def __init__(self, environ):
        self.environ, self.body = environ, read_body(environ)
        self.method = environ["REQUEST_METHOD"]
        self.raw_path, _, self.raw_query = (environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")
        kept = environ.get(PRESERVED_HEADER_NAMES_ENVIRON_KEY) or {}
        self.headers = {kept.get(k, k[5:].replace("_", "-")).lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if environ.get(key):
                self.headers[key.lower().replace("_", "-")] = environ[key]
        self.id = str(uuid.uuid4())
        self.access_key_id = self.region = self.signing = self.service = self.operation = self.identity = None
        self.params, self.model, self.refused = {}, None, None
        self.read_scope()
        self.find_operation()

    @property
    def user_agent(self):
        return self.headers.get("user-agent", "")

    @property
    def protocol(self):
        """The protocol of this request; some services speak several."""
        if not self.service:
            return "rest-xml"
        model = service_model(self.service)
        try:
            found = determine_request_protocol(model, self.headers.get("content-type"))
        except NotImplementedError:
            found = model.protocol
        return found if found in COLUMNS else next(one for one in model.metadata.get("protocols", ["json"]) if one in COLUMNS)

    def request(self):
        return BackendRequest(self.environ_again())

    def environ_again(self, **more):
        """The environment as it came, its body unread."""
        again = {k: v for k, v in self.environ.items() if not k.startswith("werkzeug.request")}
        again.update({"wsgi.input": io.BytesIO(self.body), "CONTENT_LENGTH": str(len(self.body))}, **more)
        again.pop("HTTP_TRANSFER_ENCODING", None)
        return again

    def read_scope(self):
        query = dict(parse_qsl(self.raw_query, keep_blank_values=True))
        given = self.headers.get("authorization", "")
        scope = given.partition("Credential=")[2].partition(",")[0] if given else query.get("X-Amz-Credential", "")
        parts = scope.strip().split("/")
        if len(parts) == 5:
            self.access_key_id, self.region, self.signing = parts[0], parts[2], parts[3]
        self.region = self.region or REGION

    def find_operation(self):
        self.service = self.find_service()
        if not self.service:
            return
        try:
            self.model, uri = get_service_router(self.service).match(self.request())
            self.operation = self.model.name
            self.params = parse(self.service, self.model, self.request(), uri) or {}
        except (NotFound, NotImplementedError):
            self.operation = self.model = None
        except Exception as problem:  # what the parser cannot read is told as AWS does, when it is asked
            self.refused = CloudError("SerializationException", "cannot read the request: %s" % problem, 400)

    def find_service(self):
        target, form = self.headers.get("x-amz-target", ""), {}
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            form = dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        if not self.signing:
            known = UNSIGNED.get((self.method, self.raw_path))
            return known or VERSIONS.get(form.get("Version")) or TARGETS.get(target.partition(".")[0]) or "s3"
        if self.signing == "s3" and self.raw_path.startswith("/v20180820/"):
            return "s3control"
        if self.signing == "sso" and target.startswith("SWBExternalService"):
            return "sso-admin"
        if self.signing == "elasticloadbalancing":
            return "elbv2" if form.get("Version") == "2015-12-01" else "elb"
        name = SERVICES.get(self.signing, self.signing)
        return name if has_service(name) else None


def read_body(environ):
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        return environ["wsgi.input"].read()
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return environ["wsgi.input"].read(length) if length else b""


@functools.cache
def service_model(name):
    return get_service_model(name)


@functools.cache
def has_service(name):
    try:
        return bool(service_model(name))
    except Exception:  # botocore's own kinds of "no such service"
        return False


def parse(service, model, request, uri):
    protocol = determine_request_protocol(service_model(service), request.content_type)
    return PROTOCOL_PARSERS[protocol](model).parse({
        "method": request.method, "values": request.values, "headers": request.headers, "body": request.data,
        "url_path": request.path, "url_params": uri})


def answer(call, result):
    """What an operation gave, as its protocol writes it."""
    made = get_serializer_class(call.service, call.protocol)(operation_model=call.model, context=SerializationContext(call.id))
    given = made.serialize(result)
    body = given["body"]
    found = Answer(given["status_code"], given["headers"].items(), body.encode() if isinstance(body, str) else body or b"")
    found.put("x-amzn-RequestId", call.id)
    return found


def meant(call, meaning, message):
    """The error of a meaning, in the words of the call's protocol."""
    code, status = MEANINGS[meaning][COLUMNS.get(call.protocol, 3)]
    return CloudError(code, message, status)


def error_answer(call, error):
    """An error as its protocol writes it."""
    protocol = call.protocol
    status = error.status or (404 if error.code.startswith("NoSuch") else 400)
    if protocol in ("json", "rest-json"):
        body = json.dumps({"__type": error.code, "message": error.message, **error.fields}).encode()
        kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
        return Answer(status, [("Content-Type", kind), ("x-amzn-RequestId", call.id), ("x-amzn-ErrorType", error.code)], body)
    said = "<Code>%s</Code><Message>%s</Message>" % (escape(error.code), escape(error.message))
    if protocol == "ec2":
        body = "<Response><Errors><Error>%s</Error></Errors><RequestID>%s</RequestID></Response>" % (said, call.id)
    elif call.service == "s3":
        more = "".join("<%s>%s</%s>" % (k, escape(str(v)), k) for k, v in error.fields.items() if k != "Region")
        body = "<Error>%s%s<Resource>%s</Resource><RequestId>%s</RequestId><HostId>cloud</HostId></Error>" % (
            said, more, escape(call.raw_path), call.id)
    else:
        kind = "Receiver" if status >= 500 else "Sender"
        body = '<ErrorResponse><Error><Type>%s</Type>%s</Error><RequestId>%s</RequestId></ErrorResponse>' % (kind, said, call.id)
    text = b"" if call.method == "HEAD" else ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode()
    name = "x-amz-request-id" if call.service in ("s3", "s3control") else "x-amzn-RequestId"
    more = [("x-amz-bucket-region", error.fields["Region"])] if call.service == "s3" and "Region" in error.fields else []
    return Answer(status, [("Content-Type", "text/xml" if protocol in ("query", "ec2") else "application/xml"), (name, call.id)] + more, text)


def read_answer(call, given):
    """An answer in botocore's words: as the client will read it."""
    if call.model is None:
        return {}
    parser = botocore.parsers.create_parser(call.protocol)
    headers = {k.lower(): v for k, v in given.headers}
    try:
        return parser.parse({"status_code": given.status, "headers": headers, "body": given.body}, call.model.output_shape)
    except Exception:  # an answer that botocore cannot read is seen by its client
        return {}


def plain(value):
    """A value as JSON can carry it; long texts are cut."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(bytes(value[:LONGEST_TEXT])).decode()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str) or not isinstance(value, (int, float, bool, type(None))):
        return str(value)[:LONGEST_TEXT]
    return value

