"""The runner counts right, and nothing that went wrong passes for success."""
import importlib.util
import os
import re
import sys
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
spec = importlib.util.spec_from_file_location("runner", os.path.join(ROOT, "tests/run.py"))
runner = importlib.util.module_from_spec(spec)
spec.loader.exec_module(runner)

XML = '<?xml version="1.0"?><testsuites><testsuite name="t">%s</testsuite></testsuites>'


class House:
    """A repository of tests only."""

    def __init__(self, folder, monkeypatch, capsys):
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        monkeypatch.setattr(runner, "ROOT", str(folder))
        for name in ("SANITIZE", "CI", "DEPS", "COFFERDAM"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("BUILD", "out")
        monkeypatch.setenv("FUZZ_SECONDS", "1")
        monkeypatch.setenv("VENV", sys.prefix)

    def write(self, path, text, mode=0o644):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def unit(self, name, script, floor="base"):
        self.write("tests/unit/%s/%s.c" % (floor, name), "")
        self.write("out/tests/unit/%s/%s" % (floor, name), "#!/bin/sh\n" + script, 0o755)

    def cmocka(self, name, cases, status=0, says=""):
        self.unit(name, "echo '%s'\ncat > \"$CMOCKA_XML_FILE\" <<'EOF'\n%s\nEOF\nexit %d\n" % (says, XML % cases, status))

    def run(self, *words):
        self.monkeypatch.setattr(sys, "argv", ["run.py", *words])
        status = runner.main()
        out = self.capsys.readouterr().out
        assert re.fullmatch(r"\d+ passed, \d+ failed(, \d+ skipped)?", out.splitlines()[-1])
        return status, out.splitlines()[-1], out


@pytest.fixture
def repository(tmp_path, monkeypatch, capsys):
    return House(tmp_path, monkeypatch, capsys)


def test_everything_is_counted(repository):
    repository.cmocka("test_a", '<testcase name="one"/><testcase name="two"/>')
    repository.write("tests/kernel/test_b.py", "def test_three(): pass\n")
    repository.write("tests/fuzz/fuzz_c.c", "")
    repository.write("build/fuzz/fuzz_c", "#!/bin/sh\n", 0o755)
    status, last, out = repository.run()
    assert (status, last) == (0, "4 passed, 0 failed")
    assert os.path.exists(repository.folder / "out/test/kernel.log")


def test_kernel_tests_run_again_under_each_sanitizer_and_its_report_fails(repository):
    repository.write("tests/kernel/test_cases.py", """
import os
KIND = os.environ.get("SANITIZE", "").replace(",", "-")
def test_a():
    assert not KIND or os.environ["COFFERDAM"].endswith("/build/%s/cofferdam" % KIND)
    for part in KIND.split("-") if KIND else ():
        path = os.environ[{"thread": "TSAN", "address": "ASAN", "undefined": "UBSAN"}[part] + "_OPTIONS"].split("log_path=")[1].split(":")[0]
        if os.environ.get("RACE") == part:
            open(path + ".7", "w").write("WARNING: ThreadSanitizer: data race")
""")
    assert repository.run()[:2] == (0, "3 passed, 0 failed")
    repository.monkeypatch.setenv("RACE", "thread")
    status, last, out = repository.run()
    assert (status, last) == (1, "3 passed, 1 failed")
    assert "kernel-thread: sanitizer report, 1 alike" in out and "data race" in out
    assert repository.run("kernel-address")[:2] == (0, "1 passed, 0 failed")


def test_failures_are_named_with_their_message(repository):
    repository.cmocka("test_a", '<testcase name="one"><failure><![CDATA[1 != 2]]></failure></testcase><testcase name="two"/>', 1)
    repository.write("tests/kernel/test_b.py", "def test_three(): assert 3 == 4\n")
    status, last, out = repository.run()
    assert (status, last) == (1, "1 passed, 2 failed")
    assert "FAILED unit/base/test_a::one\n    1 != 2" in out
    assert "test_three" in out and "assert 3 == 4" in out


def test_a_skip_needs_a_reason_and_in_ci_a_good_one(repository):
    repository.write("tests/kernel/test_b.py", "import pytest\ndef test_a(): pytest.skip('needs ../shared/data')\n"
                     "def test_b(): pytest.skip('chromium is missing')\ndef test_c(): pass\n")
    status, last, out = repository.run()
    assert (status, last) == (0, "1 passed, 0 failed, 2 skipped")
    assert "test_b: chromium is missing" in out
    repository.monkeypatch.setenv("CI", "true")
    status, last, out = repository.run()
    assert (status, last) == (1, "1 passed, 1 failed, 1 skipped")
    assert "CI=true does not allow: chromium is missing" in out


def test_a_silent_skip_fails(repository):
    repository.cmocka("test_a", '<testcase name="one"><skipped/></testcase>')
    assert repository.run()[:2] == (1, "0 passed, 1 failed")
    repository.cmocka("test_a", '<testcase name="one"><skipped/></testcase>', says="skip: needs ../shared/data")
    assert repository.run()[:2] == (0, "0 passed, 0 failed, 1 skipped")


@pytest.mark.parametrize("script, says", [("kill -SEGV $$\n", "signal 11"), ("echo last words; exit 3\n", "last words"), ("exit 0\n", "without a report"),
                                          ("echo '<x' > $CMOCKA_XML_FILE\n", "without a report")])
def test_a_program_that_dies_fails(repository, script, says):
    repository.unit("test_a", script)
    status, last, out = repository.run()
    assert (status, last) == (1, "0 passed, 1 failed")
    assert says in out


def test_a_bad_end_after_good_tests_fails(repository):
    repository.cmocka("test_a", '<testcase name="one"/>', 23)
    status, last, out = repository.run()
    assert (status, last) == (1, "1 passed, 1 failed")
    assert "status 23" in out


def test_an_old_report_does_not_count(repository):
    repository.cmocka("test_a", '<testcase name="one"/>')
    repository.run()
    repository.unit("test_a", "exit 0\n")
    assert repository.run()[:2] == (1, "0 passed, 1 failed")


def test_a_program_that_was_not_built_fails(repository):
    repository.write("tests/unit/base/test_a.c", "")
    status, last, out = repository.run()
    assert (status, last) == (1, "0 passed, 1 failed")
    assert "cannot be run" in out


def test_what_cannot_be_collected_fails(repository):
    repository.write("tests/kernel/test_a.py", "import no_such_module\n")
    assert repository.run()[:2] == (1, "0 passed, 1 failed")


def test_a_suite_without_a_test_fails(repository):
    repository.write("tests/kernel/test_a.py", "")
    status, last, out = repository.run()
    assert (status, last) == (1, "0 passed, 1 failed")
    assert "found no test" in out
    repository.write("tests/kernel/test_a.py", "def test_a(): pass\n")
    assert repository.run()[0] == 0


def test_no_suite_at_all_fails(repository):
    assert repository.run()[:2] == (1, "0 passed, 1 failed")


def ends(process, patience):
    """Is it gone, or a zombie that waits for its parent, before patience is out? A signal takes effect when the process is next run."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            with open("/proc/%d/stat" % process) as file:
                if file.read().rpartition(")")[2].split()[0] in "ZX":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def test_a_suite_that_hangs_is_ended_with_all_it_started(repository):
    repository.monkeypatch.setattr(runner, "DEFAULT_LIMIT", 3)
    repository.unit("test_a", "echo begun\nsleep 600 & echo $! > %s/child\nwait\n" % repository.folder)
    status, last, out = repository.run()
    assert (status, last) == (1, "0 passed, 1 failed")
    assert "no end within" in out and "begun" in out
    child = int((repository.folder / "child").read_text())
    assert ends(child, 20)


def test_a_finding_of_the_fuzzer_fails(repository):
    repository.write("tests/fuzz/fuzz_c.c", "")
    repository.write("build/fuzz/fuzz_c", "#!/bin/sh\necho SUMMARY: overflow\nexit 77\n", 0o755)
    status, last, out = repository.run("fuzz")
    assert (status, last) == (1, "0 passed, 1 failed")
    assert "SUMMARY: overflow" in out


def test_a_sanitizers_report_fails_though_the_tests_pass(repository):
    repository.monkeypatch.setenv("SANITIZE", "address,undefined")
    repository.write("tests/browser/test_b.py", "def test_three(): pass\n")
    repository.cmocka("test_a", '<testcase name="one"/>')
    path = repository.folder / "out/tests/unit/base/test_a"
    path.write_text(path.read_text().replace("exit 0", 'echo "heap-use-after-free" > "$(echo $ASAN_OPTIONS | sed "s/log_path=//; s/:.*//").1"'))
    status, last, out = repository.run()
    assert (status, last) == (1, "1 passed, 1 failed")
    assert "heap-use-after-free" in out
    assert "browser        not run with SANITIZE=address,undefined" in out


def test_a_suite_that_does_not_exist_is_not_run_silently(repository):
    repository.write("tests/kernel/test_a.py", "def test_a(): pass\n")
    with pytest.raises(SystemExit) as ended:
        repository.run("kernl")
    assert "kernel" in str(ended.value)
