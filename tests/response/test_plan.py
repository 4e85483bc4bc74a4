"""What a plan knows before anything is changed: family and lawful use from the lake, several targets, when it expires, who is never contained."""
import json
import os

import pytest

from acting import ADMIN, Responder, changes, details, key_of, works


def lake_of(cloud, kernel, name):
    """All that the double's trail recorded, as a lake that the kernel opens."""
    folder = os.path.join(kernel.home, name)
    os.makedirs(folder)
    records = cloud.order("trail")
    for record in records:  # some honest work long before it began
        if record["eventName"] == "DescribeInstances":
            record["eventTime"] = "%d-02-03T10:00:00Z" % (int(record["eventTime"][:4]) - 1)
    with open(os.path.join(folder, "trail.json"), "w") as out:
        json.dump({"Records": records}, out)
    kernel.ok("%%lake ingest %s --into %s.lake" % (folder, folder))
    kernel.ok("%%lake open %s.lake" % folder)


@pytest.fixture
def own(cloud, tmp_path):
    """A kernel of its own, for what would change the others' session."""
    with Responder(tmp_path, cloud.environment()) as made:
        yield made


def test_the_family_is_contained_with_a_key_and_lawful_use_is_said(cloud, own):
    parent = cloud.user("parent", ADMIN)
    role = cloud.role("stepping-stone", ADMIN)
    cloud.client("ec2", parent).describe_instances()
    iam = cloud.client("iam", parent)
    iam.create_user(UserName="kid")
    iam.attach_user_policy(UserName="kid", PolicyArn=ADMIN)
    made = iam.create_access_key(UserName="kid")["AccessKey"]
    kid = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}
    hop = key_of(cloud.client("sts", kid).assume_role(RoleArn=role["arn"], RoleSessionName="hop")["Credentials"])
    iam.create_user(UserName="gone")
    iam.delete_user(UserName="gone")
    assert works(cloud, kid) and works(cloud, hop)
    lake_of(cloud, own, "trail")
    text, yes = own.plan("%contain " + parent["access_key_id"])
    assert "user kid" in text and "session hop of role stepping-stone" in text and "user gone" not in text, text
    assert "made by " + parent["access_key_id"] in text
    assert "Used lawfully, most probably" in text and "1 calls to ec2" in text, text
    own.ok(yes)
    assert not any(works(cloud, key) for key in (parent, kid, hop))
    assert "No change" in own.ok("%contain " + parent["access_key_id"])


def test_targets_of_a_kept_result_make_one_plan(cloud, own):
    first, second = cloud.user("first", ADMIN), cloud.user("second", ADMIN)
    listed = [one["access_key_id"] for one in (first, second, first)]
    own.ok("%%sql --into keys\nSELECT unnest(" + str(listed) + ") AS key")
    text, yes = own.plan("%contain @keys --alone")
    assert text.count("- key AKIA") == 2
    own.ok(yes)
    assert not works(cloud, first) and not works(cloud, second)
    own.ok("%%sql --into pairs\nSELECT 1 AS a, 2 AS b")
    assert "which column of pairs" in own.refused("%contain @pairs")
    assert "NotFoundError" in own.refused("%contain @nothing-of-that-name")


def test_typed_approval_repeats_the_target(cloud, kernel):
    typed = cloud.user("typed", ADMIN)
    status, text = kernel.run("%contain typed", answer="typo")
    assert status == "error" and "not approved" in text and works(cloud, typed)
    kernel.ok("%contain typed", answer="typed")
    assert not works(cloud, typed)
    assert kernel.ledger("approval")[-1]["content"]["how"] == "typed"


EXPIRES = {
    "the target is another one": (lambda cloud: (cloud.client("iam").delete_access_key(UserName="brief", AccessKeyId=key_in(cloud, "brief")),
                                                 cloud.client("iam").delete_user(UserName="brief"), cloud.user("brief")), "is another one now"),
    "the target is gone": (lambda cloud: (cloud.client("iam").delete_access_key(UserName="brief", AccessKeyId=key_in(cloud, "brief")),
                                          cloud.client("iam").delete_user(UserName="brief")), "has no user brief"),
    "other calls are needed": (lambda cloud: cloud.client("iam").put_user_permissions_boundary(UserName="brief", PermissionsBoundary=ADMIN), None),
}


def key_in(cloud, user):
    return cloud.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"][0]["AccessKeyId"]


@pytest.mark.parametrize("case", EXPIRES)
def test_a_plan_expires(cloud, kernel, case):
    if "brief" not in {user["UserName"] for user in cloud.client("iam").list_users()["Users"]}:
        cloud.user("brief")
    _, yes = kernel.plan("%contain brief")
    change, said = EXPIRES[case]
    change(cloud)
    cloud.forget()
    if said:
        assert said in kernel.refused(yes) and changes(cloud) == []
    else:
        assert "configured" in kernel.ok(yes)


def test_a_new_key_of_the_attacker_extends_the_plan(cloud, kernel):
    cloud.user("busy", ADMIN)
    _, yes = kernel.plan("%contain busy")
    more = cloud.new_key("busy")
    assert more["access_key_id"] in kernel.ok(yes) and not works(cloud, more)


def test_a_plan_that_was_changed_on_the_disk_is_refused(cloud, kernel):
    cloud.user("forged", ADMIN)
    _, yes = kernel.plan("%contain forged")
    evidence = os.path.join(kernel.home, ".cofferdam", "evidence")
    name = next(one for one in os.listdir(evidence) if yes.split()[-1] in one and "plan-" in one)
    path = os.path.join(evidence, name)
    with open(path) as kept:
        text = kept.read()
    os.chmod(path, 0o600)
    with open(path, "w") as kept:
        kept.write(text.replace("forged", "analyst"))
    assert "was changed since it was written" in kernel.refused(yes)


def test_nobody_is_locked_out(cloud, own, tmp_path):
    iam = cloud.client("iam")
    assert "who this kernel acts as" in own.refused("%contain analyst")
    assert "who this kernel acts as" in own.refused("%contain " + cloud.key["access_key_id"])
    iam.create_group(GroupName="ours")
    iam.add_user_to_group(GroupName="ours", UserName="analyst")
    assert "a group of the user that this kernel acts as" in own.refused("%contain group/ours")
    cloud.user("glass", ADMIN, tags=[{"Key": "ir:break-glass", "Value": "true"}])
    assert "break-glass" in own.refused("%contain glass")
    cloud.user("named", ADMIN)
    own.ok("%set break_glass named")
    assert "break-glass" in own.refused("%contain named")
    text, _ = own.plan("%contain named --override arn:aws:iam::123456789012:user/named")
    assert "Nothing is changed yet" in text


def test_what_the_credentials_come_from_is_not_contained(cloud, tmp_path):
    base = cloud.user("base", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]})
    role = cloud.role("responder", ADMIN, trust=base["arn"])
    (tmp_path / "config").write_text("[profile ir]\nrole_arn = %s\nsource_profile = base\n[profile base]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % (
        role["arn"], base["access_key_id"], base["secret_access_key"]))
    environment = {k: v for k, v in cloud.environment().items() if "ACCESS_KEY" not in k}
    with Responder(tmp_path, {**environment, "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "ir"}) as chained:
        assert "who this kernel acts as" in chained.refused("%contain role/responder")
        assert "what the kernel's own credentials come from" in chained.refused("%contain base")
        assert "what the kernel's own credentials come from" in chained.refused("%contain " + base["access_key_id"])


def test_the_last_administrator_stays(cloud, tmp_path):
    account = "222233334444"
    rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:*", "cloudtrail:*", "sts:*"], "Resource": "*"}]}
    less = cloud.user("iam-only", rights, account=account)
    cloud.user("boss", ADMIN, account=account)
    with Responder(tmp_path, cloud.environment(less)) as limited:
        assert "the last administrator of its account" in limited.refused("%contain boss")
        cloud.user("deputy", ADMIN, account=account)
        limited.plan("%contain boss")


def test_every_action_says_how_it_is_undone_and_what_it_leaves_out(kernel):
    with open(os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "kernel", "response", "actions.c")) as code:
        rows = [line for line in code if line.startswith("    &action_") and "eradicate" not in line]
    text = kernel.ok("%contain --actions")
    assert "%d rows" % len(rows) in text and "null" not in text, text
