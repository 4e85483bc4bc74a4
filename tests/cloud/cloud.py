#!/usr/bin/env python3
"""The double of AWS that the tests ask: moto behind a front that checks signatures and policies, and layers for what moto lacks.

    tests/cloud/cloud.py [--port N] [--athena duckdb|trino:URL,CATALOG|none] [--lake DIR] [--setup FILE.sql] [--show] [--with-parent]

One line of JSON says when it is ready: endpoint, account, access_key_id, secret_access_key, region, imds, container. SIGTERM ends it.
In tests: `with Cloud(lake=..., setup=...) as cloud: cloud.client("sts").get_caller_identity()`. What tests may order stands in README.md.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
REGION = "us-east-1"


class CloudRefused(Exception):
    """What the double said against an order."""


class Cloud:
    """The double as a process of its own. `environment` is what a client of it wants to see in its environment."""

    def __init__(self, lake=None, setup=None, athena="duckdb", port=0):
        self.clients = {}
        self.arguments = ["--port", str(port), "--athena", athena, "--with-parent"]
        for name, value in (("--lake", lake), ("--setup", setup)):
            if value:
                self.arguments += [name, str(value)]

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "cloud.py")] + self.arguments, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError("the cloud did not start")
        self.ready = json.loads(line)
        self.endpoint, self.account, self.region = self.ready["endpoint"], self.ready["account"], self.ready["region"]
        self.imds, self.container = self.ready["imds"], self.ready["container"]
        self.key = {"access_key_id": self.ready["access_key_id"], "secret_access_key": self.ready["secret_access_key"]}
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)

    def environment(self, key=None, region=None):
        key = key or self.key
        found = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": region or self.region, "AWS_DEFAULT_REGION": region or self.region,
                 "AWS_ACCESS_KEY_ID": key["access_key_id"], "AWS_SECRET_ACCESS_KEY": key["secret_access_key"], "AWS_EC2_METADATA_DISABLED": "true",
                 "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        return {**found, **({"AWS_SESSION_TOKEN": key["session_token"]} if key.get("session_token") else {})}

    def client(self, service, key=None, region=None, **config):
        """boto3's client; `key` is what user(), session_key() or key_of() gave, False is nobody."""
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config
        given, kept = key or self.key, repr((service, key, region, config))
        if kept in self.clients:
            return self.clients[kept]
        config = {"retries": {"total_max_attempts": 1}, "parameter_validation": False, **config,
                  **({"signature_version": UNSIGNED} if key is False else {})}
        self.clients[kept] = boto3.client(
            service, endpoint_url=self.endpoint, region_name=region or self.region, aws_access_key_id=given["access_key_id"],
            aws_secret_access_key=given["secret_access_key"], aws_session_token=given.get("session_token"), config=Config(**config))
        return self.clients[kept]

    def order(self, path, body=None):
        """POST (with a body) or GET /cloud/PATH."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request("%s/cloud/%s" % (self.endpoint, path), data=data, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as found:
                return json.load(found)
        except urllib.error.HTTPError as refused:
            raise CloudRefused(refused.read().decode()) from None

    def user(self, name, *policies, **more):
        """A user with these policies (ARNs or documents) and one key: {"access_key_id", "secret_access_key", "arn"}."""
        return self.order("user", {"name": name, "policies": list(policies), **more})

    def role(self, name, *policies, trust=None, **more):
        """A role that `trust` (an ARN, a list or a document; the account otherwise) may assume."""
        return self.order("role", {"name": name, "policies": list(policies), "trust": trust, **more})

    def new_key(self, user):
        return self.order("key", {"user": user})

    def faults(self, *given):
        return self.order("faults", list(given) if given else {})

    def calls(self, **wanted):
        """What was asked of service, operation, access_key_id, status; wait=N waits until there are so many."""
        return self.order("calls", wanted)

    def forget(self):
        self.order("calls", {"clear": True})


def key_of(credentials):
    """STS's Credentials as this module's keys."""
    return {"access_key_id": credentials["AccessKeyId"], "secret_access_key": credentials["SecretAccessKey"],
            "session_token": credentials["SessionToken"]}


def arguments():
    parser = argparse.ArgumentParser(description="the double of AWS")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--athena", default="duckdb", help="what executes Athena's SQL: duckdb, trino:URL,CATALOG or none")
    parser.add_argument("--lake", help="folder of the lake: {lake} in the setup file")
    parser.add_argument("--setup", help="SQL file that makes Athena's databases, tables and views")
    parser.add_argument("--show", action="store_true", help="for people: the environment to set, instead of JSON")
    parser.add_argument("--with-parent", action="store_true", help="ends when its standard input does")
    return parser.parse_args()


def shown(ready):
    """What a person types to try something against the double."""
    environment = {"AWS_ENDPOINT_URL": ready["endpoint"], "AWS_REGION": ready["region"], "AWS_ACCESS_KEY_ID": ready["access_key_id"],
                   "AWS_SECRET_ACCESS_KEY": ready["secret_access_key"], "AWS_EC2_METADATA_DISABLED": "true"}
    return "\n".join(["a double of AWS, until Ctrl-C; in another terminal:", ""] + ["export %s=%s" % pair for pair in environment.items()])


def serve():
    given = arguments()
    os.environ.update({"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "AWS_EC2_METADATA_DISABLED": "true",
                       "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": REGION})
    sys.path.insert(0, HERE)
    import server
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    running = server.Server(given)
    print(shown(running.ready) if given.show else json.dumps(running.ready), flush=True)
    if given.with_parent:
        threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    over.wait()
    running.stop()


if __name__ == "__main__":
    serve()
