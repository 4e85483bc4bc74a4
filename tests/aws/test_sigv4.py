"""aws/sigv4 against AWS's own vectors, the golden requests, and botocore over odd requests: byte for byte."""
import datetime
import hashlib
import json
import os
import random
import re
import subprocess

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

PROGRAM = os.path.join(os.environ.get("BUILD", "build"), "tests/unit/aws/test_sigv4")
SHARED = os.environ.get("SHARED", "")
SUITE = os.path.join(SHARED, "data/sigv4/aws-signing-test-suite/v4")
GOLDEN = os.path.join(SHARED, "reference/aws-golden-requests.txt")
needs_shared = pytest.mark.skipif(not os.path.isdir(SUITE), reason="../shared/data is not there")
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def sign(*requests):
    done = subprocess.run([PROGRAM, "sign"], input="\n".join(json.dumps(r) for r in requests), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(requests)
    return said


def micros(text, form):
    return int(datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc).timestamp()) * 1000000


def digest(body):
    return hashlib.sha256(body).hexdigest()


def read(case, name):
    with open(os.path.join(SUITE, case, name), newline="") as f:
        return f.read()


def vector(case):
    """A request of AWS's suite as our program takes it."""
    context = json.loads(read(case, "context.json"))
    top, _, body = read(case, "request.txt").partition("\n\n")
    lines = top.rstrip("\n").split("\n")
    method, target = lines[0].split(" ", 1)
    path, _, query = target.rsplit(" ", 1)[0].partition("?")
    if not context["normalize"]:
        path = path.replace(" ", "%20")  # as it is sent: no client sends a blank in a path
    headers = []
    for line in lines[1:]:
        if line[0] in " \t":  # continued
            headers[-1][1] += " " + line.strip()
        else:
            headers.append(line.split(":", 1))
    time = context["timestamp"]
    headers.append(["X-Amz-Date", re.sub("[-:]", "", time)])
    token = context["credentials"].get("token")
    if token and not context.get("omit_session_token"):
        headers.append(["X-Amz-Security-Token", token])
    payload = digest(body.encode())
    if context["sign_body"]:
        headers.append(["x-amz-content-sha256", payload])
    return {"method": method, "path": path, "query": query, "headers": headers, "payload": payload, "region": context["region"],
            "service": context["service"], "time": micros(time, "%Y-%m-%dT%H:%M:%SZ"), "as_is": not context["normalize"],
            "key": context["credentials"]["access_key_id"], "secret": context["credentials"]["secret_access_key"]}


@needs_shared
def test_vectors_of_aws():
    cases = sorted(os.listdir(SUITE))
    assert len(cases) == 38
    wrong = []
    for case, said in zip(cases, sign(*[vector(case) for case in cases])):
        signature = said["authorization"].rsplit("Signature=", 1)[1]
        if (said["canonical"], said["string"], signature) != tuple(
                read(case, "header-" + name + ".txt") for name in ("canonical-request", "string-to-sign", "signature")):
            wrong.append((case, said))
    assert not wrong


def golden():
    """The golden requests that are signed: (title, request, Authorization)."""
    with open(GOLDEN) as f:
        blocks = re.split(r"^### ", f.read(), flags=re.M)[1:]
    for block in blocks:
        title, line, rest = block.split("\n", 2)
        top, _, body = rest.partition("\n\n")
        headers = [one.split(": ", 1) for one in top.strip().split("\n") if ": " in one]
        authorization = next((v for k, v in headers if k == "Authorization"), None)
        if not authorization:
            continue
        method, url = line.split(" ", 1)
        host, slash, target = re.match(r"https://([^/]+)(/?)(.*)", url).groups()
        path, _, query = (slash + target).partition("?")
        region, service = re.search(r"Credential=AKIDEXAMPLE/\d+/([^/]+)/([^/]+)/", authorization).groups()
        headers = [[k, v] for k, v in headers if k not in ("Authorization", "Content-Length")] + [["Host", host]]
        payload = next((v for k, v in headers if k.lower() == "x-amz-content-sha256"), digest(body.rstrip("\n").encode()))
        yield title, {"method": method, "path": path or "/", "query": query, "headers": headers, "payload": payload, "region": region,
                      "service": service, "time": micros("20261123T120000Z", "%Y%m%dT%H%M%SZ"), "as_is": service == "s3",
                      "key": "AKIDEXAMPLE", "secret": SECRET}, authorization


@needs_shared
def test_golden_requests():
    cases = list(golden())
    assert len(cases) > 55
    secrets = [SECRET, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]  # AWS's documents have both
    right = {}
    for secret in secrets:
        said = sign(*[{**request, "secret": secret} for _, request, _ in cases])
        right[secret] = {title for (title, _, expected), one in zip(cases, said) if one["authorization"] == expected}
    best = max(right.values(), key=len)
    assert not [title for title, _, _ in cases if title not in best]


def botocore_authorization(request, service, s3):
    made = botocore.awsrequest.AWSRequest(method=request["method"], url="https://host.example" + request["path"] + (
        "?" + request["query"] if request["query"] else ""), data=b"")
    for name, value in request["headers"]:
        made.headers.add_header(name, value)
    credentials = botocore.credentials.Credentials(request["key"], request["secret"])
    auth = (botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth)(credentials, service, request["region"])
    made.context["timestamp"] = "20261123T120000Z"
    canonical = auth.canonical_request(made)
    text = auth.string_to_sign(made, canonical)
    return canonical, "%s, SignedHeaders=%s, Signature=%s" % (
        "AWS4-HMAC-SHA256 Credential=" + auth.scope(made), auth.signed_headers(auth.headers_to_sign(made)), auth.signature(text, made))


def odd_requests(count):
    random.seed(318)
    letters = "abzAZ09-_.~/:@!$'()*,;%25%2F é日"
    for _ in range(count):
        s3 = random.random() < 0.5
        pieces = ["".join(random.choice(letters) for _ in range(random.randint(0, 6))) for _ in range(random.randint(0, 4))]
        quoted = re.sub(r"[^A-Za-z0-9._~/%-]", lambda m: "".join("%%%02X" % b for b in m.group().encode()), "/" + "/".join(pieces))
        quoted = re.sub(r"%(?![0-9A-F]{2})", "%25", quoted)
        query = "&".join("%s=%s" % (random.choice(["a", "A", "list-type", "prefix", "b%2Bc"]), random.choice(["", "1", "%20", "x%2Fy", "~"]))
                         for _ in range(random.randint(0, 4)))
        headers = [["Host", "host.example"], ["X-Amz-Date", "20261123T120000Z"]]
        headers += random.sample([["X-Amz-Meta-A", "  two   blanks "], ["x-amz-meta-a-b", "1"], ["Content-Type", "application/json"],
                                  ["X-Amz-Security-Token", "TOKEN=="], ["User-Agent", "not signed"]], random.randint(0, 5))
        if s3:
            headers.append(["X-Amz-Content-SHA256", digest(b"")])
        yield s3, {"method": random.choice(["GET", "PUT", "DELETE"]), "path": quoted, "query": query, "headers": headers,
                   "payload": digest(b""), "region": "eu-west-1", "service": "s3" if s3 else "iam", "key": "AKIDEXAMPLE", "secret": SECRET,
                   "time": micros("20261123T120000Z", "%Y%m%dT%H%M%SZ"), "as_is": s3}


def test_as_botocore_signs():
    cases = list(odd_requests(500))
    for (s3, request), said in zip(cases, sign(*[request for _, request in cases])):
        canonical, authorization = botocore_authorization(request, request["service"], s3)
        assert said["canonical"] == canonical, request
        assert said["authorization"] == authorization, request
