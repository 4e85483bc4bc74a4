"""The real logs go in whole; an independent mapper's rows of them (data/lake_derived, version 2) are the same as ours."""
import collections
import glob
import gzip
import json
from urllib.parse import unquote

import pytest

from lake_tools import SHARED, files, ingest, rejects, rows

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not there")

# Two rule tests of Panther carry an event id of a Stratus event and differ from it: which of the two comes first is the
# order of the files, not a matter of mapping.
SAME_ID_OTHER_EVENT = {"1a4debbb-12e9-4bde-b8c7-ea29002bb2a7"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    into = tmp_path_factory.mktemp("raw") / "lake"
    return into, ingest(into, SHARED / "raw")


def trail_rows(lake):
    out = collections.defaultdict(list)
    for source in ("CLOUD_TRAIL_MGMT", "S3_DATA", "LAMBDA_EXECUTION"):
        for row in rows([p for p in files(lake) if f"/{source}/" in p]):
            out[row["metadata"]["uid"]].append(row)
    return out


def with_json(row):
    """JSON text compares as JSON."""
    for side in ("request", "response"):
        if row["api"][side]["data"] is not None:
            row["api"][side]["data"] = json.loads(row["api"][side]["data"])
    return row


def test_every_derived_row_is_ours(lake):
    ours = trail_rows(lake[0])
    derived = rows(sorted(glob.glob(f"{SHARED}/lake_derived/aws/*/2.0/**/*.parquet", recursive=True)))
    assert len(derived) == 3014
    for row in derived:
        uid = row["metadata"]["uid"]
        assert uid in ours
        if uid in SAME_ID_OTHER_EVENT:
            continue
        theirs = with_json(row)
        mine = [with_json(json.loads(json.dumps(one))) for one in ours[uid] if one["time"] == row["time"]]
        assert len(mine) == 1, uid
        for column in theirs:
            assert mine[0][column] == theirs[column], (uid, column)


def records(path):
    """Python's own reading of a file of CloudTrail records."""
    text = (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8").read()
    try:
        whole = json.loads(text)
        return whole["Records"] if isinstance(whole, dict) and "Records" in whole else whole if isinstance(whole, list) else [whole]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("folder", ["umccr_flaws_cloud", "stratus_red_team", "boogy_background", "otrf",
                                    "opensearch_background_cloudtrail.jsonl", "traildiscover_cloudtrail.jsonl"])
def test_counts_are_pythons(folder, tmp_path):
    """Each distinct event becomes one row: counted by Python over the raw JSON."""
    root = SHARED / "raw" / folder
    paths = [str(root)] if root.is_file() else sorted(glob.glob(f"{root}/**/*.json*", recursive=True))
    events = [r for p in paths for r in records(p)]
    ids = {(r.get("recipientAccountId") or (r.get("userIdentity") or {}).get("accountId"), r.get("awsRegion"),
            (r.get("eventTime") or r.get("@timestamp"))[:7], r.get("eventID") or json.dumps(r)) for r in events}
    report = ingest(tmp_path / "lake", root)
    assert report["rejects"] == 0
    assert report["events"] == len(events)
    assert report["rows"] == len(ids)


def test_what_is_no_log_is_named(lake):
    lines = rejects(lake[1])
    skipped = {line["file"].rsplit("/", 1)[-1] for line in lines if line["kind"] == "skipped"}
    assert {"README.md", "alb_raw.log", "waf_raw.jsonl", "unknown.jsonl"} <= skipped
    assert lake[1]["skipped"] == sum(line["kind"] == "skipped" for line in lines)
    assert lake[1]["rejects"] == sum(line["kind"] == "record" for line in lines)
    for line in lines:
        assert line["reason"] and line["position"] >= 0


def test_again_adds_nothing(lake):
    before = files(lake[0])
    again = ingest(lake[0], SHARED / "raw")
    assert again["rows"] == 0
    assert again["duplicates"] == lake[1]["rows"] + lake[1]["duplicates"]
    assert files(lake[0]) == before


def test_files_are_sorted_and_in_their_place(lake):
    for path in files(lake[0]):
        parts = dict(unquote(p).split("=", 1) for p in path.split("/") if "=" in p)
        times = [r["time"] for r in rows(path, '"time"')]
        assert times == sorted(times)
        for row in rows(path, "accountid, region, strftime(time_dt, '%Y%m') AS month"):
            assert parts["region"] == (row["region"] or "unknown")
            assert parts["accountId"] == (row["accountid"] or "unknown")
            assert parts["eventMonth"] == row["month"]
