"""House checks that ask a tool: the compiler, clang-format, clang-tidy, objdump."""
import concurrent.futures
import glob
import hashlib
import os
import re
import subprocess

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEPS = os.path.abspath(os.environ.get("DEPS") or os.path.join(REPOSITORY, "build/deps"))
FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-iquote", "kernel", "-iquote", ".", "-isystem", DEPS,
         "-isystem", os.environ.get("XML_INCLUDE", "/usr/include/libxml2")]
JOBS = 2
# gcc's and clang's place of a complaint
PLACE = re.compile(r"^(?P<path>[^\s:][^:]*):(?P<line>\d+):\d+: (?:fatal )?(?:error|warning): (?P<what>.*)$")


def call(tree, argv):
    """Status and output of a tool, run in the tree."""
    done = subprocess.run(argv, cwd=tree.root, stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def complaints(tree, path, output):
    """The places that a tool names, once each; without any, its last line."""
    seen = set()
    for line in output.splitlines():
        match = PLACE.match(line)
        if match:
            seen.add((os.path.relpath(os.path.join(tree.root, match["path"]), tree.root), int(match["line"]), match["what"]))
    return sorted(seen) or [(path, 1, (output.strip().splitlines() or ["failed"])[-1])]


def in_parallel(tree, paths, work):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for found in pool.map(lambda path: work(tree, path), paths):
            yield from found


def one_header(tree, path):
    status, output = call(tree, ["gcc", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *FLAGS, "-x", "c", path])
    return [] if status == 0 else complaints(tree, path, output)[:3]


def check_headers(tree):
    """Every header compiles alone."""
    yield from in_parallel(tree, tree.under("kernel", "magics", "tests", ends=(".h",)), one_header)


def check_format(tree):
    """clang-format would change nothing."""
    paths = tree.under("kernel", "magics", "tests")
    if not paths:
        return
    status, output = call(tree, ["clang-format", "--dry-run", "-Werror", "--style=file", *paths])
    if status == 0:
        return
    first = {}
    for path, line, _ in complaints(tree, paths[0], output):
        first.setdefault(path, line)
    for path, line in sorted(first.items()):
        yield path, line, "is not laid out: make format"


def globals_of(listing):
    """Names of the writable objects in what `objdump -t` prints. Constant tables of pointers lie in .data.rel.ro."""
    for line in listing.splitlines():
        match = re.match(r"[0-9a-f]+ (.{7}) ?(\S+)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$", line)
        if not match or match[2] == match[3]:       # a section's own symbol
            continue
        thread = re.match(r"\.t(data|bss)", match[2])
        if thread or match[2] == "*COM*" or ("O" in match[1] and re.match(r"\.(data|bss)(?!\.rel\.ro)(\.|$)", match[2])):
            yield match[3]


def check_globals(tree):
    """No writable globals. Looks at the objects of the build at hand (BUILD)."""
    build = os.environ.get("BUILD") or "build"
    objects = sorted(f for folder in ("kernel", "magics")
                     for f in glob.glob(os.path.join(tree.root, build, "obj", folder, "**/*.o"), recursive=True))
    sources = tree.under("kernel", "magics", ends=(".c",))
    if sources and not objects:
        yield sources[0], 1, "there are no objects in %s: make first" % build
    for path in objects:
        name = os.path.relpath(path, os.path.join(tree.root, build, "obj"))[:-1] + "c"
        if name in sources:
            for symbol in globals_of(call(tree, ["objdump", "-t", path])[1]):
                yield name, 1, "%s is a writable global" % symbol


def tidy_key(tree, path):
    """What the answer depends on: the file with all it includes, and the settings."""
    whole = subprocess.run(["gcc", "-E", *FLAGS, path], cwd=tree.root, stdin=subprocess.DEVNULL, capture_output=True)
    settings = tree.bytes(".clang-tidy") if ".clang-tidy" in tree.files else b""
    return hashlib.sha256(tree.bytes(path) + whole.stdout + settings).hexdigest()[:32]


def one_tidy(tree, path):
    """clang-tidy takes seconds a file; a file that was clean is not asked again while nothing it includes changes."""
    clean = os.path.join(REPOSITORY, "build/tidy", tidy_key(tree, path))
    if os.path.exists(clean):
        return []
    status, output = call(tree, ["clang-tidy", "--quiet", path, "--", *FLAGS])
    found = [f for f in complaints(tree, path, output) if status != 0]
    if not found:
        os.makedirs(os.path.dirname(clean), exist_ok=True)
        open(clean, "wb").close()
    return found


def check_tidy(tree):
    """clang-tidy's bug checks, as .clang-tidy chooses them."""
    yield from in_parallel(tree, tree.under("kernel", "magics", ends=(".c",)), one_tidy)
