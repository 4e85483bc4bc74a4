"""Bad input to a whole kernel: one clear error or none, nothing hostile in any output, the kernel alive, nothing lost."""
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest
from jupyter_client.manager import start_new_kernel

COFFERDAM = os.path.abspath(os.environ["COFFERDAM"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = "AKIAIOSFODNN7EXAMPLE"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def hostile():
    """The strings of tests/corpus/hostile.txt that JSON can carry, short enough for a name."""
    for line in (ROOT / "tests/corpus/hostile.txt").read_text(encoding="utf-8").splitlines():
        if not line or line[0] == "#" or r"\x" in line:
            continue
        text = json.loads(line[:line.rindex('"') + 1])
        if 0 < len(text) < 2000 and not any("\ud800" <= c <= "\udfff" for c in text):
            yield text


def event(number, **more):
    base = {"eventVersion": "1.08", "eventTime": "2026-03-01T%02d:%02d:%02dZ" % (number // 3600, number // 60 % 60, number % 60),
            "eventSource": "iam.amazonaws.com", "eventName": "GetUser", "awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.7",
            "eventID": "id-%d" % number, "recipientAccountId": "111122223333", "managementEvent": True, "userAgent": "aws-cli",
            "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": "111122223333", "accessKeyId": KEY}}
    return dict(base, **more)


def write_logs(folder, events):
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(json.dumps({"Records": list(events)}))


class Kernel:
    def __init__(self, folder, **more):
        self.folder = folder
        self.manager, self.client = start_new_kernel(kernel_name="cofferdam", cwd=str(folder), **more)

    def run(self, code, interrupt_after_busy=False):
        """The reply and the bundles; text of streams as a bundle of text/plain."""
        shown = []

        def keep(message):
            content = message["content"]
            if "data" in content:
                shown.append(content["data"])
            elif message["msg_type"] == "stream":
                shown.append({"text/plain": content["text"]})
            elif message["msg_type"] == "execute_input" and interrupt_after_busy:
                self.manager.interrupt_kernel()
        reply = self.client.execute_interactive(code, timeout=60, output_hook=keep)
        return reply["content"], shown

    def ok(self, code):
        reply, shown = self.run(code)
        assert reply["status"] == "ok", (code, reply.get("evalue"))
        return shown

    def text(self, code):
        return "\n".join(bundle.get("text/plain", "") for bundle in self.ok(code))

    def fails(self, code):
        """What the one error says, its hint included; the next cell runs."""
        reply, _ = self.run(code)
        assert reply["status"] == "error", code
        assert "alive" in self.text("%echo alive")
        return "\n".join([reply["evalue"]] + reply["traceback"])

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path):
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A lake whose every name was written by an attacker."""
    folder = tmp_path_factory.mktemp("attacked")
    texts = list(hostile())
    assert len(texts) >= 150
    write_logs(folder / "logs", [event(i, userAgent=text, errorMessage=text, eventName="CreateAccessKey" if i % 2 else "GetUser",
                                       requestParameters={"userName": text, text[:200]: text}, responseElements={"accessKey": {
                                           "accessKeyId": "AKIAI44QH8DHBEXAMPLE", "userName": text}} if i % 2 else None,
                                       userIdentity={"type": "IAMUser", "userName": text, "accountId": "111122223333", "accessKeyId": KEY})
                                 for i, text in enumerate(texts)])
    subprocess.run([COFFERDAM, "ingest", "logs", "--into", "lake"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    kernel = Kernel(folder)
    kernel.ok("%lake open lake")
    kernel.ok("%sql --into names --limit 1000 SELECT http_request.user_agent AS agent, actor.user.name AS name, time_dt AS t, 1 AS n FROM cloudtrail")
    yield kernel
    kernel.close()


def check_bundle(bundle):
    for mime, data in bundle.items():
        if mime.startswith("image/"):
            continue
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        assert not CONTROL.search(text), (mime, CONTROL.search(text), text[:300])
        if mime == "text/html":
            found = re.search(r"(?i)<\s*/?(script|img|svg|iframe|style|link|meta|base|form|object|embed|a)\b", text)
            assert not found, (found, text[max(0, found.start() - 80):found.end() + 80])
        if mime == "text/markdown":
            text = re.sub(r"(?m)^    .*$", "", text)  # a code block
            found = re.search(r"(?<!\\)\]\((?!\\)|(?i:<(script|img|svg|iframe))", text)
            assert not found, text[max(0, found.start() - 80):found.end() + 80]


@pytest.mark.parametrize("code", [
    "%sql --limit 1000 SELECT http_request.user_agent, actor.user.name, api.response.message, api.request.data FROM cloudtrail",
    "SELECT * FROM cloudtrail LIMIT 20",
    "SELECT [agent, name] AS l, {'a': agent} AS s, map([agent], [name]) AS m FROM names",
    "%%cloudtrail key %s --limit 1000" % KEY, "%%cloudtrail profile %s --limit 1000" % KEY, "%cloudtrail parent AKIAI44QH8DHBEXAMPLE",
    "%%trace %s" % KEY, "%chart bar names --x agent --y n", "%timeline names --time t --lane agent --label name", "%show names 3 agent"])
def test_nothing_hostile_in_any_output(attacked, code):
    reply, shown = attacked.run(code)
    assert reply["status"] == "ok", reply.get("traceback")
    assert shown
    for bundle in shown:
        check_bundle(bundle)


def test_nothing_hostile_in_a_note(attacked):
    for row, _ in enumerate(hostile(), 1):
        for bundle in attacked.ok("%%note agent {names.%d.agent}" % row):
            check_bundle(bundle)


@pytest.fixture
def lake(tmp_path):
    write_logs(tmp_path / "logs", (event(i) for i in range(500)))
    subprocess.run([COFFERDAM, "ingest", "logs", "--into", "lake"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    return tmp_path / "lake"


def restarted(kernel):
    os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=30)


def test_killed_and_restarted(lake, kernel):
    """The lake and the kept results are there again."""
    kernel.ok("%lake open lake")
    kernel.ok("%sql --into kept SELECT count(*) AS n FROM cloudtrail")
    restarted(kernel)
    assert "500" in kernel.text("SELECT * FROM kept")
    assert "500" in kernel.text("SELECT count(*) FROM cloudtrail")


def test_killed_and_the_lake_is_gone(lake, kernel):
    """One line says what was lost; the kept result is there."""
    kernel.ok("%lake open lake")
    kernel.ok("%sql --into kept SELECT count(*) AS n FROM cloudtrail")
    lake.rename(lake.parent / "elsewhere")
    restarted(kernel)
    shown = kernel.text("SELECT * FROM kept")
    assert "500" in shown
    assert len([line for line in shown.splitlines() if "lake" in line]) == 1, shown
    assert "cloudtrail" in kernel.fails("SELECT count(*) FROM cloudtrail")


@pytest.mark.parametrize("code", ["%lake open lake", "%%trace %s" % KEY, "%lake check"])
def test_interrupted(lake, kernel, code):
    """Done or interrupted, never anything else; the same cell works afterwards."""
    if "open" not in code:
        kernel.ok("%lake open lake")
    for _ in range(5):
        reply, _ = kernel.run(code, interrupt_after_busy=True)
        assert reply["status"] == "ok" or "nterrupt" in reply["ename"], reply
    kernel.ok(code)
    assert "500" in kernel.text("SELECT count(*) FROM cloudtrail")


def test_without_libduckdb(tmp_path):
    kernel = Kernel(tmp_path, env=dict(os.environ, DUCKDB_LIB=str(tmp_path / "none.so")))
    try:
        said = kernel.fails("SELECT 1")
        assert "libduckdb" in said and "DUCKDB_LIB" in said
        assert "echo" in kernel.text("%help")
    finally:
        kernel.close()


def test_parquet_cut_in_half_inside_a_lake(lake, kernel):
    victim = next(lake.rglob("*.parquet"))
    os.truncate(victim, victim.stat().st_size // 2)
    reply, shown = kernel.run("%lake open lake")
    said = json.dumps([reply, shown])
    if reply["status"] == "ok" and victim.name not in said:
        said = kernel.fails("SELECT count(*) FROM cloudtrail")
    assert victim.name in said or victim.name[:12] in said, said
    assert "alive" in kernel.text("%echo alive")


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_full_disk_during_save(tmp_path, kind):
    """An error with a hint; what was saved before is as it was, and nothing half stays."""
    shim, full = tmp_path / "enospc.so", tmp_path / "full"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, ROOT / "tests/shim/enospc.c", "-ldl"], check=True)
    full.mkdir()
    before = full / ("out." + kind)
    before.write_text("precious")
    kernel = Kernel(tmp_path, env=dict(os.environ, LD_PRELOAD=str(shim), ENOSPC_AFTER="5000",
                                        ENOSPC_PATH=str(tmp_path / ".cofferdam/export" if kind == "parquet" else full)))  # where it is written first
    try:
        said = kernel.fails("%%sql --save %s SELECT i, md5(i::VARCHAR) AS h FROM range(100000) t(i)" % before)
        assert "space" in said, said
        assert [path.name for path in full.iterdir()] in ([], [before.name])
        assert not before.exists() or before.read_text() == "precious"
    finally:
        kernel.close()


def test_full_disk_for_the_results_file(tmp_path):
    shim = tmp_path / "enospc.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, ROOT / "tests/shim/enospc.c", "-ldl"], check=True)
    kernel = Kernel(tmp_path, env=dict(os.environ, LD_PRELOAD=str(shim), ENOSPC_AFTER="2000000", ENOSPC_PATH=str(tmp_path / ".cofferdam")))
    try:
        kernel.ok("%sql --into small SELECT 7 AS n")
        said = kernel.fails("%sql --into large SELECT i, md5(i::VARCHAR) AS h FROM range(1000000) t(i)")
        assert "No space left" in said and "The disk is full" in said and "results.duckdb" in said, said
        assert "alive" in kernel.text("%echo alive")
        assert "7" in kernel.text("SELECT * FROM small")
        assert "42" in kernel.text("SELECT 42 AS n")
        assert "large" in kernel.fails("SELECT * FROM large")
    finally:
        kernel.close()


def test_full_disk_while_spilling(tmp_path):
    """A query that needs more than memory and disk: one error with a hint; the next query runs, what was kept is there."""
    shim = tmp_path / "enospc.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, ROOT / "tests/shim/enospc.c", "-ldl"], check=True)
    kernel = Kernel(tmp_path, env=dict(os.environ, LD_PRELOAD=str(shim), ENOSPC_AFTER="1000000", ENOSPC_PATH=str(tmp_path / ".cofferdam/spill")))
    try:
        kernel.ok("%set memory 256MB")
        kernel.ok("%sql --into small SELECT 7 AS n")
        said = kernel.fails("SELECT count(*) FROM (SELECT DISTINCT md5(range::VARCHAR) FROM range(20000000))")
        assert "No space left" in said and "The disk is full" in said and "spill" in said, said
        assert "7" in kernel.text("SELECT * FROM small")
        assert "42" in kernel.text("SELECT 42 AS n")
    finally:
        kernel.close()


def test_memory_and_threads_do_not_grow(kernel):
    """Cells that keep no result; a kept one is a table of the results file."""
    if os.environ.get("SANITIZE"):
        pytest.skip("sanitizers keep what was freed")
    def held():
        status = pathlib.Path("/proc/%d/status" % kernel.manager.provisioner.pid).read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]), int(re.search(r"Threads:\s+(\d+)", status)[1])

    def hundred():
        for i in range(50):
            kernel.ok("x = %d\n%%echo {x}" % i)
            kernel.run("SELECT nope FROM range(%d)" % i)
        return held()
    first, threads = hundred()
    for _ in range(3):
        last, now = hundred()
    assert now <= threads
    assert last < first + 4 * 1024, (first, last)
