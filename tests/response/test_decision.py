"""--decision N ties a plan to what was decided: N is looked up before anything is planned, its choice stands in the plan and in the record."""
import pytest

import estate
from acting import ADMIN, Responder, changes, works, written

MAGICS = {"contain": "%contain {user}", "undo": "%undo", "ami-snapshot": "%ami-snapshot {instance}", "eradicate": "%eradicate {user}"}


@pytest.fixture(scope="module")
def things(cloud):
    return {"user": cloud.user("decided", ADMIN)["arn"].split("/")[-1], "instance": estate.machine(cloud, "decided-on", estate.Network(cloud, "decided-on"))}


@pytest.fixture(scope="module")
def acted(cloud, tmp_path_factory):
    """A case with one decision, one question that nobody answered, and an action."""
    with Responder(tmp_path_factory.mktemp("decided"), cloud.environment()) as kernel:
        cloud.user("acted-on", ADMIN)
        kernel.act("%contain acted-on --alone")
        kernel.ok('%decide "Contain it now?" contain "look on" --choose contain --by Ada --by Grace --reason "it makes keys"')
        written(kernel, "decision", {"question": "Terminate as well?", "options": [{"text": "yes"}, {"text": "no"}], "by": ["Ada"], "reasons": []})
        yield kernel


@pytest.mark.parametrize("magic", MAGICS)
def test_a_decision_that_is_not_there_is_refused(cloud, acted, things, magic):
    cell = MAGICS[magic].format(**things)
    cloud.forget()
    text = acted.refused(cell + " --decision 7")
    assert "there is no decision 7" in text and "The case has decisions 1 to 2" in text
    text = acted.refused(cell + " --decision 2")
    assert "nothing was chosen in decision 2" in text and "%decide asks it again" in text
    assert changes(cloud) == []


@pytest.mark.parametrize("magic", [one for one in MAGICS if one != "eradicate"])
def test_its_choice_stands_in_the_plan(acted, things, magic):
    text, yes = acted.plan(MAGICS[magic].format(**things).replace("%undo", "%undo --restore-access acted-on") + " --decision 1")
    assert 'By decision 1: "Contain it now?": contain, by Ada, Grace, 20' in text
    assert "does not carry out decision 2" in acted.refused(yes + " --decision 2")


def test_it_stands_in_the_record_of_the_approval(cloud, acted, name):
    user = cloud.user(name, ADMIN)
    _, yes = acted.plan("%contain " + name + " --decision 1")
    acted.ok(yes + " --decision 1")
    assert not works(cloud, user) and acted.ledger("approval")[-1]["content"]["decision"] == 1


def test_without_any_decision_the_hint_says_how_one_is_made(kernel, cloud, name):
    cloud.user(name, ADMIN)
    assert "Nothing was decided yet: %decide" in kernel.refused("%contain " + name + " --decision 1")
