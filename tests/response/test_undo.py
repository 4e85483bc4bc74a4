"""%undo shows what it leads back to: each thing as it was saved, as it is, as it will be; what somebody changed since is asked about."""
import json

import pytest

from acting import ADMIN, Responder, changes, details, works

OTHER_TRUST = {"Version": "2012-10-17", "Statement": [{"Sid": "theirs", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]}


@pytest.fixture
def own(cloud, tmp_path):
    """A case of its own: which action is the last is what these tests are about."""
    with Responder(tmp_path, cloud.environment()) as made:
        yield made


def of(text, *words):
    """What the plan says of a thing: its bullet and those below it."""
    lines = text.split("As it was saved, as it is, as it will be\n\n")[1].split("\n\n")[0].split("\n")
    found = [at for at, line in enumerate(lines) if line.startswith("- ") and all(word in line for word in words)]
    assert len(found) == 1, text
    end = next((at for at in range(found[0] + 1, len(lines)) if not lines[at].startswith("  - ")), len(lines))
    return lines[found[0]:end]


def test_the_difference_is_shown_thing_by_thing(cloud, own, name):
    key = cloud.user(name, ADMIN)["access_key_id"]
    own.act("%contain " + name)
    text = own.ok("%undo --restore-access " + key)
    assert of(text, key)[0].endswith(": saved Active, now Inactive, becomes as it was")
    assert of(text, "attach AWSDenyAll")[0].endswith(": saved not there, now there, stays as it is"), "it is not named"
    deny = of(text, "deny everything to")
    assert deny[1] == "  - saved: not there" and "Deny" in deny[2] and deny[3] == "  - stays as it is"


def test_what_somebody_changed_is_left_unless_it_is_wanted(cloud, own, name):
    cloud.role(name, ADMIN)
    iam, before = cloud.client("iam"), details(cloud)
    own.act("%contain role/" + name + " --level new")
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(OTHER_TRUST))
    back = "%undo --restore-access " + name
    text = own.ok(back)
    assert "changed by somebody since" in text and "left as it is" in text, text
    trust = of(text, "new session", "changed by somebody since")
    assert "theirs" in trust[2] and "theirs" not in trust[1] and "left as it is" in trust[3]
    own.act(back)
    assert details(cloud)["role", name]["trust"] == OTHER_TRUST
    own.act(back + " --changed")
    assert details(cloud) == before, "the same action again, for something of it was left"


def test_the_analyst_is_asked_about_what_somebody_changed(cloud, own, name):
    cloud.role(name, ADMIN)
    before, asked = details(cloud), []
    own.act("%contain role/" + name + " --level new")
    cloud.client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(OTHER_TRUST))

    def answer(prompt):
        asked.append(prompt)
        return "saved" if "Changed by somebody since" in prompt else "role/" + name

    own.ok("%undo --restore-access " + name, answer=answer)
    assert len(asked) == 2 and "now: {" in asked[0] and "theirs" in asked[0] and "saved: {" in asked[0]
    assert details(cloud) == before


def test_a_change_after_the_plan_was_shown_makes_it_void(cloud, own, name):
    cloud.role(name, ADMIN)
    own.act("%contain role/" + name + " --level new")
    _, yes = own.plan("%undo --restore-access " + name)
    cloud.client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(OTHER_TRUST))
    cloud.forget()
    assert "somebody changed this since the plan was shown" in own.refused(yes) and changes(cloud) == []


def test_without_an_id_an_undo_is_never_taken_back(cloud, own, name):
    users = [cloud.user(name + end, ADMIN) for end in ("a", "b")]
    before = details(cloud)
    assert "nothing was carried out yet" in own.refused("%undo")
    for end in ("a", "b"):
        own.act("%contain " + name + end)
    own.act("%undo --restore-access " + name + "b")
    assert [works(cloud, key) for key in users] == [False, True]
    own.act("%undo --restore-access " + name + "a")
    assert [works(cloud, key) for key in users] == [True, True] and details(cloud) == before
    cloud.forget()
    for code in ("%undo", "%undo --print"):
        assert "all that was carried out is taken back already" in own.refused(code)
    assert changes(cloud) == []


def test_what_was_left_is_what_the_next_undo_takes_back(cloud, own, name):
    user = cloud.user(name, ADMIN)
    before = details(cloud)
    own.act("%contain " + name)
    own.act("%undo --restore-access " + user["access_key_id"])
    assert not works(cloud, user)
    own.act("%undo --restore-access " + name)
    assert details(cloud) == before
    assert "taken back already" in own.refused("%undo")


def test_an_undo_is_taken_back_by_its_id_only(cloud, own, name):
    user = cloud.user(name, ADMIN)
    own.act("%contain " + name)
    _, yes = own.plan("%undo --restore-access " + name)
    own.ok(yes)
    own.act("%undo " + yes.split()[-1])
    assert not works(cloud, user)
    own.act("%undo --restore-access " + name)
    assert works(cloud, user), "the containment is in force again, so it is the last"
