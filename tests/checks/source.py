"""C as the house checks see it: text without comments and literals, functions with their size, files of the tree."""
import os
import re
import subprocess

COMMENT_OR_LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M | re.S)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)|ATTR_\w+(\s*\([^()]*\))?", re.S)
# what nearly every fallible function carries along does not count as a parameter of its own
CARRIED = re.compile(r"struct (arena|error) \*\w+$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]')


def blank(match):
    """As many lines as before, nothing else: places stay right."""
    text = match.group(0)
    keep = text[0] if text[0] in "\"'" else ""
    return keep + "\n" * text.count("\n") + keep


def bare(text):
    """The code alone: no comments, and literals as \"\"."""
    return COMMENT_OR_LITERAL.sub(blank, text)


class Function:
    def __init__(self, name, line, lines, parameters):
        self.name, self.line, self.lines, self.parameters = name, line, lines, parameters


def parameters_of(signature):
    """(name, number of parameters) of the text before a body, or None if it is no function."""
    signature = ATTRIBUTE.sub("", signature)
    match = re.search(r"([A-Za-z_]\w*)\s*\(", signature)
    if not match:
        return None
    depth, given = 1, [""]
    for char in signature[match.end():]:
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            break
        if char == "," and depth == 1:
            given.append("")
        else:
            given[-1] += char
    given = [g.strip() for g in given]
    return match.group(1), sum(g not in ("", "void") and not CARRIED.match(g) for g in given)


def functions(text):
    """The functions that a C file defines; their size is from the first line of the signature to the last brace."""
    code = DIRECTIVE.sub(blank, bare(text))
    depth, start, found, opened = 0, 0, [], None
    for at, char in enumerate(code):
        if char == "{":
            if depth == 0:
                before = code[start:at]
                is_body = before.rstrip().endswith(")") and "=" not in re.sub(r"\(.*\)", "", before, flags=re.S)
                opened = (before, start + len(before) - len(before.lstrip())) if is_body else None
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0 and opened:
                known = parameters_of(opened[0])
                first = code.count("\n", 0, opened[1]) + 1
                if known:
                    found.append(Function(known[0], first, code.count("\n", 0, at) + 2 - first, known[1]))
                start = at + 1
        elif char == ";" and depth == 0:
            start = at + 1
    return found


class Tree:
    """A folder and its files: what git would commit, or, where there is no git, all of them."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.files = sorted(self.listed())
        self.texts = {}

    def listed(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            done = subprocess.run(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"], cwd=self.root, check=True, capture_output=True)
            names = done.stdout.decode().split("\0")
            return {n for n in names if n and os.path.isfile(os.path.join(self.root, n))}
        return {os.path.relpath(os.path.join(folder, name), self.root) for folder, _, names in os.walk(self.root) for name in names}

    def bytes(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            return file.read()

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = self.bytes(path).decode("utf-8", "replace")
        return self.texts[path]

    def under(self, *folders, ends=(".c", ".h")):
        return [f for f in self.files if f.startswith(tuple(d + "/" for d in folders)) and f.endswith(tuple(ends))]

    def texts_files(self):
        """Every file that is text: no NUL byte in it."""
        return [f for f in self.files if b"\0" not in self.bytes(f)]
