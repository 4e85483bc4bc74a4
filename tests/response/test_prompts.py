"""Two prompts of one kernel: what they change in AWS, they change one after the other."""
import jupyter_client
import jupyter_client.session

from acting import ADMIN, Responder, works
from test_race import Meanwhile, enforced, slow  # noqa: F401


class Subshell:
    """A prompt of its own, of a front end of its own."""

    def __init__(self, kernel):
        self.client = jupyter_client.BlockingKernelClient()
        self.client.load_connection_info(kernel.manager.get_connection_info())
        self.client.session = jupyter_client.session.Session(key=kernel.manager.session.key)
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)
        self.id = self.ask(self.client.control_channel, "create_subshell_request", {})["subshell_id"]

    def ask(self, channel, kind, content, id=None):
        message = self.client.session.msg(kind, content)
        message["header"]["subshell_id"] = id
        channel.send(message)
        while True:
            reply = channel.get_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"]

    def run(self, code):
        return self.ask(self.client.shell_channel, "execute_request", {"code": code, "silent": False, "allow_stdin": False}, self.id)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()


def test_changes_come_one_at_a_time(cloud, tmp_path, slow):  # noqa: F811
    first, second = cloud.user("first-thief", ADMIN), cloud.user("second-thief", ADMIN)
    replies = []
    with Responder(tmp_path, cloud.environment(), rate="10") as kernel, Subshell(kernel) as prompt:
        _, yes = kernel.plan("%contain " + first["access_key_id"])
        _, other = kernel.plan("%contain " + second["access_key_id"])
        with Meanwhile(cloud, "PutUserPolicy", lambda: replies.append(prompt.run(other))):
            kernel.ok(yes)
        assert replies[0]["status"] == "error" and "another prompt of this case is changing things" in replies[0]["evalue"], replies
        assert works(cloud, second)                                  # nothing of it was done
        reply = prompt.run(other)
        assert reply["status"] == "ok", reply
        enforced(cloud)
        assert not works(cloud, first) and not works(cloud, second)
        kernels = [entry["content"].get("subshell") for entry in kernel.ledger("kernel")]
        assert kernels == [None, prompt.id]
        assert {entry["kernel"] for entry in kernel.ledger("intent")} == {entry["kernel"] for entry in kernel.ledger("kernel")}
        assert "Every entry is as it was written" in kernel.ok("%record verify")
