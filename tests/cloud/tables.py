"""Tables that `make test` prints below the suite that made them: build/test/SUITE.tables."""
import os

FOLDER = os.path.join(os.environ.get("BUILD", "build"), "test")


class Table:
    """Rows as they come; written when the tests that fill it are over, whatever they found."""

    def __init__(self, title, names, suite="battle"):
        self.title, self.names, self.rows, self.path = title, names, [], os.path.join(FOLDER, suite + ".tables")

    def __enter__(self):
        return self

    def row(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def __exit__(self, *_):
        widths = [max(len(row[i]) for row in [list(self.names)] + self.rows) for i in range(len(self.names))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [list(self.names)] + self.rows]
        os.makedirs(FOLDER, exist_ok=True)
        with open(self.path, "a") as file:
            file.write("\n".join(["", self.title, *lines, ""]))
        print("\n".join(["", self.title, *lines]))
