"""Answers over EKS audit and WAF logs: from the raw logs, not from the rows that aws_edge.py makes."""
from aws_compare import Part
from aws_edge import host, moment_of_ms
from aws_expected import Answer, counted, moment, top, within

ACTIVITIES = {"POST": "Post", "GET": "Get"}


def eks_time(event):
    return moment(event["stageTimestamp"])


def audited(raw, now, keep, row):
    return Answer([row(e) for e in raw.eks if within(eks_time(e), now, 7) and keep(e)], limit=25, of=len(raw.eks))


def request(event):
    return Part({"uid": event["auditID"]})


def eks_path(raw, now):
    return audited(raw, now, lambda e: e["verb"] == "get" and e["requestURI"] == "/apis/coordination.k8s.io/v1/",
                   lambda e: (top(eks_time(e)), e["user"]["username"], e["requestURI"], "Read"))


def eks_path_published(raw, now):
    return Answer([])


def eks_updates(raw, now):
    return audited(raw, now, lambda e: e["verb"] == "update" and e["sourceIPs"][0] == "10.0.97.167",
                   lambda e: ("Update", top(eks_time(e)), request(e), e["requestURI"], e["sourceIPs"][0], [Part({"name": e["objectRef"]["name"]})]))


def eks_resource(raw, now):
    names = {"get": "Read", "create": "Create", "update": "Update", "delete": "Delete"}
    return audited(raw, now, lambda e: e["objectRef"]["name"] == "kube-controller-manager",
                   lambda e: (names[e["verb"]], top(eks_time(e)), request(e), Part({"code": e["responseStatus"]["code"]}), e["objectRef"]["name"]))


def requested(raw, now, keep, row):
    return Answer([row(e) for e in raw.waf if within(moment_of_ms(e["timestamp"]), now, 7) and keep(e)], limit=25, of=len(raw.waf))


def http(event):
    return event["httpRequest"]


def start(event, *more):
    return (top(moment_of_ms(event["timestamp"])), ACTIVITIES[http(event)["httpMethod"]], *more, http(event)["clientIp"], http(event)["uri"], host(event),
            http(event)["httpMethod"])


def waf_post(raw, now):
    return requested(raw, now, lambda e: http(e)["clientIp"] == "100.123.123.123" and http(e)["httpMethod"] == "POST", lambda e: start(e) + (http(e)["headers"],))


def condition(event):
    return event["terminatingRuleMatchDetails"][0]["conditionType"] if event["terminatingRuleMatchDetails"] else None


def rule(event):
    details = (event["terminatingRuleMatchDetails"] or [{}])[0]
    return start(event) + (event["terminatingRuleId"], event["terminatingRuleType"], condition(event), details.get("location"), details.get("matchedData"), None)


def waf_managed(raw, now):
    return requested(raw, now, lambda e: e["terminatingRuleType"] == "MANAGED_RULE_GROUP", rule)


def waf_regex(raw, now):
    return requested(raw, now, lambda e: condition(e) == "REGEX", rule)


def is_credentials(event):
    return http(event)["uri"] == "/.aws/credentials"


def waf_denied(raw, now):
    return requested(raw, now, lambda e: is_credentials(e) and e["action"] == "BLOCK" and http(e)["httpMethod"] == "GET",
                     lambda e: start(e, "Denied") + (e["terminatingRuleId"], e["terminatingRuleType"]))


def waf_denied_published(raw, now):
    return requested(raw, now, lambda e: is_credentials(e) and e["action"] == "BLOCK",
                     lambda e: start(e, "Denied") + (e["terminatingRuleId"], e["terminatingRuleType"]))


def waf_countries(raw, now):
    events = [e for e in raw.waf if within(moment_of_ms(e["timestamp"]), now, 7) and is_credentials(e) and http(e)["httpMethod"] == "GET"]
    rows = counted((http(e)["country"], "Get", {"BLOCK": "Denied", "ALLOW": "Allowed"}[e["action"]], http(e)["clientIp"], http(e)["uri"], host(e), "GET") for e in events)
    return Answer([(count, *key) for key, count in rows])
