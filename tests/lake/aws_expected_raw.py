"""Answers to the queries published over raw tables (Athena's, which Cofferdam has not), from the same raw logs.

A raw table holds the events of all regions; one of CloudTrail holds management and data events alike. `sourceaddress` of a flow is the
interface's address, which behind a gateway is not the packet's. Where the published text fails on its own table too, NAME_published is
what must be said against it.
"""
import ipaddress
import json
from datetime import timedelta

import aws_edge
import aws_expected_dns as dns
import aws_expected_flow as flow
import aws_expected_trail as trail
from aws_compare import Bag
from aws_expected import ACCOUNT, ACCOUNTS, REGIONS, Answer, counted, distinct, grouped, top

VPCS = ("vpc-00000001", "vpc-00000002", "vpc-00000003")
FAILED_MEMBER, NO_COLUMN = "Cannot extract field '%s'", "%s"


class Json(dict):
    """An object that stands in the row as its JSON text."""

    def __eq__(self, other):
        return dict(self) == (json.loads(other) if isinstance(other, str) else other)

    __hash__ = None


def json_or_none(value):
    return None if value is None else Json(value)


def date(time):
    return time.strftime("%Y/%m/%d")


class Table:
    """A raw table: its records, their partitions, and SELECT * in the columns of version 2."""

    def __init__(self, records, source, columns, partition, month):
        self.records, self.time, self.account, self.region = records, source.time, source.account, source.region
        self.star, self.columns, self.partition, self.month = source.stars[2], columns, partition, month

    def in_month(self, record):
        return self.month + "/01" <= date(self.time(record)) <= self.month + "/31"

    def in_scope(self, record):
        return self.in_month(record) and self.account(record) == ACCOUNT and self.partition(record)

    def scope(self, raw):
        return [r for r in self.records(raw) if self.in_scope(r)]

    def chosen(self, raw, keep, limit=None):
        return Answer([self.star(r) for r in self.records(raw) if keep(r)], limit=limit, columns=list(aws_edge.columns(self.columns)), of=len(self.records(raw)))

    def previews(self, prefix):
        """Those that every published file begins with, but for the ones by region or VPC."""
        def ten(keep):
            return lambda raw, now: self.chosen(raw, lambda r: keep(r, now), 10)
        return {prefix + "_preview": ten(lambda r, now: True), prefix + "_one_account": ten(lambda r, now: self.account(r) == ACCOUNT),
                prefix + "_three_accounts": ten(lambda r, now: self.account(r) in ACCOUNTS), prefix + "_days": ten(lambda r, now: self.in_month(r)),
                prefix + "_thirty_days": ten(lambda r, now: date(self.time(r)) >= date(now - timedelta(days=30))),
                prefix + "_scope": ten(lambda r, now: self.in_scope(r))}


def in_regions(source):
    return lambda record: source.region(record) in REGIONS


TRAIL = Table(lambda raw: raw.trail, trail.TRAIL, "cloud_trail_mgmt", in_regions(trail.TRAIL), "2021/07")
FLOW = Table(lambda raw: raw.flow, flow.FLOW, "vpc_flow", in_regions(flow.FLOW), "2020/07")
DNS = Table(lambda raw: raw.dns, dns.DNS, "route53", lambda q: q["vpc_id"] in VPCS, "2020/07")
for table, name in ((TRAIL, "raw_trail"), (FLOW, "raw_flow"), (DNS, "raw_dns")):
    globals().update(table.previews(name))


def raw_trail_preview(raw, now):
    """The published text runs as it stands: the short name cloudtrail holds the management events."""
    events = [e for e in raw.trail if e["managementEvent"]]
    return Answer([TRAIL.star(e) for e in events], limit=10, columns=list(aws_edge.columns("cloud_trail_mgmt")), of=len(events))


def raw_trail_one_region(raw, now):
    return TRAIL.chosen(raw, lambda e: e["awsRegion"] == "us-east-1", 10)


def raw_trail_three_regions(raw, now):
    return TRAIL.chosen(raw, lambda e: e["awsRegion"] in REGIONS, 10)


def raw_flow_one_region(raw, now):
    return FLOW.chosen(raw, lambda f: f["region"] == "us-east-1", 10)


def raw_flow_three_regions(raw, now):
    return FLOW.chosen(raw, lambda f: f["region"] in REGIONS, 10)


def raw_dns_one_vpc(raw, now):
    return DNS.chosen(raw, lambda q: q["vpc_id"] == VPCS[0], 10)


def raw_dns_three_vpcs(raw, now):
    return DNS.chosen(raw, lambda q: q["vpc_id"] in VPCS, 10)


# ---- the columns of the raw tables ----
def flat(value, path=""):
    """A free-form member as Security Lake keeps it: paths to texts."""
    if isinstance(value, dict):
        return {k: v for name, member in value.items() for k, v in flat(member, path + "." + name if path else name).items()}
    if isinstance(value, list):
        return {path + "[]": ",".join(map(str, value))}
    return {path: value if isinstance(value, str) else json.dumps(value)}


def identity(event):
    who = event["userIdentity"]
    context = who.get("sessionContext", {})
    attributes, issuer = context.get("attributes", {}), context.get("sessionIssuer", {})
    return {"type": who.get("type"), "principalid": who.get("principalId"), "arn": who.get("arn"), "accountid": who.get("accountId"),
            "invokedby": who.get("invokedBy"), "accesskeyid": who.get("accessKeyId"), "username": who.get("userName"),
            "sessioncontext": {"attributes": {"mfaauthenticated": attributes.get("mfaAuthenticated"), "creationdate": attributes.get("creationDate")},
                               "sessionissuer": {"type": issuer.get("type"), "principalid": issuer.get("principalId"), "arn": issuer.get("arn"),
                                                 "accountid": issuer.get("accountId"), "username": issuer.get("userName")}}}


def resources(event):
    return [{"arn": r["ARN"], "accountid": r.get("accountId"), "type": r["type"]} for r in event.get("resources", [])]


def trail_columns(event):
    return {"eventversion": event["eventVersion"], "useridentity": identity(event), "eventtime": event["eventTime"], "eventsource": event["eventSource"],
            "eventname": event["eventName"], "awsregion": event["awsRegion"], "sourceipaddress": event["sourceIPAddress"], "useragent": event["userAgent"],
            "errorcode": event.get("errorCode"), "errormessage": event.get("errorMessage"), "requestparameters": json_or_none(event["requestParameters"]),
            "responseelements": json_or_none(event["responseElements"]), "additionaleventdata": flat(event.get("additionalEventData", {})),
            "requestid": event["requestID"], "eventid": event["eventID"], "resources": resources(event), "eventtype": event["eventType"],
            "apiversion": event.get("apiVersion"), "readonly": json.dumps(event["readOnly"]), "recipientaccountid": event["recipientAccountId"],
            "serviceeventdetails": flat(event.get("serviceEventDetails", {})), "sharedeventid": event.get("sharedEventID"), "vpcendpointid": event.get("vpcEndpointId"),
            "date_partition": date(TRAIL.time(event)), "region_partition": event["awsRegion"], "account_partition": event["recipientAccountId"]}


def raw_trail_table(raw, now):
    rows = [trail_columns(e) for e in raw.trail]
    return Answer(rows, columns=list(rows[0]))


def columnar(raw, now, region):
    first = date(now - timedelta(days=90))
    rows = [trail_columns(e) for e in raw.trail if e["recipientAccountId"] == ACCOUNT and e["awsRegion"] == region and date(TRAIL.time(e)) >= first]
    return Answer(rows, columns=list(rows[0])[:-3] + ["account_partition", "region_partition", "date_partition"], of=len(raw.trail))


def raw_trail_columnar(raw, now):
    return columnar(raw, now, "us-east-1")


def raw_trail_columnar_more(raw, now):
    return columnar(raw, now, "us-east-2")


def raw_flow_table(raw, now):
    numbers = {"version", "sourceport", "destinationport", "protocol", "numpackets", "numbytes", "starttime", "endtime", "tcpflags"}
    literal = {"sublocationtype", "sublocationid", "pktsrcawsservice", "pktdstawsservice", "trafficpath"}  # kept with their dashes
    names = ("version account interfaceid sourceaddress destinationaddress sourceport destinationport protocol numpackets numbytes starttime endtime action logstatus "
             "vpcid subnetid instanceid tcpflags type pktsrcaddr pktdstaddr region azid sublocationtype sublocationid pktsrcawsservice pktdstawsservice flowdirection trafficpath").split()

    def value(name, text):
        return text if name in literal else None if text == "-" else int(text) if name in numbers else text
    rows = [{**{name: value(name, text) for name, text in zip(names, f.values())}, "date_partition": date(flow.start(f)), "region_partition": f["region"],
             "account_partition": f["account-id"]} for f in raw.flow]
    return Answer(rows, columns=list(rows[0]))


def raw_dns_table(raw, now):
    rows = [{"version": q["version"], "account_id": q["account_id"], "region": q["region"], "vpc_id": q["vpc_id"], "query_timestamp": q["query_timestamp"],
             "query_name": q["query_name"], "query_type": q["query_type"], "query_class": q["query_class"], "rcode": q["rcode"], "answers": dns.answers(q),
             "srcaddr": q["srcaddr"], "srcport": int(q["srcport"]), "transport": q["transport"],
             "srcids": {m: q["srcids"].get(m) for m in ("instance", "resolver_endpoint", "resolver_network_interface")}, "account_partition": q["account_id"],
             "vpc_partition": q["vpc_id"], "date_partition": date(dns.time_of(q))} for q in raw.dns]
    return Answer(rows, columns=list(rows[0]))


# ---- CloudTrail ----
def most_first(rows):
    return Answer(rows, order=[-row[-1] for row in rows])


def raw_trail_by_region(raw, now):
    return most_first(counted(e["awsRegion"] for e in TRAIL.scope(raw)))


def raw_trail_by_operation(raw, now):
    rows = [(*key, count) for key, count in counted((e["awsRegion"], e["eventName"]) for e in TRAIL.scope(raw))]
    return Answer(rows, order=[(row[0], -row[2]) for row in rows])


def addresses(events):
    return distinct(e["sourceIPAddress"] for e in events)


def raw_trail_logins(raw, now):
    events = [e for e in TRAIL.scope(raw) if trail.who(e, "arn") and e["eventName"] in ("AssumeRole", "ConsoleLogin")]
    groups = grouped(events, lambda e: (trail.who(e, "arn"), e["eventName"]))
    return Answer([(*key, addresses(group)) for key, group in groups.items()], order=[name for _, name in groups], of=len(raw.trail))


def writes(raw):
    return [e for e in TRAIL.scope(raw) if e["eventName"] != "AssumeRole" and not e["eventName"].startswith(trail.READS)]


def raw_trail_activity(raw, now):
    groups = grouped(writes(raw), lambda e: trail.who(e, "arn"))
    return Answer([(arn, Bag(distinct(e["eventName"] for e in group)), addresses(group), distinct(e["userAgent"] for e in group))
                   for arn, group in groups.items()], of=len(raw.trail))


def raw_trail_activity_named(raw, now):
    groups = grouped(writes(raw), lambda e: tuple(trail.who(e, name) for name in ("arn", "principalId", "userName")))
    return Answer([(arn, name, distinct(e["eventName"] for e in group), addresses(group), distinct(e["userAgent"] for e in group))
                   for (arn, _, name), group in groups.items()], of=len(raw.trail))


def succeeded(raw, keep, *more):
    events = [e for e in TRAIL.scope(raw) if keep(e) and not e.get("errorCode")]
    rows = [(top(TRAIL.time(e)), trail.who(e, "arn"), trail.who(e, "userName"), e["eventName"], *(value(e) for value in more)) for e in events]
    return Answer(rows, order=[row[0] for row in rows], of=len(raw.trail))


def raw_trail_iam_changes(raw, now):
    return succeeded(raw, lambda e: e["eventSource"] == "iam.amazonaws.com" and not e["eventName"].startswith(trail.READS), lambda e: json_or_none(e["requestParameters"]))


def raw_trail_key_creations(raw, now):
    return succeeded(raw, lambda e: e["eventName"] == "CreateAccessKey", lambda e: e["responseElements"]["accessKey"]["userName"],
                     lambda e: e["responseElements"]["accessKey"]["accessKeyId"])


def raw_trail_password_changes(raw, now):
    return succeeded(raw, lambda e: e["eventName"] in ("UpdateLoginProfile", "CreateLoginProfile"), lambda e: e["requestParameters"]["userName"])


PRIVATE = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def is_private(text):
    ip = ipaddress.ip_address(text)
    return any(ip in network for network in PRIVATE)


def is_strictly_private(text):
    """As published: after the first address and before the last."""
    ip = ipaddress.ip_address(text)
    return ip.version == 4 and any(network[0] < ip < network[-1] for network in PRIVATE)


def raw_trail_public_addresses(raw, now, private=is_private):
    return TRAIL.chosen(raw, lambda e: TRAIL.in_scope(e) and trail.address(e) and not private(trail.address(e)))


def raw_trail_public_addresses_published(raw, now):
    return raw_trail_public_addresses(raw, now, is_strictly_private)


# ---- the resolver ----
def names(raw, keep=lambda query: True):
    return counted((q["query_name"], q["query_type"]) for q in DNS.scope(raw) if keep(q))


def raw_dns_instances(raw, now):
    rows = []
    for key, group in grouped(DNS.scope(raw), lambda q: (q["query_name"], q["query_type"])).items():
        found = distinct(dns.instance(q) for q in group if dns.instance(q))
        rows.append((*key, Bag(found), len(found)))
    return most_first(rows)


def raw_dns_instances_published(raw, now):
    return FAILED_MEMBER % "instance"


def raw_dns_counts(raw, now):
    return most_first([(*key, count) for key, count in names(raw)])


def is_aaaa(query):
    return query["query_type"] == "AAAA"


def raw_dns_counts_aaaa(raw, now):
    return most_first([(*key, count) for key, count in names(raw, is_aaaa)])


def raw_dns_counts_aaaa_published(raw, now):
    return most_first([(*key, count) for key, count in names(raw, lambda q: not is_aaaa(q))])


def domains(found):
    def part(name, n):
        parts = name.split(".")
        return parts[-n] if len(parts) >= n else None
    return most_first([(part(name, 2), part(name, 3), name, kind, count) for (name, kind), count in found])


def raw_dns_domains_aaaa(raw, now):
    return domains(names(raw, is_aaaa))


def raw_dns_domains_aaaa_published(raw, now):
    return domains(names(raw, lambda q: not is_aaaa(q)))


def raw_dns_answered_by(raw, now):
    return DNS.chosen(raw, lambda q: DNS.in_scope(q) and "203.0.113.2" in [a["Rdata"] for a in q["answers"]])


def raw_dns_answered_by_published(raw, now):
    return FAILED_MEMBER % "rdata"


# ---- flows ----
def given(record, *fields):
    return tuple(flow.number(record, f) if f.endswith("port") else flow.given(record, f) for f in fields)


def sums(raw, keep, *fields):
    groups = grouped([f for f in FLOW.scope(raw) if keep(f)], lambda f: given(f, *fields))
    return most_first([(*key, sum(flow.number(f, "bytes") or 0 for f in group)) for key, group in groups.items()])


def raw_flow_pairs(raw, now):
    return most_first([(*key, count) for key, count in counted(given(f, "region", "instance-id", "srcaddr", "dstaddr") for f in FLOW.scope(raw))])


def raw_flow_pair_bytes(raw, now):
    return sums(raw, lambda f: {f["srcaddr"], f["dstaddr"]} == {"192.0.2.1", "203.0.113.2"}, "region", "instance-id", "srcaddr", "dstaddr")


def raw_flow_from_443(raw, now):
    return sums(raw, lambda f: f["instance-id"] == "i-000000000000000" and f["srcport"] == "443", "region", "instance-id", "srcaddr", "srcport", "dstaddr")


def raw_flow_to_443(raw, now):
    return sums(raw, lambda f: f["instance-id"] == "i-000000000000000" and f["dstport"] == "443", "region", "instance-id", "srcaddr", "dstaddr", "dstport")


def raw_flow_quads(raw, now):
    return sums(raw, lambda f: "192.0.2.1" in (f["srcaddr"], f["dstaddr"]), "srcaddr", "dstaddr", "srcport", "dstport")


def raw_flow_two_addresses(raw, now):
    flows = [f for f in raw.flow if {f["srcaddr"], f["dstaddr"]} == {"192.0.2.1", "192.0.2.254"}]
    rows = [(top(flow.start(f)), top(flow.end(f)), *given(f, "interface-id", "srcaddr", "dstaddr", "srcport", "dstport"), flow.number(f, "packets"), flow.number(f, "bytes"),
             flow.direction(f), flow.ACTIONS[f["action"]]) for f in flows]
    return Answer(rows, order=[row[0] for row in rows], of=len(raw.flow))


def raw_flow_two_addresses_published(raw, now):
    return NO_COLUMN % "flow_direction"


def raw_flow_first_last(raw, now):
    groups = grouped([f for f in FLOW.scope(raw) if f["dstport"] != "-" and flow.number(f, "dstport") < 32768], lambda f: f["srcaddr"])
    rows = [(ip, top(min(map(flow.start, group))), top(max(map(flow.end, group))),
             *(Bag(distinct(given(f, field)[0] for f in group)) for field in ("dstaddr", "instance-id", "dstport"))) for ip, group in groups.items()]
    return Answer(rows, order=[row[1] for row in rows], of=len(raw.flow))


def raw_flow_top_senders(raw, now):
    bytes_of = {}
    for f in FLOW.scope(raw):
        if f["srcaddr"].startswith("192.0.2."):
            bytes_of[f["srcaddr"]] = bytes_of.get(f["srcaddr"], 0) + int(f["bytes"])
    largest = sorted(bytes_of, key=lambda ip: -bytes_of[ip])[:10]
    groups = grouped([f for f in FLOW.scope(raw) if f["srcaddr"] in largest], lambda f: (date(flow.start(f)), f["srcaddr"], f["dstaddr"]))
    rows = [(*key, sum(int(f["bytes"]) for f in group)) for key, group in groups.items()]
    return Answer(rows, order=[(*row[:3], -row[3]) for row in rows], of=len(raw.flow))


def raw_flow_top_senders_published(raw, now):
    return NO_COLUMN % "event_date"


def known(raw, keep):
    return FLOW.chosen(raw, lambda f: FLOW.in_scope(f) and f["log-status"] == "OK" and keep(f["srcaddr"], f["dstaddr"]))


def raw_flow_private_public(raw, now):
    return known(raw, lambda src, dst: is_private(src) != is_private(dst))


def raw_flow_private_public_published(raw, now):
    return known(raw, lambda src, dst: is_strictly_private(src) != is_strictly_private(dst))


def is_internal(src, dst):
    return all(ipaddress.ip_address(ip) in PRIVATE[1] for ip in (src, dst))


def raw_flow_internal(raw, now):
    return known(raw, is_internal)


def raw_flow_not_internal(raw, now):
    return known(raw, lambda src, dst: not is_internal(src, dst))
