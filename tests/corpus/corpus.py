"""Reads hostile.txt, as tests/unit/corpus.c does: a list of bytes."""
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile.txt")
SIMPLE = {"n": b"\n", "t": b"\t", "r": b"\r", "b": b"\b", "f": b"\f", '"': b'"', "\\": b"\\", "/": b"/"}
ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)|([^\\]+)")


def _bytes(match):
    raw, high, low, point, simple, plain = match.groups()
    if raw:
        return bytes([int(raw, 16)])
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xd800) << 10 | (int(low, 16) - 0xdc00))).encode()
    if point:
        return chr(int(point, 16)).encode("utf-8", "surrogatepass")     # a lone half gives its three bytes
    return SIMPLE[simple] if simple else plain.encode()


def strings(path=PATH):
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.strip() or line[0] == "#":
                continue
            text, _, times = re.fullmatch(r'"((?:[^"\\]|\\.)*)"( \* (\d+))?\n?', line).groups()
            found.append(b"".join(_bytes(m) for m in ESCAPE.finditer(text)) * int(times or 1))
    return found
