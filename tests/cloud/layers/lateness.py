"""A change that takes its time: what is in force is not what was written a moment ago, and not the same on every machine of the cloud.

Every change gets, on each of a few replicas, the moment from which it counts there; a request is judged by one replica, by chance. The moments
come from a seeded distribution: mostly two to five seconds, with a tail of 5 to 12. `rate` lets time run faster for them, so that tests do not wait.
"""
import contextlib
import datetime
import math
import random

from .principals import Directory
from .world import control, now, world

MEDIAN, SPREAD = 3.0, 0.4
TAIL, TAIL_SHARE = (5.0, 12.0), 0.08
REPLICAS = 3
BY_ORDER = "the test"
WRITES = {"iam": ("Get", "List", "Simulate", "Generate"), "s3": ("Get", "List", "Head"), "organizations": ("Describe", "List"),
          "sso-admin": ("Describe", "List", "Get")}


class Version:
    """What something is since a change of it; None: it is gone."""

    def __init__(self, value, mark, made, seconds, by, operation):
        self.value, self.mark, self.made, self.seconds, self.by, self.operation = value, mark, made, seconds, by, operation

    def counts(self, replica):
        """From when on."""
        seconds = settings()["seconds"] if self.seconds is None else self.seconds[replica]
        return self.made + datetime.timedelta(seconds=seconds)


class Late(Directory):
    """Things as one replica knows them."""

    def __init__(self, replica):
        self.replica, self.moment = replica, now()

    def known(self, key):
        """(whether there is anything, what): the newest version that counts here."""
        for version in reversed(versions().get(key, [])):
            if version.counts(self.replica) <= self.moment:
                return True, version.value
        return key in versions(), None

    def user(self, account, name):
        found, value = self.known(("user", account, name))
        return value if found else super().user(account, name)

    def role(self, account, name):
        found, value = self.known(("role", account, name))
        return value if found else super().role(account, name)

    def owner(self, key_id):
        for key in list(versions()):
            if key[0] == "user":
                value = self.known(key)[1]
                if value and key_id in value.keys:
                    return value
        return None

    def bucket_policy(self, name):
        found, value = self.known(("bucket", name))
        return value if found else super().bucket_policy(name)

    def controls(self, account):
        found, value = self.known(("controls", account))
        return (value or []) if found else super().controls(account)


def settings():
    return world.of("delay", lambda: {"seconds": 0.0, "seed": None, "rate": 1.0, "replicas": REPLICAS, "random": random.Random(0), "chance": random.Random(0)})


def versions():
    return world.of("versions")


def is_late():
    return settings()["seed"] is not None or settings()["seconds"] > 0


def directory():
    """What is in force for one request."""
    with world.lock:
        if not is_late():
            return Directory()
        return Late(settings()["chance"].randrange(settings()["replicas"]))


def drawn():
    """Seconds until a change counts, for each replica; None where a constant is set."""
    kept = settings()
    if kept["seed"] is None:
        return None
    one = kept["random"]
    seconds = [one.uniform(*TAIL) if one.random() < TAIL_SHARE else one.lognormvariate(math.log(MEDIAN), SPREAD) for _ in range(kept["replicas"])]
    return [value / kept["rate"] for value in seconds]


def mark_of(value):
    return value.mark() if hasattr(value, "mark") else value


def take_in(by, operation, at_once=False):
    """Compares everything with what is known and keeps what has changed."""
    with world.lock:
        if not is_late():
            return
        there, known, moment = Directory().everything(), versions(), now()
        for key in list(known) + [key for key in there if key not in known]:
            value, before = there.get(key), known.get(key)
            mark = mark_of(value)
            if before is None or before[-1].mark != mark:
                seconds = [0.0] * settings()["replicas"] if at_once else drawn()
                known.setdefault(key, []).append(Version(value, mark, moment, seconds, by, operation))


@contextlib.contextmanager
def change(call):
    """Around a change of what policies depend on: one at a time, so that it is known whose each is."""
    if not is_late() or call.service not in WRITES or call.operation.startswith(WRITES[call.service]):
        yield
        return
    with world.lock:
        try:
            yield
        finally:
            take_in(call.identity.arn if call.identity else None, call.operation)


@control("delay")
def set_delay(given):
    """{"seconds": N} until a changed policy takes effect, or {"seed": N, "rate": times faster, "replicas": N}; {"seconds": 0} ends both.
    {"settle": account}: what was changed there counts at once."""
    with world.lock:
        kept = settings()
        for key in list(versions()) if given and "settle" in given else []:
            if key[1] == given["settle"]:
                versions()[key][-1].seconds = [0.0] * kept["replicas"]
        if given is not None and "seed" in given:
            versions().clear()
            kept.update(seconds=0.0, seed=int(given["seed"]), rate=float(given.get("rate", 1)), replicas=int(given.get("replicas", REPLICAS)),
                        random=random.Random(int(given["seed"])), chance=random.Random(int(given["seed"]) + 1))
        elif given is not None and "settle" not in given:
            kept.update(seconds=float(given["seconds"]), seed=None)
        if not is_late():
            versions().clear()
        elif not versions():
            take_in(BY_ORDER, "", True)
        return {name: kept[name] for name in ("seconds", "seed", "rate", "replicas")}


@control("effects")
def effects(_):
    """Every change that was late: what, by whom, with which operation, when made and when in force on the first and on all replicas."""
    with world.lock:
        found = []
        for key, kept in versions().items():
            for one in kept:
                moments = [one.counts(replica) for replica in range(settings()["replicas"])]
                found.append({"what": list(key), "by": one.by, "operation": one.operation, "made": one.made.isoformat(),
                              "first": min(moments).isoformat(), "all": max(moments).isoformat()})
        return sorted(found, key=lambda one: one["made"])
