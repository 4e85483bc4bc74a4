"""botocore's models, and what botocore would send, as the tests of aws/ compare with them."""
import json
import os
import subprocess

import botocore.awsrequest
import botocore.loaders
import botocore.serialize
import botocore.session

SESSION = botocore.session.get_session()
PROTOCOLS = ("json", "query", "ec2", "rest-json", "rest-xml")


def program(name, word, *given):
    """A test program's answers: one JSON a line for each thing given."""
    path = os.path.join(os.environ.get("BUILD", "build"), "tests/unit/aws", name)
    done = subprocess.run([path, word], input="\n".join(json.dumps(g) for g in given), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def protocol_of(model):
    found = model.metadata.get("protocol")
    return found if found in PROTOCOLS else next(p for p in model.metadata["protocols"] if p in PROTOCOLS)


def paginator_of(service, op):
    try:
        return SESSION.get_component("data_loader").load_service_model(service, "paginators-1")["pagination"].get(op)
    except botocore.exceptions.UnknownServiceError:
        return None


def wire_name(protocol, member, name):
    """The name of an input member on the wire."""
    if protocol == "ec2":
        found = member.serialization.get("queryName")
        if found:
            return found
        found = member.serialization.get("name", name)
        return found[0].upper() + found[1:]
    return member.serialization.get("name", name)


def sample(shape, name="", depth=0):
    """A value with every member set, two elements in each list; None where a shape holds itself."""
    if depth > 5:
        return None
    kind = shape.type_name
    if kind == "structure":
        members = {n: sample(m, n, depth + 1) for n, m in shape.members.items()}
        if getattr(shape, "is_tagged_union", False):
            members = dict(list(members.items())[:1])
        return {n: v for n, v in members.items() if v is not None}
    if kind == "list":
        one = sample(shape.member, name, depth + 1)
        return None if one is None else [one, one]
    if kind == "map":
        one = sample(shape.value, name, depth + 1)
        return None if one is None else {"key": one}
    return {"string": (shape.enum[0] if getattr(shape, "enum", None) else "a b/é&=<%s>" % name), "integer": 7, "long": 1234567890123, "boolean": True,
            "timestamp": 1795435200, "double": 0.5, "float": 0.5, "blob": b"\x00\xffbytes"}[kind]


def serialized(model, operation, params):
    """(method, path with query, headers, body) as botocore makes it, before it is signed."""
    made = botocore.serialize.create_serializer(protocol_of(model), include_validation=False).serialize_to_request(params, operation)
    body = made["body"]
    if isinstance(body, dict):
        body = botocore.awsrequest.AWSRequest("POST", "https://x", data=body).prepare().body
    return made, body
