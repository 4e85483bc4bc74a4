"""Outputs: none is lost, none comes late, none floods the page; what a cell showed is kept."""
import glob
import hashlib
import json
import os
import re
import stat
import subprocess
import unittest

import zmq

from test_lifecycle import SHIMS
from wire_client import ENDLESS, PATIENCE, Client, KernelCase, words

MIB = 1 << 20
WAIT = PATIENCE * 6


def streams(published, *names):
    return "".join(m.content["text"] for m in published if m.type == "stream" and (not names or m.content["name"] in names))


def printed(kernel_folder, cell):
    """The files of a cell that showed too much."""
    return sorted(glob.glob(os.path.join(kernel_folder, ".cofferdam", "outputs", "*", "%d.txt" % cell)))


def page(published):
    """Type and content of what stands on the page in the end."""
    found = []
    for m in published:
        if m.type == "update_display_data":
            for i, (kind, content) in enumerate(found):
                if content.get("transient") == m.content["transient"]:
                    found[i] = (kind, m.content)
        elif m.type not in ("status", "execute_input"):
            found.append((m.type, m.content))
    return found


class StreamTest(KernelCase):
    def test_text_is_gathered_and_nothing_overtakes_it(self):
        code = "\n".join(["%echo a", "%echo b", "%echo --stderr c", "%echo d", "%note **e**", "%echo f", "SELECT 42 AS n", "%nosuch"])
        _, published = self.client.run(code)
        self.assertEqual(words(published), ["busy", "execute_input", "a\nb\n", "c\n", "d\n", "display_data", "f\n", "execute_result", "error", "idle"])

    def test_text_comes_while_the_cell_still_runs(self):
        head = self.client.execute("%echo before\n" + ENDLESS)
        self.assertEqual(self.client.published_until("stream")[-1].content["text"], "before\n")
        self.assertEqual(self.client.shell.poll(0), 0)
        self.client.send(self.client.control, "interrupt_request", {})
        self.assertEqual(self.client.reply_to(head).content["ename"], "Interrupted")
        self.client.until_idle(head)

    def test_long_text_is_cut_between_characters(self):
        text = "é\U0001f980\u0301€" * 20000
        _, published = self.client.run("t = '%s'\n%%echo {t}" % text)
        pieces = [m for m in published if m.type == "stream"]
        self.assertGreater(len(pieces), 2)
        self.assertLess(max(len(json.dumps(m.content, ensure_ascii=False).encode()) for m in pieces), 150000)
        self.assertEqual(streams(published), text + "\n")


class SurplusTest(KernelCase):
    def cell(self, code, **options):
        reply, published = self.client.run(code, **options)
        self.assertEqual(reply.content["status"], "ok", str(reply)[:500])
        return reply.content["execution_count"], published

    def check(self, cell, published, whole):
        """Head and tail are shown, and where the rest is; the file holds all of it."""
        path, = printed(self.kernel.folder, cell)
        with open(path, "rb") as file:
            kept = file.read()
        self.assertEqual(kept, whole.encode())
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        shown = streams(published)
        self.assertLess(len(shown), MIB)
        notice = re.search(r"\n\[\.\.\. this cell shows more than fits on a page: ([\d,]+) lines, (.+?) in all, whole in (\S+), sha256 (\w+); its end:\]\n", shown)
        self.assertEqual(int(notice[1].replace(",", "")), whole.count("\n"))
        self.assertEqual(os.path.join(self.kernel.folder, notice[3]), path)
        self.assertEqual(notice[4], hashlib.sha256(kept).hexdigest())
        self.assertTrue(whole.startswith(shown[:notice.start()]))
        self.assertTrue(whole.endswith(shown[notice.end():]))
        self.assertGreater(notice.start(), MIB // 2)
        self.assertGreater(len(shown) - notice.end(), 1000)

    def test_fifty_megabytes_of_text(self):
        line = "".join("%07d " % i for i in range(125000))           # a million characters
        count, published = self.cell("t = '%s'\n" % line + "%echo {t}\n" * 50)
        self.check(count, published, (line + "\n") * 50)
        self.alive()

    def test_the_value_and_the_error_come_after_it_and_always(self):
        text = "0123456789" * 90000
        _, published = self.cell("t = '%s'\n%%echo {t} {t}\nSELECT 'the value' AS v" % text)
        self.assertEqual(published[-2].type, "execute_result")
        self.assertIn("the value", published[-2].content["data"]["text/plain"])
        reply, published = self.client.run("t = '%s'\n%%echo {t} {t}\n%%nosuch" % text)
        self.assertEqual([m.type for m in published[-2:]], ["error", "status"])
        self.assertEqual(reply.content["status"], "error")
        self.assertIn("whole in", streams(published, "stderr"))

    def test_displays_beyond_the_limit_go_there_as_text(self):
        note = "word " * 2000
        count, published = self.cell("t = '%s'\n" % note + "%note {t}\n" * 200)
        displays = [m for m in published if m.type == "display_data"]
        self.assertGreater(len(displays), 20)
        self.assertLess(len(displays), 200)
        self.assertLess(sum(len(json.dumps(m.content)) for m in displays), MIB)
        path, = printed(self.kernel.folder, count)
        with open(path) as file:
            self.assertEqual(file.read().count("word"), 2000 * 200)

    def test_one_display_alone_is_shown_whole(self):
        _, published = self.cell("SELECT i, md5(i::VARCHAR) AS h, repeat('y', 200) AS t FROM range(3000) r(i);\n%note small")
        self.assertEqual([m.type for m in published if m.type not in ("status", "execute_input")], ["display_data", "display_data"])

    def test_a_result_of_half_a_million_rows_shows_its_head_and_its_end_and_says_where_it_is(self):
        count, published = self.cell("%sql --limit 500000 SELECT i, md5(i::VARCHAR) || repeat('z', 60) AS h FROM range(500000) r(i)")
        shown = page(published)
        self.assertEqual([kind for kind, _ in shown], ["display_data", "execute_result"])
        head, end = (content.get("data", {}).get("text/plain") for _, content in shown)
        self.assertLess(sum(len(json.dumps(m.content)) for m in published), 4 * MIB)
        self.assertIn("500,000", head)
        self.assertIn("499999", end)
        said = re.search(r"^All 500,000 rows are in (\S+), sha256 (\w+)\.$", end, re.M)
        with open(os.path.join(self.kernel.folder, said[1]), "rb") as file:
            kept = file.read()
        self.assertEqual(hashlib.sha256(kept).hexdigest(), said[2])
        self.assertEqual(kept.count(b"\n"), 500001)
        reply, _ = self.client.run("", user_expressions={"n": "(SELECT count(*) FROM _%d)" % count})
        self.assertEqual(reply.content["user_expressions"]["n"]["data"]["text/plain"], "500000")

    def test_a_full_disk_costs_the_surplus_and_the_journal_and_no_cell(self):
        shim = os.path.join(self.kernel.folder, "enospc.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, os.path.join(SHIMS, "enospc.c"), "-ldl"], check=True)
        kernel = self.start(env={"LD_PRELOAD": shim, "ENOSPC_AFTER": "300000"}, wait=False, full="outputs")
        kernel.wait_ready()
        client = self.attach(kernel)
        reply, published = client.run("t = '%s'\n%%echo {t} {t}" % ("0123456789" * 90000))
        self.assertEqual(reply.content["status"], "ok")
        said = streams(published, "stderr")
        self.assertIn("could not be kept whole", said)
        self.assertIn("no space left", said)
        self.assertEqual(said.count("is not kept any more"), 1)
        _, published = client.run("%echo next")
        self.assertEqual(words(published), ["busy", "execute_input", "next\n", "idle"])


class JournalTest(KernelCase):
    def again(self, cell):
        return [m for m in self.client.run("%%show output %d" % cell)[1] if m.type not in ("status", "execute_input")]

    def test_what_a_closed_browser_missed_comes_back(self):
        code = "%echo one\n%note **two** <b>\n%echo --stderr three\nSELECT 4 AS four"
        reply, first = self.client.run(code)
        again = self.again(reply.content["execution_count"])
        self.assertEqual([m.type for m in again], ["stream", "display_data", "stream", "display_data"])
        for before, after in zip([m for m in first if m.type not in ("status", "execute_input")], again):
            for name in ("text", "name", "data"):
                self.assertEqual(before.content.get(name), after.content.get(name))

    def test_of_a_failed_cell_with_its_error_as_text(self):
        reply, _ = self.client.run("%echo before\n%nosuch")
        shown = streams(self.again(reply.content["execution_count"]))
        self.assertTrue(shown.startswith("before\nUsageError: unknown magic %nosuch"), shown)

    def test_clearing_and_replacing_is_done_again(self):
        reply, _ = self.client.run("%echo gone\n%echo --clear stays")
        self.assertEqual(streams(self.again(reply.content["execution_count"])), "stays\n")

    def test_a_cell_that_showed_nothing_is_said(self):
        reply, _ = self.client.run("%show output 99999")
        self.assertEqual(reply.content["ename"], "NotFoundError")
        self.assertIn("cell 99999 has shown nothing", reply.content["evalue"])

    def test_it_lies_next_to_the_case_and_is_private(self):
        self.client.run("%echo kept here")
        path, = glob.glob(os.path.join(self.kernel.folder, ".cofferdam", "outputs", "*", "journal.jsonl"))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode), 0o700)
        with open(path) as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual(lines[-1]["content"], {"name": "stdout", "text": "kept here\n"})
        size = os.path.getsize(path)
        self.client.run("%echo silent", silent=True)
        self.assertEqual(os.path.getsize(path), size)


class ReaderTest(KernelCase):
    def test_two_thousand_displays_reach_a_reader_that_begins_late(self):
        head = self.client.execute("\n".join("%%note number %d" % i for i in range(2000)))
        self.assertEqual(self.client.reply_to(head, patience=WAIT).content["status"], "ok")
        published = self.client.until_idle(head, WAIT)
        displays = [m.content["data"]["text/plain"] for m in published if m.type == "display_data"]
        self.assertEqual([int(text.split()[1]) for text in displays], list(range(2000)))

    def test_the_pace_stays_below_what_a_jupyter_server_drops(self):
        head, times = self.client.execute("\n".join("%%note %d" % i for i in range(3600))), []
        while True:
            message = self.client.receive(self.client.iopub, WAIT)
            if message.type == "display_data":
                times.append(message.header["date"])
            elif message.parent.get("msg_id") == head["msg_id"] and message.content.get("execution_state") == "idle":
                break
        self.assertEqual(len(times), 3600)
        seconds = [int(t[14:16]) * 60 + float(t[17:26]) for t in times]
        self.assertGreaterEqual((seconds[2700] - seconds[0]) % 3600, 2.99)
        self.assertEqual(self.client.reply_to(head).content["status"], "ok")

    def test_control_and_completion_are_answered_while_outputs_wait_for_their_pace(self):
        head = self.client.execute("\n".join("%%note %d" % i for i in range(3200)))
        for _ in range(3000):                                        # the pause begins after 2,700
            self.client.receive(self.client.iopub, WAIT)
            if self.client.iopub.poll(500) == 0:
                break
        self.assertEqual(self.client.ask("complete_request", {"code": "%ec", "cursor_pos": 3}).content["status"], "ok")
        self.assertEqual(self.client.ask("kernel_info_request", sock=self.client.control).content["status"], "ok")
        self.assertEqual(self.client.reply_to(head, patience=WAIT).content["status"], "ok")
        self.client.until_idle(head, WAIT)

    def test_one_that_stands_still_holds_up_neither_cells_nor_other_readers(self):
        kernel = self.start()
        client, stuck = self.attach(kernel), Client(kernel, subscribe=None)
        self.addCleanup(stuck.close)
        stuck.iopub = stuck.context.socket(zmq.SUB)
        stuck.iopub.setsockopt(zmq.RCVHWM, 1)
        stuck.iopub.setsockopt(zmq.RCVBUF, 4096)
        stuck.iopub.setsockopt(zmq.SUBSCRIBE, b"")
        stuck.iopub.connect(kernel.endpoint("iopub_port"))
        stuck.published_until("iopub_welcome")
        client.run("t = '%s'" % ("z" * 700000))
        for i in range(130):                                         # far more than all queues hold
            reply, published = client.run("%%echo %d {t}" % i)
            self.assertEqual(reply.content["status"], "ok")
            self.assertEqual(streams(published), "%d %s\n" % (i, "z" * 700000))
            last = reply.content["execution_count"]
        self.assertEqual(kernel.log().count("does not read its messages"), 1, kernel.log())
        _, published = client.run("%doctor kernel")
        rows = next(m for m in published if m.type == "execute_result").content["data"]["text/plain"]
        self.assertRegex(rows, r"dropped +\S* *warning")
        with open("/proc/%d/status" % kernel.process.pid) as file:
            resident = int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])
        if not os.environ.get("SANITIZE"):
            self.assertLess(resident, 300 * 1024)                    # KiB: queue, backlog and the kernel
        self.assertEqual(streams(client.run("%%show output %d" % last)[1]), "129 %s\n" % ("z" * 700000))


if __name__ == "__main__":
    unittest.main()
