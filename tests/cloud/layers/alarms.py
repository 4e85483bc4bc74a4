"""What AWS warns of by itself: Trusted Advisor (both APIs), Health, GuardDuty and Security Hub, filled by tests through /cloud/alarms."""
import uuid

from moto.guardduty.models import guardduty_backends
from moto.iam.models import iam_backends
from moto.support.models import ADVISOR_CHECKS

from .identity import account_of
from .world import ACCOUNT, PARTITION, REGION, CloudError, control, iso, now, operation, page, parse_time, world

EXPOSED = "12Fnkpl8Y5"
COLUMNS = ["Access Key ID", "User Name (IAM or Root)", "Fraud Type", "Case ID", "Time Updated", "Location", "Deadline", "Usage (USD per Day)"]
CHECK_ARN = "arn:aws:trustedadvisor:::check/"
OPERATORS = {"eq": lambda a, b: a in b, "equals": lambda a, b: a in b, "neq": lambda a, b: a not in b, "notequals": lambda a, b: a not in b}
COMPARED = {"gt": lambda a, b: a > b, "greaterthan": lambda a, b: a > b, "gte": lambda a, b: a >= b, "greaterthanorequal": lambda a, b: a >= b,
            "lt": lambda a, b: a < b, "lessthan": lambda a, b: a < b, "lte": lambda a, b: a <= b, "lessthanorequal": lambda a, b: a <= b}


def kept():
    return world.of("alarms", lambda: {"exposed_keys": [], "health": [], "guardduty": [], "securityhub": [], "securityhub_v2": [],
                                       "credential_report": [], "support_plan": True, "securityhub_enabled": True})


@control("alarms")
def order(given):
    """{"exposed_keys": [{"access_key_id", "user", ...}], "health": [...], "guardduty": [...], "securityhub": [...], "securityhub_v2": [...],
    "credential_report": [rows by column, beside those of moto's users], "support_plan": bool, "securityhub_enabled": bool}: lists are added to what is there, {} takes all away."""
    if given == {}:
        world.parts.pop("alarms", None)
    for name, value in (given or {}).items():
        if isinstance(value, list):
            kept()[name] += [{**DEFAULTS[name](one), **one} for one in value]
        else:
            kept()[name] = value
    return kept()


def exposed_default(one):
    return {"user": "unknown", "fraud_type": "Exposed", "case_id": "1234567890", "updated": iso(now()), "location": "https://example.com/leak",
            "deadline": None, "usage": "0.00", "region": REGION}


def health_default(one):
    code, region = one.get("eventTypeCode", "AWS_RISK_CREDENTIALS_EXPOSED"), one.get("region", REGION)
    arn = "arn:%s:health:%s::event/RISK/%s/%s" % (PARTITION, region, code, uuid.uuid4().hex[:12])
    return {"arn": arn, "service": "RISK", "eventTypeCode": code, "eventTypeCategory": "issue", "region": region, "startTime": iso(now()),
            "lastUpdatedTime": iso(now()), "statusCode": "open", "eventScopeCode": "ACCOUNT_SPECIFIC", "description": "", "entities": []}


def guardduty_default(one):
    region, name = one.get("Region", REGION), uuid.uuid4().hex
    return {"AccountId": ACCOUNT, "Arn": "arn:%s:guardduty:%s:%s:detector/d/finding/%s" % (PARTITION, region, ACCOUNT, name), "CreatedAt": iso(now()),
            "Description": "", "Id": name, "Partition": PARTITION, "Region": region, "Resource": {}, "SchemaVersion": "2.0", "Severity": 5.0,
            "Service": {"Archived": False, "Count": 1}, "Title": "", "Type": "Recon:IAMUser/MaliciousIPCaller", "UpdatedAt": iso(now())}


def securityhub_default(one):
    region = one.get("Region", REGION)
    return {"SchemaVersion": "2018-10-08", "Id": "arn:%s:securityhub:%s:%s:finding/%s" % (PARTITION, region, ACCOUNT, uuid.uuid4()), "Region": region,
            "ProductArn": "arn:%s:securityhub:%s::product/aws/guardduty" % (PARTITION, region), "GeneratorId": "test", "AwsAccountId": ACCOUNT,
            "CreatedAt": iso(now()), "UpdatedAt": iso(now()), "Title": "", "Description": "", "Severity": {"Label": "HIGH"}, "Resources": [],
            "RecordState": "ACTIVE", "Workflow": {"Status": "NEW"}, "Types": []}


def report_default(one):
    """A row of the credential report: a person with nothing but MFA."""
    names = ("password_last_used", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_2_last_rotated",
             "access_key_2_last_used_date")
    name = "root" if one["user"] == "<root_account>" else "user/" + one["user"]
    return {"arn": "arn:%s:iam::%s:%s" % (PARTITION, ACCOUNT, name), "user": one["user"], "user_creation_time": iso(now()),
            "mfa_active": "true", **dict.fromkeys(names, "N/A"), **dict.fromkeys(FLAGS, "false")}


FLAGS = ("password_enabled", "access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active")
DEFAULTS = {"exposed_keys": exposed_default, "health": health_default, "guardduty": guardduty_default, "securityhub": securityhub_default,
            "securityhub_v2": lambda one: {}, "credential_report": report_default}


def plan_needed():
    if not kept()["support_plan"]:
        raise CloudError("SubscriptionRequiredException", "Amazon Web Services Premium Support Subscription is required to use this service.", 400)


def only_home(call):
    if call.region != REGION:
        raise CloudError("SubscriptionRequiredException", "this service answers in %s only" % REGION, 400)


def summary(check):
    flagged = len(kept()["exposed_keys"]) if check == EXPOSED else 0
    return {"checkId": check, "timestamp": iso(now()), "status": "error" if flagged else "ok", "hasFlaggedResources": bool(flagged),
            "resourcesSummary": {
        "resourcesProcessed": flagged, "resourcesFlagged": flagged, "resourcesIgnored": 0, "resourcesSuppressed": 0}, "categorySpecificSummary": {}}


@operation("support", "DescribeTrustedAdvisorChecks")
def describe_checks(call):
    plan_needed()
    others = [one for one in ADVISOR_CHECKS["checks"] if one["id"] != EXPOSED]
    return {"checks": others + [{"id": EXPOSED, "name": "Exposed Access Keys", "description": "Checks popular code repositories for access keys that "
                                 "have been exposed to the public", "category": "security", "metadata": COLUMNS}]}


@operation("support", "DescribeTrustedAdvisorCheckResult")
def describe_check_result(call):
    plan_needed()
    only_home(call)
    check, found = call.params["checkId"], []
    for number, one in enumerate(kept()["exposed_keys"] if check == EXPOSED else []):
        metadata = [one["access_key_id"], one["user"], one["fraud_type"], one["case_id"], one["updated"], one["location"], one["deadline"],
                    one["usage"]]
        found.append({"status": "error", "region": one["region"], "resourceId": "exposed-%d" % number, "isSuppressed": False, "metadata": metadata})
    return {"result": {**{k: v for k, v in summary(check).items() if k != "hasFlaggedResources"}, "flaggedResources": found}}


@operation("support", "DescribeTrustedAdvisorCheckSummaries")
def describe_check_summaries(call):
    plan_needed()
    return {"summaries": [summary(check) for check in call.params["checkIds"]]}


@operation("support", "RefreshTrustedAdvisorCheck")
def refresh_check(call):
    plan_needed()
    if call.params["checkId"] == EXPOSED:
        raise CloudError("InvalidParameterValueException", "Check %s is not refreshable" % EXPOSED, 400)
    return {"status": {"checkId": call.params["checkId"], "status": "enqueued", "millisUntilNextRefreshable": 300000}}


def recommendation_arn():
    return "arn:%s:trustedadvisor::%s:recommendation/exposed-access-keys" % (PARTITION, ACCOUNT)


def recommendation():
    flagged = len(kept()["exposed_keys"])
    return {"id": "exposed-access-keys", "type": "standard", "checkArn": CHECK_ARN + EXPOSED, "status": "error" if flagged else "ok",
            "pillars": ["security"],
            "source": "ta_check", "awsServices": ["iam"], "name": "Exposed Access Keys", "arn": recommendation_arn(), "lastUpdatedAt": now(),
            "resourcesAggregates": {"okCount": 0, "warningCount": 0, "errorCount": flagged}}


@operation("trustedadvisor", "ListChecks")
def list_checks(call):
    return {"checkSummaries": [{"id": EXPOSED, "arn": CHECK_ARN + EXPOSED, "name": "Exposed Access Keys", "description": "", "pillars": ["security"],
                                "awsServices": ["iam"], "source": "ta_check", "metadata": {str(at): name for at, name in enumerate(COLUMNS)}}]}


@operation("trustedadvisor", "ListRecommendations")
def list_recommendations(call):
    one, given = recommendation(), call.params
    fits = given.get("pillar") in (None, "security") and given.get("status") in (None, one["status"]) and given.get("type") in (None, "standard") \
        and given.get("checkIdentifier") in (None, EXPOSED, one["checkArn"])
    return {"recommendationSummaries": [one] if fits else []}


def known_recommendation(call):
    if call.params["recommendationIdentifier"] not in (recommendation_arn(), "exposed-access-keys"):
        raise CloudError("ResourceNotFoundException", "Recommendation not found: " + call.params["recommendationIdentifier"], 404)


@operation("trustedadvisor", "GetRecommendation")
def get_recommendation(call):
    known_recommendation(call)
    return {"recommendation": {**recommendation(), "description": "Checks popular code repositories for exposed access keys"}}


@operation("trustedadvisor", "ListRecommendationResources")
def list_recommendation_resources(call):
    known_recommendation(call)
    found = [{"id": "exposed-%d" % number, "arn": recommendation_arn() + "/exposed-%d" % number, "awsResourceId": one["access_key_id"], "regionCode":
              one["region"], "status": "error", "metadata": dict(zip(map(str, range(8)), [
                  one["access_key_id"], one["user"], one["fraud_type"], one["case_id"], one["updated"], one["location"], one["deadline"] or "",
                  one["usage"]])), "lastUpdatedAt": now(), "recommendationArn": recommendation_arn()}
             for number, one in enumerate(kept()["exposed_keys"])]
    shown, following = page(found, call.params.get("nextToken"), int(call.params.get("maxResults") or 100))
    return {"recommendationResourceSummaries": shown, "nextToken": following}


def event_of(one):
    times = {k: parse_time(one[k]) for k in ("startTime", "endTime", "lastUpdatedTime") if one.get(k)}
    return {**{k: v for k, v in one.items() if k not in ("description", "entities")}, **times}


@operation("health", "DescribeEvents")
def describe_events(call):
    plan_needed()
    wanted = call.params.get("filter") or {}
    fits = {"services": "service", "eventTypeCodes": "eventTypeCode", "regions": "region", "eventTypeCategories": "eventTypeCategory",
            "eventStatusCodes": "statusCode", "eventArns": "arn"}
    found = [one for one in kept()["health"] if all(one[field] in wanted[name] for name, field in fits.items() if wanted.get(name))]
    shown, following = page(found, call.params.get("nextToken"), int(call.params.get("maxResults") or 10))
    return {"events": [event_of(one) for one in shown], "nextToken": following}


@operation("health", "DescribeEventDetails")
def describe_event_details(call):
    plan_needed()
    known = {one["arn"]: one for one in kept()["health"]}
    asked = call.params["eventArns"]
    return {"successfulSet": [{"event": event_of(known[arn]), "eventDescription": {"latestDescription": known[arn]["description"]},
                               "eventMetadata": {}}
                              for arn in asked if arn in known],
            "failedSet": [{"eventArn": arn, "errorName": "InvalidEventArn", "errorMessage": "unknown event"} for arn in asked if arn not in known]}


@operation("health", "DescribeAffectedEntities")
def describe_affected_entities(call):
    plan_needed()
    found = [{"entityArn": "%s/entity" % one["arn"], "eventArn": one["arn"], "entityValue": value, "awsAccountId": account_of(call),
              "statusCode": "IMPAIRED",
              "lastUpdatedTime": now()} for one in kept()["health"] if one["arn"] in call.params["filter"]["eventArns"] for value in one["entities"]]
    shown, following = page(found, call.params.get("nextToken"), int(call.params.get("maxResults") or 10))
    return {"entities": shown, "nextToken": following}


def detector(call):
    if call.params["DetectorId"] not in guardduty_backends[account_of(call)][call.region].list_detectors():
        raise CloudError("BadRequestException", "The request is rejected because the input detectorId is not owned by the current account.", 400)


def field(value, path):
    """A finding's field by its dotted wire name, whatever the case of its letters."""
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = next((inner for key, inner in value.items() if key.lower() == part.lower()), None)
    return value


def number(value):
    if isinstance(value, str) and "T" in value:
        return parse_time(value).timestamp() * 1000
    return float(value or 0)


def meets(finding, criterion):
    for path, tests in (criterion or {}).items():
        value = field(finding, path)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        for name, wanted in tests.items():
            name = name.lower()
            if name in OPERATORS and not OPERATORS[name](text, [str(one) for one in wanted]):
                return False
            if name in COMPARED and not COMPARED[name](number(value), float(wanted)):
                return False
    return True


@operation("guardduty", "ListFindings")
def list_findings(call):
    detector(call)
    wanted = (call.params.get("FindingCriteria") or {}).get("Criterion")
    found = [one for one in kept()["guardduty"] if one["Region"] == call.region and meets(one, wanted)]
    sort = call.params.get("SortCriteria") or {}
    if sort.get("AttributeName"):
        found.sort(key=lambda one: number(field(one, sort["AttributeName"])), reverse=sort.get("OrderBy") == "DESC")
    size = int(call.params.get("MaxResults") or 50)
    if not 1 <= size <= 50:
        raise CloudError("BadRequestException", "The request is rejected because maxResults is out of range.", 400)
    shown, following = page([one["Id"] for one in found], call.params.get("NextToken") or None, size)
    return {"FindingIds": shown, "NextToken": following or ""}


@operation("guardduty", "GetFindings")
def get_findings(call):
    detector(call)
    if len(call.params["FindingIds"]) > 50:
        raise CloudError("BadRequestException", "The request is rejected because findingIds has more than 50 entries.", 400)
    return {"Findings": [one for one in kept()["guardduty"] if one["Id"] in call.params["FindingIds"] and one["Region"] == call.region]}


@operation("iam", "GetCredentialReport")
def get_credential_report(call):
    """moto's own report, with the account's root (which AWS lists first) and the rows that a test gave."""
    backend = iam_backends[account_of(call)][PARTITION]
    if not backend.report_generated():
        raise CloudError("ReportNotPresent", "Credential report not present", 410)
    header, _, users = backend.get_credential_report().partition("\n")
    names = header.split(",")
    rows = kept()["credential_report"]
    root = [] if any(one["user"] == "<root_account>" for one in rows) else [report_default({"user": "<root_account>"})]
    lines = [",".join(one.get(name, "N/A") for name in names) for one in root + rows]
    return {"Content": "\n".join([header] + lines + [users]).rstrip("\n").encode(), "ReportFormat": "text/csv", "GeneratedTime": now()}
