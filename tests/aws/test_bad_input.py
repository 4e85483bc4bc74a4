"""What goes wrong between an analyst and AWS, row by row, in a real kernel: one clear error with what to do, and the kernel answers the next cell."""
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

from notebook import Kernel  # noqa: E402

BUCKET = "results-318"
DENIED = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::%s/*" % BUCKET}]}
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Endless(http.server.BaseHTTPRequestHandler):
    """Says that 10 GB follow, and sends as long as somebody reads."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(10_000_000_000))
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            self.close_connection = True

    def do_CONNECT(self):
        self.send_error(403, "no")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Servers that are no AWS: one that never ends, the same behind a certificate that nobody knows."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost", "-days", "2"],
                   cwd=folder, check=True, capture_output=True)
    plain, secure = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) for _ in range(2))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    for server in (plain, secure):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"endless": "http://127.0.0.1:%d" % plain.server_port, "stranger": "https://127.0.0.1:%d" % secure.server_port}
    for server in (plain, secure):
        server.shutdown()


@pytest.fixture(scope="module")
def cloud():
    with Cloud() as made:
        made.client("s3").create_bucket(Bucket=BUCKET)
        made.client("athena").update_work_group(WorkGroup="primary", ConfigurationUpdates={"ResultConfigurationUpdates": {"OutputLocation": "s3://%s/q/" % BUCKET}})
        yield made


@pytest.fixture(autouse=True)
def without_faults(cloud):
    yield
    cloud.faults()
    cloud.order("athena", {"run_ms": 0})
    cloud.client("s3").delete_bucket_policy(Bucket=BUCKET)
    cloud.client("athena").update_work_group(WorkGroup="primary", State="ENABLED")


def start(cloud, home, config="", without=(), **given):
    (home / ".aws").mkdir(exist_ok=True)
    if config is not None:
        (home / ".aws/config").write_text(config)
    environment = {k: v for k, v in cloud.environment().items() if v != os.devnull and k not in without}
    return Kernel(home, {**environment, **{k: v for k, v in given.items() if v is not None}})


LOOP = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::123456789012:role/y\nsource_profile = a\n"

# what is wrong, the environment, ~/.aws/config, words of the error
CREDENTIALS = [
    ("no credentials at all", KEYS, {}, "", ("no credentials", "aws sso login")),
    ("half of a key", KEYS[1:], {}, "", ("AWS_SECRET_ACCESS_KEY",)),
    ("a key that is none", (), {"AWS_ACCESS_KEY_ID": "AKIA with blanks"}, "", ("AWS_ACCESS_KEY_ID", "characters")),
    ("a key nobody knows", (), {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "", ("InvalidClientTokenId", "key")),
    ("a loop of profiles", KEYS, {"AWS_PROFILE": "a"}, LOOP, ("source_profile", "circle", "profile a")),
    ("a profile that is not there", KEYS, {"AWS_PROFILE": "gone"}, "", ("gone", "%set profile")),
    ("a role without a source", KEYS, {"AWS_PROFILE": "a"}, "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/x\n", ("source_profile",)),
    ("a broken process", KEYS, {"AWS_PROFILE": "a"}, "[profile a]\ncredential_process = /bin/false\n", ("credential_process", "/bin/false")),
]


@pytest.mark.parametrize("without,environment,config,words", [row[1:] for row in CREDENTIALS], ids=[row[0] for row in CREDENTIALS])
def test_credentials(cloud, tmp_path, without, environment, config, words):
    with start(cloud, tmp_path, config, without, **environment) as kernel:
        status, text = kernel.run("%whoami")
        assert status == "error" and all(word in text for word in words), text
        assert cloud.key["secret_access_key"] not in text
        assert kernel.run("SELECT 41 + 1 AS answer")[0] == "ok"


def test_credentials_that_are_over(cloud, tmp_path):
    made = cloud.client("sts").get_session_token()["Credentials"]
    with start(cloud, tmp_path, AWS_ACCESS_KEY_ID=made["AccessKeyId"], AWS_SECRET_ACCESS_KEY=made["SecretAccessKey"], AWS_SESSION_TOKEN=made["SessionToken"]) as kernel:
        assert kernel.run("%whoami")[0] == "ok"
        cloud.order("sessions", {"access_key_id": made["AccessKeyId"], "expires_in": -1})
        status, text = kernel.run("%whoami")
        assert status == "error" and "ExpiredToken" in text and "new ones" in text, text
        assert kernel.run("SELECT 41 + 1 AS answer")[0] == "ok"


def test_files_that_cannot_be_read(cloud, tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").mkdir()
    with start(cloud, tmp_path, None, KEYS) as kernel:
        status, text = kernel.run("%whoami")
        assert status == "error" and ".aws/config" in text, text
    (tmp_path / ".aws/config").rmdir()
    with start(cloud, tmp_path, "[profile a\nnot a line\n[profile b]\nregion = us-east-1\n", KEYS, AWS_PROFILE="a") as kernel:
        status, text = kernel.run("%whoami")
        assert status == "error" and "config" in text and "1" in text, text


# what is wrong, the environment, words of the error; {endless} and {stranger} are servers
PLACES = [
    ("no such host", {"AWS_ENDPOINT_URL": "http://nowhere.invalid"}, ("nowhere.invalid",)),
    ("no such region", {"AWS_ENDPOINT_URL": None, "AWS_REGION": "xx-nowhere-1"}, ("sts.xx-nowhere-1.amazonaws.com",)),
    ("nobody listens", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, ("127.0.0.1",)),
    ("an authority that nobody knows", {"AWS_ENDPOINT_URL": "{stranger}"}, ("certificate", "AWS_CA_BUNDLE")),
    ("a proxy that is not there", {"AWS_ENDPOINT_URL": "https://sts.us-east-1.amazonaws.com", "HTTPS_PROXY": "http://127.0.0.1:1"}, ("proxy",)),
    ("a proxy that refuses", {"AWS_ENDPOINT_URL": "https://sts.us-east-1.amazonaws.com", "HTTPS_PROXY": "{endless}"}, ("proxy", "403")),
    ("10 GB", {"AWS_ENDPOINT_URL": "{endless}"}, ("larger", "limit")),
    ("an address that is none", {"AWS_ENDPOINT_URL": "file:///etc/passwd"}, ("AWS_ENDPOINT_URL",)),
]


@pytest.mark.parametrize("environment,words", [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_places(cloud, places, tmp_path, environment, words):
    given = {name: value and value.format(**places) for name, value in environment.items()}
    with start(cloud, tmp_path, without=("AWS_ENDPOINT_URL", "AWS_REGION"), **{"AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1", **given}) as kernel:
        status, text = kernel.run("%whoami")
        assert status == "error" and all(word in text for word in words), text
        assert "<" not in text and kernel.run("SELECT 41 + 1 AS answer")[0] == "ok"


@pytest.fixture(scope="module")
def kernel(cloud, tmp_path_factory):
    with start(cloud, tmp_path_factory.mktemp("home")) as made:
        yield made


def fault(operation, kind, times=99, service="athena", **given):
    return {"service": service, "operation": operation, "kind": kind, "times": times, **given}


# what is wrong, the fault, words of the error
ANSWERS = [
    ("HTML", fault("StartQueryExecution", "html"), ("athena:StartQueryExecution", "The service failed")),
    ("HTML that is called good", fault("StartQueryExecution", "html", status=200), ("none of AWS's",)),
    ("a result that is cut", fault("GetObject", "cut", service="s3"), ("s3:GetObject",)),
    ("a result of another owner", fault("GetObject", "error", service="s3", code="AccessDenied", message="Access Denied", status=403), ("s3:GetObject", "permission")),
    ("a result that is deleted while it is read", fault("GetObject", "error", service="s3", code="NoSuchKey", message="The specified key does not exist.", status=404),
     ("NoSuchKey", "again")),
    ("never an answer to the start", fault("StartQueryExecution", "503"), ("The service failed",)),
]


@pytest.mark.parametrize("strikes,words", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_answers(cloud, kernel, strikes, words):
    cloud.faults(strikes)
    status, text = kernel.run("%athena SELECT 1 AS x")
    assert status == "error" and all(word in text for word in words) and "<html" not in text.lower(), text
    cloud.faults()
    assert "7" in kernel.run("%athena SELECT 7 AS seven")[1], "nothing of it stays"


def test_a_throttled_query_is_waited_for(cloud, kernel):
    """The query runs and is paid for: that its state cannot be asked now is no reason to give it up."""
    cloud.faults(fault("GetQueryExecution", "throttle", times=7))
    status, text = kernel.run("%athena SELECT 7 AS seven")
    assert status == "ok" and "7" in text, text


def test_a_bucket_that_denies_us(cloud, kernel):
    cloud.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(DENIED))
    status, text = kernel.run("%athena SELECT 1 AS x")
    assert status == "error" and "AccessDenied" in text and "s3:GetObject" in text, text


def test_a_workgroup_that_is_closed(cloud, kernel):
    cloud.client("athena").update_work_group(WorkGroup="primary", State="DISABLED")
    status, text = kernel.run("%athena SELECT 1 AS x")
    assert status == "error" and "%set workgroup" in text, text


def test_a_query_that_nobody_knows(kernel):
    status, text = kernel.run("%athena --id 00000000-0000-4000-8000-000000000000")
    assert status == "error" and "00000000-0000-4000-8000-000000000000" in text, text


def test_a_clock_an_hour_off(cloud, kernel):
    cloud.faults({"kind": "skew", "seconds": 3600})
    assert kernel.run("%whoami")[0] == "ok"
    assert "7" in kernel.run("%athena SELECT 7 AS seven")[1]


def test_too_long_and_too_dear(cloud, kernel):
    status, text = kernel.run("%%athena\nSELECT '" + "x" * 262144 + "'")
    assert status == "error" and "262144 bytes" in text
    kernel.run("%set budget 0.0001")
    try:
        cloud.order("athena", {"scanned": 3_000_000_000})
        kernel.run("%athena SELECT 1 AS x")
        status, text = kernel.run("%athena SELECT 2 AS x")
        assert status == "error" and "budget" in text and "%set budget" in text, text
    finally:
        cloud.order("athena", {"scanned": None})
        kernel.run("%set budget none")
