"""%watch: the silence after a containment, its signs of life, what breaks it, and what it cannot see."""
import contextlib
import datetime
import json
import os
import threading
import time

import pytest

import estate
from acting import ADMIN, Responder, changes, key_of, works


@pytest.fixture(autouse=True)
def trail(cloud):
    """LookupEvents as fast as it is asked: its pace is the fetch's test."""
    cloud.order("trail", {"rate": 0, "lag": 0})
    yield
    cloud.order("trail", {"rate": 2, "lag": 0})


@pytest.fixture
def kernel(cloud, tmp_path):
    """A case of its own."""
    with Responder(tmp_path, cloud.environment()) as made:
        yield made


def sessions(cloud, key):
    """Made before the containment, so that they live on: whoever has them is denied, and leaves events."""
    sts = cloud.client("sts", key)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    return key_of(sts.get_session_token()["Credentials"]), key_of(sts.get_federation_token(Name="fed", Policy=policy)["Credentials"])


@contextlib.contextmanager
def calling(cloud, key, got=None):
    """Somebody who calls again and again until the body is over."""
    over = threading.Event()

    def call():
        while not over.is_set():
            got.append(works(cloud, key)) if got is not None else works(cloud, key)

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)


def until_it_counts(cloud, key):
    """CloudTrail's times are whole seconds: in the first one the containment took effect."""
    seconds = set()
    while len(seconds) < 2:
        seconds = {one["eventTime"] for one in cloud.order("trail") if one["userIdentity"].get("accessKeyId") == key["access_key_id"]}


def watched(kernel, code="%watch"):
    """A watch to its end: (what it shows, its entry of the ledger)."""
    kernel.ok(code)
    return ended(kernel)


def ended(kernel):
    kernel.ok("%jobs wait all")
    number = kernel.ledger("watch")[-1]["content"]["job"]
    return kernel.ok("%%jobs show %d" % number), kernel.ledger("watch")[-1]["content"]


def shown(kernel, words, number=1):
    """The job's display once these words stand in it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        text = kernel.ok("%%jobs show %d" % number)
        if words in text:
            return text
    raise AssertionError(text)


def test_who_is_silent_is_said_to_be_with_the_coverage(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    old = sessions(cloud, user)
    kernel.act("%contain " + name)
    cloud.forget()
    text, entry = watched(kernel, "%watch --for 30m")
    assert changes(cloud) == [] and entry["state"] == "ended" and entry["silent"] and entry["not_visible"] == []
    assert "silent: no call was seen, and what contains them stayed in place" in text and "NOT" not in text
    assert "cannot be seen: data events" in text and "before authentication" in text and "an estimate" in text
    assert {name, user["arn"]} <= set(entry["targets"])
    regions = {one["region"] for one in entry["sources"]}
    assert {"us-east-1", "eu-west-1", "ap-southeast-2"} <= regions and all(one["settled"] and one["horizon"] > entry["until"] for one in entry["sources"])
    assert {call["region"] for call in cloud.calls(operation="LookupEvents")} == regions
    keys = {attribute["AttributeValue"] for call in cloud.calls(operation="LookupEvents") for attribute in call["params"]["LookupAttributes"]}
    assert {name, old[1]["access_key_id"]} <= keys, "also the sessions that were made before"


def test_who_still_tries_is_seen_and_is_denied(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    minted, federated = sessions(cloud, user)
    kernel.act("%contain " + user["access_key_id"])
    with calling(cloud, federated):
        text, entry = watched(kernel, "%watch --region us-east-1")
    assert not entry["silent"] and entry["verdict"] == "denied only" and entry["through"] == []
    assert "somebody still tries, and the containment holds" in text and "ListBuckets" in text and federated["access_key_id"] in text
    assert entry["watched"][0]["denied"] > 0 and entry["denied"][-1]["errorCode"] == "AccessDenied"
    kernel.ok('%decide "Delete it?" yes no --choose yes --by Ada --reason "no"')
    assert "was not watched in silence" in kernel.refused("%eradicate user/" + name + " --decision 1")


def test_what_got_through_stands_on_top(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    iam = cloud.client("iam")
    iam.delete_user_policy(UserName=name, PolicyName="ir-quarantine")
    iam.detach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Active")
    with calling(cloud, user):
        text, entry = watched(kernel, "%watch --region us-east-1")
    first = [line for line in text.splitlines() if line][0]
    assert "NOT SILENT, the containment does not hold" in first and entry["verdict"] == "not contained" and not entry["silent"]
    assert any(one["eventName"] == "ListBuckets" and one["sourceIPAddress"] == "127.0.0.1" for one in entry["through"])
    assert "ListBuckets" in text and "127.0.0.1" in text and "%contain " + name in text and "%cloudtrail key " + user["access_key_id"] in text
    assert "taken back: deny everything to user " + name in text


def test_what_is_taken_back_is_said_at_once_and_a_stop_keeps_what_was_seen(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    kernel.ok("%watch --for 24h")
    shown(kernel, "contained, as it was left")
    iam = cloud.client("iam")
    iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Active")
    assert "Status is Active, not Inactive" in shown(kernel, "CHANGED")
    iam.update_access_key(UserName=name, AccessKeyId=user["access_key_id"], Status="Inactive")
    assert "containment does not hold" in shown(kernel, "contained, as it was left"), "what was open for a while stays said"
    assert "running" in kernel.ok("%jobs")
    kernel.ok("%jobs stop 1")
    text, entry = ended(kernel)
    assert entry["state"] == "stopped" and not entry["silent"] and len(entry["changes"]) == 1
    assert "Watch stopped" in text and "stopped" in kernel.ok("%jobs")


def test_a_new_key_of_a_contained_user_is_a_change(cloud, kernel, name):
    cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    made = cloud.new_key(name)["access_key_id"]
    text, entry = watched(kernel, "%watch --region us-east-1")
    assert "access key %s is active" % made in text and not entry["silent"] and entry["changes"]


def test_what_comes_late_is_waited_for(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    minted, _ = sessions(cloud, user)
    kernel.act("%contain " + name)
    cloud.order("trail", {"lag": 4})
    kernel.ok("%watch --region us-east-1")
    with calling(cloud, minted):
        until_it_counts(cloud, minted)
    text, entry = ended(kernel)
    assert entry["verdict"] == "denied only", text  # else the watch asked for less time than the trail is late
    assert all(one["horizon"] > entry["until"] for one in entry["sources"])


def test_a_region_that_cannot_be_read_is_never_silence(cloud, kernel, name):
    cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    denied = {"service": "cloudtrail", "operation": "LookupEvents", "region": "eu-west-1", "kind": "error", "code": "AccessDeniedException", "status": 400}
    busy = {"service": "cloudtrail", "operation": "LookupEvents", "region": "us-west-2", "kind": "throttle"}
    cloud.faults({**denied, "times": 10**6}, {**busy, "times": 10**6})
    text, entry = watched(kernel)
    assert entry["state"] == "ended" and not entry["silent"] and entry["verdict"] == "not proven"
    assert "not proven: nothing was seen, but not everything could be seen" in text
    gaps = {one["what"]: one["why"] for one in entry["not_visible"]}
    assert set(gaps) == {"CloudTrail in eu-west-1", "CloudTrail in us-west-2"} and "AccessDenied" in gaps["CloudTrail in eu-west-1"]
    assert "not visible: CloudTrail in eu-west-1" in text
    assert {one["region"] for one in entry["sources"] if not one["settled"]} == {"eu-west-1", "us-west-2"}
    kernel.ok('%decide "Delete it?" yes no --choose yes --by Ada --reason "no"')
    assert "was not watched in silence" in kernel.refused("%eradicate user/" + name + " --decision 1")


def test_a_settled_region_is_read_again_for_a_session_that_is_found_later(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    _, federated = sessions(cloud, user)
    kernel.act("%contain " + name)
    cloud.order("trail", {"events": [{
        "eventVersion": "1.11", "eventTime": soon(), "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "awsRegion": "eu-west-1", "eventID": name + "-far",
        "sourceIPAddress": "198.51.100.7", "managementEvent": True, "recipientAccountId": cloud.account,
        "userIdentity": {"type": "FederatedUser", "principalId": cloud.account + ":fed", "arn": "arn:aws:sts::%s:federated-user/fed" % cloud.account,
                         "accountId": cloud.account, "accessKeyId": federated["access_key_id"]}}]})
    cloud.faults({"kind": "hold", "service": "cloudtrail", "operation": "LookupEvents", "region": "us-east-1"})
    cloud.forget()
    kernel.ok("%watch --for 1h --region us-east-1 --region eu-west-1")
    shown(kernel, "The time is over")
    far, settled = cloud.calls(operation="LookupEvents", region="eu-west-1"), False
    while not settled:      # the live state goes on being read while the one region is waited for, the other is read no more
        cloud.calls(operation="GetUserPolicy", wait=len(cloud.calls(operation="GetUserPolicy")) + 8)
        before, far = far, cloud.calls(operation="LookupEvents", region="eu-west-1")
        settled = far and len(before) == len(far)
    assert federated["access_key_id"] not in json.dumps([one["params"] for one in far]), "nobody knew of it then"
    cloud.faults({"kind": "release"})
    text, entry = ended(kernel)
    assert [one["eventID"] for one in entry["through"]] == [name + "-far"] and entry["verdict"] == "not contained", text
    assert all(one["settled"] for one in entry["sources"])


def test_a_network_that_is_lost_for_a_while_costs_nothing_and_for_good_the_silence(cloud, kernel, name):
    cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    cloud.faults({"service": "cloudtrail", "operation": "LookupEvents", "kind": "drop", "times": 40}, {"service": "iam", "operation": "GetUserPolicy", "kind": "drop", "times": 12})
    text, entry = watched(kernel, "%watch --for 1h")
    assert entry["silent"] and entry["not_visible"] == [], text
    cloud.faults({"service": "cloudtrail", "operation": "LookupEvents", "region": "eu-west-1", "kind": "drop", "times": 10**6})
    text, entry = watched(kernel)
    assert entry["verdict"] == "not proven" and [one["what"] for one in entry["not_visible"]] == ["CloudTrail in eu-west-1"], text


def test_credentials_that_end_in_the_middle_of_a_watch_are_renewed(cloud, name, tmp_path):
    from test_credentials import ended as over, giving, role_session, start
    for folder in ("home", "given"):
        (tmp_path / folder).mkdir()
    first, second = role_session(cloud), role_session(cloud)
    giving(tmp_path / "given", (first, 50), (second, 50))
    cloud.user(name, ADMIN)
    with start(cloud, tmp_path / "home", tmp_path / "given", rate="1000") as own:
        own.act("%contain " + name + " --alone")
        cloud.forget()
        own.ok("%watch --for 2h")
        cloud.calls(operation="LookupEvents", access_key_id=first["access_key_id"], wait=20)
        over(cloud, first)
        text, entry = ended(own)
    assert entry["silent"], text
    assert cloud.calls(operation="LookupEvents", access_key_id=second["access_key_id"]) and cloud.calls(operation="GetUserPolicy", access_key_id=second["access_key_id"])


def test_regions_that_were_left_out_are_said(cloud, kernel, name):
    cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    text, entry = watched(kernel, "%watch --region us-east-1 --region eu-west-1")
    assert {one["region"] for one in entry["sources"]} == {"us-east-1", "eu-west-1"} and not entry["silent"]
    assert "other regions: not asked for (--region)" in text


def test_live_state_that_cannot_be_read_is_never_silence(cloud, kernel, name):
    cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    cloud.faults({"service": "iam", "operation": "GetUserPolicy", "kind": "error", "code": "AccessDenied", "status": 403, "times": 10**6})
    text, entry = watched(kernel)
    assert entry["verdict"] == "not proven" and "the live state of user " + name in json.dumps(entry["not_visible"])


def test_a_restarted_kernel_takes_it_up(cloud, tmp_path, name):
    user = cloud.user(name, ADMIN)
    minted, _ = sessions(cloud, user)
    with Responder(tmp_path, cloud.environment()) as first:
        first.act("%contain " + name)
        first.ok("%watch --for 1h --region us-east-1")
        shown(first, "contained, as it was left")
    with calling(cloud, minted):
        until_it_counts(cloud, minted)
    with Responder(tmp_path, cloud.environment()) as second:
        assert "job 1 (watch) was under way and is taken up again" in second.ok("%note again")
        text, entry = ended(second)
    assert entry["job"] == 1 and entry["state"] == "ended" and entry["unwatched"], entry
    assert entry["verdict"] == "denied only", "CloudTrail tells what happened while no kernel was there"
    assert "no kernel looked at the live state" in text


def test_sessions_of_a_contained_role(cloud, kernel, name):
    role = cloud.role(name, ADMIN)
    begin = lambda called: key_of(cloud.client("sts").assume_role(RoleArn=role["arn"], RoleSessionName=called)["Credentials"])
    old = begin("old")
    kernel.act("%%contain role/%s --level full" % name)
    with calling(cloud, old):
        text, entry = watched(kernel, "%watch --region us-east-1")
    assert entry["verdict"] == "denied only" and old["access_key_id"] in text


def test_an_old_session_of_a_role_whose_new_ones_may_act(cloud, kernel, name):
    role = cloud.role(name, ADMIN)
    kernel.act("%%contain role/%s --level sessions" % name)
    cut_off = cloud.client("iam").get_role_policy(RoleName=name, PolicyName="ir-revoke-sessions")
    later = dict(cut_off["PolicyDocument"]["Statement"][0]["Condition"]["DateLessThan"])["aws:TokenIssueTime"]
    event = lambda number, created, code: {
        "eventVersion": "1.11", "eventTime": soon(), "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "awsRegion": "us-east-1",
        "eventID": "%s-%d" % (name, number), "sourceIPAddress": "198.51.100.9", "managementEvent": True, "recipientAccountId": cloud.account, **code,
        "userIdentity": {"type": "AssumedRole", "principalId": "AROA:s", "arn": "arn:aws:sts::%s:assumed-role/%s/s" % (cloud.account, name),
                         "accountId": cloud.account, "accessKeyId": "ASIA%s%d" % (name[:12].upper(), number),
                         "sessionContext": {"attributes": {"creationDate": created}, "sessionIssuer": {"type": "Role", "arn": role["arn"], "userName": name}}},
        "resources": [{"type": "AWS::IAM::Role", "ARN": role["arn"]}]}
    kernel.ok("%watch --for 1h")
    shown(kernel, "contained, as it was left")
    cloud.order("trail", {"events": [event(1, "2099-01-01T00:00:00Z", {})]})
    text, entry = ended(kernel)
    assert entry["watched"][0]["fresh"] == 1 and entry["silent"] and "silent but for sessions" in text and "begun after the cut-off, which this level lets" in text
    assert later < "2099"
    kernel.ok("%watch --for 1h --region us-east-1")
    shown(kernel, "contained, as it was left", 2)
    cloud.order("trail", {"events": [event(2, "2020-01-01T00:00:00Z", {})]})
    text, entry = ended(kernel)
    assert entry["verdict"] == "not contained" and entry["through"][0]["sourceIPAddress"] == "198.51.100.9"


def soon():
    """A time that is surely after the containment: events have whole seconds."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_isolated_instance_stays_so(cloud, kernel, name):
    network = estate.Network(cloud, name)
    one = estate.machine(cloud, name, network)
    kernel.act("%contain " + one)
    kernel.ok("%watch --region us-east-1 --for 2h")
    shown(kernel, "contained, as it was left", int(last_job(kernel)))
    interface = cloud.client("ec2").describe_instances(InstanceIds=[one])["Reservations"][0]["Instances"][0]["NetworkInterfaces"][0]
    cloud.client("ec2").modify_network_interface_attribute(NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[network.group])
    text, entry = ended(kernel)
    assert entry["verdict"] == "not contained" and "taken back" in text, entry


def last_job(kernel):
    return [line for line in kernel.ok("%jobs").splitlines() if " watch " in line][-1].split()[0]


def test_what_was_never_contained_is_watched_all_the_same(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    kernel.ok("%watch --region us-east-1 " + name)
    with calling(cloud, user):
        text, entry = ended(kernel)
    assert "was not contained in this case" in text and entry["verdict"] == "not contained" and entry["watched"][0].get("plan") is None


def test_what_was_taken_back_is_not_watched_by_itself(cloud, kernel, name):
    cloud.user(name, ADMIN)
    cloud.user(name + "2", ADMIN)
    cloud.user(name + "3", ADMIN)
    kernel.act("%%contain %s %s2" % (name, name))
    kernel.act("%%contain %s3" % name)
    kernel.act("%%undo 1 --restore-access %s2" % name)
    kernel.act("%%undo 2 --restore-access %s3" % name)
    _, entry = watched(kernel, "%watch --region us-east-1")
    assert [one["target"] for one in entry["watched"]] == ["user " + name + ", level deny"] and entry["verdict"] == "not proven", entry


def test_words_of_a_log_stay_words(cloud, kernel, name):
    cloud.user(name, ADMIN)
    kernel.act("%contain " + name)
    kernel.ok("%watch --for 1h --region us-east-1")
    evil = "<script>alert(1)</script>\x1b[31m](http://evil)"
    cloud.order("trail", {"events": [{
        "eventTime": soon(), "eventSource": "s3.amazonaws.com", "eventName": evil, "awsRegion": "us-east-1", "eventID": evil, "userAgent": evil,
        "sourceIPAddress": evil, "managementEvent": True, "recipientAccountId": cloud.account, "errorCode": evil,
        "userIdentity": {"type": "IAMUser", "userName": name, "accountId": cloud.account, "accessKeyId": evil, "arn": evil}}]})
    text, entry = ended(kernel)
    assert entry["verdict"] == "not contained" and entry["through"][0]["eventName"] == evil
    bundles = [message["data"] for message in kernel.messages if "data" in message and "NOT SILENT" in message["data"].get("text/plain", "")]
    assert bundles and not any("<script>" in one["text/html"] or "\x1b" in json.dumps(one, ensure_ascii=False) or "](http://evil" in one["text/markdown"] for one in bundles)


def test_a_lake_tells_of_data_events_that_came_into_it_meanwhile(cloud, kernel, name):
    user = cloud.user(name, ADMIN)
    kernel.act("%%contain %s --alone" % name)
    who = {"type": "IAMUser", "userName": name, "accountId": cloud.account, "accessKeyId": user["access_key_id"], "arn": user["arn"], "principalId": "AIDA"}
    event = {"eventVersion": "1.11", "eventSource": "s3.amazonaws.com", "awsRegion": "us-east-1", "userIdentity": who, "requestID": "r", "eventType": "AwsApiCall",
             "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli", "recipientAccountId": cloud.account, "requestParameters": {"bucketName": "b", "key": "k"}}
    kernel.ok("%watch --region us-east-1 --for 1h")
    data = {**event, "eventName": "GetObject", "eventID": name + "-data", "eventCategory": "Data", "managementEvent": False, "readOnly": True, "eventTime": soon()}
    managed = {**event, "eventName": "ListBuckets", "eventID": name + "-managed", "eventCategory": "Management", "managementEvent": True, "readOnly": True,
               "eventTime": soon(), "errorCode": "AccessDenied", "errorMessage": "no"}
    cloud.order("trail", {"events": [managed]})
    logs = os.path.join(kernel.home, "logs")
    os.makedirs(logs)
    with open(os.path.join(logs, "a.json"), "w") as file:
        json.dump({"Records": [data, managed]}, file)
    kernel.ok("%lake ingest logs --into lake")
    kernel.ok("%lake open lake")
    text, entry = ended(kernel)
    assert [one["eventName"] for one in entry["through"]] == ["GetObject"] and entry["verdict"] == "not contained", entry
    assert entry["watched"][0]["denied"] == 1, "an event that both know counts once"
    assert "data events included where it has them: 2 calls" in text and "GetObject" in text


def test_a_lake_that_ends_before_is_said_not_to_be_read(cloud, kernel, name):
    cloud.user(name, ADMIN)
    kernel.act("%%contain %s --alone" % name)
    os.makedirs(os.path.join(kernel.home, "logs"))
    with open(os.path.join(kernel.home, "logs", "a.json"), "w") as file:
        json.dump({"Records": [{"eventVersion": "1.11", "eventTime": "2026-01-01T00:00:00Z", "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets",
                                "awsRegion": "us-east-1", "eventID": "x", "userIdentity": {"type": "IAMUser", "userName": name}, "recipientAccountId": cloud.account}]}, file)
    kernel.ok("%lake ingest logs --into lake")
    kernel.ok("%lake open lake")
    text, entry = watched(kernel, "%watch --region us-east-1")
    assert "no event since the first change: it was not read" in text and entry["lake"] in text


BAD = {
    "%watch": "has contained nothing", "%watch nobody-here": "has no user nobody-here", "%watch root": "the root user of an account",
    "%watch --for 0m": "a span of 1m to 24h", "%watch --for 365d": "a span of 1m to 24h", "%watch --for today": "a span of 1m to 24h",
    "%watch --for -5m": "--for", "%watch --since 2099-01-01": "in the future", "%watch --since 2020-01-01": "keeps 90 days",
    "%watch --account 999999999999": "has contained nothing in account 999999999999", "%watch 198.51.100.7": "is an address",
    "%watch arn:aws:iam::999999999999:user/x": "no access to account 999999999999", "%watch AKIAIOSFODNN7EXAMPLE": "has the access key AKIAIOSFODNN7EXAMPLE",
}


def test_bad_input_is_said_and_begins_nothing(cloud, kernel):
    for code, words in BAD.items():
        assert words in kernel.refused(code), code
    assert "no jobs" in kernel.ok("%jobs")


def test_without_credentials_nothing_is_watched(cloud, tmp_path):
    environment = {k: v for k, v in cloud.environment().items() if "KEY" not in k}
    with Responder(tmp_path, environment) as kernel:
        assert "credentials" in kernel.refused("%watch")


def test_its_help(kernel):
    page = kernel.ok("%help watch")
    assert "an estimate" in page and "not proven" in page and "--for" in page
