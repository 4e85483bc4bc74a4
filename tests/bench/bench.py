#!/usr/bin/env python3
"""make bench: every number of the README's table, from one run, with its bound; ends with 1 on a miss.

bench.py [--quick]: a tenth of the events and samples, for a look (nothing is gated then).
"""
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# name in the table, where it comes from, bound, "at most" or "at least", unit
ROWS = [
    ("start to first kernel_info_reply / minimal kernel", "kernel.start_ratio", 2.0, "at most", "x"),
    ("a parameter cell, median / minimal kernel", "kernel.cell_ratio", 2.0, "at most", "x"),
    ("burst of cells / minimal kernel's rate", "kernel.burst_ratio", 1 / 3, "at least", "x"),
    ("start with CURVE on all sockets / minimal kernel in clear", "protocol.curve_start_ratio", 3.0, "at most", "x"),
    ("2,000 displays to a slow reader: delivered", "protocol.displays", 2000, "at least", ""),
    ("the same from ipykernel (for comparison)", "protocol.displays_ipykernel", 0, "at least", ""),
    ("a reader stopped for 60 s: cells another one missed", "protocol.stopped.missed", 0, "at most", ""),
    ("the same: slowest cell", "protocol.stopped.slowest_cell_ms", 3000, "at most", "ms"),
    ("the same: resident memory", "protocol.stopped.resident_mib", 256, "at most", "MiB"),
    ("100,000 cells: resident memory, end / middle", "protocol.cells.growth", 1.1, "at most", "x"),
    ("100,000 cells: descriptors, end - middle", "protocol.cells.new_descriptors", 0, "at most", ""),
    ("a cell of 50 MB: what the page gets", "protocol.flood.page_mib", 1.1, "at most", "MiB"),
    ("50 MB and 500,000 rows through a Jupyter server: its rate messages", "protocol.served.rate_messages", 0, "at most", ""),
    ("the same: lost", "protocol.served.lost", 0, "at most", ""),
    ("the same: the page's next cell", "protocol.served.rows.next_cell_ms", 1000, "at most", "ms"),
    ("interrupt to idle, p99: stdin wait", "protocol.interrupt_p99_ms.stdin", 100, "at most", "ms"),
    ("interrupt to idle, p99: HTTP wait", "protocol.interrupt_p99_ms.HTTP", 100, "at most", "ms"),
    ("interrupt to idle, p99: child process", "protocol.interrupt_p99_ms.child process", 100, "at most", "ms"),
    ("resident memory after start", "kernel.rss_start_mib", 15, "at most", "MiB"),
    ("resident memory after the first SQL", "kernel.rss_sql_mib", 64, "at most", "MiB"),
    ("first SQL cell of a cold kernel", "kernel.first_sql_ms", 60, "at most", "ms"),
    ("completion while a query runs, 99th percentile", "kernel.completion_busy_p99_ms", 10, "at most", "ms"),
    ("interrupt to idle, p99: heavy sort", "kernel.interrupt_p99_ms.sort", 100, "at most", "ms"),
    ("interrupt to idle, p99: cross join", "kernel.interrupt_p99_ms.cross join", 100, "at most", "ms"),
    ("interrupt to idle, p99: aggregate", "kernel.interrupt_p99_ms.aggregate", 100, "at most", "ms"),
    ("interrupt to idle, p99: CSV load", "query.interrupt_p99_ms.CSV load", 100, "at most", "ms"),
    ("interrupt to idle, p99: file scan", "query.interrupt_p99_ms.file scan", 100, "at most", "ms"),
    ("interrupt to idle, p99: decompression", "query.interrupt_p99_ms.decompression", 100, "at most", "ms"),
    ("interrupt to idle, p99: ingest", "query.interrupt_p99_ms.ingest", 100, "at most", "ms"),
    ("interrupt to idle, p99: Parquet write", "query.interrupt_p99_ms.Parquet write", 100, "at most", "ms"),
    ("%cloudtrail key over the lake / bare DuckDB", "query.key_ratio", 1.3, "at most", "x"),
    ("%cloudtrail key / bare DuckDB over one sorted file", "query.key_file_ratio", 10, "at most", "x"),
    ("1,000,000 rows kept, 200 shown: own share", "query.million_own_ms", 20, "at most", "ms"),
    ("1,000 rows shown", "query.thousand_rows_ms", 20, "at most", "ms"),
    ("Athena's CSV, 1,000,000 x 20, to a kept table / curl, DuckDB", "aws.csv_ratio", 1.1, "at most", "x"),
    ("the same, awswrangler / ours", "aws.awswrangler_ratio", 3, "at least", "x"),
    ("the same, a row of PyAthena's cursor / ours", "aws.pyathena_ratio", 20, "at least", "x"),
    ("the same by UNLOAD, 200 rows shown: own time", "aws.unload_own_ms", 100, "at most", "ms"),
    ("added to Athena's own time, a query of 300 ms", "aws.poll_added_ms", 150, "at most", "ms"),
    ("interrupt to StopQueryExecution received, p99", "aws.stop_p99_ms", 100, "at most", "ms"),
    ("one signed call, warm: client's own CPU", "aws.call_cpu_us", 200, "at most", "us"),
    ("one signed call: botocore's CPU / ours", "aws.call_ratio", 10, "at least", "x"),
    ("%whoami from a cold kernel", "aws.whoami_ms", 60, "at most", "ms"),
    ("a durable entry of the ledger / bare write and fsync", "ledger.durable_ratio", 1.5, "at most", "x"),
    ("verify a ledger of 100,000 entries", "ledger.verify_ms", 1000, "at most", "ms"),
    ("Trino, 1,000,000 rows / its Python client's rate", "aws.trino_ratio", 5, "at least", "x"),
    ("approval to the first change: own time", "response.first_change_ms", 100, "at most", "ms"),
    ("all denies of a user with 2 keys in place: own time", "response.all_denies_ms", 200, "at most", "ms"),
    ("plan of a key with its family, 1,000,000 events: own time", "response.plan_s", 2, "at most", "s"),
]


def look_up(found, path):
    for name in path.split("."):
        found = found[name]
    return found


def part(name, *options):
    began = time.monotonic()
    done = subprocess.run([sys.executable, os.path.join(HERE, name)] + list(options), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit("bench: %s failed" % name)
    print("bench: %s took %d s" % (name, time.monotonic() - began), file=sys.stderr, flush=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    quick = "--quick" in sys.argv
    work = tempfile.mkdtemp(prefix="cofferdam-bench-")
    samples, events = ("20", "100000") if quick else ("200", "1000000")
    cells, seconds = ("2000", "10") if quick else ("100000", "60")
    try:
        found = {"kernel": part("kernel.py", "--samples", samples),
                 "protocol": part("protocol.py", "--samples", samples, "--cells", cells, "--seconds", seconds), "query": part("query.py", "--samples", samples, "--events", events, "--work", work),
                 "aws": part("aws.py", "--samples", samples, "--rows", events), "ledger": part("ledger.py", "--samples", samples),
                 "response": part("response.py", "--samples", samples, "--events", events, "--work", work)}
        missed = 0
        print("%s, %s, load %.2f" % (datetime.date.today().isoformat(), platform.machine(), os.getloadavg()[0]))
        for name, path, bound, sense, unit in ROWS:
            value = look_up(found, path)
            holds = value <= bound if sense == "at most" else value >= bound
            missed += not holds
            print("%s %-56s %8.2f %-3s (%s %.2f)" % ("ok  " if holds else "MISS", name, value, unit, sense, bound))
        sys.stdout.flush()
        ingest = subprocess.run([sys.executable, os.path.join(HERE, "ingest.py"), "--events", events, "--work", work] + (["--runs", "2"] if quick else []))
        missed += ingest.returncode != 0
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if missed and not quick else 0


if __name__ == "__main__":
    sys.exit(main())
