"""Identity Center: its users and groups, permission sets that become roles in accounts, and sessions that carry identitystore:UserId."""
import json
import secrets
import uuid

from moto.iam.models import iam_backends
from moto.identitystore.models import identitystore_backends
from moto.organizations.models import organizations_backends
from moto.ssoadmin.models import ssoadmin_backends

from . import identity, organization
from .sessions import make_role_session
from .world import ACCOUNT, PARTITION, REGION, CloudError, after, control, home, now, operation, world

PATH = "/aws-reserved/sso.amazonaws.com/"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"], "Principal": {
    "Federated": "arn:aws:iam::%s:saml-provider/AWSSSO_DO_NOT_DELETE"}}]}


def state():
    return world.of("identity center", lambda: {"account": None, "roles": {}, "requests": {}})


def admin():
    return ssoadmin_backends[state()["account"]][REGION]


def store():
    return identitystore_backends[state()["account"]][REGION]


def instance():
    return admin().instances[0]


@home("sso-admin")
@home("identitystore")
def home_of(call):
    """Where the instance is, for its own account and for delegated administrators."""
    account, there = identity.account_of(call), state()["account"]
    if there in (None, account):
        return account
    kept = organizations_backends[there][PARTITION]
    if not kept.org or not organization.delegated(kept, account):
        raise CloudError("AccessDeniedException", "User: %s is not authorized to perform: %s" % (call.identity.arn, call.operation), 400)
    return there


@operation("sso-admin", "ListInstances")
def list_instances(call):
    if state()["account"] != home_of(call) or call.region != REGION:
        return {"Instances": []}
    one = instance()
    return {"Instances": [{"InstanceArn": one.instance_arn, "IdentityStoreId": one.identity_store_id, "OwnerAccountId": one.account_id,
                           "Status": "ACTIVE"}]}


@control("identity-center")
def order(given):
    """{"account", "users": [{"name", "groups"}], "sets": [{"name", "policies", "inline"}], "assignments": [{"principal", "set", "account"}]}"""
    given = given or {}
    kept = state()
    kept["account"] = kept["account"] or given.get("account", ACCOUNT)
    for one in given.get("users", []):
        user, _ = store().create_user(instance().identity_store_id, one["name"], {"GivenName": one["name"], "FamilyName": "Person"}, one["name"],
                                      *[None] * 10)
        for name in one.get("groups", []):
            store().create_group_membership(instance().identity_store_id, group_id(name), {"UserId": user})
    for one in given.get("sets", []):
        arn = admin().create_permission_set(one["name"], "", instance().instance_arn, "PT8H", "", [])["PermissionSetArn"]
        for policy in one.get("policies", []):
            admin().attach_managed_policy_to_permission_set(instance().instance_arn, arn, policy)
        if one.get("inline"):
            admin().put_inline_policy_to_permission_set(instance().instance_arn, arn, json.dumps(one["inline"]))
    for one in given.get("assignments", []):
        kind, principal = principal_of(one["principal"])
        account = one.get("account", ACCOUNT)
        admin().create_account_assignment(instance().instance_arn, account, "AWS_ACCOUNT", set_named(one["set"]).permission_set_arn, kind, principal)
        provision(set_named(one["set"]), account)
    return shown()


def people():
    return store().identity_stores.get(instance().identity_store_id)


def group_id(name):
    found = people() and next((one.GroupId for one in people().groups.values() if one.DisplayName == name), None)
    return found or store().create_group(instance().identity_store_id, name, "")[0]


def principal_of(name):
    user = next((one.UserId for one in people().users.values() if one.UserName == name), None)
    return ("USER", user) if user else ("GROUP", group_id(name))


def set_named(name):
    return next(one for one in admin().permission_sets if one.name == name)


def shown():
    kept = people()
    return {"instance": instance().instance_arn, "store": instance().identity_store_id,
            "users": {one.UserName: one.UserId for one in kept.users.values()} if kept else {},
            "groups": {one.DisplayName: one.GroupId for one in kept.groups.values()} if kept else {},
            "sets": {one.name: one.permission_set_arn for one in admin().permission_sets},
            "inline": {one.name: one.inline_policy for one in admin().permission_sets},
            "tags": {one.name: one.tags for one in admin().permission_sets},
            "members": sorted([one["GroupId"], one["MemberId"]["UserId"]] for one in kept.group_memberships.values()) if kept else [],
            "assignments": sorted([one.principal_id, one.permission_set_arn, one.target_id] for one in admin().account_assignments),
            "roles": {"%s@%s" % key: role for key, role in state()["roles"].items()}}


def provision(made, account):
    """The role of a permission set in an account, as the set is now."""
    kept, backend = state()["roles"], iam_backends[account][PARTITION]
    name = kept.get((made.name, account))
    if not name:
        name = kept[made.name, account] = "AWSReservedSSO_%s_%s" % (made.name, secrets.token_hex(8))
        backend.create_role(role_name=name, assume_role_policy_document=json.dumps(TRUST) % account, path=PATH, permissions_boundary=None,
                            description="", tags=[], max_session_duration=43200)
    role = backend.get_role(name)
    role.policies.clear()
    if made.inline_policy:
        role.policies["AwsSSOInlinePolicy"] = made.inline_policy
    wanted = {one.arn for one in made.managed_policies}
    for arn in set(role.managed_policies) - wanted:
        role.managed_policies[arn].detach_from(role)
    for arn in wanted - set(role.managed_policies):
        backend.managed_policies[arn].attach_to(role)


def accounts_of(made):
    return [account for name, account in state()["roles"] if name == made.name]


def is_stale(made, account):
    """Whether the account's role is the permission set as it was before its last change."""
    role = iam_backends[account][PARTITION].get_role(state()["roles"][made.name, account])
    return role.policies.get("AwsSSOInlinePolicy") != (made.inline_policy or None) or set(role.managed_policies) != {one.arn for one in made.managed_policies}


def status_of(request, arn, account, word):
    return {"RequestId": request, "PermissionSetArn": arn, "Status": word, "CreatedDate": now(), **({"AccountId": account} if account else {})}


@operation("sso-admin", "ProvisionPermissionSet")
def provision_set(call):
    home_of(call)
    arn, given = call.params["PermissionSetArn"], call.params
    made = admin()._find_permission_set(given["InstanceArn"], arn)
    for account in accounts_of(made) if given["TargetType"] == "ALL_PROVISIONED_ACCOUNTS" else [given["TargetId"]]:
        provision(made, account)
    request = str(uuid.uuid4())
    state()["requests"][request] = (arn, given.get("TargetId"))
    return {"PermissionSetProvisioningStatus": status_of(request, arn, given.get("TargetId"), "IN_PROGRESS")}


@operation("sso-admin", "DescribePermissionSetProvisioningStatus")
def provisioning_status(call):
    request = call.params["ProvisionPermissionSetRequestId"]
    if request not in state()["requests"]:
        raise CloudError("ResourceNotFoundException", "Could not find the request", 400)
    return {"PermissionSetProvisioningStatus": status_of(request, *state()["requests"][request], "SUCCEEDED")}


def tagged(call):
    home_of(call)
    return admin()._find_permission_set(call.params["InstanceArn"], call.params["ResourceArn"])


@operation("sso-admin", "ListTagsForResource")
def tags_of(call):
    return {"Tags": tagged(call).tags}


@operation("sso-admin", "TagResource")
def tag(call):
    made, given = tagged(call), {one["Key"]: one for one in call.params["Tags"]}
    made.tags = [one for one in made.tags if one["Key"] not in given] + list(given.values())
    return {}


@operation("sso-admin", "UntagResource")
def untag(call):
    made = tagged(call)
    made.tags = [one for one in made.tags if one["Key"] not in call.params["TagKeys"]]
    return {}


@operation("sso-admin", "ListAccountsForProvisionedPermissionSet")
def accounts_for_set(call):
    home_of(call)
    made, wanted = admin()._find_permission_set(call.params["InstanceArn"], call.params["PermissionSetArn"]), call.params.get("ProvisioningStatus")
    return {"AccountIds": [one for one in accounts_of(made) if not wanted or is_stale(made, one) == (wanted == "LATEST_PERMISSION_SET_NOT_PROVISIONED")]}


@operation("sso-admin", "ListPermissionSetsProvisionedToAccount")
def sets_of_account(call):
    home_of(call)
    return {"PermissionSets": [one.permission_set_arn for one in admin().permission_sets if call.params["AccountId"] in accounts_of(one)]}


@after
def assigned(call, given):
    """An assignment provisions its permission set."""
    if (call.service, call.operation) == ("sso-admin", "CreateAccountAssignment") and given.status == 200:
        provision(admin()._find_permission_set(call.params["InstanceArn"], call.params["PermissionSetArn"]), call.params["TargetId"])


def is_assigned(user, made, account):
    groups = [one["GroupId"] for one in people().group_memberships.values() if one["MemberId"]["UserId"] == user]
    return any(one.permission_set_arn == made.permission_set_arn and one.target_id == account and one.principal_id in [user] + groups
               for one in admin().account_assignments)


@control("identity-center-session")
def session(given):
    """{"user", "set", "account", "seconds"}: what the portal gives such a user, if it is assigned."""
    made, account = set_named(given["set"]), given.get("account", ACCOUNT)
    user = principal_of(given["user"])[1]
    if not is_assigned(user, made, account):
        raise CloudError("ForbiddenException", "No access", 403)
    role = identity.directory().role(account, state()["roles"][made.name, account])
    found = make_role_session(role, given["user"], int(given.get("seconds", 3600)), context={"identitystore:userid": user})
    return {"access_key_id": found.access_key_id, "secret_access_key": found.secret, "session_token": found.token}
