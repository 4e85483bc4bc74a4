"""%eradicate: only what is contained, watched and decided is destroyed."""
import json
import os

from acting import ADMIN, Responder, changes, details


def watched(kernel, *targets):
    """The watch's last entry, put into the record as it would be (the chain is verified elsewhere)."""
    import hashlib
    path = os.path.join(kernel.home, ".cofferdam", "ledger.jsonl")
    with open(path) as lines:
        last = json.loads(lines.read().splitlines()[-1])
    entry = {**last, "seq": last["seq"] + 1, "prev": last["hash"], "kind": "watch", "content": {"state": "ended", "silent": True, "targets": list(targets)}}
    del entry["hash"]
    line = json.dumps(entry, separators=(",", ":"))
    digest = hashlib.sha256(line[:-1].encode()).hexdigest()
    with open(path, "a") as out:
        out.write(line[:-1] + ',"hash":"%s"}\n' % digest)


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
        watched(kernel, key, "rotten", "rotten-role")
        cloud.forget()
        text, yes = kernel.plan("%eradicate " + key + " user/rotten role/rotten-role --decision 1")
        assert "cannot be undone" in text and changes(cloud) == []
        kernel.ok(yes)
        assert {"DeleteAccessKey", "DeleteLoginProfile", "RemoveUserFromGroup", "DeleteUser", "DeleteRole"} <= set(changes(cloud))
        names = {name for _, name in details(cloud)}
        assert not names & {"rotten", "rotten-role"}
        text = kernel.ok("%undo")
        assert "Cannot be taken back" in text


def decide(kernel):
    kernel.ok('%decide "Delete what it made?" yes no --choose yes --by Ada --reason "watched for 30 minutes"')


def test_what_is_not_contained_is_refused(cloud, tmp_path):
    cloud.user("fresh", ADMIN)
    with Responder(tmp_path, cloud.environment()) as kernel:
        decide(kernel)
        kernel.ok("%note begun")
        watched(kernel, "fresh")
        assert "is not contained: it may still act" in kernel.refused("%eradicate fresh --decision 1")
        assert "fresh" in {name for _, name in details(cloud)}
