"""The traps that front ends set to kernels, one row each: where it is tested. Those without a test elsewhere are tested here."""
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

from nbconvert.exporters import LatexExporter

from wire_client import DELIMITER, ENDLESS, PROGRAM, KernelCase, words

HERE = os.path.dirname(os.path.abspath(__file__))
# trap: its test, in this folder unless a folder is named
TRAPS = {
    "application/json hides every other type": "test_traps.py test_no_bundle_holds_a_type_that_hides_the_others",
    "html hides a chart": "test_traps.py test_a_chart_has_a_drawing_and_no_html",
    "there is no type for vegalite 6": "test_traps.py test_a_chart_has_a_drawing_and_no_html",
    "an execute_result cannot be updated": "test_traps.py test_what_is_updated_is_a_display",
    "transient must not be null": "test_traps.py test_transient_is_left_out_where_there_is_no_display_id",
    "aborted is not an error": "test_behaviour.py test_cells_sent_with_a_failed_one_are_aborted_with_busy_and_idle",
    "another request's idle makes a busy kernel look idle": "test_server.py test_it_takes_the_kernel_for_busy_while_a_cell_runs_and_others_ask",
    "busy said again bears the first date": "test_behaviour.py test_questions_are_answered_while_a_cell_runs_and_busy_is_said_again",
    "a reply before its outputs cuts them": "test_output.py test_text_is_gathered_and_nothing_overtakes_it",
    "a socket's descriptor tells edges, not levels": "test_behaviour.py test_many_cells_in_a_row_keep_their_order",
    "without VERBOSE the second reader is not welcomed": "test_lifecycle.py test_the_first_message_is_a_welcome_and_starting_is_said_once",
    "buffers are not signed": "test_traps.py test_buffers_are_neither_signed_nor_needed",
    "launchers replace an exact {connection_file} only": "test_program.py test_the_kernelspec_says_how_to_start_and_to_stop_it",
    "the debugger's flag stands in the kernelspec": "test_traps.py test_no_debugger_is_claimed_anywhere",
    "an interrupt comes before a shutdown": "test_traps.py test_jupyters_order_of_a_shutdown",
    "a restart uses the same ports": "test_lifecycle.py test_a_new_kernel_takes_the_ports_of_the_old",
    "SIGINT goes to the process group": "test_traps.py test_sigint_to_the_group_stops_the_cell_only",
    "indent only with incomplete": "test_messages.py test_is_complete_has_an_indent_only_when_incomplete",
    "subshells: a list under a singular name, a feature with a space": "test_subshells.py test_made_listed_and_deleted",
    "paper takes no html": "test_traps.py test_what_is_shown_as_html_is_there_for_paper_as_well",
    "style and svg do not survive an untrusted notebook": "test_traps.py test_html_needs_no_style_and_no_svg",
    "text/plain is linked": "test_bad_input.py test_nothing_hostile_in_any_output",
    "a libzmq may lack CURVE": "test_lifecycle.py test_a_libzmq_without_curve_is_a_clear_error_and_never_clear_text",
    "VS Code waits for a reply and a message": "test_front_ends.py test_the_order_of_vs_code",
    "the server drops errors too beyond its rate": "test_server.py test_output_floods_come_through_its_limits",
    "all cells are sent at once": "test_behaviour.py test_cells_still_on_their_way_are_aborted",
    "jansson gives nothing for invalid UTF-8": "test_hostile.py test_nul_lone_surrogates_and_broken_utf8_in_a_cell",
    "an OpenSSL may refuse MD5": "test_lifecycle.py test_an_openssl_without_md5_refuses_that_scheme_and_signs_by_the_others",
    "links must be relative": "test_traps.py test_no_output_loads_or_links_anything",
}
TABLE = "SELECT 1 AS n, 'a' AS name, TIMESTAMP '2026-01-01' AS t"
SHOWS = (TABLE, "%note **bold** and `code`", "%show _ 1 name", TABLE + ";\n%chart bar _ --x name --y n", TABLE + ";\n%timeline _ --time t --lane name --label name",
         "%help", "%doctor kernel", "SELECT * FROM range(300)")


class TrapTest(KernelCase):
    def bundles(self):
        for code in SHOWS:
            reply, published = self.client.run(code)
            self.assertEqual(reply.content["status"], "ok", reply)
            for bundle in [m.content for m in published if "data" in m.content] + reply.content["payload"]:
                yield code, bundle["data"]

    def test_every_trap_has_its_test(self):
        for trap, where in TRAPS.items():
            file, name = where.split()
            with open(os.path.join(HERE, file)) as text:
                self.assertTrue("def %s(" % name in text.read(), (trap, where))

    def test_no_bundle_holds_a_type_that_hides_the_others(self):
        for code, data in self.bundles():
            self.assertFalse({"application/json", "application/javascript", "text/vnd.mermaid"} & set(data), code)
            self.assertTrue(data.get("text/plain"), code)            # what every front end can show

    def test_a_chart_has_a_drawing_and_no_html(self):
        charts = [data for code, data in self.bundles() if any("vega" in kind for kind in data)]
        self.assertGreaterEqual(len(charts), 2)
        for data in charts:
            self.assertIn("application/vnd.vegalite.v5+json", data)
            self.assertNotIn("text/html", data)
            self.assertNotIn("application/vnd.vegalite.v6+json", data)

    def test_what_is_updated_is_a_display(self):
        head = self.client.execute(ENDLESS)
        published = self.client.published_until("update_display_data")   # its progress
        self.client.send(self.client.control, "interrupt_request", {})
        published += self.client.until_idle(head) + self.client.run(TABLE)[1]
        for message in published:
            if message.type == "execute_result":
                self.assertNotIn("transient", message.content)
            if message.type == "update_display_data":
                first = [m for m in published if m.content.get("transient") == message.content["transient"]][0]
                self.assertEqual(first.type, "display_data")

    def test_transient_is_left_out_where_there_is_no_display_id(self):
        for code in (TABLE, "%note a"):
            for message in self.client.run(code)[1]:
                self.assertNotIn("transient", message.content)

    def test_buffers_are_neither_signed_nor_needed(self):
        head = self.client.send(self.client.shell, "comm_open", {"comm_id": "c", "target_name": "t", "data": {}}, buffers=(b"\x00\xff" * 500, b""))
        self.assertEqual(words(self.client.until_idle(head)), ["busy", "comm_close", "idle"])
        head, parts = self.client.parts("comm_open", {"comm_id": "d", "target_name": "t", "data": {}})
        self.client.shell.send_multipart([DELIMITER, self.kernel.sign(parts + [b"buffer"])] + parts + [b"buffer"])
        probe = self.client.send(self.client.shell, "kernel_info_request", {})
        self.assertEqual(self.client.receive(self.client.iopub).parent, probe)   # a signature over the buffers is wrong

    def test_no_debugger_is_claimed_anywhere(self):
        info = self.client.ask("kernel_info_request").content
        self.assertFalse(info.get("debugger"))
        self.assertNotIn("debugger", info["supported_features"])
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, "install", "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
            with open(os.path.join(folder, "share/jupyter/kernels/cofferdam/kernel.json")) as file:
                self.assertNotIn("debugger", json.load(file)["metadata"])

    def test_jupyters_order_of_a_shutdown(self):
        kernel = self.start()
        client = self.attach(kernel)
        for kind in ("interrupt_request", "shutdown_request"):
            client.send(client.control, kind, {"restart": False})
        self.assertEqual([client.receive(client.control).type for _ in range(2)], ["interrupt_reply", "shutdown_reply"])
        self.assertEqual(kernel.gone(), 0)

    def test_sigint_to_the_group_stops_the_cell_only(self):
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "config")
            with open(config, "w") as file:
                file.write("[profile slow]\nregion = us-east-1\ncredential_process = /bin/sh -c 'echo > %s/begun; exec sleep 1000'\n" % folder)
            kernel = self.start(parent=["setsid", "--wait"], env={"AWS_CONFIG_FILE": config, "AWS_EC2_METADATA_DISABLED": "true"})
            client = self.attach(kernel)
            head = client.execute("%set profile slow\n%whoami")
            while not os.path.exists(os.path.join(folder, "begun")):
                self.assertEqual(client.shell.poll(20), 0, "the cell ended before its child began")
            pid = client.ask("usage_request", sock=client.control).content["pid"]
            os.killpg(os.getpgid(pid), signal.SIGINT)
            self.assertEqual(client.reply_to(head).content["ename"], "Interrupted")
            self.alive(client)
            children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
            self.assertEqual(children, "")                           # no orphan, no zombie
            client.ask("shutdown_request", {"restart": False}, sock=client.control)
            kernel.gone()

    def test_html_needs_no_style_and_no_svg(self):
        for code, data in self.bundles():
            self.assertIsNone(re.search(r"(?i)<(style|svg|script|iframe|form|link)\b", data.get("text/html", "")), code)

    def test_what_is_shown_as_html_is_there_for_paper_as_well(self):
        """nbconvert's own choice for LaTeX: html is not among what it takes."""
        taken = LatexExporter().default_config.NbConvertBase.display_data_priority
        self.assertNotIn("text/html", taken)
        for code, data in self.bundles():
            if "text/html" in data:
                chosen = next(kind for kind in taken if kind in data)
                for word in ("name", "00:00:00") if code == TABLE else ():
                    self.assertIn(word, data[chosen])
                self.assertTrue(data[chosen].strip(), code)

    def test_no_output_loads_or_links_anything(self):
        for code, data in self.bundles():
            html = data.get("text/html", "")
            self.assertIsNone(re.search(r"(?i)\b(src|href|action)\s*=\s*['\"]?(https?:|//|/)", html), code)
            self.assertIsNone(re.search(r"(?i)url\(", html), code)


if __name__ == "__main__":
    unittest.main()
