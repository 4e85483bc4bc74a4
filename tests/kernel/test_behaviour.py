"""What the protocol asks of a kernel's conduct: counts, silence, aborts, interrupts, questions, statuses."""
import signal
import threading
import time
import unittest

from wire_client import ENDLESS, KernelCase, utc_now, words


class CountTest(KernelCase):
    def test_counts_begin_at_one_and_rise_with_stored_cells_only(self):
        client = self.attach(self.start())
        counts = []
        for code, options in (("%echo a", {}), ("%echo b", {"silent": True}), ("%echo c", {"store_history": False}), ("", {}),
                              (" \n\t", {}), ("%nosuch", {}), ("%echo d", {"silent": True, "store_history": True}), ("%echo e", {})):
            counts.append(client.run(code, **options)[0].content["execution_count"])
        self.assertEqual(counts, [1, 1, 1, 1, 1, 2, 2, 3])

    def test_an_empty_cell_is_ok(self):
        reply, published = self.client.run("")
        self.assertEqual(reply.content["status"], "ok")
        self.assertEqual(words(published), ["busy", "execute_input", "idle"])


class SilenceTest(KernelCase):
    def test_a_silent_cell_publishes_nothing_and_tells_its_error_in_the_reply(self):
        for code, status in (("%echo loud", "ok"), ("%nosuch", "error")):
            reply, published = self.client.run(code, silent=True)
            self.assertEqual(words(published), ["busy", "idle"])
            self.assertEqual(reply.content["status"], status)
        self.assertEqual(reply.content["ename"], "UsageError")

    def test_a_silent_failure_does_not_abort_others(self):
        heads = [self.client.execute("%nosuch", silent=True), self.client.execute("%echo next")]
        self.assertEqual([self.client.reply_to(h).content["status"] for h in heads], ["error", "ok"])


class ErrorTest(KernelCase):
    def test_an_error_is_published_once_and_equals_the_reply(self):
        reply, published = self.client.run("%echo before\n%nosuch\n%echo after")
        self.assertEqual(words(published), ["busy", "execute_input", "before\n", "error", "idle"])
        error = published[3].content
        self.assertEqual({k: reply.content[k] for k in error}, error)
        self.assertEqual(error["ename"], "UsageError")
        self.assertIn("nosuch", error["evalue"])
        self.assertIn("line 2", "\n".join(error["traceback"]))
        self.assertIn("%nosuch", "\n".join(error["traceback"]))

    def test_an_error_shows_its_place_in_the_cells_own_lines(self):
        cells = (("x = 1\n%echo --nosuch a", ["line 2: %echo --nosuch a", "              ^"]),
                 ("-- one\nSELECT 1,\n  no_such_column FROM range(3)", ["line 3:   no_such_column FROM range(3)", "          ^"]),
                 ("%%sql --limit 5\n\nSELECT 'é🦀' || nope", ["line 3: SELECT 'é🦀' || nope", "                        ^"]),
                 ("%echo a\n\nSELECT :nope", ["line 3: SELECT :nope", "               ^"]),
                 ("a = 1\ny = foo(1)", ["line 2: y = foo(1)", "            ^"]))
        for code, picture in cells:
            with self.subTest(code):
                traceback = self.client.run(code)[0].content["traceback"]
                self.assertIn("\n".join(picture), traceback, traceback)
                self.assertEqual("\n".join(traceback).count("^"), 1)

    def test_user_expressions_stand_alone(self):
        expressions = {"parameter": "answer", "scalar": "1 + 1", "wrong": "no_such_column", "write": "1); DROP TABLE x; SELECT (1"}
        reply, _ = self.client.run("answer = 42", user_expressions=expressions)
        got = reply.content["user_expressions"]
        self.assertEqual(reply.content["status"], "ok")
        self.assertEqual(got["parameter"], {"status": "ok", "data": {"text/plain": "42"}, "metadata": {}})
        self.assertEqual(got["scalar"]["data"], {"text/plain": "2"})
        for name in ("wrong", "write"):
            self.assertEqual(got[name]["status"], "error")
            self.assertTrue(got[name]["ename"] and got[name]["evalue"] and got[name]["traceback"])
        failed, _ = self.client.run("%nosuch", user_expressions=expressions)
        self.assertEqual(failed.content.get("user_expressions", {}), {})


class AbortTest(KernelCase):
    def test_cells_sent_with_a_failed_one_are_aborted_with_busy_and_idle(self):
        heads = [self.client.execute(code) for code in ("%nosuch", "%echo one", "%echo two")]
        replies = [self.client.reply_to(h).content for h in heads]
        self.assertEqual([r["status"] for r in replies], ["error", "aborted", "aborted"])
        self.assertNotIn("execution_count", replies[1])
        published = self.client.quiet()
        for head in heads[1:]:
            self.assertEqual(words(m for m in published if m.parent.get("msg_id") == head["msg_id"]), ["busy", "idle"])

    def test_other_requests_are_not_aborted(self):
        failed = self.client.execute("%nosuch")
        behind = self.client.execute("%echo one")
        info = self.client.send(self.client.shell, "kernel_info_request", {})
        complete = self.client.send(self.client.shell, "complete_request", {"code": "%ec", "cursor_pos": 3})
        found = {}
        for _ in range(4):
            message = self.client.receive(self.client.shell)
            found[message.parent["msg_id"]] = message.content["status"]
        self.assertEqual([found[h["msg_id"]] for h in (failed, behind, info, complete)], ["error", "aborted", "ok", "ok"])

    def test_cells_still_on_their_way_are_aborted(self):
        made = utc_now()
        failed = self.client.execute("%nosuch")
        time.sleep(0.02)                                            # the server forwards the next a little later
        content = {"code": "%echo late", "stop_on_error": True}
        late = self.client.send(self.client.shell, "execute_request", content, header={"date": made})
        self.assertEqual(self.client.reply_to(failed).content["status"], "error")
        self.assertEqual(self.client.reply_to(late).content["status"], "aborted")

    def test_an_answer_to_a_failure_is_run_at_once(self):
        for _ in range(5):
            self.assertEqual(self.client.run("%nosuch")[0].content["status"], "error")
            self.assertEqual(self.client.run("%echo again")[0].content["status"], "ok")

    def test_without_stop_on_error_the_rest_runs(self):
        heads = [self.client.execute("%nosuch", stop_on_error=False), self.client.execute("%echo one")]
        self.assertEqual([self.client.reply_to(h).content["status"] for h in heads], ["error", "ok"])


class InterruptTest(KernelCase):
    def begin(self, client):
        head = client.execute(ENDLESS)
        client.published_until("execute_input")
        return head

    def stop(self, client, head, how):
        began = time.monotonic()
        how()
        reply = client.reply_to(head)
        self.assertEqual(reply.content["status"], "error")
        self.assertEqual(reply.content["ename"], "Interrupted")
        client.until_idle(head)
        return time.monotonic() - began

    def test_interrupt_request_and_sigint_end_the_cell_and_keep_the_kernel(self):
        client = self.client
        ways = {
            "control": lambda: client.ask("interrupt_request", sock=client.control),
            "shell": lambda: client.send(client.shell, "interrupt_request", {}),
            "signal": lambda: self.kernel.process.send_signal(signal.SIGINT),
            "both": lambda: (client.send(client.control, "interrupt_request", {}), self.kernel.process.send_signal(signal.SIGINT)),
        }
        client.run("kept = 7")
        for name, how in ways.items():
            with self.subTest(name):
                self.assertLess(self.stop(client, self.begin(client), how), 2)
                self.alive()
        reply, _ = client.run("%echo :kept", user_expressions={"kept": "kept"})
        self.assertEqual(reply.content["user_expressions"]["kept"]["data"]["text/plain"], "7")

    def test_interrupting_nothing_does_nothing(self):
        for _ in range(3):
            reply = self.client.ask("interrupt_request", sock=self.client.control)
            self.assertEqual(reply.content, {"status": "ok"})
            self.kernel.process.send_signal(signal.SIGINT)
            self.alive()

    def test_cells_behind_an_interrupted_one_do_not_start(self):
        head = self.begin(self.client)
        behind = [self.client.execute("%echo never", stop_on_error=flag) for flag in (True, False)]
        self.client.ask("kernel_info_request")                      # both have arrived
        self.stop(self.client, head, lambda: self.client.ask("interrupt_request", sock=self.client.control))
        self.assertEqual([self.client.reply_to(h).content["status"] for h in behind], ["aborted", "aborted"])

    def test_interrupts_at_any_moment_leave_every_cell_answered(self):
        client, stop = self.client, threading.Event()

        def shower():
            while not stop.is_set():
                self.kernel.process.send_signal(signal.SIGINT)
                time.sleep(0.0007)

        thread = threading.Thread(target=shower)
        thread.start()
        try:
            for _ in range(200):
                head = client.execute("%echo x")
                client.until_idle(head)
                self.assertIn(client.reply_to(head).content["status"], ("ok", "error", "aborted"))
        finally:
            stop.set()
            thread.join()
        self.alive()


class StatusTest(KernelCase):
    def test_questions_are_answered_while_a_cell_runs_and_busy_is_said_again(self):
        client = self.client
        head = client.execute(ENDLESS)
        busy = client.published_until("execute_input")[0]
        for kind, content in (("complete_request", {"code": "%ec", "cursor_pos": 3}), ("inspect_request", {"code": "%echo", "cursor_pos": 3}),
                              ("is_complete_request", {"code": "SELECT 1;"}), ("history_request", {"hist_access_type": "tail", "n": 3})):
            asked = client.send(client.shell, kind, content)
            self.assertEqual(client.reply_to(asked, patience=5).type, kind.replace("request", "reply"))
            client.until_idle(asked)
            again = client.receive(client.iopub)
            self.assertEqual((again.type, again.content), ("status", {"execution_state": "busy"}))
            self.assertEqual(again.parent, head)
            self.assertEqual(again.header["date"], busy.header["date"])
        for kind in ("kernel_info_request", "comm_info_request"):    # front ends do not count these
            asked = client.send(client.shell, kind, {})
            client.reply_to(asked)
            client.until_idle(asked)
        client.ask("interrupt_request", sock=client.control)
        rest = words(m for m in client.until_idle(head) if m.parent["msg_id"] == head["msg_id"])
        self.assertEqual(rest, ["error", "idle"])

    def test_many_cells_in_a_row_keep_their_order(self):
        heads = [self.client.execute("%%echo %d" % i) for i in range(200)]
        for head in heads:
            self.assertEqual(self.client.receive(self.client.shell).parent, head)
        published = self.client.quiet()
        order = [m.content["text"] for m in published if m.type == "stream"]
        self.assertEqual(order, ["%d\n" % i for i in range(200)])


class QuestionTest(KernelCase):
    def ask(self, client, **options):
        head = client.execute("%echo --ask 'your name? '", allow_stdin=True, **options)
        return head, client.receive(client.stdin)

    def test_the_one_who_ran_the_cell_is_asked(self):
        other = self.attach(self.kernel)
        head, question = self.ask(self.client)
        self.assertEqual(question.type, "input_request")
        self.assertEqual(question.content, {"prompt": "your name? ", "password": False})
        self.assertEqual(question.parent, head)
        self.assertEqual(other.stdin.poll(100), 0)
        self.client.send(self.client.stdin, "input_reply", {"value": "Ada \U0001f980"}, parent=question.header)
        self.assertIn("Ada \U0001f980\n", words(self.client.until_idle(head)))

    def test_nobody_else_can_answer(self):
        other = self.attach(self.kernel)
        head, question = self.ask(self.client)
        other.send(other.stdin, "input_reply", {"value": "not me"}, parent=question.header)
        other.send(other.stdin, "input_reply", {"value": "nor me"})
        other.ask("kernel_info_request", sock=other.control)
        self.client.send(self.client.stdin, "input_reply", {"value": "Ada"}, parent=question.header)
        self.assertIn("Ada\n", words(self.client.until_idle(head)))
        self.assertEqual(self.client.reply_to(head).content["status"], "ok")

    def test_outputs_come_before_the_question(self):
        head = self.client.execute("%echo first\n%echo --ask 'name? '", allow_stdin=True)
        self.client.receive(self.client.stdin)
        self.assertEqual(words(self.client.published_until("stream")), ["busy", "execute_input", "first\n"])
        self.client.send(self.client.stdin, "input_reply", {"value": "x"})
        self.client.until_idle(head)

    def test_a_front_end_that_cannot_be_asked_is_told_what_to_do(self):
        reply, _ = self.client.run("%echo --ask 'name? '", allow_stdin=False)
        self.assertEqual(reply.content["status"], "error")
        self.assertEqual(self.client.stdin.poll(0), 0)
        self.assertGreater(len(reply.content["traceback"]), 1)

    def test_a_waiting_question_can_be_interrupted(self):
        head, _ = self.ask(self.client)
        self.client.ask("interrupt_request", sock=self.client.control)
        self.assertEqual(self.client.reply_to(head, patience=2).content["ename"], "Interrupted")
        self.client.send(self.client.stdin, "input_reply", {"value": "too late"})
        head, question = self.ask(self.client)                      # and the late answer is not taken for the next
        self.client.send(self.client.stdin, "input_reply", {"value": "in time"}, parent=question.header)
        self.assertIn("in time\n", words(self.client.until_idle(head)))

    def test_end_of_file_is_no_answer(self):
        head, question = self.ask(self.client)
        self.client.send(self.client.stdin, "input_reply", {"value": "\x04"}, parent=question.header)
        self.assertEqual(self.client.reply_to(head).content["status"], "error")


if __name__ == "__main__":
    unittest.main()
