"""VPC flow, resolver, EKS audit and WAF logs for the published queries."""
from datetime import timedelta

from aws_raw import ACCOUNT, ACCOUNT_2, ACCOUNT_3, ACCOUNT_OTHER, at, iso

SINGLE, OTHER = "i-000000000000000", "i-0000000000000001"


def add_flow_june(raw):
    day = at("2023-06-15 10:00:00")

    def flow(n, src, dst, src_port=44000, dst_port=443, **more):
        raw.add_flow(day + timedelta(minutes=n), src, dst, src_port, dst_port, **more)
    # one pair both ways, by two instances
    flow(0, "192.0.2.1", "203.0.113.2", size=(5, 500), way="egress")
    flow(1, "192.0.2.1", "203.0.113.2", size=(7, 700), way="egress", instance=OTHER)
    flow(2, "203.0.113.2", "192.0.2.1", 443, 44000, size=(9, 9000))
    flow(3, "203.0.113.2", "192.0.2.1", 443, 44000, size=(1, 90), instance=OTHER)
    flow(4, "203.0.113.20", "192.0.2.1", 80, 44001)
    flow(4, "203.0.113.2", "10.0.0.9", 80, 44002)
    # downloads of one instance from port 443, and nearly
    flow(5, "198.18.0.9", "10.0.0.7", 443, 50001, size=(100, 70000), instance=SINGLE)
    flow(6, "198.18.0.9", "10.0.0.7", 443, 50002, size=(100, 60000), instance=SINGLE)
    flow(7, "198.18.0.10", "10.0.0.7", 443, 50003, size=(1, 60), instance=SINGLE)
    flow(8, "198.18.0.9", "10.0.0.7", 8443, 50004, instance=SINGLE)
    flow(9, "198.18.0.9", "10.0.0.8", 443, 50005, instance=OTHER)
    # two addresses, both ways; one of them later than June
    flow(10, "192.0.2.1", "192.0.2.254", 50006, 22, way="egress")
    flow(11, "192.0.2.254", "192.0.2.1", 22, 50006, action="REJECT")
    raw.add_flow(at("2023-08-01 01:02:03"), "192.0.2.254", "192.0.2.1", 22, 50007)
    flow(12, "192.0.2.253", "192.0.2.1", 22, 50008)
    # private and public, and at the edges of the private networks
    for n, (src, dst) in enumerate((("10.0.0.5", "203.0.113.50"), ("203.0.113.51", "172.31.255.255"), ("192.168.3.4", "203.0.113.52"),
                                    ("172.16.0.1", "172.31.9.9"), ("172.16.0.2", "10.9.9.9"), ("172.15.255.255", "172.16.0.3"), ("172.32.0.0", "203.0.113.53"),
                                    ("11.0.0.1", "192.169.0.1"), ("10.2.2.2", "192.168.1.1"))):
        flow(20 + n, src, dst, 50100 + n, (22, 3389, 80, 5432, 5432, 33000, 25, 8080, 445)[n])
    # more than ten senders of 192.0.2.0/24, one of them in many groups
    for n in range(12):
        flow(40 + n, "192.0.2.%d" % (100 + n), "203.0.113.60", 51000 + n, 443, size=(50, 2000000 - 100000 * n), way="egress")
    for n in range(3):
        flow(60 + n, "192.0.2.100", "203.0.113.%d" % (61 + n), 52000, 8000 + n, size=(50, 3000000 + n), way="egress")
    raw.add_flow(at("2023-06-16 09:00:00"), "192.0.2.100", "203.0.113.60", 52001, 443, size=(3, 333), way="egress")
    flow(70, "192.0.3.1", "203.0.113.60", size=(9000, 90000000), way="egress")
    # an interval without traffic has dashes
    none = {"srcaddr": "-", "dstaddr": "-", "pkt-srcaddr": "-", "pkt-dstaddr": "-", "srcport": "-", "dstport": "-", "protocol": "-", "packets": "-", "bytes": "-"}
    flow(71, "-", "-", action="-", status="NODATA", **none)
    # outside of the window, of the account, of the table's region
    for time, more in ((at("2023-05-29 23:59:59"), {}), (at("2023-07-01 00:00:00"), {}), (day, {"account": ACCOUNT_2}), (day, {"account": ACCOUNT_3}),
                       (day, {"account": ACCOUNT_OTHER}), (day, {"region": "us-west-2"}), (day, {"region": "eu-west-1"})):
        raw.add_flow(time, "192.0.2.1", "203.0.113.2", 53000, 443, **more)
        raw.add_flow(time, "198.18.0.9", "10.0.0.7", 443, 53001, instance=SINGLE, **more)
        raw.add_flow(time, "172.16.0.1", "172.31.9.9", 53002, 22, **more)
        raw.add_flow(time, "192.0.2.111", "203.0.113.60", 53004, 443, way="egress", size=(9000, 90000000), **more)
        raw.add_flow(time, "10.0.0.5", "203.0.113.50", 53003, 22, **more)


def add_flow_recent(raw):
    for days, src, src_port in ((1, "192.0.2.1", 22), (2, "192.0.2.1", 22), (3, "192.0.2.1", 2222), (8, "192.0.2.1", 22), (3, "192.0.2.11", 22)):
        raw.add_flow(raw.ago(days, 2), src, "10.0.0.5", src_port, 51515)
    # two addresses; the way back also long ago
    for days, src, dst in ((1, "192.0.2.1", "192.0.2.2"), (2, "192.0.2.2", "192.0.2.1"), (30, "192.0.2.2", "192.0.2.1"), (31, "192.0.2.1", "192.0.2.2"),
                           (1, "192.0.2.1", "192.0.2.22")):
        raw.add_flow(raw.ago(days, 3), src, dst, 51000, 5000, way="egress", size=(days, 100 * days))
    for days, src in ((1, "198.51.100.4"), (2, "198.51.100.250"), (1, "198.51.7.4"), (1, "198.51.101.4"), (1, "198.52.100.4"), (9, "198.51.100.4")):
        raw.add_flow(raw.ago(days, 4), src, "10.0.0.5", 51001, 25)
    for n, (dst, packets) in enumerate((("203.0.113.5", 40), ("203.0.113.5", 40), ("203.0.113.6", 90), ("203.0.113.7", 3))):
        raw.add_flow(raw.ago(1, n), "10.0.0.5", dst, 51002 + n, 443, way="egress", size=(packets, packets * 60))
    raw.add_flow(raw.ago(10), "10.0.0.5", "203.0.113.5", 51010, 443, way="egress", size=(500, 5000))
    for days, way, action in ((1, "ingress", "REJECT"), (2, "egress", "REJECT"), (8, "ingress", "REJECT"), (1, "-", "ACCEPT")):
        raw.add_flow(raw.ago(days, 6), "203.0.113.99", "10.0.0.6", 40404, 23, way=way, action=action)
    for region in ("us-east-2", "us-west-2", "eu-west-1"):
        raw.add_flow(raw.ago(1, 7), "203.0.113.99", "10.0.0.6", 40405, 23, region=region)
    raw.add_flow(at("2023-02-28 10:00:00"), "192.0.2.1", "10.0.0.5", 22, 51516)
    # the address of the observables, seen by both sources, and by each alone
    for days, src in ((1, "172.1.2.3"), (2, "172.1.2.3"), (8, "172.1.2.3"), (1, "172.1.2.33")):
        raw.add_flow(raw.ago(days, 8), src, "10.0.0.5", 51600, 53)
    raw.add_flow(raw.ago(1, 8), "10.0.0.5", "172.1.2.3", 53, 51600, way="egress")


def add_dns(raw):
    day = at("2023-06-15 10:00:00")
    june = (("example.com.", ["203.0.113.2"], "A", "i-1", 40001), ("example.com.", ["203.0.113.2", "203.0.113.3"], "A", "i-1", 40002),
            ("example.com.", ["203.0.113.3"], "A", "i-2", 40003), ("example.com.", ["2001:db8::1"], "AAAA", "i-1", 40004),
            ("evil.example.net.", ["203.0.113.20"], "A", "i-3", 40005), ("evil.example.net.", ["203.0.113.2"], "A", None, 40006),
            ("mail.example.org.", ["10 mx.example.org."], "MX", "i-2", 40007), ("localhost.", [], "A", "i-2", 40008))
    for n, (name, answers, kind, instance, port) in enumerate(june):
        raw.add_dns(day + timedelta(minutes=n), name, answers, kind, "NOERROR" if answers else "NXDOMAIN", port=port, instance=instance)
    for time, more in ((at("2023-05-29 23:59:59"), {}), (at("2023-07-01 00:00:00"), {}), (day, {"account": ACCOUNT_2}), (day, {"account": ACCOUNT_OTHER}),
                       (day, {"region": "us-west-2"}), (day, {"region": "eu-west-1"})):
        raw.add_dns(time, "example.com.", ["203.0.113.2"], instance="i-9", port=40100, **more)
    for days, name, answers, rcode in ((1, "s3.amazonaws.com.", ["52.216.0.1"], "NOERROR"), (2, "s3.amazonaws.com.", ["52.216.0.2"], "NOERROR"),
                                       (8, "s3.amazonaws.com.", ["52.216.0.3"], "NOERROR"), (1, "bucket.s3.amazonaws.com.", ["52.216.0.4"], "NOERROR"),
                                       (1, "no-such-name.example.", [], "NXDOMAIN"), (3, "broken.example.", [], "SERVFAIL"), (9, "no-such-name.example.", [], "NXDOMAIN"),
                                       (1, "pool.example.", ["192.0.2.1", "192.0.2.2"], "NOERROR"), (2, "pool.example.", ["192.0.2.1"], "NOERROR"),
                                       (1, "pool.example.", ["192.0.2.11"], "NOERROR"), (10, "pool.example.", ["192.0.2.1"], "NOERROR")):
        raw.add_dns(raw.ago(days, 2), name, answers, "A", rcode, port=41000 + len(raw.dns))
    for days, ip in ((1, "172.1.2.3"), (3, "172.1.2.3"), (4, "172.1.2.3"), (8, "172.1.2.3"), (1, "172.1.2.33")):
        raw.add_dns(raw.ago(days, 9), "pool.example.", ["192.0.2.9"], ip=ip, port=42000 + days)


def add_eks(raw):
    def audit(days, verb, path, ip, resource="leases", name="kube-controller-manager"):
        raw.eks.append({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "audit-%d" % len(raw.eks), "stage": "ResponseComplete",
                        "requestURI": path, "verb": verb, "user": {"username": "system:kube-controller-manager", "uid": "uid-1", "groups": ["system:authenticated"]},
                        "sourceIPs": [ip], "userAgent": "kubectl/v1.30", "objectRef": {"resource": resource, "namespace": "kube-system", "name": name, "apiVersion": "v1"},
                        "responseStatus": {"code": 200 if verb != "delete" else 403}, "requestReceivedTimestamp": iso(raw.ago(days, 1), True),
                        "stageTimestamp": iso(raw.ago(days, 1) + timedelta(milliseconds=140), True)})
    wanted = "/apis/coordination.k8s.io/v1/"
    for days, verb, path, ip, name in ((1, "get", wanted, "10.0.97.167", "kube-controller-manager"), (2, "get", wanted, "10.0.97.1", "kube-scheduler"),
                                       (8, "get", wanted, "10.0.97.167", "kube-controller-manager"), (1, "update", wanted, "10.0.97.167", "kube-controller-manager"),
                                       (2, "update", "/api/v1/nodes", "10.0.97.167", "node-1"), (2, "update", "/api/v1/nodes", "10.0.97.16", "node-1"),
                                       (9, "update", "/api/v1/nodes", "10.0.97.167", "node-1"), (1, "get", "/api/v1/secrets", "10.0.97.167", "kube-controller-manager2"),
                                       (1, "create", wanted, "10.0.97.2", "kube-scheduler"), (3, "delete", "/api/v1/pods", "203.0.113.9", "web")):
        audit(days, verb, path, ip, name=name)


def add_waf(raw):
    def request(days, method, path, ip, action="BLOCK", rule="credentials", kind="REGULAR", condition="", country="DE"):
        details = [{"conditionType": condition, "location": "URI", "matchedData": ["aws", "credentials"]}] if condition else []
        raw.waf.append({"timestamp": int((raw.ago(days, 1)).timestamp() * 1000), "formatVersion": 1, "webaclId": "arn:aws:wafv2:us-east-1:%s:regional/webacl/edge/1" % ACCOUNT,
                        "terminatingRuleId": rule, "terminatingRuleType": kind, "action": action, "terminatingRuleMatchDetails": details, "httpSourceName": "ALB",
                        "httpSourceId": ACCOUNT + "-app/edge/1", "httpRequest": {"clientIp": ip, "country": country, "uri": path, "args": "", "httpVersion": "HTTP/2.0",
                                                                                "httpMethod": method, "requestId": "1-%d" % len(raw.waf),
                                                                                "headers": [{"name": "Host", "value": "www.example.com"}, {"name": "User-Agent", "value": "curl/8"}]}})
    request(1, "POST", "/login", "100.123.123.123")
    request(2, "POST", "/login", "100.123.123.123", "ALLOW", "Default_Action")
    request(8, "POST", "/login", "100.123.123.123")
    request(1, "GET", "/login", "100.123.123.123", "ALLOW", "Default_Action")
    request(1, "POST", "/login", "100.123.123.12", "ALLOW", "Default_Action")
    request(1, "GET", "/.aws/credentials", "203.0.113.80", kind="MANAGED_RULE_GROUP", condition="REGEX")
    request(1, "GET", "/.aws/credentials", "203.0.113.80", kind="MANAGED_RULE_GROUP", condition="REGEX")
    request(2, "GET", "/.aws/credentials", "203.0.113.81", "ALLOW", "Default_Action", country="FR")
    request(9, "GET", "/.aws/credentials", "203.0.113.80", kind="MANAGED_RULE_GROUP", condition="REGEX")
    request(3, "GET", "/x?q=1'--", "203.0.113.82", condition="SQL_INJECTION")
    request(3, "POST", "/.aws/credentials", "203.0.113.82", kind="RATE_BASED", condition="REGEX")


def add(raw):
    add_flow_june(raw)
    add_flow_recent(raw)
    add_dns(raw)
    add_eks(raw)
    add_waf(raw)
