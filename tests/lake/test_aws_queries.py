"""Every query that AWS publishes under ../shared/data/sql has a row in tests/aws_queries.tsv, and the row tells the truth.

unchanged    the published text, exactly, answers its question in the kernel
translated   it needs a name that DuckDB has not, or that means another thing there: aws_queries/NAME.sql asks the same
wrong        the published text does not answer its own question, because of the defect named: aws_queries/NAME.sql asks it rightly; and the
             published text (where DuckDB lacks a name, its word-for-word translation aws_queries/NAME.literal.sql) really answers
             what NAME_published says, which is another thing

What is right comes from Python over the raw logs of aws_raw.py (functions NAME of aws_expected_*.py), which the real ingest makes into
lakes of version 1 and 2; EKS audit and WAF tables are written by aws_edge.py. The defects are described in DEFECTS. Queries over raw
Athena tables (RAW_TABLES) are asked of the short names, over the lake of version 2 alone; what their CREATE TABLE is for us is the query
that gives its columns. Where a published text fails on its own tables too, NAME_published is what must be said against it, and
NAME.literal.sql fails with those words over the columns that the published table has.

A statement's text is changed before it runs only by SUBSTITUTIONS: what the published text itself marks as a place to fill. A statement that
reads a view made by another statement runs after that one's translation (VIEWS).
"""
import copy
import csv
import importlib
import json
import pathlib
import re
from datetime import datetime, timezone

import aws_edge
import aws_published
import aws_raw
import pytest
from aws_compare import difference
from test_questions import Kernel

HERE = pathlib.Path(__file__).resolve().parent
TABLE, SQL = HERE.parent / "aws_queries.tsv", HERE / "aws_queries"
COLUMNS = ["file", "number", "sha256", "title", "verdict", "defect", "expect"]
VERDICTS = ("unchanged", "translated", "wrong")
ANSWERS = ["trail", "flow", "dns", "finding", "edge", "raw"]
RAW_TABLES = "athena_raw_bootstrap/"

# D1 to D13 are those of the investigation reference, in short; the others were found here.
DEFECTS = {
    "D1": "a user id (AIDA...) is looked for among access keys: no rows",
    "D2": "status 'failed' is never written, it is 'Failure': no rows",
    "D3": "an address with a dot at its end: no rows",
    "D4": "A AND B OR C without parentheses: the way back is not bound in time",
    "D5": "a bound with hours against a day of eight digits: the first day is lost",
    "D6": "the bucket's name stands where its type belongs: no rows",
    "D7": "activity 1 without the class: creations count as logins",
    "D8": "the 31st of June: harmless as text",
    "D9": "a data event looked for among management events: no rows",
    "D10": "no partition named: the whole table is read",
    "D11": "LIMIT without a total: a sample taken for the whole",
    "D12": "an alias in HAVING: not valid in Trino",
    "D13": "a member asked of a column that is text: fails",
    "D14": "a key of unmapped that Security Lake never writes (it writes dotted paths): always NULL",
    "D15": "the user that an account change was about stands in user.name, not in unmapped: NULL where it matters",
    "D16": "duplicates without HAVING count(*) > 1: everything is listed",
    "D17": "a comma is missing: the id is shown as time_dt, and the time not at all",
    "D18": "a network of 24 bits is tested by two octets: 65,536 addresses match",
    "D19": "activity_name 'get' is never written, it is 'Read': no rows",
    "D20": "instances are counted by endpoint, which has the port: each query is another instance",
    "D21": "LIKE with wildcards on both sides: functions of similar names match",
    "D22": "top ten of flows, not of addresses, joined to every record: bytes are counted many times, senders are lost",
    "D23": "two lists of events joined by the address: every pair of events, and nothing where only the second source saw it",
    "D24": "get requests are asked for, all methods are shown",
    "D25": "a column that its own CREATE TABLE has not: fails",
    "D26": "AAAA records are asked for, all others are counted",
    "D27": "private networks without their first and last address, which pass for public",
}
HARMLESS = {"D8", "D10", "D11"}  # of a query that answers its question all the same; see harmless() for what the table notes

# what the published text marks as a place to fill: a name in braces, an address blotted out by asterisks or made up (172.01.02.03 is no address)
SUBSTITUTIONS = {"'{username}'": "'alice'", "'{accesskeyid}'": "'AKIAEXAMPLEALICE'", "'************'": "'172.1.2.3'", "'172.01.02.03'": "'172.1.2.3'",
                 "'***********'": "'10.0.97.167'"}
LIMIT = re.compile(r"(?i)\bLIMIT\s+\d+\s*;?\s*$")
VIEWS = {"finding_view": "sh_findings_view"}

needs_published = pytest.mark.skipif(not aws_published.FOLDER.is_dir(), reason="../shared/data is not there")


def read_table():
    with open(TABLE, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = read_table()
PUBLISHED = {s.key: s for s in aws_published.statements()} if aws_published.FOLDER.is_dir() else {}


def function(name):
    for module in ANSWERS:
        found = getattr(importlib.import_module("aws_expected_" + module), name, None)
        if found:
            return found
    raise KeyError(name)


class Lakes:
    """The kernel with the lakes open, and the raw logs they were made of."""

    def __init__(self, folder):
        raw = aws_raw.build(datetime.now(timezone.utc))
        aws_raw.write(raw, folder)
        self.raw, self.folder, self.count = aws_raw.read(folder, raw.now), folder, 0
        aws_edge.write(self.raw, folder / "edge")
        self.kernel = Kernel(folder)
        for version in (1, 2):
            shown = self.kernel.ok("%%lake ingest logs --into lake%d --table-version %d" % (version, version))
            events = sum(map(len, (raw.trail, raw.flow, raw.dns, raw.findings)))
            assert "%d events in = %d rows + 0 rejects + 0 duplicates" % (events, events) in shown
        for lake in ("lake1", "lake2", "edge"):
            self.kernel.ok("%lake open " + lake)
        for name, view in VIEWS.items():
            self.kernel.ok("%%sql --into " + view + "\n" + (SQL / (name + ".sql")).read_text())

    def version_2(self):
        """The same logs with one lake open: short names unite all that is open, and every event would be there twice."""
        one = copy.copy(self)
        one.folder = self.folder / "one"
        one.folder.mkdir()
        one.kernel = Kernel(one.folder)
        one.kernel.ok("%lake open ../lake2")
        return one

    def rows(self, text):
        """The rows of a query, or what was said against it."""
        self.count += 1
        name = "answer%d.jsonl" % self.count
        reply, _ = self.kernel.run("%%sql --save " + name + "\n" + text)
        if reply["status"] != "ok":
            return None, reply["evalue"]
        with open(self.folder / name, encoding="utf-8") as file:
            return [json.loads(line) for line in file], None

    def answer(self, text, name):
        """Rows of a query and the answer expected at the time it ran."""
        while True:
            before = function(name)(self.raw, datetime.now(timezone.utc))
            rows, error = self.rows(text)
            after = function(name)(self.raw, datetime.now(timezone.utc))
            if (before.rows, before.keys) == (after.rows, after.keys):  # else an event left the window meanwhile
                return rows, error, after


@pytest.fixture(scope="module")
def lakes(tmp_path_factory):
    lakes = Lakes(tmp_path_factory.mktemp("aws"))
    yield lakes
    lakes.kernel.close()


@pytest.fixture(scope="module")
def version_2(lakes):
    one = lakes.version_2()
    yield one
    one.kernel.close()


def harmless(text):
    """The defect that a query not wrong has all the same, as the table must note it."""
    if "'20230631'" in text:
        return "D8"
    where = re.split(r"(?i)\bWHERE\b", text, maxsplit=1)
    pruned = len(where) == 2 and re.search(r"(?i)\b(eventday|time_dt|region|accountid|\w+_partition)\b", where[1])
    return "" if pruned or not re.search(r"(?i)\bSELECT\b", text) else "D10"


def filled(text):
    for place, value in SUBSTITUTIONS.items():
        text = text.replace(place, value)
    return text


def translation(name, kind=""):
    return (SQL / (name + kind + ".sql")).read_text(encoding="utf-8")


def check_right(lakes, text, name):
    rows, error, answer = lakes.answer(text, name)
    assert error is None, error
    assert answer.rows, "the raw logs give no row"
    kept = len(answer.rows) if answer.limit is None else min(answer.limit, len(answer.rows))
    assert answer.of is None or kept < answer.of, "the raw logs leave nothing out"
    wrong = difference(answer, rows)
    assert not wrong, wrong
    if kept < len(answer.rows):  # which rows were left out shows only without the limit
        rows, error, answer = lakes.answer(LIMIT.sub("", text), name)
        answer.limit = None
        wrong = error or difference(answer, rows)
        assert not wrong, wrong


def check_wrong(lakes, text, name):
    """The text fails here, or answers what NAME_published says, and that is not what was asked."""
    literal = SQL / (name + ".literal.sql")
    rows, error = lakes.rows(text)
    assert (error is not None) == literal.exists(), error or "the published text runs: it needs no word-for-word translation"
    fails = function(name + "_published")(lakes.raw, datetime.now(timezone.utc))
    if isinstance(fails, str):
        rows, error = lakes.rows(translation(name, ".literal"))
        assert error is not None and fails in error, error
        return
    rows, error, published = lakes.answer(translation(name, ".literal") if literal.exists() else text, name + "_published")
    assert error is None, error
    assert difference(published, rows) is None, difference(published, rows)
    assert difference(function(name)(lakes.raw, datetime.now(timezone.utc)), rows) is not None, "the published text is right"


def row_id(row):
    return "%s:%s" % (pathlib.PurePath(row["file"]).stem, row["number"])


@needs_published
@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_published_query(lakes, version_2, row):
    statement = PUBLISHED[row["file"], int(row["number"])]
    text, name = filled(statement.text), row["expect"]
    lakes = version_2 if row["file"].startswith(RAW_TABLES) else lakes
    if row["verdict"] == "unchanged":
        check_right(lakes, text, name)
        return
    assert row["verdict"] in ("translated", "wrong")
    check_right(lakes, translation(name), name)
    if row["verdict"] == "wrong":
        check_wrong(lakes, text, name)
    else:
        assert lakes.rows(text)[1] is not None, "the published text runs: the verdict is unchanged, or wrong"


@needs_published
def test_every_published_query_has_one_row():
    listed = [(row["file"], int(row["number"])) for row in ROWS]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(PUBLISHED), set(listed) ^ set(PUBLISHED)
    for row in ROWS:
        assert PUBLISHED[row["file"], int(row["number"])].sha256 == row["sha256"], row


@needs_published
def test_the_table_is_sound():
    header = TABLE.read_text(encoding="utf-8").partition("\n")[0].split("\t")
    assert header == COLUMNS
    for row in ROWS:
        assert None not in row.values() and None not in row, row
        assert row["verdict"] in VERDICTS and row["title"], row
        assert not row["defect"] or row["defect"] in DEFECTS, row
        assert (row["verdict"] == "wrong") == (row["defect"] in set(DEFECTS) - HARMLESS), row
        assert row["verdict"] == "wrong" or row["defect"] == harmless(PUBLISHED[row["file"], int(row["number"])].text), row
        assert function(row["expect"]), row
    same = {}
    for row in ROWS:  # the same text has the same verdict wherever it stands
        said = [row[name] for name in ("title", "verdict", "defect", "expect")]
        assert same.setdefault(row["sha256"], said) == said, row


def columns_of(statement):
    """Name -> type of a published CREATE TABLE, its partitions too."""
    text = re.sub(r"(?s)/\*.*?\*/", "", statement.text)
    text = text[text.index("("):re.search(r"(?i)\bROW FORMAT\b", text).start()]
    while "<" in text:
        text = re.sub(r"<[^<>]*>", "", text)
    return {name.lower(): kind.upper() for name, kind in re.findall(r"(\w+)\s+(\w+)\s*(?:,|\))", text)}


@needs_published
def test_the_raw_tables_have_the_columns_said_of_them(lakes):
    tables = {row["expect"]: columns_of(PUBLISHED[row["file"], int(row["number"])]) for row in ROWS if "/ddl/" in row["file"]}
    assert set(tables) == {"raw_trail_table", "raw_dns_table", "raw_flow_table"}
    for name, columns in tables.items():
        assert list(columns) == function(name)(lakes.raw, lakes.raw.now).columns, name
    text = next(s.text for s in PUBLISHED.values() if "/ddl/" in s.file and "dns" in s.file)
    assert re.search(r"srcids\s+STRING", text) and re.search(r"answers\s+ARRAY<STRING>", text)  # D13: no members
    assert "flow_direction" not in tables["raw_flow_table"] and "event_date" not in tables["raw_flow_table"]  # D25


def test_no_translation_is_left_over():
    used = {row["expect"] for row in ROWS if row["verdict"] != "unchanged"}
    assert {path.name.partition(".")[0] for path in SQL.glob("*.sql")} == used


def test_statements_are_found_in_markdown_and_sql():
    text = "words\n```\nSELECT 1\nFROM a;\n```\nSELECT 2\n\n```\n    WHERE x\n```\n#### SELECT\nWITH a AS\n  (SELECT 3)\nSELECT 4\n"
    assert aws_published.of_markdown(text) == ["SELECT 1\nFROM a;", "SELECT 2", "WITH a AS\n  (SELECT 3)\nSELECT 4"]
    text = "/* x */\n-- one\nSELECT 1\nFROM a;\n\n-- two\nSELECT 2 -- why\nFROM b\n\n/* three */\nSELECT 3;\n"
    assert aws_published.of_sql(text) == ["SELECT 1\nFROM a;", "SELECT 2 -- why\nFROM b", "SELECT 3;"]
    assert aws_published.of_sql("SELECT 1\n-- why\n\nAND x IN (\n\nSELECT 2)\n") == ["SELECT 1\n-- why\n\nAND x IN (\n\nSELECT 2)"]


def test_the_comparison_fires():
    from aws_compare import Answer, Bag, Part
    rows = [{"a": 1, "b": [2, 1]}, {"a": 2, "b": []}, {"a": 2, "b": [3]}]
    ordered = [(1, Bag([1, 2])), (2, []), (2, [3])]
    assert difference(Answer(ordered, order=[1, 2, 2]), rows) is None
    assert difference(Answer(ordered, order=[1, 2, 2]), [rows[0], rows[2], rows[1]]) is None
    assert difference(Answer(ordered, order=[1, 2, 2]), [rows[1], rows[0], rows[2]])
    assert difference(Answer(ordered), rows[:2]) and difference(Answer(ordered[:2]), rows)
    assert difference(Answer(ordered, order=[1, 2, 2], limit=2), rows[:2]) is None
    assert difference(Answer(ordered, order=[1, 2, 2], limit=2), rows[1:])
    assert difference(Answer(ordered, columns=["a", "c"]), rows)
    assert difference(Answer([(1, [1, 2])]), rows[:1])
    assert difference(Answer([{"a.x": 1}]), [{"a": {"x": 1, "y": 2}}]) is None
    assert difference(Answer([(Part({"x.y": 1}),)]), [{"a": {"x": {"y": 1}, "z": 3}}]) is None
    assert difference(Answer([(Part({"x.y": 2}),)]), [{"a": {"x": {"y": 1}, "z": 3}}])
    assert difference(Answer([(1,)]), [{"a": 1, "b": 2}])
