"""What an undo has to bring back: the state before, but for what somebody else changed meanwhile, and without a trace of the containment."""
import re

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
OURS = re.compile(r"^ir-")


def residue(thing):
    """What a containment leaves on a user, role or group."""
    found = [name for name in thing.get("inline", {}) if OURS.match(name)]
    found += [arn for arn in thing.get("attached", []) if arn == DENY_ALL]
    found += ["boundary"] if thing.get("boundary") == DENY_ALL else []
    return found + [key for key in thing.get("tags", {}) if key.startswith("ir:") and key != "ir:break-glass"]


def differences(before, after, foreign):
    """`foreign`: names of users, roles, groups and policies that the attacker changed; those need not be equal, but bear no trace."""
    found = []
    for kind in ("users", "roles", "groups", "policies", "profiles"):
        for name in sorted(set(before[kind]) | set(after[kind])):
            was, now = before[kind].get(name), after[kind].get(name)
            if was != now and name not in foreign:
                found.append("%s %s: %s" % (kind, name, changes(was, now)))
            traces = residue(now) if now and kind in ("users", "roles", "groups") else []
            if traces and not (was and residue(was)):
                found.append("%s %s keeps %s" % (kind, name, ", ".join(traces)))
    return found


def changes(was, now):
    if not was or not now:
        return "is gone" if was else "is new"
    return {key: (was.get(key), now.get(key)) for key in {**was, **now} if was.get(key) != now.get(key)}
