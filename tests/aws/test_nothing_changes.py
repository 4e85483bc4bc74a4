"""Looking never changes: every magic, in every form its definition allows, against the double, and no call that changes something arrives.

The forms come from `cofferdam magics --json`: examples, each choice, each option, targets of every kind that are really there. A new magic
is in it by being in the table. Nothing is approved: what would change something has to stop at its plan.
"""
import json
import os
import re
import subprocess
import sys

import pytest

from aws_models import program
from lakes import start

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402
from estate import Network, machine  # noqa: E402

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READS = {(row["service"], row["op"]) for row in program("test_request", "rows") if row["reads_only"]}
MAGICS = [json.loads(line) for line in subprocess.run([os.environ["COFFERDAM"], "magics", "--json"], capture_output=True, text=True, check=True).stdout.splitlines()]
QUERY = re.compile(r"(?is)\s*(SELECT|WITH|VALUES|TABLE|SHOW|DESCRIBE|EXPLAIN|UNLOAD \()")
# forms that would wait for what is not there (a cluster), or for a time that is theirs
SECONDS = {"--for": "1", "--timeout": "1"}


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        key = made.user("mallory", ADMIN)
        made.role("app", ADMIN, trust="*")
        made.client("s3").create_bucket(Bucket="results-318")
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": "s3://results-318/q"}})
        network = Network(made, "web")
        made.targets = {"key": key["access_key_id"], "user": "mallory", "role": "app", "instance": machine(made, "web", network), "bucket": "results-318",
                        "sg": network.group}
        yield made


def value_of(option):
    """Something that an option may be given."""
    if option["choices"]:
        return option["choices"][0]
    if option["name"] in SECONDS:
        return SECONDS[option["name"]]
    return {"int": str(max(option["min"], 1)), "time": "1h"}.get(option["type"], "x")


def forms(magic, targets):
    """Cells that use the magic: as its help does, and in the other ways its options allow."""
    name = "%" + magic["name"]
    options = magic["options"]
    places = [o for o in options if not o["name"].startswith("-")]
    given = " ".join(value_of(o) for o in places if o["required"])
    yield name
    yield from magic["examples"]
    starts = {(name + " " + given).strip()}
    for place in places:
        for choice in place["choices"]:
            starts.add("%s %s" % (name, choice))
    if magic["effect"] == "changes AWS" or any("TARGET" in o["name"] or o["name"] == "KEY" for o in places):
        for kind, target in targets.items():
            starts |= {"%s %s %s" % (name, kind, target), "%s %s" % (name, target)}
    with_options = {(name + " " + given).strip()} | {"%s %s %s" % (name, kind, targets[kind]) for kind in ("user", "instance")
                                                     if magic["effect"] == "changes AWS"}
    for one in sorted(starts):
        yield one
        for option in options:
            if option["name"].startswith("-") and one in with_options:
                yield "%s %s%s" % (one, option["name"], "" if option["type"] == "flag" else " " + value_of(option))
    if magic["body"]:
        yield "%" + name + "\nSELECT 1"
        yield "%" + name + "\nDROP TABLE t"


def changes(cloud):
    """What arrived and is no reading, no trial, and no query that only reads."""
    for call in cloud.calls():
        params = call["params"] or {}
        if call["operation"] == "StartQueryExecution":
            assert QUERY.match(params["QueryString"]), params
        elif (call["service"], call["operation"]) not in READS and params.get("DryRun") not in (True, "true"):
            yield "%s:%s %s" % (call["service"], call["operation"], params)


def test_the_check_sees_a_change(cloud):
    cloud.forget()
    cloud.client("iam").tag_user(UserName="mallory", Tags=[{"Key": "seen", "Value": "yes"}])
    assert [c.split(" ")[0] for c in changes(cloud)] == ["iam:TagUser"]


@pytest.mark.parametrize("magic", MAGICS, ids=[m["name"] for m in MAGICS])
def test_no_form_changes_anything(cloud, tmp_path, magic, monkeypatch):
    monkeypatch.setenv("CELL_SECONDS", "120")
    (tmp_path / "screenshot.png").write_bytes(b"no picture")
    cells = list(dict.fromkeys(forms(magic, cloud.targets)))
    cloud.forget()
    with start(cloud, tmp_path / "home") as kernel:
        kernel.run("budget = 1")
        for code in cells:
            kernel.run(code)
            assert list(changes(cloud)) == [], code
        assert kernel.run("%echo alive")[1] == "alive\n", cells
