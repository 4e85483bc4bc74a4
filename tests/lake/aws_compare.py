"""What a published query should answer, and whether it did: rows as multisets, in order where the query orders, and where LIMIT cuts
only what is determined."""
import json


class Bag(list):
    """A list whose order the query leaves open."""

    def __eq__(self, other):
        return isinstance(other, list) and sorted(map(key, self)) == sorted(map(key, other))

    __hash__ = None


class Part(dict):
    """A struct of which only the given paths are compared."""

    def __eq__(self, other):
        return isinstance(other, dict) and all(at(other, path) == value for path, value in self.items())

    __hash__ = None


class Answer:
    """All rows that qualify, each a tuple in the order of the columns, or a dict of paths ("actor.user.uid") for SELECT *.

    `order`: one sort key a row (None: the query does not order; rows of equal keys may stand in any order). `limit`: rows kept.
    `columns`: the names the result must have. `of`: how many rows the question chooses from.
    """

    def __init__(self, rows, order=None, limit=None, columns=None, of=None):
        self.rows, self.limit, self.columns, self.of = list(rows), limit, columns, of
        keys = list(order) if order is not None else [0] * len(self.rows)
        assert len(keys) == len(self.rows)
        by_key = sorted(range(len(keys)), key=lambda i: keys[i])
        self.rows, self.keys = [self.rows[i] for i in by_key], [keys[i] for i in by_key]

    def groups(self):
        """Runs of equal sort keys."""
        start = 0
        for i in range(1, len(self.rows) + 1):
            if i == len(self.rows) or self.keys[i] != self.keys[start]:
                yield self.rows[start:i]
                start = i


def key(value):
    return json.dumps(value, sort_keys=True)


def at(row, path):
    if isinstance(row, dict) and path in row:
        return row[path]
    for name in path.split("."):
        row = row[name] if row is not None else None
    return row


def shaped(row, like):
    """A row of the kernel in the form of an expected one."""
    if isinstance(like, dict):
        return {path: at(row, path) for path in like}
    return tuple(row.values())


def take(wanted, rows):
    """Removes each of `rows` from the list `wanted`; says what was not there."""
    for row in rows:
        if row not in wanted:
            return "not expected: %r\nexpected of these: %r" % (row, wanted[:20])
        wanted.remove(row)
    return None


def difference(answer, rows):
    """None, or what is wrong with the kernel's rows (dicts by column)."""
    count = len(answer.rows) if answer.limit is None else min(answer.limit, len(answer.rows))
    if len(rows) != count:
        return "%d rows, expected %d: %r" % (len(rows), count, rows[:30])
    if rows and answer.columns is not None and list(rows[0]) != list(answer.columns):
        return "columns %r, expected %r" % (list(rows[0]), answer.columns)
    if rows and isinstance(answer.rows[0], tuple) and len(rows[0]) != len(answer.rows[0]):
        return "columns %r, expected %d" % (list(rows[0]), len(answer.rows[0]))
    shaped_rows, start = [shaped(row, answer.rows[0]) for row in rows], 0
    for group in answer.groups():
        wrong = take(list(group), shaped_rows[start:start + len(group)])
        if wrong:
            return wrong
        start += len(group)
    return None
