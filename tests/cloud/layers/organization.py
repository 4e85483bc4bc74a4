"""Organizations: accounts of a test's choosing under a management account, SCPs with AWS's limits, and where they are asked."""
import contextlib

from moto.iam.models import iam_backends
from moto.organizations import utils
from moto.organizations.models import organizations_backends

from . import identity
from .world import ACCOUNT, PARTITION, CloudError, before, control, home, operation

MANAGER = "999900001111"
LARGEST, ATTACHED = 5120, 5
MANAGING = ("CreatePolicy", "UpdatePolicy", "DeletePolicy", "AttachPolicy", "DetachPolicy", "MoveAccount", "CreateAccount", "CloseAccount",
            "CreateOrganizationalUnit", "EnablePolicyType", "DisablePolicyType")
READING = ("ListPolicies", "ListPoliciesForTarget", "ListTargetsForPolicy", "DescribePolicy", "ListAccounts", "ListParents", "ListChildren",
           "ListRoots", "DescribeAccount", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "DescribeOrganizationalUnit",
           "ListDelegatedAdministrators")


@control("organization")
def order(given):
    """{"management": id, "members": [{"account", "name", "unit"}]} makes one; GET and POST give its ids."""
    if given:
        manager = given.get("management", MANAGER)
        kept = organizations_backends[manager][PARTITION]
        if not kept.org:
            with numbered(manager):
                kept.create_organization("us-east-1", FeatureSet="ALL")
            organizations_backends.master_accounts[manager] = (manager, PARTITION)
            kept.ou[0].add_policy_type("SERVICE_CONTROL_POLICY")
        for one in given.get("members", [{"account": ACCOUNT, "name": "member"}]):
            add(kept, manager, one)
    return shown(given)


@contextlib.contextmanager
def numbered(account):
    """An account made in here has this id; moto's would be one by chance."""
    chance, utils.make_random_account_id = utils.make_random_account_id, lambda: account
    try:
        yield
    finally:
        utils.make_random_account_id = chance


def add(kept, manager, one):
    """An account with this id, its role for the management account, and its unit."""
    with numbered(one["account"]):
        kept.create_account(AccountName=one.get("name", one["account"]), Email="root+%s@example.com" % one["account"])
    role = iam_backends[one["account"]][PARTITION].get_role("OrganizationAccountAccessRole")
    iam_backends[one["account"]][PARTITION].managed_policies["arn:aws:iam::aws:policy/AdministratorAccess"].attach_to(role)
    if one.get("unit"):
        unit = next((ou.id for ou in kept.ou if ou.name == one["unit"]), None)
        unit = unit or kept.create_organizational_unit(Name=one["unit"], ParentId=kept.org.root_id)["OrganizationalUnit"]["Id"]
        kept.get_account_by_id(one["account"]).parent_id = unit


def shown(given):
    manager = (given or {}).get("management", MANAGER)
    kept = organizations_backends[manager][PARTITION]
    if not kept.org:
        return {"management": None}
    return {"management": manager, "root": kept.org.root_id, "units": {ou.name: ou.id for ou in kept.ou},
            "members": {one.id: one.name for one in kept.accounts if one.id != manager},
            "policies": {one.name: {"content": one.content, "targets": [t.id for t in one.attachments]} for one in kept.policies}}


def kept_of(call):
    """The organization's backend, whoever of its accounts asks."""
    account = identity.account_of(call)
    manager = organizations_backends.master_accounts.get(account, (None,))[0]
    if not manager:
        raise CloudError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.", 400)
    return manager, organizations_backends[manager][PARTITION]


@home("organizations")
def home_of(call):
    """Who is asked: the management account's organization, also by its delegated administrators."""
    return organizations_backends.master_accounts.get(identity.account_of(call), (identity.account_of(call),))[0]


def delegated(kept, account):
    return any(one.account.id == account for one in kept.admins)


@before
def who_may_and_how_much(call):
    if call.service != "organizations" or call.operation == "DescribeOrganization":
        return
    manager, kept = kept_of(call)
    account, given = identity.account_of(call), call.params
    if account != manager and call.operation in MANAGING + READING and not delegated(kept, account):
        raise CloudError("AccessDeniedException", "You don't have permissions to access this resource.", 400)
    if given.get("Type") == "SERVICE_CONTROL_POLICY" or call.operation == "UpdatePolicy":
        if len(given.get("Content") or "") > LARGEST:
            raise CloudError("ConstraintViolationException", "You have exceeded the maximum size of a policy.", 400, Reason="POLICY_CONTENT_LIMIT_EXCEEDED")
    if call.operation == "AttachPolicy":
        target = next((one for one in kept.accounts + kept.ou if one.id == given["TargetId"]), None)
        attached = [one.id for one in target.attached_policies if one.type == "SERVICE_CONTROL_POLICY"] if target else []
        if given["PolicyId"] in attached:
            raise CloudError("DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists.", 400)
        if len(attached) >= ATTACHED:
            raise CloudError("ConstraintViolationException", "You have attained the maximum number of policies attached to the target.", 400,
                             Reason="MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")


@operation("organizations", "DetachPolicy")
def detach(call):
    _, kept = kept_of(call)
    policy = next((one for one in kept.policies if one.id == call.params["PolicyId"]), None)
    target = next((one for one in kept.accounts + kept.ou if one.id == call.params["TargetId"]), None)
    if not policy or not target:
        raise CloudError("PolicyNotFoundException" if not policy else "TargetNotFoundException", "You specified something that does not exist.", 400)
    if policy not in target.attached_policies:
        raise CloudError("PolicyNotAttachedException", "The policy isn't attached to the specified target in the specified root.", 400)
    if len([one for one in target.attached_policies if one.type == policy.type]) == 1:
        raise CloudError("ConstraintViolationException", "You can't remove the last SCP of a target.", 400, Reason="MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    target.attached_policies.remove(policy)
    policy.attachments.remove(target)
    return {}
