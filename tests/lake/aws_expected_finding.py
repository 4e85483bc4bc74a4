"""Answers over Security Hub's findings."""
from aws_compare import Part
from aws_expected import ACCOUNT, Answer, Source, counted, day, grouped, milliseconds, moment, nested, newest_first, top

SEVERITIES = {"INFORMATIONAL": (1, "Informational"), "LOW": (2, "Low"), "MEDIUM": (3, "Medium"), "HIGH": (4, "High"), "CRITICAL": (5, "Critical")}
STATES = {"NEW": "New", "NOTIFIED": "In Progress", "RESOLVED": "Resolved", "SUPPRESSED": "Suppressed"}


def time_of(finding):
    return moment(finding["UpdatedAt"])


def severity(finding):
    return SEVERITIES[finding["Severity"]["Label"]]


def state(finding):
    return STATES[finding["Workflow"]["Status"]]


def resources(finding):
    return [Part({"type": r["Type"], "uid": r["Id"]}) for r in finding["Resources"]]


def star_1(finding):
    return {"time": milliseconds(time_of(finding)), "finding.uid": finding["Id"], "finding.title": finding["Title"], "finding.types": finding["Types"] or None,
            "finding.created_time": milliseconds(moment(finding["CreatedAt"])), "metadata.product.feature.name": finding["ProductName"],
            "severity": severity(finding)[1], "state": state(finding), "resources": resources(finding), "cloud.account_uid": finding["AwsAccountId"],
            "accountid": finding["AwsAccountId"], "region": finding["Region"], "eventday": day(time_of(finding))}


def star_2(finding):
    return {"time_dt": top(time_of(finding)), "finding_info": info(finding), "metadata.product.name": finding["ProductName"], "severity": severity(finding)[1],
            "severity_id": severity(finding)[0], "status": state(finding), "resources": resources(finding), "vulnerabilities": vulnerabilities(finding),
            "accountid": finding["AwsAccountId"], "region": finding["Region"]}


def info(finding):
    return Part({"uid": finding["Id"], "title": finding["Title"], "desc": finding["Description"], "types": finding["Types"] or None,
                 **{name: nested(moment(finding[member])) for name, member in (
                     ("created_time_dt", "CreatedAt"), ("modified_time_dt", "UpdatedAt"), ("first_seen_time_dt", "FirstObservedAt"),
                     ("last_seen_time_dt", "LastObservedAt"))}})


def vulnerabilities(finding):
    """None where there are none."""
    found = [Part({"cve.uid": v["Id"], "cve.cvss": [Part({"base_score": float(c["BaseScore"]), "version": c["Version"]}) for c in v["Cvss"]],
                   "vendor_name": v["Vendor"]["Name"], "affected_packages": [Part({"name": p["Name"], "version": p["Version"]}) for p in v["VulnerablePackages"]]})
             for v in finding.get("Vulnerabilities", [])]
    return found or None


FINDING = Source(lambda raw: raw.findings, time_of, lambda f: f["AwsAccountId"], lambda f: f["Region"], star_1, star_2)
globals().update(FINDING.previews("finding"))


# ---- version 2 ----
def finding_week(raw, now):
    return FINDING.star(2, FINDING.recent(raw, now), FINDING.east(raw), limit=25)


def listed(raw, findings, ordered=True):
    return Answer([(top(time_of(f)), info(f), severity(f)[0], state(f)) for f in findings], order=newest_first(findings, time_of), limit=25,
                  of=len(FINDING.east(raw)))


def finding_new(raw, now):
    return listed(raw, [f for f in FINDING.recent(raw, now) if severity(f)[0] >= 3 and state(f) == "New"])


def finding_exfiltration(raw, now):
    return listed(raw, [f for f in FINDING.east(raw) for t in f["Types"] if "InstanceCredentialExfiltration" in t])


def has_resource(finding, kind):
    return any(r["Type"] == kind for r in finding["Resources"])


def finding_accounts(raw, now):
    rows = counted(f["AwsAccountId"] for f in FINDING.east(raw) if has_resource(f, "AwsEc2Instance"))
    return Answer(rows, order=[-count for _, count in rows], limit=10)


def repeated(raw, now, least):
    groups = grouped(FINDING.recent(raw, now), lambda f: f["Id"])
    return Answer([(ident, top(max(map(time_of, group))), "us-east-1", group[0]["AwsAccountId"], Part({"uid": ident, "title": group[0]["Title"]}),
                    vulnerabilities(group[0])) for ident, group in groups.items() if len(group) >= least], limit=25, of=len(groups))


def finding_duplicates(raw, now):
    return repeated(raw, now, 2)


def finding_duplicates_published(raw, now):
    return repeated(raw, now, 1)


def finding_not_informational(raw, now):
    findings = [f for f in FINDING.recent(raw, now) if f["Severity"]["Label"] != "INFORMATIONAL"]
    return Answer([(top(time_of(f)), f["Title"], info(f), severity(f)[1]) for f in findings], limit=25, of=len(FINDING.east(raw)))


def finding_bucket(raw, now):
    return FINDING.star(2, [f for f in FINDING.east(raw) if has_resource(f, "AwsS3Bucket")], FINDING.east(raw), limit=25)


def finding_bucket_published(raw, now):
    return Answer([])


def scored(raw, more):
    findings = [f for f in FINDING.east(raw) if any(c["BaseScore"] > 1.0 for v in f.get("Vulnerabilities", []) for c in v["Cvss"])]
    rows = [(f["Id"], *more(f), Part({"product.name": f["ProductName"]}), info(f), vulnerabilities(f), resources(f)[0]) for f in findings]
    return Answer(rows, limit=25, of=len(FINDING.east(raw)))


def finding_cvss(raw, now):
    answer = scored(raw, lambda f: (top(time_of(f)),))
    answer.columns = ["uid", "time_dt", "metadata", "finding_info", "vulnerabilities", "resource"]
    return answer


def finding_cvss_published(raw, now):
    answer = scored(raw, lambda f: ())
    answer.columns = ["time_dt", "metadata", "finding_info", "vulnerabilities", "resource"]
    return answer


def finding_cve(raw, now):
    return FINDING.star(2, [f for f in FINDING.east(raw) if "CVE-0000-0000" in [v["Id"] for v in f.get("Vulnerabilities", [])]], FINDING.east(raw), limit=25)


def finding_products(raw, now):
    rows = counted(f["ProductName"] for f in FINDING.recent(raw, now))
    return Answer(rows, order=[[-ord(c) for c in name] for name, _ in rows], limit=25)


def finding_resource_types(raw, now):
    rows = [(count, kind) for kind, count in counted(f["Resources"][0]["Type"] for f in FINDING.recent(raw, now))]
    return Answer(rows, order=[-count for count, _ in rows], limit=25)


def finding_packages(raw, now):
    return Answer([(vulnerabilities(f),) for f in FINDING.recent(raw, now) if vulnerabilities(f)], limit=25, of=len(FINDING.east(raw)))


def finding_changed(raw, now):
    return Answer([(state(f), f["Title"], top(moment(f["CreatedAt"])), info(f), f["Id"], top(moment(f["FirstObservedAt"])), top(moment(f["LastObservedAt"])),
                    top(time_of(f))) for f in FINDING.recent(raw, now)], limit=25, of=len(FINDING.east(raw)))


# ---- version 1 ----
def of_account(raw):
    return [f for f in FINDING.east(raw) if f["AwsAccountId"] == ACCOUNT]


def finding_times(raw, now):
    return Answer([(top(time_of(f)),) for f in of_account(raw)], limit=10, of=len(FINDING.east(raw)), columns=["Time"])


def finding_controls(raw, now):
    return Answer([(f["Title"].split(" ")[0],) for f in of_account(raw)], limit=10, of=len(FINDING.east(raw)), columns=["ProductFields.ControlId"])


def seconds(finding, member):
    return top(moment(finding[member]))


def view_row(finding, unmapped=True):
    """The columns of the view that a finding fills or leaves empty; of the others the test knows nothing."""
    first, compliance = finding["Resources"][0], finding.get("Compliance") or {}
    return {"SchemaVersion": "2018-10-08", "GeneratorId": finding["GeneratorId"], "ProductName": finding["ProductName"], "ProductArn": finding["ProductArn"],
            "Time": seconds(finding, "UpdatedAt"), "Severity": severity(finding)[1], "WorkflowStatus": state(finding), "AWSAccountId": finding["AwsAccountId"],
            "ResourceType": first["Type"], "ResourceId": first["Id"], "ResourcePartition": "aws", "ResourceRegion": first["Region"],
            "CreatedAt": seconds(finding, "CreatedAt"), "Id": finding["Id"], "Description": finding["Description"], "Title": finding["Title"],
            "ProductFields.ControlId": finding["Title"].split(" ")[0], "UpdatedAt": seconds(finding, "UpdatedAt"),
            "FirstObservedAt": seconds(finding, "FirstObservedAt"), "LastObservedAt": seconds(finding, "LastObservedAt"),
            "Types": finding["Types"][0] if finding["Types"] else None, "ComplianceStatus": compliance.get("Status"), "SecurityFinding": "Security Finding",
            "SeverityNormalized": str(finding["Severity"]["Normalized"]) if unmapped else None,
            "SeverityOriginal": finding["Severity"]["Original"] if unmapped else None,
            "FindingProviderFields": finding["FindingProviderFields"]["Severity"]["Label"] if unmapped else None,
            "Region": finding["Region"], "AccountId": finding["AwsAccountId"], "EventDay": day(time_of(finding))}


def finding_view(raw, now):
    return Answer([Part(view_row(f)) for f in FINDING.east(raw)], of=len(raw.findings))


def finding_view_published(raw, now):
    return Answer([Part(view_row(f, unmapped=False)) for f in FINDING.east(raw)], of=len(raw.findings))


def from_view(raw, keep):
    return [f for f in of_account(raw) if keep(f)]


def finding_macie(raw, now):
    return Answer([Part(view_row(f)) for f in from_view(raw, lambda f: f["ProductName"] == "Macie")], limit=10, of=len(FINDING.east(raw)))


def finding_macie_config(raw, now):
    return Answer([Part(view_row(f)) for f in from_view(raw, lambda f: f["ProductName"] in ("Macie", "Config"))], limit=10, of=len(FINDING.east(raw)))


def finding_config(raw, now):
    shown = {"HIGH": 1, "MEDIUM": 2, "LOW": 3}
    findings = from_view(raw, lambda f: f["ProductName"] == "Config" and state(f) == "New" and f["Severity"]["Label"] in shown)
    order = [shown[f["Severity"]["Label"]] for f in findings]
    return Answer([Part({**view_row(f), "display_order": n}) for f, n in zip(findings, order)], order=order, limit=10, of=len(FINDING.east(raw)))

