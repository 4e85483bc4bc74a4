"""What all layers share: the settings that tests change, the calls made, the operations that layers answer themselves."""
import datetime
import threading

ACCOUNT = "123456789012"
REGION = "us-east-1"
PARTITION = "aws"
MAX_CALLS = 100000


class CloudError(Exception):
    """An error as AWS tells it; `status` is found by code and protocol where it is not given, `fields` go into JSON bodies."""

    def __init__(self, code, message, status=None, **fields):
        super().__init__(message)
        self.code, self.message, self.status, self.fields = code, message, status, fields


class World:
    """One cloud. Layers keep what is theirs under `of(name)`."""

    def __init__(self):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.calls, self.faults, self.parts, self.settings = [], [], {}, {}
        self.over = threading.Event()

    def of(self, name, make=dict):
        with self.lock:
            if name not in self.parts:
                self.parts[name] = make()
            return self.parts[name]

    def record(self, entry):
        with self.changed:
            self.calls.append(entry)
            del self.calls[:-MAX_CALLS]
            self.changed.notify_all()


world = World()
OPERATIONS, CONTROLS, HOMES, BEFORE, AFTER = {}, {}, {}, [], []


def operation(service, *names):
    """The function answers these operations: it takes the call and gives what botocore's output shape wants."""
    def keep(function):
        for name in names:
            OPERATIONS[service, name] = function
        return function
    return keep


def control(path):
    """The function answers POST (with JSON) or GET (with None) to /cloud/PATH."""
    def keep(function):
        CONTROLS[path] = function
        return function
    return keep


def home(service):
    """The function says in which account a service's state is kept, where that is not the caller's."""
    def keep(function):
        HOMES[service] = function
        return function
    return keep


def before(function):
    """Called with every call that is allowed, before it is made: may raise CloudError."""
    BEFORE.append(function)
    return function


def after(function):
    """Called with every call and its answer: gives the answer to send."""
    AFTER.append(function)
    return function


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def aware(moment):
    """moto's times are naive and in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def iso(moment):
    return aware(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text):
    if isinstance(text, (int, float)):
        return datetime.datetime.fromtimestamp(text, datetime.timezone.utc)
    return aware(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")))


def page(items, token, size):
    """(items of this page, next token or None); a token that was never given is refused."""
    if token is not None and not (token.startswith("page-") and token[5:].isdigit() and 0 < int(token[5:]) < len(items)):
        raise CloudError("InvalidNextTokenException", "The token is invalid", 400)
    start = int(token[5:]) if token else 0
    end = start + size
    return items[start:end], "page-%d" % end if end < len(items) else None
