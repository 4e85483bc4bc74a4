"""Every question over real logs and over the training incident; answers against a scan of the raw JSON in Python."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "notebooks"))
import scan  # noqa: E402

COFFERDAM = os.environ["COFFERDAM"]
RAW = pathlib.Path(os.environ.get("SHARED") or ".", "data", "raw")
KEY = "AKIA3Z2XBVUDFQ9TU4MD"


class Kernel:
    def __init__(self, folder):
        self.manager, self.client = start_new_kernel(kernel_name="cofferdam", cwd=str(folder))

    def run(self, code):
        """The reply, and all text/plain shown."""
        shown = []

        def keep(message):
            content = message["content"]
            if "data" in content:
                shown.append(content["data"].get("text/plain", ""))
            elif message["msg_type"] == "stream":
                shown.append(content["text"])
        reply = self.client.execute_interactive(code, timeout=120, output_hook=keep)
        return reply["content"], "\n".join(shown)

    def ok(self, code):
        reply, shown = self.run(code)
        assert reply["status"] == "ok", (code, reply.get("evalue"))
        return shown

    def rows(self, code):
        """How many rows the caption of the last table says there are."""
        found = re.findall(r"(?m)^(?:showing [\d,]+ of )?([\d,]+) rows?\b|^(no rows)", self.ok(code))
        assert found, code
        return 0 if found[-1][1] else int(found[-1][0].replace(",", ""))

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    subprocess.run([COFFERDAM, "example", "sec318", "--into", str(folder / "logs")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([COFFERDAM, "ingest", str(folder / "logs"), "--into", str(folder / "lake")], check=True, stdout=subprocess.DEVNULL)
    kernel = Kernel(folder)
    kernel.ok("%lake open lake")
    kernel.truth = json.loads((folder / "logs" / "truth.json").read_text())
    kernel.events = list(scan.read(folder / "logs"))
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    if not RAW.is_dir():
        pytest.skip("needs ../shared/data")
    folder = tmp_path_factory.mktemp("real")
    subprocess.run([COFFERDAM, "ingest", str(RAW), "--into", str(folder / "lake")], check=True, stdout=subprocess.DEVNULL)
    kernel = Kernel(folder)
    kernel.ok("%lake open lake")
    yield kernel
    kernel.close()


def questions(kernel):
    listed = kernel.ok("%cloudtrail")
    return re.findall(r"(?m)^([a-z0-9-]+) +(Q\d+\w?)", listed)


def test_the_list_is_whole(training):
    ids = {number for _, number in questions(training)}
    wanted = {"Q%02d" % n for n in list(range(1, 26)) + [29, 30, 31, 34, 35, 36, 40, 41]}
    assert wanted <= ids, sorted(wanted - ids)


TARGETS = {"key": KEY, "user": "Level6", "role": "arn:aws:iam::111122223333:role/Admin", "address": "205.8.181.128", "instance": "i-0abcdef1234567890",
           "bucket": "flaws.cloud", "event": "08d5f168-7650-4175-9675-6482dea8c44b", "parent": KEY, "lineage": KEY, "profile": KEY, "children": KEY,
           "new-places": KEY, "impact": KEY}


def test_every_question_over_real_logs(real):
    for name, _ in questions(real):
        shown = real.ok("%%cloudtrail %s %s --limit 5" % (name, TARGETS.get(name, "")))
        assert "rows" in shown or "row" in shown or "seen" in shown, (name, shown)


def test_every_question_over_the_training_incident(training):
    training.ok("%%trace %s --into family" % training.truth["key"])
    for name, _ in questions(training):
        if name in ("key", "user", "role", "address", "instance", "bucket", "event", "parent", "lineage", "root", "coverage", "duplicates"):
            continue
        shown = training.ok("%%cloudtrail %s --family family --limit 5" % name)
        assert "row" in shown or "seen" in shown, (name, shown)


def test_counts_agree_with_the_raw_events(training):
    events, key = training.events, training.truth["key"]
    management = [e for e in events if e["managementEvent"]]
    by_key = [e for e in management if e["userIdentity"].get("accessKeyId") == key]
    assert training.rows("%%cloudtrail key %s" % key) == len(by_key)
    address = training.truth["addresses"][0]
    assert training.rows("%%cloudtrail address %s" % address) == sum(e["sourceIPAddress"] == address for e in management)
    assert training.rows("%%cloudtrail address %s/32" % address) == sum(e["sourceIPAddress"] == address for e in management)
    logins = [e for e in management if e["eventName"] in ("ConsoleLogin", "SwitchRole", "CheckMfa")]
    assert training.rows("%cloudtrail logins") == len(logins)
    quarantine = [e for e in management if "AWSCompromisedKeyQuarantine" in str((e.get("requestParameters") or {}).get("policyArn"))]
    assert training.rows("%cloudtrail quarantine") == len(quarantine) == 2
    profile = collections.Counter((e["sourceIPAddress"], e["userAgent"]) for e in by_key)
    assert training.rows("%%cloudtrail profile %s" % key) == len(profile)
    instances = [i for e in management if e["eventName"] == "RunInstances" and not e.get("errorCode") for i in e["responseElements"]["instancesSet"]["items"]]
    assert training.rows("%cloudtrail instances") == len(instances)
    event = by_key[0]["eventID"]
    assert training.rows("%%cloudtrail event %s" % event) == 1
    since, until = "2026-03-06T00:00:00Z", "2026-03-07T00:00:00Z"
    inside = [e for e in by_key if since <= e["eventTime"] < until]
    assert training.rows("%%cloudtrail key %s --since %s --until %s" % (key, since, until)) == len(inside)


def test_no_rows_is_explained(training):
    assert "it did not happen" in training.ok("%cloudtrail key AKIAIOSFODNN7EXAMPLE")
    assert "cannot be seen" in training.ok("%cloudtrail key AKIAIOSFODNN7EXAMPLE --since 2030-01-01")
    assert "cannot be seen" in training.ok("%cloudtrail findings")
    assert "part of the window cannot be seen" in training.ok("%cloudtrail key AKIAIOSFODNN7EXAMPLE --since 2020-01-01")


@pytest.mark.parametrize("code,words,hint", [
    ("%cloudtrail keys AKIAIOSFODNN7EXAMPLE", 'no question "keys"', "%cloudtrail key"),
    ("%cloudtrail key AIDACKCEVSQ6C2EXAMPLE", "is a user id, not an access key", "%cloudtrail user"),
    ("%cloudtrail key", "asks about an access key", "%cloudtrail key AKIA"),
    ("%cloudtrail address 300.1.2.3", "does not look like", "198.51.100.7"),
    ("%cloudtrail root alice", "takes no target", "--since"),
    ("%cloudtrail key AKIAIOSFODNN7EXAMPLE --since yesterdayish", "takes a time", "24h"),
    ("%cloudtrial", "unknown magic", "%cloudtrail"),
    ("%cloudtrail key AKIAIOSFODNN7EXAMPLE --sinse 24h", "unknown option", "--since"),
    ("SELECT * FROM findings", "findings does not exist", ""),
    ("%lake open nowhere", "no folder", "%lake ingest"),
    ("SELECT :nobody", "no parameter :nobody", "nobody = "),
    ("x = SELECT", "literal", "literal"),
])
def test_mistakes_are_answered(training, code, words, hint):
    reply, _ = training.run(code)
    assert reply["status"] == "error"
    said = reply["evalue"] + "\n" + "\n".join(reply["traceback"])
    assert words in said and hint in said, said
    assert training.ok("%echo alive").strip() == "alive"


def test_official_lake_and_plain_folders(training, tmp_path):
    official = RAW.parent / "asl_parquet_aws_official"
    if not official.is_dir():
        pytest.skip("needs ../shared/data")
    kernel = Kernel(tmp_path)
    try:
        kernel.ok('%%lake open "%s"' % official)
        assert kernel.rows("SELECT * FROM cloudtrail") == 14
        assert kernel.rows("SELECT * FROM vpc_flow") == 3 and kernel.rows("SELECT * FROM route53") == 3 and kernel.rows("SELECT * FROM findings") == 3
        # version 1's principal id and ARN stand under version 2's names
        assert kernel.rows("SELECT * FROM cloudtrail WHERE actor.\"user\".uid LIKE 'arn:%'") > 0
        assert "arn:" not in kernel.ok("SELECT DISTINCT actor.\"user\".uid_alt AS principal FROM cloudtrail")
        assert kernel.rows("%cloudtrail escalation") > 0
        (tmp_path / "plain").mkdir()
        (tmp_path / "plain" / "people.csv").write_text("name,age\nann,1\nbob,2\n")
        (tmp_path / "plain" / "notes.json").write_text('[{"a": 1}, {"a": 2}, {"a": 3}]')
        (tmp_path / "plain" / "half.parquet").write_bytes(b"PAR1 and then nothing more at all")
        shown = kernel.ok("%lake open plain")
        assert "half.parquet" in shown and "footer" in shown
        assert kernel.rows("SELECT * FROM people") == 2 and kernel.rows("SELECT * FROM notes") == 3
    finally:
        kernel.close()


def test_two_lakes_are_united(tmp_path):
    for seed in (1, 2):
        subprocess.run([COFFERDAM, "example", "sec318", "--into", str(tmp_path / ("logs%d" % seed)), "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([COFFERDAM, "ingest", str(tmp_path / ("logs%d" % seed)), "--into", str(tmp_path / ("lake%d" % seed))], check=True, stdout=subprocess.DEVNULL)
    kernel = Kernel(tmp_path)
    table = 'amazon_security_lake_glue_db_us_east_1."amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0"'
    try:
        counts = []
        for lakes in (("lake1",), ("lake1", "lake2")):
            for lake in lakes:
                kernel.ok("%%lake open %s" % lake)
            counts.append((kernel.rows("%sql --limit 1 SELECT metadata.uid FROM cloudtrail"), kernel.rows("%%sql --limit 1 SELECT metadata.uid FROM %s" % table)))
        logs = {seed: [e for e in scan.read(tmp_path / ("logs%d" % seed)) if e["managementEvent"]] for seed in (1, 2)}
        of_region = {seed: sum(e["awsRegion"] == "us-east-1" for e in logs[seed]) for seed in (1, 2)}
        assert counts == [(len(logs[1]), of_region[1]), (len(logs[1]) + len(logs[2]), of_region[1] + of_region[2])]
    finally:
        kernel.close()


def test_examples_of_every_magic_run(training, tmp_path):
    """The examples that help shows are cells that work, over the open lake."""
    listing = subprocess.run([COFFERDAM, "magics"], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"`%([a-z-]+)`", listing)
    assert len(names) >= 12
    reply, shown = training.run("%help cloudtrail")
    assert reply["status"] == "ok"
    examples = {"cloudtrail": ["%cloudtrail", "%cloudtrail log-tampering", "%cloudtrail coverage --limit 5"],
                "lake": ["%lake tables", "%lake check"], "trace": ["%trace AKIAIOSFODNN7EXAMPLE"],
                "chart": ["SELECT CAST(time_dt AS DATE) AS day, count(*) AS events FROM cloudtrail GROUP BY 1 ORDER BY 1;\n%chart bar --x day --y events"],
                "timeline": ["%cloudtrail log-tampering --into tampering\n%timeline tampering --lane operation"],
                "sql": ['%%sql --into busy --limit 5\nSELECT actor."user"."name" AS who, count(*) AS calls FROM cloudtrail GROUP BY 1 ORDER BY calls DESC'],
                "local": ["%local SELECT count(*) AS events FROM cloudtrail"]}
    for name in names:
        help_text = training.ok("%%help %s" % name)
        for code in examples.get(name, []):
            for line in code.splitlines():
                assert line.strip() in help_text or line.strip() in help_text.replace("[:]", ":"), (name, line)
            training.ok(code)
