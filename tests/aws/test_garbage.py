"""What is no answer of AWS, although its status is good, is an error for every kind of protocol, never "there is nothing"; and it costs little."""
import http.server
import os
import threading

import pytest

from test_client import PROGRAM, ask  # noqa: F401

XML = b"<?xml version='1.0'?>"
PAGE = b"<html xmlns='http://www.w3.org/1999/xhtml'><head><title>Sign in</title></head><body>Accept the terms</body></html>"
BODIES = {
    "nothing": b"", "blanks": b" \r\n", "a page": PAGE, "a page that is no XML": b"<!DOCTYPE html><html><br></html>", "words": b"It works!", "NULs": b"\0" * 64,
    "UTF-16": "<ListUsersResponse/>".encode("utf-16"), "no UTF-8": b"\xff\xfe\xfd" * 30, "a list": b"[]", "null": b"null", "a text": b'"x"',
    "an error": XML + b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", "an error of EC2": XML + b"<Response><Errors/></Response>",
    "an error of S3": XML + b"<Error><Code>InternalError</Code><Message>We</Message></Error>", "half of JSON": b'{"a": [', "half of XML": b"<ListUsersResponse>",
    "deep JSON": b'{"a":' * 200000, "deep lists": b'{"a":' + b"[" * 200000, "deep XML": b"<a>" * 200000,
    "a bomb": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><ListUsersResponse>&b;</ListUsersResponse>',
    "a million attributes": b"<ListUsersResponse " + b"".join(b"a%d='' " % i for i in range(1000000)) + b"/>", "an endless number": b'{"a": 1e999999}',
    "two answers": b"<ListUsersResponse/><ListUsersResponse/>", "JSON twice": b"{}{}",
}
CALLS = [("sts:GetCallerIdentity",), ("iam:ListUsers",), ("ec2:DescribeRegions",), ("s3:ListBuckets",), ("s3:GetBucketVersioning", {"Bucket": "b"}),
         ("athena:ListWorkGroups",), ("guardduty:ListDetectors",), ("securitylake:ListSubscribers",)]


class Garbage(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        try:
            self.wfile.write(self.server.body)
        except OSError:
            self.close_connection = True

    do_POST = do_PUT = do_GET

    def log_message(self, *_):
        pass


class Place:
    """What ask() wants of a cloud: where it is, and a key."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Garbage)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def environment(self, _):
        return {"AWS_ENDPOINT_URL": "http://127.0.0.1:%d" % self.server.server_port, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "x" * 40, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


@pytest.fixture(scope="module")
def place():
    made = Place()
    yield made
    made.server.shutdown()


@pytest.mark.parametrize("name", BODIES)
def test_it_is_an_error(place, name):
    place.server.body = BODIES[name]
    for call, said in zip(CALLS, ask(place, *CALLS)):
        assert "error" in said and "reply" not in said, (call, said)
        assert "<html" not in said["error"] and "\0" not in said["error"], said


def test_a_change_that_somebody_else_answered_is_unknown(place):
    params = {"UserName": "u", "PolicyName": "p", "PolicyDocument": "{}"}
    for place.server.body in (PAGE, b"", b"{}"):
        said = ask(place, ("iam:PutUserPolicy", params), guard=True)
        assert "error" in said and said["facts"]["unknown"], said


def test_what_is_an_answer_is_one(place):
    """The guard above refuses no more than that."""
    for body, call in ((b"<ListUsersResponse/>", "iam:ListUsers"), (b"<DescribeRegionsResponse xmlns='u'/>", "ec2:DescribeRegions"), (b"{}", "athena:ListWorkGroups"),
                       (b" {}", "guardduty:ListDetectors"), (b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>", "s3:ListBuckets")):
        place.server.body = body
        assert "reply" in ask(place, (call,)), (call, body)
    place.server.body = b""
    assert "reply" in ask(place, ("s3:PutPublicAccessBlock", {"Bucket": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}), guard=True)
