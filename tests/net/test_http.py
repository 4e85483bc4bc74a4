"""net/http against a server that does everything wrong: one clear error each, never a hang, never a cut answer taken for a whole."""
import json
import os
import socket
import subprocess

import pytest

from hostile_server import BODY, HostileServer, certificate

PROGRAM = os.path.join(os.environ.get("BUILD", "build"), "tests/unit/net/test_http")
NO_PROXY = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}


def ask(*requests, environment=None):
    done = subprocess.run([PROGRAM, "requests"], input="\n".join(json.dumps(r) for r in requests), capture_output=True, text=True,
                          timeout=60, env={**NO_PROXY, **(environment or {})})
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(requests)
    return said if len(said) > 1 else said[0]


@pytest.fixture
def server():
    with HostileServer() as made:
        yield made


def test_good(server):
    said = ask({"url": server.url("/good"), "headers": ["X-Mine: 1"]})
    assert (said["status"], said["body"]) == (200, BODY.decode())
    top = server.seen[0][0].decode().split("\r\n")
    assert top == ["GET /good HTTP/1.1", "Host: 127.0.0.1:%d" % server.port, "X-Mine: 1"], "nothing is added to the request"


def test_body_is_sent_as_given(server):
    ask({"url": server.url("/good"), "method": "PUT", "body": "a=b&c", "headers": ["Content-Type: x/y"]})
    top, body = server.seen[0]
    assert body == b"a=b&c" and top.split(b"\r\n")[0] == b"PUT /good HTTP/1.1"
    assert sorted(line.split(b":")[0] for line in top.split(b"\r\n")[1:]) == [b"Content-Length", b"Content-Type", b"Host"]


def test_path_is_sent_as_given(server):
    ask({"url": server.url("/good?a=%2F..%2e&b=/../c")})
    assert server.seen[0][0].startswith(b"GET /good?a=%2F..%2e&b=/../c HTTP/1.1")


def test_connection_is_used_again(server):
    said = ask(*[{"url": server.url("/good"), "alone": True}] * 3)
    assert [one["reused"] for one in said] == [False, True, True] and server.connections == 1


def test_a_connection_that_ends_unused_is_heard_of_once(server):
    """It stays in the epoll between requests: its end wakes once, not for ever, and the next request gets another."""
    said = ask(*[{"url": server.url("/last"), "alone": True, "listen": 5000}] * 3, {"url": server.url("/good"), "alone": True})
    assert [(one["status"], one["reused"], one.get("woken"), one.get("quiet")) for one in said] == [(200, False, True, True)] * 3 + [(200, False, None, None)]


def alone(*requests, **more):
    return ask(*[{**one, "alone": True} for one in requests], **more)


def test_what_one_request_set_is_not_the_next_ones(server):
    """A handle of libcurl serves one request after the other."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        said = alone({"url": server.url("/good?1"), "method": "POST", "body": "a=b", "headers": ["Content-Type: x/y", "X-Mine: 1"], "total_ms": 100000},
                     {"url": server.url("/good?2")}, {"url": server.url("/empty"), "method": "HEAD"},
                     {"url": server.url("/good?3"), "method": "DELETE", "headers": ["X-Yours: 2"]}, {"url": server.url("/good?4"), "method": "PUT", "body": "c"},
                     {"url": "http://127.0.0.1:%d/" % closed.getsockname()[1]}, {"url": server.url("/good?5")}, {"url": server.url("/wait"), "total_ms": 300})
    host = "Host: 127.0.0.1:%d" % server.port
    assert [(top.decode().split("\r\n"), body) for top, body in server.seen[:6]] == [
        (["POST /good?1 HTTP/1.1", host, "Content-Type: x/y", "X-Mine: 1", "Content-Length: 3"], b"a=b"), (["GET /good?2 HTTP/1.1", host], b""),
        (["HEAD /empty HTTP/1.1", host], b""), (["DELETE /good?3 HTTP/1.1", host, "X-Yours: 2"], b""),
        (["PUT /good?4 HTTP/1.1", host, "Content-Length: 1"], b"c"), (["GET /good?5 HTTP/1.1", host], b"")]
    assert [one.get("status") for one in said] == [200, 200, 204, 200, 200, None, 200, None]
    assert said[5]["error"] == "no connection" and not said[5]["sent"], "the ones before were sent, this was not"
    assert "in time" in said[7]["error"]


def test_held_and_let_go_on(server):
    """Nothing of it is lost, and the next one is not held."""
    said = alone({"url": server.url("/good"), "hold": 100}, {"url": server.url("/good")}, {"url": server.url("/endless"), "hold": 100, "size": 1000000})
    assert [one.get("body") for one in said[:2]] == [BODY.decode()] * 2 and "larger than its limit" in said[2]["error"]


def test_a_proxy_is_one_requests(server):
    elsewhere = {"url": "http://elsewhere.invalid/good"}
    said = alone({**elsewhere, "proxy": server.url("")}, elsewhere, {**elsewhere, "proxy": server.url("")})
    assert said[0]["status"] == said[2]["status"] == 200 and "resolved" in said[1]["error"]


def test_trust_is_one_requests(tmp_path):
    files = certificate(tmp_path)
    with HostileServer(files) as server:
        said = alone({"url": server.url("/good"), "ca_file": files[0]}, {"url": server.url("/good")}, {"url": server.url("/good"), "ca_file": files[0]})
    assert said[0]["status"] == said[2]["status"] == 200 and "not trusted" in said[1]["error"]


@pytest.mark.parametrize("path, status, body", [
    ("/chunked", 200, BODY.decode()), ("/redirect", 302, ""), ("/unavailable", 503, "busy"), ("/html", 200, "<html>"), ("/empty", 204, "")])
def test_every_answer_is_an_answer(server, path, status, body):
    said = ask({"url": server.url(path)})
    assert (said["status"], said["body"]) == (status, body)
    assert len(server.seen) == 1, "a redirect is not followed"


@pytest.mark.parametrize("path, words", [
    ("/cut", "cut"), ("/cut-chunk", "cut"), ("/cut-head", "how long|cut|closed|broke"), ("/no-length", "how long"), ("/reset", "broke|cut"),
    ("/nothing", "closed without an answer"), ("/garbage", "failed|HTTP"), ("/many-headers", "header is too large"),
    ("/long-header", "header is too large|failed")])
def test_what_is_cut_is_an_error(server, path, words):
    said = ask({"url": server.url(path), "total_ms": 20000})
    assert any(word in said["error"] for word in words.split("|")), said


@pytest.mark.parametrize("request_of, words", [
    ({"path": "/wait", "total_ms": 300}, "in time"), ({"path": "/stall", "stall_ms": 1000}, "in time"),
    ({"path": "/drip", "total_ms": 400}, "in time"), ({"path": "/endless", "size": 1000000}, "larger than its limit of 1000000"),
    ({"path": "/good", "size": 999}, "larger than its limit of 999")])
def test_limits(server, request_of, words):
    said = ask({"url": server.url(request_of.pop("path")), **request_of})
    assert words in said["error"] and said["sent"]


def test_sink_takes_only_what_is_good(server):
    good, bad, full = ask({"url": server.url("/good"), "sink": 1}, {"url": server.url("/unavailable"), "sink": 1},
                          {"url": server.url("/endless"), "sink": 1, "sink_most": 500000})
    assert (good["sunk"], good["size"]) == (1000, 0)
    assert (bad["status"], bad["body"]) == (503, "busy")
    assert full["error"] == "the disk is full" and full["kind"] == "IoError"


def test_many_at_once(server):
    said = ask(*[{"url": server.url("/good" if i % 2 else "/wait"), "total_ms": 2000} for i in range(40)])
    assert [("status" in one) for one in said] == [bool(i % 2) for i in range(40)]


@pytest.mark.parametrize("ms", [0, 1, 20, 200])
@pytest.mark.parametrize("path", ["/wait", "/stall", "/drip", "/endless"])
def test_end_at_any_moment(server, path, ms):
    assert "ended_in" in ask({"url": server.url(path), "end_at": ms, "sink": 1})


def test_end_while_connecting():
    """A listener whose queue is full answers no connection; a name that is looked up ends as well."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        held = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            held.append(one)
        said = ask({"url": "http://127.0.0.1:%d/" % full.getsockname()[1], "end_at": 50}, {"url": "http://name.invalid/", "end_at": 0})
        late = ask({"url": "http://127.0.0.1:%d/" % full.getsockname()[1], "connect_ms": 200})
        for one in held:
            one.close()
    assert "ended_in" in said[0]
    assert "ended_in" in said[1] or "resolved" in said[1]["error"], "the resolver may know it before it can be ended"
    assert "in time" in late["error"] and not late["sent"]


def test_end_in_a_handshake_and_while_sending(tmp_path):
    """A listener that accepts and is silent: TLS has no answer; one that reads nothing: a large body stays on its way."""
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        at = "127.0.0.1:%d/" % silent.getsockname()[1]
        for ms in (0, 30, 200):
            assert "ended_in" in ask({"url": "https://" + at, "end_at": ms})
            assert "ended_in" in ask({"url": "http://" + at, "method": "PUT", "body": "x" * 8000000, "end_at": ms})
        late = ask({"url": "https://" + at, "total_ms": 300}, {"url": "http://" + at, "method": "PUT", "body": "x" * 8000000, "total_ms": 300})
    assert all("in time" in one["error"] for one in late), late
    assert not late[0]["sent"], "nothing goes before the handshake's end"


def test_more_connections_than_stay_in_the_epoll(server):
    """All serve again, and their ends are heard of."""
    said = ask(*[{"url": server.url("/good")} for _ in range(40)], *[{"url": server.url("/good"), "alone": True} for _ in range(20)])
    assert [one.get("body") for one in said] == [BODY.decode()] * 60 and server.connections <= 41
    said = ask(*[{"url": server.url("/last")} for _ in range(40)], {"url": server.url("/last"), "alone": True, "listen": 5000},
               *[{"url": server.url("/good"), "alone": True} for _ in range(3)])
    assert [one.get("status") for one in said] == [200] * 44 and [one.get("reused") for one in said[-3:]] == [False, True, True], said[-4:]


def test_nobody_there():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        said = ask({"url": "http://127.0.0.1:%d/" % closed.getsockname()[1]})
    assert said["error"] == "no connection" and said["hint"] and not said["sent"]


def test_unknown_name():
    said = ask({"url": "http://name.invalid/"})
    assert said["error"] == "the name cannot be resolved" and not said["sent"]


def test_certificates_are_checked(tmp_path):
    files = certificate(tmp_path)
    with HostileServer(files) as server:
        stranger, trusted = ask({"url": server.url("/good")}, {"url": server.url("/good"), "ca_file": files[0]})
        missing = ask({"url": server.url("/good"), "ca_file": str(tmp_path / "none.pem")})
        wrong = ask({"url": server.url("/good").replace("127.0.0.1", "localhost"), "ca_file": files[0]})
    assert "not trusted" in stranger["error"] and "AWS_CA_BUNDLE" in stranger["hint"] and not stranger["sent"]
    assert trusted["status"] == 200
    assert "trusted certificates cannot be read" in missing["error"]
    assert "not trusted" in wrong["error"]


def test_proxy(server):
    """As the environment says, and none where the caller says so."""
    proxy = {"http_proxy": "http://127.0.0.1:%d" % server.port}
    assert ask({"url": "http://elsewhere.invalid/good"}, environment=proxy)["status"] == 200
    assert server.seen[0][0].startswith(b"GET http://elsewhere.invalid/good HTTP/1.1")
    assert "resolved" in ask({"url": "http://elsewhere.invalid/good", "proxy": ""}, environment=proxy)["error"]
    refusing = ask({"url": "https://elsewhere.invalid/"}, environment={"https_proxy": server.url("/")})
    assert "error" in refusing and refusing["hint"]
