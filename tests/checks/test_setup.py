"""Set-up on machines that lack something: a PATH of our own, with apt, dpkg, npm and id that only write down what they were asked."""
import hashlib
import io
import os
import shutil
import subprocess
import tarfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = """bash env awk grep cat sha256sum cut mktemp rm mv mkdir tar gzip touch ln realpath timeout uname dirname echo sed
true false""".split()
PACKAGES = "# comment\nbuild gcc gcc\nbuild libzmq3-dev\nbuild npm npm\ndemo librsvg2-bin\ntest libcmocka-dev\n"
LIBRARY, HEADER = b"library", b"header"


class Machine:
    def __init__(self, folder):
        self.folder, self.bin, self.log = folder, folder / "bin", folder / "calls"
        self.bin.mkdir()
        for tool in TOOLS:
            os.symlink(shutil.which(tool), self.bin / tool)
        shutil.copytree(os.path.join(ROOT, ".ci"), folder / ".ci")
        self.write(".ci/packages.txt", PACKAGES)
        self.write(".ci/duckdb.sha256", "any lib@1.0 package/lib.so %s libduckdb.so\nany head@1.0 package/head.h %s duckdb.h\n"
                   % (hashlib.sha256(LIBRARY).hexdigest(), hashlib.sha256(HEADER).hexdigest()))
        self.log.write_text("")
        self.tool("sleep", "")
        self.tool("ldconfig", "")
        self.tool("gcc", "")
        self.user(0)
        self.installed("libzmq3-dev", "librsvg2-bin", "libcmocka-dev")
        self.tool("apt-get", "")
        self.npm()

    def write(self, path, text):
        (self.folder / path).write_text(text)

    def tool(self, name, script):
        """A command that logs its words and then does what the script says."""
        path = self.bin / name
        path.write_text('#!%s\necho "%s $*" >> %s\n%s\n' % (self.bin / "bash", name, self.log, script))
        path.chmod(0o755)

    def user(self, number):
        self.tool("id", "echo %d" % number)

    def installed(self, *packages):
        self.tool("dpkg-query", "\n".join("echo '%s install ok installed'" % p for p in packages) + "\necho 'gone deinstall ok config-files'\nexit 1")

    def npm(self, script=None):
        for name, member, data in (("lib", "package/lib.so", LIBRARY), ("head", "package/head.h", HEADER)):
            with tarfile.open(self.folder / (name + ".tgz"), "w:gz") as archive:
                info = tarfile.TarInfo(member)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        self.tool("npm", script or "for word; do package=$word; done; cat %s/${package%%@*}.tgz > ./got.tgz" % self.folder)

    def setup(self, purpose="build", **environment):
        return subprocess.run([str(self.bin / "bash"), ".ci/setup.sh", purpose], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env={"PATH": str(self.bin), "HOME": str(self.folder), **environment})

    def calls(self, *names):
        """What was asked of these commands since the last look."""
        lines = [line.strip() for line in self.log.read_text().splitlines() if line.split()[0] in names]
        self.log.write_text("")
        return lines

    def deps(self):
        folder = self.folder / "build/deps"
        return sorted(f for f in os.listdir(folder) if not f.startswith(".")) if folder.exists() else []


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_without_root_it_stops_with_the_one_command_before_anything_else(machine):
    machine.user(1000)
    machine.installed("libcmocka-dev")
    done = machine.setup("test")
    assert done.returncode != 0
    commands = [line.strip() for line in done.stderr.splitlines() if "apt-get" in line]
    assert commands == ["sudo apt-get update && sudo apt-get install -y --no-install-recommends libzmq3-dev librsvg2-bin"]
    assert machine.calls("apt-get", "npm") == []
    assert not (machine.folder / "build").exists()


def test_each_purpose_asks_for_its_packages_only(machine):
    machine.user(1000)
    machine.installed()
    for purpose, packages in (("build", "libzmq3-dev"), ("demo", "libzmq3-dev librsvg2-bin"), ("test", "libzmq3-dev librsvg2-bin libcmocka-dev")):
        assert machine.setup(purpose).stderr.rstrip().endswith("--no-install-recommends " + packages)


def test_as_root_it_installs_what_is_missing_and_nothing_else(machine):
    machine.installed("libcmocka-dev")
    assert machine.setup().returncode == 0
    assert machine.calls("apt-get") == ["apt-get -qq update", "apt-get -qq -y --no-install-recommends install libzmq3-dev"]


def test_a_removed_package_counts_as_missing(machine):
    machine.installed()
    machine.write(".ci/packages.txt", "build gone\n")
    assert machine.setup().returncode == 0
    assert "apt-get -qq -y --no-install-recommends install gone" in machine.calls("apt-get")


def test_a_command_from_elsewhere_spares_the_package(machine):
    assert machine.setup().returncode == 0
    assert machine.calls("apt-get") == []
    (machine.bin / "gcc").unlink()
    machine.user(1000)
    assert machine.setup().stderr.rstrip().endswith("--no-install-recommends gcc")


def test_apt_is_tried_three_times(machine):
    machine.installed()
    machine.tool("apt-get", "exit 100")
    done = machine.setup()
    assert done.returncode != 0
    assert machine.calls("apt-get") == ["apt-get -qq update"] * 3
    machine.tool("apt-get", 'case $* in *install*) [ "$(grep -c "install lib" %s)" = 2 ] ;; esac' % machine.log)
    assert machine.setup().returncode == 0
    assert len(machine.calls("apt-get")) == 3


def test_without_apt_it_names_the_packages_and_goes_on(machine):
    (machine.bin / "dpkg-query").unlink()
    done = machine.setup()
    assert done.returncode == 0
    assert "gcc libzmq3-dev npm" in done.stdout
    assert machine.deps() == ["duckdb.h", "libduckdb.so"]


def test_duckdb_is_fetched_checked_and_kept(machine):
    assert machine.setup().returncode == 0
    assert machine.calls("npm") == ["npm pack --silent lib@1.0", "npm pack --silent head@1.0"]
    assert (machine.folder / "build/deps/libduckdb.so").read_bytes() == LIBRARY
    assert (machine.folder / "build/deps/duckdb.h").read_bytes() == HEADER
    assert machine.setup().returncode == 0
    assert machine.calls("npm", "apt-get", "sha256sum") == []


def test_a_download_that_is_not_what_it_was_is_refused(machine):
    machine.write(".ci/duckdb.sha256", "any lib@1.0 package/lib.so %s libduckdb.so\n" % hashlib.sha256(b"another").hexdigest())
    done = machine.setup()
    assert done.returncode != 0
    assert "SHA-256" in done.stderr
    assert machine.deps() == []


def test_a_file_of_another_version_is_replaced(machine):
    (machine.folder / "build/deps").mkdir(parents=True)
    (machine.folder / "build/deps/libduckdb.so").write_bytes(b"old")
    assert machine.setup().returncode == 0
    assert (machine.folder / "build/deps/libduckdb.so").read_bytes() == LIBRARY


@pytest.mark.parametrize("script", ["exit 1", "exec %s 60" % shutil.which("sleep")])
def test_a_download_that_fails_or_hangs_is_tried_three_times(machine, script):
    machine.npm(script)
    done = machine.setup(LIMIT="1")
    assert done.returncode != 0
    assert "npm could not fetch lib@1.0" in done.stderr
    assert machine.calls("npm") == ["npm pack --silent lib@1.0"] * 3


def test_a_library_of_ones_own_is_used_instead(machine):
    own = machine.folder / "own.so"
    own.write_bytes(b"own")
    assert machine.setup(DUCKDB_LIB=str(own)).returncode == 0
    assert os.readlink(machine.folder / "build/deps/libduckdb.so") == str(own)
    assert machine.calls("npm") == ["npm pack --silent head@1.0"]
    assert machine.setup().returncode == 0                                 # without it, the pinned one again
    assert (machine.folder / "build/deps/libduckdb.so").read_bytes() == LIBRARY
    assert own.read_bytes() == b"own"


def test_a_library_that_is_not_there_is_named(machine):
    done = machine.setup(DUCKDB_LIB="/nowhere.so")
    assert done.returncode != 0
    assert "DUCKDB_LIB=/nowhere.so is not a file" in done.stderr


def test_the_systems_library_is_used_instead(machine):
    own = machine.folder / "system.so"
    own.write_bytes(b"system")
    machine.tool("ldconfig", "echo '	libduckdb.so (libc6,x86-64) => %s'" % own)
    assert machine.setup().returncode == 0
    assert os.readlink(machine.folder / "build/deps/libduckdb.so") == str(own)


def test_the_lists_of_this_repository_can_be_read():
    with open(os.path.join(ROOT, ".ci/packages.txt")) as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    assert all(len(row) in (2, 3) and row[0] in ("build", "demo", "test") for row in rows)
    with open(os.path.join(ROOT, ".ci/duckdb.sha256")) as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    assert {(row[0], row[4]) for row in rows} == {("x86_64", "libduckdb.so"), ("aarch64", "libduckdb.so"), ("any", "duckdb.h")}
