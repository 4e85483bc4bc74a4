"""Faults on order: what a cloud or the way to it does wrong, so many times."""
import datetime
import os
import signal
import threading

from wire import HTML, Answer, error_answer, meant

from .world import CloudError, control, now, world

KINDS = ("503", "throttle", "html", "cut", "drop", "slow", "skew", "error", "kill", "hold", "release")
READS = ("Get", "List", "Describe", "Simulate", "Generate", "Lookup", "Head", "Batch", "Search", "Decode", "Start")
CHOICES = ("service", "operation", "region", "access_key_id")


@control("faults")
def order(given):
    """POST one fault (or a list), GET what is still to come, POST {} to take all away."""
    with world.lock:
        if given == {}:
            world.faults.clear()
            world.of("clock").clear()
        for one in (given if isinstance(given, list) else [given] if given else []):
            if one.get("kind") not in KINDS:
                raise CloudError("BadFault", "kind is one of " + ", ".join(KINDS), 400)
            if one["kind"] == "skew":
                world.of("clock")["skew"] = float(one["seconds"])
            elif one["kind"] == "release":
                gate().set()
            else:
                if one["kind"] == "hold":
                    gate().clear()
                world.faults.append({"times": 1, **one})
        return {"faults": world.faults, "skew": world.of("clock").get("skew", 0)}


def gate():
    """Closed while answers are held: calls that were carried out, but whose caller does not know it yet (`hold`, until `release`)."""
    return world.of("gate", threading.Event)


def is_change(call):
    """Whether the call would change something: not a question, a session or a dry run."""
    return bool(call.operation) and call.service != "sts" and not call.params.get("DryRun") \
        and (not call.operation.startswith(READS) or call.operation in ("StartInstances", "StartLogging"))


def take(call):
    """The fault that strikes this call, counted down; `skip` lets as many calls that it would strike go first."""
    with world.lock:
        for one in world.faults:
            if any(one.get(name, getattr(call, name)) != getattr(call, name) for name in CHOICES) or (one.get("changes") and not is_change(call)) \
                    or ("not_agent" in one and one["not_agent"] in call.user_agent):
                continue
            if one.get("skip", 0) > 0:
                one["skip"] -= 1
                continue
            one["times"] -= 1
            if one["times"] <= 0:
                world.faults.remove(one)
            return dict(one)
    return None


def kill(fault):
    """Ends the process that asks, as a power cut would; it may be gone already."""
    try:
        os.kill(int(fault["pid"]), signal.SIGKILL)
    except ProcessLookupError:
        pass


def strike_before(call, fault):
    """An answer instead of the call's own, or None."""
    kind = fault["kind"] if fault else None
    if kind == "kill" and fault.get("when") == "before":
        kill(fault)
        return error_answer(call, CloudError("Gone", "the caller was killed", 503))
    if kind == "slow":
        world.over.wait(fault.get("ms", 1000) / 1000)
    elif kind == "503":
        code = "SlowDown" if call.service == "s3" else "ServiceUnavailable"
        return error_answer(call, CloudError(code, "Service is unable to handle request.", 503))
    elif kind == "throttle":
        return error_answer(call, meant(call, "throttle", "Rate exceeded"))
    elif kind == "html":
        return Answer(fault.get("status", 503), [("Content-Type", "text/html")], HTML)
    elif kind == "error":
        return error_answer(call, CloudError(fault["code"], fault.get("message", fault["code"]), fault.get("status", 400)))
    return None


def skewed_date():
    """The Date header of a clock that goes wrong; None while it goes right."""
    skew = world.of("clock").get("skew", 0)
    return (now() + datetime.timedelta(seconds=skew)).strftime("%a, %d %b %Y %H:%M:%S GMT") if skew else None
