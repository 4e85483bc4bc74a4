"""EKS audit and WAF logs as Security Lake's files: no ingest reads them here, a lake with such tables opens all the same.

The rows are made from the raw logs by this module, EKS as in the one file of AWS's own (1.1.0/EKS of the validation repository), in the
column types of ../shared/data/schemas; WAF's values have no published file to prove them.
"""
import json
import os
import re
from pathlib import Path

import duckdb

from aws_raw import ACCOUNT, moment

SCHEMAS = Path(os.environ.get("SHARED") or Path(__file__).resolve().parents[3] / "shared", "data", "schemas")
SIMPLE = {"string": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT", "timestamp": "TIMESTAMP", "boolean": "BOOLEAN"}
ACTIVITIES = {"create": (1, "Create"), "get": (2, "Read"), "list": (2, "Read"), "watch": (2, "Read"), "update": (3, "Update"), "patch": (3, "Update"), "delete": (4, "Delete")}
METHODS = {"GET": (3, "Get"), "POST": (6, "Post"), "PUT": (7, "Put"), "DELETE": (2, "Delete")}


def columns(table):
    """Name -> Glue type of a table of version 2, in order."""
    text = (SCHEMAS / "security_lake_2_0_tables.sql").read_text()
    body = re.search(r"_%s_2_0 \((.*?)\n\);" % table, text, re.S).group(1)
    return dict(re.findall(r"`(\w+)` (.+?),?(?:\n|$)", body))


def duckdb_type(text):
    """struct<a:string,b:array<int>> as DuckDB writes it."""
    if text in SIMPLE:
        return SIMPLE[text]
    if text.startswith("decimal"):
        return text
    kind, inner = text[:-1].split("<", 1)
    parts, depth, start = [], 0, 0
    for i, c in enumerate(inner + ","):
        depth += (c in "<(") - (c in ">)")
        if c == "," and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    if kind == "array":
        return duckdb_type(inner) + "[]"
    if kind == "map":
        return "MAP(%s)" % ", ".join(duckdb_type(p) for p in parts)
    return "STRUCT(%s)" % ", ".join('"%s" %s' % (n, duckdb_type(t)) for n, t in (p.split(":", 1) for p in parts))


def common(time, class_name, class_uid, activity):
    return {"time": int(time.timestamp() * 1000), "time_dt": time.strftime("%Y-%m-%d %H:%M:%S.%f"), "severity_id": 1, "severity": "Informational",
            "class_name": class_name, "class_uid": class_uid, "activity_id": activity[0], "activity_name": activity[1], "type_uid": class_uid * 100 + activity[0],
            "type_name": "%s: %s" % (class_name, activity[1]), "accountid": ACCOUNT, "region": "us-east-1", "asl_version": "1.1.0"}


def eks_row(event):
    return {**common(moment(event["stageTimestamp"]), "API Activity", 6003, ACTIVITIES.get(event["verb"], (99, "Other"))),
            "api": {"operation": event["verb"], "request": {"uid": event["auditID"]}, "response": {"code": event["responseStatus"]["code"]}},
            "http_request": {"url": {"path": event["requestURI"]}, "user_agent": event["userAgent"]}, "actor": {"user": {"name": event["user"]["username"]}},
            "src_endpoint": {"ip": event["sourceIPs"][0]}, "message": event["stage"],
            "resources": [{"name": event["objectRef"]["name"], "namespace": event["objectRef"]["namespace"], "type": event["objectRef"]["resource"]}]}


def waf_row(event):
    request, details = event["httpRequest"], (event["terminatingRuleMatchDetails"] or [{}])[0]
    blocked = event["action"] == "BLOCK"
    return {**common(moment_of_ms(event["timestamp"]), "HTTP Activity", 4002, METHODS[request["httpMethod"]]),
            "action": "Denied" if blocked else "Allowed", "action_id": 2 if blocked else 1, "disposition": "Blocked" if blocked else "Allowed",
            "src_endpoint": {"ip": request["clientIp"], "location": {"country": request["country"]}, "svc_name": event["httpSourceName"], "uid": event["httpSourceId"]},
            "http_request": {"url": {"path": request["uri"], "hostname": host(event)}, "http_method": request["httpMethod"], "uid": request["requestId"],
                             "args": request["args"], "http_headers": request["headers"]},
            "firewall_rule": {"uid": event["terminatingRuleId"], "type": event["terminatingRuleType"], "condition": details.get("conditionType"),
                              "match_location": details.get("location"), "match_details": details.get("matchedData")}}


def moment_of_ms(milliseconds):
    from datetime import datetime, timezone
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def host(event):
    return next(h["value"] for h in event["httpRequest"]["headers"] if h["name"] == "Host")


def write(raw, folder):
    """Both tables under `folder`, laid out as in Security Lake's bucket."""
    for source, table, rows in (("EKS_AUDIT", "eks_audit", map(eks_row, raw.eks)), ("WAF", "waf", map(waf_row, raw.waf))):
        into = Path(folder, "aws", source, "2.0", "region=us-east-1", "accountId=" + ACCOUNT, "eventDay=20261101")
        into.mkdir(parents=True)
        lines = Path(folder, table + ".jsonl")
        lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
        types = ", ".join("'%s': '%s'" % (name, duckdb_type(kind)) for name, kind in columns(table).items())
        duckdb.connect().execute("COPY (SELECT * FROM read_json('%s', format='newline_delimited', columns={%s})) TO '%s' (FORMAT parquet)"
                                 % (lines, types, into / "0.gz.parquet"))
        lines.unlink()
