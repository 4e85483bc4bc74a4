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
