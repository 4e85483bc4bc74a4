"""Killed at any moment, stopped at any moment, a full disk: the lake is as before or as after, never between."""
import fcntl
import json
import os
import random
import signal
import subprocess
import time

import pytest

from lake_tools import PROGRAM, ROOT, event, files, ingest, program, rows


def make_logs(folder, first, count):
    folder.mkdir()
    for k in range(10):
        with open(folder / f"{k}.json", "w") as f:
            json.dump({"Records": [event(i, eventTime="2026-%02d-01T00:00:00Z" % (1 + i % 12)) for i in range(first + k, first + count, 10)]}, f)


def uids(lake):
    return sorted(r["uid"] for r in rows(files(lake), "metadata.uid AS uid"))


def state_of(lake):
    """What an analyst sees: after the recovery that every open does first."""
    said = json.loads(program("recover", lake).stdout)
    assert said["ok"], said
    left = {name for name in os.listdir(lake) if name.startswith(".staging") or name == "commit.json"}
    assert not left
    return uids(lake), said["what"]


@pytest.fixture
def lake(tmp_path):
    make_logs(tmp_path / "old", 0, 400)
    make_logs(tmp_path / "new", 1000, 3000)
    ingest(tmp_path / "lake", tmp_path / "old")
    return tmp_path


def test_killed_at_any_time(lake):
    """SIGKILL after times spread over the whole run."""
    rnd = random.Random(1)
    before = uids(lake / "lake")
    after = sorted(before + [f"id-{i}" for i in range(1000, 4000)])
    started = time.monotonic()
    subprocess.run(["cp", "-r", lake / "lake", lake / "probe"], check=True)
    ingest(lake / "probe", lake / "new")
    whole = time.monotonic() - started
    seen = set()
    for _ in range(40):
        subprocess.run(["rm", "-rf", lake / "work"], check=True)
        subprocess.run(["cp", "-r", lake / "lake", lake / "work"], check=True)
        child = subprocess.Popen([str(PROGRAM), "ingest", str(lake / "work"), "2", "0", "2", str(lake / "new")], stdout=subprocess.DEVNULL)
        try:
            child.wait(rnd.uniform(0, whole))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
        now, _ = state_of(lake / "work")
        assert now in (before, after)
        seen.add(now == after)
    assert False in seen


@pytest.mark.parametrize("moves_done", range(0, 15, 2))
def test_killed_between_the_renames(lake, moves_done):
    """A journal is there and some of its renames are done: the next open does the rest."""
    before = uids(lake / "lake")
    ingest(lake / "after", lake / "new")
    staging = lake / "lake" / ".staging" / "run"
    staging.mkdir(parents=True)
    moves = []
    for i, path in enumerate(files(lake / "after")):
        target = os.path.relpath(path, lake / "after").replace(".parquet", "-n.parquet")
        if i < moves_done:
            os.makedirs(os.path.dirname(lake / "lake" / target), exist_ok=True)
            os.rename(path, lake / "lake" / target)
        else:
            os.rename(path, staging / f"{i}.parquet")
        moves.append([f".staging/run/{i}.parquet", target])
    (lake / "lake" / "commit.json").write_text(json.dumps({"run": "run", "moves": moves, "removals": []}))
    now, what = state_of(lake / "lake")
    assert "completed" in what
    assert now == sorted(before + [f"id-{i}" for i in range(1000, 4000)])


def test_journal_cannot_leave_the_lake(lake):
    (lake / "victim").write_text("precious")
    (lake / "lake" / "commit.json").write_text(json.dumps({"moves": [["../victim", "aws/x"]], "removals": ["../victim"]}))
    said = json.loads(program("recover", lake / "lake").stdout or '{"ok": false}')
    assert not said["ok"]
    assert (lake / "victim").read_text() == "precious"


@pytest.mark.parametrize("holder, said", [("4242\n", "another ingest (process 4242) is writing to"),
                                          ("", "another ingest is writing to")], ids=["named", "nameless"])
def test_second_writer_is_told(lake, holder, said):
    """Also where the writer never says who it is: it is not waited for without end."""
    with open(lake / "lake" / ".lock", "w") as lock:
        lock.write(holder)
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        report = ingest(lake / "lake", lake / "new", ok=False)
    assert report["kind"] == "UnavailableError" and said in report["message"]


def test_interrupt(lake):
    """Stopped at 60 moments: the lake as before or as after. How soon it is back is measured by make bench."""
    before = uids(lake / "lake")
    after = sorted(before + [f"id-{i}" for i in range(1000, 4000)])
    stopped = 0
    for ms in range(0, 300, 5):
        subprocess.run(["rm", "-rf", lake / "work"], check=True)
        subprocess.run(["cp", "-r", lake / "lake", lake / "work"], check=True)
        said = json.loads(program("interrupt", ms, lake / "work", lake / "new").stdout)
        assert said["ok"] or said["kind"] == "Interrupted", said
        stopped += not said["ok"]
        now, _ = state_of(lake / "work")
        assert now == (after if said["ok"] or "too late" in said["message"] else before)
    assert stopped


SHIM = ROOT / "tests" / "shim" / "enospc.c"


@pytest.mark.skipif(not SHIM.exists(), reason="tests/shim/enospc.c is not there")
def test_full_disk(lake, tmp_path):
    """Every write fails after some bytes: an error with a hint, and the lake as it was."""
    shim = tmp_path / "enospc.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, SHIM, "-ldl"], check=True)
    before = uids(lake / "lake")
    for after_bytes in (0, 5000, 60000):
        report = ingest(lake / "lake", lake / "new", ok=False,
                        env=dict(os.environ, LD_PRELOAD=str(shim), ENOSPC_AFTER=str(after_bytes), ENOSPC_PATH=str(lake / "lake")))
        assert report["kind"] == "IoError" and report["hint"], report
        assert state_of(lake / "lake")[0] == before
    assert ingest(lake / "lake", lake / "new")["rows"] == 3000
