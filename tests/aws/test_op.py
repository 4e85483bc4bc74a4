"""Every row of the table of calls against botocore's models, and every request against what botocore sends."""
import base64
import binascii
import datetime
import json
import os
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import pytest

from aws_models import SESSION, paginator_of, program, protocol_of, sample, serialized, wire_name

ROWS = program("test_request", "rows")
NAMES = [row["service"] + ":" + row["op"] for row in ROWS]
# calls that start or stop something which is itself only looking, or make credentials that live an hour
LOOKING = re.compile(r"(Get|List|Describe|Head|Lookup|Simulate|Decode|BatchGet|Assume)\w+$")
LOOKING_TOO = {"sso-oidc:CreateToken", "sso-oidc:RegisterClient", "sso-oidc:StartDeviceAuthorization", "signin:CreateOAuth2Token",
               "athena:StartQueryExecution", "athena:StopQueryExecution", "cloudtrail:StartQuery", "cloudtrail:CancelQuery",
               "iam:GenerateCredentialReport", "kms:Decrypt", "kms:GenerateDataKey", "support:RefreshTrustedAdvisorCheck"}
# every call that changes something, read one by one: a new row is in the list, or the test below refuses it
CHANGES = [line.split() for line in open(os.path.join(os.path.dirname(__file__), "changes.txt")) if line.strip() and line[0] != "#"]
GOLDEN = os.path.join(os.environ.get("SHARED", ""), "reference/aws-golden-requests.txt")


def namings(text):
    return dict(word.split("=") if "=" in word else (word, word) for word in (text or "").split())


def located(shape, where):
    return {n: m.serialization.get("name", n) for n, m in (shape.members if shape else {}).items() if m.serialization.get("location") == where}


def test_there_are_as_many_as_asked():
    assert len(ROWS) >= 140 and len(set(NAMES)) == len(ROWS)
    assert {row["service"] for row in ROWS} >= set(
        "sts iam lambda signin ec2 s3 s3control athena glue lakeformation securitylake cloudtrail support trustedadvisor health guardduty "
        "securityhub organizations sso sso-oidc sso-admin identitystore kms ebs autoscaling elb elbv2 ssm ram".split())


def test_what_changes_is_listed():
    """A row that forgets `reads_only` is a change and stands here; one that claims it wrongly is missing here."""
    listed = [line[0] for line in CHANGES]
    assert sorted(listed) == listed and len(set(listed)) == len(listed)
    assert {name for name, row in zip(NAMES, ROWS) if not row["reads_only"]} == set(listed)
    for line in CHANGES:  # and the word a reader is told by agrees with the name
        assert not LOOKING.match(line[0].split(":")[1]) or line[0] in LOOKING_TOO, line


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_row(row):
    model = SESSION.get_service_model(row["service"])
    op = model.operation_model(row["op"])
    protocol = protocol_of(model)
    assert row["protocol"] == protocol
    assert row["id"] == model.service_id.hyphenize().upper().replace("-", "_")
    assert (row["prefix"], row["signing"]) == (model.metadata["endpointPrefix"], model.signing_name)
    assert row["version"] == (model.metadata["apiVersion"] if protocol in ("query", "ec2") else None)
    assert row["target"] == (model.metadata["targetPrefix"] if protocol == "json" else None)
    assert row["unsigned_call"] == ((op.auth_type or "") == "none" or getattr(op, "resolved_auth_type", None) == "none")
    assert row["reads_only"] == bool(LOOKING.match(row["op"]) or row["service"] + ":" + row["op"] in LOOKING_TOO)
    shape = op.input_shape
    assert row["dry_run"] == (not row["reads_only"] and "DryRun" in (shape.members if shape else ()))
    if protocol.startswith("rest"):
        assert (row["method"] or "POST", row["path"]) == (op.http["method"], op.http["requestUri"])
        assert namings(row["query"]).items() <= located(shape, "querystring").items()
        assert namings(row["headers"]).items() <= located(shape, "header").items()
        if protocol == "rest-json":
            assert namings(row["query"]).keys() == located(shape, "querystring").keys()
        payload = shape.serialization.get("payload") if shape else None
        assert list(namings(row["payload"])) == ([payload] if payload else [])
        assert row["checksum"] == bool(op.http_checksum_required or (op.http_checksum or {}).get("requestChecksumRequired"))
        assert row["host"] == (op.endpoint or {}).get("hostPrefix")
    else:
        assert op.http["method"] == "POST" and op.http["requestUri"] == "/"
    tokens = [n for n, m in (shape.members if shape else {}).items() if m.metadata.get("idempotencyToken")]
    assert row["fill"] == (tokens[0] if tokens else None)
    pages = paginator_of(row["service"], row["op"])
    assert bool(row["next"]) == bool(pages)
    if pages:
        given, found = (p[0] if isinstance(p, list) else p for p in (pages["input_token"], pages["output_token"]))
        member = shape.members[given]
        found = found.split(" ")[0]
        assert row["next"] == "%s=%s" % (given if member.serialization.get("location") else wire_name(protocol, member, given),
                                         op.output_shape.members[found].serialization.get("name", found))


def wire(protocol, shape, value):
    """botocore's parameters under the wire's names, as callers of aws/ write them: the same tree, renamed."""
    kind = shape.type_name
    if kind == "structure":
        out = {}
        for name, one in value.items():
            member = shape.members[name]
            top = member.serialization.get("location") in ("querystring", "header")
            renamed = name if top else wire_name(protocol, member, name)
            out["@" + renamed if member.serialization.get("xmlAttribute") else renamed] = wire(protocol, member, one)
        return out
    if kind == "list":
        items = [wire(protocol, shape.member, one) for one in value]
        if protocol == "rest-xml" and not shape.serialization.get("flattened"):
            return {shape.member.serialization.get("name", "member"): items}
        return items
    if kind == "map":
        return {k: wire(protocol, shape.value, v) for k, v in value.items()}
    if kind == "blob":
        return value if isinstance(value, str) else base64.b64encode(value).decode()
    if kind == "timestamp" and protocol in ("query", "ec2"):
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def strip(shape, value, row):
    """Only what the row sends: S3's rows name the headers they know. What jansson or a header cannot hold is plain."""
    kept = set(namings(row["query"])) | set(namings(row["headers"]))
    out = {}
    for name, one in value.items():
        member = shape.members[name]
        where = member.serialization.get("location")
        if where == "headers" or where in ("querystring", "header") and name not in kept:
            continue
        if where == "header" or member.type_name == "timestamp" and where:
            if member.type_name != "string":
                continue
            one = "plain"
        if row["host"] and name == "AccountId":
            one = "123456789012"
        out[name] = one
    return out


def form(body):
    return sorted(urllib.parse.parse_qsl(body if isinstance(body, str) else body.decode(), keep_blank_values=True))


def canonical_xml(text):
    return ElementTree.canonicalize(text) if text else ""


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_request(row):
    model = SESSION.get_service_model(row["service"])
    op = model.operation_model(row["op"])
    protocol = protocol_of(model)
    shape = op.input_shape
    params = strip(shape, sample(shape), row) if shape else {}
    if row["payload"] and isinstance(params.get(list(namings(row["payload"]))[0]), bytes):
        params[list(namings(row["payload"]))[0]] = "the body"
    expected, body = serialized(model, op, params)
    given = wire(protocol, shape, params) if shape else {}
    if row["payload"]:  # under its own name: the root element's stands in the row
        member = list(namings(row["payload"]))[0]
        root = shape.members[member].serialization.get("name", member)
        if root in given:
            given[member] = given.pop(root)
    said, = program("test_request", "make", {"op": row["service"] + ":" + row["op"], "params": given})
    assert "error" not in said, said
    assert said["method"] == expected["method"]
    path, _, query = expected["url_path"].partition("?")
    assert said["path"] == path
    sent = form(said["query"] or "") + form("")
    pairs = expected["query_string"]
    pairs = [(k, v) for k, vs in pairs.items() for v in (vs if isinstance(vs, list) else [vs])] if isinstance(pairs, dict) else list(pairs)
    assert sent == sorted(form(query) + [(k, str(v)) for k, v in pairs])
    if protocol in ("query", "ec2"):
        assert form(said["body"]) == form(body)
    elif protocol == "rest-xml":
        text = body.decode() if isinstance(body, bytes) else body
        assert canonical_xml(said["body"]) == canonical_xml(text) if text.startswith("<") else said["body"] == text
    else:
        text = body.decode() if isinstance(body, bytes) else body
        assert (json.loads(said["body"]) if said["body"] else None) == (json.loads(text) if text else None)
    for name, value in expected["headers"].items():
        assert said["headers"].get(name) == value or name == "Content-Type" and protocol == "rest-xml", name
    if row["checksum"] and said["body"]:
        crc = base64.b64encode(binascii.crc32(said["body"].encode()).to_bytes(4, "big")).decode()
        assert said["headers"]["x-amz-checksum-crc32"] == crc
