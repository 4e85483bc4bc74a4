#!/usr/bin/env python3
"""scan.py FOLDER KEY: the family of a leaked access key, from raw CloudTrail, with nothing of ours but this definition.

A credential's children are what its successful calls (no errorCode) made:
  access key   CreateAccessKey: responseElements.accessKey.accessKeyId
  session      AssumeRole*, AssumeRoot, GetSessionToken, GetFederationToken: responseElements.credentials.accessKeyId
  user, role   CreateUser, CreateRole: requestParameters.userName, .roleName
  login profile CreateLoginProfile, UpdateLoginProfile: requestParameters.userName
  instance     RunInstances: responseElements.instancesSet.items[].instanceId
  bucket, function, policy   CreateBucket, CreateFunction*, CreatePolicy
Further members: keys made for a user of the family by anybody, and long-lived keys such a user was seen with; a console session
(the ASIA key that a user whose password the family set used after a successful ConsoleLogin); an instance session (the key
used by principal ...:i-... of an instance of the family). Repeated until nothing is new. The same event id in the same account and month is one event. A member's deletion is the first
successful Delete*, TerminateInstances of its id in its account after it was made. Calls are counted per credential.
"""
import collections
import gzip
import json
import os
import sys

SESSIONS = {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetSessionToken", "GetFederationToken"}


def documents(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as file:
        text = file.read()
    try:
        return [json.loads(text)]
    except ValueError:
        lines = []
        for line in text.splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                pass
        return lines


def events_in(value):
    if isinstance(value, list):
        for item in value:
            yield from events_in(item)
    elif isinstance(value, dict):
        if "eventName" in value and "eventSource" in value:
            yield value
        elif isinstance(value.get("Records"), list):
            yield from events_in(value["Records"])
        elif isinstance(value.get("Events"), list):
            for item in value["Events"]:
                try:
                    yield from events_in(json.loads(item["CloudTrailEvent"]))
                except (ValueError, KeyError, TypeError):
                    pass


def read(folder):
    seen = set()
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if not name.endswith((".json", ".json.gz", ".jsonl", ".jsonl.gz")):
                continue
            for document in documents(os.path.join(root, name)):
                for event in events_in(document):
                    mark = (event.get("recipientAccountId"), event.get("eventID"), str(event.get("eventTime"))[:7])
                    if event.get("eventID") and mark in seen:
                        continue
                    seen.add(mark)
                    yield event


def at(value, *path):
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def made_by(event):
    """(kind, id, owner) of what an event made."""
    name, request, response = event["eventName"], event.get("requestParameters"), event.get("responseElements")
    if name == "CreateAccessKey":
        yield "access key", at(response, "accessKey", "accessKeyId"), at(response, "accessKey", "userName")
    elif name in SESSIONS:
        yield "session", at(response, "credentials", "accessKeyId"), None
    elif name == "CreateUser":
        yield "user", at(request, "userName"), None
    elif name == "CreateRole":
        yield "role", at(request, "roleName"), None
    elif name in ("CreateLoginProfile", "UpdateLoginProfile"):
        yield "login profile", at(request, "userName"), None
    elif name == "RunInstances":
        for item in at(response, "instancesSet", "items") or []:
            yield "instance", item.get("instanceId"), None
    elif name == "CreateBucket":
        yield "bucket", at(request, "bucketName"), None
    elif name in ("CreateFunction20150331", "CreateFunction20181031", "CreateFunction"):
        yield "function", at(request, "functionName"), None
    elif name == "CreatePolicy":
        yield "policy", at(response, "policy", "arn") or at(request, "policyName"), None


def deleted_by(event):
    name, request, response = event["eventName"], event.get("requestParameters"), event.get("responseElements")
    simple = {"DeleteUser": ("user", "userName"), "DeleteRole": ("role", "roleName"), "DeleteLoginProfile": ("login profile", "userName"),
              "DeleteBucket": ("bucket", "bucketName"), "DeleteFunction20150331": ("function", "functionName"),
              "DeletePolicy": ("policy", "policyArn"), "DeleteAccessKey": ("access key", "accessKeyId")}
    if name in simple:
        yield simple[name][0], at(request, simple[name][1])
    elif name == "TerminateInstances":
        for item in at(response, "instancesSet", "items") or []:
            yield "instance", item.get("instanceId")


def account_of(event):
    return event.get("recipientAccountId") or at(event.get("userIdentity"), "accountId")


def scan(folder, key):
    events = [event for event in read(folder) if isinstance(event.get("userIdentity"), dict)]
    calls, failed, uses = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    made, deleted, logins = [], [], []
    for event in sorted(events, key=lambda e: (e.get("eventTime", ""), e.get("eventID", ""))):
        who = event["userIdentity"]
        credential = who.get("accessKeyId")
        if credential:
            calls[credential] += 1
            failed[credential] += bool(event.get("errorCode"))
            uses[credential].append(event)
        if event.get("errorCode"):
            continue
        made += [(kind, name, owner, credential, event) for kind, name, owner in made_by(event) if name]
        deleted += [(kind, name, credential, event) for kind, name in deleted_by(event) if name]
        if event["eventName"] == "ConsoleLogin" and at(event.get("responseElements"), "ConsoleLogin") == "Success":
            logins.append(event)
    family = {("access key" if not key.startswith("ASIA") else "session", key): {"parent": None, "made_event": None, "made_at": None, "account": None}}
    session_keys = {name for kind, name, _, _, _ in made if kind == "session"}

    def credentials():
        return {name for kind, name in family if kind in ("access key", "session", "console session", "instance session")}

    def add(kind, name, parent, event):
        if (kind, name) not in family and name not in credentials():
            family[kind, name] = {"parent": parent, "made_event": event.get("eventID") if event else None,
                                  "made_at": event.get("eventTime") if event else None, "account": account_of(event) if event else None}

    before = -1
    while before != len(family):
        before = len(family)
        owners = credentials()
        for kind, name, owner, credential, event in made:
            users = [family["user", owner]] if ("user", owner) in family else []
            if credential in owners or (kind == "access key" and any(u["account"] == account_of(event) and u["made_at"] <= event["eventTime"] for u in users)):
                add(kind, name, credential, event)
        for (kind, name), member in list(family.items()):
            if kind == "login profile":
                for login in logins:
                    if login["userIdentity"].get("userName") != name or login["eventTime"] < member["made_at"]:
                        continue
                    for credential, used in uses.items():
                        first = used[0]
                        if (credential.startswith("ASIA") and credential not in session_keys and first["userIdentity"].get("type") == "IAMUser"
                                and first["userIdentity"].get("userName") == name and first["eventTime"] >= login["eventTime"]):
                            add("console session", credential, member["parent"], login)
            if kind == "user":
                for credential, used in uses.items():
                    who = used[0]["userIdentity"]
                    if credential.startswith("AKIA") and who.get("userName") == name and who.get("accountId") == member["account"] \
                            and used[0]["eventTime"] >= member["made_at"]:
                        add("access key", credential, member["parent"], None)
            if kind == "instance":
                for credential, used in uses.items():
                    if str(used[0]["userIdentity"].get("principalId", "")).endswith(":" + name):
                        add("instance session", credential, member["parent"], used[0])
    members = []
    for (kind, name), member in family.items():
        end = next(((credential, event) for k, n, credential, event in deleted if (k, n) == (kind, name)
                    and (member["account"] is None or account_of(event) == member["account"])
                    and (member["made_at"] is None or event["eventTime"] >= member["made_at"])), None)
        row = {"kind": kind, "id": name, "parent": member["parent"], "deleted_by": end[0] if end else None,
               "deleted_event": end[1]["eventID"] if end else None}
        if kind in ("access key", "session", "console session", "instance session"):
            row.update(calls=calls[name], failed=failed[name])
        members.append(row)
    return sorted(members, key=lambda m: (m["kind"], m["id"]))


if __name__ == "__main__":
    json.dump(scan(sys.argv[1], sys.argv[2]), sys.stdout, indent=1)
    print()
