"""Security Hub: findings by filter in ASFF, as OCSF documents, and their notes."""
import datetime

from .alarms import DEFAULTS, field, kept
from .world import CloudError, now, operation, page, parse_time

PATHS = {"SeverityLabel": "Severity.Label", "WorkflowStatus": "Workflow.Status", "ComplianceStatus": "Compliance.Status"}
MOST, LONGEST_NOTE = 100, 512


def enabled(call):
    if not kept()["securityhub_enabled"]:
        raise CloudError("InvalidAccessException", "Account is not subscribed to AWS Security Hub", 401)


def values(finding, name):
    if name in ("ResourceId", "ResourceType"):
        return [one.get(name[len("Resource"):]) for one in finding.get("Resources", [])]
    if name == "Type":
        return finding.get("Types", [])
    return [field(finding, PATHS.get(name, name))]


def holds(value, test):
    if "Start" in test or "End" in test or "DateRange" in test:
        moment = parse_time(value)
        if "DateRange" in test:
            return moment >= now() - datetime.timedelta(days=test["DateRange"]["Value"])
        return (not test.get("Start") or moment >= parse_time(test["Start"])) and (not test.get("End") or moment <= parse_time(test["End"]))
    wanted, how = test.get("Value", ""), test.get("Comparison", "EQUALS")
    plain = {"EQUALS": value == wanted, "PREFIX": str(value).startswith(wanted), "CONTAINS": wanted in str(value)}
    return not plain[how.removeprefix("NOT_")] if how.startswith("NOT_") and how[4:] in plain else plain.get(how, value != wanted)


def fits(finding, filters):
    return all(any(holds(value, test) for value in values(finding, name) for test in tests) for name, tests in (filters or {}).items())


def limited(call):
    size = int(call.params.get("MaxResults") or MOST)
    if not 1 <= size <= MOST:
        raise CloudError("InvalidInputException", "Invalid parameter 'MaxResults'", 400)
    if any(len(tests) > 20 for tests in (call.params.get("Filters") or {}).values() if isinstance(tests, list)):
        raise CloudError("InvalidInputException", "a filter has more than 20 values", 400)
    return size


@operation("securityhub", "GetFindings")
def get_findings(call):
    enabled(call)
    size = limited(call)
    found = [one for one in kept()["securityhub"] if one["Region"] == call.region and fits(one, call.params.get("Filters"))]
    for sort in reversed(call.params.get("SortCriteria") or []):
        found.sort(key=lambda one: str(field(one, sort["Field"])), reverse=sort.get("SortOrder") == "desc")
    shown, following = page(found, call.params.get("NextToken"), size)
    return {"Findings": shown, **({"NextToken": following} if following else {})}


@operation("securityhub", "GetFindingsV2")
def get_findings_v2(call):
    enabled(call)
    shown, following = page(kept()["securityhub_v2"], call.params.get("NextToken"), limited(call))
    return {"Findings": shown, **({"NextToken": following} if following else {})}


@operation("securityhub", "BatchImportFindings")
def batch_import_findings(call):
    enabled(call)
    for one in call.params["Findings"]:
        kept()["securityhub"][:] = [old for old in kept()["securityhub"] if old["Id"] != one["Id"]] + [{**DEFAULTS["securityhub"](one),
                                                                                                       "Region": call.region, **one}]
    return {"FailedCount": 0, "SuccessCount": len(call.params["Findings"]), "FailedFindings": []}


@operation("securityhub", "BatchUpdateFindings")
def batch_update_findings(call):
    enabled(call)
    given, done, failed = call.params, [], []
    if len((given.get("Note") or {}).get("Text", "")) > LONGEST_NOTE:
        raise CloudError("InvalidInputException", "Invalid parameter 'Note.Text'", 400)
    for asked in given["FindingIdentifiers"]:
        found = [one for one in kept()["securityhub"] if (one["Id"], one["ProductArn"]) == (asked["Id"], asked["ProductArn"])]
        for one in found:
            one.update({k: given[k] for k in ("Workflow", "Severity", "Types", "Confidence", "Criticality", "VerificationState") if given.get(k)})
            if given.get("Note"):
                one["Note"] = {**given["Note"], "UpdatedAt": now().strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        (done if found else failed).append(asked)
    return {"ProcessedFindings": done, "UnprocessedFindings": [{"FindingIdentifier": one, "ErrorCode": "FindingNotFound", "ErrorMessage":
                                                                "Finding Not Found"} for one in failed]}
