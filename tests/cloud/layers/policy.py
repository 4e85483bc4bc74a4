"""IAM's policy language: statements, conditions, variables. A statement whose condition is not met says nothing."""
import datetime
import fnmatch
import ipaddress
import json
import re

from .world import parse_time

ALLOW, DENY = "Allow", "Deny"
VARIABLE = re.compile(r"\$\{([^}]+)\}")


def listed(value):
    return value if isinstance(value, list) else [value]


def matches(pattern, text, fold=False):
    """IAM's * and ?; brackets mean themselves."""
    if fold:
        pattern, text = pattern.lower(), text.lower()
    return re.fullmatch(fnmatch.translate(pattern.replace("[", "[[]")), text, re.S) is not None


def filled(pattern, context):
    """The pattern with its ${variables}; one that is not known matches nothing."""
    def value(match):
        name = match.group(1)
        if name in ("*", "?", "$"):
            return name
        found = context.get(name.lower())
        return str(found) if found is not None else "\0"
    return VARIABLE.sub(value, pattern)


def number(compare):
    return lambda have, want: compare(float(have), float(want))


def moment(compare):
    return lambda have, want: compare(read_moment(have), read_moment(want))


def read_moment(value):
    if isinstance(value, datetime.datetime):
        return value
    return parse_time(float(value) if re.fullmatch(r"\d+(\.\d+)?", str(value)) else str(value))


def within(have, want):
    return ipaddress.ip_address(have) in ipaddress.ip_network(want, strict=False)


def same_truth(have, want):
    return str(have).lower() == str(want).lower()


def same_name(have, want):
    """ARNs: each of the six parts by itself."""
    if want == "*":
        return True
    parts, given = str(want).split(":", 5), str(have).split(":", 5)
    return len(parts) == len(given) == 6 and all(matches(one, other) for one, other in zip(parts, given))


EQUAL, LESS, MOST = lambda a, b: a == b, lambda a, b: a < b, lambda a, b: a <= b
OPERATORS = {
    "StringEquals": lambda have, want: str(have) == want, "StringLike": lambda have, want: matches(want, str(have)),
    "StringEqualsIgnoreCase": lambda have, want: str(have).lower() == want.lower(),
    "ArnEquals": lambda have, want: same_name(have, want), "ArnLike": lambda have, want: same_name(have, want),
    "NumericEquals": number(EQUAL), "NumericLessThan": number(LESS), "NumericLessThanEquals": number(MOST),
    "NumericGreaterThan": number(lambda a, b: a > b), "NumericGreaterThanEquals": number(lambda a, b: a >= b),
    "DateEquals": moment(EQUAL), "DateLessThan": moment(LESS), "DateLessThanEquals": moment(MOST),
    "DateGreaterThan": moment(lambda a, b: a > b), "DateGreaterThanEquals": moment(lambda a, b: a >= b),
    "Bool": same_truth, "IpAddress": within, "BinaryEquals": EQUAL,
}
NEGATED = {"StringNotEquals": "StringEquals", "StringNotLike": "StringLike", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
           "ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals",
           "NotIpAddress": "IpAddress"}


def condition_holds(operator, key, wanted, context):
    """One line of a condition block."""
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    have = context.get(key.lower())
    if name == "Null":
        return (have is None) == (str(listed(wanted)[0]).lower() == "true")
    if name not in OPERATORS and name not in NEGATED:
        return False
    negated = name in NEGATED
    if have is None:
        return if_exists or negated or quantifier == "ForAllValues"
    test = OPERATORS[NEGATED.get(name, name)]
    want = [filled(w, context) if isinstance(w, str) else w for w in listed(wanted)]
    one = [any(test(h, str(w) if not isinstance(w, str) else w) for w in want) != negated for h in listed(have)]
    return all(one) if quantifier == "ForAllValues" else any(one)


def conditions_hold(statement, context):
    return all(condition_holds(operator, key, wanted, context)
               for operator, block in statement.get("Condition", {}).items() for key, wanted in block.items())


def concerns(statement, name, values, context, fold=False):
    """Whether Action, Resource (or their Not form) speak of any of the values."""
    if name in statement:
        return any(matches(filled(p, context), v, fold) for p in listed(statement[name]) for v in values)
    if "Not" + name in statement:
        return any(not any(matches(filled(p, context), v, fold) for p in listed(statement["Not" + name])) for v in values)
    return True


def names_principal(statement, identity):
    """How a resource's policy names the caller: "own" for itself, "role" for the role of its session, "account" for its account, None."""
    if "NotPrincipal" in statement:
        return None if excepted(statement, identity) else "own"
    given = statement.get("Principal", {})
    given = {"AWS": "*"} if given == "*" else given
    wanted = listed(given.get("AWS", []))
    if "*" in wanted:
        return "own"
    if identity and identity.service:
        return "own" if identity.service in listed(given.get("Service", [])) else None
    if not identity:
        return None
    if identity.arn in wanted or identity.user_id in wanted:
        return "own"
    if any(one in wanted for one in identity.names()):
        return "role"
    return "account" if identity.account in wanted or "arn:aws:iam::%s:root" % identity.account in wanted else None


def excepted(statement, identity):
    """Whether NotPrincipal takes the caller out of a deny: only if it names both the caller and its account, and nothing bounds the caller."""
    given = statement["NotPrincipal"]
    if identity is None or statement.get("Effect") != DENY:
        return False
    if identity.service:
        return identity.service in listed(given.get("Service", []))
    wanted = listed(given.get("AWS", []))
    account = identity.account in wanted or "arn:aws:iam::%s:root" % identity.account in wanted
    return account and any(one in wanted for one in identity.names() | {identity.arn}) and not identity.principal.boundary


def statements(documents):
    for document in documents:
        read = json.loads(document) if isinstance(document, (str, bytes)) else document
        yield from listed(read.get("Statement", []))


def decide(documents, action, resources, context):
    """DENY, ALLOW or None of identity policies: a deny of one resource is a deny, an allow has to cover all."""
    allowed = set()
    for statement in statements(documents):
        if not concerns(statement, "Action", [action], context, True) or not conditions_hold(statement, context):
            continue
        for resource in resources:
            if concerns(statement, "Resource", [resource], context):
                if statement.get("Effect") == DENY:
                    return DENY
                allowed.add(resource)
    return ALLOW if allowed >= set(resources) else None


def decide_resource(document, action, resource, context, identity):
    """DENY, or the nearest way in which a resource's policy allows: "own" (the caller itself), "role", "account", None."""
    found, order = None, (None, "account", "role", "own")
    for statement in statements([document] if document else []):
        named = names_principal(statement, identity)
        if named and concerns(statement, "Action", [action], context, True) and concerns(statement, "Resource", [resource], context) \
                and conditions_hold(statement, context):
            if statement.get("Effect") == DENY:
                return DENY
            found = max(found, named, key=order.index)
    return found
