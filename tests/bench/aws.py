#!/usr/bin/env python3
"""Athena's results, polling and stop, signed calls and Trino's rows, beside what others need for the same: aws.py [--rows N] [--runs N] [--samples N]

One JSON object. Athena and S3 are aws_double.py, a process of its own that costs next to nothing; Trino is a real one.
"""
import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import duckdb

import kernel as wire

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "trino"))

# a question over CloudTrail as Athena answers it: name, type, its text for row `range` (null and '' are told apart)
COLUMNS = [
    ("time", "timestamp", "strftime(TIMESTAMP '2026-01-01' + to_seconds(range), '%Y-%m-%d %H:%M:%S.000')"),
    ("operation", "varchar", "['GetObject', 'AssumeRole', 'DescribeInstances', 'ListBuckets', 'GetCallerIdentity'][1 + range % 5]"),
    ("service", "varchar", "['s3', 'sts', 'ec2', 's3', 'sts'][1 + range % 5] || '.amazonaws.com'"),
    ("user_type", "varchar", "['AssumedRole', 'IAMUser', 'AWSService'][1 + range % 3]"),
    ("user_name", "varchar", "CASE range % 3 WHEN 1 THEN 'name-' || range % 997 END"),
    ("user_arn", "varchar", "'arn:aws:sts::' || printf('%012d', 100000000000 + range % 4) || ':assumed-role/deployment/session-' || range % 99991"),
    ("user_principal", "varchar", "'AROAEXAMPLE' || upper(left(md5((range % 499)::VARCHAR), 10)) || ':session-' || range % 99991"),
    ("user_account", "varchar", "printf('%012d', 7 + range % 4)"),
    ("key", "varchar", "'ASIA' || upper(left(md5((range % 4999)::VARCHAR), 16))"),
    ("issuer", "varchar", "CASE WHEN range % 3 = 0 THEN 'arn:aws:iam::' || printf('%012d', 7 + range % 4) || ':role/deployment' END"),
    ("ip", "varchar", "'198.51.' || range % 100 || '.' || range % 251"),
    ("agent", "varchar", "'Boto3/1.34.' || range % 50 || ' md/\"quoted\" ua/2.0, os/linux#6.1 lang/python#3.11'"),
    ("error", "varchar", "CASE range % 5 WHEN 0 THEN '' WHEN 1 THEN 'AccessDenied' END"),
    ("status", "varchar", "CASE range % 5 WHEN 1 THEN 'Failure' ELSE 'Success' END"),
    ("region", "varchar", "['us-east-1', 'eu-west-1', 'us-west-2'][1 + range % 3]"),
    ("account", "varchar", "printf('%012d', 7 + range % 4)"),
    ("uid", "varchar", "uuid()::VARCHAR"),
    ("request_uid", "varchar", "upper(left(md5(range::VARCHAR), 16))"),
    ("type", "varchar", "'two' || chr(10) || 'lines, ' || range % 7"),
    ("bytes", "bigint", "range * 7919 % 1000003"),
]
MEMORY = "2GB"


def make_result(folder, rows):
    """A CSV as Athena writes one: all quoted but null; texts that look like numbers, empty ones, nulls, quotes, line ends."""
    path, columns = os.path.join(folder, "result.csv"), os.path.join(folder, "columns.json")
    expressions = ", ".join("CAST(%s AS VARCHAR) AS %s" % (form, name) for name, _, form in COLUMNS)
    duckdb.connect().execute("COPY (SELECT %s FROM range(%d)) TO '%s' (FORMAT csv, HEADER true, FORCE_QUOTE *, NULLSTR '')" % (expressions, rows, path))
    with open(columns, "w") as file:
        json.dump([{"Name": name, "Type": kind, "Precision": 0, "Scale": 0} for name, kind, _ in COLUMNS], file)
    return path, columns


def make_pages(folder, path, columns, rows):
    """The first rows of the CSV as GetQueryResults gives them."""
    pages = os.path.join(folder, "pages")
    os.mkdir(pages)
    with open(columns) as file:
        columns = json.load(file)
    read = "read_csv('%s', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false)" % path
    found = [tuple(column["Name"] for column in columns)] + duckdb.connect().execute("SELECT * FROM %s LIMIT %d" % (read, rows)).fetchall()
    for number, at in enumerate(range(0, len(found), 1000)):
        page = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in found[at:at + 1000]]
        page = {"ResultSet": {"Rows": page, "ResultSetMetadata": {"ColumnInfo": columns}}}
        with open(os.path.join(pages, str(number)), "w") as file:
            json.dump(dict(page, NextToken=str(number + 1)) if at + 1000 < len(found) else page, file)
    return pages


def make_parquet(folder, path):
    """The same result as UNLOAD writes it."""
    target = os.path.join(folder, "result.parquet")
    duckdb.connect().execute("COPY (SELECT * FROM %s) TO '%s' (FORMAT parquet, COMPRESSION snappy)" % (faithful(path), target))
    return target


class Double:
    def __init__(self, *files):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "aws_double.py"), *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = "http://127.0.0.1:%d" % int(self.process.stdout.readline())
        os.environ.update({"AWS_ENDPOINT_URL": self.url, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
                           "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull})

    def get(self, path):
        return json.load(urllib.request.urlopen(self.url + path))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def run(kernel, code):
    began = time.perf_counter()
    message = kernel.execute(code)
    assert kernel.idle(message), code
    took = (time.perf_counter() - began) * 1e3
    reply = kernel.reply(message)
    assert reply["status"] == "ok", reply
    return took


def settle(kernel):
    """Until what was shown lies in the case's file: a name of one's own is given to a table of it."""
    return run(kernel, "%sql --into settled SELECT 1")


def faithful(path):
    """DuckDB's read of Athena's CSV that tells null from an empty text."""
    types = {"varchar": "VARCHAR", "bigint": "BIGINT", "timestamp": "TIMESTAMP"}
    columns = "{%s}" % ", ".join("'%s': '%s'" % (name, types[kind]) for name, kind, _ in COLUMNS)
    return ("read_csv('%s', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
            "max_line_size = 33554432, columns = %s)" % (path, columns))


def by_curl(double, folder, name, reader):
    """curl to a file, then DuckDB's read of it into a database file, of which 200 rows are looked at."""
    path, database = os.path.join(folder, "fetched"), os.path.join(folder, "bare.duckdb")
    for file in (path, database):
        if os.path.exists(file):
            os.unlink(file)
    began = time.perf_counter()
    subprocess.run(["curl", "-s", "-o", path, double.url + name], check=True)
    with duckdb.connect(database) as connection:
        connection.execute("SET threads = 2; SET memory_limit = '%s'" % MEMORY)
        connection.execute("CREATE TABLE kept AS SELECT * FROM " + reader(path))
        connection.execute("SELECT * FROM kept LIMIT 200").fetchall()
    return (time.perf_counter() - began) * 1e3


def by_client(name):
    rows, took = subprocess.run([os.path.join(os.environ["PEERS"], "bin/python"), os.path.join(HERE, "aws_peers.py"), name], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return int(rows), float(took)


def athena(found, double, folder, given):
    kernel = wire.Kernel([os.path.abspath(given.program), "-f"])
    try:
        run(kernel, "%set memory " + MEMORY)
        shown, ours, theirs, unload, bare = [], [], [], [], []
        for i in range(given.runs + 1):
            shown.append(run(kernel, "%athena SELECT " + str(i)))
            ours.append(shown[-1] + settle(kernel))
            theirs.append(by_curl(double, folder, "/results/x.csv", faithful))
            unload.append(run(kernel, "%athena --unload --output s3://results/ --into kept SELECT {} AS n".format(i)))
            bare.append(by_curl(double, folder, "/results/unload/x", "read_parquet('{}')".format))
        found.update(csv_ms=statistics.median(shown[1:]), csv_kept_ms=statistics.median(ours[1:]), csv_curl_ms=statistics.median(theirs[1:]), unload_ms=statistics.median(unload[1:]))
        found["csv_ratio"] = statistics.median(a / b for a, b in zip(ours[1:], theirs[1:]))
        found["unload_own_ms"] = statistics.median(a - b for a, b in zip(unload[1:], bare[1:]))
        for name in ("awswrangler", "pyathena"):  # theirs ends in memory, as ours is when it is shown
            rows, took = by_client(name)
            found[name + "_ratio"] = took / rows / (found["csv_ms"] / given.rows)
    finally:
        kernel.stop()


def polling(found, double, given):
    """What is added to a query of 300 ms, and how soon a stop is at Athena."""
    kernel = wire.Kernel([os.path.abspath(given.program), "-f"])
    try:
        run(kernel, "%athena SELECT 0")
        added = []
        for i in range(max(10, given.samples // 10)):
            run(kernel, "%%athena SELECT %d AS n, 'run 300 ms' AS t" % i)
            added.append((time.monotonic() - double.get("/ends")[-1]) * 1e3)
        found["poll_added_ms"] = statistics.median(added)
        times = []
        for i in range(given.samples):
            before = len(double.get("/stops"))
            message = wire.begin(kernel, "%%athena SELECT %d AS n, 'run 60000 ms' AS t" % i)
            time.sleep(0.02 * (1 + i % 10))
            asked = time.monotonic()
            wire.interrupt(kernel, message)
            stops = double.get("/stops")
            if len(stops) > before:  # else it had not been started yet
                times.append((stops[-1] - asked) * 1e3)
        found["stop_p99_ms"], found["stops"] = wire.percentile(times, 0.99), len(times)
    finally:
        kernel.stop()


BOTOCORE = """
import boto3, os, resource
client = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
cpu = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) * 1e6
for i in range(50): client.get_caller_identity()
before = cpu()
for i in range(%d): client.get_caller_identity()
print((cpu() - before) / %d)
"""


def calls(found, given, folder):
    program = wire.build("aws_calls", folder)
    ours, theirs = [], []
    for _ in range(given.runs):
        ours.append(float(subprocess.run([program, "1000"], check=True, capture_output=True, text=True).stdout))
        theirs.append(float(subprocess.run([sys.executable, "-c", BOTOCORE % (300, 300)], check=True, stdout=subprocess.PIPE, text=True).stdout))
    found.update(call_cpu_us=statistics.median(ours), call_botocore_cpu_us=statistics.median(theirs))
    found["call_ratio"] = found["call_botocore_cpu_us"] / found["call_cpu_us"]
    cold = []
    for _ in range(given.runs):
        kernel = wire.Kernel([os.path.abspath(given.program), "-f"])
        try:
            cold.append(run(kernel, "%whoami"))
        finally:
            kernel.stop()
    found["whoami_ms"] = statistics.median(cold)


PEER = """
import sys, time, trino
connection = trino.dbapi.connect(host="127.0.0.1", port=int(sys.argv[1]), user="bench", catalog="hive")
for i in range(2):
    began = time.perf_counter()
    cursor = connection.cursor()
    cursor.execute(sys.argv[2])
    rows = cursor.fetchall()
    took = time.perf_counter() - began
print(len(rows) / took)
"""


def trino(found, given):
    from server import Trino
    thousand = given.rows // 1000
    # what a question over CloudTrail answers: a time, texts, a truth value, a number
    sql = ("SELECT date_add('second', x * 1000 + y, TIMESTAMP '2026-01-01 00:00:00.000') AS time, 'GetObject' AS operation, 's3.amazonaws.com' AS service, "
           "'arn:aws:sts::123456789012:assumed-role/deployment/session-' || CAST(x AS varchar) AS user_arn, '198.51.100.' || CAST(y AS varchar) AS ip, "
           "mod(y, 5) <> 0 AS succeeded, x * 1000 + y AS bytes FROM UNNEST(sequence(1, %d)) a(x) CROSS JOIN UNNEST(sequence(1, 1000)) b(y)" % thousand)
    ours, theirs = [], []
    with Trino() as started:
        os.environ["TRINO_SERVER"] = started.url
        kernel = wire.Kernel([os.path.abspath(given.program), "-f"])
        try:
            run(kernel, "%trino " + sql)
            settle(kernel)
            for _ in range(given.runs):
                ours.append(thousand * 1000 / (run(kernel, "%trino " + sql) / 1e3))
                settle(kernel)
                theirs.append(float(subprocess.run([sys.executable, "-c", PEER, str(started.port), sql], check=True, capture_output=True, text=True).stdout))
        finally:
            kernel.stop()
    found.update(trino_rows_per_s=statistics.median(ours), trino_client_rows_per_s=statistics.median(theirs))
    found["trino_ratio"] = found["trino_rows_per_s"] / found["trino_client_rows_per_s"]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("COFFERDAM", "build/cofferdam"))
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--samples", type=int, default=200)
    given = parser.parse_args(argv)
    folder = tempfile.mkdtemp(prefix="cofferdam-bench-")
    found = {"load": os.getloadavg()[0]}
    try:
        result, columns = make_result(folder, given.rows)
        found["csv_mb"] = os.path.getsize(result) / 1e6
        double = Double(result, columns, make_pages(folder, result, columns, given.rows // 10), make_parquet(folder, result))
        athena(found, double, folder, given)
        double.end()
        small = os.path.join(folder, "small")
        os.mkdir(small)
        double = Double(*make_result(small, 10))
        polling(found, double, given)
        calls(found, given, folder)
        double.end()
        trino(found, given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
