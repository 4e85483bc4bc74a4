"""The statements that AWS publishes under ../shared/data/sql: found in their files, known by number and hash, never copied here.

In Markdown a statement begins at a line that starts with SELECT, WITH or CREATE, inside a fence or outside of one, and ends before
an empty line, a heading or the end of the fence. Fragments (a lone WHERE) are no statements. In .sql files a statement begins at the
first word outside of a comment and ends at a semicolon, or before an empty line or a comment after which another one begins.
"""
import hashlib
import os
import re
from pathlib import Path

FOLDER = Path(os.environ.get("SHARED") or Path(__file__).resolve().parents[3] / "shared", "data", "sql")
BEGINS = re.compile(r"(?i)(SELECT|WITH|CREATE|INSERT|ALTER|DROP|MSCK|SHOW|DESCRIBE)\b")


class Statement:
    """One published statement: `file` relative to data/sql, `number` from 1 within it."""

    def __init__(self, file, number, text):
        self.file, self.number, self.text = file, number, text

    @property
    def sha256(self):
        return hashlib.sha256(" ".join(self.text.split()).encode()).hexdigest()

    @property
    def key(self):
        return self.file, self.number

    def __repr__(self):
        return "%s:%d" % (self.file, self.number)


def of_markdown(text):
    found, lines = [], None
    for line in text.splitlines() + [""]:
        ends = not line.strip() or line.startswith(("```", "#"))
        if lines is None and re.match(r"(SELECT|WITH|CREATE)\b", line):
            lines = [line]
        elif lines is not None and ends:
            found.append("\n".join(lines))
            lines = None
        elif lines is not None:
            lines.append(line)
    return found


def without_blocks(text):
    """Block comments become empty lines, so that they neither begin nor continue a statement."""
    return re.sub(r"/\*.*?\*/", lambda found: "\n" * found.group().count("\n"), text, flags=re.S)


def of_sql(text):
    found, lines, waiting, depth, ended = [], [], [], 0, True
    for line in without_blocks(text).splitlines():
        bare = re.sub(r"--.*", "", line).strip()
        if not bare:
            waiting.append(line)  # part of the statement only if it goes on
            continue
        begins = BEGINS.match(line) and (ended or (waiting and depth == 0))
        if begins:
            found.append(lines)
            lines, waiting, depth, ended = [], [], 0, False
        if not ended:
            lines += waiting + [line]
            waiting = []
        depth += bare.count("(") - bare.count(")")
        ended = ended or bare.endswith(";")
    return ["\n".join(lines) for lines in found + [lines] if lines]


def statements(folder=FOLDER):
    """All statements of all files, in the order of files."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".sql")):
        texts = (of_markdown if path.suffix == ".md" else of_sql)(path.read_text(encoding="utf-8"))
        found += [Statement(path.relative_to(folder).as_posix(), n, text) for n, text in enumerate(texts, 1)]
    return found
