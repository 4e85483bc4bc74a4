"""What the protocol promises, in numbers: encrypted start, slow and stopped readers beside ipykernel, many cells, interrupts of what waits.

main() prints one JSON object. Everything is measured at the wire; the minimal kernel (floor.c) and ipykernel run in the same run.
"""
import argparse
import asyncio
import hashlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import zmq

import kernel as wire

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kernel"))
import test_server

NOTES = 2000
# one cell of so many displays, for each kernel
DISPLAYS = {
    "kernel": "\n".join("%%note number %d" % i for i in range(NOTES)),
    "ipykernel": "from IPython.display import display, Markdown\nfor i in range(%d): display(Markdown('number %%d' %% i))" % NOTES,
}
IPYKERNEL = [sys.executable, "-m", "ipykernel_launcher", "-f"]
# reads iopub until it is stopped
READER = ("import sys, zmq\ns = zmq.Context().socket(zmq.SUB)\ns.setsockopt(zmq.SUBSCRIBE, b'')\ns.connect('tcp://127.0.0.1:' + sys.argv[1])\n"
          "s.recv_multipart()\nprint('reads', flush=True)\nwhile True: s.recv_multipart()\n")


def start_ratio(program, runs):
    """Start with encrypted sockets against the minimal kernel in clear text."""
    folder = tempfile.mkdtemp(prefix="bench-floor-")
    floor, times = wire.build_floor(folder), {"floor": [], "curve": []}
    for i in range(runs + 1):
        for name, argv, curve in (("floor", [floor], False), ("curve", [program, "-f"], True)):
            one = wire.Kernel(argv, curve=curve)
            one.stop()
            if i:
                times[name].append(one.start_ms)
    return statistics.median(times["curve"]) / statistics.median(times["floor"])


def slow_reader(argv, code):
    """How many displays of one cell reach a reader that looks only when the cell is done, and has little room."""
    one = wire.Kernel(argv)
    try:
        reader = one.context.socket(zmq.SUB)
        reader.linger = 0
        for option, value in ((zmq.RCVHWM, 10), (zmq.RCVBUF, 4096), (zmq.SUBSCRIBE, b"")):
            reader.setsockopt(option, value)
        reader.connect("tcp://127.0.0.1:%d" % one.ports["iopub_port"])
        reader.poll(1000)                                           # its welcome, where there is one
        one.run(code)
        found = 0
        while reader.poll(3000):
            found += b'"display_data"' in reader.recv_multipart()[-4]
        return found
    finally:
        one.stop()


def stopped_reader(program, seconds):
    """One reader stopped by SIGSTOP, one healthy: what the healthy one missed, the slowest cell, the kernel's memory."""
    one = wire.Kernel([program, "-f"])
    reader = subprocess.Popen([sys.executable, "-c", READER, str(one.ports["iopub_port"])], stdout=subprocess.PIPE)
    try:
        reader.stdout.readline()
        reader.send_signal(signal.SIGSTOP)
        one.run("t = '%s'" % ("z" * 500000))
        missed, slowest, peak, end = 0, 0, 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            began = time.perf_counter()
            message_id, heard = one.execute("%echo {t}"), 0
            while True:
                frames = one.iopub.recv_multipart()
                at = frames.index(wire.DELIMITER)
                if message_id in frames[at + 3]:
                    heard += frames[at + 5].count(b"z")
                    if b'"idle"' in frames[at + 5]:
                        break
            missed += heard != 500000
            slowest = max(slowest, (time.perf_counter() - began) * 1e3)
            peak = max(peak, one.resident_mib())
            one.reply(message_id)
        return {"missed": missed, "slowest_cell_ms": slowest, "resident_mib": peak}
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()
        one.stop()


def many_cells(program, cells):
    """Memory and descriptors of a session at its start, middle and end."""
    one = wire.Kernel([program, "-f"])
    try:
        descriptors = lambda: len(os.listdir("/proc/%d/fd" % one.process.pid))
        one.run("x = 1")
        for _ in range(500):
            one.run("%echo warm")
        memory, files = [one.resident_mib()], [descriptors()]
        for _ in range(2):
            for i in range(cells // 2):
                one.run("x = %d" % i if i % 2 else "%echo cell")
            memory.append(one.resident_mib())
            files.append(descriptors())
        return {"resident_mib": memory, "descriptors": files, "growth": memory[-1] / memory[1], "new_descriptors": files[-1] - files[1]}
    finally:
        one.stop()


def waits(program, samples):
    """99th percentile of interrupts of what waits: an answer, a server that says nothing, a child process."""
    folder, silent = tempfile.mkdtemp(prefix="bench-waits-"), socket.create_server(("127.0.0.1", 0))
    config = os.path.join(folder, "config")
    with open(config, "w") as file:
        file.write("[profile child]\nregion = us-east-1\ncredential_process = /bin/sleep 1000\n"
                   "[profile silent]\nregion = us-east-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = none\n"
                   "endpoint_url = http://127.0.0.1:%d\n" % silent.getsockname()[1])
    old = dict(os.environ)
    os.environ.update(AWS_CONFIG_FILE=config, AWS_EC2_METADATA_DISABLED="true")
    one = wire.Kernel([program, "-f"])
    try:
        cells = {"stdin": "%echo --ask 'name? '", "HTTP": "%set profile silent\n%whoami", "child process": "%set profile child\n%whoami"}
        return {name: wire.percentile(wire.interrupts(one, code, samples, asks=name == "stdin"), 0.99) for name, code in cells.items()}
    finally:
        one.stop()
        silent.close()
        os.environ.clear()
        os.environ.update(old)


def flood(program):
    """Milliseconds of a cell that prints 50 MB, to its idle, and what the page gets of it."""
    one = wire.Kernel([program, "-f"])
    try:
        one.run("t = '%s'" % ("0123456789" * 99000))
        message_id, began, shown = one.execute("%echo {t}\n" * 50), time.perf_counter(), b""
        while True:
            frames = one.iopub.recv_multipart()
            at = frames.index(wire.DELIMITER)
            if message_id not in frames[at + 3]:
                continue
            shown += frames[at + 5] if b'"text"' in frames[at + 5] else b""
            if b'"idle"' in frames[at + 5]:
                assert re.search(rb"whole in \S+, sha256 \w{64}", shown), "the surplus is not said"
                return {"ms": (time.perf_counter() - began) * 1e3, "page_mib": len(shown) / (1 << 20)}
    finally:
        one.stop()


async def through_a_server(server):
    """The same and a result of 500,000 rows as a page of a real Jupyter server gets them: milliseconds, MiB, and what was lost."""
    page = test_server.Page(server, server.request("api/kernels", {"name": test_server.NAME})["id"])
    await page.open()
    text, found = "0123456789" * 100000, {}
    cells = {"stream": "t = '%s'\n" % text + "%echo {t}\n" * 50,
             "rows": "%sql --limit 500000 SELECT i, md5(i::VARCHAR) || repeat('z', 60) AS h FROM range(500000) r(i)"}
    for name, code in cells.items():
        began = time.perf_counter()
        got = await page.run(code)
        took = (time.perf_counter() - began) * 1e3
        shown = json.dumps(got)
        path, digest = re.search(r"(?:whole in|rows are in) (\S+?),? sha256 (\w{64})", test_server.streams(got) + got[-2]["content"].get("data", {}).get("text/plain", "")).groups()
        with open(os.path.join(server.folder, path.rstrip(",")), "rb") as file:
            kept = file.read()
        whole = hashlib.sha256(kept).hexdigest() == digest and (kept.endswith((text + "\n").encode() * 50) if name == "stream" else kept.count(b"\n") == 500001)
        began = time.perf_counter()
        await page.run("%echo still there")
        found[name] = {"ms": took, "page_mib": len(shown) / (1 << 20), "kept_mib": len(kept) / (1 << 20), "lost": int(not whole),
                       "rate_messages": shown.count("rate exceeded"), "next_cell_ms": (time.perf_counter() - began) * 1e3}
    page.socket.close()
    found["rate_messages"] = sum(found[n]["rate_messages"] for n in cells) + server.said().count("rate exceeded")
    found["lost"] = sum(found[n]["lost"] for n in cells)
    return found


def served(program):
    test_server.PROGRAM = program
    server = test_server.Server()
    try:
        server.wait_ready()
        return asyncio.run(through_a_server(server))
    finally:
        server.close()


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("COFFERDAM", "build/cofferdam"))
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--cells", type=int, default=100000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(argv)
    program = os.path.abspath(given.program)
    found = {
        "curve_start_ratio": start_ratio(program, given.runs),
        "displays": slow_reader([program, "-f"], DISPLAYS["kernel"]),
        "displays_ipykernel": slow_reader(IPYKERNEL, DISPLAYS["ipykernel"]),
        "stopped": stopped_reader(program, given.seconds),
        "cells": many_cells(program, given.cells),
        "interrupt_p99_ms": waits(program, given.samples),
        "flood": flood(program),
        "served": served(program),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
