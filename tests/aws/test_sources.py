"""%cloudtrail --source api, trail and auto in a real kernel against the double: what is fetched, at what pace, what one source has and another lacks,
what is signed; and what goes wrong."""
import gzip
import json
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402

from notebook import Kernel  # noqa: E402
from trails import BUCKET, KEY, Trail, ago, event, iso  # noqa: E402

PIVOT = "%cloudtrail key " + KEY


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        yield made


@pytest.fixture
def kernel(cloud, tmp_path):
    cloud.faults()
    cloud.order("trail", {"clear": True, "rate": 2, "window": 1})
    with Kernel(tmp_path, {k: v for k, v in cloud.environment().items() if v != os.devnull}) as made:
        yield made


def seed(cloud, *events, **more):
    cloud.order("trail", {"events": list(events), **more})


def ids(kernel, code):
    """Event ids of a question's whole answer, in its order, and what was said."""
    path = os.path.join(kernel.home, "answer.json")
    status, text = kernel.run("%s --save %s" % (code, path))
    assert status == "ok", text
    with open(path) as rows:
        found = [json.loads(line)["event_id"] for line in rows]
    os.remove(path)
    return [int(one[-12:]) for one in found], text


def lookups(cloud, region=None):
    return [one for one in cloud.calls(service="cloudtrail", operation="LookupEvents") if region in (None, one["region"])]


# ---- the API -------------------------------------------------------------------------------------


def test_a_key_is_looked_up_in_all_regions_page_by_page(cloud, kernel):
    seed(cloud, *[event(n, ago(minutes=20 + n), region=["us-east-1", "eu-west-1"][n % 2]) for n in range(130)],
         event(500, ago(minutes=30), key="AKIAOTHEROTHEROTHER1"))
    cloud.forget()
    found, text = ids(kernel, PIVOT + " --source api")
    assert found == list(range(129, -1, -1))
    regions = len([one for one in cloud.client("ec2").describe_regions()["Regions"] if one["OptInStatus"] != "not-opted-in"])
    assert "LookupEvents by AccessKeyId" in text and "130 events, 130 of them new, from %d regions" % regions in text
    assert "130 calls between" in text and "api: cloudtrail" in text
    assert len(lookups(cloud, "us-east-1")) == 1 + 2, "our own latest call, and 65 events on two pages"
    again, text = ids(kernel, PIVOT + " --source api --region eu-west-1")
    assert again == list(range(129, 0, -2)) and "65 events, 0 of them new, from 1 region in 3 calls" in text
    assert kernel.run("SELECT count(*) AS n FROM fetched_api.cloudtrail")[1].split()[-1:] != ["0"]


def test_the_pace_of_a_region_is_kept(cloud, kernel):
    seed(cloud, *[event(n, ago(minutes=20 + n)) for n in range(220)])
    cloud.forget()
    found, _ = ids(kernel, PIVOT + " --source api --region us-east-1")
    assert len(found) == 220
    assert len(lookups(cloud)) == 6 and {one["status"] for one in lookups(cloud)} == {200}, "never faster than two a second"


def test_others_of_the_account_look_too(cloud, kernel):
    seed(cloud, event(1, ago(minutes=20)))
    cloud.faults({"service": "cloudtrail", "operation": "LookupEvents", "kind": "throttle", "times": 8})
    assert ids(kernel, PIVOT + " --source api --region us-east-1")[0] == [1]


def test_a_question_without_a_target_reads_every_event_of_a_day(cloud, kernel):
    seed(cloud, event(1, ago(hours=2)), event(2, ago(hours=30)),
         event(3, ago(hours=3), eventName="StopLogging", readOnly=False, eventSource="cloudtrail.amazonaws.com"))
    found, text = ids(kernel, "%cloudtrail log-tampering --source api --region us-east-1")
    assert found == [3] and "every management event" in text
    status, text = kernel.run("%cloudtrail days --source api --region us-east-1 --since 2d")
    assert status == "ok" and "LookupEvents, every management event" in text


def test_a_user_and_an_event(cloud, kernel):
    seed(cloud, event(1, ago(hours=2)), event(2, ago(hours=3)))
    assert ids(kernel, "%cloudtrail user arn:aws:iam::123456789012:user/mallory --source api --region us-east-1")[0] == [2, 1]
    found, text = ids(kernel, "%cloudtrail event 00000000-0000-4000-8000-000000000002 --source api --region us-east-1")
    assert found == [2] and "by EventId" in text


def test_ninety_days_and_what_is_older(cloud, kernel):
    status, text = kernel.run(PIVOT + " --source api --region us-east-1 --since 200d")
    assert status == "ok" and "part of the window cannot be seen: the data goes from " + iso(ago(days=90))[:10] in text
    status, text = kernel.run(PIVOT + " --source api --region us-east-1 --since 200d --until 100d")
    assert status == "error" and "keeps 90 days" in text and "--source trail" in text


def test_no_events_and_the_horizon_of_our_own_calls(cloud, kernel):
    seed(cloud, event(7, ago(hours=3), key=cloud.key["access_key_id"]), rate=0)  # a throttled call of ours would be seen as well
    status, text = kernel.run(PIVOT + " --source api --region us-east-1")
    assert status == "ok" and "nothing found" in text
    said = iso(ago(hours=3))[:13].replace("T", " ")
    assert re.search(r"Visibility horizon, an estimate: %s:\d\d:\d\d UTC in us-east-1 \(the newest of our own calls" % said, text), text


def test_regions_that_cannot_be_asked_are_named(cloud, kernel):
    seed(cloud, event(1, ago(hours=1)))
    cloud.faults({"service": "cloudtrail", "operation": "LookupEvents", "region": "eu-west-1", "kind": "error", "code": "AccessDeniedException",
                  "message": "no", "status": 400, "times": 99},
                 {"service": "cloudtrail", "operation": "LookupEvents", "region": "eu-west-2", "kind": "error", "code": "AccessDeniedException",
                  "message": "no", "status": 400, "times": 99})
    found, text = ids(kernel, PIVOT + " --source api")
    assert found == [1] and "not visible: eu-west-1" in text and "AccessDenied" in text
    cloud.faults({"service": "ec2", "operation": "DescribeRegions", "kind": "error", "code": "UnauthorizedOperation", "message": "no", "status": 403,
                  "times": 9})
    found, text = ids(kernel, PIVOT + " --source api")
    assert found == [1] and "other regions are not known" in text


def test_denied_everywhere_is_an_error_that_says_what_is_missing(cloud, tmp_path):
    key = cloud.user("nobody-at-all", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]})
    with Kernel(tmp_path, {k: v for k, v in cloud.environment(key).items() if v != os.devnull}) as kernel:
        status, text = kernel.run(PIVOT + " --source api")
        assert status == "error" and "answers in no region" in text and "cloudtrail:LookupEvents" in text and "%doctor" in text
        assert kernel.run("SELECT 1")[0] == "ok"


def test_a_wrong_target_is_refused_before_anything_is_fetched(cloud, kernel):
    cloud.forget()
    assert kernel.run("%cloudtrail key AIDAEXAMPLEEXAMPLE12 --source api")[0] == "error"
    assert not lookups(cloud)


def test_hostile_events_harm_nobody(cloud, kernel):
    seed(cloud, event(1, ago(hours=1), userAgent="<script>alert(1)</script>\x1b[31m\n\u0000", eventName="List'; DROP TABLE x;--"),
         event(2, ago(hours=2)))
    found, text = ids(kernel, PIVOT + " --source api --region us-east-1")
    assert found == [2, 1] and "<script>" not in [m for m in kernel.messages if "data" in m][-1]["data"]["text/html"] and "\x1b[31m" not in text


def test_a_stop_keeps_what_had_come(cloud, kernel):
    seed(cloud, *[event(n, ago(minutes=20 + n)) for n in range(300)], rate=0)
    cloud.forget()
    kernel.client.execute(PIVOT + " --source api --region us-east-1")
    cloud.calls(service="cloudtrail", operation="LookupEvents", wait=3)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=20)
    while reply["msg_type"] != "execute_reply":
        reply = kernel.client.get_shell_msg(timeout=20)
    assert reply["content"]["ename"] == "Interrupted" and re.search(r"after \d+ events", reply["content"]["evalue"])
    seed(cloud, clear=True)
    found, text = ids(kernel, PIVOT + " --source api --region us-east-1")
    assert len(found) >= 50 and "0 events" in text, "they came before the stop"


def test_the_family_of_a_key(cloud, kernel):
    seed(cloud, event(1, ago(hours=2), eventName="CreateAccessKey", readOnly=False, requestParameters={"userName": "mallory"},
                      responseElements={"accessKey": {"accessKeyId": "AKIACHILDCHILDCHILD1", "userName": "mallory"}}),
         event(2, ago(hours=1), key="AKIACHILDCHILDCHILD1", region="eu-west-1"))
    status, text = kernel.run("%trace " + KEY + " --source api")
    assert status == "ok" and "AKIACHILDCHILDCHILD1" in text and "Visibility horizon" in text and ".." not in text


# ---- all there is --------------------------------------------------------------------------------


@pytest.fixture
def lake(kernel):
    logs = os.path.join(kernel.home, "logs")
    os.mkdir(logs)
    with gzip.open(os.path.join(logs, "a.json.gz"), "wt") as file:
        json.dump({"Records": [event(n, ago(hours=20 + n)) for n in range(10)]}, file)
    made = os.path.join(kernel.home, "lake")
    assert kernel.run("%%lake ingest %s --into %s\n%%lake open %s" % (logs, made, made))[0] == "ok"


def test_a_lake_and_the_api_are_united_by_event_id(cloud, kernel, lake):
    seed(cloud, *[event(n, ago(hours=20 + n)) for n in range(3)], *[event(n, ago(hours=n - 99)) for n in range(100, 105)])
    found, text = ids(kernel, PIVOT + " --source auto")
    assert found == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 104, 103, 102, 101, 100]
    assert "auto: the open lake + the API, united by event id: 3 in the open lake and the API; 7 only in the open lake" in text
    assert "5 only in the API, the newest of " + iso(ago(hours=1))[:13].replace("T", " ") in text
    assert "local + api: cloudtrail" in text and "Visibility horizon" in text
    status, text = kernel.run("%cloudtrail days --source auto --since 3d --region us-east-1")
    assert status == "ok" and "united by event id" in text
    assert ids(kernel, PIVOT)[0] == list(range(9, -1, -1)), "the lake alone is as it was"
    logs = os.path.join(kernel.home, "more")
    os.mkdir(logs)
    with open(os.path.join(logs, "b.json"), "w") as file:
        json.dump({"Records": [event(50, ago(hours=50))]}, file)
    assert kernel.run("%%lake ingest %s --into %s" % (logs, os.path.join(kernel.home, "second")))[0] == "ok"
    assert kernel.run("%%lake open %s" % os.path.join(kernel.home, "second"))[0] == "ok"
    assert len(ids(kernel, PIVOT + " --source auto")[0]) == 16


def test_auto_takes_what_is_there(cloud, tmp_path):
    with Kernel(tmp_path, {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}) as kernel:
        status, text = kernel.run(PIVOT + " --source auto")
        assert status == "error" and "nothing can be asked" in text and "%lake open" in text
        with open(os.path.join(kernel.home, "b.json"), "w") as file:
            json.dump({"Records": [event(1, ago(hours=50))]}, file)
        assert kernel.run("%lake ingest b.json --into lake\n%lake open lake")[0] == "ok"
        found, text = ids(kernel, PIVOT + " --source auto")
        assert found == [1] and "auto: the open lake; left out: the API" in text


def test_a_bounded_answer_of_the_lake_says_its_horizon(kernel, lake):
    text = ids(kernel, PIVOT + " --since 3d")[1]
    assert "15 minutes before the data ends" in text
    assert "horizon" not in ids(kernel, PIVOT)[1]


# ---- a trail -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trail(cloud):
    """Two hours in one region, one of them signed; another region; an older day."""
    made = Trail(cloud)
    made.early = ago(hours=5).replace(minute=10, second=0)
    first = made.log(made.early, [event(1, made.early), event(2, made.early)])
    second = made.log(made.early.replace(minute=40), [event(3, made.early)])
    made.signed = [first, second]
    made.digest(made.early.replace(minute=55), [first, second])
    made.log(ago(hours=2), [event(4, ago(hours=2))])
    made.log(ago(hours=3), [event(5, ago(hours=3), region="eu-west-1")], region="eu-west-1")
    made.log(ago(days=3), [event(6, ago(days=3))])
    return made


def objects(cloud):
    return len(cloud.calls(service="s3", operation="GetObject"))


def test_the_hours_of_a_trail_that_were_asked_for(cloud, kernel, trail):
    cloud.forget()
    found, text = ids(kernel, PIVOT + " --source trail")
    assert sorted(found) == [1, 2, 3, 4, 5]
    assert "trail everything in %s, 4 files (0 fetched before), 2 as signed in 1 digests, 2 not in a digest" % BUCKET in text, text
    assert objects(cloud) == 5, "four logs of the day and a digest"
    cloud.forget()
    found, text = ids(kernel, PIVOT + " --source trail --since 4d --region us-east-1")
    assert sorted(found) == [1, 2, 3, 4, 6] and "1 of them new" in text and "(3 fetched before)" in text
    assert objects(cloud) == 2, "what is there is not fetched again"
    found, text = ids(kernel, PIVOT + " --source auto --since 4d")
    assert sorted(found) == [1, 2, 3, 4, 5, 6] and "the trail + the API" in text


def test_a_changed_and_a_deleted_file(cloud, kernel, trail):
    kept = {one["s3Object"]: trail.s3.get_object(Bucket=BUCKET, Key=one["s3Object"])["Body"].read() for one in trail.signed}
    first, second = kept
    try:
        trail.s3.put_object(Bucket=BUCKET, Key=first, Body=gzip.compress(json.dumps({"Records": [event(1, trail.early)]}).encode()))
        trail.s3.delete_object(Bucket=BUCKET, Key=second)
        found, text = ids(kernel, PIVOT + " --source trail --since 12h")
        assert sorted(found) == [1, 4, 5]
        assert "CHANGED since it was signed: " + first in text and "DELETED since it was signed: " + second in text
    finally:
        for name, body in kept.items():
            trail.s3.put_object(Bucket=BUCKET, Key=name, Body=body)


def test_a_forged_digest_proves_nothing(cloud, kernel, trail):
    forged = trail.digest(ago(hours=1), [], key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    try:
        text = ids(kernel, PIVOT + " --source trail")[1]
        assert "a digest whose signature does not hold: " + forged in text and "2 as signed in 1 digests" in text
    finally:
        trail.s3.delete_object(Bucket=BUCKET, Key=forged)


def test_files_that_are_no_logs(cloud, kernel, trail):
    folder = trail.folder("CloudTrail", "us-east-1", ago(hours=1))
    names = [folder + "%s_%s_..%%2f..%%2fx.json.gz" % (n, ago(hours=1).strftime("%Y%m%dT%H%MZ")) for n in range(2)]
    try:
        trail.s3.put_object(Bucket=BUCKET, Key=names[0], Body=b"no gzip at all")
        trail.s3.put_object(Bucket=BUCKET, Key=names[1], Body=gzip.compress(b"<html>"))
        assert sorted(ids(kernel, PIVOT + " --source trail")[0]) == [1, 2, 3, 4, 5]
    finally:
        for name in names:
            trail.s3.delete_object(Bucket=BUCKET, Key=name)


def test_a_bucket_that_is_closed(cloud, trail, tmp_path):
    key = cloud.user("trail-only", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["cloudtrail:*", "ec2:*"], "Resource": "*"}]})
    with Kernel(tmp_path, {k: v for k, v in cloud.environment(key).items() if v != os.devnull}) as kernel:
        status, text = kernel.run(PIVOT + " --source trail")
        assert status == "error" and "trail everything, bucket " + BUCKET in text and "s3:ListBucket" in text
        assert kernel.run("SELECT 1")[0] == "ok"


def test_no_trail_and_an_empty_window(cloud, kernel):
    status, text = kernel.run(PIVOT + " --source trail --since 1h --until 2h")
    assert status == "error" and "--since" in text
    os.mkdir(os.path.join(kernel.home, "other"))
    with Cloud(athena="none") as empty, Kernel(os.path.join(kernel.home, "other"), {
            k: v for k, v in empty.environment().items() if v != os.devnull}) as other:
        status, text = other.run(PIVOT + " --source trail")
        assert status == "error" and "no trail" in text and "--source api" in text
