"""Credentials that end too soon, or in the middle of a run: renewed, or the run stops as partly done, to be continued or taken back."""
import datetime
import json
import stat

import pytest

from acting import ADMIN, Responder, changes, details, key_of, works
from test_race import Meanwhile


def role_session(cloud):
    """GetSessionToken may not ask IAM: an analyst's session is a role's."""
    known = {one["RoleName"] for one in cloud.client("iam").list_roles()["Roles"]}
    if "ir" not in known:
        cloud.role("ir", ADMIN, trust="arn:aws:iam::%s:root" % cloud.account)
    return key_of(cloud.client("sts").assume_role(RoleArn="arn:aws:iam::%s:role/ir" % cloud.account, RoleSessionName="ada")["Credentials"])


def ended(cloud, key):
    cloud.order("sessions", {"access_key_id": key["access_key_id"], "expires_in": -1})


def giving(folder, *answers):
    """A program that gives these credentials, one a call, the last for ever: (key, minutes)."""
    for number, (key, minutes) in enumerate(answers):
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        (folder / str(number)).write_text(json.dumps({
            "Version": 1, "AccessKeyId": key["access_key_id"], "SecretAccessKey": key["secret_access_key"], "SessionToken": key["session_token"],
            "Expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ")}))
    program = folder / "give"
    program.write_text('#!/bin/sh\ncd "%s"\nn=$(cat count 2>/dev/null || echo 0)\n[ -e "$n" ] || n=%d\necho $((n + 1)) >count\ncat "$n"\n' % (folder, len(answers) - 1))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (folder / "config").write_text("[profile ir]\ncredential_process = %s\n" % program)


def start(cloud, home, folder, rate="10"):
    environment = {k: v for k, v in cloud.environment().items() if "ACCESS_KEY" not in k and "TOKEN" not in k}
    return Responder(home, {**environment, "AWS_CONFIG_FILE": str(folder / "config"), "AWS_PROFILE": "ir"}, rate=rate)


@pytest.fixture
def folders(tmp_path):
    for name in ("home", "given"):
        (tmp_path / name).mkdir()
    return tmp_path / "home", tmp_path / "given"


def test_what_ends_within_15_minutes_is_renewed_first(cloud, name, folders):
    home, given = folders
    giving(given, (role_session(cloud), 12), (role_session(cloud), 50))
    victim = cloud.user(name, ADMIN)
    with start(cloud, home, given) as kernel:
        assert "configured" in kernel.act("%contain " + name + " --alone")
    assert not works(cloud, victim)


def test_what_ends_within_15_minutes_and_stays_so_is_refused(cloud, name, folders):
    home, given = folders
    giving(given, (role_session(cloud), 12))
    cloud.user(name, ADMIN)
    with start(cloud, home, given) as kernel:
        cloud.forget()
        text = kernel.refused("%contain " + name + " --alone")
        assert "the credentials end in 11" in text and "Renew them" in text and changes(cloud) == []


def test_what_ends_in_the_middle_is_renewed_and_the_run_goes_on(cloud, name, folders):
    home, given = folders
    first, second = role_session(cloud), role_session(cloud)
    giving(given, (first, 50), (second, 50))
    victim = cloud.user(name, ADMIN)
    with start(cloud, home, given) as kernel:
        _, yes = kernel.plan("%contain " + name + " --alone")
        cloud.faults({"service": "iam", "operation": "PutUserPolicy", "kind": "error", "code": "ExpiredToken", "status": 403, "message": "expired", "times": 1})
        text = kernel.ok(yes)
        assert "configured" in text and "Partly" not in text, text
        assert not works(cloud, victim)
    assert cloud.calls(access_key_id=second["access_key_id"], operation="PutUserPolicy"), "by the new ones"


def test_without_new_ones_the_run_stops_as_partly_done(cloud, name, tmp_path):
    victim, key = cloud.user(name, ADMIN), role_session(cloud)
    before = details(cloud)
    with Responder(tmp_path, cloud.environment(key)) as kernel:
        _, yes = kernel.plan("%contain " + name + " --alone")
        cloud.faults({"service": "iam", "operation": "UpdateAccessKey", "kind": "error", "code": "ExpiredToken", "status": 403, "message": "expired"})
        text = kernel.ok(yes)
        assert text.split("awaited")[-1].lstrip().startswith("Partly done: the credentials ended in the middle"), text
        assert "2 of 4 calls are not in place" in text and "To go on, run the same cell again" in text and "%undo" in text
        assert "the credentials ended" in kernel.ledger("action")[-1]["content"]["why"]
    cloud.faults()
    ended(cloud, key)
    with Responder(tmp_path, cloud.environment(role_session(cloud))) as again:
        assert "cut off" not in again.ok("SELECT 1")
        text, yes = again.plan("%contain " + name + " --alone")
        assert "2 calls, 2 already in place" in text
        again.ok(yes)
        assert not works(cloud, victim)
        for _ in range(2):
            again.act("%undo --restore-access " + name)
        assert details(cloud) == before


def test_a_session_that_really_ends_leaves_no_error_behind(cloud, name, tmp_path):
    cloud.user(name, ADMIN)
    key = role_session(cloud)
    with Responder(tmp_path, cloud.environment(key), rate="10") as kernel:
        _, yes = kernel.plan("%contain " + name + " --alone")
        own = cloud.key
        cloud.key = key
        try:
            with Meanwhile(cloud, "UpdateAccessKey", lambda: ended(cloud, key)):
                text = kernel.ok(yes)
        finally:
            cloud.key = own
        assert "Partly done: the credentials ended in the middle" in text, text
