"""A real jupyter_server between kernel and page: its websocket, its rate limits, its view of busy and idle."""
import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import uuid

from tornado.websocket import websocket_connect

from wire_client import ENDLESS, PATIENCE, PROGRAM

NAME = "cofferdam-under-test"
WAIT = PATIENCE * 6
A_SECOND = "SELECT count(*) FROM range(300000) a, range(1000) b WHERE hash(a.range * b.range) = 42"


class Server:
    """`jupyter server` in a folder of its own; encrypts where the kernel can."""

    def __init__(self, encryption="disabled"):
        self.folder = tempfile.mkdtemp(prefix="cofferdam-server-")
        subprocess.run([PROGRAM, "install", "--prefix", self.folder, "--name", NAME], check=True, stdout=subprocess.DEVNULL)
        self.runtime = os.path.join(self.folder, "runtime")
        environment = dict(os.environ, HOME=self.folder, JUPYTER_PATH=os.path.join(self.folder, "share", "jupyter"),
                           JUPYTER_RUNTIME_DIR=self.runtime, JUPYTER_CONFIG_DIR=os.path.join(self.folder, "config"),
                           XDG_DATA_HOME=os.path.join(self.folder, "data"))
        self.log = open(os.path.join(self.folder, "log"), "wb+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token=t",
             "--KernelManager.transport_encryption=" + encryption, "--ServerApp.root_dir=" + self.folder],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)

    def wait_ready(self):
        for _ in range(int(WAIT * 10)):
            with contextlib.suppress(OSError, ValueError, IndexError):
                name, = [n for n in os.listdir(self.runtime) if re.fullmatch(r"jpserver-\d+\.json", n)]
                with open(os.path.join(self.runtime, name)) as file:
                    self.address = json.load(file)["url"]
                self.request("api/status")
                return
            time.sleep(0.1)
        raise TimeoutError(self.said())

    def request(self, path, data=None):
        request = urllib.request.Request(self.address + path, headers={"Authorization": "token t"},
                                         data=None if data is None else json.dumps(data).encode())
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            return json.load(answer)

    def said(self):
        with open(self.log.name, errors="replace") as file:
            return file.read()[-4000:]

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """A notebook's connection."""

    def __init__(self, server, kernel):
        self.server, self.kernel, self.session = server, kernel, uuid.uuid4().hex

    async def open(self):
        address = self.server.address.replace("http", "ws") + "api/kernels/%s/channels?token=t&session_id=%s" % (self.kernel, self.session)
        self.socket = await websocket_connect(address, max_message_size=1 << 28)

    async def send(self, kind, content, channel="shell"):
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": "test", "version": "5.4", "date": ""}
        await self.socket.write_message(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": channel,
                                                    "buffers": []}))
        return header["msg_id"]

    async def receive(self):
        message = await asyncio.wait_for(self.socket.read_message(), WAIT)
        assert message is not None, "the server closed the connection: " + self.server.said()
        return json.loads(message)

    async def begin(self, code):
        return await self.send("execute_request", {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                                                   "allow_stdin": False, "stop_on_error": True})

    async def until(self, message_id, *kinds):
        """Messages of a request on iopub until one of these, `idle` for the status."""
        found = []
        while True:
            message = await self.receive()
            if message["parent_header"].get("msg_id") == message_id and message["channel"] == "iopub":
                found.append(message)
                if message["msg_type"] in kinds or message["content"].get("execution_state") in kinds:
                    return found

    async def run(self, code):
        return await self.until(await self.begin(code), "idle")


def streams(messages):
    return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")


class ServerTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(encryption="auto")
        cls.addClassCleanup(cls.server.close)
        cls.server.wait_ready()

    async def asyncSetUp(self):
        self.kernel = self.server.request("api/kernels", {"name": NAME})["id"]
        self.page = Page(self.server, self.kernel)
        await self.page.open()

    async def test_output_floods_come_through_its_limits(self):
        line = "".join("%07d " % i for i in range(125000))
        shown = streams(await self.page.run("t = '%s'\n" % line + "%echo {t}\n" * 50))
        said = re.search(r"([\d,]+) lines, .+? in all, whole in (\S+), sha256 (\w+); its end:", shown)
        with open(os.path.join(self.server.folder, said[2]), "rb") as file:
            whole = file.read()
        self.assertTrue(whole.endswith(((line + "\n") * 50).encode()))
        self.assertEqual(hashlib.sha256(whole).hexdigest(), said[3])
        notes = await self.page.run("\n".join("%%note %d" % i for i in range(3300)))
        self.assertEqual([m["content"]["data"]["text/plain"].strip() for m in notes if m["msg_type"] == "display_data"],
                         [str(i) for i in range(3300)])
        rows = await self.page.run("%sql --limit 500000 SELECT i, md5(i::VARCHAR) || repeat('z', 60) AS h FROM range(500000) r(i)")
        end = rows[-2]["content"]["data"]["text/plain"]
        self.assertIn("All 500,000 rows are in", end)
        for text in (shown, streams(notes), streams(rows), self.server.said()):
            self.assertNotIn("rate exceeded", text)
        self.assertIn("alive\n", streams(await self.page.run("%echo alive")))

    async def test_it_takes_the_kernel_for_busy_while_a_cell_runs_and_others_ask(self):
        cell = await self.page.begin(ENDLESS)
        await self.page.until(cell, "execute_input")
        for kind, content in (("complete_request", {"code": "%ec", "cursor_pos": 3}), ("inspect_request", {"code": "%echo", "cursor_pos": 3}),
                              ("history_request", {"hist_access_type": "tail", "n": 1}), ("is_complete_request", {"code": "x"})):
            asked = await self.page.send(kind, content)
            await self.page.until(asked, "idle")
            await self.page.until(cell, "busy")                      # said again, behind that idle
            self.assertEqual(self.server.request("api/kernels/" + self.kernel)["execution_state"], "busy", kind)
        await self.page.send("interrupt_request", {}, "control")
        await self.page.until(cell, "idle")
        self.assertEqual(self.server.request("api/kernels/" + self.kernel)["execution_state"], "idle")

    async def test_a_page_that_was_closed_gets_back_what_it_missed(self):
        message = await self.page.begin("%echo first\n" + A_SECOND + ";\n%echo last")
        await self.page.until(message, "stream")
        self.page.socket.close()
        other = Page(self.server, self.kernel)
        await other.open()
        await other.run("%echo here again")                          # behind the cell that went on without a page
        again = streams(await other.run("%show output 1"))
        self.assertTrue(again.startswith("first\n") and again.endswith("last\n"), again)


if __name__ == "__main__":
    unittest.main()
