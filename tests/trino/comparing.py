"""The same question to the embedded engine and to another one: kernel.engine says which."""
import re


def same(kernel, question):
    for source, name in (("lake", "mine"), (kernel.engine, "theirs")):
        status, text = kernel.run("%%cloudtrail %s --source %s --into %s" % (question, source, name))
        assert status == "ok", (question, text)
        if "cannot be seen" in text and "has no table" in text:
            return 0 if source != "lake" else same_unseen(kernel, question)
    shown = kernel.run("SELECT (SELECT count(*) FROM mine) AS mine_, (SELECT count(*) FROM theirs) AS theirs_, (SELECT count(*) FROM (SELECT * FROM mine EXCEPT ALL "
                       "SELECT * FROM theirs)) AS only_mine, (SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE mine)) = "
                       "(SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE theirs)) AS same_types")[1]
    found = re.search(r"(?m)^ *(\d+) +(\d+) +(\d+) +(\w+)", shown)
    assert found, shown
    mine, theirs, only = (int(n) for n in found.groups()[:3])
    assert mine == theirs and only == 0 and found[4] == "true", (question, shown, kernel.run("SELECT * FROM (SELECT * FROM mine EXCEPT SELECT * FROM theirs) LIMIT 3")[1])
    return mine


def same_unseen(kernel, question):
    assert "has no table" in kernel.run("%%cloudtrail %s --source %s" % (question, kernel.engine))[1]
    return 0
