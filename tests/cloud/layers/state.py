"""All that identities are in every account, for tests that compare before and after: no secrets, and nothing that only time changes."""
import json
from urllib.parse import unquote

from moto.iam.models import iam_backends

from . import center, gaps, organization, principals
from .world import PARTITION, control, world


def read(document):
    """A policy as a value: spelling does not count."""
    try:
        return json.loads(unquote(document) if document.startswith("%7B") else document)
    except (ValueError, AttributeError):
        return document


def policies(made):
    return {"inline": {name: read(text) for name, text in made.policies.items()}, "attached": sorted(made.managed_policies)}


def user(made, backend):
    services = {one["ServiceSpecificCredentialId"]: one["Status"] for one in gaps.credentials_in(backend.account_id)
                if one["UserName"] == made.name}
    return {"id": made.id, "arn": made.arn, "tags": dict(principals.tag_pairs(made, backend)), **policies(made),
            "boundary": principals.boundary_arn(made), "keys": {key.access_key_id: key.status for key in made.access_keys},
            "password": made.password is not None, "mfa": sorted(one.serial_number for one in made.mfa_devices.values()),
            "ssh": {one.ssh_public_key_id: one.status for one in made.ssh_public_keys},
            "certificates": {one.id: one.status for one in made.signing_certificates.values()}, "services": services,
            "groups": sorted(group.name for group in backend.groups.values() if any(one.name == made.name for one in group.users))}


def role(made, backend):
    return {"id": made.id, "arn": made.arn, "tags": dict(principals.tag_pairs(made, backend)), **policies(made),
            "boundary": principals.boundary_arn(made), "trust": read(made.assume_role_policy_document), "longest": made.max_session_duration}


def account(backend):
    return {"users": {one.name: user(one, backend) for one in list(backend.users.values())},
            "roles": {one.name: role(one, backend) for one in list(backend.roles.values())},
            "groups": {one.name: {**policies(one), "members": sorted(member.name for member in one.users)} for one in list(backend.groups.values())},
            "policies": {arn: {version.version_id: [read(version.document), version.is_default] for version in one.versions}
                         for arn, one in list(backend.managed_policies.items()) if ":iam::aws:" not in arn},
            "profiles": {one.name: sorted(held.name for held in one.roles) for one in list(backend.instance_profiles.values())}}


@control("state")
def state(given):
    """GET: accounts, the organization and Identity Center."""
    found = {"accounts": {number: account(iam_backends[number][PARTITION]) for number in list(iam_backends)},
             "organization": organization.shown(given)}
    if world.of("identity center").get("account"):
        found["center"] = center.shown()
    return found
