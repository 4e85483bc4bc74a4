"""What goes wrong around a kernel: CONTRIBUTING's table of faults, each row a test; and the trace for whoever reports one."""
import json
import os
import re
import signal
import socket
import stat
import tempfile
import unittest


from wire_client import ENDLESS, KernelCase

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class FaultTest(KernelCase):
    def test_a_stopped_kernel_goes_on_where_it_was(self):
        head = self.client.execute("%echo before\n" + ENDLESS)
        self.client.published_until("stream")
        self.kernel.process.send_signal(signal.SIGSTOP)
        behind = self.client.send(self.client.shell, "complete_request", {"code": "%ec", "cursor_pos": 3})
        info = self.client.send(self.client.control, "kernel_info_request", {})
        self.assertEqual(self.client.shell.poll(200), 0)
        self.kernel.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.client.reply_to(behind).content["status"], "ok")
        self.assertEqual(self.client.reply_to(info, self.client.control).content["status"], "ok")
        self.client.ask("interrupt_request", sock=self.client.control)
        self.assertEqual(self.client.reply_to(head).content["ename"], "Interrupted")
        self.alive()

    def test_without_free_descriptors_it_stays_and_recovers(self):
        kernel = self.start(parent=["prlimit", "--nofile=80"])
        client = self.attach(kernel)
        client.run("kept = 7")
        crowd = []
        for _ in range(120):                                         # more connections than it can take
            crowd.append(socket.create_connection(("127.0.0.1", kernel.info["shell_port"])))
        reply, _ = client.run("%echo still {kept}")
        self.assertEqual(reply.content["status"], "ok")
        reply, _ = client.run("SELECT 1")                            # needs files: works, or says why not
        self.assertIn(reply.content["status"], ("ok", "error"))
        for one in crowd:
            one.close()
        self.alive(self.attach(kernel))
        self.assertEqual(client.run("SELECT :kept AS k")[0].content["status"], "ok")

    def test_a_reader_that_is_gone_costs_nothing(self):
        gone = self.attach(self.kernel)
        head = gone.execute("%echo before\n" + ENDLESS)
        gone.published_until("stream")
        gone.close()
        self.client.ask("interrupt_request", sock=self.client.control)
        self.client.until_idle(head)
        self.alive()

    def test_every_fault_of_the_table_has_its_test(self):
        with open(os.path.join(ROOT, "CONTRIBUTING.md")) as file:
            rows = re.findall(r"^\| .+ \| .+ \| `(\w+)\.py` (\w+) \|$", file.read(), re.M)
        self.assertGreater(len(rows), 6)
        for name, test in rows:
            with open(os.path.join(ROOT, "tests", "kernel", name + ".py")) as file:
                self.assertIn("    def %s(self" % test, file.read())


class TraceTest(KernelCase):
    def test_it_holds_the_messages_and_nothing_to_act_with(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace.jsonl")
            kernel = self.start(words=("--trace", path), curve=True)
            client = self.attach(kernel)
            head = client.execute("%echo --ask 'token? ' --password", allow_stdin=True)
            question = client.receive(client.stdin)
            client.send(client.stdin, "input_reply", {"value": "hunter2-typed"}, parent=question.header)
            client.until_idle(head)
            client.shell.send_multipart([b"\xff\xfe", b"", b"no message"])
            client.ask("kernel_info_request")                        # behind it on the same socket
            client.ask("kernel_info_request", sock=client.control)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path) as file:
                text = file.read()
            lines = [json.loads(line) for line in text.splitlines()]
            seen = [(line["way"], line["socket"], json.loads(line["frames"][line["frames"].index("<IDS|MSG>") + 2])["msg_type"])
                    for line in lines if "<IDS|MSG>" in line["frames"]]
            for what in (("in", "shell", "execute_request"), ("out", "iopub", "execute_input"), ("out", "stdin", "input_request"),
                         ("in", "stdin", "input_reply"), ("out", "shell", "execute_reply"), ("in", "control", "kernel_info_request")):
                self.assertIn(what, seen)
            self.assertIn(["shell", "no message"], [[line["socket"], line["frames"][-1]] for line in lines])
            for secret in ("hunter2", kernel.key, kernel.info["curve_secretkey"]):
                self.assertNotIn(secret, text)
            self.assertFalse(re.search(r'"[0-9a-f]{64}"', text))     # no signature

    def test_a_file_that_cannot_be_written_is_said(self):
        kernel = self.start(words=("--trace", "/nonexistent/trace"), wait=False)
        self.assertEqual(kernel.gone(), 1)
        self.assertIn("/nonexistent/trace", kernel.log())


if __name__ == "__main__":
    unittest.main()
