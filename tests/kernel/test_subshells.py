"""Subshells (JEP 91): several prompts over one kernel, side by side."""
import csv
import json
import os
import subprocess
import tempfile
import time

from test_lifecycle import SHIMS
from wire_client import ENDLESS, KernelCase, PATIENCE, words


class Prompt:
    """The main shell (id None) or a subshell of a client."""

    def __init__(self, client, id=None):
        self.client, self.id = client, id

    def start(self, code, **options):
        content = dict({"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                        "stop_on_error": True}, **options)
        return self.client.send(self.client.shell, "execute_request", content, header={"subshell_id": self.id})

    def begin(self, code, **options):
        """Until its worker is at it: the request's header."""
        head = self.start(code, **options)
        while self.client.receive(self.client.iopub).parent.get("msg_id") != head["msg_id"]:
            pass
        return head

    def run(self, code, **options):
        head = self.start(code, **options)
        published = self.client.until_idle(head)
        return self.client.reply(head).content, published

    def ok(self, code, **options):
        """The text/plain of what the cell shows."""
        reply, published = self.run(code, **options)
        assert reply["status"] == "ok", reply
        return "\n".join(m.content["text"] if m.type == "stream" else m.content["data"]["text/plain"] for m in published
                         if m.type in ("stream", "display_data", "execute_result"))


class SubshellCase(KernelCase):
    def setUp(self):
        self.kernel = self.start()
        self.client = self.attach(self.kernel)
        self.replies = {}
        self.client.reply = self.reply
        self.main = Prompt(self.client)

    def reply(self, head, patience=PATIENCE):
        """Of several cells at once, in whatever order they end."""
        end = time.monotonic() + patience
        while head["msg_id"] not in self.replies:
            message = self.client.receive(self.client.shell, end - time.monotonic())
            self.replies[message.parent["msg_id"]] = message
        return self.replies.pop(head["msg_id"])

    def control(self, kind, content=None, **more):
        return self.client.ask(kind, content, sock=self.client.control, **more).content

    def subshell(self):
        reply = self.control("create_subshell_request")
        self.assertEqual(reply["status"], "ok", reply)
        return Prompt(self.client, reply["subshell_id"])

    def interrupt(self, prompt=None):
        """`prompt` None: the message names nobody."""
        header = {"subshell_id": prompt.id} if prompt else {}
        self.assertEqual(self.control("interrupt_request", header=header), {"status": "ok"})

    def assertInterrupted(self, head):
        self.assertEqual(self.reply(head).content["ename"], "Interrupted")

    def assertStillRuns(self, head):
        self.assertNotIn(head["msg_id"], self.replies)
        self.assertEqual(self.client.shell.poll(300), 0)


class LifeTest(SubshellCase):
    def test_made_listed_and_deleted(self):
        info = self.client.ask("kernel_info_request").content
        self.assertEqual(info["supported_features"], ["kernel subshells"])
        self.assertEqual(self.control("list_subshell_request"), {"status": "ok", "subshell_id": []})
        one, two = self.subshell(), self.subshell()
        self.assertNotEqual(one.id, two.id)
        self.assertEqual(self.control("list_subshell_request")["subshell_id"], [one.id, two.id])
        self.assertEqual(self.control("delete_subshell_request", {"subshell_id": one.id}), {"status": "ok"})
        self.assertEqual(self.control("list_subshell_request")["subshell_id"], [two.id])
        self.assertEqual(two.ok("%echo two"), "two\n")

    def test_eight_at_most(self):
        prompts = [self.subshell() for _ in range(8)]
        reply = self.control("create_subshell_request")
        self.assertEqual((reply["status"], reply["ename"]), ("error", "LimitError"), reply)
        self.assertIn("8 subshells", reply["evalue"])
        for prompt in prompts:                                       # each of them works
            self.assertIn("42", prompt.ok("SELECT 6 * 7 AS n"))
        self.control("delete_subshell_request", {"subshell_id": prompts[3].id})
        self.assertIn("43", self.subshell().ok("SELECT 43 AS n"))

    def test_an_id_that_is_not_there(self):
        for kind, content in (("execute_request", {"code": "%echo never"}), ("complete_request", {"code": "%ec", "cursor_pos": 3}),
                              ("kernel_info_request", {}), ("history_request", {})):
            head = self.client.send(self.client.shell, kind, content, header={"subshell_id": "nobody"})
            published = words(self.client.until_idle(head))
            self.assertEqual(published, ["busy", "error", "idle"] if kind == "execute_request" else ["busy", "idle"])
            reply = self.reply(head)
            self.assertEqual((reply.type, reply.content["status"], reply.content["evalue"]),
                             (kind.replace("request", "reply"), "error", "there is no subshell nobody"))
        head = self.client.send(self.client.shell, "comm_open", {"comm_id": "c", "target_name": "t", "data": {}}, header={"subshell_id": "nobody"})
        self.assertEqual(words(self.client.until_idle(head)), ["busy", "idle"])
        for content in ({"subshell_id": "nobody"}, {}, {"subshell_id": None}):
            reply = self.control("delete_subshell_request", content)
            self.assertEqual((reply["status"], reply["ename"]), ("error", "NotFoundError"), content)
        self.assertEqual(self.main.ok("%echo here"), "here\n")

    def test_deleting_one_stops_its_cell(self):
        prompt = self.subshell()
        behind_main = self.main.begin(ENDLESS)
        running = prompt.begin(ENDLESS)
        waiting = prompt.start("%echo never")
        self.client.ask("kernel_info_request")                       # behind it on the same socket: both are there
        self.assertEqual(self.control("delete_subshell_request", {"subshell_id": prompt.id}), {"status": "ok"})
        self.assertInterrupted(running)
        self.assertEqual(self.reply(waiting).content, {"status": "aborted"})
        self.assertEqual(self.reply(prompt.start("%echo gone")).content["ename"], "NotFoundError")
        self.assertStillRuns(behind_main)
        self.interrupt(self.main)
        self.assertInterrupted(behind_main)

    def test_a_shutdown_with_all_of_them_at_work(self):
        heads = [prompt.begin(ENDLESS) for prompt in [self.main] + [self.subshell() for _ in range(4)]]
        begun = time.monotonic()
        self.client.send(self.client.control, "shutdown_request", {"restart": False})
        for head in heads:
            self.assertInterrupted(head)
        self.assertEqual(self.kernel.gone(), 0)
        self.assertLess(time.monotonic() - begun, 1)

    def test_the_end_of_one_frees_what_it_had(self):
        def has():
            folder = "/proc/%d/" % self.kernel.process.pid
            return len(os.listdir(folder + "fd")), len(os.listdir(folder + "task"))
        self.main.ok("SELECT 1")
        self.subshell().ok("SELECT 1")
        self.control("delete_subshell_request", {"subshell_id": self.control("list_subshell_request")["subshell_id"][0]})
        files, threads = has()
        for _ in range(20):
            prompt = self.subshell()
            prompt.ok("SELECT 2")
            self.control("delete_subshell_request", {"subshell_id": prompt.id})
        self.assertLess(has()[0], files + 20)                        # a query's thread may still be on its way out
        self.assertLess(has()[1], threads + 20)


class BesideTest(SubshellCase):
    def test_a_query_beside_a_long_cell_shares_what_there_is(self):
        prompt = self.subshell()
        self.main.ok("who = 'mallory'")
        self.main.ok("%%sql --into early\nSELECT 1 AS n")
        long = self.main.begin(ENDLESS)
        self.assertIn("mallory", prompt.ok("SELECT :who AS who, n FROM early"))
        prompt.ok("%%sql --into late\nSELECT 5 AS five")
        prompt.ok("answer = 42")
        self.assertStillRuns(long)
        self.interrupt()
        self.assertInterrupted(long)
        self.assertIn("42", self.main.ok("SELECT five, :answer AS answer FROM late"))

    def test_each_has_its_own_last_result_and_all_count_together(self):
        one, two = self.subshell(), self.subshell()
        self.main.ok("SELECT 'of main' AS a")                        # 1
        one.ok("SELECT 'first of one' AS a")                         # 2
        one.ok("SELECT 'of one' AS a")                               # 3
        reply, _ = two.run("SELECT 'unseen' AS a; SELECT 'of two' AS a")
        self.assertEqual(reply["execution_count"], 4)
        for prompt, text in ((self.main, "of main"), (one, "of one"), (two, "of two")):
            self.assertIn(text, prompt.ok("%show _"))
            self.assertIn(text, prompt.ok("SELECT a FROM _"))
        self.assertIn("first of one", two.ok("SELECT a FROM _2"))
        self.assertIn("of two", self.main.ok("%show _4"))
        self.control("delete_subshell_request", {"subshell_id": one.id})
        fresh = self.subshell()                                      # in its place: the main one's, until it has one
        for code in ("%show _", "SELECT a FROM _"):
            self.assertIn("of main", fresh.ok(code))

    def test_settings_are_copied_when_it_begins(self):
        self.main.ok("%set limit 7")
        prompt = self.subshell()
        self.main.ok("%set limit 9")
        self.assertIn("7", prompt.ok("%set limit").split())
        prompt.ok("%set limit 3")
        self.assertIn("9", self.main.ok("%set limit").split())
        self.assertIn("3", prompt.ok("%set limit").split())

    def test_what_the_kernel_has_once_is_the_main_prompts_to_set(self):
        prompt = self.subshell()
        for code in ("%set memory 1GB", "%set case elsewhere"):
            reply, _ = prompt.run(code)
            self.assertEqual(reply["ename"], "RefusedError", code)
            self.assertIn("main console", " ".join(reply["traceback"]))
        self.main.ok("%set case elsewhere")
        self.main.ok("%%sql --into here\nSELECT 8 AS n")
        self.assertIn("8", prompt.ok("SELECT n FROM here"))          # it follows
        self.assertTrue(os.path.exists(os.path.join(self.kernel.folder, "elsewhere", "results.duckdb")))
        self.assertIn("main console", " ".join(prompt.run("%jobs stop all")[0]["traceback"]))

    def test_interrupting_one_leaves_the_others(self):
        one, two = self.subshell(), self.subshell()
        main, first, second = self.main.begin(ENDLESS), one.begin(ENDLESS), two.begin(ENDLESS)
        self.interrupt(one)
        self.assertInterrupted(first)
        self.assertStillRuns(second)
        self.interrupt()                                             # nobody named: the main one
        self.assertInterrupted(main)
        self.assertStillRuns(second)
        self.interrupt()                                             # nothing runs there: what does
        self.assertInterrupted(second)
        self.assertEqual(two.ok("%echo again"), "again\n")

    def test_a_failed_cell_aborts_what_waits_behind_it_alone(self):
        prompt = self.subshell()
        main = self.main.begin(ENDLESS)
        behind = self.main.start("%echo ran")
        heads = [prompt.start(code) for code in ("%nosuch", "%echo never", "%echo never")]
        self.assertEqual([self.reply(head).content["status"] for head in heads], ["error", "aborted", "aborted"])
        self.assertStillRuns(main)
        self.interrupt(prompt)                                       # idle: nothing happens
        self.assertStillRuns(main)
        self.interrupt(self.main)
        self.assertInterrupted(main)
        self.assertEqual(self.reply(behind).content, {"status": "aborted"})

    def test_two_prompts_ask_at_once(self):
        prompt = self.subshell()
        main = self.main.start("%echo --ask 'main? '", allow_stdin=True)
        first = self.client.receive(self.client.stdin)
        other = prompt.start("%echo --ask 'sub? '", allow_stdin=True)
        second = self.client.receive(self.client.stdin)
        self.assertEqual((first.parent, first.content["prompt"]), (main, "main? "))
        self.assertEqual((second.parent, second.content["prompt"]), (other, "sub? "))
        self.assertEqual(second.parent["subshell_id"], prompt.id)
        self.client.send(self.client.stdin, "input_reply", {"value": "to sub"}, parent=second.header)
        self.assertIn("to sub\n", words(self.client.until_idle(other)))
        self.client.send(self.client.stdin, "input_reply", {"value": "to main"}, parent=first.header)
        self.assertIn("to main\n", words(self.client.until_idle(main)))
        head = prompt.start("%echo --ask 'again? '", allow_stdin=True)   # a reply that names only its subshell
        self.client.receive(self.client.stdin)
        self.client.send(self.client.stdin, "input_reply", {"value": "not asked"}, header={"subshell_id": None})
        self.client.send(self.client.stdin, "input_reply", {"value": "asked"}, header={"subshell_id": prompt.id})
        self.assertIn("asked\n", words(self.client.until_idle(head)))

    def test_the_kernel_stays_busy_while_any_prompt_is(self):
        prompt = self.subshell()
        main = self.main.start(ENDLESS)
        busy = self.client.receive(self.client.iopub)
        while busy.parent != main or busy.type != "status":
            busy = self.client.receive(self.client.iopub)
        head = prompt.start("%echo x")
        self.client.until_idle(head)
        again = self.client.receive(self.client.iopub)
        self.assertEqual((again.parent, again.content), (main, {"execution_state": "busy"}))
        self.assertEqual(again.header["date"], busy.header["date"])
        self.interrupt()
        self.assertEqual(words(self.client.until_idle(main))[-1], "idle")
        self.assertEqual(self.client.quiet(), [])


class WaitTest(SubshellCase):
    """One prompt does for long what another one's cell has to wait for: that wait is interrupted as any other."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shim, self.gate = os.path.join(folder.name, "gate.so"), os.path.join(folder.name, "gate")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, os.path.join(SHIMS, "gate.c"), "-ldl"], check=True)
        self.environment = {"LD_PRELOAD": shim, "GATE_FILE": self.gate}

    def begin_with(self, held, restored=False):
        self.kernel = self.start(env=dict(self.environment, GATE_NAME=held))
        self.client = self.attach(self.kernel)
        self.replies = {}
        self.client.reply = self.reply
        self.main = Prompt(self.client)
        if restored:
            os.mkdir(os.path.join(self.kernel.folder, ".cofferdam"), 0o700)
            with open(os.path.join(self.kernel.folder, ".cofferdam", "session.json"), "w") as file:
                json.dump({"format": 1, "lakes": [], "athena": []}, file)

    def check(self, holding, waiting):
        prompt = self.subshell()
        with open(self.gate, "w"):
            held = self.main.begin(holding)
            deadline = time.monotonic() + PATIENCE
            while not os.path.exists(self.gate + ".reached"):
                self.assertLess(time.monotonic(), deadline)
                self.assertEqual(self.client.shell.poll(5), 0, "the cell did not come to the gate")
        waits = prompt.begin(waiting)
        behind = prompt.start("%echo never")
        self.assertStillRuns(waits)
        began = time.monotonic()
        self.interrupt(prompt)
        self.assertInterrupted(waits)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(self.reply(behind).content, {"status": "aborted"})
        self.assertStillRuns(held)                                   # whose work it is goes on
        os.unlink(self.gate)
        self.assertEqual(self.reply(held).content["status"], "ok")
        self.assertIn("42", prompt.ok("SELECT 42 AS n"))

    def test_for_the_engine_to_be_opened(self):
        self.begin_with("/results.duckdb")
        self.main.ok("%echo the case is restored")
        self.check("SELECT 1 AS n", "SELECT 2 AS n")

    def test_for_the_case_to_be_restored(self):
        self.begin_with("/session.json", restored=True)
        self.check("%echo main", "%echo sub")

    def test_a_restoration_that_is_stopped_is_done_again_and_loses_no_lake(self):
        self.begin_with("/lake.csv", restored=True)
        data = os.path.join(self.kernel.folder, "data")
        os.mkdir(data)
        with open(os.path.join(data, "lake.csv"), "w") as file:
            file.write("n\n7\n")
        saved = os.path.join(self.kernel.folder, ".cofferdam", "session.json")
        with open(saved, "w") as file:
            json.dump({"format": 1, "lakes": [data], "athena": []}, file)
        with open(self.gate, "w"):
            first = self.main.begin("%echo never")
            deadline = time.monotonic() + PATIENCE
            while not os.path.exists(self.gate + ".reached"):
                self.assertLess(time.monotonic(), deadline)
                self.assertEqual(self.client.shell.poll(5), 0, "the cell did not come to the gate")
        self.interrupt()
        os.unlink(self.gate)
        self.assertInterrupted(first)
        with open(saved) as file:
            self.assertEqual(json.load(file)["lakes"], [data])
        self.assertIn("7", self.main.ok("SELECT n FROM lake"))


class CaseTest(SubshellCase):
    def folder(self, name, rows):
        path = os.path.join(self.kernel.folder, name)
        os.makedirs(path)
        with open(os.path.join(path, name + ".csv"), "w", newline="") as file:
            csv.writer(file).writerows([["n"]] + [[row] for row in rows])
        return name

    def test_a_lake_opened_in_one_is_there_in_all(self):
        prompt, first, second = self.subshell(), self.folder("first", [1, 2]), self.folder("second", [3])
        self.main.ok("%%lake open %s" % first)
        self.assertIn("2", prompt.ok("SELECT count(*) AS n FROM first"))
        prompt.ok("%%lake open %s" % second)
        self.assertIn("3", self.main.ok("SELECT n FROM second"))
        self.assertIn("2", self.main.ok("SELECT count(*) AS n FROM first"))
        with open(os.path.join(self.kernel.folder, ".cofferdam", "session.json")) as file:
            self.assertEqual([os.path.basename(path) for path in json.load(file)["lakes"]], ["first", "second"])

    def test_what_one_has_opened_is_not_lost_by_what_another_saves(self):
        prompt, first = self.subshell(), self.folder("first", [1])
        long = prompt.begin("%set limit 5\n%echo --ask 'wait? '", allow_stdin=True)     # has a state of before
        question = self.client.receive(self.client.stdin)
        self.main.ok("%%lake open %s" % first)
        self.client.send(self.client.stdin, "input_reply", {"value": "on"}, parent=question.header)
        self.assertEqual(self.reply(long).content["status"], "ok")
        with open(os.path.join(self.kernel.folder, ".cofferdam", "session.json")) as file:
            self.assertEqual(len(json.load(file)["lakes"]), 1)

    def test_no_lake_goes_from_under_a_query(self):
        prompt, first, second = self.subshell(), self.folder("first", [1, 2]), self.folder("second", [3])
        self.main.ok("%%lake open %s" % first)
        long = prompt.begin(ENDLESS + " AND EXISTS (FROM first)")
        deadline = time.monotonic() + PATIENCE
        while True:                                                  # from when it is in the engine
            reply, _ = self.main.run("%%lake open %s" % second)
            if reply["status"] == "error" or time.monotonic() > deadline:
                break
            second = self.folder("second%d" % time.monotonic_ns(), [3])
        self.assertEqual(reply["ename"], "UnavailableError")
        self.assertIn("another prompt", reply["evalue"])
        self.assertIn("2", self.main.ok("SELECT count(*) AS n FROM first"))   # as it was
        self.assertStillRuns(long)
        self.interrupt(prompt)
        self.assertInterrupted(long)
        self.main.ok("%%lake open %s" % second)
        self.assertIn("3", prompt.ok("SELECT n FROM %s" % second))

    def test_one_record_and_one_journal(self):
        prompt = self.subshell()
        self.main.ok("%note of the main prompt")                     # 1
        prompt.ok("%note of the subshell")                           # 2
        self.assertIn("of the subshell", self.main.ok("%show output 2"))
        self.assertIn("of the main prompt", prompt.ok("%show output 1"))
        self.assertIn("Every entry is as it was written", self.main.ok("%record verify"))
        with open(os.path.join(self.kernel.folder, ".cofferdam", "ledger.jsonl")) as file:
            entries = [json.loads(line) for line in file]
        kernels = [entry["content"].get("subshell") for entry in entries if entry["kind"] == "kernel"]
        self.assertEqual(kernels, [None, prompt.id])
        self.assertEqual(len(os.listdir(os.path.join(self.kernel.folder, ".cofferdam", "outputs"))), 1)

    def test_names_of_one_are_completed_in_the_other(self):
        prompt = self.subshell()
        prompt.ok("%%sql --into suspects_of_today\nSELECT 1 AS n")
        prompt.ok("suspect_name = 'm'")
        for code in ("SELECT * FROM suspects_of", ":suspect_na"):
            reply = self.client.ask("complete_request", {"code": code, "cursor_pos": len(code)}).content
            self.assertTrue(any("suspect" in match for match in reply["matches"]), (code, reply))

    def test_all_at_once(self):
        prompts = [self.main] + [self.subshell() for _ in range(5)]
        heads = []
        for turn in range(12):
            for number, prompt in enumerate(prompts):
                heads += [prompt.start("mine_%d = %d" % (number, turn)),
                          prompt.start("%%%%sql --into shared\nSELECT %d AS who, range AS n FROM range(3000)" % number),
                          prompt.start("%%%%sql --into own_%d --save own_%d.csv\nSELECT count(*) AS n, %d AS turn FROM _" % (number, number, turn)),
                          prompt.start("SELECT 1 AS a; SELECT :mine_%d AS mine, n FROM own_%d" % (number, number))]
        failed = [reply for reply in (self.reply(head, 120).content for head in heads) if reply["status"] != "ok"]
        self.assertEqual(failed, [])
        for number, prompt in enumerate(prompts):
            self.assertIn("11", prompt.ok("SELECT turn FROM own_%d WHERE n = 3000" % number))
        self.assertIn("3000  1", self.main.ok("SELECT count(*) AS n, count(DISTINCT who) AS w FROM shared"))
        self.assertIn("Every entry is as it was written", self.main.ok("%record verify"))
