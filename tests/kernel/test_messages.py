"""Every message of the protocol, one by one, at the wire."""
import os
import unittest

from wire_client import ENDLESS, KernelCase, utc_now, words


class ShellTest(KernelCase):
    def test_execute_goes_from_busy_to_idle_with_the_reply_before_idle(self):
        reply, published = self.client.run("%echo hello")
        self.assertEqual(words(published), ["busy", "execute_input", "hello\n", "idle"])
        self.assertEqual(reply.content["status"], "ok")
        self.assertEqual(reply.content["payload"], [])
        self.assertEqual(reply.content["user_expressions"], {})
        self.assertEqual(published[1].content, {"code": "%echo hello", "execution_count": reply.content["execution_count"]})

    def test_every_answer_copies_the_whole_header_of_its_request(self):
        header = {"msg_id": "my-id", "unknown": {"nested": [1, "é\U0001f980"]}, "subshell_id": None}
        head = self.client.send(self.client.shell, "execute_request", {"code": "%echo x"}, header=header)
        published = self.client.until_idle(head)
        reply = self.client.reply_to(head)
        for message in published + [reply]:
            self.assertEqual(message.parent, head)

    def test_headers_are_complete(self):
        reply, published = self.client.run("%echo x")
        ids = [m.header["msg_id"] for m in published + [reply]]
        self.assertEqual(len(set(ids)), len(ids))
        for message in published + [reply]:
            self.assertEqual(message.header["version"], "5.6.0")
            self.assertRegex(message.header["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            self.assertEqual(message.header["session"], reply.header["session"])
            self.assertTrue(message.header["username"])

    def test_reply_metadata_tells_when_the_cell_began(self):
        before = utc_now()
        reply, published = self.client.run("%echo x")
        self.assertEqual(reply.metadata["started"], published[0].header["date"])
        self.assertLess(before[:19], reply.metadata["started"])
        self.assertEqual(reply.metadata["status"], "ok")
        self.assertIs(reply.metadata["dependencies_met"], True)
        self.assertEqual(reply.metadata["engine"], reply.header["session"])

    def test_defaults_of_execute_are_those_of_the_specification(self):
        first = self.client.send(self.client.shell, "execute_request", {"code": "%nosuch"})
        second = self.client.send(self.client.shell, "execute_request", {"code": "%echo x"})
        reply = self.client.reply_to(first)
        self.assertEqual(reply.content["status"], "error")
        self.assertGreater(reply.content["execution_count"], 0)                          # store_history: true
        self.assertEqual(self.client.reply_to(second).content["status"], "aborted")      # stop_on_error: true

    def test_kernel_info_is_complete_and_the_same_on_control(self):
        info = self.client.ask("kernel_info_request").content
        self.assertEqual(info["status"], "ok")
        self.assertEqual(info["protocol_version"], "5.6.0")
        self.assertEqual(info["implementation"], "cofferdam")
        self.assertEqual(info["supported_features"], ["kernel subshells"])
        language = info["language_info"]
        for name in ("name", "version", "mimetype", "file_extension", "pygments_lexer", "codemirror_mode", "nbconvert_exporter"):
            self.assertTrue(language[name], name)
        self.assertTrue(all(link["text"] and link["url"].startswith("https://") for link in info["help_links"]))
        self.assertLessEqual(len(info["banner"].splitlines()), 5)
        self.assertEqual(self.client.ask("kernel_info_request", sock=self.client.control).content, info)

    def test_kernel_info_on_control_is_busy_and_idle_too(self):
        head = self.client.send(self.client.control, "kernel_info_request", {})
        self.assertEqual(words(self.client.until_idle(head)), ["busy", "idle"])

    def test_complete_answers_in_code_points(self):
        code = "x = '\U0001f980é'\n%ech"
        reply = self.client.ask("complete_request", {"code": code, "cursor_pos": len(code)}).content
        self.assertIn("%echo", reply["matches"])
        self.assertEqual(code[reply["cursor_start"]:reply["cursor_end"]], "%ech")
        types = reply["metadata"]["_jupyter_types_experimental"]
        self.assertEqual([t["text"] for t in types], reply["matches"])
        for entry in types:
            self.assertEqual((entry["start"], entry["end"]), (reply["cursor_start"], reply["cursor_end"]))
            self.assertIn("signature", entry)
            self.assertTrue(entry["type"])

    def test_complete_takes_any_cursor(self):
        for cursor in (-1, 0, 3, 1000, 2 ** 62):
            reply = self.client.ask("complete_request", {"code": "%ec", "cursor_pos": cursor}).content
            self.assertEqual(reply["status"], "ok")
            self.assertLessEqual(reply["cursor_start"], reply["cursor_end"])
        self.assertEqual(self.client.ask("complete_request", {}).content["status"], "ok")

    def test_inspect_finds_a_magic_and_says_when_there_is_nothing(self):
        reply = self.client.ask("inspect_request", {"code": "%echo", "cursor_pos": 3, "detail_level": 0}).content
        self.assertEqual(reply["status"], "ok")
        self.assertIs(reply["found"], True)
        self.assertIn("%echo", reply["data"]["text/plain"])
        more = self.client.ask("inspect_request", {"code": "%echo", "cursor_pos": 3, "detail_level": 1}).content
        self.assertGreaterEqual(len(more["data"]["text/plain"]), len(reply["data"]["text/plain"]))
        nothing = self.client.ask("inspect_request", {"code": "zzzunknownzzz", "cursor_pos": 4}).content
        self.assertEqual(nothing, {"status": "ok", "found": False, "data": {}, "metadata": {}})

    def test_is_complete_has_an_indent_only_when_incomplete(self):
        complete = self.client.ask("is_complete_request", {"code": "SELECT 1;"}).content
        self.assertEqual(complete, {"status": "complete"})
        incomplete = self.client.ask("is_complete_request", {"code": "SELECT 'open"}).content
        self.assertEqual(incomplete["status"], "incomplete")
        self.assertIsInstance(incomplete["indent"], str)

    def test_comm_info_knows_no_comm(self):
        reply = self.client.ask("comm_info_request", {"target_name": "jupyter.widget"}).content
        self.assertEqual(reply, {"status": "ok", "comms": {}})

    def test_connect_names_the_five_ports(self):
        reply = self.client.ask("connect_request").content
        for name in ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"):
            self.assertEqual(reply[name], self.kernel.info[name])

    def test_a_comm_of_an_unknown_target_is_closed_at_once(self):
        content = {"comm_id": "c\"1", "target_name": "nobody", "data": {}}
        head = self.client.send(self.client.shell, "comm_open", content, buffers=[b"\x00\xff", b""])
        published = self.client.until_idle(head)
        self.assertEqual(words(published), ["busy", "comm_close", "idle"])
        self.assertEqual(published[1].content, {"comm_id": "c\"1", "data": {}})
        for kind in ("comm_msg", "comm_close"):
            head = self.client.send(self.client.shell, kind, {"comm_id": "never", "data": {}}, buffers=[b"raw"])
            self.assertEqual(words(self.client.until_idle(head)), ["busy", "idle"])

    def test_unknown_requests_are_busy_and_idle_without_a_reply(self):
        for sock in (self.client.shell, self.client.control):
            head = self.client.send(sock, "make_coffee_request", {})
            self.assertEqual(words(self.client.until_idle(head)), ["busy", "idle"])
            self.assertEqual(sock.poll(100), 0)
        self.alive()

    def test_usage_tells_of_process_and_machine(self):
        usage = self.client.ask("usage_request", sock=self.client.control).content
        self.assertEqual(usage["pid"], self.kernel.process.pid)
        self.assertEqual(usage["cpu_count"], os.cpu_count())
        self.assertGreater(usage["kernel_memory"], 1 << 20)
        self.assertGreater(usage["host_virtual_memory"]["total"], usage["kernel_memory"])
        self.assertTrue(usage["hostname"])
        self.assertGreaterEqual(usage["kernel_cpu"], 0)

    def test_shell_requests_are_answered_on_control(self):
        control = self.client.control
        for kind in ("complete_request", "inspect_request", "is_complete_request", "comm_info_request", "history_request"):
            reply = self.client.ask(kind, {"code": "%echo", "cursor_pos": 5, "hist_access_type": "tail", "n": 1}, sock=control)
            self.assertEqual(reply.type, kind.replace("request", "reply"))
        head = self.client.send(control, "execute_request", {"code": "%echo x"})
        self.assertEqual(self.client.reply_to(head, control).content["status"], "ok")

    def test_heartbeat_echoes_all_frames_also_while_a_cell_runs(self):
        import zmq
        heart = self.client.context.socket(zmq.REQ)
        heart.linger = 0
        heart.connect(self.kernel.endpoint("hb_port"))
        head = self.client.execute(ENDLESS)
        for frames in ([b"ping"], [b"", b"\x00\xff", b"x" * 70000]):
            heart.send_multipart(frames)
            self.assertTrue(heart.poll(5000))
            self.assertEqual(heart.recv_multipart(), frames)
        self.client.ask("interrupt_request", sock=self.client.control)
        self.client.until_idle(head)


class HistoryTest(KernelCase):
    def ask(self, **content):
        content = dict({"output": False, "raw": True}, **content)
        return self.client.ask("history_request", content).content["history"]

    def test_tail_range_and_search(self):
        codes = ["%echo first", "%echo second", "%echo second", "%echo [odd]* ?"]
        for code in codes:
            self.client.run(code)
        tail = self.ask(hist_access_type="tail", n=4)
        self.assertEqual([row[2] for row in tail], codes)
        session, line = tail[0][0], tail[0][1]
        self.assertEqual([row[1] for row in tail], [line, line + 1, line + 2, line + 3])
        self.assertEqual(self.ask(hist_access_type="range", session=0, start=line, stop=line + 2), tail[:2])
        self.assertEqual(self.ask(hist_access_type="range", session=session, start=line + 3), tail[3:])
        self.assertEqual(self.ask(hist_access_type="search", pattern="%echo sec*"), tail[1:3])
        self.assertEqual(self.ask(hist_access_type="search", pattern="%echo sec*", unique=True), tail[2:3])
        self.assertEqual(self.ask(hist_access_type="search", pattern="%echo*", n=2), tail[2:])
        self.assertEqual(self.ask(hist_access_type="search", pattern="nothing like it"), [])
        self.assertEqual(self.ask(hist_access_type="tail", n=1, output=True)[0][2][0], codes[-1])

    def test_silent_and_unstored_cells_are_not_kept(self):
        self.client.run("%echo stored one")
        self.client.run("%echo silent one", silent=True)
        self.client.run("%echo not stored", store_history=False)
        self.assertEqual(self.ask(hist_access_type="tail", n=1)[0][2], "%echo stored one")

    def test_nonsense_is_answered(self):
        for content in ({}, {"hist_access_type": "x", "n": -5}, {"hist_access_type": "range", "session": "a", "start": None}):
            self.assertIsInstance(self.ask(**content), list)

    def test_failed_cells_are_kept(self):
        self.client.run("%nosuch thing")
        self.assertEqual(self.ask(hist_access_type="tail", n=1)[0][2], "%nosuch thing")

    def test_history_outlives_the_kernel_and_counts_sessions_back(self):
        first = self.start()
        client = self.attach(first)
        client.run("%echo from the first kernel")
        client.ask("shutdown_request", {"restart": True}, sock=client.control)
        self.assertEqual(first.gone(), 0)
        second = self.start(home=first.home)
        client = self.attach(second)
        client.run("%echo from the second")
        rows = client.ask("history_request", {"hist_access_type": "range", "session": -1, "start": 1}).content["history"]
        self.assertEqual([row[2] for row in rows], ["%echo from the first kernel"])
        rows = client.ask("history_request", {"hist_access_type": "tail", "n": 2}).content["history"]
        self.assertEqual([row[2] for row in rows], ["%echo from the first kernel", "%echo from the second"])
        self.assertEqual(rows[0][0] + 1, rows[1][0])

    def test_a_home_that_cannot_be_written_costs_no_cell(self):
        for trouble in ("folder", "broken"):
            kernel = self.start(wait=False)
            data = kernel.environment["XDG_DATA_HOME"]
            if trouble == "folder":
                with open(data, "w") as file:
                    file.write("not a folder")
            else:
                os.makedirs(os.path.join(data, "cofferdam"))
                with open(os.path.join(data, "cofferdam", "history.sqlite"), "w") as file:
                    file.write("this is no database" * 100)
            client = self.attach(kernel)
            self.assertEqual(client.run("%echo one")[0].content["status"], "ok")
            rows = client.ask("history_request", {"hist_access_type": "tail", "n": 5}).content["history"]
            self.assertEqual([row[2] for row in rows], ["%echo one"], trouble)
            lines = [line for line in kernel.log().splitlines() if " history: " in line]
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("memory", lines[0])


if __name__ == "__main__":
    unittest.main()
