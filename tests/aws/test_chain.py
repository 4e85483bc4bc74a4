"""aws/chain against botocore: the same files and environment, the same credentials; and what each broken case says."""
import hashlib
import json
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from cloud import Cloud  # noqa: E402

PROGRAM = os.path.join(os.environ.get("BUILD", "build"), "tests/unit/aws/test_client")
THEIRS = """
import botocore.session, json, os
session = botocore.session.Session(profile=os.environ.get("TEST_PROFILE"))
try:
    found = session.get_credentials()
    frozen = found and found.get_frozen_credentials()
    print(json.dumps({"key": frozen.access_key, "secret": frozen.secret_key, "token": frozen.token} if frozen else {"error": "none"}))
except Exception as problem:
    print(json.dumps({"error": "%s: %s" % (type(problem).__name__, problem)}))
"""
ROLE = "arn:aws:iam::123456789012:role/%s"


@pytest.fixture(scope="module")
def cloud():
    with Cloud(athena="none") as made:
        for name in ("IR", "Deep"):
            made.role(name, trust="*")
        yield made


def settle(folder, cloud, files, environment):
    home = folder / "home"
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o700)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
    return {**kept, "HOME": str(home), "AWS_ENDPOINT_URL": cloud.endpoint, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true", **environment}


def ours(environment):
    done = subprocess.run([PROGRAM, "credentials"], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def theirs(environment):
    done = subprocess.run([sys.executable, "-c", THEIRS], capture_output=True, text=True, timeout=60, env=environment)
    return json.loads(done.stdout)


def base(cloud, name="default"):
    return "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % (name, cloud.key["access_key_id"], cloud.key["secret_access_key"])


KEYS = "aws_access_key_id = %s\naws_secret_access_key = s%s\n"
PROCESS = "#!/bin/sh\ncat <<'END'\n%s\nEND\n"
# name: (files below home, environment); {home} is filled in. Static answers: both must give the same three
STATIC = {
    "environment": ({}, {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s"}),
    "environment with a token": ({}, {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}),
    "environment before files": ({".aws/credentials": "[default]\n" + KEYS % ("A", "A")}, {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s"}),
    "environment before AWS_PROFILE": ({".aws/credentials": "[dev]\n" + KEYS % ("A", "A")},
                                       {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_PROFILE": "dev"}),
    "a profile named by hand before the environment": ({".aws/credentials": "[dev]\n" + KEYS % ("A", "A")},
                                                       {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s", "TEST_PROFILE": "dev"}),
    "credentials file": ({".aws/credentials": "[default]\n" + KEYS % ("A", "A") + "aws_session_token = t\n"}, {}),
    "config file": ({".aws/config": "[default]\n" + KEYS % ("B", "B")}, {}),
    "credentials before config": ({".aws/credentials": "[default]\n" + KEYS % ("A", "A"), ".aws/config": "[default]\n" + KEYS % ("B", "B")}, {}),
    "AWS_PROFILE": ({".aws/config": "[profile dev]\n" + KEYS % ("D", "D")}, {"AWS_PROFILE": "dev"}),
    "other files": ({"c": "[x]\n" + KEYS % ("A", "A")}, {"AWS_SHARED_CREDENTIALS_FILE": "{home}/c", "AWS_PROFILE": "x"}),
    "process": ({".aws/config": "[default]\ncredential_process = {home}/p 'a b' \"c\"\n",
                 "p": PROCESS % '{"Version": 1, "AccessKeyId": "AP", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}'}, {}),
    "process before config's keys": ({".aws/config": "[default]\ncredential_process = {home}/p\n" + KEYS % ("B", "B"),
                                      "p": PROCESS % '{"Version": 1, "AccessKeyId": "AP", "SecretAccessKey": "s"}'}, {}),
    "credentials file before process": ({".aws/config": "[default]\ncredential_process = {home}/p\n", ".aws/credentials": "[default]\n" + KEYS % ("A", "A"),
                                         "p": PROCESS % '{"Version": 1, "AccessKeyId": "AP", "SecretAccessKey": "s"}'}, {}),
    "nothing": ({}, {}),
}
BOTH_FAIL = {
    "half a key in the environment": ({}, {"AWS_ACCESS_KEY_ID": "A"}, "AWS_SECRET_ACCESS_KEY is not"),
    "half a key in a file": ({".aws/credentials": "[default]\naws_access_key_id = A\n"}, {}, "without aws_secret_access_key"),
    "a profile that is not there": ({}, {"AWS_PROFILE": "gone"}, "there is no profile gone"),
    "process fails": ({".aws/config": "[default]\ncredential_process = {home}/p\n", "p": "#!/bin/sh\necho no luck >&2\nexit 3\n"}, {}, "no luck"),
    "process is not there": ({".aws/config": "[default]\ncredential_process = /nowhere/p\n"}, {}, "credential_process of profile default"),
    "process of another version": ({".aws/config": "[default]\ncredential_process = {home}/p\n", "p": PROCESS % '{"Version": 2}'}, {}, "Version is not 1"),
    "process says junk": ({".aws/config": "[default]\ncredential_process = {home}/p\n", "p": PROCESS % "junk"}, {}, "credential_process of profile default"),
    "process without a secret": ({".aws/config": "[default]\ncredential_process = {home}/p\n", "p": PROCESS % '{"Version": 1, "AccessKeyId": "A"}'}, {},
                                 "gave no SecretAccessKey"),
    "a role without a source": ({".aws/config": "[profile r]\nrole_arn = " + ROLE % "IR" + "\n"}, {"AWS_PROFILE": "r"}, "neither source_profile nor"),
    "a role with two sources": ({".aws/config": "[profile r]\nrole_arn = " + ROLE % "IR" + "\nsource_profile = x\ncredential_source = Environment\n"},
                                {"AWS_PROFILE": "r"}, "both source_profile and credential_source"),
    "a source that is not there": ({".aws/config": "[profile r]\nrole_arn = " + ROLE % "IR" + "\nsource_profile = gone\n"}, {"AWS_PROFILE": "r"},
                                   "profile gone, which is not there"),
    "a source without credentials": ({".aws/config": "[profile r]\nrole_arn = " + ROLE % "IR" + "\nsource_profile = e\n[profile e]\nregion = x\n"},
                                     {"AWS_PROFILE": "r"}, "which has none"),
    "a circle": ({".aws/config": "[profile a]\nrole_arn = %s\nsource_profile = b\n[profile b]\nrole_arn = %s\nsource_profile = a\n" % (ROLE % "IR", ROLE % "IR")},
                 {"AWS_PROFILE": "a"}, "in a circle"),
    "a circle of one": ({".aws/config": "[profile a]\nrole_arn = %s\nsource_profile = a\n" % (ROLE % "IR")}, {"AWS_PROFILE": "a"}, "in a circle"),
    "an unknown source": ({".aws/config": "[profile r]\nrole_arn = " + ROLE % "IR" + "\ncredential_source = Moon\n"}, {"AWS_PROFILE": "r"}, "not Moon"),
    "a web identity without its file": ({}, {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token", "AWS_ROLE_ARN": ROLE % "IR"}, "the web identity token"),
    "a session that is not there": ({".aws/config": "[profile s]\nsso_session = gone\nsso_account_id = 123456789012\nsso_role_name = IR\n"},
                                    {"AWS_PROFILE": "s"}, "sso-session gone, which is not there"),
    "not signed in": ({".aws/config": "[sso-session me]\nsso_region = us-east-1\nsso_start_url = https://x\n[profile s]\nsso_session = me\n"
                                      "sso_account_id = 123456789012\nsso_role_name = IR\n"}, {"AWS_PROFILE": "s"}, "not signed in"),
}


def filled(tmp_path, files, environment):
    home = str(tmp_path / "home")
    return ({k: v.replace("{home}", home) for k, v in files.items()}, {k: v.replace("{home}", home) for k, v in environment.items()})


@pytest.mark.parametrize("name", STATIC)
def test_the_same_as_botocore(cloud, tmp_path, name):
    environment = settle(tmp_path, cloud, *filled(tmp_path, *STATIC[name]))
    mine, expected = ours(environment), theirs(environment)
    if "error" in expected:
        assert "error" in mine
    else:
        assert {k: mine.get(k) for k in ("key", "secret", "token")} == expected


@pytest.mark.parametrize("name", BOTH_FAIL)
def test_what_botocore_refuses_is_explained(cloud, tmp_path, name):
    files, environment, words = BOTH_FAIL[name]
    environment = settle(tmp_path, cloud, *filled(tmp_path, files, environment))
    assert "error" in theirs(environment)
    mine = ours(environment)
    assert words in mine["error"], mine


def identity(cloud, found):
    return cloud.client("sts", {"access_key_id": found["key"], "secret_access_key": found["secret"], "session_token": found["token"]}).get_caller_identity()["Arn"]


ASSUMED = {
    "a role": ("[profile r]\nrole_arn = %s\nsource_profile = base\nrole_session_name = me\n" % (ROLE % "IR"), "r", "assumed-role/IR/me"),
    "a role of a role": ("[profile r]\nrole_arn = %s\nsource_profile = m\nrole_session_name = me\n[profile m]\nrole_arn = %s\nsource_profile = base\n"
                         % (ROLE % "Deep", ROLE % "IR"), "r", "assumed-role/Deep/me"),
    "a profile that is its own source": ("[profile r]\nrole_arn = %s\nsource_profile = r\nrole_session_name = me\n{keys}" % (ROLE % "IR"), "r", "assumed-role/IR/me"),
    "from the environment": ("[profile r]\nrole_arn = %s\ncredential_source = Environment\nrole_session_name = me\n" % (ROLE % "IR"), "r", "assumed-role/IR/me"),
}


@pytest.mark.parametrize("name", ASSUMED)
def test_assumed_roles(cloud, tmp_path, name):
    config, profile, arn = ASSUMED[name]
    files = {".aws/credentials": base(cloud, "base"), ".aws/config": config.replace("{keys}", base(cloud).split("\n", 1)[1])}
    more = {"AWS_ACCESS_KEY_ID": cloud.key["access_key_id"], "AWS_SECRET_ACCESS_KEY": cloud.key["secret_access_key"]} if name == "from the environment" else {}
    environment = settle(tmp_path, cloud, files, {"TEST_PROFILE": profile, **more})
    found = ours(environment)
    assert identity(cloud, found).endswith(arn) and found["expires"] and ROLE.split("%")[0] in found["source"]
    assert found["account"] == "123456789012"
    assert identity(cloud, theirs(environment)).endswith(arn)


def test_mfa_is_asked(cloud, tmp_path):
    config = "[profile r]\nrole_arn = %s\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n" % (ROLE % "IR")
    environment = settle(tmp_path, cloud, {".aws/credentials": base(cloud, "base"), ".aws/config": config}, {"AWS_PROFILE": "r"})
    assert "needs an MFA code" in ours(environment)["error"]
    assert "six digits" in ours({**environment, "TEST_MFA": "12345x"})["error"]
    refused = ours({**environment, "TEST_MFA": "123456"})
    assert "MultiFactorAuthentication failed" in refused["error"], "the user has no device yet"
    iam = cloud.client("iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="me")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName="analyst", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
    assert identity(cloud, ours({**environment, "TEST_MFA": "123456"})).split("/")[1] == "IR"


def test_web_identity(cloud, tmp_path):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                                                     "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/idp.example.com"}}]}
    cloud.role("Pod", trust=trust)
    environment = settle(tmp_path, cloud, {"token": "idp.example.com|me|valid\n"},
                         {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "home/token"), "AWS_ROLE_ARN": ROLE % "Pod", "AWS_ROLE_SESSION_NAME": "pod"})
    assert identity(cloud, ours(environment)).endswith("assumed-role/Pod/pod")
    (tmp_path / "home/token").write_text("idp.example.com|me|expired")
    assert "ExpiredTokenException" in ours(environment)["error"]


@pytest.mark.parametrize("mode", ["required", "optional", "v1"])
def test_instance_metadata(cloud, tmp_path, mode):
    cloud.order("metadata", {"role": "IR", "mode": mode})
    environment = settle(tmp_path, cloud, {}, {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.imds})
    found = ours(environment)
    assert "IMDS" in found["source"] and "assumed-role/IR/" in identity(cloud, found) and found["expires"]
    assert "error" in ours({**environment, "AWS_EC2_METADATA_DISABLED": "true"})
    assert ("error" in ours({**environment, "AWS_EC2_METADATA_V1_DISABLED": "true"})) == (mode == "v1")
    cloud.order("metadata", {"mode": "off"})
    assert "no credentials" in ours(environment)["error"]


def test_what_imds_gives_although_it_is_over_is_taken(cloud, tmp_path):
    """AWS's static stability: the service is down, the old credentials may still hold."""
    cloud.order("metadata", {"role": "IR", "mode": "required", "seconds": -60})
    environment = settle(tmp_path, cloud, {}, {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.imds})
    assert "key" in ours(environment)
    cloud.order("metadata", {"role": None, "mode": "required", "seconds": 21600})


def test_container(cloud, tmp_path):
    cloud.order("metadata", {"container_role": "IR", "container_token": "Basic abc"})
    (tmp_path / "token").write_text("Basic abc\n")
    environment = settle(tmp_path, cloud, {}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": cloud.container + "/creds",
                                               "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token")})
    found = ours(environment)
    assert "assumed-role/IR/" in identity(cloud, found) and "container" in found["source"]
    (tmp_path / "token").write_text("wrong")
    assert "HTTP 401" in ours(environment)["error"]


@pytest.mark.parametrize("url", ["http://evil.example/creds", "http://127.0.0.1@evil.example/", "http://127.evil.example/", "http://localhost.evil.example/",
                                 "ftp://127.0.0.1/", "http://169.254.170.2.evil.example/"])
def test_the_containers_token_goes_nowhere_else(cloud, tmp_path, url):
    environment = settle(tmp_path, cloud, {}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret"})
    assert "neither https nor this machine" in ours(environment)["error"]


SSO = ("[sso-session me]\nsso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n"
       "[profile s]\nsso_session = me\nsso_account_id = 123456789012\nsso_role_name = IR\n")


def test_aws_login_cache(cloud, tmp_path):
    name = "arn:aws:iam::123456789012:user/me"
    path = ".aws/login/cache/%s.json" % hashlib.sha256(name.encode()).hexdigest()
    token = {"accessToken": {"accessKeyId": "ASIALOGIN", "secretAccessKey": "s", "sessionToken": "t", "accountId": "123456789012",
                             "expiresAt": "2099-01-01T00:00:00Z"}}
    files = {".aws/config": "[profile l]\nlogin_session = %s\n" % name, path: json.dumps(token)}
    found = ours(settle(tmp_path, cloud, files, {"AWS_PROFILE": "l"}))
    assert (found["key"], found["token"]) == ("ASIALOGIN", "t")
    token["accessToken"]["expiresAt"] = "2020-01-01T00:00:00Z"
    files[path] = json.dumps(token)
    said = ours(settle(tmp_path, cloud, files, {"AWS_PROFILE": "l"}))
    assert "is over" in said["error"] and "aws login --profile l" in said["hint"]


def signed_in(cloud, tmp_path, token, name="me", config=SSO, **more):
    path = ".aws/sso/cache/%s.json" % hashlib.sha1(name.encode()).hexdigest()
    cloud.order("sso", {"assigned": [{"account": "123456789012", "name": "IR", "role": "IR"}]})
    return settle(tmp_path, cloud, {".aws/config": config, path: json.dumps(token)}, {"AWS_PROFILE": "s", **more}), tmp_path / "home" / path


def cached(made, expires="2099-01-01T00:00:00Z", registration="2099-01-01T00:00:00Z"):
    return {"accessToken": made["accessToken"], "expiresAt": expires, "refreshToken": made["refreshToken"], "clientId": made["clientId"],
            "clientSecret": made["clientSecret"], "registrationExpiresAt": registration, "region": "us-east-1"}


def test_identity_center(cloud, tmp_path):
    made = cloud.order("sso", {"login": {"expires_in": 3600}})
    environment, _ = signed_in(cloud, tmp_path, cached(made))
    found = ours(environment)
    assert "assumed-role/IR/" in identity(cloud, found) and "IAM Identity Center" in found["source"] and found["expires"]
    assert "assumed-role/IR/" in identity(cloud, theirs(environment))


def test_identity_center_as_it_was(cloud, tmp_path):
    """start_url in the profile itself, no session, no refresh."""
    made = cloud.order("sso", {"login": {"expires_in": 3600}})
    config = "[profile s]\nsso_region = us-east-1\nsso_start_url = https://old\nsso_account_id = 123456789012\nsso_role_name = IR\n"
    environment, _ = signed_in(cloud, tmp_path, cached(made), name="https://old", config=config)
    assert "assumed-role/IR/" in identity(cloud, ours(environment))


def test_a_token_is_renewed_and_kept(cloud, tmp_path):
    made = cloud.order("sso", {"login": {"expires_in": 3600}})
    environment, path = signed_in(cloud, tmp_path, cached(made, expires="2020-01-01T00:00:00Z"))
    assert "assumed-role/IR/" in identity(cloud, ours(environment))
    after = json.loads(path.read_text())
    assert after["accessToken"] != made["accessToken"] and after["expiresAt"] > "2026" and path.stat().st_mode & 0o777 == 0o600
    assert after["clientId"] == made["clientId"]


@pytest.mark.parametrize("token", [
    {"expires": "2020-01-01T00:00:00Z", "registration": "2020-01-01T00:00:00Z"}, {"accessToken": "revoked"}, {"accessToken": ""}], ids=str)
def test_who_must_sign_in_is_told_how(cloud, tmp_path, token):
    made = cloud.order("sso", {"login": {"expires_in": 3600}})
    given = cached(made, token.get("expires", "2099-01-01T00:00:00Z"), token.get("registration", "2099-01-01T00:00:00Z"))
    given["accessToken"] = token.get("accessToken", given["accessToken"])
    environment, _ = signed_in(cloud, tmp_path, given)
    said = ours(environment)
    assert "not signed in" in said["error"] and "aws sso login --sso-session me" in said["hint"], said


def test_settings_that_contradict_each_other(cloud, tmp_path):
    environment, _ = signed_in(cloud, tmp_path, {}, config=SSO.replace("sso_session = me\n", "sso_session = me\nsso_region = eu-west-1\n"))
    assert "differ in sso_region" in ours(environment)["error"]
