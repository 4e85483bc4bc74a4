"""While an account is being contained: what the family makes meanwhile, what somebody undoes, what others do."""
import threading

import pytest

from acting import ADMIN, Responder, changes, details, key_of, works


class Meanwhile:
    """Does something as soon as the responder has made a certain call."""

    def __init__(self, cloud, operation, deed):
        self.cloud, self.operation, self.deed, self.problem = cloud, operation, deed, None

    def __enter__(self):
        self.thread = threading.Thread(target=self.go)
        self.thread.start()
        return self

    def go(self):
        try:
            self.cloud.calls(operation=self.operation, access_key_id=self.cloud.key["access_key_id"], wait=1)
            self.deed()
        except Exception as problem:
            self.problem = problem

    def __exit__(self, *_):
        self.thread.join(60)
        assert not self.thread.is_alive() and self.problem is None, self.problem


@pytest.fixture
def slow(cloud):
    """No change takes effect until `enforced`, as if all of AWS were late."""
    cloud.order("delay", {"seconds": 600})
    yield
    enforced(cloud)


def enforced(cloud):
    cloud.order("delay", {"seconds": 0})


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    """Its polls leave the other side the time of a few calls."""
    with Responder(tmp_path_factory.mktemp("home"), cloud.environment(), rate="10") as made:
        yield made


def test_a_new_user_and_its_key_made_in_the_window_are_contained_too(cloud, kernel, slow):
    thief = cloud.user("thief", ADMIN)
    made, iam = {}, cloud.client("iam", thief)
    _, yes = kernel.plan("%contain " + thief["access_key_id"])

    def deed():
        iam.create_user(UserName="spare")
        iam.attach_user_policy(UserName="spare", PolicyArn=ADMIN)
        key = iam.create_access_key(UserName="spare")["AccessKey"]
        made.update(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])

    with Meanwhile(cloud, "PutUserPolicy", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    assert "user spare" in text and made
    assert not works(cloud, made) and not works(cloud, thief)


def test_what_somebody_undoes_is_done_again(cloud, kernel, slow):
    thief = cloud.user("fighter", ADMIN)
    iam = cloud.client("iam", thief)
    _, yes = kernel.plan("%contain fighter")

    def deed():
        iam.delete_user_policy(UserName="fighter", PolicyName="ir-quarantine")

    with Meanwhile(cloud, "UpdateAccessKey", deed):
        text = kernel.ok(yes)
    enforced(cloud)
    assert "2 times" in text and not works(cloud, thief)
    assert "ir-quarantine" in cloud.client("iam").list_user_policies(UserName="fighter")["PolicyNames"]


def test_a_trust_changed_in_the_window_is_put_back(cloud, kernel, slow):
    thief = cloud.user("doorman", ADMIN)
    role = cloud.role("backdoored", ADMIN)
    before = details(cloud)["role", "backdoored"]
    _, yes = kernel.plan("%contain doorman")
    open_door = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    iam = cloud.client("iam", thief)
    with Meanwhile(cloud, "PutUserPolicy", lambda: iam.update_assume_role_policy(RoleName="backdoored", PolicyDocument=open_door)):
        kernel.ok(yes)
    after = details(cloud)["role", "backdoored"]
    assert after["trust"] == before["trust"] and "ir-revoke-sessions" in after["inline"]


def test_what_others_make_is_proposed_only(cloud, kernel, slow):
    cloud.user("culprit", ADMIN)
    colleague = cloud.user("colleague", ADMIN)
    _, yes = kernel.plan("%contain culprit")
    iam = cloud.client("iam", colleague)
    with Meanwhile(cloud, "PutUserPolicy", lambda: iam.create_user(UserName="newcomer")):
        text = kernel.ok(yes)
    assert "made by somebody else, as CloudTrail says" in text and "%contain user/newcomer" in text
    assert details(cloud)["user", "newcomer"]["inline"] == {}
