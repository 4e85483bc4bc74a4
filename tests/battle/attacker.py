#!/usr/bin/env python3
"""The attacker: a program with credentials of its own that fights a containment.

    attacker.py            one JSON object on standard input says where, as whom and by which strategy; ends when the input ends

It prepares (what an attacker did before anybody looked), says "ready", and then polls with every credential that it holds, as fast as it can. Once
it notices that something about it has changed, it fights: turn after turn of its strategy. Each line it writes is JSON: a call with its time
and whether it got through, or a credential that it got hold of. It knows nothing of the responder but what AWS tells it.
"""
import itertools
import json
import sys
import threading
import time
import uuid
from urllib.parse import urlencode
from xml.etree import ElementTree

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PACE = 0.01      # seconds of the way to AWS; time runs faster here
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15", "ec2": "2016-11-15"}
ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
ADMIN, DENY = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/AWSDenyAll"


class Refused(Exception):
    """AWS's answer was an error."""


class Reply:
    """An XML answer; elements are found by name wherever they stand."""

    def __init__(self, text):
        self.root = ElementTree.fromstring(text) if text else None

    def all(self, name):
        return [one.text or "" for one in self.root.iter() if one.tag.rpartition("}")[2] == name] if self.root is not None else []

    def one(self, name):
        return next(iter(self.all(name)), None)


class Hand:
    """What the attacker holds: keys by a name of its own, and how it asks with them."""

    def __init__(self, given):
        self.given, self.keys, self.lock = given, {}, threading.Lock()
        self.pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=20)
        self.account, self.user, self.numbers, self.outsider = given["account"], given.get("user"), itertools.count(1), given.get("outsider")
        for name, key in given["keys"].items():
            self.hold(name, key)

    def say(self, **what):
        with self.lock:
            print(json.dumps({"time": time.time(), **what}), flush=True)

    def hold(self, name, key):
        with self.lock:
            self.keys[name] = key
        self.say(held=name, key=key)
        return key

    def drop(self, name):
        with self.lock:
            self.keys.pop(name, None)

    def ask(self, key, service, action, **params):
        """One signed call with a key; every call is told. Raises Refused."""
        url = self.given["endpoint"] + "/"
        if service == "s3":
            request = AWSRequest("GET", url, data=b"")
        else:
            body = dict(params, Action=action, Version=VERSIONS[service])
            request = AWSRequest("POST", url, data=urlencode(body),
                                 headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
        SigV4Auth(Credentials(key["access_key_id"], key["secret_access_key"], key.get("session_token")), service, "us-east-1").add_auth(request)
        sent = request.prepare()
        begun = time.time()
        time.sleep(PACE)
        found = self.pool.request(request.method, url, body=sent.body, headers=dict(sent.headers))
        reply = Reply(found.data.decode())
        code = None if found.status < 300 else reply.one("Code") or str(found.status)
        on = [params[name] for name in ("UserName", "RoleName", "GroupName", "PolicyArn", "NewUserName") if name in params]
        self.say(call=service + ":" + action, key=key["access_key_id"], ok=code is None, code=code, begun=begun, on=on)
        if code:
            raise Refused(code)
        return reply

    def any(self, service, action, **params):
        """With the first key that gets it through."""
        for key in list(self.keys.values()):
            try:
                return self.ask(key, service, action, **params)
            except Refused:
                continue
        raise Refused(action)

    def take(self, name, reply):
        """The credentials in an answer."""
        key = {"access_key_id": reply.one("AccessKeyId"), "secret_access_key": reply.one("SecretAccessKey"),
               "session_token": reply.one("SessionToken")}
        return self.hold(name, {k: v for k, v in key.items() if v})

    def assume(self, name, key, role, **more):
        return self.take(name, self.ask(key, "sts", "AssumeRole", RoleArn="arn:aws:iam::%s:role/%s" % (self.account, role), RoleSessionName="m" + name, **more))

    def fresh(self, word):
        return "%s-%d-%s" % (word, next(self.numbers), uuid.uuid4().hex[:6])

    def poll(self):
        """Looks whether each credential still does something; never gives up."""
        for key in list(self.keys.values()):
            self.tried(lambda key=key: self.ask(key, "s3", "ListBuckets"))

    def tried(self, function):
        try:
            return function()
        except Refused:
            return None

    def insist(self, function):
        """Until it gets through: what was just made may not be known yet."""
        while not self.tried(function):
            pass

    def picture(self, action, name):
        """What it can see about itself in one call; a change of it is noticed."""
        me = {"UserName": self.user} if self.user else {"RoleName": self.given["role"]}
        return self.tried(lambda: sorted(self.any("iam", action, **me).all(name)))


def run(hand, strategy):
    strategy.prepare(hand)
    before = hand.picture(*strategy.watched)
    hand.say(ready=True)
    while hand.picture(*strategy.watched) == before:
        hand.poll()
    hand.say(noticed=True)
    workers = [threading.Thread(target=work, args=(hand, strategy), daemon=True) for _ in range(strategy.threads)]
    for one in workers:
        one.start()


def work(hand, strategy):
    while True:
        try:
            strategy.turn(hand)
        except Refused:
            pass
        except urllib3.exceptions.HTTPError:
            return      # the double is gone: so is the test
        hand.poll()


def main():
    import strategies
    hand = Hand(json.loads(sys.stdin.readline()))
    strategy = strategies.BY_NAME[hand.given["strategy"]]
    threading.Thread(target=run, args=(hand, strategy), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    import attacker
    attacker.main()
