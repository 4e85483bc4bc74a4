#!/usr/bin/env python3
"""The house checks: make check. Each prints FILE:LINE: what is wrong, and the program ends with 1 if any does.

    house.py [--root DIR] [CHECK...]

What is allowed to differ stands in tests/checks/exceptions.txt with its reason: `check path[:name] reason`.
"""
import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import source
import tools

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FUNCTION_LINES, FILE_LINES, PARAMETERS = 60, 500, 5

EVERYTHING = "base data jupyter net aws engine case job lake ingest fetch question alert example response magic magics top".split()
# a floor and what it may include
FLOORS = {
    "base": ["base"],
    "data": ["base", "data"],
    "jupyter": ["base", "jupyter"],
    "net": ["base", "net"],
    "aws": ["base", "net", "aws"],
    "engine": ["base", "data", "net", "aws", "engine"],
    "case": ["base", "data", "aws", "engine", "case"],
    "job": ["base", "data", "aws", "job"],
    "lake": ["base", "data", "aws", "engine", "case", "lake"],
    "ingest": ["base", "data", "aws", "engine", "case", "lake", "ingest"],
    "fetch": ["base", "data", "aws", "engine", "case", "lake", "ingest", "fetch"],
    "question": ["base", "data", "aws", "engine", "case", "lake", "question"],
    "alert": ["base", "data", "aws", "engine", "case", "alert"],
    "example": ["base", "example"],
    "response": ["base", "data", "aws", "case", "job", "lake", "response"],
    "magic": ["base", "data", "magic"],
    "magics": ["base", "data", "aws", "engine", "case", "job", "lake", "ingest", "fetch", "question", "alert", "example", "response", "magic", "magics"],
    "top": EVERYTHING,
}
MAGIC_FLOOR = re.compile(r"kernel/(magic|options|cell|complete|inspect)(_\w+)?\.[ch]$")

# a foreign header and the one place that may know it
HOMES = (
    (r"c?zmq\.h", r"kernel/jupyter/|kernel/(main|worker|aide)\w*\.[ch]$"),
    (r"duckdb\.h", r"kernel/engine/duckdb\w*\.[ch]$"),
    (r"openssl/", r"kernel/base/hash\.c$"),
    (r"uuid/", r"kernel/base/hash\.c$"),
    (r"libdeflate\.h", r"kernel/base/gzip\.c$"),
    (r"zlib\.h", r"kernel/base/inflate\.c$"),
    (r"utf8proc\.h", r"kernel/base/text\w*\.c$"),
    (r"jansson\.h", r"kernel/base/json\.h$"),
    (r"sqlite3\.h", r"kernel/history\.c$"),
    (r"curl/", r"kernel/net/(http|curl)\w*\.[ch]$"),
    (r"libxml/", r"kernel/aws/xml\.c$"),
    (r"emmintrin\.h", r"kernel/base/json_walk\.c$"),
)
STANDARD = set("""assert ctype errno float inttypes limits locale malloc math signal setjmp stdalign stdarg stdatomic stdbool stddef stdint stdio
stdlib stdnoreturn string time wchar wctype arpa/inet dirent dlfcn fcntl fnmatch glob langinfo netdb netinet/in poll pthread pwd
sched spawn strings sys/epoll sys/eventfd sys/file sys/mman sys/resource sys/select sys/signalfd sys/socket sys/stat sys/statvfs sys/time sys/timerfd
sys/types sys/un sys/utsname sys/wait termios unistd""".split())

BANNED = """strcpy strcat sprintf vsprintf gets strtok scanf sscanf fscanf vsscanf gmtime localtime asctime ctime atoi atol atoll atof
system popen alloca strncpy strncat mktemp tmpnam tempnam""".split()
BAD_NAMES = ("utils", "util", "common", "helpers", "helper", "misc", "types")
# written in pieces, so that this file does not name them
FORBIDDEN = [re.compile(p) for p in (r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bX" r"XX\b", r"(?i)\bst" r"ubs?\b", r"(?i)not[ -]imple" r"mented")]
MACHINE = [re.compile(p) for p in (r"/wo" r"rk/", r"/ro" r"ot/", r"/ho" r"me/\w{2,}/", r"/tmp/(brief|duck)", r"registry\.npm" r"js\.org", r"py" r"pi\.org",
                                   r"pythonhos" r"ted\.org", r"deb\.deb" r"ian\.org")]
MACROS = re.compile(r"OPT_\w+$|COUNT$|ATTR_\w+$")


def floor_of(path):
    """The floor of a file of kernel/ or magics/; None for others."""
    parts = path.split("/")
    if parts[0] == "magics":
        return "magics"
    if parts[0] != "kernel" or len(parts) > 3:
        return None
    if len(parts) == 3:
        return parts[1]
    return "magic" if MAGIC_FLOOR.match(path) else "top"


def resolve(tree, path, name):
    """The file that a quoted include means, in the compiler's order."""
    for candidate in (os.path.normpath(os.path.join(os.path.dirname(path), name)), "kernel/" + name, name):
        if candidate in tree.files:
            return candidate
    return None


def lines(tree, path, pattern, code=False):
    """(line number, match) of a pattern; in the code alone if asked."""
    text = source.bare(tree.text(path)) if code else tree.text(path)
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(pattern, line):
            yield number, match


def includes(tree, path):
    for number, line in enumerate(tree.text(path).split("\n"), 1):
        match = source.INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_floors(tree):
    """An include goes down, and names its folder."""
    for path in tree.under("kernel", "magics"):
        floor = floor_of(path)
        if floor not in FLOORS:
            yield path, 1, "lies on no floor"
            continue
        for number, quoted, name in includes(tree, path):
            target = resolve(tree, path, name) if quoted else None
            if not quoted or name.endswith("logos.c"):
                continue
            if not target:
                yield path, number, 'includes "%s", which is not there' % name
            elif target not in ("kernel/" + name, name) or "../" in name:
                yield path, number, 'includes "%s" without its folder' % name
            elif floor_of(target) not in FLOORS[floor]:
                yield path, number, "%s may not include %s (floor %s)" % (floor, target, floor_of(target))


def check_homes(tree):
    """A foreign header is included in its home only."""
    for path in tree.under("kernel", "magics"):
        for number, quoted, name in includes(tree, path):
            if quoted or (name.endswith(".h") and name[:-2] in STANDARD):
                continue
            home = [place for header, place in HOMES if re.match(header, name)]
            if not home:
                yield path, number, "<%s> has no home: give it one in tests/checks/house.py" % name
            elif not re.match(home[0], path):
                yield path, number, "<%s> is at home in %s" % (name, home[0].replace("\\", "").rstrip("$"))


def check_sizes(tree):
    """Functions of a screen, files one can read, few parameters."""
    for path in tree.under("kernel", "magics", "tests"):
        text = tree.text(path)
        if text.count("\n") > FILE_LINES:
            yield path, FILE_LINES + 1, "%d lines; at most %d" % (text.count("\n"), FILE_LINES)
        for function in source.functions(text):
            if function.lines > FUNCTION_LINES:
                yield path, function.line, "%s has %d lines; at most %d" % (function.name, function.lines, FUNCTION_LINES)
            if function.parameters > PARAMETERS:
                yield path, function.line, "%s has %d parameters; at most %d, else a struct" % (function.name, function.parameters, PARAMETERS)


def check_banned(tree):
    """Functions that are never called."""
    for path in tree.under("kernel", "magics", "tests"):
        for number, match in lines(tree, path, r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED), code=True):
            yield path, number, "%s is banned" % match.group(1)


def check_guards(tree):
    """Who makes a client of AWS gives it the guard of changes: without one every change is refused, and a job would fail in the middle."""
    for path in tree.under("kernel", "magics", ends=(".c",)):
        watched = path.startswith("kernel/aws/") or any(lines(tree, path, r"\bguard_watch\s*\(", code=True))
        for number, _ in lines(tree, path, r"\baws_new\s*\(", code=True) if not watched else ():
            yield path, number, "makes a client without guard_watch"


def check_style(tree):
    """No typedef'd structs, no macros that look like functions, headers that say what they are, names that mean something."""
    for path in tree.under("kernel", "magics", "tests"):
        for number, _ in lines(tree, path, r"\btypedef\s+(struct|union)\b", code=True):
            yield path, number, "a typedef hides a struct"
        for number, match in lines(tree, path, r"^\s*#\s*define\s+(\w+)\(") if not path.startswith("tests/") else ():
            if not MACROS.match(match.group(1)):
                yield path, number, "%s is a macro with parameters" % match.group(1)
        stem = os.path.basename(path)[:-2]
        if stem in BAD_NAMES:
            yield path, 1, "a file called %s is about nothing" % stem
        if path.endswith(".h") and not re.match(r"/\* %s - \S" % re.escape(stem), tree.text(path)):
            yield path, 1, "the first line is not `/* %s - what it is */`" % stem


def check_words(tree):
    """Nothing is left for later."""
    for path in tree.texts_files():
        for pattern in FORBIDDEN:
            for number, match in lines(tree, path, pattern):
                yield path, number, "contains the word %s" % match.group(0)


def check_machine(tree):
    """No path of somebody's machine, no host name of a package registry."""
    for path in tree.texts_files():
        for pattern in MACHINE:
            for number, match in lines(tree, path, pattern):
                yield path, number, "names %s, which is not everywhere" % match.group(0)


def check_line_ends(tree):
    """LF, also at the end of the last line; UTF-8."""
    for path in tree.texts_files():
        data = tree.bytes(path)
        if b"\r" in data:
            yield path, data[:data.index(b"\r")].count(b"\n") + 1, "has a carriage return"
        if data and not data.endswith(b"\n"):
            yield path, data.count(b"\n") + 1, "does not end with a line end"
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            yield path, data[:error.start].count(b"\n") + 1, "is not UTF-8"


def check_magics(tree):
    """One magic is one file and one line of magics/magics.c."""
    listed = set(re.findall(r"&\s*magic_(\w+)", tree.text("magics/magics.c"))) if "magics/magics.c" in tree.files else set()
    defined = {}
    for path in tree.under("magics", ends=(".c",)):
        for number, match in lines(tree, path, r"^const struct magic magic_(\w+)", code=True):
            defined[match.group(1)] = path
            if path != "magics/%s.c" % match.group(1).replace("_magic", ""):      # magic_help is a function
                yield path, number, "magic %s belongs into magics/%s.c, alone" % (match.group(1), match.group(1))
            if match.group(1) not in listed:
                yield path, number, "magic %s is not listed in magics/magics.c" % match.group(1)
    for name in sorted(listed - set(defined)):
        yield "magics/magics.c", 1, "lists magic %s, which no file defines" % name


def check_pins(tree):
    """What is downloaded is pinned; what sanitizers overlook is foreign."""
    for path in [f for f in tree.files if re.match(r"\.ci/requirements[\w-]*\.txt$", f)]:
        for number, match in lines(tree, path, r"^(?!#|-r ).+$"):
            if not re.match(r"[\w.-]+==[\w.+!-]+$", match.group(0)):
                yield path, number, "%s is not pinned" % match.group(0)
    for path in [f for f in tree.files if f == ".ci/duckdb.sha256"]:
        for number, match in lines(tree, path, r"^(?!#).+$"):
            if not re.match(r"\S+ \S+@[\w.-]+ \S+ [0-9a-f]{64} \S+$", match.group(0)):
                yield path, number, "has no version and SHA-256"
    for path in [f for f in tree.files if f.startswith("tests/sanitizer/")]:
        for number, match in lines(tree, path, r"^(?!#).+$"):
            if not re.match(r"\w+:lib(zmq|duckdb)\b", match.group(0)):
                yield path, number, "overlooks more than libzmq and libduckdb"


CHECKS = {
    "floors": check_floors,
    "homes": check_homes,
    "sizes": check_sizes,
    "banned": check_banned,
    "guards": check_guards,
    "style": check_style,
    "words": check_words,
    "machine": check_machine,
    "line-ends": check_line_ends,
    "magics": check_magics,
    "pins": check_pins,
    "headers": tools.check_headers,
    "format": tools.check_format,
    "globals": tools.check_globals,
    "tidy": tools.check_tidy,
}


class Exceptions:
    """tests/checks/exceptions.txt: each with a reason, each needed."""

    PATH = "tests/checks/exceptions.txt"

    def __init__(self, tree):
        self.rows, self.used, self.broken = [], set(), []
        if self.PATH not in tree.files:
            return
        for number, line in enumerate(tree.text(self.PATH).split("\n"), 1):
            words = line.split(None, 2)
            if not words or line.startswith("#"):
                continue
            if len(words) < 3 or words[0] not in CHECKS:
                self.broken.append((self.PATH, number, "is not `check path[:name] reason`"))
            else:
                path, _, name = words[1].partition(":")
                self.rows.append((words[0], path, name, number))

    def allow(self, check, path, message):
        for row in self.rows:
            if row[0] == check and row[1] == path and (not row[2] or re.search(r"\b%s\b" % re.escape(row[2]), message)):
                self.used.add(row)
                return True
        return False

    def unused(self, checks):
        return [(self.PATH, row[3], "nothing needs this exception any more") for row in self.rows if row[0] in checks and row not in self.used]


def run(root, names=None):
    """All that the named checks (default: all) find: a list of (check, path, line, message)."""
    tree = source.Tree(root)
    names = list(names or CHECKS)
    exceptions = Exceptions(tree)
    found = []
    for name in names:
        found += [(name, *f) for f in CHECKS[name](tree) if not exceptions.allow(name, f[0], f[2])]
    return found + [("exceptions", *f) for f in exceptions.broken + exceptions.unused(names)]


def main():
    parser = argparse.ArgumentParser(description="the house checks")
    parser.add_argument("--root", default=ROOT)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    given = parser.parse_args()
    unknown = [n for n in given.checks if n not in CHECKS]
    if unknown:
        parser.error("no check is called %s; there are: %s" % (unknown[0], ", ".join(CHECKS)))
    found = run(given.root, given.checks)
    for check, path, line, message in found:
        print("%s:%d: %s [%s]" % (path, line, message, check))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
