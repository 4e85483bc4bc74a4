"""%eradicate: only what is contained, watched and decided is destroyed."""
import pytest

from acting import ADMIN, Responder, changes, details, key_of, works


def watched(kernel, code="%watch"):
    """A watch of all that is contained, to its end."""
    kernel.ok(code)
    kernel.ok("%jobs wait all")
    return kernel.ledger("watch")[-1]["content"]


@pytest.fixture(autouse=True)
def trail(cloud):
    """LookupEvents as fast as it is asked."""
    cloud.order("trail", {"rate": 0})
    yield
    cloud.order("trail", {"rate": 2})


def test_what_is_contained_watched_and_decided_is_destroyed(cloud, tmp_path):
    iam = cloud.client("iam")
    user = cloud.user("rotten", ADMIN)
    iam.create_login_profile(UserName="rotten", Password="a-Password-1!")
    iam.create_group(GroupName="rotten-group")
    iam.add_user_to_group(GroupName="rotten-group", UserName="rotten")
    cloud.role("rotten-role", ADMIN)
    key = user["access_key_id"]
    with Responder(tmp_path, cloud.environment()) as kernel:
        assert "no decision is named" in kernel.refused("%eradicate " + key)
        assert "there is no decision 1" in kernel.refused("%eradicate " + key + " --decision 1")
        decide(kernel)
        kernel.act("%contain " + key)
        kernel.act("%contain role/rotten-role --level full")
        assert "was not watched in silence" in kernel.refused("%eradicate " + key + " --decision 1")
        assert watched(kernel)["silent"]
        cloud.forget()
        text, yes = kernel.plan("%eradicate " + key + " user/rotten role/rotten-role --decision 1")
        assert "cannot be undone" in text and changes(cloud) == []
        kernel.ok(yes)
        assert {"DeleteAccessKey", "DeleteLoginProfile", "RemoveUserFromGroup", "DeleteUser", "DeleteRole"} <= set(changes(cloud))
        denies = [at for at, call in enumerate(cloud.calls()) if call["operation"] in ("DeleteUserPolicy", "DetachUserPolicy", "DeleteRolePolicy", "DetachRolePolicy")
                  and "quarantine" in str(call["params"]) + "quarantine" * ("AWSDenyAll" in str(call["params"]))]
        others = [at for at, call in enumerate(cloud.calls()) if call["operation"] in ("DeleteAccessKey", "DetachUserPolicy", "DetachRolePolicy", "DeleteLoginProfile")
                  and at not in denies]
        assert len(denies) == 4 and max(others) < min(denies), "nothing is left without its deny that could act"
        names = {name for _, name in details(cloud)}
        assert not names & {"rotten", "rotten-role"}
        again = watched(kernel)
        assert again["silent"] and {one["state"] for one in again["watched"]} == {"deleted"}, "AWS's runbook wants it after the eradication as well"
        text = kernel.ok("%undo")
        assert "Cannot be taken back" in text


def decide(kernel):
    kernel.ok('%decide "Delete what it made?" yes no --choose yes --by Ada --reason "watched for 30 minutes"')


def test_what_is_not_contained_is_refused(cloud, tmp_path):
    cloud.user("fresh", ADMIN)
    with Responder(tmp_path, cloud.environment()) as kernel:
        decide(kernel)
        kernel.ok("%watch fresh")
        kernel.ok("%jobs wait all")
        assert kernel.ledger("watch")[-1]["content"]["silent"]
        assert "is not contained: it may still act" in kernel.refused("%eradicate fresh --decision 1")
        assert "fresh" in {name for _, name in details(cloud)}


def test_a_watch_of_another_of_this_name_does_not_count(cloud, tmp_path):
    cloud.user("twin", ADMIN)
    cloud.role("twin", ADMIN)
    with Responder(tmp_path, cloud.environment()) as kernel:
        decide(kernel)
        kernel.act("%contain user/twin role/twin")
        assert watched(kernel, "%watch role/twin")["silent"]
        assert "user/twin was not watched in silence" in kernel.refused("%eradicate user/twin --decision 1")


def test_a_later_watch_that_saw_somebody_takes_the_silence_back(cloud, tmp_path):
    user = cloud.user("sleeper", ADMIN)
    session = key_of(cloud.client("sts", user).get_session_token()["Credentials"])
    with Responder(tmp_path, cloud.environment()) as kernel:
        decide(kernel)
        kernel.act("%contain sleeper")
        assert watched(kernel)["silent"]
        kernel.plan("%eradicate sleeper --decision 1")
        kernel.ok("%watch --region us-east-1")
        for _ in range(20):
            assert not works(cloud, session)
        kernel.ok("%jobs wait all")
        assert kernel.ledger("watch")[-1]["content"]["verdict"] == "denied only"
        assert "was not watched in silence" in kernel.refused("%eradicate sleeper --decision 1")
