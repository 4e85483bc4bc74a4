"""Users, roles, bucket policies and service control policies as the evaluation sees them, at one moment."""
import json

from moto.iam.models import iam_backends
from moto.organizations.models import organizations_backends
from moto.s3.models import s3_backends

from .world import PARTITION

SCP = "SERVICE_CONTROL_POLICY"


class Principal:
    """A user or role as policies see it, at one moment."""

    def mark(self):
        """What changes when anything that counts does."""
        return (self.id, sorted(map(str, self.policies)), self.boundary, self.trust, sorted(self.keys.items()), sorted(self.tags.items()), self.password,
                self.mfa)

    def __init__(self, kind, made, account, backend):
        self.kind, self.name, self.arn, self.id, self.account = kind, made.name, made.arn, made.id, account
        self.path = made.path
        self.tags = dict(tag_pairs(made, backend))
        self.boundary = boundary_document(made, backend)
        self.policies = [document for document in made.policies.values()]
        self.policies += [default_document(one) for one in made.managed_policies.values()]
        self.trust = getattr(made, "assume_role_policy_document", None)
        self.keys, self.mfa = {}, bool(getattr(made, "mfa_devices", None))
        self.password = None
        if kind == "user":
            self.keys = {key.access_key_id: (key.secret_access_key, key.status) for key in made.access_keys}
            self.password = made.password
            for group in backend.groups.values():
                if any(member.name == made.name for member in group.users):
                    self.policies += list(group.policies.values()) + [default_document(one) for one in group.managed_policies.values()]


def tag_pairs(made, backend):
    tags = getattr(made, "tags", None)
    if tags is None:
        tags = backend.tagger.list_tags_for_resource(made.arn).get("Tags", [])
    for tag in tags.values() if isinstance(tags, dict) else tags:
        yield tag["Key"], tag["Value"]


def default_document(managed):
    return next(version.document for version in managed.versions if version.is_default)


def boundary_arn(made):
    return getattr(made, "permissions_boundary_arn", None)


def boundary_document(made, backend):
    arn = boundary_arn(made)
    if not arn:
        return None
    known = backend.managed_policies.get(arn)
    return default_document(known) if known else json.dumps({"Statement": []})


class Directory:
    """Users, roles and bucket policies as they are now."""

    def backend(self, account):
        return iam_backends[account][PARTITION]

    def accounts(self):
        return list(iam_backends)

    def controls(self, account):
        """The levels of service control policies above an account, from the root down; none for the management account and outside."""
        manager = organizations_backends.master_accounts.get(account, (None,))[0]
        if not manager or manager == account:
            return []
        kept, levels = organizations_backends[manager][PARTITION], []
        node = next((one for one in kept.accounts if one.id == account), None)
        while node is not None:
            levels.insert(0, [one.content for one in node.attached_policies if one.type == SCP])
            node = next((one for one in kept.ou if one.id == getattr(node, "parent_id", None)), None)
        return levels

    def everything(self):
        """(kind, account, name) or (kind, name) to what stands there now: what may take effect late."""
        found = {}
        for account in self.accounts():
            backend = self.backend(account)
            found.update({("user", account, one.name): Principal("user", one, account, backend) for one in list(backend.users.values())})
            found.update({("role", account, one.name): Principal("role", one, account, backend) for one in list(backend.roles.values())})
            levels = self.controls(account)
            if levels:
                found["controls", account] = levels
        for account in list(s3_backends):
            found.update({("bucket", one.name): one.policy for one in list(s3_backends[account][PARTITION].buckets.values())})
        return found

    def user(self, account, name):
        made = next((one for one in self.backend(account).users.values() if one.name == name), None)
        return made and Principal("user", made, account, self.backend(account))

    def role(self, account, name):
        made = next((one for one in self.backend(account).roles.values() if one.name == name), None)
        return made and Principal("role", made, account, self.backend(account))

    def owner(self, key_id):
        for account in self.accounts():
            for made in list(self.backend(account).users.values()):
                if any(key.access_key_id == key_id for key in made.access_keys):
                    return Principal("user", made, account, self.backend(account))
        return None

    def arn_of(self, account, kind, name):
        backend = self.backend(account)
        kept = {"user": backend.users, "role": backend.roles, "group": backend.groups}.get(kind, {})
        return next((one.arn for one in kept.values() if one.name == name), None)

    def bucket_policy(self, name):
        for account in list(s3_backends):
            bucket = s3_backends[account][PARTITION].buckets.get(name)
            if bucket:
                return bucket.policy
        return None

    def bucket_account(self, name):
        return next((account for account in list(s3_backends) if name in s3_backends[account][PARTITION].buckets), None)
