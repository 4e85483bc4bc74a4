"""Where a call goes: the settings of endpoints in their order, FIPS, dual stack, other partitions; and a bucket that lives in another region.

A proxy tells: it hears every host by its name, and answers for AWS with a certificate of its own."""
import http.server
import os
import ssl
import subprocess
import threading

import pytest

from test_client import ask

MOVED = (b"<?xml version='1.0'?><Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>", 301)
LISTED = (b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>", 200)
HOSTS = ("s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com")


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        self.server.heard.append(self.path)
        if not self.server.context or self.path.partition(":")[0] not in HOSTS:
            self.send_error(403, "no")
            return
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def do_GET(self):
        body, status = self.server.answer(self.headers["Host"])
        self.server.signed.append(self.headers["Authorization"].split("Credential=")[1].split("/")[2])
        self.send_response(status)
        self.send_header("x-amz-bucket-region", "eu-west-1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Place:
    def __init__(self, folder, context=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.server.daemon_threads, self.server.heard, self.server.signed, self.server.context = True, [], [], context
        self.config = folder / "config"
        self.config.write_text("")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def environment(self, _):
        return {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x" * 40, "AWS_CONFIG_FILE": str(self.config), "AWS_MAX_ATTEMPTS": "1",
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "https_proxy": "http://127.0.0.1:%d" % self.server.server_port}


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.server.shutdown()


US = {"AWS_REGION": "us-east-1"}
SERVICES = "[default]\nservices = s\nendpoint_url = https://profile.example\n[services s]\nsts =\n  endpoint_url = https://services.example\n"
# the call, ~/.aws/config, the environment, the host
WHERE = [
    ("sts:GetCallerIdentity", "", US, "sts.us-east-1.amazonaws.com"),
    ("sts:GetCallerIdentity", "[default]\nregion = eu-west-1\n", {}, "sts.eu-west-1.amazonaws.com"),
    ("sts:GetCallerIdentity", "[default]\nregion = eu-west-1\n", {"AWS_DEFAULT_REGION": "eu-west-2"}, "sts.eu-west-2.amazonaws.com"),
    ("sts:GetCallerIdentity", "", {"AWS_DEFAULT_REGION": "eu-west-2", **US}, "sts.us-east-1.amazonaws.com"),
    ("sts:GetCallerIdentity", "", {"AWS_REGION": "cn-north-1"}, "sts.cn-north-1.amazonaws.com.cn"),
    ("sts:GetCallerIdentity", "", {"AWS_REGION": "us-gov-west-1"}, "sts.us-gov-west-1.amazonaws.com"),
    ("iam:ListUsers", "", {"AWS_REGION": "us-gov-west-1"}, "iam.us-gov.amazonaws.com"),
    ("sts:GetCallerIdentity", "", {"AWS_USE_FIPS_ENDPOINT": "true", **US}, "sts-fips.us-east-1.amazonaws.com"),
    ("sts:GetCallerIdentity", "[default]\nuse_fips_endpoint = true\n", US, "sts-fips.us-east-1.amazonaws.com"),
    ("ec2:DescribeRegions", "", {"AWS_USE_DUALSTACK_ENDPOINT": "true", **US}, "ec2.us-east-1.api.aws"),
    ("ec2:DescribeRegions", "[default]\nuse_dualstack_endpoint = true\n", US, "ec2.us-east-1.api.aws"),
    ("sts:GetCallerIdentity", SERVICES, {"AWS_ENDPOINT_URL_STS": "https://own.example", "AWS_ENDPOINT_URL": "https://all.example", **US}, "own.example"),
    ("iam:ListUsers", SERVICES, {"AWS_ENDPOINT_URL_STS": "https://own.example", "AWS_ENDPOINT_URL": "https://all.example", **US}, "all.example"),
    ("sts:GetCallerIdentity", SERVICES, US, "services.example"),
    ("iam:ListUsers", SERVICES, US, "profile.example"),
    ("sts:GetCallerIdentity", SERVICES, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "https://all.example", **US}, "sts.us-east-1.amazonaws.com"),
    ("elbv2:DescribeTargetGroups", "", {"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": "https://own.example", **US}, "own.example"),
]


@pytest.mark.parametrize("op, config, environment, host", WHERE)
def test_the_settings_choose_the_host(place, op, config, environment, host):
    place.config.write_text(config)
    said = ask(place, (op,), **environment)
    assert "error" in said and place.server.heard == [host + ":443"], said


@pytest.mark.parametrize("environment", [{"AWS_REGION": "us-east1"}, {"AWS_REGION": "us-east-1a"}, {"AWS_REGION": "us-east-1.evil.example/"},
                                         {"AWS_ENDPOINT_URL": "https://user@evil.example", **US}])
def test_what_is_no_place_is_not_asked(place, environment):
    said = ask(place, ("sts:GetCallerIdentity",), **environment)
    assert "error" in said and not place.server.heard, said


@pytest.fixture
def abroad(tmp_path):
    names = ",".join("DNS:" + host for host in HOSTS)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=aws", "-days", "2", "-addext",
                    "subjectAltName=" + names], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    made = Place(tmp_path, context)
    yield made, {"AWS_CA_BUNDLE": str(tmp_path / "cert.pem"), **US}
    made.server.shutdown()


def test_a_bucket_of_another_region_is_asked_there_once(abroad):
    place, environment = abroad
    place.server.answer = lambda host: LISTED if "eu-west-1" in host else MOVED
    said = ask(place, ("s3:ListObjectsV2", {"Bucket": "b"}), **environment)
    assert "reply" in said, said
    assert place.server.heard == [host + ":443" for host in HOSTS] and place.server.signed == ["us-east-1", "eu-west-1"]


def test_a_bucket_that_is_nowhere_is_an_error(abroad):
    place, environment = abroad
    place.server.answer = lambda host: MOVED
    said = ask(place, ("s3:ListObjectsV2", {"Bucket": "b"}), **environment)
    assert "PermanentRedirect" in said["error"] and len(place.server.signed) == 2, said
