"""Real front ends: jupyter_kernel_test with every hook, nbclient, nbconvert, papermill, jupyter console, VS Code's start-up order."""
import functools
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import jupyter_kernel_test
import nbformat
import pexpect
from jupyter_client.manager import KernelManager, start_new_kernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from wire_client import ENDLESS, PATIENCE, PROGRAM

BIN = os.path.dirname(sys.executable)
NAME = "cofferdam-under-test"
places = {}


def setUpModule():
    """A kernelspec of our own, installed by the program itself, in a home of our own."""
    places["folder"] = folder = tempfile.mkdtemp(prefix="cofferdam-front-")
    places["old"] = dict(os.environ)
    subprocess.run([PROGRAM, "install", "--prefix", folder, "--name", NAME], check=True, stdout=subprocess.DEVNULL)
    os.environ.update(JUPYTER_PATH=os.path.join(folder, "share", "jupyter"), HOME=folder, XDG_DATA_HOME=os.path.join(folder, "data"),
                      JUPYTER_RUNTIME_DIR=os.path.join(folder, "runtime"), IPYTHONDIR=os.path.join(folder, "ipython"),
                      JUPYTER_CONFIG_DIR=os.path.join(folder, "config"))
    places["cwd"] = os.getcwd()
    os.chdir(folder)


def tearDownModule():
    os.chdir(places["cwd"])
    os.environ.clear()
    os.environ.update(places["old"])
    shutil.rmtree(places["folder"], ignore_errors=True)


def notebook(*codes, tags=None):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in codes])
    book.metadata["kernelspec"] = {"name": NAME, "display_name": "Cofferdam", "language": "sql"}
    book.metadata["language_info"] = {"name": "sql"}
    for index, tag in (tags or {}).items():
        book.cells[index].metadata["tags"] = [tag]
    path = os.path.join(tempfile.mkdtemp(dir=places["folder"]), "book.ipynb")
    nbformat.write(book, path)
    return path


def text_of(cell):
    """All that a cell shows, as plain text."""
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") or "\n".join(o.get("traceback", [])) for o in cell.outputs)


def nothing_skipped(cls):
    """jupyter_kernel_test skips a test whose hook is empty: here that is a failure."""
    def wrap(test):
        @functools.wraps(test)
        def run(self):
            try:
                test(self)
            except unittest.SkipTest as skipped:
                self.fail("skipped: %s" % skipped)
        return run
    for name in dir(cls):
        if name.startswith("test"):
            setattr(cls, name, wrap(getattr(cls, name)))
    return cls


@nothing_skipped
class ConformanceTest(jupyter_kernel_test.KernelTests):
    kernel_name = NAME
    language_name = "sql"
    file_extension = ".sql"
    code_hello_world = "%echo hello, world"
    code_stderr = "%echo --stderr to the operator"
    completion_samples = [{"text": "%ech", "matches": ["%echo"]}, {"text": "%echo --std", "matches": ["--stderr"]}]
    complete_code_samples = ["SELECT 1;", "%echo x", "x = 1"]
    incomplete_code_samples = ["SELECT 'open", "x = [1,", "%echo x \\"]
    invalid_code_samples = ["x = 1 2", "%echo x\n%%sql\nSELECT 1"]
    code_page_something = "%echo?"
    code_generate_error = "SELECT no_such_column"
    code_execute_result = [{"code": "SELECT 40 + 2 AS answer", "mime": "text/html"}]
    code_display_data = [{"code": "%note **bold**", "mime": "text/markdown"}]
    code_history_pattern = "SELECT 40 ?[ ]2 AS*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "%echo"
    code_clear_output = "%echo --clear x"

    def test_completion_of_the_whole_set(self):
        """The hook checks a superset; here that nothing foreign is offered."""
        self.kc.complete("%ech")
        reply = self.get_non_kernel_info_reply(timeout=PATIENCE)
        self.assertTrue(all(m.startswith("%ech") for m in reply["content"]["matches"]))


@nothing_skipped
class WelcomeTest(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = NAME
    support_iopub_welcome = True


class NbclientTest(unittest.TestCase):
    def run_book(self, path, **options):
        book = nbformat.read(path, 4)
        NotebookClient(book, timeout=PATIENCE * 3, kernel_name=NAME, resources={"metadata": {"path": os.path.dirname(path)}}, **options).execute()
        return book

    def test_a_notebook_is_executed_with_all_its_outputs(self):
        book = self.run_book(notebook("name = 'Ada'", "%echo hello", "SELECT :name AS who", "%note **bold**"))
        self.assertEqual([c.execution_count for c in book.cells], [1, 2, 3, 4])
        self.assertEqual(text_of(book.cells[1]), "hello\n")
        result = book.cells[2].outputs[-1]
        self.assertEqual(result.output_type, "execute_result")
        self.assertIn("Ada", result.data["text/plain"])
        self.assertIn("text/html", result.data)
        self.assertEqual(book.cells[3].outputs[0].output_type, "display_data")
        for cell in book.cells:
            self.assertIn("iopub.status.idle", cell.metadata["execution"])

    def test_a_failing_cell_ends_it_and_allowed_errors_do_not(self):
        path = notebook("%nosuch", "%echo after")
        with self.assertRaisesRegex(CellExecutionError, "nosuch"):
            self.run_book(path)
        book = self.run_book(path, allow_errors=True)
        self.assertEqual(book.cells[0].outputs[0].output_type, "error")
        self.assertEqual(text_of(book.cells[1]), "after\n")

    def test_a_question_is_refused_and_not_waited_for(self):
        began = time.monotonic()
        with self.assertRaises(CellExecutionError):
            self.run_book(notebook("%echo --ask 'name? '"))
        self.assertLess(time.monotonic() - began, PATIENCE)


class CommandTest(unittest.TestCase):
    def run_program(self, *words, status=0, text=None):
        done = subprocess.run([os.path.join(BIN, words[0])] + list(words[1:]), capture_output=True, text=True, timeout=PATIENCE * 6, input=text)
        self.assertEqual(done.returncode, status, done.stderr[-3000:])
        return done

    def test_nbconvert_executes_and_renders(self):
        path = notebook("%echo hello", "SELECT 40 + 2 AS answer")
        self.run_program("jupyter", "nbconvert", "--to", "html", "--execute", path)
        with open(path.replace(".ipynb", ".html")) as file:
            page = file.read()
        self.assertIn("hello", page)
        self.assertIn("answer", page)

    def test_nbconvert_writes_a_script_of_sql(self):
        path = notebook("SELECT 1")
        self.run_program("jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", path)
        self.assertEqual(nbformat.read(path, 4).metadata.language_info.file_extension, ".sql")
        self.run_program("jupyter", "nbconvert", "--to", "script", path)
        self.assertTrue(os.path.exists(path.replace(".ipynb", ".sql")))

    def test_papermill_gives_parameters_in_python_spelling(self):
        path = notebook("name = 'nobody'\ncount = 0", "%echo {name} {count}", "SELECT :name AS who, :count + 1 AS next, :missing IS NULL AS none",
                        tags={0: "parameters"})
        out = path.replace("book", "out")
        given = {"name": "it's a \"q\" \\ back\nnew line \xe9\U0001f600", "count": 41, "missing": None, "flag": True, "ratio": -0.5,
                 "list": [1, "a", None, True], "dict": {"k": "v", "n": {"x": 1.0}}, "inf": float("inf"), "big": 10 ** 30}
        settings = os.path.join(os.path.dirname(path), "p.yaml")
        with open(settings, "w") as file:
            import yaml
            yaml.safe_dump(given, file)
        self.run_program("papermill", "-f", settings, "-l", "python", path, out, "--no-progress-bar")
        book = nbformat.read(out, 4)
        self.assertIn("injected-parameters", book.cells[1].metadata["tags"])
        self.assertIn("42", text_of(book.cells[3]))
        self.assertTrue(all(not o.output_type == "error" for c in book.cells if c.cell_type == "code" for o in c.outputs))

    def test_papermill_without_parameters_needs_no_language(self):
        path = notebook("%echo hello")
        self.run_program("papermill", path, path.replace("book", "out"), "--no-progress-bar")
        self.assertEqual(text_of(nbformat.read(path.replace("book", "out"), 4).cells[0]), "hello\n")

    def test_papermill_with_parameters_and_no_language_says_so(self):
        path = notebook("name = 'x'", tags={0: "parameters"})
        done = self.run_program("papermill", "-p", "name", "y", path, path.replace("book", "out"), "--no-progress-bar", status=1)
        self.assertIn("No parameter translator", done.stderr)

    def test_papermill_stops_at_the_first_error_and_keeps_it(self):
        path = notebook("%nosuch", "%echo never")
        out = path.replace("book", "out")
        self.run_program("papermill", path, out, "--no-progress-bar", status=1)
        book = nbformat.read(out, 4)
        self.assertTrue(any("papermill-error-cell-tag" in c.metadata.get("tags", []) for c in book.cells))
        self.assertNotIn("never\n", [text_of(c) for c in book.cells if c.cell_type == "code"])

    def test_jupyter_console(self):
        console = pexpect.spawn(os.path.join(BIN, "jupyter"), ["console", "--kernel", NAME, "--simple-prompt"], timeout=PATIENCE, encoding="utf-8")
        self.addCleanup(console.close, force=True)
        console.expect(r"In \[1\]: ")
        console.sendline("%echo from the console")
        console.expect("\nfrom the console")
        console.expect(r"In \[2\]: ")
        console.sendline("SELECT 40 + 2 AS answer")
        console.expect("42")
        console.expect(r"In \[3\]: ")
        console.sendline("%nosuch")
        console.expect("nosuch")
        console.expect(r"In \[4\]: ")
        console.sendeof()
        console.expect(r"exit \(\[y\]/n\)\? ")
        console.sendline("y")
        console.expect(pexpect.EOF)


class VsCodeTest(unittest.TestCase):
    """The raw start of VS Code: connect, then kernel_info_request until a reply and any iopub message have been seen; then a
    silent cell, two cells at once, an interrupt, a restart with the same connection file."""

    def wait_ready(self, client):
        began, info, heard = time.monotonic(), False, False
        while not (info and heard):
            self.assertLess(time.monotonic() - began, 3, "still \"Connecting to kernel\"")
            if not info:
                client.kernel_info()
            try:
                info = info or client.get_shell_msg(timeout=0.1)["msg_type"] == "kernel_info_reply"
            except queue.Empty:
                pass
            try:
                heard = heard or bool(client.get_iopub_msg(timeout=0.1))
            except queue.Empty:
                pass
        return time.monotonic() - began

    def reply(self, client, message_id):
        while True:
            message = client.get_shell_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") == message_id:
                return message["content"]

    def test_the_order_of_vs_code(self):
        manager = KernelManager(kernel_name=NAME)
        manager.start_kernel()
        self.addCleanup(manager.shutdown_kernel, now=True)
        client = manager.client()
        client.start_channels()
        self.addCleanup(client.stop_channels)
        self.assertLess(self.wait_ready(client), 2)
        self.assertEqual(self.reply(client, client.execute("", silent=True, store_history=False))["status"], "ok")
        first, second = client.execute("%echo one"), client.execute("%echo two")
        self.assertEqual([self.reply(client, m)["execution_count"] for m in (first, second)], [1, 2])
        running = client.execute(ENDLESS)
        while True:
            message = client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == "execute_input" and message["parent_header"]["msg_id"] == running:
                break
        manager.interrupt_kernel()
        self.assertEqual(self.reply(client, running)["ename"], "Interrupted")
        manager.restart_kernel()
        self.wait_ready(client)
        self.assertEqual(self.reply(client, client.execute("%echo again"))["execution_count"], 1)


class ServerActivityTest(unittest.TestCase):
    """jupyter_client's own waits are met at once."""

    def test_wait_for_ready_is_immediate(self):
        began = time.monotonic()
        manager, client = start_new_kernel(kernel_name=NAME)
        self.addCleanup(manager.shutdown_kernel, now=True)
        self.addCleanup(client.stop_channels)
        self.assertLess(time.monotonic() - began, 5)
        shown = []
        reply = client.execute_interactive("%echo hello", timeout=PATIENCE, output_hook=shown.append)
        self.assertEqual(reply["content"]["status"], "ok")
        self.assertIn("hello\n", [m["content"].get("text") for m in shown])


if __name__ == "__main__":
    unittest.main()
