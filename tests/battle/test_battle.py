"""Attacker against responder: each strategy fights %contain in an account of its own, while policies take effect late.

The attacker's successful calls are counted between the first change and the return, between the return and enforcement (the moment from which the last of
the responder's changes counts on every replica of the double), and after it, where none may be left. Four fights go on at a time.
"""
import concurrent.futures

import pytest

import tables
from scene import RATE, SEED, Cloud, Fight
from strategies import ROWS


@pytest.fixture(scope="module")
def fights(request, tmp_path_factory):
    """Strategy to what became of it: a future. Those of the tests that are wanted; all where none is named."""
    named = {item.callspec.params["name"] for item in request.session.items if hasattr(item, "callspec") and "name" in item.callspec.params}
    with Cloud(athena="none") as cloud, concurrent.futures.ThreadPoolExecutor(4) as pool:
        cloud.order("trail", {"rate": 0, "lag": 300})
        cloud.order("delay", {"seed": SEED, "rate": RATE})
        homes = {row.name: tmp_path_factory.mktemp(row.name) for row in ROWS}
        play = lambda number, row: Fight(cloud, "1000%08d" % number, row, homes[row.name]).play()
        waiting = {row.name: pool.submit(play, number, row) for number, row in enumerate(ROWS)
                   if row.name in named or not named}
        yield waiting
        for one in waiting.values():
            one.cancel()


@pytest.fixture(scope="module")
def table():
    with tables.Table("strategies of the attacker: its calls that got through", (
            "strategy", "before", "first change to return", "return to enforcement", "after", "moves", "kept", "undo", "again", "ledger")) as made:
        yield made


@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_strategy(fights, table, name):
    row = fights[name].result(120)
    same = "No change" in row["again"] and not row["asked again"]
    table.row(name, row["before"], row["during"], row["late"], len(row["after"]), row["moves"], ", ".join(row["kept"]) or "nothing",
              "differs" if row["left"] else "back", "no change" if same else "changes", "; ".join(row["untold"]) or "all")
    assert row["before"] > 0
    assert not row["after"], row["after"][:3]
    assert not row["kept"]
    assert same, row["again"]
    assert not row["untold"]
    assert not row["left"], row["left"]


def test_it_was_a_fight(fights):
    """Most strategies got something through after they noticed: a responder that nobody fought proves nothing."""
    fought = [name for name in fights if not fights[name].exception(120) and fights[name].result()["moves"]]
    assert len(fought) >= 8, fought
