"""Faults on order: what a cloud or the way to it does wrong, so many times."""
import datetime

from wire import HTML, Answer, error_answer, meant

from .world import CloudError, control, now, world

KINDS = ("503", "throttle", "html", "cut", "drop", "slow", "skew", "error")


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
            else:
                world.faults.append({"times": 1, **one})
        return {"faults": world.faults, "skew": world.of("clock").get("skew", 0)}


def take(call):
    """The fault that strikes this call, counted down."""
    with world.lock:
        for one in world.faults:
            if one.get("service", call.service) == call.service and one.get("operation", call.operation) == call.operation \
                    and one.get("region", call.region) == call.region:
                one["times"] -= 1
                if one["times"] <= 0:
                    world.faults.remove(one)
                return dict(one)
    return None


def strike_before(call, fault):
    """An answer instead of the call's own, or None."""
    kind = fault["kind"] if fault else None
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
