"""--source auto where the settings name another engine: its rows and what only CloudTrail's API has, each event once."""
import contextlib
import json
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402
from notebook import Kernel  # noqa: E402
from trails import ago, event, iso  # noqa: E402


@pytest.fixture(scope="module", params=[("trino", "hive"), ("trino", "iceberg"), ("athena", "iceberg")], ids=["trino1", "trino2", "athena2"])
def asked(request, trino, incident, tmp_path_factory):
    engine, catalog = request.param
    with contextlib.ExitStack() as stack:
        cloud = stack.enter_context(Cloud(athena="trino:%s,%s" % (trino.url, catalog)))
        cloud.client("s3").create_bucket(Bucket="results-318")
        kernel = stack.enter_context(Kernel(tmp_path_factory.mktemp("home"), {k: v for k, v in cloud.environment().items() if v != os.devnull}))
        kernel.engine, kernel.key = engine, json.loads((incident / "logs" / "truth.json").read_text())["key"]
        for cell in ("%set trino " + trino.url, "%set trino_catalog " + catalog, "%set output s3://results-318/q/", "%set engine " + engine):
            assert kernel.run(cell)[0] == "ok"
        cloud.order("trail", {"rate": 0, "events": [event(900 + n, ago(hours=n + 1), key=kernel.key) for n in range(3)]})
        yield kernel


def rows(kernel, code):
    status, text = kernel.run(code + " --into answer")
    assert status == "ok", text
    return int(re.search(r"(?m)^ *(\d+) *$", kernel.run("%%local\nSELECT count(*) AS n FROM answer")[1])[1]), text


def test_what_only_the_api_has_is_added(asked):
    theirs, _ = rows(asked, "%cloudtrail key " + asked.key)
    both, text = rows(asked, "%%cloudtrail key %s --source auto" % asked.key)
    assert theirs > 20 and both == theirs + 3
    assert "auto: %s + the API, united by event id: %d only in %s" % (asked.engine, theirs, asked.engine) in text
    assert "3 only in the API, the newest of " + iso(ago(hours=1))[:13].replace("T", " ") in text
    last = asked.run("%%local\nSELECT max(time) AS last, count(DISTINCT event_id) AS n FROM answer")[1]
    assert str(both) in last and iso(ago(hours=1))[:13].replace("T", " ") in last


def test_rows_that_count_events_are_the_engines_own(asked):
    theirs, _ = rows(asked, "%cloudtrail summary " + asked.key)
    both, text = rows(asked, "%%cloudtrail summary %s --source auto --region us-east-1" % asked.key)
    assert both <= theirs and "only in the API" in text and "--source api" in text


def test_the_horizon_of_an_engine(asked):
    text = asked.run("%%cloudtrail key %s --since 7d" % asked.key)[1]
    assert "Visibility horizon, an estimate" in text
    assert "horizon" not in asked.run("%%cloudtrail key %s --since 2026-03-01 --until 2026-03-20" % asked.key)[1]
