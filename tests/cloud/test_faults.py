"""Faults on order, a clock that goes wrong, and what was asked: told as it was, without secrets."""
import contextlib
import datetime
import json
import threading
import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError, ResponseStreamingError

from asking import ADMIN, ASK, ask, ask_raw, refused
from cloud import CloudRefused


@pytest.mark.parametrize("service, kind, codes", [
    ("athena", "503", ("ServiceUnavailable",)), ("s3", "503", ("SlowDown",)), ("athena", "throttle", ("ThrottlingException",)),
    ("ec2", "throttle", ("RequestLimitExceeded",)), ("iam", "throttle", ("Throttling",)), ("s3", "throttle", ("SlowDown",)),
    ("guardduty", "throttle", ("TooManyRequestsException",)), ("athena", "html", ("503",)), ("iam", "html", ("503",))])
def test_faults_strike_so_often_and_no_more(cloud, service, kind, codes):
    operation = "".join(part.capitalize() for part in ASK[service].split("_"))
    cloud.faults({"service": service, "operation": operation, "times": 2, "kind": kind})
    for _ in range(2):
        with pytest.raises(Exception) as caught:
            ask(cloud, service)
        if isinstance(caught.value, ClientError):
            assert caught.value.response["Error"]["Code"] in codes
        else:
            assert kind == "html"
    ask(cloud, service)


def test_html_is_really_html(cloud):
    cloud.faults({"service": "sts", "kind": "html"})
    assert ask_raw(cloud)[2].startswith("<html>")


def test_a_dropped_change_was_made_all_the_same(cloud, name):
    cloud.faults({"service": "iam", "operation": "CreateUser", "kind": "drop"})
    with pytest.raises(ConnectionClosedError):
        cloud.client("iam").create_user(UserName=name)
    assert cloud.client("iam").get_user(UserName=name)["User"]["UserName"] == name


def test_a_cut_body_is_shorter_than_it_says(cloud, name):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"0123456789" * 1000)
    cloud.faults({"service": "s3", "operation": "GetObject", "kind": "cut"})
    with pytest.raises((IncompleteReadError, ResponseStreamingError)):
        s3.get_object(Bucket=name, Key="k")["Body"].read()
    assert len(s3.get_object(Bucket=name, Key="k")["Body"].read()) == 10000


def test_slow_is_slow_for_one_call_only(cloud):
    cloud.faults({"service": "sts", "operation": "GetCallerIdentity", "kind": "slow", "ms": 60000})

    def wait():
        with contextlib.suppress(Exception):
            ask(cloud, "sts", read_timeout=120)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    while cloud.order("faults")["faults"]:
        pass
    ask(cloud, "sts")
    assert waiting.is_alive()


@pytest.mark.parametrize("seconds", [400, -400])
def test_a_skewed_clock_refuses_and_says_its_time(cloud, seconds):
    cloud.faults({"kind": "skew", "seconds": seconds})
    try:
        with refused("RequestTimeTooSkewed", status=403):
            ask(cloud, "s3")
        with refused("InvalidSignatureException"):
            ask(cloud, "athena")
        with refused("SignatureDoesNotMatch", words="Signature ") as caught:
            ask(cloud, "iam")
        said = caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]
        shown = datetime.datetime.strptime(said, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=datetime.timezone.utc).timestamp()
        assert abs(shown - time.time() - seconds) < 5
        cloud.faults({"kind": "skew", "seconds": seconds / 2})
        ask(cloud, "iam")
    finally:
        cloud.faults()
    ask(cloud, "s3")


def test_what_was_asked_is_told_without_secrets(cloud, name):
    user = cloud.user(name, ADMIN)
    cloud.client("iam", user).create_login_profile(UserName=name, Password="Secret-word-1")
    with refused("NoSuchEntity"):
        cloud.client("iam", user).get_user(UserName="nobody" + name)
    found = cloud.calls(access_key_id=user["access_key_id"], wait=2)
    assert [(c["service"], c["operation"], c["status"], c["error"]) for c in found] == [
        ("iam", "CreateLoginProfile", 200, None), ("iam", "GetUser", 404, "NoSuchEntity")]
    assert found[0]["params"]["UserName"] == name and "Secret-word-1" not in json.dumps(found)
    assert found[1]["arn"] == user["arn"] and found[0]["region"] == "us-east-1"


def test_orders_that_make_no_sense_are_refused(cloud):
    for path, body in (("faults", {"kind": "nonsense"}), ("nothing", {}), ("delay", {}), ("sessions", {"access_key_id": "x"}),
                       ("user", {"name": "u", "policies": ["arn:aws:iam::aws:policy/None"]})):
        with pytest.raises(CloudRefused):
            cloud.order(path, body)
