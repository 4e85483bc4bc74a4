"""Each house check passes on this tree, and what it is for makes it fire."""
import os
import shutil
import subprocess
import sys

import pytest

import house
import source
import tools

TIDY = os.path.join(house.ROOT, ".clang-tidy")
LONG = "void f(void)\n{\n" + "    g();\n" * 58 + "}\n"
# check -> rows of ({file: content}, where, words of the message)
FIRES = {
    "floors": (
        ({"kernel/base/a.c": '#include "data/b.h"\n', "kernel/data/b.h": ""}, ("kernel/base/a.c", 1), "base may not include kernel/data/b.h"),
        ({"kernel/jupyter/a.c": '\n#include "data/b.h"\n', "kernel/data/b.h": ""}, ("kernel/jupyter/a.c", 2), "jupyter may not include"),
        ({"kernel/engine/a.c": '#include "case/b.h"\n', "kernel/case/b.h": ""}, ("kernel/engine/a.c", 1), "engine may not include"),
        ({"kernel/lake/a.c": '#include "magic.h"\n', "kernel/magic.h": ""}, ("kernel/lake/a.c", 1), "(floor magic)"),
        ({"magics/a.c": '#include "jupyter/b.h"\n', "kernel/jupyter/b.h": ""}, ("magics/a.c", 1), "magics may not include"),
        ({"magics/a.c": '#include "worker.h"\n', "kernel/worker.h": ""}, ("magics/a.c", 1), "(floor top)"),
        ({"kernel/magic.c": '#include "lake/b.h"\n', "kernel/lake/b.h": ""}, ("kernel/magic.c", 1), "magic may not include"),
        ({"kernel/base/a.c": '#include "b.h"\n', "kernel/base/b.h": ""}, ("kernel/base/a.c", 1), "without its folder"),
        ({"kernel/base/a.c": '#include "../data/b.h"\n', "kernel/data/b.h": ""}, ("kernel/base/a.c", 1), "without its folder"),
        ({"kernel/base/a.c": '#include "base/gone.h"\n'}, ("kernel/base/a.c", 1), "is not there"),
        ({"kernel/attic/a.c": ""}, ("kernel/attic/a.c", 1), "no floor"),
        ({"kernel/base/deep/a.c": ""}, ("kernel/base/deep/a.c", 1), "no floor"),
    ),
    "homes": (
        ({"kernel/lake/a.c": "#include <zmq.h>\n"}, ("kernel/lake/a.c", 1), "kernel/jupyter/"),
        ({"kernel/lake/a.c": "#include <duckdb.h>\n"}, ("kernel/lake/a.c", 1), "kernel/engine/duckdb"),
        ({"kernel/data/a.c": "#include <openssl/sha.h>\n"}, ("kernel/data/a.c", 1), "hash.c"),
        ({"kernel/data/a.c": "#include <utf8proc.h>\n"}, ("kernel/data/a.c", 1), "text"),
        ({"kernel/aide.c": "#include <sqlite3.h>\n"}, ("kernel/aide.c", 1), "history.c"),
        ({"kernel/base/a.c": "#include <glib.h>\n"}, ("kernel/base/a.c", 1), "has no home"),
    ),
    "sizes": (
        ({"kernel/base/a.c": LONG}, ("kernel/base/a.c", 1), "f has 61 lines"),
        ({"kernel/base/a.c": "\n" * 501}, ("kernel/base/a.c", 501), "501 lines"),
        ({"magics/a.c": "static int f(int a, int b, int c, int d, int e, int g)\n{\n}\n"}, ("magics/a.c", 1), "6 parameters"),
        ({"magics/a.c": "int x;\n\nint f(int a, void (*b)(int, int), int c, int d, int e, int g,\n      struct arena *arena)\n{\n}\n"},
         ("magics/a.c", 3), "f has 6 parameters"),
    ),
    "banned": tuple(({"kernel/base/a.c": "\nint x = %s(y);\n" % name}, ("kernel/base/a.c", 2), name + " is banned") for name in house.BANNED),
    "guards": (({"kernel/case/a.c": "\nstruct aws *aws = aws_new(&x);\n/* guard_watch(g, aws); */\n"}, ("kernel/case/a.c", 2), "without guard_watch"),),
    "style": (
        ({"kernel/base/a.c": "typedef struct a { int b; } a;\n"}, ("kernel/base/a.c", 1), "typedef"),
        ({"kernel/base/a.c": "#define TWICE(x) ((x) + (x))\n"}, ("kernel/base/a.c", 1), "TWICE"),
        ({"kernel/base/utils.c": ""}, ("kernel/base/utils.c", 1), "about nothing"),
        ({"kernel/base/a.h": "/* b - something else */\n"}, ("kernel/base/a.h", 1), "first line"),
        ({"kernel/base/a.h": "#ifndef A_H\n"}, ("kernel/base/a.h", 1), "first line"),
    ),
    "words": tuple(({"README.md": "one\n" + word + "\n"}, ("README.md", 2), "contains the word")
                   for word in ("TO" "DO", "FIX" "ME", "a X" "XX", "a st" "ub.", "st" "ubs", "Not imple" "mented")),
    "machine": tuple(({"a.md": "\n\nsee " + path + "\n"}, ("a.md", 3), "not everywhere")
                     for path in ("/wo" "rk/main", "/ro" "ot/x", "/ho" "me/anna/x", "/tmp/du" "ck", "registry.npm" "js.org", "py" "pi.org", "deb.deb" "ian.org")),
    "line-ends": (
        ({"a.md": b"one\ntwo\r\n"}, ("a.md", 2), "carriage return"),
        ({"a.md": b"one\ntwo"}, ("a.md", 2), "line end"),
        ({"a.md": b"one\n\xff\n"}, ("a.md", 2), "UTF-8"),
    ),
    "magics": (
        ({"magics/a.c": "const struct magic magic_a = {0};\n", "magics/magics.c": ""}, ("magics/a.c", 1), "not listed"),
        ({"magics/a.c": "const struct magic magic_b = {0};\n", "magics/magics.c": "&magic_b,\n"}, ("magics/a.c", 1), "magics/b.c"),
        ({"magics/magics.c": "    &magic_a,\n"}, ("magics/magics.c", 1), "no file defines"),
    ),
    "pins": (
        ({".ci/requirements.txt": "pytest==1.0\nduckdb>=1.5\n"}, (".ci/requirements.txt", 2), "not pinned"),
        ({".ci/duckdb.sha256": "any duckdb@1.0 a 00ff b\n"}, (".ci/duckdb.sha256", 1), "SHA-256"),
        ({"tests/sanitizer/leak.supp": "leak:libzmq.so\nleak:lake_open\n"}, ("tests/sanitizer/leak.supp", 2), "overlooks"),
    ),
    "headers": (
        ({"kernel/base/a.h": "struct a {\n    size_t b;\n};\n"}, ("kernel/base/a.h", 2), "size_t"),
        ({"kernel/base/a.h": '#include "base/gone.h"\n'}, ("kernel/base/a.h", 1), "gone.h"),
    ),
    "format": (
        ({"kernel/base/a.c": "int a;\nint  b;\n", ".clang-format": "BasedOnStyle: LLVM\n"}, ("kernel/base/a.c", 2), "make format"),
    ),
    "tidy": (
        ({"kernel/base/a.c": "int f(int a);\nint f(int a)\n{\n    int *p = 0;\n    return a ? *p : 0;\n}\n", ".clang-tidy": open(TIDY).read()},
         ("kernel/base/a.c", 5), "null pointer"),
        ({"kernel/base/a.c": "void g(void);\nvoid f(int a);\nvoid f(int a)\n{\n    if (a);\n    g();\n}\n", ".clang-tidy": open(TIDY).read()},
         ("kernel/base/a.c", 5), "semicolon"),
    ),
}
# what stands near the border and is right
PASSES = {
    "floors": {"kernel/lake/a.c": '#include "engine/b.h"\n#include "lake/c.h"\n#include <string.h>\n', "kernel/engine/b.h": "", "kernel/lake/c.h": ""},
    "homes": {"kernel/jupyter/a.c": "#include <zmq.h>\n", "kernel/engine/duckdb_x.c": "#include <duckdb.h>\n#include <sys/stat.h>\n"},
    "sizes": {"kernel/base/a.c": LONG.replace("    g();\n", "", 1) + "int x[] = {\n" + "1,\n" * 70 + "};\n"
                                 "bool f(int a, int b, int c, int d, int e, struct arena *arena, struct error *err)\n{\n}\n"},
    "guards": {"kernel/case/a.c": "void f(void)\n{\n    guard_watch(g, aws_new(&x));\n}\n", "kernel/aws/b.c": "struct aws *aws = aws_new(&x);\n"},
    "banned": {"kernel/base/a.c": '/* strcpy(a, b) */\nchar *a = "gets(b)";\nint my_system(int), c = d.popen(1);\n'},
    "style": {"kernel/base/a.h": "/* a - the first of the letters. */\n#define OPT_A(x) x\n#define ATTR_B(x) x\nstruct a {\n    int b;\n};\n"},
    "words": {"a.md": "A stubborn XXXL mastodon.\n"},
    "machine": {"a.md": "homework/ and the root/ of /home.\n"},
    "line-ends": {"a.md": b"\xc3\xa4\n", "b.png": b"\0\r\n", "empty": b""},
    "magics": {"magics/a.c": "const struct magic magic_a = {0};\n", "magics/magics.c": "&magic_a,\n"},
    "headers": {"kernel/base/a.h": "#include <stddef.h>\nstruct a {\n    size_t b;\n};\n"},
    "format": {"kernel/base/a.c": "int a;\n", ".clang-format": "BasedOnStyle: LLVM\n"},
    "tidy": {"kernel/base/a.c": "int f(int a);\nint f(int a)\n{\n    return a + 1;\n}\n", ".clang-tidy": open(TIDY).read()},
}


def plant(folder, files):
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(folder)


@pytest.mark.parametrize("check", house.CHECKS)
def test_this_tree_is_in_order(check):
    found = house.run(house.ROOT, [check])
    assert not found, "\n".join("%s:%d: %s" % f[1:] for f in found)


@pytest.mark.parametrize("check, files, where, says", [(c, *row) for c, rows in FIRES.items() for row in rows])
def test_a_breach_is_found(check, files, where, says, tmp_path):
    found = house.run(plant(tmp_path, files), [check])
    assert [f[:3] for f in found] == [(check, *where)]
    assert says in found[0][3]


@pytest.mark.parametrize("check", PASSES)
def test_what_is_right_passes(check, tmp_path):
    assert house.run(plant(tmp_path, PASSES[check]), [check]) == []


def test_every_check_has_been_seen_to_fire():
    assert set(house.CHECKS) == set(FIRES) | {"globals"}


@pytest.mark.parametrize("text, name", [("int a;", "a"), ("int a = 1;", "a"), ("static int b = 1; int *f(void); int *f(void) { return &b; }", "b"),
                                        ("int *f(void); int *f(void) { static int c; return &c; }", "c"), ("_Thread_local int d;", "d"),
                                        ("const char *e = \"x\";", "e")])
def test_a_writable_global_is_found(text, name, tmp_path, monkeypatch):
    plant(tmp_path, {"kernel/base/a.c": text})
    build = tmp_path / "out/obj/kernel/base"
    build.mkdir(parents=True)
    subprocess.run(["gcc", "-fPIE", "-c", str(tmp_path / "kernel/base/a.c"), "-o", str(build / "a.o")], check=True)
    monkeypatch.setenv("BUILD", "out")
    found = house.run(str(tmp_path), ["globals"])
    assert len(found) == 1 and found[0][3].split()[0].split(".")[0] == name
    plant(tmp_path, {"kernel/base/a.c": "extern const char *const f[]; const char *const f[] = {\"x\"}; static const int g = 1; const int *h(void);"
                                        " const int *h(void) { return &g; }"})
    subprocess.run(["gcc", "-fPIE", "-c", str(tmp_path / "kernel/base/a.c"), "-o", str(build / "a.o")], check=True)
    assert house.run(str(tmp_path), ["globals"]) == []


def test_globals_are_not_taken_for_clean_without_a_build(tmp_path, monkeypatch):
    plant(tmp_path, {"kernel/base/a.c": "int a;"})
    monkeypatch.setenv("BUILD", "nowhere")
    assert "make first" in house.run(str(tmp_path), ["globals"])[0][3]


def test_exceptions_need_a_reason_and_a_use(tmp_path):
    bad = {"kernel/base/a.c": "x = gets(y);\nz = atoi(y);\n"}
    plant(tmp_path, {**bad, "tests/checks/exceptions.txt": "# comment\nbanned kernel/base/a.c:gets because a test wants it\n"})
    assert [f[2:] for f in house.run(str(tmp_path), ["banned"])] == [(2, "atoi is banned")]
    plant(tmp_path, {**bad, "tests/checks/exceptions.txt": "banned kernel/base/a.c\nnosuch a.c because\nbanned kernel/base/b.c because\n"})
    found = [f for f in house.run(str(tmp_path), ["banned"]) if f[0] == "exceptions"]
    assert [f[2] for f in found] == [1, 2, 3]
    assert "nothing needs" in found[2][3]


def test_the_program_names_the_place_and_fails(tmp_path):
    plant(tmp_path, {"kernel/base/a.c": "x = gets(y);\n"})
    argv = [sys.executable, os.path.join(house.ROOT, "tests/checks/house.py"), "--root", str(tmp_path)]
    done = subprocess.run(argv + ["banned", "words"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "kernel/base/a.c:1: gets is banned [banned]\n")
    assert subprocess.run(argv + ["words"]).returncode == 0
    assert subprocess.run(argv + ["nosuch"], capture_output=True).returncode == 2


def test_git_decides_what_belongs_to_the_tree(tmp_path):
    plant(tmp_path, {"a.md": "", "b.md": "", "build/c.md": "", ".gitignore": "build/\n"})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "a.md"], cwd=tmp_path, check=True)
    assert source.Tree(tmp_path).files == [".gitignore", "a.md", "b.md"]


def test_functions_are_found_as_the_compiler_sees_them():
    text = ('#define A(x) { x }\nstruct s {\n    int a;\n};\nstatic const struct s t[] = {\n    {1},\n};\n/* int no(void) { */\n'
            'static ATTR_PRINTF(1, 2) int f(const char *a, ...)\n{\n    if (a) {\n        "}";\n    }\n}\n\nint g(void)\n{\n}\n')
    assert [(f.name, f.line, f.lines, f.parameters) for f in source.functions(text)] == [("f", 9, 6, 2), ("g", 16, 3, 0)]


def test_a_clean_file_is_not_asked_again_but_a_changed_one_is(tmp_path):
    tree = source.Tree(plant(tmp_path, {"kernel/base/a.c": '#include "base/a.h"\n', "kernel/base/a.h": "int a;\n"}))
    before = tools.tidy_key(tree, "kernel/base/a.c")
    assert tools.tidy_key(tree, "kernel/base/a.c") == before
    plant(tmp_path, {"kernel/base/a.h": "int b;\n"})
    assert tools.tidy_key(tree, "kernel/base/a.c") != before


def test_the_tools_are_there():
    assert all(shutil.which(tool) for tool in ("gcc", "clang-format", "clang-tidy", "objdump", "git"))
