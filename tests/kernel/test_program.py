"""The program at a shell: install, uninstall, version, help, the table of magics."""
import hashlib
import json
import os
import stat
import subprocess
import tempfile
import unittest

from wire_client import PATIENCE, PROGRAM


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.home = self.folder.name

    def run_program(self, *words, status=0, **environment):
        env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "CONDA_PREFIX", "JUPYTER_DATA_DIR", "XDG_DATA_HOME")}
        env.update(HOME=self.home, **environment)
        done = subprocess.run([PROGRAM] + list(words), capture_output=True, text=True, timeout=PATIENCE, env=env, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_the_kernelspec_says_how_to_start_and_to_stop_it(self):
        self.run_program("install", "--user")
        folder = os.path.join(self.home, ".local", "share", "jupyter", "kernels", "cofferdam")
        with open(os.path.join(folder, "kernel.json")) as file:
            spec = json.load(file)
        self.assertEqual(spec["argv"], [os.path.realpath(PROGRAM), "-f", "{connection_file}"])
        self.assertEqual(spec["display_name"], "Cofferdam (incident response)")
        self.assertEqual(spec["language"], "sql")
        self.assertEqual(spec["interrupt_mode"], "message")
        self.assertEqual(spec["metadata"]["supported_encryption"], ["curve"])
        self.assertEqual(spec["kernel_protocol_version"], "5.6.0")     # it promises the handshake
        for name, begins in (("logo-32x32.png", b"\x89PNG"), ("logo-64x64.png", b"\x89PNG"), ("logo-svg.svg", b"<")):
            with open(os.path.join(folder, name), "rb") as file:
                self.assertTrue(file.read().startswith(begins), name)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, "kernel.json")).st_mode), 0o644)
        self.run_program("install", "--user")                          # again is fine
        self.run_program("uninstall", "--user")
        self.assertFalse(os.path.exists(folder))
        self.assertIn("kernel.json", self.run_program("uninstall", "--user", status=1).stderr)

    def test_every_place_has_its_folder(self):
        cases = (
            (("--user",), {"JUPYTER_DATA_DIR": self.home + "/data"}, "data/kernels/cofferdam"),
            (("--user",), {"XDG_DATA_HOME": self.home + "/xdg"}, "xdg/jupyter/kernels/cofferdam"),
            (("--sys-prefix",), {"VIRTUAL_ENV": self.home + "/venv"}, "venv/share/jupyter/kernels/cofferdam"),
            (("--sys-prefix",), {"CONDA_PREFIX": self.home + "/conda"}, "conda/share/jupyter/kernels/cofferdam"),
            (("--prefix", self.home + "/p", "--name", "other", "--display-name", "Other \"one\""), {}, "p/share/jupyter/kernels/other"),
        )
        for words, environment, folder in cases:
            with self.subTest(words):
                self.run_program("install", *words, **environment)
                with open(os.path.join(self.home, folder, "kernel.json")) as file:
                    name = json.load(file)["display_name"]
                self.assertEqual(name, 'Other "one"' if "--display-name" in words else "Cofferdam (incident response)")
                self.run_program("uninstall", *(w for w in words if w not in ("--display-name", "Other \"one\"")), **environment)
                self.assertFalse(os.path.exists(os.path.join(self.home, folder)))

    def test_what_makes_no_sense_is_refused(self):
        for words, says in (((), "--user"), (("--user", "--prefix", "x"), "say where"), (("--prefix",), "needs a value"), (("--user", "more"), "say where"),
                            (("--user", "--name", "../x"), "no name"), (("--user", "--name", ".x"), "no name"), (("--user", "--seed", "1"), "--seed"),
                            (("--sys-prefix",), "environment")):
            with self.subTest(words):
                self.assertIn(says, self.run_program("install", *words, status=2).stderr)
        os.makedirs(self.home + "/p/share/jupyter/kernels/python3")
        with open(self.home + "/p/share/jupyter/kernels/python3/kernel.json", "w") as file:
            json.dump({"argv": ["python"]}, file)
        refused = self.run_program("uninstall", "--prefix", self.home + "/p", "--name", "python3", status=1)
        self.assertIn("another program", refused.stderr)
        self.assertTrue(os.path.exists(self.home + "/p/share/jupyter/kernels/python3/kernel.json"))

    def test_a_folder_that_cannot_be_written_is_named(self):
        self.assertIn("/proc/nowhere", self.run_program("install", "--prefix", "/proc/nowhere", status=1).stderr)

    def test_version_help_and_unknown_words(self):
        self.assertRegex(self.run_program("--version").stdout, r"^cofferdam \d+\.\d+\.\d+\n$")
        self.assertIn("usage: cofferdam", self.run_program("--help").stdout)
        for words in (("--nosuch",), ("nosuch",), ("-f",), ("-f", "a", "b"), ("--version", "x")):
            self.assertIn("usage: cofferdam", self.run_program(*words, status=2).stderr)

    def test_the_training_incident_is_the_same_for_the_same_seed(self):
        def tree(folder):
            found = {}
            for path, _, names in os.walk(folder):
                for name in names:
                    with open(os.path.join(path, name), "rb") as file:
                        found[os.path.relpath(os.path.join(path, name), folder)] = hashlib.sha256(file.read()).hexdigest()
            return found

        folders = [os.path.join(self.home, name) for name in "abc"]
        for folder, seed in zip(folders, ("7", "7", "8")):
            said = self.run_program("example", "sec318", "--into", folder, "--seed", seed).stdout
            with open(os.path.join(folder, "truth.json")) as file:
                self.assertIn(json.load(file)["key"], said)
        first, again, other = map(tree, folders)
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertEqual(self.run_program("example", "sec318", "--into", folders[0], status=2).stdout, "")   # holds logs already

    def test_an_example_needs_a_name_a_place_and_sane_numbers(self):
        for words, says in (((), "say which"), (("sec318",), "say which"), (("sec318", "--into", "x", "--seed", "-1"), "whole number"),
                            (("sec318", "--into", "x", "--scale", "1e3"), "whole number"), (("sec318", "--into", "x", "--scale", "0"), "whole number"),
                            (("sec318", "--into", "x", "--user"), "--user")):
            with self.subTest(words):
                self.assertIn(says, self.run_program("example", *words, status=2).stderr)
        self.assertIn("nosuch", self.run_program("example", "nosuch", "--into", self.home + "/x", status=2).stderr)

    def test_the_table_of_magics_is_markdown(self):
        lines = self.run_program("magics").stdout.splitlines()
        self.assertEqual(lines[:2], ["| magic | does |", "|---|---|"])
        self.assertTrue(any(line.startswith("| `%echo` | ") for line in lines))
        self.assertEqual(lines[2:], sorted(lines[2:]))

    def test_the_readme_has_the_table_of_magics(self):
        with open(os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "README.md")) as file:
            between = file.read().split("<!-- magics: build/cofferdam magics -->\n")[1].split("<!-- end -->")[0]
        self.assertEqual(between, self.run_program("magics").stdout)


if __name__ == "__main__":
    unittest.main()
