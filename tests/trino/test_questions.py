"""Every named question and the trace give the same rows on Trino and on Athena (the double, whose queries that Trino executes) as on the embedded
engine: version 2 as Iceberg tables, version 1 as Hive tables."""
import contextlib
import json
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402
from comparing import same  # noqa: E402
from notebook import Kernel  # noqa: E402

CATALOGS = {2: "iceberg", 1: "hive"}


@pytest.fixture(scope="module", params=[("trino", 2), ("trino", 1), ("athena", 2)], ids=["trino2", "trino1", "athena2"])
def asked(request, trino, incident, tmp_path_factory):
    engine, version = request.param
    with contextlib.ExitStack() as stack:
        environment = {}
        if engine == "athena":
            cloud = stack.enter_context(Cloud(athena="trino:%s,%s" % (trino.url, CATALOGS[version])))
            cloud.client("s3").create_bucket(Bucket="results-318")
            environment = {k: v for k, v in cloud.environment().items() if v != os.devnull}
        kernel = stack.enter_context(Kernel(tmp_path_factory.mktemp("home"), environment))
        kernel.engine, kernel.version = engine, version
        kernel.truth = json.loads((incident / "logs" / "truth.json").read_text())
        for cell in ("%%lake open %s" % (incident / ("lake%d" % version)), "%set trino " + trino.url, "%set trino_catalog " + CATALOGS[version],
                     "%set output s3://results-318/q/"):
            assert kernel.run(cell)[0] == "ok"
        yield kernel


def targets(truth):
    made = {kind: next(m["id"] for m in truth["members"] if m["kind"] == kind) for kind in ("user", "instance", "bucket")}
    return {"key": truth["key"], "user": made["user"], "role": "Admin", "address": truth["addresses"][0] + "/24", "instance": made["instance"], "bucket": made["bucket"],
            "event": next(m["made_event"] for m in truth["members"] if m["made_event"]), "parent": next(m["id"] for m in truth["members"] if m["kind"] == "access key" and m["made_event"]), "lineage": truth["key"],
            "profile": truth["key"], "children": truth["key"], "new-places": truth["key"], "impact": truth["key"], "others": truth["key"]}


def test_every_question_gives_the_same_rows(asked):
    listed = re.findall(r"(?m)^([a-z0-9-]+) +Q\d+\w? ", asked.run("%cloudtrail")[1])
    assert len(listed) >= 38
    aims = targets(asked.truth)
    rows = {name: same(asked, "%s %s" % (name, aims.get(name, ""))) for name in listed}
    answered = [name for name, count in rows.items() if count]
    assert len(answered) >= (34 if asked.version == 2 else 30), rows


def test_windows_accounts_and_regions_narrow_alike(asked):
    account = asked.truth["account"]
    whole = same(asked, "summary")
    for narrow in ("--since 2026-03-06T10:00:00Z --until 2026-03-06T14:30:00.500Z", "--account " + account, "--region us-east-1"):
        assert 0 < same(asked, "summary " + narrow) < whole


def test_silence_is_explained(asked):
    nothing = "%cloudtrail key AKIAIOSFODNN7EXAMPLE --source " + asked.engine
    assert "as far as this data goes, it did not happen" in asked.run(nothing)[1]
    assert "is empty in this window" in asked.run(nothing + " --since 2030-01-01")[1]


def test_the_trace_is_the_same(asked):
    key = asked.truth["key"]
    for source, name in (("lake", "family_mine"), (asked.engine, "family_theirs")):
        status, text = asked.run("%%trace %s --source %s --into %s" % (key, source, name))
        assert status == "ok", text
    difference = asked.run("SELECT count(*) AS n FROM (SELECT * FROM family_mine EXCEPT ALL SELECT * FROM family_theirs)")[1]
    assert re.search(r"(?m)^ *0$", difference), difference
    if asked.version == 2:
        members = int(re.search(r"(?m)^ *(\d+)$", asked.run("SELECT count(*) AS n FROM family_theirs")[1])[1])
        assert members == len(asked.truth["members"])


@pytest.mark.parametrize("question", ["summary", "instances", "talkers", "dns", "objects"])
def test_a_family_is_asked_about(asked, question):
    if asked.run("SELECT 1 FROM family_mine LIMIT 1")[0] != "ok":
        asked.run("%%trace %s --source lake --into family_mine" % asked.truth["key"])
    count = same(asked, question + " --family family_mine")
    assert count or asked.version == 1 or question == "objects"


def test_without_tables(asked, trino):
    asked.run("%set trino_catalog system")
    status, text = asked.run("%cloudtrail root --source trino")
    asked.run("%set trino_catalog " + CATALOGS[asked.version])
    assert status == "error" and "no table of Security Lake" in text and "%lake open trino" in text, text
