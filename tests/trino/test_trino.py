"""%trino in a real kernel against a real Trino 476: rows with their types, parameters, errors in their place, stop, TLS and passwords; and against
servers that are none."""
import http.server
import json
import os
import re
import socket
import threading

import pytest

from hostile_server import HostileServer, certificate
from notebook import Kernel
from server import Trino


def values(text):
    """The one row of a shown table, column by column."""
    lines = text.splitlines()
    rule = next(i for i, line in enumerate(lines) if re.fullmatch(r"-+( +-+)*", line.rstrip()))
    places = [m.span() for m in re.finditer("-+", lines[rule])]
    return {lines[rule - 1][a:b].strip(): lines[rule + 1][a:b].strip() for a, b in places}


@pytest.mark.parametrize("code", ["%trino SELECT 6 * 7 AS answer", "%trino SHOW CATALOGS"])
def test_examples_of_the_help_run(kernel, code):
    assert code in kernel.run("%help trino")[1]
    assert kernel.run(code)[0] == "ok"


def test_rows_keep_their_types(kernel):
    status, text = kernel.run("""%%trino --into typed
SELECT CAST(9007199254740993 AS bigint) AS big, CAST(1.50 AS decimal(10, 2)) AS money, 1e0 / 3 AS third, nan() AS nan_, true AS yes, CAST(NULL AS varchar) AS nothing,
  '' AS empty, 'a,"b"' || chr(10) || 'é' AS text, DATE '2026-11-23' AS day, TIMESTAMP '2026-11-23 01:02:03.123456' AS moment, ARRAY[1, NULL, 3] AS list,
  MAP(ARRAY['k'], ARRAY[2]) AS map_, CAST(ROW(1, ARRAY[CAST(ROW('x', DATE '2026-01-02') AS ROW(s varchar, d date))]) AS ROW(n integer, inner_ ARRAY(ROW(s varchar, d date)))) AS row_,
  JSON '{"a": [1]}' AS json_, CAST(REAL '4.7' AS real) AS real_""")
    assert status == "ok" and "Trino query 2" in text, text
    checks = {"big = 9007199254740993": None, "typeof(big) = 'BIGINT'": None, "money = 1.50 AND typeof(money) = 'DECIMAL(10,2)'": None, "third = 1e0 / 3": None,
              "isnan(nan_)": None, "yes": None, "nothing IS NULL": None, "empty = ''": None, "text = 'a,\"b\"' || chr(10) || 'é'": None, "day = DATE '2026-11-23'": None,
              "moment = TIMESTAMP '2026-11-23 01:02:03.123456'": None, "list = [1, NULL, 3]": None, "map_['k'] = 2": None, "row_.n = 1": None,
              "row_.inner_[1].s = 'x' AND row_.inner_[1].d = DATE '2026-01-02'": None, "json_extract(json_, '$.a[0]')::INT = 1": None, "real_ = 4.7::FLOAT": None}
    for check in checks:
        status, text = kernel.run("SELECT CASE WHEN %s THEN 'holds' END AS verdict FROM typed" % check)
        assert status == "ok" and "holds" in text, (check, text)


def test_parameters_are_bound(kernel):
    kernel.run("who = \"O'Brien\"\nlow = 2\nyes = True\nnone = None")
    status, text = kernel.run("%trino SELECT name FROM (VALUES ('O''Brien', 3), ('x', 1)) t(name, n) WHERE name = :who AND n > :low AND :yes AND :none IS NULL")
    assert status == "ok" and "O'Brien" in text, text
    assert "single value" in kernel.run("l = [1, 2]\n%trino SELECT 1 WHERE 1 = :l")[1]
    assert "no parameter :missing" in kernel.run("%trino SELECT :missing")[1]
    assert "x' OR 1=1" in kernel.run("evil = \"x' OR 1=1 --\"\n%trino SELECT :evil AS e")[1]


def test_an_error_stands_in_its_place(kernel):
    status, text = kernel.run("%%trino\nSELECT 1,\n  nope FROM (VALUES (1)) t(x)")
    assert status == "error" and "Column 'nope' cannot be resolved" in text and "line 3:   nope FROM" in text and re.search(r"\n {10}\^", text), text
    kernel.run("low = 2")
    status, text = kernel.run("%%trino\nSELECT :low,\n  nope FROM (VALUES (1)) t(x)")
    assert status == "error" and "nope" in text and "line 3:" in text, text
    status, text = kernel.run("%trino SELECT FROM WHERE")
    assert status == "error" and "mismatched input" in text, text


@pytest.mark.parametrize("sql", ["DROP TABLE x", "CREATE TABLE t AS SELECT 1 AS a", "SET SESSION a = 1", "EXPLAIN ANALYZE DELETE FROM t", "CALL hive.system.f()"])
def test_what_writes_is_not_sent(kernel, sql):
    status, text = kernel.run("%trino " + sql)
    assert status == "error" and "a query only reads" in text, text


def test_many_rows_arrive_whole(kernel):
    status, text = kernel.run("%trino --into many SELECT x, CAST(x AS varchar) AS s FROM UNNEST(sequence(1, 10000)) a(y) CROSS JOIN UNNEST(sequence(1, 10)) t(x)")
    assert status == "ok" and "showing 200 of 100,000 rows" in text, text[-500:]
    assert values(kernel.run("SELECT count(*) AS n, sum(x) AS total, count(DISTINCT s) AS texts FROM many")[1]) == {"n": "100000", "total": "550000", "texts": "10"}


def test_session_properties_are_sent(kernel):
    status, text = kernel.run("%trino --session query_max_run_time=1s SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), "
                              "UNNEST(sequence(1, 10000)) c(z) WHERE x * y * z = 7")
    assert status == "error" and "exceeded" in text.lower() and "1.00s" in text, text


LONG = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 10000)) c(z) WHERE x * y * z = 7"


def test_stop_cancels_at_the_cluster(kernel, trino):
    seen = threading.Event()

    def watch():
        while not seen.is_set():
            if trino.query("SELECT 1 FROM system.runtime.queries WHERE state = 'RUNNING' AND query LIKE '%x * y * z = 8%' AND query NOT LIKE '%runtime%'"):
                seen.set()
        kernel.manager.interrupt_kernel()
    watcher = threading.Thread(target=watch)
    watcher.start()
    status, text = kernel.run("%trino " + LONG.replace("= 7", "= 8"))
    watcher.join()
    assert status == "error" and "Trino has stopped query" in text, text
    name = re.search(r"stopped query (\w+)", text)[1]
    assert trino.query("SELECT state, error_code FROM system.runtime.queries WHERE query_id = '%s'" % name) == [["FAILED", "USER_CANCELED"]]
    assert kernel.run("%trino SELECT 1 AS alive")[0] == "ok"


def test_plain_sql_goes_where_the_setting_says(kernel):
    kernel.run("%set engine trino")
    try:
        assert "Trino query" in kernel.run("SELECT 40 + 2 AS answer")[1]
    finally:
        kernel.run("%set engine local")


# ---- servers that are none ----

class Bad(http.server.BaseHTTPRequestHandler):
    kind, asked = "", []

    def reply(self, body, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, **more):
        here = "http://%s:%d" % self.server.server_address
        stats = {"state": "RUNNING", "totalSplits": 8, "completedSplits": 3, "progressPercentage": 37.5}
        return json.dumps({"id": "q1", "infoUri": here, "stats": stats, **{k: v.replace("HERE", here) if isinstance(v, str) else v for k, v in more.items()}}).encode()

    def do_POST(self):
        Bad.asked.append(("POST", self.headers.get("Authorization")))
        self.rfile.read(int(self.headers["Content-Length"]))
        column = {"name": "a", "type": "bigint", "typeSignature": {"rawType": "bigint", "arguments": []}}
        deep = {"rawType": "array", "arguments": []}
        for _ in range(100):
            deep = {"rawType": "array", "arguments": [{"kind": "TYPE", "value": deep}]}
        answers = {"html": b"<html>proxy</html>", "broken": b'{"id": "q1", ', "list": b"[1]", "foreign": self.answer(nextUri="http://198.51.100.7:1/v1/x"),
                   "prefix": self.answer(nextUri="HERE.evil.example/v1/x"), "endless": self.answer(nextUri="HERE/v1/next"), "none": self.answer(),
                   "ragged": self.answer(columns=[column], data=[[1, 2]]), "deep": self.answer(columns=[{"name": "a", "type": "x", "typeSignature": deep}], data=[[1]]),
                   "scalars": self.answer(columns=[column], data=[1]), "object": self.answer(columns=[column], data=[{"a": 1}]),
                   "odd": self.answer(columns=[dict(column, type="varchar", typeSignature={"rawType": "varchar", "arguments": []})],
                                      data=[["\ud800 \u0000 \"q\"\n\u00e9"], ["RAW"]]).replace(b"RAW", b"\xff\xfe,x"),
                   "moved": self.answer(nextUri="HERE/v1/gone")}
        if self.kind == "500":
            return self.reply(b"out of order \x1b[31m<b>", 500)
        if self.kind == "cut":
            return self.reply(self.answer(), length=9999)
        return self.reply(answers[self.kind])

    def do_GET(self):
        Bad.asked.append(("GET", self.headers.get("Authorization")))
        if self.path == "/v1/gone":
            return self.reply(b"gone", 404)
        return self.reply(self.answer(nextUri="HERE/v1/next"))

    def do_DELETE(self):
        Bad.asked.append(("DELETE", self.path))
        self.reply(b"", 204)

    def log_message(self, *_):
        pass


@pytest.fixture
def bad():
    Bad.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bad)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "http://127.0.0.1:%d" % server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kind, words", [("html", "not Trino's JSON"), ("broken", "not Trino's JSON"), ("list", "not Trino's JSON"), ("foreign", "another place"),
                                         ("prefix", "another place"), ("none", "no columns"), ("ragged", "2 values, not 1"), ("scalars", "cannot be read"), ("object", "cannot be read"), ("deep", "cannot be read"),
                                         ("moved", "has lost query q1"), ("500", "HTTP status 500"), ("cut", "")])
def test_a_bad_server_is_one_clear_error(kernel, bad, kind, words):
    Bad.kind = kind
    status, text = kernel.run("%trino --server " + bad + " SELECT 1")
    assert status == "error" and words in text and "Error:" in text, text
    assert "\x1b[31m<b>" not in text
    assert kernel.run("%trino SELECT 1 AS alive")[0] == "ok"


def test_texts_of_any_bytes_become_texts(kernel, bad):
    Bad.kind = "odd"
    status, text = kernel.run("%trino --into odd --server " + bad + " SELECT 1")
    assert status == "ok", text
    assert "holds" in kernel.run("SELECT CASE WHEN list(a ORDER BY a DESC) = [chr(65533) || chr(65533) || ',x', chr(65533) || ' ' || chr(65533) || ' \"q\"' || chr(10) || 'é'] "
                                 "THEN 'holds' ELSE list(a)::VARCHAR END AS v FROM odd")[1]


def test_an_endless_query_can_be_stopped(kernel, bad):
    Bad.kind = "endless"

    def stop():
        while len(Bad.asked) < 20:
            pass
        kernel.manager.interrupt_kernel()
    thread = threading.Thread(target=stop)
    thread.start()
    status, text = kernel.run("%trino --server " + bad + " SELECT 1")
    thread.join()
    assert status == "error" and "interrupted" in text, text
    assert ("DELETE", "/v1/next") in Bad.asked


def test_progress_follows_the_splits(kernel, bad):
    Bad.kind = "endless"
    kernel.messages.clear()

    def stop():
        while "about 3" not in json.dumps(kernel.messages) and watcher_may_wait.is_set():
            pass
        kernel.manager.interrupt_kernel()
    watcher_may_wait = threading.Event()
    watcher_may_wait.set()
    thread = threading.Thread(target=stop)
    thread.start()
    try:
        kernel.run("%trino --server " + bad + " SELECT 1")
    finally:
        watcher_may_wait.clear()
        thread.join()
    assert re.search(r"about 3[78] %", json.dumps(kernel.messages))


def test_catalog_and_schema_choose_where_names_are_looked_for(kernel):
    assert kernel.run("%trino SELECT count(*) FROM nodes")[0] == "error"
    status, text = kernel.run("%trino --catalog system --schema runtime SELECT count(*) AS n FROM nodes")
    assert status == "ok" and values(text)["n"] == "1", text
    try:
        kernel.run("%set trino_catalog system")
        kernel.run("%set trino_schema runtime")
        assert values(kernel.run("%trino SELECT count(*) AS n FROM nodes")[1])["n"] == "1"
    finally:
        kernel.run("%set trino_schema none")
        kernel.run("%set trino_catalog none")


@pytest.mark.parametrize("server, words", [("trino.example:8080", "no address of a Trino server"), ("http://user:pw@127.0.0.1:1", "no address"),
                                           ("file:///etc/passwd", "no address"), ("http://127.0.0.1:1/path", "no address")])
def test_only_an_address_is_a_server(kernel, server, words):
    status, text = kernel.run("%trino --server " + server + " SELECT 1")
    assert status == "error" and words in text, text


def test_nobody_there(kernel):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        status, text = kernel.run("%%trino --server http://127.0.0.1:%d SELECT 1" % probe.getsockname()[1])
    assert status == "error" and "connect" in text, text


# ---- who asks ----

@pytest.fixture(scope="module")
def guarded():
    with Trino(tls=True, users={"alice": "correct horse"}) as started:
        yield started


def asks(home, trino, code, answer=None, **environment):
    with Kernel(home, environment) as kernel:
        result = kernel.run("%%trino --server %s --user alice %s" % (trino.url, code), answer=answer)
        return (*result, json.dumps(kernel.messages) + "".join(p.read_text(errors="replace") for p in home.rglob("*") if p.is_file() and p.suffix in ("", ".json", ".log")))


def test_a_password_of_the_environment(guarded, tmp_path):
    status, text, all_said = asks(tmp_path, guarded, "--ca %s SELECT current_user AS me" % guarded.ca, TRINO_PASSWORD="correct horse")
    assert status == "ok" and "alice" in text, text
    assert "correct horse" not in all_said and "YWxpY2U6" not in all_said


def test_a_password_that_is_asked_for(guarded, tmp_path):
    status, text, all_said = asks(tmp_path, guarded, "--password --ca %s SELECT current_user AS me" % guarded.ca, answer="correct horse")
    assert status == "ok" and "alice" in text, text
    assert "correct horse" not in all_said.replace('"value": "correct horse"', "")


def test_a_wrong_password_and_none(guarded, tmp_path):
    for password in ("wrong", ""):
        status, text, _ = asks(tmp_path, guarded, "--ca %s SELECT 1" % guarded.ca, TRINO_PASSWORD=password)
        assert status == "error" and "does not accept these credentials of alice" in text and "TRINO_PASSWORD" in text, text


def test_an_unknown_authority(guarded, tmp_path):
    status, text, _ = asks(tmp_path, guarded, "SELECT 1", TRINO_PASSWORD="correct horse")
    assert status == "error" and "certificate" in text.lower(), text


def test_a_token_is_sent_to_whom_the_authority_vouches_for_and_shown_to_nobody(tmp_path):
    files = certificate(tmp_path)
    with HostileServer(files) as server:
        environment = {"TRINO_TOKEN": "eyJ.secret.token"}
        with Kernel(tmp_path, environment) as kernel:
            for words in ("", "--ca %s " % files[0]):
                status, text = kernel.run("%%trino --server %s %sSELECT 1" % (server.url(""), words))
                assert status == "error" and "eyJ" not in text, text
            assert "eyJ" not in json.dumps(kernel.messages)
            status, text = kernel.run("%trino --server http://trino.example:8080 SELECT 1")
            assert status == "error" and "plain http" in text, text
    assert [b"Authorization: Bearer eyJ.secret.token" in top for top, _ in server.seen] == [True] * len(server.seen) and server.seen


def test_a_password_never_goes_over_plain_http(tmp_path):
    with Kernel(tmp_path, {"TRINO_PASSWORD": "correct horse"}) as kernel:
        status, text = kernel.run("%trino --server http://trino.example:8080 SELECT 1")
    assert status == "error" and "plain http" in text, text


def test_in_the_background_the_rows_come_after_the_cell(kernel):
    kernel.run("low = 2")
    status, text = kernel.run("%trino --background --into later SELECT x, ARRAY[x, NULL] AS list FROM (VALUES 1, 3, 4) t(x) WHERE x > :low")
    assert status == "ok" and "Trino query, running since" in text, text
    status, text = kernel.run("%jobs wait\nSELECT sum(x) AS total, max(list) AS longest FROM later")
    assert status == "ok" and "7" in text and "[4,null]" in text.replace(" ", "").lower(), text
    assert "RefusedError" in kernel.run("%trino --background CREATE TABLE memory.default.t (x int)")[1]
    kernel.run("%trino --background SELECT nope FROM (VALUES 1) t(x)\n%jobs wait")
    assert "Column 'nope' cannot" in kernel.run("%jobs")[1]


def test_a_stopped_job_is_cancelled_at_the_cluster(kernel, trino):
    text = kernel.run("%trino --background " + LONG.replace("= 7", "= 9"))[1]
    number = re.search(r"Job (\d+)", text).group(1)
    assert kernel.run("%jobs stop " + number)[0] == "ok"
    status, text = kernel.run("%%jobs wait %s" % number)
    assert status == "ok" and "Trino has stopped query" in text, text
    name = re.search(r"stopped query (\w+)", text)[1]
    left = trino.query("SELECT state FROM system.runtime.queries WHERE query_id = '%s'" % name)
    assert left in ([], [["FAILED"]])  # nothing of it, where it was still in the queue
