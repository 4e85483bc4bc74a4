"""An account as an incident left it, with the ids that its logs tell: keys, users, instances and buckets that somebody has read of."""
from moto.ec2.models import instances as moto_instances
from moto.s3.models import s3_backends

from .account import ADMINISTRATOR, backend, make_role, make_user
from .world import PARTITION, control, world


by_chance = moto_instances.random_instance_id


def instance_id():
    waiting = world.of("instance ids", list)
    return waiting.pop(0) if waiting else by_chance()


moto_instances.random_instance_id = instance_id


def key(account, user, name):
    """An access key of a user, with an id that is known; gives its secret to whoever plays the thief."""
    kept = backend(account)
    made = kept.create_access_key(user_name=user)
    kept.access_keys[name] = kept.access_keys.pop(made.access_key_id)
    made.access_key_id = name
    return made.secret_access_key


@control("incident")
def incident(given):
    """{"account", "users": {name: {"keys": [ids], "password", "policies"}}, "roles": [{"account", "name"}], "instances": [ids of the next that are
    run], "buckets": [{"name", "region"}]} gives the secrets of the keys by their ids."""
    account, secrets = given["account"], {}
    for name, one in given.get("users", {}).items():
        make_user({"name": name, "account": account, "policies": one.get("policies", [ADMINISTRATOR]), "key": False})
        if one.get("password"):
            backend(account).create_login_profile(name, "Stolen-and-known-1")
        secrets.update({name_of_key: key(account, name, name_of_key) for name_of_key in one.get("keys", [])})
    for one in given.get("roles", []):
        make_role({"name": one["name"], "account": one["account"], "policies": [ADMINISTRATOR], "trust": "arn:aws:iam::%s:root" % account})
    world.of("instance ids", list).extend(given.get("instances", []))
    for one in given.get("buckets", []):
        s3_backends[account][PARTITION].create_bucket(one["name"], one["region"])
    return {"secrets": secrets}
