"""Athena's workgroups and what its catalog tells of databases and tables."""
import re

from . import athena
from .athena_output import hive_type, paged
from .world import CloudError, now

NAME = re.compile(r"[a-zA-Z0-9._-]{1,128}")
CATALOG_NAME = "AwsDataCatalog"


def create_work_group(call):
    name = call.params["Name"]
    if not NAME.fullmatch(name):
        raise athena.invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint" % name)
    if name in athena.groups():
        raise athena.invalid("WorkGroup is already created", "INVALID_INPUT")
    config = call.params.get("Configuration") or {}
    check(config)
    athena.groups()[name] = {"Name": name, "State": "ENABLED", "Description": call.params.get("Description", ""), "CreationTime": now(),
                             "Configuration": {
        "EnforceWorkGroupConfiguration": True, "ResultConfiguration": {}, "PublishCloudWatchMetricsEnabled": False, "RequesterPaysEnabled": False,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}, **config}}
    return {}


def check(config):
    limit = config.get("BytesScannedCutoffPerQuery")
    if limit is not None and int(limit) < athena.SMALLEST_CUTOFF:
        raise athena.invalid("BytesScannedCutoffPerQuery must be at least %d" % athena.SMALLEST_CUTOFF)


def get_work_group(call):
    return {"WorkGroup": athena.group_of(call.params["WorkGroup"])}


def list_work_groups(call):
    found = [{k: one.get(k) for k in ("Name", "State", "Description", "CreationTime")} for one in athena.groups().values()]
    return paged("WorkGroups", found, call.params, 50)


def update_work_group(call):
    group, change = athena.group_of(call.params["WorkGroup"]), dict(call.params.get("ConfigurationUpdates") or {})
    check(change)
    config = group["Configuration"]
    if change.pop("RemoveBytesScannedCutoffPerQuery", False):
        config.pop("BytesScannedCutoffPerQuery", None)
    location = (change.pop("ResultConfigurationUpdates", None) or {})
    if location.get("RemoveOutputLocation"):
        config["ResultConfiguration"].pop("OutputLocation", None)
    if location.get("OutputLocation"):
        config["ResultConfiguration"] = {**config["ResultConfiguration"], "OutputLocation": location["OutputLocation"]}
    managed = change.pop("ManagedQueryResultsConfigurationUpdates", None)
    if managed:
        config["ManagedQueryResultsConfiguration"] = {"Enabled": managed["Enabled"]}
    config.update(change)
    for key in ("State", "Description"):
        if call.params.get(key):
            group[key] = call.params[key]
    return {}


def delete_work_group(call):
    name = call.params["WorkGroup"]
    if name == "primary":
        raise athena.invalid("The primary workgroup cannot be deleted")
    athena.group_of(name)
    del athena.groups()[name]
    return {}


def database_of(call):
    name = call.params.get("DatabaseName", "default")
    if name not in athena.engine.databases():
        raise CloudError("MetadataException", "Database %s not found" % name, 400)
    return name


def list_databases(call):
    return paged("DatabaseList", [{"Name": name} for name in athena.engine.databases()], call.params, 50)


def get_database(call):
    return {"Database": {"Name": database_of(call)}}


def table(database, name, view):
    columns = athena.engine.columns(database, name)
    return {"Name": name, "TableType": "VIRTUAL_VIEW" if view else "EXTERNAL_TABLE", "Parameters": {},
            "Columns": [{"Name": one[0], "Type": hive_type(one[1])} for one in columns], "PartitionKeys": []}


def list_table_metadata(call):
    database, wanted = database_of(call), call.params.get("Expression")
    found = [(name, view) for name, view, _ in athena.engine.tables(database) if not wanted or re.search(wanted, name)]
    page = paged("names", found, call.params, 50)
    return {"TableMetadataList": [table(database, *one) for one in page.pop("names")], **page}


def get_table_metadata(call):
    database, name = database_of(call), call.params["TableName"]
    for one, view, _ in athena.engine.tables(database):
        if one == name:
            return {"TableMetadata": table(database, name, view)}
    raise CloudError("MetadataException", "Table %s not found" % name, 400)


def list_data_catalogs(call):
    return paged("DataCatalogsSummary", [{"CatalogName": CATALOG_NAME, "Type": "GLUE"}], call.params, 50)


def get_data_catalog(call):
    if call.params["Name"].lower() != CATALOG_NAME.lower():
        raise athena.invalid("DataCatalog %s is not found" % call.params["Name"])
    return {"DataCatalog": {"Name": CATALOG_NAME, "Type": "GLUE"}}


ANSWERS = {"CreateWorkGroup": create_work_group, "GetWorkGroup": get_work_group, "ListWorkGroups": list_work_groups,
           "UpdateWorkGroup": update_work_group, "DeleteWorkGroup": delete_work_group, "ListDatabases": list_databases, "GetDatabase": get_database,
           "ListTableMetadata": list_table_metadata, "GetTableMetadata": get_table_metadata, "ListDataCatalogs": list_data_catalogs,
           "GetDataCatalog": get_data_catalog}
