"""Answers over the resolver's query logs."""
from aws_compare import Bag
from aws_expected import Answer, Source, counted, day, grouped, milliseconds, moment, newest_first, top

RCODES = {"NOERROR": "NoError", "NXDOMAIN": "NXDomain", "SERVFAIL": "ServError"}


def time_of(query):
    return moment(query["query_timestamp"])


def instance(query):
    return query["srcids"].get("instance")


def answers(query):
    return [{"type": a["Type"], "rdata": a["Rdata"], "class": a["Class"]} for a in query["answers"]]


def star(query):
    return {"time": milliseconds(time_of(query)), "query.hostname": query["query_name"], "query.type": query["query_type"], "rcode": RCODES[query["rcode"]],
            "src_endpoint.ip": query["srcaddr"], "src_endpoint.port": int(query["srcport"]), "src_endpoint.instance_uid": instance(query),
            "src_endpoint.vpc_uid": query["vpc_id"], "answers": answers(query), "accountid": query["account_id"], "region": query["region"]}


def star_1(query):
    return {**star(query), "eventday": day(time_of(query)), "cloud.account_uid": query["account_id"]}


DNS = Source(lambda raw: raw.dns, time_of, lambda q: q["account_id"], lambda q: q["region"], star_1, star)
globals().update(DNS.previews("dns"))


# ---- version 2, the last seven days ----
def asked(raw, queries, more=lambda query: (), ordered=False):
    rows = [(top(time_of(q)), instance(q), q["srcaddr"], int(q["srcport"]), q["query_name"], RCODES[q["rcode"]], *more(q)) for q in queries]
    return Answer(rows, order=newest_first(queries, time_of) if ordered else None, limit=25, of=len(DNS.east(raw)))


def dns_queries(raw, now):
    return asked(raw, DNS.recent(raw, now), ordered=True)


def dns_s3(raw, now):
    return asked(raw, [q for q in DNS.recent(raw, now) if q["query_name"] == "s3.amazonaws.com."], lambda q: (answers(q),), ordered=True)


def dns_unresolved(raw, now):
    return asked(raw, [q for q in DNS.recent(raw, now) if not q["answers"]], lambda q: (answers(q),))


def dns_resolved_to(raw, now):
    return asked(raw, [q for q in DNS.recent(raw, now) if "192.0.2.1" in [a["Rdata"] for a in q["answers"]]], lambda q: ("192.0.2.1",))


# ---- the bootstrap's analysis of June 2023 ----
def by_name(raw):
    return grouped(DNS.scope(raw), lambda q: (q["query_name"], q["query_type"]))


def dns_instances(raw, now):
    rows = []
    for key, group in by_name(raw).items():
        found = sorted({instance(q) for q in group} - {None})
        rows.append((*key, len(found), Bag(found)))
    return Answer(rows, order=[-row[2] for row in rows])


def dns_instances_published(raw, now):
    rows = []
    for key, group in by_name(raw).items():
        found = {(q["vpc_id"], q["srcaddr"], int(q["srcport"]), instance(q)) for q in group if instance(q)}
        rows.append((*key, len(found), Bag(dict(zip(("vpc_uid", "ip", "port", "instance_uid"), endpoint)) for endpoint in found)))
    return Answer(rows, order=[-row[2] for row in rows])


def most_first(rows):
    return Answer(rows, order=[-row[-1] for row in rows])


def dns_counts(raw, now):
    return most_first([(*key, len(group)) for key, group in by_name(raw).items()])


def of_type_a(raw):
    return counted(q["query_name"] for q in DNS.scope(raw) if q["query_type"] == "A")


def dns_counts_a(raw, now):
    return most_first([(name, "A", count) for name, count in of_type_a(raw)])


def dns_domains(raw, now):
    def part(name, n):
        parts = name.split(".")
        return parts[-n] if len(parts) >= n else None
    return most_first([(part(name, 2), part(name, 3), name, "A", count) for name, count in of_type_a(raw)])


def dns_answered_by(raw, now):
    return DNS.star(1, [q for q in DNS.scope(raw) if "203.0.113.2" in [a["Rdata"] for a in q["answers"]]], DNS.scope(raw))
