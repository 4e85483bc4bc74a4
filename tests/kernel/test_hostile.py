"""Messages no front end would send: each is dropped with one line in the log, and the next request is served."""
import json
import os
import random
import time
import unittest
import uuid

from wire_client import DELIMITER, KernelCase, words


def bad_messages(client):
    """Name and frames of messages that are broken in one way each."""
    sign = client.kernel.sign
    header = lambda: client.parts("kernel_info_request", {})[1]
    parts = header()
    yield "nothing but a delimiter", [DELIMITER]
    yield "no delimiter", [b"hello", b"world"]
    yield "one empty frame", [b""]
    for count in range(1, 4):
        yield "%d parts" % count, [DELIMITER, sign(parts[:count])] + parts[:count]
    yield "three hundred frames", [DELIMITER] + [b"x"] * 300
    yield "too many identities", [b"id"] * 20 + [DELIMITER, sign(parts)] + parts
    for size in (0, 1, 63, 65, 1000):
        yield "signature of %d bytes" % size, [DELIMITER, (sign(parts) * 20)[:size]] + parts
    for at in range(4):
        flipped = list(parts)
        flipped[at] = bytes([flipped[at][0] ^ 1]) + flipped[at][1:]
        yield "flipped byte in part %d" % at, [DELIMITER, sign(parts)] + flipped
    yield "upper-case signature", [DELIMITER, sign(parts).upper()] + parts
    for at, text in ((0, b"{"), (0, b"[]"), (0, b"null"), (0, b"{}"), (0, b'{"msg_id":"x"}'), (0, b'{"msg_type":"kernel_info_request"}'),
                     (0, b'{"msg_id":1,"msg_type":2}'), (1, b"{"), (1, b"[]"), (2, b"nonsense"), (3, b""), (3, b"[]"), (3, b'{"a":'),
                     (3, b"[" * 100000), (3, b'{"a":' * 600 + b"1" + b"}" * 600), (0, b'{"x":"' + b"y" * 70000 + b'"}')):
        broken = header()
        broken[at] = text
        yield "part %d is %r" % (at, text[:20]), [DELIMITER, sign(broken)] + broken


class BadMessageTest(KernelCase):
    def test_each_on_every_socket_is_dropped_and_the_next_request_is_served(self):
        client = self.client
        for name, frames in bad_messages(client):
            with self.subTest(name):
                for sock in (client.shell, client.control, client.stdin):
                    sock.send_multipart(frames)
                for sock in (client.shell, client.control):
                    head = client.send(sock, "kernel_info_request", {})
                    self.assertEqual(client.receive(sock).parent, head)      # no reply to the broken one
                    published = client.until_idle(head)
                    self.assertEqual(words(published), ["busy", "idle"])
        self.assertEqual(words(client.quiet()), [])
        self.alive()
        self.assertIn("dropped a message", self.kernel.log())

    def test_a_replayed_message_is_dropped(self):
        _, parts = self.client.parts("kernel_info_request", {})
        frames = [DELIMITER, self.kernel.sign(parts)] + parts
        self.client.shell.send_multipart(frames)
        self.client.receive(self.client.shell)
        for sock in (self.client.shell, self.client.control):
            sock.send_multipart(frames)
            self.assertEqual(sock.poll(150), 0)
        self.alive()

    def test_an_execute_request_without_sense_is_answered(self):
        for content in ({}, {"code": 5}, {"code": None, "silent": "yes", "user_expressions": [1]}, {"code": "x = 1", "user_expressions": {"a": 5}}):
            head = self.client.send(self.client.shell, "execute_request", content)
            self.assertIn(self.client.reply_to(head).content["status"], ("ok", "error"))
            self.client.until_idle(head)
        self.client.shell.send_multipart([b""])
        time.sleep(0.1)
        self.alive()

    def test_random_frames_do_no_harm(self):
        seed = int(os.environ.get("TEST_SEED", "20261123"))
        chance = random.Random(seed)
        for round_ in range(20):
            for _ in range(100):
                frames = [chance.randbytes(chance.choice((0, 1, 9, 64, 500))) for _ in range(chance.randint(1, 9))]
                if chance.random() < 0.7:
                    frames.insert(chance.randint(0, len(frames)), DELIMITER)
                chance.choice((self.client.shell, self.client.control, self.client.stdin)).send_multipart(frames)
            head = self.client.send(self.client.shell, "kernel_info_request", {})
            self.assertEqual(self.client.reply_to(head).content["status"], "ok", "seed %d round %d" % (seed, round_))
        self.alive()


class CellBytesTest(KernelCase):
    def execute_raw(self, code_json):
        """Code as JSON text, as no JSON library would write it."""
        head, parts = self.client.parts("execute_request", {})
        parts[3] = b'{"code":' + code_json + b',"allow_stdin":false}'
        self.client.shell.send_multipart([DELIMITER, self.kernel.sign(parts)] + parts)
        return head

    def test_nul_lone_surrogates_and_broken_utf8_in_a_cell(self):
        for name, text in (("NUL", b'"%echo a\\u0000b"'), ("raw NUL", b'"%echo a\x00b"'), ("high surrogate", b'"%echo a\\ud800b"'),
                           ("low surrogate", b'"%echo a\\udc00b"'), ("bytes", b'"%echo a\xff\xfeb"'), ("overlong", b'"%echo a\xc0\x80b"')):
            with self.subTest(name):
                head = self.execute_raw(text)
                reply = self.client.reply_to(head)
                published = self.client.until_idle(head)
                self.assertEqual(reply.content["status"], "ok", reply)
                self.assertRegex(words(published)[2], "^a[^a-z]+b\n$")

    def test_a_cell_of_ten_megabytes(self):
        text = "x" * (10 << 20)
        reply, published = self.client.run("big = '%s'" % text, user_expressions={"size": "length(:big)"})
        self.assertEqual(reply.content["status"], "ok", str(reply)[:500])
        self.assertEqual(len(published[1].content["code"]), len(text) + 8)
        self.alive()

    def test_a_cell_over_the_limit_is_one_clear_error(self):
        reply, _ = self.client.run("-- " + "x" * (17 << 20))
        self.assertEqual(reply.content["status"], "error")
        self.assertLess(len(json.dumps(reply.content)), 20000)
        self.alive()

    def test_a_message_over_the_limit_is_dropped(self):
        head, parts = self.client.parts("execute_request", {})
        parts[3] = b'{"code":"' + b"x" * (129 << 20) + b'"}'
        self.client.shell.send_multipart([DELIMITER, self.kernel.sign(parts)] + parts)
        self.alive()

    def test_names_and_ids_of_any_bytes_come_back(self):
        name = "id-\U0001f980-\u202e-" + uuid.uuid4().hex
        head = self.client.send(self.client.shell, "execute_request", {"code": "%echo x"}, header={"msg_id": name, "session": "s\n\"<b>"})
        self.assertEqual(self.client.reply_to(head).parent, head)


if __name__ == "__main__":
    unittest.main()
