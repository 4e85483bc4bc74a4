"""A front end of the barest kind: one kernel process, five ZeroMQ sockets, signed frames; no client library in between.

The kernel is the program that COFFERDAM names (default build/cofferdam). Every wait has a limit and ends the test, not the run.
"""
import hashlib
import hmac
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import uuid
from datetime import datetime, timezone

import zmq

DELIMITER = b"<IDS|MSG>"
PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
PATIENCE = 20.0
PROGRAM = os.path.abspath(os.environ.get("COFFERDAM", "build/cofferdam"))
# a cell that runs until it is stopped
ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000) c WHERE a.range + b.range + c.range = -1"


def utc_now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


class Message:
    def __init__(self, frames):
        at = frames.index(DELIMITER)
        self.identities, self.frames = frames[:at], frames
        self.signature = frames[at + 1]
        self.raw_parent = frames[at + 3]
        self.header, self.parent, self.metadata, self.content = (json.loads(f) for f in frames[at + 2:at + 6])
        self.type = self.header["msg_type"]

    def __repr__(self):
        return "%s %s" % (self.type, json.dumps(self.content)[:300])


class Client:
    """The sockets of one front end; `session` is its ZeroMQ identity as well."""

    def __init__(self, kernel, session=None, subscribe=b"", curve="as the kernel"):
        """`curve`: the keys (public, secret, the server's public), None for clear text."""
        self.kernel, self.session = kernel, session or uuid.uuid4().hex
        self.curve = kernel.curve() if curve == "as the kernel" else curve
        self.context = zmq.Context()
        self.shell, self.control, self.stdin = (self.connect(zmq.DEALER, n) for n in ("shell_port", "control_port", "stdin_port"))
        self.iopub = self.connect(zmq.SUB, "iopub_port", subscribe) if subscribe is not None else None

    def connect(self, kind, port, subscribe=b""):
        sock = self.context.socket(kind)
        sock.linger = 0
        sock.setsockopt(zmq.RECONNECT_IVL, 5)
        sock.setsockopt(zmq.RCVHWM, 0)
        sock.setsockopt(zmq.IPV6, 1)
        if self.curve:
            sock.curve_publickey, sock.curve_secretkey, sock.curve_serverkey = self.curve
        if kind == zmq.SUB:
            sock.setsockopt(zmq.SUBSCRIBE, subscribe)
        elif kind == zmq.DEALER:
            sock.identity = self.session.encode()
        sock.connect(self.kernel.endpoint(port))
        return sock

    def close(self):
        self.context.destroy(linger=0)

    def parts(self, kind, content, header=None, parent=None):
        head = {"msg_id": uuid.uuid4().hex, "username": "test", "session": self.session, "msg_type": kind, "version": "5.4",
                "date": utc_now()}
        head.update(header or {})
        return head, [json.dumps(p).encode() for p in (head, parent or {}, {}, content)]

    def send(self, sock, kind, content, header=None, parent=None, buffers=()):
        """Sends one message and gives back its header."""
        head, parts = self.parts(kind, content, header, parent)
        sock.send_multipart([DELIMITER, self.kernel.sign(parts)] + parts + list(buffers))
        return head

    def ask(self, kind, content=None, sock=None, **more):
        """Sends a request and waits for its reply."""
        sock = sock or self.shell
        head = self.send(sock, kind, {} if content is None else content, **more)
        return self.reply_to(head, sock)

    def reply_to(self, head, sock=None, patience=PATIENCE):
        end = time.monotonic() + patience
        while True:
            message = self.receive(sock or self.shell, end - time.monotonic())
            if message.parent.get("msg_id") == head["msg_id"]:
                return message

    def receive(self, sock, patience=PATIENCE):
        if patience <= 0 or not sock.poll(int(patience * 1000)):
            raise TimeoutError("no message within %.1f s; kernel's log: %s" % (patience, self.kernel.log()))
        frames = sock.recv_multipart()
        message = Message(frames)
        at = frames.index(DELIMITER)
        assert message.signature == self.kernel.sign(frames[at + 2:at + 6]), "wrong signature from the kernel"
        return message

    def execute(self, code, **options):
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                   "stop_on_error": True}
        content.update(options)
        return self.send(self.shell, "execute_request", content)

    def until_idle(self, head, patience=PATIENCE):
        """The iopub messages of a request, its idle included."""
        found, end = [], time.monotonic() + patience
        while True:
            message = self.receive(self.iopub, end - time.monotonic())
            if message.parent.get("msg_id") != head["msg_id"]:
                continue
            found.append(message)
            if message.type == "status" and message.content["execution_state"] == "idle":
                return found

    def run(self, code, **options):
        """Executes; gives the reply and what was published."""
        head = self.execute(code, **options)
        published = self.until_idle(head)
        return self.reply_to(head), published

    def published_until(self, kind, patience=PATIENCE):
        end, found = time.monotonic() + patience, []
        while True:
            found.append(self.receive(self.iopub, end - time.monotonic()))
            if found[-1].type == kind:
                return found

    def quiet(self, seconds=0.2):
        """Everything on iopub until nothing has come for a while."""
        found = []
        while self.iopub.poll(int(seconds * 1000)):
            found.append(Message(self.iopub.recv_multipart()))
        return found


class Kernel:
    """A kernel process in a folder of its own."""

    def __init__(self, transport="tcp", ip="127.0.0.1", scheme="hmac-sha256", key=None, home=None, ports=None, env=None, wait=True,
                 parent=None, curve=False, handshake=False, full=None, words=()):
        self.folder = tempfile.mkdtemp(prefix="cofferdam-test-")
        self.home = home or os.path.join(self.folder, "home")
        os.makedirs(self.home, exist_ok=True)
        self.key = uuid.uuid4().hex if key is None else key
        self.scheme, self.transport = scheme, transport
        self.ip = ip if transport == "tcp" else os.path.join(self.folder, "k")
        self.launcher = Launcher(self) if handshake else None
        numbers = ports or (free_ports(ip) if transport == "tcp" else range(1, 6))
        self.info = dict(zip(PORTS, numbers), ip=self.ip, transport=transport, key=self.key, signature_scheme=scheme,
                         kernel_name="cofferdam")
        if curve:
            self.info.update(zip(("curve_publickey", "curve_secretkey"), (k.decode() for k in zmq.curve_keypair())))
        self.file = os.path.join(self.folder, "kernel.json")
        with open(self.file, "w") as file:
            json.dump(self.launcher.registration() if handshake else self.info, file)
        os.chmod(self.file, 0o600)
        self.environment = dict(os.environ, HOME=self.home, XDG_DATA_HOME=os.path.join(self.home, "data"), **(env or {}))
        if full:                                                     # with tests/shim/enospc.c: this folder of the case has no room
            self.environment["ENOSPC_PATH"] = os.path.join(self.folder, ".cofferdam", full)
        self.stderr = open(os.path.join(self.folder, "stderr"), "wb+")
        self.process = subprocess.Popen((parent or []) + [PROGRAM, *words, "-f", self.file], cwd=self.folder, env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.stderr)
        if wait:
            self.wait_ready()

    def wait_ready(self):
        if self.launcher:
            self.launcher.register()
        client = Client(self, subscribe=None)
        try:
            client.ask("kernel_info_request")
        finally:
            client.close()

    def curve(self):
        """What a front end sets on its sockets: the file's pair, as client and as server."""
        public, secret = (self.info.get(name) for name in ("curve_publickey", "curve_secretkey"))
        return (public.encode(), secret.encode(), public.encode()) if public else None

    def endpoint(self, port):
        if self.transport == "ipc":
            return "ipc://%s-%d" % (self.ip, self.info[port])
        return "tcp://%s:%d" % ("[%s]" % self.ip if ":" in self.ip else self.ip, self.info[port])

    def sign(self, parts):
        if not self.key:
            return b""
        digest = getattr(hashlib, self.scheme.split("-")[1])
        return hmac.new(self.key.encode(), b"".join(parts), digest).hexdigest().encode()

    def log(self):
        self.stderr.flush()
        with open(self.stderr.name, errors="replace") as file:
            return file.read()[-4000:]

    def gone(self, patience=PATIENCE):
        """The exit status; seconds are counted by the caller."""
        return self.process.wait(patience)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.stderr.close()
        if self.launcher:
            self.launcher.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Launcher:
    """Who waits for a kernel that finds its ports itself (JEP 66), as xeus' launcher does."""

    def __init__(self, kernel):
        self.kernel, self.context = kernel, zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.socket.setsockopt(zmq.IPV6, 1)
        if kernel.transport == "ipc":
            self.ip, self.port = kernel.ip + "-launcher", 9
            self.socket.bind("ipc://%s-9" % self.ip)
        else:
            self.ip = kernel.ip
            self.port = self.socket.bind_to_random_port("tcp://[%s]" % self.ip if ":" in self.ip else "tcp://" + self.ip)

    def registration(self):
        """The registration file: no port but where to register, and that as text."""
        info = {name: value for name, value in self.kernel.info.items() if name not in PORTS}
        return dict(info, registration_ip=self.ip, registration_port=str(self.port), kernel_id="id \U0001f980")

    def receive(self, patience=PATIENCE):
        """Who registers and the content of it."""
        if not self.socket.poll(patience * 1000):
            raise TimeoutError("no kernel registers; its log: " + self.kernel.log())
        identity, delimiter, signature, content = self.socket.recv_multipart()
        assert delimiter == DELIMITER and signature == self.kernel.sign([content]), "wrong signature of a registration"
        return identity, json.loads(content)

    def acknowledge(self, identity, content=b"ACK", signature=None):
        self.socket.send_multipart([identity, DELIMITER, self.kernel.sign([content]) if signature is None else signature, content])

    def register(self):
        identity, content = self.receive()
        self.acknowledge(identity)
        self.kernel.info.update((name, int(content[name])) for name in PORTS)

    def close(self):
        self.context.destroy(linger=0)


def free_ports(ip="127.0.0.1"):
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    holders = [socket.socket(family) for _ in PORTS]
    for holder in holders:
        holder.bind((ip, 0))
    numbers = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return numbers


def words(published):
    """The course of a request in short: statuses by their state, streams by their text, else the type."""
    return [m.content["execution_state"] if m.type == "status" else m.content["text"] if m.type == "stream" else m.type
            for m in published]


class KernelCase(unittest.TestCase):
    """Tests that share one kernel; those that end it or need another make their own with `start`."""

    kernel_options = {}

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel(**cls.kernel_options)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.close()

    def setUp(self):
        self.client = self.attach(self.kernel)

    def attach(self, kernel, **options):
        """A front end that has been welcomed."""
        client = Client(kernel, **options)
        self.addCleanup(client.close)
        if client.iopub is not None:
            client.published_until("iopub_welcome")
        return client

    def start(self, **options):
        kernel = Kernel(**options)
        self.addCleanup(kernel.close)
        return kernel

    def alive(self, client=None):
        """The kernel still answers and runs cells."""
        reply, _ = (client or self.client).run("%echo alive")
        self.assertEqual(reply.content["status"], "ok", reply)
