"""What the tests of the lake share: the ingest as a program, and the rows of a lake."""
import glob
import json
import os
import subprocess
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", "build"))
PROGRAM = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "tests/unit/ingest/test_ingest"
SHARED = Path(os.environ.get("SHARED") or ROOT / ".." / "shared").resolve() / "data"

os.environ.setdefault("DUCKDB_LIB", str(ROOT / "build/deps/libduckdb.so"))


# root without the right to write where modes forbid it: an ordinary user's lot
ORDINARY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def program(*words, ordinary=False, **more):
    return subprocess.run((ORDINARY if ordinary else []) + [str(PROGRAM), *map(str, words)], capture_output=True, text=True, **more)


def ingest(into, *sources, version=2, memory=0, threads=2, ok=True, **more):
    """Runs the ingest and returns its report; what came in must be accounted for."""
    run = program("ingest", into, version, memory, threads, *sources, **more)
    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    assert report["ok"] is ok, report
    if ok:
        assert report["events"] == report["rows"] + report["rejects"] + report["duplicates"]
    return report


def files(lake, version=2):
    return sorted(glob.glob(f"{lake}/aws/*/{version}.0/**/*.parquet", recursive=True))


def rows(paths, columns="*"):
    """The rows of Parquet files as Python values, structs as dicts."""
    con = duckdb.connect()
    query = f"SELECT to_json(r) FROM (SELECT {columns} FROM read_parquet(?, hive_partitioning=false)) r"
    out = []
    for path in [paths] if isinstance(paths, str) else paths:
        out += [json.loads(text) for (text,) in con.execute(query, [path]).fetchall()]
    return out


def rejects(report):
    if not report["rejects_file"]:
        return []
    return [json.loads(line) for line in open(report["rejects_file"], encoding="utf-8")]


def clean(value):
    """Without NULLs and empty structs: AWS writes a struct of nulls where we have a NULL, and the other way round."""
    if isinstance(value, dict):
        kept = {k: v for k, v in ((k, clean(v)) for k, v in value.items()) if v is not None}
        return kept or None
    if isinstance(value, list):
        return [clean(v) for v in value]
    return value


def event(number, **more):
    base = {"eventVersion": "1.08", "eventTime": "2026-03-01T10:%02d:%02dZ" % (number // 60 % 60, number % 60),
            "eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "awsRegion": "us-east-1",
            "eventID": f"id-{number}", "recipientAccountId": "111122223333", "userIdentity": {"type": "Root"}}
    base.update(more)
    return base


