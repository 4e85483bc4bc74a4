"""Answers over VPC flow logs, and the one over the observables of flow and resolver logs."""
import ipaddress
from datetime import timedelta

import aws_edge
from aws_compare import Bag
from aws_expected import REGIONS, Answer, Source, counted, day, distinct, grouped, milliseconds, newest_first, of_epoch, top, within
from aws_expected_dns import DNS

DIRECTIONS = {"ingress": "Inbound", "egress": "Outbound"}
ACTIONS = {"ACCEPT": "Allowed", "REJECT": "Denied"}


def start(flow):
    return of_epoch(flow["start"])


def end(flow):
    return of_epoch(flow["end"])


def given(flow, field):
    return None if flow[field] == "-" else flow[field]


def src(flow):
    return given(flow, "pkt-srcaddr")


def dst(flow):
    return given(flow, "pkt-dstaddr")


def number(flow, field):
    return None if flow[field] == "-" else int(flow[field])


def side(flow, way):
    """The instance on a side: it belongs to the source of what goes out, else to the destination."""
    return flow["instance-id"] if (flow["flow-direction"] == "egress") == (way == "src") else None


def direction(flow):
    return DIRECTIONS.get(flow["flow-direction"], "Unknown")


def star(flow):
    return {"time": milliseconds(start(flow)), "src_endpoint.ip": src(flow), "src_endpoint.port": number(flow, "srcport"), "dst_endpoint.ip": dst(flow),
            "dst_endpoint.port": number(flow, "dstport"), "src_endpoint.instance_uid": side(flow, "src"), "dst_endpoint.instance_uid": side(flow, "dst"),
            "traffic.packets": number(flow, "packets"), "traffic.bytes": number(flow, "bytes"), "connection_info.direction": direction(flow),
            "status_code": flow["log-status"], "accountid": flow["account-id"], "region": flow["region"]}


def star_1(flow):
    return {**star(flow), "start_time": milliseconds(start(flow)), "end_time": milliseconds(end(flow)), "eventday": day(start(flow)),
            "disposition": {"ACCEPT": "Allowed", "REJECT": "Blocked"}.get(flow["action"], "Unknown"), "cloud.account_uid": flow["account-id"]}


def star_2(flow):
    return {**star(flow), "time_dt": top(start(flow)), "start_time_dt": top(start(flow)), "end_time_dt": top(end(flow)),
            "action": ACTIONS.get(flow["action"], "Unknown"), "cloud.account.uid": flow["account-id"]}


FLOW = Source(lambda raw: raw.flow, start, lambda f: f["account-id"], lambda f: f["region"], star_1, star_2)
globals().update(FLOW.previews("flow"))


# ---- version 2 ----
def flow_since_march(raw, now):
    flows = [f for f in FLOW.east(raw) if milliseconds(start(f)) > 1677628800000 and src(f) == "192.0.2.1"]
    return FLOW.star(2, flows, FLOW.east(raw), order=newest_first(flows, start), limit=25)


def recent_star(raw, now, keep):
    return FLOW.star(2, [f for f in FLOW.recent(raw, now) if keep(f)], FLOW.east(raw), limit=25, columns=list(aws_edge.columns("vpc_flow")))


def flow_regions(raw, now):
    return recent_star(raw, now, lambda f: f["region"] in REGIONS)


def flow_source_port(raw, now):
    return recent_star(raw, now, lambda f: src(f) == "192.0.2.1" and f["srcport"] == "22")


def flow_destinations(raw, now):
    return Answer([(len({dst(f) for f in FLOW.recent(raw, now)} - {None}),)], columns=["Total"])


def in_network(ip, network):
    return ip is not None and ipaddress.ip_address(ip) in ipaddress.ip_network(network)


def flow_network(raw, now):
    return recent_star(raw, now, lambda f: in_network(src(f), "198.51.100.0/24"))


def flow_network_published(raw, now):
    return recent_star(raw, now, lambda f: in_network(src(f), "198.51.0.0/16"))


def to_443(raw, now):
    return [f for f in FLOW.recent(raw, now) if f["dstport"] == "443"]


def flow_https(raw, now):
    rows = list({(dst(f), src(f), number(f, "packets")) for f in to_443(raw, now)})
    return Answer(rows, order=[-row[2] for row in rows], limit=25, columns=["dst", "src", "packets"])


def flow_https_packets(raw, now):
    rows = list({(number(f, "packets"), dst(f)) for f in to_443(raw, now)})
    return Answer(rows, order=[-row[0] for row in rows], limit=25)


def between(flows, raw):
    rows = [(top(start(f)), top(end(f)), f["interface-id"] if f["flow-direction"] == "egress" else None, direction(f), src(f), dst(f), number(f, "srcport"),
             number(f, "dstport"), number(f, "packets"), number(f, "bytes")) for f in flows]
    return Answer(rows, order=[row[0] for row in rows], limit=25, of=len(FLOW.east(raw)))


def flow_between(raw, now):
    return between([f for f in FLOW.recent(raw, now) if {src(f), dst(f)} == {"192.0.2.1", "192.0.2.2"}], raw)


def flow_between_published(raw, now):
    return between([f for f in FLOW.east(raw) if (src(f), dst(f)) == ("192.0.2.2", "192.0.2.1") or
                    (within(start(f), now, 7) and (src(f), dst(f)) == ("192.0.2.1", "192.0.2.2"))], raw)


def flow_inbound(raw, now):
    return recent_star(raw, now, lambda f: f["flow-direction"] == "ingress")


def flow_outbound(raw, now):
    return recent_star(raw, now, lambda f: f["flow-direction"] == "egress")


def flow_rejected(raw, now):
    return recent_star(raw, now, lambda f: f["action"] == "REJECT")


# ---- the bootstrap's analysis of June 2023 ----
def sums(flows, key, field="bytes"):
    return [(key, sum(number(f, field) for f in group)) for key, group in grouped(flows, key).items()]


def most_first(rows):
    return Answer(rows, order=[-row[-1] for row in rows])


def flow_pairs(raw, now):
    return most_first([(*key, count) for key, count in counted((f["region"], src(f), dst(f)) for f in FLOW.scope(raw))])


def flow_pair_bytes(raw, now):
    flows = [f for f in FLOW.scope(raw) if {src(f), dst(f)} == {"192.0.2.1", "203.0.113.2"}]
    return most_first([(region, a, b, total) for (region, _, a, b), total in sums(flows, lambda f: (f["region"], side(f, "dst"), src(f), dst(f)))])


def flow_instance_bytes(raw, now):
    flows = [f for f in FLOW.scope(raw) if side(f, "dst") == "i-000000000000000" and f["srcport"] == "443"]
    return most_first([(*key, total) for key, total in sums(flows, lambda f: (f["region"], side(f, "dst"), src(f), 443, dst(f)))])


def flow_quads(raw, now):
    flows = [f for f in FLOW.scope(raw) if "192.0.2.1" in (src(f), dst(f))]
    return most_first([(*key, total) for key, total in sums(flows, lambda f: (src(f), dst(f), number(f, "srcport"), number(f, "dstport")))])


def flow_two_addresses(raw, now):
    flows = [f for f in FLOW.east(raw) if {src(f), dst(f)} == {"192.0.2.1", "192.0.2.254"}]
    rows = [(top(start(f)), top(end(f)), src(f), dst(f), number(f, "srcport"), number(f, "dstport"), number(f, "packets"), number(f, "bytes"), direction(f),
             {"ACCEPT": "Traffic", "REJECT": "Refuse"}[f["action"]]) for f in flows]
    return Answer(rows, order=[row[0] for row in rows], of=len(FLOW.east(raw)))


def flow_first_last(raw, now):
    groups = grouped([f for f in FLOW.scope(raw) if f["dstport"] != "-" and number(f, "dstport") < 32768], src)
    rows = [(ip, top(min(map(start, group))), top(max(map(end, group))), Bag(distinct(map(dst, group))), Bag(distinct(side(f, "dst") for f in group)),
             Bag(distinct(number(f, "dstport") for f in group))) for ip, group in groups.items()]
    return Answer(rows, order=[row[1] for row in rows])


def report(flows, weight):
    """Bytes a day and pair of addresses, each record counted weight(source) times."""
    groups = grouped(flows, lambda f: (day(start(f)), src(f), dst(f)))
    rows = [(*key, sum(number(f, "bytes") for f in group) * weight(key[1])) for key, group in groups.items() if weight(key[1])]
    return Answer(rows, order=[(*row[:3], -row[3]) for row in rows], of=len(groups))


def senders(raw):
    return [f for f in FLOW.scope(raw) if in_network(src(f), "192.0.2.0/24")]


def flow_top_senders(raw, now):
    top_ten = [ip for ip, _ in sorted(sums(senders(raw), src), key=lambda row: -row[1])[:10]]
    return report(FLOW.scope(raw), lambda ip: ip in top_ten)


def flow_top_senders_published(raw, now):
    groups = sums(senders(raw), lambda f: (f["region"], side(f, "dst"), src(f), dst(f), f["dstport"]))
    listed = [key[2] for key, _ in sorted(groups, key=lambda row: -row[1])[:10]]
    return report(FLOW.scope(raw), listed.count)


def is_private(ip):
    return any(in_network(ip, network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def scoped_star(raw, keep):
    known = [f for f in FLOW.scope(raw) if src(f) and dst(f)]
    return FLOW.star(1, [f for f in known if keep(f)], FLOW.scope(raw))


def flow_private_public(raw, now):
    return scoped_star(raw, lambda f: is_private(src(f)) != is_private(dst(f)))


def is_internal(flow):
    return in_network(src(flow), "172.16.0.0/12") and in_network(dst(flow), "172.16.0.0/12")


def flow_internal(raw, now):
    return scoped_star(raw, is_internal)


def flow_not_internal(raw, now):
    return scoped_star(raw, lambda f: not is_internal(f))


# ---- the address 172.1.2.3 in the observables of both sources ----
def seen(raw, now):
    flows = [(top(start(f)), "src_endpoint.ip", src(f)) for f in FLOW.recent(raw, now) if src(f) == "172.1.2.3"]
    names = [(top(DNS.time(q)), "src_endpoint.ip", q["srcaddr"]) for q in DNS.recent(raw, now) if q["srcaddr"] == "172.1.2.3"]
    return flows, names


def observed(raw, now):
    flows, names = seen(raw, now)
    rows = [("VPC flow", *row) for row in flows] + [("Route 53", *row) for row in names]
    return Answer(rows, order=[row[1] for row in rows], of=len(FLOW.east(raw)) + len(DNS.east(raw)))


def observed_published(raw, now):
    flows, names = seen(raw, now)
    return Answer([a + b for a in flows for b in names], limit=25)
