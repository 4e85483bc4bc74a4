"""The training incident is found whole: by the kernel's %trace, by an independent scan of the raw JSON, and as the instructor knows it."""
import csv
import hashlib
import json
import os
import pathlib
import subprocess

import pytest
from jupyter_client.manager import start_new_kernel

import scan

COFFERDAM = os.environ["COFFERDAM"]
SHARED = os.environ.get("SHARED", "")
FIELDS = ("kind", "id", "parent", "deleted_by", "deleted_event", "calls", "failed")


def write_example(folder, seed, scale=1):
    subprocess.run([COFFERDAM, "example", "sec318", "--into", str(folder), "--seed", str(seed), "--scale", str(scale)], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "truth.json").read_text())


def ingest(source, lake):
    subprocess.run([COFFERDAM, "ingest", str(source), "--into", str(lake)], check=True, stdout=subprocess.DEVNULL)


def trace(folder, lake, key):
    """The rows of %trace, saved by the kernel as CSV."""
    manager, client = start_new_kernel(kernel_name="cofferdam", cwd=str(folder))
    try:
        for code in (f'%lake open "{lake}"', f"%trace {key} --into family", "%sql --save family.csv SELECT * FROM family"):
            reply = client.execute_interactive(code, timeout=120, output_hook=lambda message: None)
            assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    rows = list(csv.DictReader(open(folder / "family.csv", newline="", encoding="utf-8")))
    return [{name: (int(row[name]) if name in ("calls", "failed") else row[name]) if row[name] != "" else None for name in FIELDS} for row in rows]


def comparable(members):
    rows = [{name: member.get(name) for name in FIELDS} for member in members]
    return sorted(rows, key=lambda row: (row["kind"], row["id"]))


@pytest.mark.parametrize("seed,scale", [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (1, 3)])
def test_the_whole_truth(tmp_path, seed, scale):
    truth = write_example(tmp_path / "logs", seed, scale)
    expected = comparable(truth["members"])
    assert len(expected) >= 18
    assert comparable(scan.scan(tmp_path / "logs", truth["key"])) == expected
    ingest(tmp_path / "logs", tmp_path / "lake")
    found = comparable(trace(tmp_path, tmp_path / "lake", truth["key"]))
    assert found == expected
    ids = {row["id"] for row in found}
    assert truth["innocent"]["key"] not in ids and truth["innocent"]["new_key"] not in ids


def tree_hash(folder):
    digest = hashlib.sha256()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_same_seed_same_bytes(tmp_path):
    write_example(tmp_path / "a", 7)
    write_example(tmp_path / "b", 7)
    write_example(tmp_path / "c", 8)
    assert tree_hash(tmp_path / "a") == tree_hash(tmp_path / "b") != tree_hash(tmp_path / "c")


def test_an_ordinary_company(tmp_path):
    write_example(tmp_path / "logs", 1)
    events = list(scan.read(tmp_path / "logs"))
    assert len(events) >= 60000
    assert len({event["recipientAccountId"] for event in events}) == 4
    days = {event["eventTime"][:10] for event in events}
    assert len(days) == 8
    people = {event["userIdentity"].get("principalId", "").split(":")[0] for event in events}
    assert len(people) >= 60
    names = {event["eventName"] for event in events}
    assert {"AttachUserPolicy", "DetachUserPolicy", "RefreshTrustedAdvisorCheck", "DeleteAccessKey", "RunInstances", "GetFederationToken"} <= names


def test_refuses_a_folder_with_logs(tmp_path):
    write_example(tmp_path / "logs", 1)
    again = subprocess.run([COFFERDAM, "example", "sec318", "--into", str(tmp_path / "logs")], capture_output=True, text=True)
    assert again.returncode != 0 and "already holds logs" in again.stderr


@pytest.mark.parametrize("folder,key", [("umccr_flaws_cloud", "AKIA3Z2XBVUDFQ9TU4MD"), ("stratus_red_team", "AKIA6V1GNZTT65XQH36M")])
def test_real_logs(tmp_path, folder, key):
    source = pathlib.Path(SHARED, "data", "raw", folder) if SHARED else None
    if not source or not source.is_dir():
        pytest.skip("needs ../shared/data")
    ingest(source, tmp_path / "lake")
    expected = comparable(scan.scan(source, key))
    assert expected[0]["calls"] > 0 or len(expected) > 1
    assert comparable(trace(tmp_path, tmp_path / "lake", key)) == expected
