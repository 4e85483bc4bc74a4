"""The protocol as a table: one row a message, run over every way to reach a kernel. Then the same messages broken."""
import os
import random
import unittest

import zmq

from wire_client import DELIMITER, PATIENCE, Client, KernelCase, words

WAYS = {
    "tcp": {},
    "ipc": {"transport": "ipc"},
    "handshake": {"handshake": True},
    "CURVE": {"curve": True},
    "CURVE over ipc": {"curve": True, "transport": "ipc"},
    "CURVE by handshake": {"curve": True, "handshake": True},
}
ANY = object()
SHELL, CONTROL, BOTH = ("shell",), ("control",), ("shell", "control")


class Row:
    """A request, on which channels, its reply with some of its members (None: there is none), what iopub says of it.

    MADE stands for the id of the subshell that was made last.
    """

    def __init__(self, channels, kind, content, reply, published=("busy", "idle"), members=None, header=None):
        self.header = header or {}
        self.channels, self.kind, self.content, self.reply, self.published = channels, kind, content, reply, list(published)
        self.members = {"status": "ok"} if members is None else members


def run(code, published, channels=SHELL, members=None, header=None, **options):
    return Row(channels, "execute_request", dict({"code": code}, **options), "execute_reply", ["busy"] + published + ["idle"], members, header)


ROWS = (
    # shell (S1 to S10) and what control takes as well (C3, C9)
    run("%echo hello", ["execute_input", "hello\n"], members={"status": "ok", "execution_count": ANY, "payload": [], "user_expressions": {}}),
    run("%echo quiet", [], silent=True),
    run("%echo unstored", ["execute_input", "unstored\n"], store_history=False),
    run("", ["execute_input"]),
    run("%nosuch", ["execute_input", "error"], members={"status": "error", "ename": "UsageError", "evalue": ANY, "traceback": ANY, "execution_count": ANY}),
    run("x = 1", ["execute_input"], user_expressions={"x": "x"}, members={"user_expressions": {"x": {"status": "ok", "data": {"text/plain": "1"}, "metadata": {}}}}),
    run("SELECT 1 AS n", ["execute_input", "execute_result"]),
    run("%note a", ["execute_input", "display_data"]),
    run("%echo --clear a", ["execute_input", "clear_output", "a\n"]),
    run("%echo?", ["execute_input"], members={"status": "ok", "payload": ANY}),
    run("%echo --ask 'name? '", ["execute_input", "error"], allow_stdin=False, members={"status": "error", "ename": "UnavailableError"}),
    Row(BOTH, "inspect_request", {"code": "%echo", "cursor_pos": 3, "detail_level": 1}, "inspect_reply", members={"status": "ok", "found": True, "data": ANY, "metadata": ANY}),
    Row(BOTH, "inspect_request", {"code": "nothing_of_that_name", "cursor_pos": 3}, "inspect_reply", members={"status": "ok", "found": False}),
    Row(BOTH, "complete_request", {"code": "%ech", "cursor_pos": 4}, "complete_reply", members={"status": "ok", "matches": ["%echo"], "cursor_start": 0, "cursor_end": 4, "metadata": ANY}),
    Row(BOTH, "history_request", {"hist_access_type": "tail", "n": 1, "output": False, "raw": True}, "history_reply", members={"status": "ok", "history": ANY}),
    Row(BOTH, "is_complete_request", {"code": "SELECT 1"}, "is_complete_reply", members={"status": "complete", "indent": None}),
    Row(BOTH, "is_complete_request", {"code": "SELECT 'open"}, "is_complete_reply", members={"status": "incomplete", "indent": ANY}),
    Row(BOTH, "comm_info_request", {"target_name": "x"}, "comm_info_reply", members={"status": "ok", "comms": {}}),
    Row(BOTH, "kernel_info_request", {}, "kernel_info_reply", members={"status": "ok", "protocol_version": "5.6.0", "supported_features": ["kernel subshells"], "language_info": ANY, "banner": ANY}),
    Row(BOTH, "connect_request", {}, "connect_reply", members={"shell_port": ANY, "hb_port": ANY}),
    Row(BOTH, "comm_open", {"comm_id": "c", "target_name": "nobody", "data": {}}, None, ["busy", "comm_close", "idle"]),
    Row(BOTH, "comm_msg", {"comm_id": "unknown", "data": {}}, None),
    Row(BOTH, "comm_close", {"comm_id": "unknown", "data": {}}, None),
    # control (C2, C4 to C8); the debugger is not claimed, so its requests get no reply
    Row(BOTH, "interrupt_request", {}, "interrupt_reply"),
    Row(CONTROL, "usage_request", {}, "usage_reply", members={"hostname": ANY, "pid": ANY, "kernel_cpu": ANY, "kernel_memory": ANY, "host_cpu_percent": ANY, "cpu_count": ANY, "host_virtual_memory": ANY}),
    Row(CONTROL, "list_subshell_request", {}, "list_subshell_reply", members={"status": "ok", "subshell_id": []}),
    Row(CONTROL, "create_subshell_request", {}, "create_subshell_reply", members={"status": "ok", "subshell_id": ANY}),
    Row(CONTROL, "delete_subshell_request", {"subshell_id": "x"}, "delete_subshell_reply", members={"status": "error", "ename": "NotFoundError", "evalue": "there is no subshell x", "traceback": ANY}),
    run("%echo never", ["error"], members={"status": "error", "ename": "NotFoundError", "evalue": "there is no subshell x"}, header={"subshell_id": "x"}),
    run("%echo hello", ["execute_input", "hello\n"], header={"subshell_id": "MADE"}),
    run("%echo --ask 'name? '", ["execute_input", "error"], allow_stdin=False, members={"ename": "UnavailableError"}, header={"subshell_id": "MADE"}),
    Row(BOTH, "complete_request", {"code": "%ech", "cursor_pos": 4}, "complete_reply", members={"matches": ["%echo"]}, header={"subshell_id": "MADE"}),
    Row(SHELL, "complete_request", {"code": "%ech", "cursor_pos": 4}, "complete_reply", members={"status": "error", "ename": "NotFoundError"}, header={"subshell_id": "x"}),
    Row(SHELL, "comm_open", {"comm_id": "c", "target_name": "nobody", "data": {}}, None, header={"subshell_id": "x"}),
    Row(CONTROL, "interrupt_request", {}, "interrupt_reply", header={"subshell_id": "MADE"}),
    Row(CONTROL, "delete_subshell_request", {"subshell_id": "MADE"}, "delete_subshell_reply"),
    Row(CONTROL, "list_subshell_request", {}, "list_subshell_reply", members={"status": "ok", "subshell_id": []}),
    Row(CONTROL, "debug_request", {"type": "request", "command": "initialize"}, None),
    Row(BOTH, "a_request_of_tomorrow", {"unknown": [1]}, None),
)


class TableTest(KernelCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.made = None

    def check(self, client, row, channel):
        sock = getattr(client, channel)
        header, content = ({name: self.made if value == "MADE" else value for name, value in part.items()} for part in (row.header, row.content))
        head = client.send(sock, row.kind, content, header=header)
        published = client.until_idle(head)
        self.assertEqual(words(published), row.published)
        for message in published:
            self.assertEqual(message.parent, head)
        if row.reply:
            reply = client.receive(sock)
            self.assertEqual((reply.type, reply.parent), (row.reply, head))
            self.made = reply.content["subshell_id"] if row.kind == "create_subshell_request" else self.made
            for name, value in row.members.items():
                if value is ANY:
                    self.assertIn(name, reply.content)
                else:
                    self.assertEqual(reply.content.get(name), value, name)
        probe = client.send(sock, "kernel_info_request", {})         # the next message is its reply: there was no other
        self.assertEqual(client.receive(sock).parent, probe)
        client.until_idle(probe)

    def beat(self, client):
        heart = client.connect(zmq.DEALER, "hb_port")
        heart.send_multipart([b"ping", b"", b"\x00\xff"])
        self.assertTrue(heart.poll(PATIENCE * 1000))
        self.assertEqual(heart.recv_multipart(), [b"ping", b"", b"\x00\xff"])

    def ask(self, client):
        head = client.execute("%echo --ask 'name? '", allow_stdin=True)
        question = client.receive(client.stdin)
        self.assertEqual((question.type, question.parent, question.content), ("input_request", head, {"prompt": "name? ", "password": False}))
        client.send(client.stdin, "input_reply", {"value": "Ada"}, parent=question.header)
        self.assertEqual(words(client.until_idle(head)), ["busy", "execute_input", "Ada\n", "idle"])
        client.reply_to(head)

    def test_every_row_over_every_way(self):
        for way, options in WAYS.items():
            kernel = self.start(**options)
            client = self.attach(kernel)                             # welcomed (I9)
            for row in ROWS:
                for channel in row.channels:
                    with self.subTest(way=way, kind=row.kind, content=row.content, channel=channel):
                        self.check(client, row, channel)
            with self.subTest(way=way, kind="heartbeat and stdin"):
                self.beat(client)
                self.ask(client)
            with self.subTest(way=way, kind="shutdown_request"):
                head = client.send(client.control, "shutdown_request", {"restart": True})
                self.assertEqual(client.reply_to(head, client.control).content, {"status": "ok", "restart": True})
                self.assertEqual(words(client.until_idle(head)), ["busy", "shutdown_reply", "idle"])
                self.assertEqual(kernel.gone(), 0)


class Mutator:
    """Messages that were right once."""

    SEEDS = (("execute_request", {"code": "%echo x", "user_expressions": {"a": "1"}}), ("kernel_info_request", {}),
             ("complete_request", {"code": "%ec", "cursor_pos": 3}), ("inspect_request", {"code": "%echo", "cursor_pos": 2}),
             ("history_request", {"hist_access_type": "search", "pattern": "*", "n": 3}), ("is_complete_request", {"code": "x = ["}),
             ("comm_open", {"comm_id": "c", "target_name": "t", "data": {}}), ("interrupt_request", {}), ("input_reply", {"value": "v"}),
             ("usage_request", {}), ("connect_request", {}), ("create_subshell_request", {}), ("list_subshell_request", {}),
             ("delete_subshell_request", {"subshell_id": "x"}))

    def __init__(self, kernel, client, seed):
        self.kernel, self.client, self.chance = kernel, client, random.Random(seed)

    def bytes_of(self, data):
        data, chance = bytearray(data), self.chance
        for _ in range(chance.randint(0, 3)):
            at = chance.randint(0, len(data))
            way = chance.randint(0, 3)
            if way == 0 and at < len(data):
                data[at] ^= 1 << chance.randint(0, 7)
            elif way == 1:
                del data[at:at + chance.randint(1, 9)]
            elif way == 2:
                data[at:at] = chance.choice((b"\x00", b"\xff\xfe", b"\\u0000", b"\\ud800", b"[[[[", b"}", b'"', b"1e999", b"null", b"-1"))
            else:
                data[at:at] = data[:at]
        return bytes(data[:4000])

    def message(self, key):
        chance = self.chance
        kind, content = chance.choice(self.SEEDS)
        _, parts = self.client.parts(kind, content)
        for _ in range(chance.randint(0, 2)):
            at = chance.randint(0, 3)
            parts[at] = self.bytes_of(parts[at])
        signature = self.kernel.sign(parts) if key == "right" else self.kernel.sign([b"wrong"] + parts)
        frames = [DELIMITER, signature] + parts + [b"buffer"] * chance.choice((0, 0, 0, 1, 70))
        way = chance.randint(0, 9)
        if way == 0:
            del frames[chance.randrange(len(frames))]
        elif way == 1:
            frames.insert(chance.randrange(len(frames)), self.bytes_of(b"stray"))
        elif way == 2:
            at = chance.randrange(len(frames))
            frames[at] = self.bytes_of(frames[at])
        return frames


class FuzzTest(KernelCase):
    """10,000 broken messages a socket with the right key and as many with a wrong one; the next good one is answered each time."""

    BATCHES, BATCH = 20, 500
    seed = int(os.environ.get("TEST_SEED", "20261128"))

    def good(self, say):
        probe = Client(self.kernel, subscribe=None)
        try:
            reply = probe.ask("kernel_info_request")
            self.assertEqual(reply.content["status"], "ok", say)
        finally:
            probe.close()

    def quiet_down(self):
        for sock in (self.client.shell, self.client.control, self.client.iopub):
            while sock.poll(0):
                sock.recv_multipart()

    def test_shell_control_and_stdin(self):
        for name in ("shell", "control", "stdin"):
            for key in ("right", "wrong"):
                mutator = Mutator(self.kernel, self.client, "%d %s %s" % (self.seed, name, key))
                for batch in range(self.BATCHES):
                    for _ in range(self.BATCH):
                        getattr(self.client, name).send_multipart(mutator.message(key))
                    self.good("seed %d, %s, %s key, batch %d" % (self.seed, name, key, batch))
                    self.quiet_down()
        fresh = self.attach(self.kernel)
        fresh.ask("interrupt_request", sock=fresh.control)
        self.alive(fresh)
        self.assertIn("dropped a message", self.kernel.log())

    def test_iopub_and_heartbeat(self):
        chance = random.Random(self.seed)
        subscriber = self.client.connect(zmq.XSUB, "iopub_port")
        heart = self.client.connect(zmq.DEALER, "hb_port")
        for batch in range(self.BATCHES):
            for _ in range(self.BATCH):
                data = chance.choice((b"\x00", b"\x01", b"\x02", b"")) + chance.randbytes(chance.choice((0, 0, 1, 7, 300)))
                subscriber.send(data)
                if data[:1] == b"\x01":
                    subscriber.send(b"\x00" + data[1:])              # else each output is matched with thousands of prefixes
                heart.send_multipart([chance.randbytes(chance.choice((0, 1, 64, 5000))) for _ in range(chance.randint(1, 4))])
            self.good("seed %d, batch %d" % (self.seed, batch))
            while subscriber.poll(0):
                subscriber.recv_multipart()
            while heart.poll(0):
                heart.recv_multipart()
        self.alive()


if __name__ == "__main__":
    unittest.main()
