#!/usr/bin/env python3
"""Questions, large results and interrupts of the kernel, beside the bare engine: query.py [--events N] [--samples N] [--work DIR]

One JSON object: medians of --runs runs, percentiles of --samples interrupts a class, measured in one run.
"""
import argparse
import glob
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

import kernel as wire

HERE = os.path.dirname(os.path.abspath(__file__))


def run(kernel, code):
    """Milliseconds from request to idle; the cell must succeed."""
    began = time.perf_counter()
    message = kernel.execute(code)
    assert kernel.idle(message), code
    took = (time.perf_counter() - began) * 1e3
    reply = kernel.reply(message)
    assert reply["status"] == "ok", reply
    return took


def shares(kernel, code):
    """Milliseconds from request to idle, and of them those that the engine took, as the output's metadata says."""
    began, engine = time.perf_counter(), 0.0
    message = kernel.execute(code)
    while True:
        frames = kernel.iopub.recv_multipart()
        at = frames.index(wire.DELIMITER)
        if message not in frames[at + 3]:
            continue
        said = re.search(rb'"elapsed_us": ?(\d+)', frames[at + 5])
        engine = int(said.group(1)) / 1e3 if said else engine
        if b'"idle"' in frames[at + 5]:
            break
    took = (time.perf_counter() - began) * 1e3
    assert kernel.reply(message)["status"] == "ok", code
    return took, engine


def interrupts_writing(kernel, code, count):
    """Milliseconds of interrupts that come while a Parquet file of the kernel's exports grows."""
    times, pattern = [], os.path.join(kernel.folder, ".cofferdam", "export", "*")
    for i in range(count):
        message = wire.begin(kernel, code)
        while not any(os.path.getsize(path) for path in glob.glob(pattern) if os.path.exists(path)):
            time.sleep(0.0005)
        time.sleep(0.01 * (i % 5))
        times.append(wire.interrupt(kernel, message))
    return times


def blanks(work):
    """64 GiB of blanks within an array of records, in 64 MB of gzip: nothing but decompression."""
    path, piece = os.path.join(work, "blanks.json.gz"), gzip.compress(b" " * (64 << 20))
    with open(path, "wb") as file:
        file.write(gzip.compress(b'{"Records": ['))
        for _ in range(1024):
            file.write(piece)
        file.write(gzip.compress(b"]}"))
    return path


def busiest_key(files):
    return duckdb.connect().execute("SELECT actor.\"user\".credential_uid FROM read_parquet(?) WHERE actor.\"user\".credential_uid <> '' GROUP BY 1 "
                                    "HAVING count(*) BETWEEN 300 AND 3000 ORDER BY count(*) DESC, 1 LIMIT 1", [files]).fetchone()[0]


EVENT = ("time_dt, accountid, region, api.service.\"name\", api.operation, CASE WHEN api.response.\"error\" IS NOT NULL THEN 'Failure' ELSE status END AS status, "
         "api.response.\"error\" AS error, coalesce(src_endpoint.ip, src_endpoint.\"domain\") AS source, actor.\"user\".uid AS who, "
         "actor.\"user\".credential_uid AS key, metadata.uid AS event_id, http_request.user_agent, api.request.\"data\" AS request, api.response.\"data\" AS response")


def bare(files, key, runs):
    """The same query without us: over the lake's files, and over one sorted file."""
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    query = "CREATE OR REPLACE TABLE kept AS SELECT %s FROM read_parquet(?) WHERE actor.\"user\".credential_uid = ? ORDER BY time_dt, event_id" % EVENT
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        connection.execute(query, [files, key])
        connection.execute("SELECT * FROM kept LIMIT 200").fetchall()
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times[1:])


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("COFFERDAM", "build/cofferdam"))
    parser.add_argument("--events", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--work")
    given = parser.parse_args(argv)
    work = given.work or tempfile.mkdtemp(prefix="cofferdam-bench-")
    trail, lake = os.path.join(work, "trail%d" % given.events), os.path.join(work, "lake%d" % given.events)
    if not os.path.isdir(trail):
        subprocess.run([sys.executable, os.path.join(HERE, "ingest_trail.py"), trail, str(given.events)], check=True, stdout=subprocess.DEVNULL)
    if not os.path.isdir(lake):
        subprocess.run([given.program, "ingest", trail, "--into", lake], check=True, stdout=subprocess.DEVNULL)
    files = sorted(os.path.join(root, name) for root, _, names in os.walk(os.path.join(lake, "aws", "CLOUD_TRAIL_MGMT")) for name in names if name.endswith(".parquet"))
    key = busiest_key(files)
    one = os.path.join(work, "one.parquet")
    duckdb.connect().execute("COPY (SELECT * FROM read_parquet(%s) ORDER BY time_dt) TO '%s' (FORMAT parquet, COMPRESSION zstd)" % (files, one))
    found = {"files": len(files), "load": os.getloadavg()[0]}
    kernel = wire.Kernel([os.path.abspath(given.program), "-f"])
    try:
        run(kernel, "%%lake open \"%s\"" % lake)
        run(kernel, "%%cloudtrail key %s" % key)
        ours, lake_bare, file_bare = [], [], []
        for _ in range(given.runs):                                     # in turn, so that load hits all alike
            ours.append(run(kernel, "%%cloudtrail key %s" % key))
            lake_bare.append(bare(files, key, 1))
            file_bare.append(bare([one], key, 1))
        found.update(key_ms=statistics.median(ours), key_bare_ms=statistics.median(lake_bare), key_file_ms=statistics.median(file_bare))
        found["key_ratio"] = found["key_ms"] / found["key_bare_ms"]
        found["key_file_ratio"] = found["key_ms"] / found["key_file_ms"]
        connection = duckdb.connect()
        connection.execute("SET threads = 2")
        connection.execute("ATTACH '%s' AS results" % os.path.join(work, "bare.duckdb"))
        big = "SELECT range AS n, 'user' || range %% 997 AS who, hash(range) AS h, TIMESTAMP '2026-01-01' + INTERVAL (range) SECOND AS t, CAST(range AS VARCHAR) AS a FROM range(1000000)"
        big = big.replace("%%", "%")
        mine, engine = [], []
        for _ in range(given.runs + 1):
            mine.append(shares(kernel, big))
            began = time.perf_counter()
            connection.execute("CREATE TABLE results.kept%d AS %s" % (len(mine), big))
            connection.execute("SELECT * FROM results.kept%d LIMIT 200" % len(mine)).fetchall()
            engine.append((time.perf_counter() - began) * 1e3)
        found.update(million_ms=statistics.median(whole for whole, _ in mine[1:]), million_bare_ms=statistics.median(engine[1:]),
                     million_own_ms=statistics.median(whole - part for whole, part in mine[1:]))
        found["million_ratio"] = found["million_ms"] / found["million_bare_ms"]
        small = "SELECT range AS n, 'user' || range % 97 AS who, 'value ' || range AS a, 'x' AS b, range * 2 AS c, 'y' AS d, 1.5 AS e, true AS f FROM range(1000)"
        thousand = [run(kernel, "%%sql --limit 1000\n" + small) - run(kernel, "%%sql --limit 1\n" + small) for _ in range(given.runs)]
        found["thousand_rows_ms"] = statistics.median(thousand)
        csv, out = os.path.join(work, "load.csv"), os.path.join(work, "interrupted")
        if not os.path.exists(csv):
            duckdb.connect().execute("COPY (SELECT range AS a, hash(range) AS b, 'text ' || range AS c FROM range(20000000)) TO '%s' (FORMAT csv)" % csv)
        run(kernel, "%%lake open \"%s\"" % csv)
        again = " UNION ALL ".join(["SELECT api.request.\"data\" AS request FROM cloudtrail"] * 100)
        classes = {"CSV load": "SELECT max(b), count(DISTINCT c) FROM load", "file scan": "SELECT max(request) FROM (%s)" % again,
                   "decompression": "%%lake ingest \"%s\" --into \"%s\"" % (blanks(work), out), "ingest": "%%lake ingest \"%s\" --into \"%s\"" % (trail, out)}
        found["interrupt_p99_ms"] = {}
        for name, code in classes.items():
            found["interrupt_p99_ms"][name] = wire.percentile(wire.interrupts(kernel, code, given.samples), 0.99)
        written = "%%%%sql --save \"%s\"\n%s" % (os.path.join(work, "saved.parquet"), big)
        found["interrupt_p99_ms"]["Parquet write"] = wire.percentile(interrupts_writing(kernel, written, given.samples), 0.99)
    finally:
        kernel.stop()
        if not given.work:
            shutil.rmtree(work, ignore_errors=True)
    print(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
