"""How a kernel begins, listens and ends: transports, ports, front ends that come and go, signals, parents."""
import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest

import zmq
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from wire_client import ENDLESS, PATIENCE, PORTS, PROGRAM, Client, Kernel, KernelCase, free_ports, words


SHIMS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "shim")


class TransportTest(KernelCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass

    def check(self, **options):
        client = self.attach(self.start(**options))
        self.alive(client)
        client.send(client.control, "shutdown_request", {"restart": False})
        self.assertEqual(client.kernel.gone(), 0)

    def test_ipc(self):
        self.check(transport="ipc")

    def test_ipv6(self):
        if not socket.has_ipv6:
            self.fail("this machine has no IPv6")
        self.check(ip="::1")

    def test_other_signature_schemes(self):
        for scheme in ("hmac-sha512", "hmac-md5"):
            with self.subTest(scheme):
                self.check(scheme=scheme)

    def test_an_empty_key_means_no_signatures(self):
        self.check(key="")


class RefusalTest(unittest.TestCase):
    def refused(self, info, says, program=(PROGRAM, "-f")):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "kernel.json")
            with open(path, "w") as file:
                file.write(info if isinstance(info, str) else json.dumps(info))
            done = subprocess.run(list(program) + [path], capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(says, done.stderr)
            self.assertEqual(done.stdout, "")

    def info(self, **changes):
        names = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
        return dict(dict(zip(names, free_ports())), **dict({"ip": "127.0.0.1", "transport": "tcp", "key": "k"}, **changes))

    def test_what_cannot_be_obeyed_is_refused_with_its_reason(self):
        self.refused(self.info(signature_scheme="hmac-rot13"), "hmac-rot13")
        self.refused(self.info(transport="carrier"), "carrier")
        self.refused(self.info(curve_publickey="x" * 40, curve_secretkey="y" * 40), "not a pair of CURVE keys")
        self.refused(self.info(curve_publickey=zmq.curve_keypair()[0].decode(), curve_secretkey=zmq.curve_keypair()[1].decode()),
                     "not a pair of CURVE keys")
        self.refused(self.info(curve_publickey="x" * 40), "curve_secretkey is missing")
        self.refused(self.info(curve_publickey="x" * 40, curve_secretkey="short"), "curve_secretkey is not a key")
        for port in (0, "", "x1", 70000, "99999999999", None):
            self.refused({"registration_port": port, "registration_ip": "127.0.0.1"}, "registration_port")
        self.refused(self.info(shell_port="many"), "shell_port")
        self.refused("{", "kernel.json")
        self.refused(self.info(ip="256.1.1.1"), "256.1.1.1")

    def test_an_openssl_without_md5_refuses_that_scheme_and_signs_by_the_others(self):
        with tempfile.TemporaryDirectory() as folder:
            shim = os.path.join(folder, "nomd5.so")
            subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, os.path.join(SHIMS, "nomd5.c")], check=True)
            environment = {"LD_PRELOAD": shim}
            kernel = Kernel(scheme="hmac-md5", wait=False, env=environment)
            self.addCleanup(kernel.close)
            self.assertEqual(kernel.gone(), 1)
            self.assertIn("hmac-md5", kernel.log())
            other = Kernel(scheme="hmac-sha256", env=environment)    # answers
            self.addCleanup(other.close)

    def test_a_missing_file_is_named(self):
        done = subprocess.run([PROGRAM, "-f", "/nonexistent/kernel.json"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/kernel.json", done.stderr)

    def test_a_port_in_use_is_waited_for_and_then_named(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            began = time.monotonic()
            self.refused(self.info(stdin_port=port), str(port))
            self.assertGreater(time.monotonic() - began, 2)


class CurveTest(KernelCase):
    """Encryption of all five sockets by the connection file's pair."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass

    def unheard(self, client):
        """Nothing of what this client says arrives, nothing of what the kernel says is heard, on any socket."""
        for sock in (client.shell, client.control, client.stdin):
            client.send(sock, "kernel_info_request", {})
        heart = client.connect(zmq.DEALER, "hb_port")
        heart.send(b"ping")
        self.assertEqual([sock.poll(100) for sock in (client.shell, client.control, client.stdin, client.iopub, heart)], [0] * 5)

    def test_all_sockets_are_encrypted_over_tcp_and_ipc(self):
        for transport in ("tcp", "ipc"):
            with self.subTest(transport):
                kernel = self.start(transport=transport, curve=True)
                client = self.attach(kernel)
                self.alive(client)
                self.assertEqual(client.ask("kernel_info_request", sock=client.control).content["status"], "ok")
                own, secret = zmq.curve_keypair()                    # the heartbeat's client makes its own
                heart = Client(kernel, subscribe=None, curve=(own, secret, kernel.curve()[0]))
                self.addCleanup(heart.close)
                beat = heart.connect(zmq.DEALER, "hb_port")
                beat.send(b"ping")
                self.assertTrue(beat.poll(PATIENCE * 1000))
                self.assertEqual(beat.recv(), b"ping")
                for curve in (None, (own, secret, own)):             # clear text; encrypted for another server
                    stranger = Client(kernel, curve=curve)
                    self.addCleanup(stranger.close)
                    self.unheard(stranger)
                self.alive(client)

    def test_what_goes_over_the_wire_cannot_be_read(self):
        """A socket in between sees the handshake and no word of a cell."""
        kernel = self.start(curve=True)
        seen, relays = bytearray(), {}
        for name in ("shell_port", "control_port", "stdin_port", "iopub_port"):
            relays[name] = self.relay(kernel.info[name], seen)
        client = Client(types.SimpleNamespace(endpoint=lambda name: "tcp://127.0.0.1:%d" % relays[name], curve=kernel.curve,
                                              sign=kernel.sign, log=kernel.log))
        self.addCleanup(client.close)
        client.published_until("iopub_welcome")
        self.alive(client)
        self.assertIn(b"CURVE", seen)
        for word in (b"alive", b"execute_request", b"kernel_info", client.session.encode()):
            self.assertNotIn(word, seen)

    def relay(self, port, seen):
        """A port whose connections go on to another one; all bytes are kept."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def pump(source, target):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    seen.extend(data)
                    target.sendall(data)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    near, _ = listener.accept()
                    far = socket.create_connection(("127.0.0.1", port))
                    for end in (near, far):
                        self.addCleanup(end.close)
                        self.addCleanup(end.shutdown, socket.SHUT_RDWR)
                    for pair in ((near, far), (far, near)):
                        threading.Thread(target=pump, args=pair, daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    def test_jupyters_own_manager_with_each_policy(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, "install", "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
            specs = KernelSpecManager(kernel_dirs=[os.path.join(folder, "share", "jupyter", "kernels")])
            for policy in ("disabled", "auto", "required"):
                with self.subTest(policy):
                    manager = KernelManager(kernel_name="cofferdam", kernel_spec_manager=specs, transport_encryption=policy)
                    manager.start_kernel(cwd=folder, env=dict(os.environ, HOME=folder, XDG_DATA_HOME=folder))
                    client = manager.client()
                    try:
                        client.start_channels()
                        client.wait_for_ready(timeout=PATIENCE)
                        self.assertEqual("curve_secretkey" in client.get_connection_info(), policy != "disabled")
                        said = []
                        client.execute_interactive("%echo hello", timeout=PATIENCE, output_hook=said.append)
                        self.assertIn("hello\n", [m["content"].get("text") for m in said])
                        self.assertTrue(client.hb_channel.is_beating())
                        manager.restart_kernel()
                        client.wait_for_ready(timeout=PATIENCE)
                    finally:
                        client.stop_channels()
                        manager.shutdown_kernel(now=True)

    def test_a_libzmq_without_curve_is_a_clear_error_and_never_clear_text(self):
        with tempfile.TemporaryDirectory() as folder:
            shim = os.path.join(folder, "nocurve.so")
            subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, os.path.join(SHIMS, "nocurve.c")], check=True)
            kernel = self.start(curve=True, wait=False, env={"LD_PRELOAD": shim})
            self.assertEqual(kernel.gone(), 1)
            self.assertIn("CURVE encryption, which this libzmq lacks", kernel.log())
            self.alive(self.attach(self.start(env={"LD_PRELOAD": shim})))

    def test_a_warning_where_others_can_read(self):
        for ip, curve, warns in (("0.0.0.0", False, True), ("0.0.0.0", True, False), ("127.0.0.1", False, False)):
            with self.subTest(ip=ip, curve=curve):
                kernel = self.start(ip=ip, curve=curve)
                self.alive(self.attach(kernel))
                self.assertEqual("without encryption" in kernel.log(), warns)


class HandshakeTest(KernelCase):
    """A registration file: the kernel finds its ports, tells them, waits for its launcher's word (protocol 5.6, JEP 66)."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass

    def registers(self, **options):
        kernel = self.start(wait=False, handshake=True, **options)
        return kernel, *kernel.launcher.receive()

    def test_over_every_transport(self):
        for options in ({}, {"transport": "ipc"}, {"ip": "::1"}, {"curve": True}, {"transport": "ipc", "curve": True},
                        {"scheme": "hmac-sha512"}, {"key": ""}):
            with self.subTest(options):
                client = self.attach(self.start(handshake=True, **options))
                self.alive(client)
                client.send(client.control, "shutdown_request", {"restart": False})
                self.assertEqual(client.kernel.gone(), 0)

    def test_what_is_told(self):
        kernel, identity, content = self.registers()
        self.assertEqual(content.pop("kernel_id"), "id \U0001f980")
        self.assertEqual(sorted(content), sorted(PORTS))
        self.assertEqual(len({int(port) for port in content.values()}), 5)
        self.assertTrue(all(isinstance(port, str) and port.isdigit() for port in content.values()))
        kernel.launcher.acknowledge(identity)

    def test_others_can_attach_by_the_file_it_writes(self):
        with tempfile.TemporaryDirectory() as runtime:
            kernel = self.start(handshake=True, curve=True, env={"JUPYTER_RUNTIME_DIR": runtime})
            path = os.path.join(runtime, "kernel-%d.json" % kernel.process.pid)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            client = BlockingKernelClient(connection_file=path)
            client.load_connection_file()
            client.start_channels()
            self.addCleanup(client.stop_channels)
            client.wait_for_ready(timeout=PATIENCE)
            client.shutdown()
            self.assertEqual(kernel.gone(), 0)
            self.assertEqual(os.listdir(runtime), [])

    def test_a_word_that_is_not_the_launchers_is_no_acknowledgement(self):
        kernel, identity, content = self.registers()
        said = kernel.launcher
        said.acknowledge(identity, signature=b"0" * 64)
        said.acknowledge(identity, signature=b"")
        said.socket.send_multipart([identity, b"ACK"])
        said.socket.send_multipart([identity] + [b"x"] * 100)
        kernel.info.update((name, int(content[name])) for name in PORTS)
        client = Client(kernel)
        self.addCleanup(client.close)
        client.send(client.shell, "kernel_info_request", {})
        self.assertEqual(client.shell.poll(300), 0)
        said.acknowledge(identity)
        self.assertTrue(client.shell.poll(PATIENCE * 1000))

    def test_without_an_acknowledgement_it_does_not_stay(self):
        kernel, identity, content = self.registers()
        mirror = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        kernel.launcher.acknowledge(identity, content=mirror)        # its own words, rightly signed
        self.assertEqual(kernel.gone(), 1)
        self.assertIn("did not acknowledge", kernel.log())

    def test_sigterm_ends_the_wait(self):
        kernel, _, _ = self.registers()
        began = time.monotonic()
        kernel.process.send_signal(signal.SIGTERM)
        kernel.gone()
        self.assertLess(time.monotonic() - began, 2)


class RestartTest(KernelCase):
    def test_a_new_kernel_takes_the_ports_of_the_old(self):
        old = self.start()
        client = self.attach(old)
        reply = client.ask("shutdown_request", {"restart": True}, sock=client.control)
        self.assertEqual(reply.content, {"status": "ok", "restart": True})
        self.assertEqual(old.gone(), 0)
        ports = [old.info[name] for name in ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")]
        new = self.start(ports=ports, key=old.key)
        self.alive(self.attach(new))

    def test_a_new_kernel_waits_for_a_port_that_is_still_held(self):
        ports = free_ports()
        holder = socket.socket()
        holder.bind(("127.0.0.1", ports[0]))
        holder.listen()
        kernel = self.start(ports=ports, wait=False)
        time.sleep(0.5)
        self.assertIsNone(kernel.process.poll())
        holder.close()
        kernel.wait_ready()


class SubscriberTest(KernelCase):
    def test_the_first_message_is_a_welcome_and_starting_is_said_once(self):
        kernel = self.start(wait=False)
        client = Client(kernel)
        self.addCleanup(client.close)
        welcome = client.receive(client.iopub)
        self.assertEqual((welcome.type, welcome.content), ("iopub_welcome", {"subscription": ""}))
        self.assertEqual(welcome.parent, {})
        self.assertEqual(welcome.raw_parent, b"{}")
        starting = client.receive(client.iopub)
        self.assertEqual((starting.content, starting.parent), ({"execution_state": "starting"}, {}))
        second = Client(kernel)
        self.addCleanup(second.close)
        self.assertEqual(second.receive(second.iopub).type, "iopub_welcome")
        self.alive(second)
        self.assertNotIn("starting", words(client.quiet() + second.quiet()))

    def test_a_welcome_is_sent_to_the_prefix(self):
        prefix = b'kernel."\xc3\xa9'
        client = Client(self.kernel, subscribe=prefix)
        self.addCleanup(client.close)
        message = client.receive(client.iopub)
        self.assertEqual(message.content, {"subscription": prefix.decode()})
        self.assertEqual(message.identities, [prefix])
        broken = Client(self.kernel, subscribe=b"\xff\xfe")
        self.addCleanup(broken.close)
        self.assertEqual(broken.iopub.poll(200), 0)
        self.alive()

    def test_topics_name_kernel_and_type(self):
        _, published = self.client.run("%echo x")
        for message in published:
            topic = message.identities[0].decode()
            self.assertEqual(topic, "kernel.%s.%s" % (message.header["session"], message.type))

    def test_every_subscriber_hears_everything(self):
        other = self.attach(self.kernel)
        self.client.quiet()
        head = self.client.execute("%echo for all")
        self.assertEqual(words(other.until_idle(head)), words(self.client.until_idle(head)))

    def test_nothing_is_lost_on_a_slow_reader(self):
        heads = [self.client.execute("%%echo %d" % i) for i in range(1500)]
        for head in heads:
            self.client.receive(self.client.shell)
        published = self.client.quiet(0.5)
        texts = [m.content["text"] for m in published if m.type == "stream"]
        self.assertEqual(texts, ["%d\n" % i for i in range(1500)])

    def test_a_front_end_that_reconnects_with_its_identity_gets_the_replies(self):
        identity = "the-same-session"
        first = self.attach(self.kernel, session=identity)
        self.assertEqual(first.ask("kernel_info_request").content["status"], "ok")
        second = self.attach(self.kernel, session=identity)          # the first is still connected
        for sock in (second.shell, second.control):
            self.assertEqual(second.ask("kernel_info_request", sock=sock).content["status"], "ok")


class EndTest(KernelCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.kernel = self.start()
        self.client = self.attach(self.kernel)

    def ended(self, limit=1.0):
        began = time.monotonic()
        status = self.kernel.gone()
        self.assertLess(time.monotonic() - began, limit)
        return status

    def test_shutdown_replies_on_control_and_iopub_and_ends(self):
        head = self.client.send(self.client.control, "shutdown_request", {"restart": False})
        self.assertEqual(self.client.reply_to(head, self.client.control).content, {"status": "ok", "restart": False})
        published = self.client.until_idle(head)
        self.assertEqual(words(published), ["busy", "shutdown_reply", "idle"])
        self.assertEqual(published[1].content, {"status": "ok", "restart": False})
        self.assertEqual(self.ended(), 0)

    def test_shutdown_on_shell_is_accepted(self):
        self.client.ask("shutdown_request", {"restart": True})
        self.assertEqual(self.ended(), 0)

    def test_shutdown_stops_a_running_cell_and_its_reply_comes(self):
        cell = self.client.execute(ENDLESS)
        behind = self.client.execute("%echo never")
        self.client.published_until("execute_input")
        self.client.send(self.client.control, "shutdown_request", {"restart": False})
        self.assertEqual(self.client.reply_to(cell).content["ename"], "Interrupted")
        self.assertEqual(self.client.reply_to(behind).content["status"], "aborted")
        self.assertEqual(self.ended(), 0)

    def test_sigterm_ends_in_order_idle_and_busy(self):
        for busy in (False, True):
            with self.subTest(busy=busy):
                if busy:
                    self.kernel = self.start()
                    self.client = self.attach(self.kernel)
                    self.client.execute(ENDLESS)
                    self.client.published_until("execute_input")
                self.kernel.process.send_signal(signal.SIGTERM)
                self.assertEqual(self.ended(), 0)

    def test_hangup_and_broken_pipes_are_ignored(self):
        for number in (signal.SIGHUP, signal.SIGPIPE):
            self.kernel.process.send_signal(number)
            self.alive()

    def test_history_is_on_disk_after_sigterm(self):
        self.client.run("%echo last words")
        self.kernel.process.send_signal(signal.SIGTERM)
        self.kernel.gone()
        import sqlite3
        path = os.path.join(self.kernel.environment["XDG_DATA_HOME"], "cofferdam", "history.sqlite")
        rows = sqlite3.connect(path).execute("SELECT input FROM lines").fetchall()
        self.assertEqual(rows, [("%echo last words",)])
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode), 0o700)


class ParentTest(KernelCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass

    # a parent that starts the kernel, tells its pid and ends when its stdin closes
    script = ("import os,subprocess,sys\n"
              "env = dict(os.environ, **({'JPY_PARENT_PID': str(os.getpid())} if sys.argv[1] == 'watch' else {}))\n"
              "child = subprocess.Popen(sys.argv[2:], env=env, stdin=subprocess.DEVNULL)\n"
              "print(child.pid, flush=True)\n"
              "sys.stdin.read()\n")

    def kernel_of(self, how):
        kernel = Kernel(wait=False)
        self.addCleanup(kernel.close)
        kernel.process.kill()
        kernel.process.wait()
        environment = {k: v for k, v in kernel.environment.items() if k != "JPY_PARENT_PID"}
        parent = subprocess.Popen([sys.executable, "-c", self.script, how, PROGRAM, "-f", kernel.file], env=environment,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=kernel.folder)
        self.addCleanup(parent.stdout.close)
        pid = int(parent.stdout.readline())
        kernel.wait_ready()
        parent.stdin.close()
        parent.wait(PATIENCE)
        return kernel, pid

    def test_the_kernel_ends_when_the_parent_that_jupyter_names_is_gone(self):
        _, pid = self.kernel_of("watch")
        end = time.monotonic() + PATIENCE
        while os.path.exists("/proc/%d" % pid) and open("/proc/%d/stat" % pid).read().split(")")[1].split()[0] != "Z":
            self.assertLess(time.monotonic(), end, "the kernel outlives its parent")
            time.sleep(0.05)

    def test_without_that_name_it_stays(self):
        kernel, pid = self.kernel_of("leave")
        try:
            time.sleep(1.5)
            self.alive(self.attach(kernel))
        finally:
            os.kill(pid, signal.SIGKILL)


class ByHandTest(KernelCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass

    def test_without_a_file_it_writes_one_prints_it_and_removes_it(self):
        with tempfile.TemporaryDirectory() as folder:
            runtime = os.path.join(folder, "runtime")
            process = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                       env=dict(os.environ, JUPYTER_RUNTIME_DIR=runtime, HOME=folder, XDG_DATA_HOME=folder), cwd=folder)
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.kill)
            path = process.stdout.readline().strip()
            self.assertEqual(os.path.dirname(path), runtime)
            self.assertEqual(process.stdout.readline(), "attach with: jupyter console --existing %s\n" % os.path.basename(path))
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            kernel = Kernel.__new__(Kernel)
            with open(path) as file:
                kernel.info = json.load(file)
            kernel.key, kernel.scheme, kernel.transport, kernel.ip = (kernel.info["key"], "hmac-sha256", "tcp", kernel.info["ip"])
            kernel.launcher, kernel.log = None, lambda: ""
            client = self.attach(kernel)
            self.alive(client)
            client.ask("shutdown_request", {"restart": False}, sock=client.control)
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
