#!/usr/bin/env python3
"""From approval to the first change and to all denies, and a plan with its family over a large lake: response.py [--samples N] [--events N] [--work DIR]

One JSON object. The double of AWS answers behind a proxy that writes down when each request came and was answered: own time is what
passes while no request is with AWS.
"""
import argparse
import http.client
import http.server
import json
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "response"), HERE]

from acting import ADMIN, Cloud, Responder  # noqa: E402

CHANGES = ("PutUserPolicy", "AttachUserPolicy", "UpdateAccessKey")
HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


class Proxy(http.server.ThreadingHTTPServer):
    """Between the kernel and the double; `seen` has (came, answered, operation)."""
    daemon_threads, seen = True, None

    def __init__(self, endpoint):
        super().__init__(("127.0.0.1", 0), Pass)
        self.behind, self.seen = urllib.parse.urlparse(endpoint).netloc, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Pass(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm, wbufsize = True, -1  # an answer in two small pieces waits 40 ms for an acknowledgement, which were no time of the kernel's
    link = None

    def do_POST(self):
        came = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.link = self.link or http.client.HTTPConnection(self.server.behind)
        self.link.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            self.link.putheader(name, value)
        self.link.endheaders(body)
        answer = self.link.getresponse()
        said = answer.read()
        self.server.seen.append((came, time.monotonic(), urllib.parse.parse_qs(body.decode("latin-1")).get("Action", [""])[0]))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

    def log_message(self, *_):
        pass


def own(began, end, seen):
    """Milliseconds from began to end in which no request was with AWS."""
    busy, last = 0.0, began
    for came, answered, _ in sorted(seen):
        came, answered = max(came, last), min(answered, end)
        if answered > came:
            busy, last = busy + answered - came, answered
    return (end - began - busy) * 1e3


def approvals(cloud, samples):
    first, denied = [], []
    proxy = Proxy(cloud.endpoint)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.environ["COFFERDAM"])) as home:
        with Responder(home, {**cloud.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:%d" % proxy.server_port}) as kernel:
            for number in range(samples):
                cloud.user("user-%d" % number, ADMIN)
                cloud.new_key("user-%d" % number)
                _, yes = kernel.plan("%%contain user-%d" % number)
                del proxy.seen[:]
                began = time.monotonic()
                kernel.ok(yes)
                made = [one for one in proxy.seen if one[2] in CHANGES]
                first.append(own(began, min(one[0] for one in made), proxy.seen))
                denied.append(own(began, max(one[1] for one in made), proxy.seen))
    proxy.shutdown()
    return statistics.median(first), statistics.median(denied)


def plan_over(cloud, lake, key):
    """Seconds for a plan of a key with its family and its lawful use, own time."""
    times, proxy = [], Proxy(cloud.endpoint)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.environ["COFFERDAM"])) as home:
        with Responder(home, {**cloud.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:%d" % proxy.server_port}) as kernel:
            kernel.ok("%lake open " + lake)
            for _ in range(3):
                del proxy.seen[:]
                began = time.monotonic()
                text, _ = kernel.plan("%contain " + key)
                assert "user child" in text, text
                times.append(own(began, time.monotonic(), proxy.seen) / 1e3)
    proxy.shutdown()
    return statistics.median(times)


def make_lake(kernel_home, cloud, user, key, events, folder):
    """A lake of so many events of which some are the key's: it made a user, a key and sessions."""
    import duckdb
    raw = os.path.join(folder, "raw")
    os.makedirs(raw, exist_ok=True)
    row = """{'eventVersion': '1.08', 'eventID': CAST(uuid() AS VARCHAR), 'eventTime': strftime(now()::TIMESTAMP - to_seconds(range * 5), '%Y-%m-%dT%H:%M:%SZ'),
        'eventSource': 'ec2.amazonaws.com', 'eventName': 'DescribeInstances', 'awsRegion': 'us-east-1', 'sourceIPAddress': '10.0.' || (range % 200) || '.1', 'userAgent': 'aws-cli',
        'recipientAccountId': '@ACCOUNT', 'readOnly': true, 'eventType': 'AwsApiCall', 'managementEvent': true, 'eventCategory': 'Management', 'userIdentity': {'type': 'IAMUser', 'principalId': 'AIDA',
        'arn': 'arn:aws:iam::@ACCOUNT:user/u' || (range % 500), 'accountId': '@ACCOUNT', 'accessKeyId': CASE WHEN range % 1000 = 7 THEN '@KEY' ELSE 'AKIA' || printf('%016d', range % 500) END,
        'userName': CASE WHEN range % 1000 = 7 THEN '@USER' ELSE 'u' || (range % 500) END}}""".replace("@ACCOUNT", cloud.account).replace("@KEY", key).replace("@USER", user)
    path = os.path.join(raw, "trail.jsonl")
    duckdb.connect().execute("COPY (SELECT to_json(%s) FROM range(%d)) TO '%s' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')" % (row, events, path))
    with open(os.path.join(raw, "own.json"), "w") as out:
        json.dump({"Records": cloud.order("trail")}, out)
    lake = os.path.join(folder, "response.lake")
    with Responder(kernel_home, cloud.environment()) as kernel:
        kernel.ok("%%lake ingest %s --into %s" % (raw, lake))
    return lake


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--events", type=int, default=1000000)
    parser.add_argument("--work", default=None)
    given = parser.parse_args()
    os.environ.setdefault("CELL_SECONDS", "600")
    with Cloud(athena="none") as cloud, tempfile.TemporaryDirectory(dir=given.work) as folder:
        first, denied = approvals(cloud, min(given.samples, 20))
        thief = cloud.user("thief", ADMIN)
        iam = cloud.client("iam", thief)
        iam.create_user(UserName="child")
        iam.create_access_key(UserName="child")
        home = os.path.join(folder, "home")
        os.makedirs(home)
        lake = make_lake(home, cloud, "thief", thief["access_key_id"], given.events, folder)
        plan = plan_over(cloud, lake, thief["access_key_id"])
    print(json.dumps({"first_change_ms": first, "all_denies_ms": denied, "plan_s": plan}))


if __name__ == "__main__":
    main()
