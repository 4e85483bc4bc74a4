"""The least that answers as Athena, S3 and STS, so that what is measured is the client: one process, files sent by the kernel of the system.

aws_double.py RESULT.csv COLUMNS.json [PAGES PARQUET]: prints its port. A query runs for as many milliseconds as its text says ("run 300 ms");
its result is RESULT.csv with the columns of COLUMNS.json; in pages, the files PAGES/0, 1, ... as they are; of an UNLOAD, the file PARQUET.
GET /stops lists when StopQueryExecution came, GET /ends when queries ended (CLOCK_MONOTONIC).
"""
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.parse

RESULT, COLUMNS = sys.argv[1], json.load(open(sys.argv[2]))
PAGES, PARQUET = sys.argv[3:] if len(sys.argv) > 3 else (None, None)
IDENTITY = (b"<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn>"
            b"<UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
            b"</GetCallerIdentityResponse>")
queries, stops, ends = {}, [], []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def answer(self, body, kind="application/x-amz-json-1.1"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def say(self, value):
        self.answer(json.dumps(value).encode())

    def do_HEAD(self):
        self.file(RESULT, False)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path in ("/stops", "/ends"):
            return self.say(stops if path == "/stops" else ends)
        query = urllib.parse.parse_qs(query)
        if "list-type" in query:
            return self.list(query["prefix"][0])
        self.file(PARQUET if "/unload/" in path else RESULT, True)

    def list(self, prefix):
        self.answer(("<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>%spart</Key><Size>%d</Size></Contents></ListBucketResult>"
                     % (prefix, os.path.getsize(PARQUET))).encode(), "application/xml")

    def file(self, path, body):
        size = os.path.getsize(path)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        at, end = (int(asked[1]), min(size, int(asked[2] or size - 1) + 1)) if asked else (0, size)
        self.send_response(206 if asked else 200)
        for name, value in (("Content-Length", end - at), ("ETag", '"etag"'), ("Last-Modified", "Mon, 23 Nov 2026 12:00:00 GMT"), ("Accept-Ranges", "bytes")):
            self.send_header(name, str(value))
        if asked:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (at, end - 1, size))
        self.end_headers()
        self.wfile.flush()
        with open(path, "rb") as file:
            while body and at < end:
                at += os.sendfile(self.connection.fileno(), file.fileno(), at, min(1 << 24, end - at))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = (self.headers.get("X-Amz-Target") or "").partition(".")[2]
        if not target:
            return self.answer(IDENTITY, "text/xml")
        given = json.loads(body)
        if target == "StartQueryExecution":
            found = re.search(r"run (\d+) ms", given["QueryString"])
            name = "00000000-0000-4000-8000-%012d" % len(queries)
            queries[name] = [time.monotonic() + (int(found[1]) / 1000 if found else 0), "RUNNING"]
            return self.say({"QueryExecutionId": name})
        if target == "GetWorkGroup":
            return self.say({"WorkGroup": {"Name": "primary", "State": "ENABLED", "Configuration": {"EnforceWorkGroupConfiguration": False, "ResultConfiguration": {}}}})
        name = given["QueryExecutionId"]
        if target == "StopQueryExecution":
            stops.append(time.monotonic())
            queries[name][1] = "CANCELLED"
            return self.say({})
        if target == "GetQueryResults":
            return self.page(given)
        end, state = queries[name]
        if state == "RUNNING" and time.monotonic() >= end:
            state = queries[name][1] = "SUCCEEDED"
            ends.append(end)
        self.say({"QueryExecution": {"QueryExecutionId": name, "StatementType": "DML", "Query": "SELECT", "WorkGroup": "primary", "Status": {"State": state, "SubmissionDateTime": 1.0, "CompletionDateTime": 2.0},
                                     "ResultConfiguration": {"OutputLocation": "s3://results/" + name + ".csv"},
                                     "Statistics": {"DataScannedInBytes": 1, "QueryQueueTimeInMillis": 0, "EngineExecutionTimeInMillis": 1}}})

    def page(self, given):
        path = os.path.join(PAGES or "", given.get("NextToken", "0"))
        if given.get("MaxResults") == 1 or not PAGES or not os.path.exists(path):
            return self.say({"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": COLUMNS}}})
        with open(path, "rb") as file:
            self.answer(file.read())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
