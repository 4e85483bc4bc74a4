"""aws/profile: AWS's file format as the SDKs read it, and as botocore does where both agree."""
import json
import os
import subprocess

import botocore.configloader
import botocore.exceptions
import pytest

PROGRAM = os.path.join(os.environ.get("BUILD", "build"), "tests/unit/aws/test_profile")


def read(folder, config=None, credentials=None):
    for name, text in (("config", config), ("credentials", credentials)):
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    environment = {**os.environ, "AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}
    done = subprocess.run([PROGRAM, "read"], capture_output=True, text=True, env=environment, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# the kinds of cases of aws-c-sdkutils' suite: config, credentials, what is found
CASES = {
    "nothing": ("", "", {}),
    "only comments": ("# a\n; b\n\n  \n", "", {}),
    "one profile": ("[profile a]\nregion = eu-west-1\n", None, {"a": {"region": "eu-west-1"}}),
    "no newline at the end": ("[profile a]\nregion=x", None, {"a": {"region": "x"}}),
    "carriage returns": ("[profile a]\r\nregion = x\r\n", None, {"a": {"region": "x"}}),
    "a byte order mark": (b"\xef\xbb\xbf[default]\nregion=x\n", None, {"default": {"region": "x"}}),
    "blanks everywhere": ("[  profile \t a  ]   \n\n\nregion\t =  x \t\n", None, {"a": {"region": "x"}}),
    "a comment behind a section": ("[profile a];c\nk=v\n[profile b] # d\nk=v\n", None, {"a": {"k": "v"}, "b": {"k": "v"}}),
    "a comment needs a blank": ("[profile a]\nk = v#w ; c\nl = x;y # z\n", None, {"a": {"k": "v#w", "l": "x;y"}}),
    "an equals sign in a value": ("[profile a]\nk = b=c==\n", None, {"a": {"k": "b=c=="}}),
    "keys are lower case": ("[profile a]\nReGion = X\n", None, {"a": {"region": "X"}}),
    "the last of two counts": ("[profile a]\nk=1\nk=2\n", None, {"a": {"k": "2"}}),
    "a section again goes on": ("[profile a]\nk=1\n[profile b]\n[profile a]\nl=2\n", None, {"a": {"k": "1", "l": "2"}, "b": {}}),
    "continued, with a comment sign": ("[profile a]\nk = b\n  c # d\n\te\n", None, {"a": {"k": "b\nc # d\ne"}}),
    "settings below a setting": ("[profile a]\ns3 =\n  addressing_style = path\n  b = c\nregion=x\n", None,
                                 {"a": {"s3": {"addressing_style": "path", "b": "c"}, "region": "x"}}),
    "an empty value": ("[profile a]\nk =\n[profile b]\n", None, {"a": {"k": ""}, "b": {}}),
    "profile default hides default, before": ("[profile default]\nk=1\n[default]\nl=2\n", None, {"default": {"k": "1"}}),
    "profile default hides default, behind": ("[default]\nl=2\n[profile default]\nk=1\n", None, {"default": {"k": "1"}}),
    "credentials win, setting by setting": ("[profile a]\nk=1\nl=2\n", "[a]\nk=3\n", {"a": {"k": "3", "l": "2"}}),
    "a profile of credentials alone": (None, "[a]\naws_access_key_id = A\n", {"a": {"aws_access_key_id": "A"}}),
    "no config at all": (None, None, {}),
    "a name with signs": ("[profile a-b_c.d@e+f/g:h%i]\nk=v\n", None, {"a-b_c.d@e+f/g:h%i": {"k": "v"}}),
    "unicode": ("[profile é]\nk=日\n", None, {"é": {"k": "日"}}),
}
# what is passed over, and the line it is named by
BROKEN = {
    "a setting before any section": ("k=v\n[profile a]\nl=1\n", None, {"a": {"l": "1"}}, []),
    "no section": ("[profile a\nk=v\n", None, {}, ["config:1: a section without ]"]),
    "more behind a section": ("[profile a] b\nk=v\n[profile c]\nl=1\n", None, {"c": {"l": "1"}}, ["config:1: more behind"]),
    "an unknown kind of section": ("[preview]\ncloudfront = true\n[profile a]\nk=v\n", None, {"a": {"k": "v"}}, ["config:1: a section of config"]),
    "a profile without its word": ("[a]\nk=v\n", None, {}, ["config:1: a section of config"]),
    "the word in credentials": (None, "[profile a]\nk=v\n", {}, ["credentials:1: a profile of the credentials"]),
    "no setting": ("[profile a]\njunk\nk=v\n", None, {"a": {"k": "v"}}, ["config:2: neither"]),
    "an empty key": ("[profile a]\n = v\nk=v\n", None, {"a": {"k": "v"}}, []),
    "a blank in a key": ("[profile a]\na b = v\nk=v\n", None, {"a": {"k": "v"}}, ["config:2: neither"]),
    "indented at the start": ("[profile a]\n  k = v\nl=1\n", None, {"a": {"l": "1"}}, ["config:2: an indented line"]),
    "no name": ("[profile  ]\nk=v\n", None, {}, ["config:1:"]),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(tmp_path, name):
    config, credentials, expected = CASES[name]
    said = read(tmp_path, config, credentials)
    assert said["sections"].get("profile", {}) == expected and said["broken"] == ""


@pytest.mark.parametrize("name", BROKEN)
def test_broken_lines_are_passed_over_and_named(tmp_path, name):
    config, credentials, expected, words = BROKEN[name]
    said = read(tmp_path, config, credentials)
    assert {k: v for k, v in said["sections"].get("profile", {}).items() if k} == expected
    for word in words:
        assert word in said["broken"]


def test_sessions_and_services(tmp_path):
    said = read(tmp_path, "[sso-session s]\nsso_region=x\n[services l]\nathena =\n  endpoint_url = http://localhost:1\n[profile a]\nservices=l\n")
    assert said["sections"]["sso-session"] == {"s": {"sso_region": "x"}}
    assert said["sections"]["services"] == {"l": {"athena": {"endpoint_url": "http://localhost:1"}}}


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if c[0] and isinstance(c[0], str) and n not in (
    "one profile, twice", "a comment behind a section", "a comment needs a blank", "keys are lower case", "profile default hides default, before",
    "profile default hides default, behind", "a section again goes on", "the last of two counts", "continued, with a comment sign",
    "blanks everywhere", "a name with signs")])
def test_as_botocore_where_both_agree(tmp_path, name):
    config, _, _ = CASES[name]
    said = read(tmp_path, config)
    theirs = botocore.configloader.load_config(str(tmp_path / "config"))["profiles"]
    assert said["sections"].get("profile", {}) == theirs


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "config").mkdir()
    said = read(tmp_path)
    assert str(tmp_path / "config") in said["error"] and "AWS_CONFIG_FILE" in said["hint"]


def test_a_file_too_large(tmp_path):
    said = read(tmp_path, b"#" * (1 << 20) + b"\n")
    assert "config" in said["error"]


@pytest.mark.parametrize("junk", [b"\x00\xff[profile a]\nk=v\n", b"[profile a]\nk=\xff\xfe\n", b"[" * 5000, b"=\n" * 5000, b"\n" * 100000],
                         ids=["nul", "no utf-8", "brackets", "equals", "empty lines"])
def test_junk(tmp_path, junk):
    assert "sections" in read(tmp_path, junk)
