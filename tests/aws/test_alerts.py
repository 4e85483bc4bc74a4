"""%alerts in a real kernel against the double: every source, what cannot be seen, faults, hostile text, many findings, stop; and nothing changed."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

from notebook import Kernel  # noqa: E402

KEY, SESSION_KEY = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"
HERE = "--region us-east-1"
QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
SOURCES = ["support", "trustedadvisor", "health", "guardduty", "securityhub", "quarantine", "credentials"]


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        made.detector = made.client("guardduty").create_detector(Enable=True)["DetectorId"]
        made.user("mallory")
        made.client("iam").attach_user_policy(UserName="mallory", PolicyArn=QUARANTINE)
        made.forget()
        yield made


def start(cloud, home, key=None):
    return Kernel(home, {k: v for k, v in cloud.environment(key).items() if v != os.devnull})


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_left(cloud):
    yield
    cloud.faults()
    cloud.order("alarms", {})


@pytest.fixture
def seed(cloud):
    return lambda **given: cloud.order("alarms", given)


def ask(kernel, options=""):
    """The whole table as rows, and what was said."""
    path = os.path.join(kernel.home, "alerts.json")
    if os.path.exists(path):
        os.remove(path)
    status, text = kernel.run("%alerts --save " + path + " " + options)
    assert status == "ok", text
    with open(path) as rows:
        return [json.loads(line) for line in rows], text


def seen(rows):
    return [row for row in rows if row["status"] not in ("not visible", "cut")]


def unseen(rows):
    return [row for row in rows if row["status"] == "not visible"]


SEEDED = {
    "exposed_keys": [{"access_key_id": KEY, "user": "alice", "location": "github.com/x", "case_id": "77", "updated": "2026-11-20T01:00:00Z"}],
    "health": [{"entities": [KEY, "alice"], "description": "found\nin public", "lastUpdatedTime": "2026-11-21T01:00:00Z"},
               {"service": "EC2", "eventTypeCode": "AWS_EC2_ISSUE"}, {"statusCode": "closed", "entities": ["bob"]}],
    "guardduty": [{"Severity": 9.1, "Title": "a stolen session", "Type": "UnauthorizedAccess:IAMUser/X", "UpdatedAt": "2026-11-22T01:00:00Z",
                   "Resource": {"AccessKeyDetails": {"AccessKeyId": SESSION_KEY}}},
                  {"Severity": 5, "Title": "mining", "UpdatedAt": "2026-11-19T01:00:00Z",
                   "Resource": {"InstanceDetails": {"InstanceId": "i-0abcdef1234567890"}}},
                  {"Severity": 1, "Title": "as root", "Resource": {"AccessKeyDetails": {"UserType": "Root", "UserName": "root"}}},
                  {"Title": "old", "Service": {"Archived": True, "Count": 1}}],
    "securityhub": [{"Title": "a public bucket", "Severity": {"Label": "CRITICAL"}, "Resources": [
                        {"Type": "Other", "Id": "x"}, {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::my-bucket"}]},
                    {"Title": "a role", "Severity": {"Label": "MEDIUM"}, "Resources": [
                        {"Type": "AwsIamRole", "Id": "arn:aws:iam::123456789012:role/deep/Admin"}]},
                    {"Title": "a session", "Resources": [{"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:" + SESSION_KEY}]},
                    {"Title": "small", "Severity": {"Label": "LOW"}}, {"Title": "done", "Workflow": {"Status": "RESOLVED"}}],
    "credential_report": [{"user": "<root_account>", "mfa_active": "false"}],
}


def test_each_source_shows_its_rows_and_what_to_run_next(cloud, kernel, seed):
    seed(**SEEDED)
    cloud.forget()
    rows, text = ask(kernel, HERE)
    assert not unseen(rows), rows
    found = {(row["source"], row["subject"]): row for row in rows}
    then = {pair: row["next"] for pair, row in found.items()}
    assert then == {
        ("support", KEY): "%cloudtrail key " + KEY, ("trustedadvisor", KEY): "%cloudtrail key " + KEY,
        ("health", KEY): "%cloudtrail key " + KEY, ("health", "alice"): "%cloudtrail user alice",
        ("guardduty", SESSION_KEY): "%cloudtrail key " + SESSION_KEY,
        ("guardduty", "i-0abcdef1234567890"): "%cloudtrail instance i-0abcdef1234567890", ("guardduty", "root"): "%cloudtrail root",
        ("securityhub", "my-bucket"): "%cloudtrail bucket my-bucket", ("securityhub", "Admin"): "%cloudtrail role Admin",
        ("securityhub", SESSION_KEY): "%cloudtrail key " + SESSION_KEY,
        ("quarantine", "mallory"): "%cloudtrail user mallory", ("credentials", "<root_account>"): "%cloudtrail root"}
    refused = [line for line in set(then.values()) if "UsageError" in kernel.run(line)[1]]
    assert not refused, "what is proposed can be run"
    assert found["support", KEY]["what"].startswith("Exposed: access key of alice, found at github.com/x")
    assert (found["support", KEY]["id"], found["support", KEY]["status"], found["support", KEY]["severity"]) == ("77", "open", "critical")
    assert found["health", KEY]["what"] == "AWS_RISK_CREDENTIALS_EXPOSED: found in public"
    assert found["guardduty", SESSION_KEY]["what"] == "UnauthorizedAccess:IAMUser/X: a stolen session"
    assert [found["guardduty", who]["severity"] for who in (SESSION_KEY, "i-0abcdef1234567890", "root")] == ["critical", "medium", "low"]
    assert "AWSCompromisedKeyQuarantineV3" in found["quarantine", "mallory"]["what"] and not found["quarantine", "mallory"]["time"]
    assert all(row["account"] == cloud.account for row in rows)
    times = [row["time"] for row in rows]
    assert times == sorted(times, key=lambda time: time or "9", reverse=True) and times[0] is None, "what holds now, then the newest"
    assert "%d alerts from 7 sources\n" % len(rows) in text
    changing = [c["operation"] for c in cloud.calls() if not c["operation"].startswith(("Get", "List", "Describe", "GenerateCredentialReport"))]
    assert cloud.calls() and changing == []


def test_the_rest_is_shown_on_request(kernel, seed):
    seed(**SEEDED)
    rows, _ = ask(kernel, HERE + " --all")
    assert {row["status"] for row in rows} == {"open", "closed", "active", "archived", "new", "resolved"}
    assert "small" not in {row["what"] for row in rows}, "never below medium"


def test_the_table_is_kept(kernel, seed):
    seed(**SEEDED)
    status, text = kernel.run("%alerts --into alarms --limit 2 " + HERE)
    assert status == "ok" and "showing 2 of" in text and "kept as alarms" in text, text
    assert "2026-11-22" in kernel.run("SELECT CAST(\"time\" AS DATE) AS day FROM _ WHERE source = 'guardduty' AND severity = 'critical'")[1]
    status, text = kernel.run("SELECT count(*) AS n FROM alarms WHERE source = 'securityhub'")
    assert status == "ok" and "3" in text


@pytest.mark.parametrize("code", ["%alerts", "%alerts --source guardduty --since 7d"])
def test_examples_of_the_help_run(kernel, code):
    assert code in kernel.run("%help alerts")[1]
    status, text = kernel.run(code)
    assert status == "ok" and "GuardDuty is not enabled, in" in text, text


def test_since_leaves_out_what_is_older(cloud, kernel, seed):
    seed(**SEEDED)
    cloud.forget()
    rows, _ = ask(kernel, HERE + " --since 2026-11-22T00:00:00Z")
    assert KEY not in {row["subject"] for row in rows} and SESSION_KEY in {row["subject"] for row in rows}
    assert "mallory" in {row["subject"] for row in rows}, "what holds now stays"
    sent = {c["operation"]: c["params"] for c in cloud.calls()}
    assert sent["ListFindings"]["FindingCriteria"]["Criterion"]["updatedAt"] == {"GreaterThanOrEqual": 1795305600000}
    assert sent["GetFindings"].get("Filters", {"UpdatedAt": 1})["UpdatedAt"]


@pytest.mark.parametrize("source", SOURCES)
def test_one_source_alone(cloud, kernel, seed, source):
    seed(**SEEDED)
    cloud.forget()
    rows, text = ask(kernel, "--source %s %s" % (source, HERE))
    assert {row["source"] for row in rows} == {source} and "from 1 source" in text
    assert {c["service"] for c in cloud.calls()} == {"sts", {"quarantine": "iam", "credentials": "iam"}.get(source, source)}


# ---- what cannot be seen -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def denied(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home"), cloud.user("nobody")) as kernel:
        yield ask(kernel)


@pytest.mark.parametrize("source, permission", list(zip(SOURCES, [
    "support:DescribeTrustedAdvisorChecks", "trustedadvisor:ListRecommendations", "health:DescribeEvents", "guardduty:ListDetectors",
    "securityhub:GetFindings", "iam:ListEntitiesForPolicy", "iam:GetCredentialReport"])))
def test_what_is_denied_names_the_permission(denied, source, permission):
    rows, text = denied
    reasons = [row["what"] for row in rows if row["source"] == source and row["status"] == "not visible"]
    assert any("the permission %s is missing, or a policy denies it (AccessDenied" % permission in reason for reason in reasons), reasons
    assert all(row["next"].startswith("%cloudtrail ") for row in rows)
    assert "0 alerts from 0 sources; 7 not visible" in text


def test_without_the_list_of_regions_only_the_own_is_asked(denied):
    reasons = [(row["source"], row["what"]) for row in denied[0] if "ec2:DescribeRegions" in row["what"]]
    assert sorted(source for source, _ in reasons) == ["guardduty", "securityhub"]
    assert all(what.startswith("only us-east-1 was asked, other regions are not known: the permission") for _, what in reasons)


def test_part_of_a_source_may_be_denied(cloud, tmp_path, seed):
    seed(**SEEDED)
    key = cloud.user("partly", {"Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
        "health:DescribeEvents", "trustedadvisor:ListRecommendations", "iam:GetCredentialReport", "guardduty:List*"]}]})
    cloud.client("iam").generate_credential_report()
    with start(cloud, tmp_path, key) as kernel:
        rows, text = ask(kernel, HERE)
    reasons = {row["source"]: row["what"] for row in unseen(rows)}
    assert "trustedadvisor:ListRecommendationResources" in reasons["trustedadvisor"] and "guardduty:Get" in reasons["guardduty"]
    assert "health:Describe" in reasons["health"] and "credentials" not in reasons, "the last report is read where no new one may be made"
    assert {(row["source"], row["what"]) for row in seen(rows)} == {("health", "AWS_RISK_CREDENTIALS_EXPOSED"), ("credentials", "root has no MFA")}
    assert "2 alerts from 2 sources; 1 only in part; 5 not visible" in text


def test_what_is_not_enabled_is_said(cloud, kernel, seed):
    seed(support_plan=False, securityhub_enabled=False)
    rows, text = ask(kernel)
    reasons = {(row["source"], row["what"]) for row in unseen(rows)}
    plan = "this needs an AWS support plan: Business Support+, Enterprise or Unified Operations (SubscriptionRequiredException)"
    others = len(cloud.client("ec2").describe_regions()["Regions"]) - 1
    assert reasons == {("support", plan), ("health", plan), ("securityhub", "Security Hub is not enabled, in %d regions" % (others + 1)),
                       ("guardduty", "GuardDuty is not enabled, in %d regions" % others)}
    names = [row["region"] for row in unseen(rows) if row["source"] == "guardduty"][0].split(", ")
    assert len(names) == others and "us-east-1" not in names and "eu-west-1" in names
    assert rows[:4] == unseen(rows), "first, so that they are not overlooked"
    assert "from 4 sources; 1 only in part; 3 not visible" in text, text
    rows, _ = ask(kernel, "--source guardduty --region eu-west-1")
    assert [row["what"] for row in rows] == ["GuardDuty is not enabled, in eu-west-1"]


def test_a_suspended_detector_is_said(cloud, kernel):
    guard = cloud.client("guardduty")
    guard.update_detector(DetectorId=cloud.detector, Enable=False)
    rows, _ = ask(kernel, "--source guardduty " + HERE)
    guard.update_detector(DetectorId=cloud.detector, Enable=True)
    assert [row["what"] for row in rows] == ["GuardDuty is suspended, in us-east-1"]


@pytest.mark.parametrize("kind, words", [
    ({"kind": "503"}, "the service failed: run the cell again (ServiceUnavailable)"), ({"kind": "html"}, "the service failed"),
    ({"kind": "html", "status": 200}, "the answer is none of AWS's"), ({"kind": "cut"}, "guardduty:ListDetectors: "),
    ({"kind": "throttle"}, "AWS asks for a slower pace"),
    ({"kind": "error", "code": "BadRequestException", "message": "<b>no</b>"}, "BadRequestException: <b>no</b>")])
def test_a_fault_is_its_sources_own(cloud, kernel, seed, kind, words):
    seed(**SEEDED)
    cloud.faults({"service": "guardduty", "operation": "ListDetectors", "times": 9, **kind})
    rows, text = ask(kernel, HERE)
    assert len(unseen(rows)) == 1 and unseen(rows)[0]["source"] == "guardduty" and words in unseen(rows)[0]["what"], rows
    assert {row["source"] for row in seen(rows)} >= {"support", "health", "securityhub", "quarantine"}
    assert "; 1 not visible" in text


def test_what_passes_is_not_told(cloud, kernel, seed):
    seed(**SEEDED)
    cloud.faults(*[{"service": "guardduty", "operation": operation, "times": 1, "kind": "503"}
                   for operation in ("ListDetectors", "ListFindings", "GetFindings")])
    assert not unseen(ask(kernel, "--source guardduty " + HERE)[0])


def test_without_credentials_nothing_is_asked(cloud, tmp_path):
    with Kernel(tmp_path, {"AWS_ENDPOINT_URL": cloud.endpoint, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}) as kernel:
        status, text = kernel.run("%alerts")
    assert status == "error" and "credentials" in text


def test_a_key_that_is_over_is_one_error(cloud, tmp_path):
    key = dict(cloud.user("gone"))
    cloud.client("iam").update_access_key(UserName="gone", AccessKeyId=key["access_key_id"], Status="Inactive")
    with start(cloud, tmp_path, key) as kernel:
        status, text = kernel.run("%alerts")
    assert status == "error" and "sts:GetCallerIdentity: InvalidClientTokenId" in text


def test_wrong_words(kernel):
    status, text = kernel.run("%alerts --source guardduti")
    assert status == "error" and "guardduty" in text
    status, text = kernel.run("%alerts --region nowhere;x")
    assert status == "error" and "is no region" in text, text


# ---- hostile and large ---------------------------------------------------------------------------


def test_hostile_text_does_nothing(kernel, seed):
    hostile = "<script>x</script>\x1b[31m\u202e[a](http://evil) | `c` $x$"
    seed(guardduty=[{"Title": hostile, "Resource": {"AccessKeyDetails": {"UserName": "a; %sql DROP"}}}])
    seed(securityhub=[{"Title": hostile, "Id": hostile, "Resources": [{"Type": "AwsIamUser", "Id": "--into\n%%bash\nrm -rf"}]}])
    kernel.messages.clear()
    rows, text = ask(kernel, "--source guardduty " + HERE)
    more, _ = ask(kernel, "--source securityhub " + HERE)
    assert rows[0]["what"].endswith(hostile) and rows[0]["subject"] == "a; %sql DROP", "the value is what was said"
    assert {row["next"] for row in rows + more} == {"%cloudtrail summary"}, "no text of others is proposed to be run"
    bundles = [message["data"] for message in kernel.messages if "data" in message]
    assert "\x1b" not in text and "\u202e" not in text
    for bundle in [bundle for bundle in bundles if "text/html" in bundle]:
        assert "<script" not in bundle["text/html"] and "\x1b" not in bundle["text/html"]
        assert "<script" not in bundle["text/markdown"] and "](http" not in bundle["text/markdown"] and "`c`" not in bundle["text/markdown"]


def test_a_long_text_is_cut(kernel, seed):
    seed(securityhub=[{"Title": "é" * 9000}])
    rows, _ = ask(kernel, "--source securityhub " + HERE)
    assert rows[0]["what"] == "é" * 500


def test_a_thousand_findings_come_in_pages(cloud, kernel, seed):
    seed(guardduty=[{"Title": str(number), "UpdatedAt": "2026-11-%02dT00:00:00Z" % (number % 20 + 1)} for number in range(1000)])
    cloud.forget()
    rows, text = ask(kernel, "--source guardduty " + HERE)
    assert {row["what"].rpartition(": ")[2] for row in rows} == {str(number) for number in range(1000)}
    assert "1,000 alerts from 1 source" in text and "showing 200 of 1,000" in text
    assert (len(cloud.calls(operation="ListFindings")), len(cloud.calls(operation="GetFindings"))) == (20, 20)


@pytest.mark.parametrize("source, most, one", [("guardduty", "2,000", {}), ("securityhub", "1,000", {}), ("health", "1,000", {"entities": []})])
def test_a_limit_is_told(kernel, seed, source, most, one):
    count = int(most.replace(",", ""))
    seed(**{source: [one] * (count + 1)})
    rows, _ = ask(kernel, "--source %s %s" % (source, HERE))
    assert rows[0]["status"] == "cut" and rows[0]["next"] == "%%alerts --source %s --since 24h" % source and rows[0]["what"].startswith("only %s are read, there are more" % most)
    assert len(seen(rows)) == count


def test_what_security_hub_repeats_is_shown_once(kernel, seed):
    arn = "arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/f"
    seed(guardduty=[{"Arn": arn, "Title": "once"}], securityhub=[{"Id": arn, "Title": "once"}])
    assert [row["source"] for row in ask(kernel, HERE)[0] if row["id"] == arn] == ["guardduty"]
    assert [row["source"] for row in ask(kernel, "--source securityhub " + HERE)[0]] == ["securityhub"]


# ---- the credential report -----------------------------------------------------------------------


def report(kernel):
    rows, _ = ask(kernel, "--source credentials")
    return {row["subject"]: row for row in rows}


def test_forgotten_credentials(kernel, seed):
    old, older, now = "2026-01-02T00:00:00+00:00", "2025-01-02T00:00:00+00:00", "2999-01-01T00:00:00+00:00"
    seed(credential_report=[
        {"user": "<root_account>", "mfa_active": "false", "password_last_used": now, "access_key_1_active": "true",
         "access_key_1_last_rotated": old, "access_key_1_last_used_date": now},
        {"user": "fine", "password_enabled": "true", "access_key_1_active": "true", "access_key_1_last_used_date": now},
        {"user": "console", "password_enabled": "true", "mfa_active": "false", "password_last_used": old},
        {"user": "com,ma", "access_key_1_active": "true", "access_key_1_last_rotated": older, "access_key_1_last_used_date": old,
         "access_key_2_active": "true", "access_key_2_last_rotated": older},
        {"user": "inactive", "access_key_1_last_rotated": older}])
    rows = report(kernel)
    assert set(rows) >= {"<root_account>", "console", "com,ma"} and not {"fine", "inactive"} & set(rows)
    assert rows["<root_account>"]["what"] == "root signed in within the last 7 days; root has no MFA; root has an active access key; " \
        "it was used in the last 7 days"
    assert rows["console"]["what"] == "console sign-in without MFA" and rows["console"]["time"].startswith("2026-01-02")
    assert rows["com,ma"]["what"] == "access key 1 is active, but was last used on 2026-01-02; " \
        "access key 2 is active, but was never used since it was made on 2025-01-02"
    assert rows["com,ma"]["next"] == "%cloudtrail user com,ma" and {row["severity"] for row in rows.values()} == {"low"}


def test_a_report_on_its_way_is_waited_for(cloud, kernel, seed):
    seed(credential_report=[{"user": "console", "password_enabled": "true", "mfa_active": "false"}])
    cloud.faults({"service": "iam", "operation": "GetCredentialReport", "times": 1, "kind": "error", "code": "ReportInProgress", "status": 404})
    assert "console" in report(kernel)


# ---- stop ----------------------------------------------------------------------------------------


def test_one_region_that_hangs_holds_up_no_other_and_is_stopped(cloud, kernel):
    regions = len(cloud.client("ec2").describe_regions()["Regions"])
    cloud.forget()
    cloud.faults({"service": "guardduty", "operation": "ListDetectors", "region": "eu-west-1", "times": 9, "kind": "slow", "ms": 60000})
    kernel.client.execute("%alerts --into hanging")
    assert len(cloud.calls(service="guardduty", operation="ListDetectors", wait=regions - 1)) == regions - 1
    assert len(cloud.calls(service="securityhub", operation="GetFindings", wait=regions)) == regions
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "execute_reply":
        reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["content"]["ename"] == "Interrupted" and "nothing is kept" in reply["content"]["evalue"]
    cloud.faults()
    assert kernel.run("SELECT * FROM hanging")[0] == "error"
    assert not unseen(ask(kernel, "--source guardduty " + HERE)[0]), "the kernel goes on"
