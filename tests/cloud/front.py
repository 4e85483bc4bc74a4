"""The way of every request: recognised, struck by a fault, authenticated, authorised, answered by a layer or by moto, recorded, sent."""
import json
import socket
import sys
import threading
import traceback

from moto.core import responses  # noqa: F401  (moto wants its core read first)
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from layers import authorization, faults, identity, lateness
from layers.world import AFTER, BEFORE, CONTROLS, HOMES, OPERATIONS, CloudError, control, now, world
from wire import Answer, Call, answer, error_answer, plain, read_answer

SECRETS = ("SecretAccessKey", "Password", "NewPassword", "OldPassword", "accessToken", "clientSecret", "refreshToken", "WebIdentityToken")
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


class Front:
    def __init__(self):
        self.moto, self.serial = DomainDispatcherApplication(create_backend_app), threading.RLock()

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/cloud/"):
            return send(controlled(environ, path[len("/cloud/"):]), environ, start_response)
        if path.startswith("/moto-api"):
            return self.moto(environ, start_response)
        call = Call(environ)
        fault = faults.take(call)
        given = faults.strike_before(call, fault) or self.answer(call)
        for hook in AFTER:
            given = hook(call, given) or given
        record(call, given)
        if fault and fault["kind"] == "kill" and fault.get("when") != "before":
            faults.kill(fault)
        if fault and fault["kind"] == "hold":
            faults.gate().wait(60)
        return send(given, environ, start_response, fault["kind"] if fault else None)

    def answer(self, call):
        try:
            if not call.service or (not call.operation and not call.refused):
                raise CloudError("UnknownOperationException", "no such operation: %s %s (%s)" % (call.method, call.raw_path, call.signing), 404)
            call.identity = identity.authenticate(call)
            if call.refused:
                raise call.refused
            authorization.authorize(call)
            with lateness.change(call):
                return self.make(call)
        except CloudError as error:
            return error_answer(call, error)
        except NotImplementedError as problem:
            return error_answer(call, CloudError("NotImplemented", "moto: %s" % problem, 501))
        except Exception as problem:  # a defect of the double: told in full to whoever looks, shortly to the client
            traceback.print_exc(file=sys.stderr)
            return error_answer(call, CloudError("InternalFailure", "%s: %s" % (type(problem).__name__, problem), 500))

    def make(self, call):
        for hook in BEFORE:
            hook(call)
        made = OPERATIONS.get((call.service, call.operation))
        if made:
            result = made(call)
            return result if isinstance(result, Answer) else answer(call, result)
        return self.ask_moto(call)

    def ask_moto(self, call):
        kept = {}

        def start(status, headers, _=None):
            kept["status"], kept["headers"] = int(status.split()[0]), headers
            return lambda data: None

        account = HOMES.get(call.service, identity.account_of)(call)
        with self.serial:
            found = self.moto(call.environ_again(HTTP_X_MOTO_ACCOUNT_ID=account), start)
            try:
                body = b"".join(found)
            finally:
                getattr(found, "close", lambda: None)()
        return Answer(kept["status"], kept["headers"], body)


def controlled(environ, name):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    made = CONTROLS.get(name)
    try:
        if not made:
            raise CloudError("NotFound", "no such control: " + name, 404)
        if environ["REQUEST_METHOD"] == "POST":
            with world.lock:    # what an order makes is not taken for somebody's change
                result = made(json.loads(body or b"{}"))
                if name != "delay":
                    lateness.take_in(lateness.BY_ORDER, name, True)
        else:
            result = made(None)
        return Answer(200, [("Content-Type", "application/json")], json.dumps(plain(result)).encode())
    except CloudError as error:
        said = {"code": error.code, "message": error.message}
    except (KeyError, TypeError, ValueError) as problem:
        said = {"code": "BadControl", "message": "%s: %s" % (type(problem).__name__, problem)}
    return Answer(400, [("Content-Type", "application/json")], json.dumps(said).encode())


def hidden(value):
    if isinstance(value, dict):
        return {k: HIDDEN if k in SECRETS else hidden(v) for k, v in value.items()}
    return [hidden(v) for v in value] if isinstance(value, list) else value


def shown(call):
    return hidden(plain({k: "%d bytes" % len(v) if k in ("Body", "BlockData") and v is not None else v for k, v in call.params.items()}))


def record(call, given):
    error = read_answer(call, given).get("Error", {}) if given.status >= 300 else {}
    code = given.header("x-amzn-ErrorType") or error.get("Code")
    world.record({
        "service": call.service, "operation": call.operation, "region": call.region, "access_key_id": call.access_key_id,
        "params": shown(call), "status": given.status, "error": code.split(":")[0] if code else None,
        "message": error.get("Message"), "time": now().isoformat(), "request_id": call.id, "arn": call.identity.arn if call.identity else None,
        "user_agent": call.user_agent, "method": call.method, "path": call.raw_path})


def send(given, environ, start_response, broken=None):
    """`broken`: "drop" closes without an answer, "cut" in the middle of the body."""
    line = environ["werkzeug.socket"]
    if broken in ("drop", "kill"):
        line.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError("dropped as ordered")
    if given.header("Content-Length") is None:
        given.put("Content-Length", str(len(given.body)))
    date = faults.skewed_date()
    if date:
        given.put("Date", date)
    if broken == "cut":
        given.put("Content-Length", str(max(len(given.body), 20)))
    start_response("%d %s" % (given.status, "OK" if given.status < 300 else "Error"), given.headers)
    return cut(given.body, line) if broken == "cut" else [given.body]


def cut(body, line):
    yield body[:len(body) // 2]
    line.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("cut as ordered")


@control("calls")
def calls(given):
    """GET: what was asked, oldest first. POST {"clear": true} forgets it; {"wait": N, "service": ..., "operation": ...} waits until there are N."""
    given = given or {}
    with world.changed:
        if given.get("clear"):
            world.calls.clear()
        chosen = lambda: [c for c in world.calls if all(given.get(k, c[k]) == c[k] for k in ("service", "operation", "access_key_id", "status"))]
        if given.get("wait"):
            world.changed.wait_for(lambda: len(chosen()) >= given["wait"], given.get("seconds", 20))
        return chosen()
