"""The whole hostile corpus, as bytes of raw logs, through the kernel and then through a real browser's parser: in the page that
nbconvert makes and in JupyterLab, as HTML, as Markdown and as plain text, trusted and not."""
import copy
import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from server import COFFERDAM, HERE, TOKEN, VENV, chromium, drive, serving

sys.path.insert(0, os.path.join(HERE, "..", "corpus"))
import corpus  # noqa: E402

STRINGS = corpus.strings()
PAGE, NOTED = 100, 380
FIELDS = "metadata.uid AS id, http_request.user_agent AS agent, api.response.message AS message, actor.\"user\".name AS who"
# what renderers write, and what nbconvert and JupyterLab make of the Markdown of a list
ELEMENTS = {"DIV", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "SPAN", "P", "CODE", "STRONG", "PRE", "UL", "LI", "EM", "BR"}
ATTRIBUTES = {"style", "class", "align", "colspan"}
MIMES = {"html": "text/html", "markdown": "text/markdown", "plain": "text/plain"}


def record(number, text):
    """A CloudTrail record as bytes: the string stands in it byte by byte, whatever it is."""
    quoted = b"".join(b'\\"' if c == 0x22 else b"\\\\" if c == 0x5c else b"\\u%04x" % c if c < 0x20 else bytes([c]) for c in text)
    base = {"eventVersion": "1.08", "eventTime": "2026-03-01T10:%02d:%02dZ" % (number // 60, number % 60), "eventSource": "iam.amazonaws.com",
            "eventName": "GetUser", "awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.7", "eventID": "id-%03d" % number, "errorCode": "AccessDenied",
            "recipientAccountId": "111122223333", "managementEvent": True, "userAgent": "@", "errorMessage": "@", "requestParameters": {"userName": "@"},
            "userIdentity": {"type": "IAMUser", "userName": "@", "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"}}
    return json.dumps(base).encode().replace(b'"@"', b'"' + quoted + b'"')


def cells():
    yield "%lake ingest logs --into lake"
    yield "%lake open lake"
    for page in range(0, len(STRINGS), PAGE):
        yield "SELECT %s FROM cloudtrail ORDER BY 1 LIMIT %d OFFSET %d" % (FIELDS, PAGE, page)
    yield "%%%%sql --into evil --limit 1\nSELECT %s FROM cloudtrail WHERE length(http_request.user_agent) BETWEEN 1 AND 199 ORDER BY 1 LIMIT %d" % (FIELDS, NOTED)
    for page in range(0, NOTED, PAGE):
        yield "%%note\n" + "\n".join("- {evil.%d.id} x{evil.%d.agent}x" % (row + 1, row + 1) for row in range(page, min(page + PAGE, NOTED)))
    yield "%chart bar evil --x agent"


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """The executed notebook, and copies of it whose outputs have one representation only."""
    work = tmp_path_factory.mktemp("corpus")
    os.makedirs(work / "logs")
    (work / "logs" / "1.json").write_bytes(b'{"Records": [' + b",\n".join(record(i, s) for i, s in enumerate(STRINGS)) + b"]}")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells()],
                                    metadata={"kernelspec": {"name": "cofferdam", "display_name": "Cofferdam", "language": "sql"}})
    NotebookClient(book, kernel_name="cofferdam", resources={"metadata": {"path": str(work)}}, timeout=120).execute()
    made = {}
    for name, mime in MIMES.items():
        one = copy.deepcopy(book)
        for cell in one.cells:
            cell.outputs = [output for output in cell.outputs if mime in output.get("data", {})]
            for output in cell.outputs:
                output.data = {mime: output.data[mime]}
        one.cells = [cell for cell in one.cells if cell.outputs] + [nbformat.v4.new_markdown_cell("A formula of the analyst's own: $e = mc^2$")]
        nbformat.write(one, work / (name + ".ipynb"))
        made[name] = one
    nbformat.write(made["html"], work / "trusted.ipynb")
    subprocess.run([VENV + "/bin/jupyter", "trust", "trusted.ipynb"], cwd=work, env=dict(os.environ, HOME=str(work)), check=True, stdout=subprocess.DEVNULL)
    subprocess.run([VENV + "/bin/jupyter", "nbconvert", "--to", "html", "html.ipynb", "markdown.ipynb", "plain.ipynb"], cwd=work, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return work, book


@pytest.fixture(scope="module")
def pages(books):
    """What Chromium saw, by front end and representation."""
    chromium()
    work, _ = books
    exported = drive(work, "corpus.mjs", "file:", *("file://%s/%s.html" % (work, name) for name in MIMES))
    settings = work / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')          # every cell is drawn
    with serving(work) as url:
        names = [*MIMES, "trusted"]
        shown = drive(work, "corpus.mjs", url, *("%d@%s/lab/tree/%s.ipynb?token=%s&reset" % (len(nbformat.read(work / (name + ".ipynb"), 4).cells), url, name, TOKEN) for name in names))
    found = {("export", name): page for name, page in zip(MIMES, exported["pages"])}
    found.update({("lab", name): page for name, page in zip(names, shown["pages"])})
    return found, exported, shown


WHERE = [("export", name) for name in MIMES] + [("lab", name) for name in (*MIMES, "trusted")]
VIEWS = pytest.mark.parametrize("where", WHERE, ids=["-".join(where) for where in WHERE])


@VIEWS
def test_the_parser_finds_no_element_but_ours(pages, where):
    page = pages[0][where]
    assert set(page["elements"]) <= ELEMENTS, set(page["elements"]) - ELEMENTS
    assert {name.split()[1] for name in page["attributes"]} <= ATTRIBUTES, page["attributes"]
    assert page["elements"].get("A", 0) == 0


@VIEWS
def test_no_style_is_made_of_a_value(pages, where):
    styles = pages[0][where]["styles"]
    assert len(styles) < 20 and not any("url" in style or "expression" in style or "position" in style for style in styles), styles


def visible(text):
    """The characters of printable ASCII, which every renderer shows as they are; of a value at most what is shown of it."""
    return [c for c in text if "!" <= c <= "~" and c != "\\"][:200]


def holds(shown, text):
    shown = iter(shown)
    return all(c in shown for c in visible(text))


@pytest.mark.parametrize("where", [w for w in WHERE if w[1] != "plain"], ids=lambda w: "-".join(w))
def test_every_string_is_read_whole(pages, where):
    rows = {row[0]: row for row in pages[0][where]["rows"] if row[0].startswith("id-")}
    assert len(rows) == len(STRINGS)
    for number, string in enumerate(STRINGS):
        for shown in rows["id-%03d" % number][1:4]:
            assert holds(shown, string.decode("utf-8", "replace")), (string[:80], shown[:200])
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", shown), (string[:80], shown[:200])


@pytest.mark.parametrize("front", ["export", "lab"])
def test_every_value_of_a_note_is_read_whole(pages, front):
    items = [item for item in pages[0][front, "markdown"]["items"] if item.startswith("id-")]
    assert len(items) == NOTED
    for item in items:
        text = STRINGS[int(item[3:6])].decode("utf-8", "replace")
        assert holds(item[6:], "x" + text + "x"), (text, item)


@pytest.mark.parametrize("front", ["export", "lab"])
def test_plain_text_holds_every_string(pages, front):
    lines = {line.split()[0]: line for text in pages[0][front, "plain"]["plain"] for line in text.splitlines() if line.startswith("id-")}
    assert len(lines) == len(STRINGS)
    for number, string in enumerate(STRINGS):
        assert holds(lines["id-%03d" % number], string.decode("utf-8", "replace")[:20]), string[:80]


def test_nothing_is_fetched_and_nothing_is_asked(pages):
    _, exported, shown = pages
    assert shown["requests"] == [] and shown["dialogs"] == exported["dialogs"] == 0
    assert not [url for url in exported["requests"] if "cdnjs.cloudflare.com" not in url]    # nbconvert's own page asks for MathJax
