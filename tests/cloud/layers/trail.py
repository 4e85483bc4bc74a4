"""CloudTrail's LookupEvents over the calls that were really made: one attribute, pages of 50, newest first, 90 days, two requests a second."""
import base64
import datetime
import hashlib
import json
import time
import uuid

from wire import plain, read_answer

from . import identity
from .world import ACCOUNT, CloudError, after, control, iso, now, operation, parse_time, world

DAYS, PAGE, RATE = 90, 50, 2
DATA_EVENTS = {"s3": ("Object", "ListParts", "UploadPart", "MultipartUpload"), "ebs": ("SnapshotBlock", "ChangedBlocks")}
SOURCES = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "sso-admin": "sso", "s3control": "s3", "logs": "logs"}
TYPES = {"UserName": "AWS::IAM::User", "RoleName": "AWS::IAM::Role", "RoleArn": "AWS::IAM::Role", "AccessKeyId": "AWS::IAM::AccessKey",
         "PolicyArn": "AWS::IAM::Policy", "GroupName": "AWS::IAM::Group", "Bucket": "AWS::S3::Bucket", "InstanceId": "AWS::EC2::Instance",
         "InstanceIds": "AWS::EC2::Instance", "SnapshotId": "AWS::EC2::Snapshot", "VolumeId": "AWS::EC2::Volume", "ImageId": "AWS::EC2::Ami",
         "GroupId": "AWS::EC2::SecurityGroup", "GroupIds": "AWS::EC2::SecurityGroup", "WorkGroup": "AWS::Athena::WorkGroup"}
SECRET = ("secretaccesskey", "password", "newpassword", "oldpassword", "plaintext", "tokencode")
GIVES_CREDENTIALS = ("AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetSessionToken", "GetFederationToken")
READ_ONLY = identity.READ_ONLY + GIVES_CREDENTIALS
S3_NAMES = {"PutPublicAccessBlock": "PutBucketPublicAccessBlock", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
            "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock"}
KEYS = ("EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId")


def store():
    return world.of("trail", list)


def settings():
    return world.of("trail settings", lambda: {"rate": RATE, "window": 1, "lag": 0})


def lower(value):
    """Names as CloudTrail writes them; secrets away."""
    if isinstance(value, dict):
        return {k[:1].lower() + k[1:]: lower(v) for k, v in value.items() if k.lower() not in SECRET}
    return [lower(v) for v in value] if isinstance(value, list) else value


def user_identity(call):
    who = call.identity
    if not who:
        return {"type": "Unknown", "principalId": "", "accountId": ACCOUNT}
    session, principal = who.session, who.principal
    found = {"type": {"user": "IAMUser", "session": "IAMUser", "role": "AssumedRole", "federated": "FederatedUser"}[who.kind],
             "principalId": who.user_id,
             "arn": who.arn, "accountId": who.account, "accessKeyId": call.access_key_id}
    if who.kind in ("user", "session"):
        found["userName"] = principal.name
    if session:
        found["sessionContext"] = {"attributes": {"creationDate": iso(session.issued), "mfaAuthenticated": str(session.mfa).lower()}}
        if who.kind in ("role", "federated"):
            found["sessionContext"]["sessionIssuer"] = {
                "type": "Role" if who.kind == "role" else "IAMUser", "principalId": principal.id, "arn": principal.arn,
                "accountId": principal.account,
                "userName": principal.name}
        if session.source:
            found["sessionContext"]["sourceIdentity"] = session.source
    return found


def is_data_event(call):
    return any(word in call.operation for word in DATA_EVENTS.get(call.service, ())) and "ObjectLockConfiguration" not in call.operation


def named(value, found):
    """(type, name) of every resource that stands in parameters or results."""
    for key, inner in value.items() if isinstance(value, dict) else []:
        if key in TYPES:
            found.update((TYPES[key], str(one)) for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, (str, int)))
        else:
            for one in inner if isinstance(inner, list) else [inner]:
                named(one, found)
    return found


@after
def remember(call, given):
    """Management events of callers that are known; who cannot be authenticated leaves no event here."""
    if not call.operation or not call.service or call.service in identity.UNSIGNED_SERVICES or is_data_event(call):
        return
    if not call.identity and (call.service, call.operation) not in identity.UNSIGNED_OPERATIONS:
        return
    said = read_answer(call, given)
    said.pop("ResponseMetadata", None)
    error, failed = said.get("Error") or {}, given.status >= 300 and given.status != 412
    reads = call.operation.startswith(READ_ONLY)
    params = plain({k: v for k, v in call.params.items() if k not in ("Body", "BlockData")})
    record = {
        "eventVersion": "1.11", "userIdentity": user_identity(call), "eventTime": iso(now()), "eventSource": SOURCES.get(call.service, call.service)
        + ".amazonaws.com", "eventName": S3_NAMES.get(call.operation, call.operation), "awsRegion": call.region,
        "sourceIPAddress": call.environ.get("REMOTE_ADDR", "127.0.0.1"), "userAgent": call.user_agent, "requestParameters": lower(params) or None,
        "responseElements": None, "requestID": call.id, "eventID": str(uuid.uuid4()), "readOnly": reads, "eventType": "AwsApiCall",
        "managementEvent": True, "recipientAccountId": identity.account_of(call), "eventCategory": "Management"}
    if given.status >= 300:
        code = error.get("Code") or given.header("x-amzn-ErrorType") or str(given.status)
        record.update(errorCode=("Client." if call.service == "ec2" else "") + code, errorMessage=error.get("Message", ""))
    elif not reads or call.operation in GIVES_CREDENTIALS:
        record["responseElements"] = lower(plain(said)) or None
    enter(record, named(call.params, set()) | (set() if failed or reads else named(said, set())))


def enter(record, resources=None):
    if resources is None:
        resources = {(one.get("type", ""), one.get("ARN", "")) for one in record.get("resources") or []}
        resources |= named({k[:1].upper() + k[1:]: v for k, v in (record.get("requestParameters") or {}).items()}, set())
    with world.changed:
        store().append({"number": len(store()), "time": parse_time(record["eventTime"]), "region": record["awsRegion"],
                        "resources": sorted(resources),
                        "account": record.get("recipientAccountId", ACCOUNT), "record": record})
        world.changed.notify_all()


def username(record):
    who = record.get("userIdentity") or {}
    return who.get("userName") or (who.get("principalId", "").partition(":")[2] if who.get("type") in ("AssumedRole", "FederatedUser") else None)


def attribute(kept, key):
    record = kept["record"]
    if key == "ResourceType":
        return {kind for kind, _ in kept["resources"]}
    if key == "ResourceName":
        return {name for _, name in kept["resources"]}
    values = {"EventId": record.get("eventID"), "EventName": record.get("eventName"), "ReadOnly": str(bool(record.get("readOnly"))).lower(),
              "Username": username(record), "EventSource": record.get("eventSource"),
              "AccessKeyId": (record.get("userIdentity") or {}).get("accessKeyId")}
    return {values[key]}


def throttle(call):
    rate, moment = settings()["rate"], time.monotonic()
    with world.lock:
        past = world.of("trail times")
        recent = [one for one in past.get((identity.account_of(call), call.region), []) if one > moment - settings()["window"]]
        if rate and len(recent) >= rate:
            past[identity.account_of(call), call.region] = recent
            raise CloudError("ThrottlingException", "Rate exceeded", 400)
        past[identity.account_of(call), call.region] = recent + [moment]


def checked(call):
    """(wanted attribute or None, begin, end, size) of a request that AWS would take."""
    given = call.params
    wanted = given.get("LookupAttributes") or []
    if len(wanted) > 1 or any(one.get("AttributeKey") not in KEYS for one in wanted):
        raise CloudError("InvalidLookupAttributesException", "You can specify only one lookup attribute, with a valid key.", 400)
    size = int(given.get("MaxResults") or PAGE)
    if not 1 <= size <= PAGE:
        raise CloudError("InvalidMaxResultsException", "A value of %d for MaxResults is invalid. Specify a value between 1 and 50." % size, 400)
    as_time = lambda value: value.replace(tzinfo=datetime.timezone.utc) if isinstance(value, datetime.datetime) else parse_time(value)
    oldest = now() - datetime.timedelta(days=DAYS)
    begin = max(as_time(given["StartTime"]) if given.get("StartTime") else oldest, oldest)
    latest = now() - datetime.timedelta(seconds=settings()["lag"])
    end = min(as_time(given["EndTime"]), latest) if given.get("EndTime") else latest
    if given.get("StartTime") and as_time(given["StartTime"]) > (as_time(given["EndTime"]) if given.get("EndTime") else now()):
        raise CloudError("InvalidTimeRangeException", "The start time must be before the end time.", 400)
    if given.get("EventCategory") not in (None, "insight"):
        raise CloudError("InvalidEventCategoryException", "The event category is not valid.", 400)
    return (wanted[0] if wanted else None), begin, end, size


@operation("cloudtrail", "LookupEvents")
def lookup_events(call):
    throttle(call)
    wanted, begin, end, size = checked(call)
    asked = hashlib.sha256(json.dumps(plain({k: v for k, v in call.params.items() if k not in ("NextToken", "MaxResults")}), sort_keys=True).encode()
                           ).hexdigest()[:16]
    with world.lock:
        before, start = len(store()), 0
        if call.params.get("NextToken"):
            before, start, begin, end = read_token(call.params["NextToken"], asked)
        found = [kept for kept in store()[:before] if kept["region"] == call.region and kept["account"] == identity.account_of(call)
                 and begin <= kept["time"] <= end and (not wanted or wanted["AttributeValue"] in attribute(kept, wanted["AttributeKey"]))]
    if call.params.get("EventCategory") == "insight":
        found = []
    found.sort(key=lambda kept: (kept["time"], kept["number"]), reverse=True)
    result = {"Events": [shown(kept) for kept in found[start:start + size]]}
    if start + size < len(found):
        token = json.dumps([before, start + size, begin.isoformat(), end.isoformat(), asked])
        result["NextToken"] = base64.urlsafe_b64encode(token.encode()).decode()
    return result


@operation("cloudtrail", "ListPublicKeys")
def list_public_keys(call):
    """Keys of digests, as ordered: {"fingerprint", "value" (base64 of DER)}."""
    return {"PublicKeyList": [{"Fingerprint": one["fingerprint"], "Value": base64.b64decode(one["value"]), "ValidityStartTime": now(),
                               "ValidityEndTime": now()} for one in world.of("trail keys", list)]}


def read_token(text, asked):
    try:
        before, start, begin, end, same = json.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        same = None
    if same != asked:
        raise CloudError("InvalidNextTokenException", "A token value is invalid or was used with other parameters.", 400)
    return before, start, datetime.datetime.fromisoformat(begin), datetime.datetime.fromisoformat(end)


def shown(kept):
    record = kept["record"]
    found = {"EventId": record.get("eventID"), "EventName": record.get("eventName"), "ReadOnly": str(bool(record.get("readOnly"))).lower(),
             "AccessKeyId": (record.get("userIdentity") or {}).get("accessKeyId"), "EventTime": kept["time"],
             "EventSource": record.get("eventSource"),
             "Username": username(record), "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in kept["resources"]],
             "CloudTrailEvent": json.dumps(record)}
    return {k: v for k, v in found.items() if v is not None}


@control("trail")
def order(given):
    """POST {"events": [CloudTrail records], "rate": calls (0: no limit), "window": in so many seconds, "lag": seconds until an event shows, "clear": true, "keys": [public keys of
    digests]}; GET gives the records, oldest first."""
    if given is not None:
        if "keys" in given:
            world.of("trail keys", list)[:] = given["keys"]
        if given.get("clear"):
            with world.lock:
                store().clear()
        for record in given.get("events") or []:
            enter(record)
        settings().update({k: given[k] for k in ("rate", "window", "lag") if k in given})
        return {"events": len(store()), **settings()}
    return [kept["record"] for kept in store()]
