"""Answers over CloudTrail: management events and Lambda data events."""
import ipaddress
import json

from aws_compare import Bag, Part
from aws_expected import Answer, Source, counted, day, distinct, grouped, milliseconds, moment, newest_first, top, within

LOGINS = ("ConsoleLogin", "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
# of the events here, those that become Account Change: their userName is no longer among the request's parameters in version 1
ACCOUNT_CHANGES = ("CreateUser", "CreateAccessKey", "AttachUserPolicy", "CreateLoginProfile", "UpdateLoginProfile", "DeleteAccessKey")
READS = ("Get", "List", "Describe")


def who(event, name):
    return event["userIdentity"].get(name)


def address(event):
    try:
        ipaddress.ip_address(event["sourceIPAddress"])
        return event["sourceIPAddress"]
    except ValueError:
        return None


def time_of(event):
    return moment(event["eventTime"])


def star_1(event):
    return {"metadata.uid": event["eventID"], "time": milliseconds(time_of(event)), "accountid": event["recipientAccountId"], "region": event["awsRegion"],
            "eventday": day(time_of(event)), "api.operation": event["eventName"], "api.service.name": event["eventSource"],
            "api.response.error": event.get("errorCode"), "actor.user.uuid": who(event, "arn"), "actor.user.uid": who(event, "principalId"),
            "actor.user.name": who(event, "userName"), "actor.user.credential_uid": who(event, "accessKeyId"), "src_endpoint.ip": address(event),
            "http_request.user_agent": event["userAgent"]}


def star_2(event):
    return {"metadata.uid": event["eventID"], "time": milliseconds(time_of(event)), "time_dt": top(time_of(event)), "accountid": event["recipientAccountId"],
            "region": event["awsRegion"], "cloud.region": event["awsRegion"], "api.operation": event["eventName"], "api.service.name": event["eventSource"],
            "api.response.error": event.get("errorCode"), "actor.user.uid": who(event, "arn"), "actor.user.uid_alt": who(event, "principalId"),
            "actor.user.name": who(event, "userName"), "actor.user.account.uid": who(event, "accountId"), "actor.user.credential_uid": who(event, "accessKeyId"),
            "src_endpoint.ip": address(event), "http_request.user_agent": event["userAgent"]}


def is_lambda(event):
    return event["eventSource"] == "lambda.amazonaws.com" and not event["managementEvent"]


def source(records):
    return Source(records, time_of, lambda e: e["recipientAccountId"], lambda e: e["awsRegion"], star_1, star_2)


TRAIL = source(lambda raw: [e for e in raw.trail if e["managementEvent"]])
LAMBDA = source(lambda raw: [e for e in raw.trail if is_lambda(e)])
globals().update(TRAIL.previews("trail"))
globals().update(LAMBDA.previews("lambda"))


# ---- version 2, the last seven days ----
def newest(events, rows, raw):
    return Answer(rows, order=newest_first(events, time_of), limit=25, of=len(TRAIL.east(raw)))


def trail_unauthorized(raw, now):
    codes = ("Client.UnauthorizedOperation", "Client.InvalidPermission.NotFound", "Client.OperationNotPermitted", "AccessDenied")
    events = [e for e in TRAIL.recent(raw, now) if e.get("errorCode") in codes]
    return newest(events, [(top(time_of(e)), e["eventSource"], e["eventName"], e["errorCode"], e["errorMessage"], None, e["awsRegion"], who(e, "arn"), address(e),
                            e["userAgent"]) for e in events], raw)


def trail_address(raw, now):
    events = [e for e in TRAIL.recent(raw, now) if e["sourceIPAddress"] == "192.0.2.1"]
    return newest(events, [(e["requestID"], top(time_of(e)), e["eventSource"], e["eventName"], e["awsRegion"], who(e, "arn"), address(e), e["userAgent"])
                           for e in events], raw)


def trail_address_published(raw, now):
    return Answer([])


def trail_iam(raw, now):
    events = [e for e in TRAIL.recent(raw, now) if e["eventSource"] == "iam.amazonaws.com"]
    return TRAIL.star(2, events, TRAIL.east(raw), order=newest_first(events, time_of), limit=25)


def users(events):
    return [(who(e, "arn"), who(e, "principalId"), who(e, "accountId"), e["awsRegion"]) for e in events]


def trail_credential(raw, now):
    events = [e for e in TRAIL.recent(raw, now) if who(e, "principalId") == "AIDACKCEVSQ6C2EXAMPLE"]
    return Answer(users(events), limit=25, of=len(TRAIL.east(raw)))


def trail_credential_published(raw, now):
    return Answer([])


def trail_failed(raw, now):
    events = [e for e in TRAIL.recent(raw, now) if e.get("errorCode") or (e["responseElements"] or {}).get("ConsoleLogin") == "Failure"]
    return newest(events, users(events), raw)


def trail_failed_published(raw, now):
    return Answer([])


# ---- the user guide's two queries of version 1 ----
def from_address(raw, keep):
    events = [e for e in TRAIL.east(raw) if e["sourceIPAddress"] == "192.0.2.1" and keep(e)]
    return TRAIL.star(1, events, TRAIL.east(raw), order=newest_first(events, time_of), limit=25)


def trail_since_march(raw, now):
    return from_address(raw, lambda e: day(time_of(e)) >= "20230301")


def trail_last_30_days(raw, now):
    return from_address(raw, lambda e: within(time_of(e), now, 30))


def trail_last_30_days_published(raw, now):
    from datetime import timedelta
    first = now - timedelta(days=30)
    return from_address(raw, lambda e: day(time_of(e)) > first.strftime("%Y%m%d%H"))


# ---- the bootstrap's analysis of June 2023 ----
def trail_by_region(raw, now):
    rows = counted(e["awsRegion"] for e in TRAIL.scope(raw))
    return Answer(rows, order=[-count for _, count in rows])


def trail_by_operation(raw, now):
    rows = [(*key, count) for key, count in counted((e["awsRegion"], e["eventName"]) for e in TRAIL.scope(raw))]
    return Answer(rows, order=[(row[0], -row[2]) for row in rows])


def logins(raw, names):
    events = [e for e in TRAIL.scope(raw) if who(e, "arn") and e["eventName"] in names]
    groups = grouped(events, lambda e: (who(e, "arn"), e["eventName"]))
    return Answer([(*key, distinct(map(address, group))) for key, group in groups.items()], order=[name for _, name in groups])


def trail_logins(raw, now):
    return logins(raw, ("AssumeRole", "ConsoleLogin"))


def trail_logins_by_activity(raw, now):
    return logins(raw, LOGINS)


def trail_logins_by_activity_published(raw, now):
    return logins(raw, LOGINS + ("CreateUser", "CreateAccessKey", "CreateLoginProfile", "RunInstances", "CreateTags"))


def writes(raw):
    return [e for e in TRAIL.scope(raw) if e["eventName"] != "AssumeRole" and not e["eventName"].startswith(READS)]


def trail_activity(raw, now):
    groups = grouped(writes(raw), lambda e: who(e, "arn"))
    return Answer([(arn, Bag(distinct(e["eventName"] for e in group)), distinct(map(address, group)), distinct(e["userAgent"] for e in group))
                   for arn, group in groups.items()])


def trail_activity_named(raw, now):
    groups = grouped(writes(raw), lambda e: (who(e, "arn"), who(e, "principalId"), who(e, "userName")))
    return Answer([(arn, name, distinct(e["eventName"] for e in group), distinct(map(address, group)), distinct(e["userAgent"] for e in group))
                   for (arn, _, name), group in groups.items()])


def parameter(event, name):
    return (event["requestParameters"] or {}).get(name)


def searched(raw, keep, target):
    events = [e for e in TRAIL.scope(raw) if who(e, "type") == "IAMUser" and keep(e)]
    return Answer([(milliseconds(time_of(e)), day(time_of(e)), who(e, "arn"), who(e, "userName"), who(e, "accessKeyId"), e["eventName"], target(e),
                    parameter(e, "policyArn"), Part({"error": e.get("errorCode"), "message": e.get("errorMessage")})) for e in events], of=len(TRAIL.scope(raw)))


def asked_user(event):
    return parameter(event, "userName")


def left_user(event):
    """What version 1 leaves in unmapped."""
    return None if event["eventName"] in ACCOUNT_CHANGES else asked_user(event)


def of_alice(event):
    return who(event, "userName") == "alice"


def of_key(event):
    return who(event, "accessKeyId") == "AKIAEXAMPLEALICE"


def trail_user_search(raw, now):
    return searched(raw, of_alice, asked_user)


def trail_user_search_published(raw, now):
    return searched(raw, of_alice, left_user)


def trail_key_search(raw, now):
    return searched(raw, of_key, asked_user)


def trail_key_search_published(raw, now):
    return searched(raw, of_key, left_user)


def in_time(events, rows):
    return Answer(rows, order=[milliseconds(time_of(e)) for e in events])


def changes(raw):
    return [e for e in TRAIL.scope(raw) if e["eventSource"] == "iam.amazonaws.com" and not e["eventName"].startswith(READS) and not e.get("errorCode")]


def changed(event, *more):
    return (milliseconds(time_of(event)), who(event, "arn"), who(event, "userName"), event["eventName"], *more)


def trail_iam_changes(raw, now):
    def rest(event):
        return {"requestParameters." + k: v if isinstance(v, str) else json.dumps(v) for k, v in event["requestParameters"].items() if k != "userName"}
    return in_time(changes(raw), [changed(e, asked_user(e), rest(e)) for e in changes(raw)])


def trail_iam_changes_published(raw, now):
    return in_time(changes(raw), [changed(e, None) for e in changes(raw)])


def trail_key_creations(raw, now):
    events = [e for e in TRAIL.scope(raw) if e["eventName"] == "CreateAccessKey" and not e.get("errorCode")]
    made = [e["responseElements"]["accessKey"] for e in events]
    return in_time(events, [changed(e, key["userName"], key["accessKeyId"]) for e, key in zip(events, made)])


def trail_password_changes(raw, now):
    events = [e for e in TRAIL.scope(raw) if e["eventName"] in ("UpdateLoginProfile", "CreateLoginProfile") and not e.get("errorCode")]
    return in_time(events, [changed(e, asked_user(e)) for e in events])


def trail_public_addresses(raw, now):
    def is_public(event):
        ip = address(event) and ipaddress.ip_address(address(event))
        return ip and not any(ip.version == 4 and ip in ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    return TRAIL.star(1, [e for e in TRAIL.scope(raw) if is_public(e)], TRAIL.scope(raw))


# ---- Lambda data events ----
def invoked(raw, keep):
    return LAMBDA.star(1, [e for e in LAMBDA.scope(raw) if any(keep(r["ARN"]) for r in e["resources"])], LAMBDA.scope(raw))


def lambda_function(raw, now):
    return invoked(raw, lambda arn: arn.split(":")[6] == "MyLambdaFunction")


def lambda_function_published(raw, now):
    return invoked(raw, lambda arn: "MyLambdaFunction" in arn)
