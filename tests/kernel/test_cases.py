"""Right messages broken at random; those broken in one way each are rows of tests/unit/protocol/rows.c."""
import os
import random
import unittest

import zmq

from wire_client import DELIMITER, Client, KernelCase


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
