"""Raw logs for the queries that AWS publishes: small, the same for the same `now`, with the documentation's own identifiers and near
misses, so that every query finds at least one row and leaves one out.

build(now) makes them, write() puts them down as AWS delivers them (S3 layout, flow logs as text), read() gets them back from those
files: the expected rows are computed from what read() returns. EKS audit and WAF logs have no ingest here; they are written beside
(`other/`) and mapped by aws_edge.py. Modules in PARTS add events: a module has add(raw).
"""
import importlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

PARTS = ["aws_raw_trail", "aws_raw_network", "aws_raw_findings", "aws_raw_more"]

ACCOUNT, ACCOUNT_2, ACCOUNT_3, ACCOUNT_OTHER = "111122223333", "444455556666", "123456789012", "999988887777"
FLOW_FIELDS = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id "
               "instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service "
               "pkt-dst-aws-service flow-direction traffic-path").split()


def at(text):
    """A time of the documentation's window: "2023-06-15 10:00:01"."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)


def iso(time, milliseconds=False):
    return time.strftime("%Y-%m-%dT%H:%M:%S") + (".%03dZ" % (time.microsecond // 1000) if milliseconds else "Z")


def moment(text):
    """A time of a log back as a datetime."""
    return datetime.strptime(text.replace("Z", "").partition(".")[0], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc) + timedelta(
        milliseconds=int((text.replace("Z", "").partition(".")[2] or "0")[:3].ljust(3, "0")))


class Raw:
    def __init__(self, now):
        self.now = now.replace(microsecond=0)
        self.trail, self.flow, self.dns, self.findings, self.eks, self.waf = [], [], [], [], [], []

    def ago(self, days=0, hours=0):
        return self.now - timedelta(days=days, hours=hours)

    # ---- one event each; more=... overrides any member ----
    def add_trail(self, time, name, source="ec2", who=None, ip="198.51.100.7", account=ACCOUNT, region="us-east-1", **more):
        number = len(self.trail) + 1
        event = {
            "eventVersion": "1.08", "userIdentity": who or user("alice", account), "eventTime": iso(time), "eventSource": source + ".amazonaws.com",
            "eventName": name, "awsRegion": region, "sourceIPAddress": ip, "userAgent": "aws-cli/2.15", "requestParameters": None,
            "responseElements": None, "requestID": "request-%04d" % number, "eventID": "00000000-0000-4000-8000-%012d" % number,
            "readOnly": name.startswith(("Get", "List", "Describe")), "eventType": "AwsApiCall", "managementEvent": True,
            "recipientAccountId": account, "eventCategory": "Management"}
        event.update(more)
        self.trail.append(event)

    def add_flow(self, time, src, dst, src_port=44000, dst_port=443, account=ACCOUNT, region="us-east-1", way="ingress", size=(10, 1000),
                 action="ACCEPT", instance="i-0aaaaaaaaaaaaaaaa", status="OK", seconds=60, **more):
        start = int(time.timestamp())
        values = [5, account, "eni-" + instance[2:], src, dst, src_port, dst_port, 6, size[0], size[1], start, start + seconds, action, status,
                  "vpc-00000001", "subnet-00000001", instance, 3, "IPv4", src, dst, region, "use1-az1", "-", "-", "-", "-", way,
                  "8" if way == "egress" else "-"]
        self.flow.append({**dict(zip(FLOW_FIELDS, map(str, values))), **more})

    def add_dns(self, time, name, answers=(), kind="A", rcode="NOERROR", ip="10.0.0.5", port=40000, instance="i-0aaaaaaaaaaaaaaaa", account=ACCOUNT,
                region="us-east-1", vpc="vpc-00000001"):
        self.dns.append({
            "version": "1.100000", "account_id": account, "region": region, "vpc_id": vpc, "query_timestamp": iso(time), "query_name": name,
            "query_type": kind, "query_class": "IN", "rcode": rcode, "answers": [{"Rdata": a, "Type": kind, "Class": "IN"} for a in answers],
            "srcaddr": ip, "srcport": str(port), "transport": "UDP", "srcids": {"instance": instance} if instance else {}})

    def add_finding(self, time, ident, product, title, label="HIGH", types=(), resources=(("AwsEc2Instance", "i-0aaaaaaaaaaaaaaaa"),), account=ACCOUNT,
                    region="us-east-1", status="NEW", **more):
        self.findings.append({
            "SchemaVersion": "2018-10-08", "Id": ident, "ProductArn": "arn:aws:securityhub:%s::product/aws/%s" % (region, product.lower().replace(" ", "")),
            "ProductName": product, "CompanyName": "AWS", "Region": region, "GeneratorId": "generator/" + ident, "AwsAccountId": account,
            "Types": list(types), "FirstObservedAt": iso(time - timedelta(days=2), True), "LastObservedAt": iso(time, True),
            "CreatedAt": iso(time - timedelta(days=1), True), "UpdatedAt": iso(time, True),
            "Severity": {"Label": label, "Original": label, "Normalized": {"LOW": 30, "MEDIUM": 50, "HIGH": 70, "CRITICAL": 90}.get(label, 0)},
            "FindingProviderFields": {"Severity": {"Label": label}}, "Title": title, "Description": "About: " + title,
            "Resources": [{"Type": t, "Id": i, "Partition": "aws", "Region": region} for t, i in resources],
            "WorkflowState": status, "Workflow": {"Status": status}, "RecordState": "ACTIVE", **more})


def user(name, account=ACCOUNT, key=None, ident=None):
    return {"type": "IAMUser", "principalId": ident or "AIDAEXAMPLE" + name.upper(), "arn": "arn:aws:iam::%s:user/%s" % (account, name),
            "accountId": account, "accessKeyId": key or "AKIAEXAMPLE" + name.upper(), "userName": name}


def role(name, session, account=ACCOUNT):
    arn = "arn:aws:iam::%s:role/%s" % (account, name)
    return {"type": "AssumedRole", "principalId": "AROAEXAMPLE%s:%s" % (name.upper(), session),
            "arn": "arn:aws:sts::%s:assumed-role/%s/%s" % (account, name, session), "accountId": account, "accessKeyId": "ASIAEXAMPLE" + name.upper(),
            "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE" + name.upper(), "arn": arn, "accountId": account,
                                                 "userName": name},
                               "attributes": {"creationDate": "2023-06-15T09:00:00Z", "mfaAuthenticated": "false"}}}


def service(name):
    return {"type": "AWSService", "invokedBy": name + ".amazonaws.com"}


def build(now):
    raw = Raw(now)
    for part in PARTS:
        importlib.import_module(part).add(raw)
    return raw


def write(raw, folder):
    """Logs for the ingest under folder/logs, the others under folder/other."""
    logs, other = Path(folder, "logs"), Path(folder, "other")
    trail, flow = logs / "AWSLogs/CloudTrail/us-east-1", logs / "AWSLogs/vpcflowlogs/us-east-1"
    for path in (trail, flow, logs / "route53", logs / "securityhub", other):
        path.mkdir(parents=True)
    (trail / "trail.json").write_text(json.dumps({"Records": raw.trail}))
    lines = [" ".join(FLOW_FIELDS)] + [" ".join(record[f] for f in FLOW_FIELDS) for record in raw.flow]
    (flow / "flow.log").write_text("\n".join(lines) + "\n")
    for path, records in ((logs / "route53/dns.json", raw.dns), (logs / "securityhub/findings.json", raw.findings),
                          (other / "eks.json", raw.eks), (other / "waf.json", raw.waf)):
        path.write_text("".join(json.dumps(record) + "\n" for record in records))


def read(folder, now):
    """What write() put down."""
    raw, logs, other = Raw(now), Path(folder, "logs"), Path(folder, "other")
    raw.trail = json.loads((logs / "AWSLogs/CloudTrail/us-east-1/trail.json").read_text())["Records"]
    lines = (logs / "AWSLogs/vpcflowlogs/us-east-1/flow.log").read_text().splitlines()
    raw.flow = [dict(zip(lines[0].split(), line.split())) for line in lines[1:]]
    raw.dns, raw.findings, raw.eks, raw.waf = (
        [json.loads(line) for line in path.read_text().splitlines()]
        for path in (logs / "route53/dns.json", logs / "securityhub/findings.json", other / "eks.json", other / "waf.json"))
    return raw
