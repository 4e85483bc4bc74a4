"""Glue as Lake Formation shows it: catalogs beside the account's own, databases and tables that are hidden, resource links; keys tried by DryRun."""
from moto.glue.models import glue_backends
from moto.kms.models import kms_backends

from .identity import account_of
from .world import REGION, CloudError, before, control, operation, world


def told():
    return world.of("lakeformation", lambda: {"catalogs": {}, "hidden": [], "denied_keys": []})


@control("lakeformation")
def order(given):
    """{"catalogs": {NAME: {DATABASE: [tables as GetTables shows them]}}, "hidden": [databases of the account's catalog], "denied_keys": [ids]}"""
    if given is not None:
        told().update(given)
    return told()


def databases_of(call):
    """Databases of another catalog; None for the account's own."""
    name = call.params.get("CatalogId") or account_of(call)
    if name == account_of(call):
        return None
    found = told()["catalogs"].get(name.partition(":")[2]) if call.region == REGION else None
    if found is None:
        raise CloudError("EntityNotFoundException", "Catalog %s not found." % name, 400)
    return found


def hidden(name, right):
    if name in told()["hidden"]:
        raise CloudError("AccessDeniedException", "Insufficient Lake Formation permission(s): Required %s on %s" % (right, name), 400)


@before
def what_lake_formation_hides(call):
    if call.service == "glue" and call.operation == "GetDatabase":
        hidden(call.params.get("Name"), "Describe")


@operation("glue", "GetDatabases")
def get_databases(call):
    found = databases_of(call)
    if found is not None:
        return {"DatabaseList": [{"Name": name} for name in found]}
    own = glue_backends[account_of(call)][call.region].get_databases()
    return {"DatabaseList": [{k: v for k, v in one.as_dict().items() if v is not None} for one in own]}


def missing(name):
    return CloudError("EntityNotFoundException", "Database %s not found." % name, 400)


@operation("glue", "GetTables")
def get_tables(call):
    found, name = databases_of(call), call.params["DatabaseName"]
    if found is not None:
        if name not in found:
            raise missing(name)
        return {"TableList": found[name]}
    hidden(name, "Describe")
    kept = glue_backends[account_of(call)][call.region].databases
    target = (kept[name].input.get("TargetDatabase") or {}).get("DatabaseName") if name in kept else None
    if (target or name) not in kept:
        raise missing(target or name)
    hidden(target, "Describe")
    return {"TableList": [one.as_dict() for one in kept[target or name].tables.values()]}


@operation("kms", "Decrypt", "GenerateDataKey")
def try_key(call):
    """Only tried: DryRun says whether the call would succeed."""
    if not call.params.get("DryRun"):
        raise CloudError("NotImplemented", "only DryRun", 501)
    kept, name = kms_backends[account_of(call)][call.region], call.params["KeyId"]
    key = kept.describe_key(kept.get_key_id(name))
    if key.key_state != "Enabled":
        raise CloudError("DisabledException", "%s is disabled." % key.arn, 400)
    if key.id in told()["denied_keys"]:
        raise CloudError("AccessDeniedException", "User: %s is not authorized to perform: kms:%s on resource: %s" % (
            call.identity.arn, call.operation, key.arn), 400)
    raise CloudError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412)
