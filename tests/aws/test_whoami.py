"""%whoami in a real kernel: who, from where, until when; errors an analyst can act on; and no secret anywhere, nor in memory when it is done with."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

from notebook import Kernel  # noqa: E402


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        made.role("IR", trust="*")
        made.second = made.user("second")
        yield made


def start(cloud, tmp_path, config="", **environment):
    folder = tmp_path / ".aws"
    folder.mkdir(exist_ok=True)
    (folder / "config").write_text(config)
    second = cloud.second
    (folder / "credentials").write_text("".join("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % (
        name, key["access_key_id"], key["secret_access_key"]) for name, key in (("first", cloud.key), ("second", second))))
    return Kernel(tmp_path, {"AWS_ENDPOINT_URL": cloud.endpoint, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", **environment}), second


def test_who_and_from_where(cloud, tmp_path):
    kernel, _ = start(cloud, tmp_path, AWS_PROFILE="first")
    with kernel:
        status, text = kernel.run("%whoami")
        assert status == "ok"
        for word in ("user analyst", cloud.account, cloud.key["access_key_id"], "profile first in", "never (a long-term key)", "us-east-1"):
            assert word in text
        kernel.run("%note known")
        assert kernel.run("%set profile second")[0] == "ok"
        kernel.run("%note not known yet")
        assert "user second" in kernel.run("%whoami")[1]
        kernel.run("%note another")
        with open(os.path.join(kernel.home, ".cofferdam/ledger.jsonl")) as ledger:
            notes = [entry for entry in map(json.loads, ledger) if entry["kind"] == "note"]
        assert [n["identity"] and n["identity"]["arn"].split("/")[-1] for n in notes] == ["analyst", None, "second"]
        assert notes[0]["server"], "AWS's clock, as of its answer"
        kernel.run("%set region eu-central-1")
        assert "eu-central-1" in kernel.run("%whoami")[1]
        assert kernel.run("%set region Eu;x")[0] == "error"


def test_a_role_asks_for_its_mfa_code(cloud, tmp_path):
    config = "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/IR\nsource_profile = first\nrole_session_name = me\nmfa_serial = %s\n"
    iam = cloud.client("iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="mine")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName="analyst", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
    kernel, _ = start(cloud, tmp_path, config % serial, AWS_PROFILE="r")
    with kernel:
        status, text = kernel.run("%whoami", answer="123456")
        assert status == "ok" and "role IR, session me" in text and " in " in text.split("they end")[1].split("\n")[0]
        assert "six digits" in (kernel.run("%set profile r")[1] + kernel.run("%whoami", answer="no")[1])
        assert kernel.run("1 + 1")[0] in ("ok", "error"), "the kernel lives"


def test_what_is_wrong_is_explained(cloud, tmp_path):
    kernel, _ = start(cloud, tmp_path, AWS_PROFILE="gone")
    with kernel:
        status, text = kernel.run("%whoami")
        assert status == "error" and "there is no profile gone" in text and "%set profile" in text
        kernel.run("%set profile first")
        cloud.faults({"service": "sts", "operation": "GetCallerIdentity", "times": 9, "kind": "html"})
        status, text = kernel.run("%whoami")
        cloud.faults()
        assert status == "error" and "<html" not in text.lower()
        assert kernel.run("%whoami")[0] == "ok"


def test_a_stop_ends_it(cloud, tmp_path):
    kernel, _ = start(cloud, tmp_path, AWS_PROFILE="first")
    with kernel:
        cloud.forget()
        cloud.faults({"service": "sts", "operation": "GetCallerIdentity", "times": 9, "kind": "slow", "ms": 20000})
        kernel.client.execute("%whoami")
        while kernel.client.get_iopub_msg(timeout=20)["msg_type"] != "execute_input":
            pass
        kernel.manager.interrupt_kernel()
        reply = kernel.client.get_shell_msg(timeout=20)
        while reply["msg_type"] != "execute_reply":
            reply = kernel.client.get_shell_msg(timeout=20)
        cloud.faults()
        assert reply["content"]["status"] == "error" and reply["content"]["ename"] == "Interrupted"


def test_no_secret_is_shown_or_kept(cloud, tmp_path):
    """Neither in any message, nor in the process's memory after a change of profile."""
    kernel, second = start(cloud, tmp_path, AWS_PROFILE="first")
    secret = cloud.key["secret_access_key"]
    with kernel:
        assert kernel.run("%whoami")[0] == "ok"
        assert secret.encode() in kernel.memory(), "the search finds what is there"
        (tmp_path / ".aws/credentials").write_text("[second]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % (
            second["access_key_id"], second["secret_access_key"]))
        kernel.run("%set profile second")
        memory = kernel.memory()
        assert kernel.run("%whoami")[0] == "ok"
        said = json.dumps(kernel.messages, default=str)
        with open("/proc/%d/limits" % kernel.manager.provisioner.pid) as limits:
            core = next(line for line in limits if line.startswith("Max core file size"))
        with open("/proc/%d/cmdline" % kernel.manager.provisioner.pid, "rb") as words:
            arguments = words.read()
        kept = b"".join(path.read_bytes() for path in (tmp_path / ".cofferdam").rglob("*") if path.is_file())
    assert b"Who asks AWS" in kept, "the journal was looked at"
    assert core.split()[4:6] == ["0", "0"], "a dump would hold secrets"
    for at in range(0, len(secret) - 16, 8):  # a part of it would be found as well: what is freed is overwritten at its start
        assert memory.count(secret[at:at + 16].encode()) == 0
    for one in (secret, second["secret_access_key"]):
        assert one not in said and one.encode() not in kept and one.encode() not in arguments
