#!/usr/bin/env python3
"""Runs every suite of tests and counts.

    tests/run.py [--jobs N] [SUITE...]      (make test [SUITES="unit-base kernel"])

Suites are what lies in tests/: a folder with test_*.py is one run of pytest, a folder of tests/unit one suite of cmocka programs,
the programs of tests/fuzz one suite. Each writes build/test/SUITE.log; what it writes to build/test/SUITE.tables is printed. The last line is `N passed, N failed` or
`N passed, N failed, N skipped`, and nothing else stands in it. A suite that hangs, dies or finds no test is a failure.

With CI=true a skip is a failure, unless its reason names ../shared/data. The rest of the environment comes from the
Makefile (TEST_ENV): BUILD, DEPS, VENV, COFFERDAM, DUCKDB_LIB, SHARED, SANITIZE, FUZZ_SECONDS.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAY_SKIP = "../shared/data"
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
# seconds after which a suite counts as hanging; the others have DEFAULT_LIMIT
LIMITS = {"checks": 1800, "kernel": 1800, "notebooks": 1800, "browser": 1200, "lake": 1800, "aws": 1800, "battle": 1800, "response": 2700}
DEFAULT_LIMIT = 1200
NOT_SANITIZED = {"checks": "looks at the source", "browser": "tests JupyterLab more than the kernel", "fuzz": "has sanitizers of its own",
                 "notebooks": "would take too long"}
NO_SUITES = ("bench", "unit", "fuzz")
# kernel tests that every run repeats with a kernel that was built under a sanitizer: the broken messages under each, what
# many threads do together under that for threads
UNDER = {
    "kernel-thread": ("thread", ("cases", "behaviour", "faults", "lifecycle", "messages", "subshells")),
    "kernel-address": ("address,undefined", ("cases", "behaviour", "hostile")),
}
MESSAGE_LINES = 25


class Result:
    def __init__(self, status, name, message=""):
        self.status, self.name, self.message = status, name, message


class Run:
    """One process of a suite: what to start and how to read what it found."""

    def __init__(self, name, argv, read, environment=None):
        self.name, self.argv, self.read, self.environment = name, argv, read, environment or {}


class Suite:
    def __init__(self, name, runs, limit):
        self.name, self.runs, self.limit = name, runs, limit


def folder():
    return os.path.join(ROOT, os.environ.get("BUILD", "build"), "test")


def text_of(element):
    """The message of a <failure>, <error> or <skipped>, at most MESSAGE_LINES lines: its end says most."""
    whole = (element.text or "").strip() or element.get("message") or ""
    lines = whole.splitlines()
    return "\n".join((["..."] if len(lines) > MESSAGE_LINES else []) + lines[-MESSAGE_LINES:])


def read_cases(path, prefix, skip_reason):
    """The <testcase>s of a JUnit file, as cmocka and pytest write it."""
    results = []
    for case in ElementTree.parse(path).iter("testcase"):
        name = prefix + "::" + case.get("name", "?") if prefix else "%s::%s" % (case.get("classname", ""), case.get("name", "?"))
        bad = [e for e in case if e.tag in ("failure", "error")]
        skipped = case.find("skipped")
        if bad:
            results.append(Result(FAILED, name, text_of(bad[0])))
        elif skipped is not None:
            results.append(Result(SKIPPED, name, skipped.get("message") or skip_reason))
        else:
            results.append(Result(PASSED, name))
    return results


def ended(status):
    return "ended by signal %d (%s)" % (-status, signal.Signals(-status).name) if status < 0 else "ended with status %d" % status


def tail(output, lines=MESSAGE_LINES):
    return "\n".join(output.decode("utf-8", "replace").splitlines()[-lines:])


def cmocka_reader(report):
    def read(run, status, output):
        said = [line[6:] for line in output.decode("utf-8", "replace").splitlines() if line.startswith("skip: ")]
        try:
            results = read_cases(report, run.name, said[-1] if said else "no reason given")
        except (OSError, ElementTree.ParseError):
            return [Result(FAILED, run.name, "%s without a report\n%s" % (ended(status), tail(output)))]
        if status != 0 and not any(r.status == FAILED for r in results):
            results.append(Result(FAILED, run.name, "%s although its tests passed\n%s" % (ended(status), tail(output))))
        return results
    return read


def pytest_reader(report):
    def read(run, status, output):
        try:
            results = read_cases(report, "", "no reason given")
        except (OSError, ElementTree.ParseError):
            return [Result(FAILED, run.name, "%s without a report\n%s" % (ended(status), tail(output)))]
        if status not in (0, 5) and not any(r.status == FAILED for r in results):
            results.append(Result(FAILED, run.name, "pytest %s although its tests passed\n%s" % (ended(status), tail(output))))
        return results
    return read


def fuzz_reader(run, status, output):
    if status == 0:
        return [Result(PASSED, run.name)]
    return [Result(FAILED, run.name, "%s; its input lies in %s\n%s" % (ended(status), folder(), tail(output, 40)))]


def unit_suites():
    build = os.path.join(ROOT, os.environ.get("BUILD", "build"))
    for source in sorted(glob.glob(os.path.join(ROOT, "tests/unit/*/"))):
        floor = os.path.basename(os.path.dirname(source))
        runs = []
        for path in sorted(glob.glob(source + "test_*.c")):
            name = os.path.basename(path)[:-2]
            report = os.path.join(folder(), "unit-%s-%s.xml" % (floor, name))
            runs.append(Run("unit/%s/%s" % (floor, name), [os.path.join(build, "tests/unit", floor, name)], cmocka_reader(report),
                            {"CMOCKA_MESSAGE_OUTPUT": "xml", "CMOCKA_XML_FILE": report}))
        if runs:
            yield Suite("unit-" + floor, runs, DEFAULT_LIMIT)


def pytest_argv(report, *words):
    venv = os.environ.get("VENV", os.path.join(ROOT, "build/venv"))
    return [os.path.join(venv, "bin/python"), "-m", "pytest", "-v", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=180", "--junitxml", report,
            *words]


def sanitized_suites():
    for name, (kind, files) in UNDER.items():
        paths = ["tests/kernel/test_%s.py" % file for file in files if os.path.exists(os.path.join(ROOT, "tests/kernel/test_%s.py" % file))]
        report = os.path.join(folder(), name + ".xml")
        environment = {"PYTHONDONTWRITEBYTECODE": "1", "SANITIZE": kind, "COFFERDAM": os.path.join(ROOT, "build", kind.replace(",", "-"), "cofferdam")}
        if paths and not os.environ.get("SANITIZE"):
            yield Suite(name, [Run(name, pytest_argv(report, *paths), pytest_reader(report), environment)], DEFAULT_LIMIT)


def pytest_suites():
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/*/"))):
        name = os.path.basename(os.path.dirname(path))
        if name in NO_SUITES or not glob.glob(path + "test_*.py"):
            continue
        report = os.path.join(folder(), name + ".xml")
        yield Suite(name, [Run(name, pytest_argv(report, "tests/" + name), pytest_reader(report), {"PYTHONDONTWRITEBYTECODE": "1"})], LIMITS.get(name, DEFAULT_LIMIT))


def fuzz_suites():
    seconds = int(os.environ.get("FUZZ_SECONDS") or 30)
    runs = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/fuzz/fuzz_*.c"))):
        name = os.path.basename(path)[:-2]
        found = os.path.join(folder(), "corpus", name)
        os.makedirs(found, exist_ok=True)
        seeds = [d for d in (os.path.join(ROOT, "tests/fuzz", name[5:]),) if os.path.isdir(d)]
        argv = [os.path.join(ROOT, "build/fuzz", name), "-max_total_time=%d" % seconds, "-timeout=20", "-rss_limit_mb=3072",
                "-artifact_prefix=%s/%s-" % (folder(), name), found] + seeds
        runs.append(Run("fuzz/" + name, argv, fuzz_reader))
    if runs:
        yield Suite("fuzz", runs, len(runs) * (seconds + 90))


def sanitizer_options(name):
    """Reports go to files, so that one of a kernel that a test started is not lost. What libzmq and libduckdb do inside, through
    the C++ library, is not seen by the thread sanitizer and would only look like races: their calls do not count, ours all do."""
    supp = os.path.join(ROOT, "tests/sanitizer")
    log = "log_path=%s/sanitizer-%s" % (folder(), name)
    return {"ASAN_OPTIONS": log + ":detect_leaks=1:detect_stack_use_after_return=1:verify_asan_link_order=0", "UBSAN_OPTIONS": log + ":print_stacktrace=1",
            "LSAN_OPTIONS": "suppressions=%s/leak.supp:print_suppressions=0" % supp,
            "TSAN_OPTIONS": log + ":suppressions=%s/thread.supp:second_deadlock_stack=1:ignore_noninstrumented_modules=1" % supp}


def sanitizer_reports(name):
    """One result a distinct report: kernels that die alike are counted, not repeated."""
    alike = {}
    for path in sorted(glob.glob(os.path.join(folder(), "sanitizer-%s.*" % name))):
        with open(path, "rb") as file:
            text = file.read().decode("utf-8", "replace")
        alike.setdefault(re.sub(r"0x[0-9a-f]+|\d{3,}", "", text), []).append((path, text))
    for reports in alike.values():
        yield Result(FAILED, "%s: sanitizer report, %d alike, the first is %s" % (name, len(reports), reports[0][0]), reports[0][1][:4000])


def start(run, name, log):
    environment = dict(os.environ, **run.environment)
    if environment.get("SANITIZE"):
        environment.update(sanitizer_options(name))
    return subprocess.Popen(run.argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                            start_new_session=True)


def run_one(run, suite, log_path, deadline):
    """Runs one process to its end, or to the suite's; its output goes to the log as it comes."""
    begin = os.path.getsize(log_path)
    report = run.environment.get("CMOCKA_XML_FILE")
    if report and os.path.exists(report):
        os.unlink(report)                       # cmocka does not write over it
    with open(log_path, "ab", buffering=0) as log:
        try:
            process = start(run, suite.name, log)
        except OSError as error:
            return [Result(FAILED, run.name, "cannot be run: %s" % error)]
        try:
            status = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            status = None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)      # and whatever it left running
            except ProcessLookupError:
                pass
            process.wait()
    with open(log_path, "rb") as log:
        log.seek(begin)
        output = log.read()
    if status is None:
        return [Result(FAILED, run.name, "no end within the suite's %d s; its last lines:\n%s" % (suite.limit, tail(output)))]
    return run.read(run, status, output)


def judged(result):
    """A skip names its reason; in CI only missing shared data may be one."""
    if result.status != SKIPPED:
        return result
    if result.message == "no reason given":
        return Result(FAILED, result.name, "skipped without a reason")
    if os.environ.get("CI") == "true" and MAY_SKIP not in result.message:
        return Result(FAILED, result.name, "skipped, which CI=true does not allow: " + result.message)
    return result


def run_suite(suite):
    log_path = os.path.join(folder(), suite.name + ".log")
    for old in [log_path, os.path.join(folder(), suite.name + ".xml"), os.path.join(folder(), suite.name + ".tables")] + glob.glob(os.path.join(folder(), "sanitizer-%s.*" % suite.name)):
        if os.path.exists(old):
            os.unlink(old)
    open(log_path, "wb").close()
    begin = time.monotonic()
    results = []
    for run in suite.runs:
        results += run_one(run, suite, log_path, begin + suite.limit)
    if not results:
        results.append(Result(FAILED, suite.name, "found no test"))
    results += sanitizer_reports(suite.name)
    return [judged(r) for r in results], time.monotonic() - begin


def count(results, status):
    return sum(r.status == status for r in results)


def report(suite, results, seconds):
    skipped = count(results, SKIPPED)
    print("%-14s %d passed, %d failed%s (%.0f s)" % (suite.name, count(results, PASSED), count(results, FAILED),
                                                    ", %d skipped" % skipped if skipped else "", seconds))
    for result in results:
        if result.status == FAILED:
            print("  FAILED %s\n    %s" % (result.name, result.message.replace("\n", "\n    ")))
        elif result.status == SKIPPED:
            print("  skipped %s: %s" % (result.name, result.message))
    for table in tables_of(suite.name):
        print("  " + table.replace("\n", "\n  "))
    sys.stdout.flush()


def tables_of(name):
    """What a suite found and people want to read: its SUITE.tables."""
    path = os.path.join(folder(), name + ".tables")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [file.read().strip()]


def chosen(names):
    suites = list(unit_suites()) + list(pytest_suites()) + list(sanitized_suites()) + list(fuzz_suites())
    unknown = [n for n in names if n not in [s.name for s in suites]]
    if unknown:
        sys.exit("no suite is called %s; there are: %s" % (unknown[0], " ".join(s.name for s in suites)))
    if names:
        return [s for s in suites if s.name in names]
    if os.environ.get("SANITIZE"):
        for suite in suites:
            if suite.name in NOT_SANITIZED:
                print("%-14s not run with SANITIZE=%s: it %s" % (suite.name, os.environ["SANITIZE"], NOT_SANITIZED[suite.name]))
        suites = [s for s in suites if s.name not in NOT_SANITIZED]
    return suites


def main():
    parser = argparse.ArgumentParser(description="runs the suites of tests and counts")
    parser.add_argument("--jobs", type=int, default=2, help="suites that run at the same time")
    parser.add_argument("suites", nargs="*")
    given = parser.parse_args()
    os.makedirs(folder(), exist_ok=True)
    suites = chosen(given.suites)
    everything = []
    # the long ones first, so that none is left over at the end
    suites.sort(key=lambda s: -s.limit)
    with concurrent.futures.ThreadPoolExecutor(max(1, given.jobs)) as pool:
        waiting = {pool.submit(run_suite, suite): suite for suite in suites}
        for done in concurrent.futures.as_completed(waiting):
            results, seconds = done.result()
            everything += results
            report(waiting[done], results, seconds)
    passed, failed, skipped = (count(everything, s) for s in (PASSED, FAILED, SKIPPED))
    if not everything:
        print("no test was found")
        failed = 1
    print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
