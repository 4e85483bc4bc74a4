"""Start, latency, burst, memory, completion and interrupts of the kernel at the wire, beside the least a kernel can do (floor.c).

Both are measured in turn in one run, so that their ratio does not depend on the machine's load. main() prints one JSON object:
medians of RUNS runs (the first round, which warms the page cache, is thrown away), percentiles of SAMPLES.
"""
import argparse
import glob
import hashlib
import hmac
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import zmq

HERE = os.path.dirname(os.path.abspath(__file__))
DELIMITER = b"<IDS|MSG>"
PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
PATIENCE = 120
# cells that run for minutes, one for each way an engine can be deep in its work
ENDLESS = {
    "sort": "SELECT * FROM (SELECT hash(range) AS h, range FROM range(300000000) ORDER BY h, range DESC) LIMIT 5",
    "cross join": "SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE hash(a.range * b.range) = 42",
    "aggregate": "SELECT count(*) FROM (SELECT hash(range) % 50000000 AS k, count(*) AS n FROM range(3000000000) GROUP BY k)",
}


class Kernel:
    """A running kernel and the sockets of one front end."""

    def __init__(self, argv, curve=False):
        self.folder = tempfile.mkdtemp(prefix="bench-kernel-")
        self.key, self.session = uuid.uuid4().hex.encode(), uuid.uuid4().hex
        holders = [socket.socket() for _ in PORTS]
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        self.ports = dict(zip(PORTS, (h.getsockname()[1] for h in holders)))
        for holder in holders:
            holder.close()
        path = os.path.join(self.folder, "kernel.json")
        self.curve = zmq.curve_keypair() if curve else None
        keys = dict(zip(("curve_publickey", "curve_secretkey"), (k.decode() for k in self.curve))) if curve else {}
        with open(path, "w") as file:
            json.dump(dict(self.ports, ip="127.0.0.1", transport="tcp", key=self.key.decode(), signature_scheme="hmac-sha256", **keys), file,
                      separators=(",", ":"))
        self.context = zmq.Context()
        self.shell, self.control = self.connect(zmq.DEALER, "shell_port"), self.connect(zmq.DEALER, "control_port")
        self.iopub = self.connect(zmq.SUB, "iopub_port")
        environment = dict(os.environ, XDG_DATA_HOME=os.path.join(self.folder, "data"))
        began = time.perf_counter()
        self.process = subprocess.Popen(argv + [path], env=environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.reply(self.request("kernel_info_request", {}))
        self.start_ms = (time.perf_counter() - began) * 1e3
        while not self.idle(self.request("kernel_info_request", {}), 0.2):
            pass
        while self.shell.poll(50):
            self.shell.recv_multipart()

    def connect(self, kind, port):
        sock = self.context.socket(kind)
        sock.linger = 0
        sock.setsockopt(zmq.RECONNECT_IVL, 1)
        sock.setsockopt(zmq.SNDHWM, 0)
        sock.setsockopt(zmq.RCVHWM, 0)
        if self.curve:
            sock.curve_publickey, sock.curve_secretkey = self.curve
            sock.curve_serverkey = self.curve[0]
        if kind == zmq.SUB:
            sock.setsockopt(zmq.SUBSCRIBE, b"")
        else:
            sock.identity = self.session.encode()
        sock.connect("tcp://127.0.0.1:%d" % self.ports[port])
        return sock

    def request(self, kind, content, sock=None):
        message_id = uuid.uuid4().hex.encode()
        head = (b'{"msg_id":"%s","username":"bench","session":"%s","msg_type":"%s","version":"5.4","date":"%s"}'
                % (message_id, self.session.encode(), kind.encode(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()).encode()))
        parts = [head, b"{}", b"{}", json.dumps(content).encode()]
        (sock or self.shell).send_multipart([DELIMITER, hmac.new(self.key, b"".join(parts), hashlib.sha256).hexdigest().encode()] + parts)
        return message_id

    def reply(self, message_id=None, sock=None, patience=PATIENCE):
        """The content of the next reply, or of the reply to a request."""
        sock = sock or self.shell
        while sock.poll(int(patience * 1000)):
            frames = sock.recv_multipart()
            at = frames.index(DELIMITER)
            if message_id is None or message_id in frames[at + 3]:
                return json.loads(frames[at + 5])
        raise TimeoutError("no reply")

    def idle(self, message_id, patience=PATIENCE):
        end = time.perf_counter() + patience
        while True:
            left = end - time.perf_counter()
            if left <= 0 or not self.iopub.poll(max(1, int(left * 1000))):
                return False
            frames = self.iopub.recv_multipart()
            at = frames.index(DELIMITER)
            if message_id in frames[at + 3] and b'"idle"' in frames[at + 5]:
                return True

    def execute(self, code, asks=False):
        return self.request("execute_request", {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                                                "allow_stdin": asks, "stop_on_error": True})

    def run(self, code):
        """Milliseconds from request to idle; the cell must be ok."""
        began = time.perf_counter()
        message_id = self.execute(code)
        assert self.idle(message_id), "no idle"
        took = (time.perf_counter() - began) * 1e3
        reply = self.reply(message_id)
        if reply["status"] != "ok":
            raise RuntimeError("the cell %r failed: %s" % (code, reply))
        return took

    def resident_mib(self):
        with open("/proc/%d/status" % self.process.pid) as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024

    def stop(self):
        self.request("shutdown_request", {"restart": False}, self.control)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.context.destroy(linger=0)
        shutil.rmtree(self.folder, ignore_errors=True)


def build(name, folder):
    """A C program of this folder, linked with all that the kernel is made of."""
    program, archives = os.path.join(folder, name), glob.glob(os.path.join(os.environ.get("BUILD", "build"), "lib*.a"))
    subprocess.run(["cc", "-O2", "-D_POSIX_C_SOURCE=200809L", "-iquote", os.path.join(os.path.dirname(os.path.dirname(HERE)), "kernel"), "-o", program,
                    os.path.join(HERE, name + ".c"), "-Wl,--start-group", *archives, "-Wl,--end-group", "-lzmq", "-ljansson", "-luuid", "-lcrypto", "-ldeflate",
                    "-lutf8proc", "-ldl", "-lm", "-lpthread"], check=True)
    return program


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(argv, cell, samples):
    """Start, latency, burst and memory of one fresh kernel."""
    kernel = Kernel(argv)
    try:
        found = {"start_ms": kernel.start_ms, "rss_start_mib": kernel.resident_mib(), "first_cell_ms": kernel.run(cell)}
        times = [kernel.run(cell) for _ in range(samples)]
        found.update(cell_ms=percentile(times, 0.5), cell_p99_ms=percentile(times, 0.99))
        began = time.perf_counter()
        ids = [kernel.execute(cell) for _ in range(samples)]
        for _ in ids:
            kernel.reply()
        assert kernel.idle(ids[-1])
        found["burst_per_s"] = samples / (time.perf_counter() - began)
    finally:
        kernel.stop()
    return found


def first_sql(argv):
    """The first SQL cell of a cold kernel, which loads the engine."""
    kernel = Kernel(argv)
    try:
        return {"first_sql_ms": kernel.run("SELECT 1"), "rss_sql_mib": kernel.resident_mib()}
    finally:
        kernel.stop()


def begin(kernel, code, asks=False):
    message_id = kernel.execute(code, asks)
    while True:                                                     # its execute_input is out: it runs
        frames = kernel.iopub.recv_multipart()
        at = frames.index(DELIMITER)
        if message_id in frames[at + 3] and b"execution_count" in frames[at + 5]:
            return message_id


def interrupt(kernel, message_id):
    """Milliseconds from interrupt to idle."""
    began = time.perf_counter()
    kernel.request("interrupt_request", {}, kernel.control)
    assert kernel.idle(message_id), "no idle after an interrupt"
    took = (time.perf_counter() - began) * 1e3
    reply = kernel.reply(message_id)
    if reply.get("ename") != "Interrupted":
        raise RuntimeError("the cell was not interrupted but: %s" % reply)
    while kernel.control.poll(0):
        kernel.control.recv_multipart()
    return took


def interrupts(kernel, code, count, settle=0.02, asks=False):
    """Milliseconds of `count` interrupts of a cell that would run for minutes, each after a moment of work."""
    times = []
    for i in range(count):
        message_id = begin(kernel, code, asks)
        time.sleep(settle * (1 + i % 5))
        times.append(interrupt(kernel, message_id))
    return times


def completions(kernel, count):
    """Milliseconds of completions while a cell runs."""
    message_id, times = begin(kernel, ENDLESS["cross join"]), []
    for _ in range(count):
        began = time.perf_counter()
        asked = kernel.request("complete_request", {"code": "SELECT * FROM range(1); %ec", "cursor_pos": 27})
        kernel.reply(asked)
        times.append((time.perf_counter() - began) * 1e3)
        time.sleep(0.002)
    interrupt(kernel, message_id)
    return times


def build_floor(folder):
    program = os.path.join(folder, "floor")
    subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, "floor.c"), "-lzmq", "-lcrypto"], check=True)
    return program


def figures(program, runs, samples):
    folder = tempfile.mkdtemp(prefix="bench-floor-")
    argvs = {"floor": [build_floor(folder)], "kernel": [program, "-f"]}
    found = {name: [] for name in argvs}
    sql = []
    for i in range(runs + 1):
        for name, argv in argvs.items():
            one = measure(argv, "x = 1", samples)
            if i:
                found[name].append(one)
        if i:
            sql.append(first_sql(argvs["kernel"]))
    median = {name: {key: statistics.median(r[key] for r in rows) for key in rows[0]} for name, rows in found.items()}
    kernel, floor = median["kernel"], median["floor"]
    result = dict(kernel, **{key: statistics.median(r[key] for r in sql) for key in sql[0]})
    result.update(start_ratio=kernel["start_ms"] / floor["start_ms"], cell_ratio=kernel["cell_ms"] / floor["cell_ms"],
                  burst_ratio=kernel["burst_per_s"] / floor["burst_per_s"], floor=floor)
    busy = Kernel(argvs["kernel"])
    try:
        result["completion_busy_p99_ms"] = percentile(completions(busy, samples), 0.99)
        result["interrupt_p99_ms"] = {name: percentile(interrupts(busy, code, samples), 0.99) for name, code in ENDLESS.items()}
    finally:
        busy.stop()
    result["load"] = os.getloadavg()[0]
    return result


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("COFFERDAM", "build/cofferdam"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--samples", type=int, default=200)
    given = parser.parse_args(argv)
    print(json.dumps(figures(os.path.abspath(given.program), given.runs, given.samples)))


if __name__ == "__main__":
    sys.exit(main())
