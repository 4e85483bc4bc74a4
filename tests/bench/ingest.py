#!/usr/bin/env python3
"""How fast the ingest is, and what it needs: ingest.py [--events N] [--runs N] [--work DIR]

Ours, DuckDB's own tuned SQL (ingest.sql) and Python json + pandas in turn, several times each, over the same trail
(ingest_trail.py); then ours once over ten times as much, for its memory. Prints a line for each number with its bound; ends with 1 on a miss. Ratios are of medians of one run.
"""
import argparse
import glob
import gzip
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("BUILD", "build")
PROGRAM = os.path.join(ROOT, BUILD, "tests/unit/ingest/test_ingest")
os.environ.setdefault("DUCKDB_LIB", os.path.join(ROOT, "build/deps/libduckdb.so"))
RATIO_DUCKDB, RATIO_PANDAS, PEAK_KIB = 0.9, 5.0, 1536 * 1024
PANDAS_FILES = 100


def ours(trail, out):
    shutil.rmtree(out, ignore_errors=True)
    child = subprocess.Popen([PROGRAM, "ingest", out, "2", "0", "2", trail], stdout=subprocess.PIPE)
    report = json.loads(child.stdout.read())
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0 and report["ok"], report
    return report["elapsed"] / 1e6, report["rows"], usage.ru_maxrss


def peer(which, trail, out, *more):
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run([sys.executable, os.path.join(HERE, "ingest_peer.py"), which, trail, out, *map(str, more)], stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    return said["seconds"], said["rows"], said["peak_kib"]


def measure(contestants, runs):
    """Median seconds, rows and the greatest memory of each; in turn, so that load hits all alike."""
    results = [[] for _ in contestants]
    for _ in range(runs):
        for run, into in zip(contestants, results):
            into.append(run())
    return [(statistics.median(r[0] for r in each), each[0][1], max(r[2] for r in each)) for each in results]


def repeat(job):
    """One file of the trail, of another year and with other ids: another event in another month."""
    path, trail, more, year = job
    body = gzip.decompress(open(path, "rb").read()).replace(b'"eventTime":"2025', b'"eventTime":"%d' % year)
    body = re.sub(rb'"eventID":"..', b'"eventID":"%02x' % (year - 1900), body)
    into = os.path.join(more, str(year), os.path.relpath(path, trail))
    os.makedirs(os.path.dirname(into), exist_ok=True)
    with open(into, "wb") as file:
        file.write(gzip.compress(body, 1, mtime=0))


def tenfold(trail, more):
    paths = glob.glob(os.path.join(trail, "**", "*.json.gz"), recursive=True)
    with multiprocessing.Pool() as pool:
        pool.map(repeat, [(path, trail, more, year) for year in range(2016, 2026) for path in paths], chunksize=16)
    return more


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--events", type=int, default=1000000)
    args.add_argument("--runs", type=int, default=5)
    args.add_argument("--work")
    args = args.parse_args()
    work = args.work or tempfile.mkdtemp(prefix="cofferdam-bench-")
    trail, out = os.path.join(work, f"trail{args.events}"), os.path.join(work, "out")
    if not os.path.isdir(trail):
        subprocess.run([sys.executable, os.path.join(HERE, "ingest_trail.py"), trail, str(args.events)], check=True, stdout=subprocess.DEVNULL)
    (mine, rows, peak), (duck, duck_rows, duck_peak), (slow, slow_rows, slow_peak) = measure(
        [lambda: ours(trail, out), lambda: peer("duckdb", trail, out), lambda: peer("pandas", trail, out, PANDAS_FILES)], args.runs)
    more = tenfold(trail, os.path.join(work, "tenfold"))
    long, many, tenfold_peak = ours(more, out)
    shutil.rmtree(more)
    assert many == 10 * rows, (many, rows)
    assert rows == duck_rows == args.events // 1000 * 1000, (rows, duck_rows)
    ratio = mine / duck
    faster = (rows / mine) / (slow_rows / slow)
    lines = [("ingest seconds / DuckDB's own SQL", ratio, ratio <= RATIO_DUCKDB, f"at most {RATIO_DUCKDB}: {mine:.1f} s, DuckDB {duck:.1f} s ({duck_peak >> 10} MiB)"),
             ("ingest events a second / json + pandas", faster, faster >= RATIO_PANDAS, f"at least {RATIO_PANDAS}: {rows / mine:.0f}/s, pandas {slow_rows / slow:.0f}/s ({slow_peak >> 10} MiB)"),
             ("ingest peak memory, MiB", peak / 1024, peak <= PEAK_KIB, f"at most {PEAK_KIB >> 10}"),
             ("ingest peak memory for ten times the input, MiB", tenfold_peak / 1024, tenfold_peak <= PEAK_KIB, f"at most {PEAK_KIB >> 10}: {many} events in {long:.1f} s")]
    for name, value, holds, words in lines:
        print(f"{'ok  ' if holds else 'MISS'} {name}: {value:.2f} ({words})")
    print("load", " ".join("%.2f" % x for x in os.getloadavg()))
    if not args.work:
        shutil.rmtree(work)
    return 0 if all(holds for _, _, holds, _ in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
