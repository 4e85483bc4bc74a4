"""What the tests of %lake and %doctor put into the double: tables in Glue, shares, a kernel that sees them."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cloud"))

from notebook import Kernel  # noqa: E402

LAKE = "amazon_security_lake_glue_db_us_east_1"
TABLE = "amazon_security_lake_table_us_east_1_"
OCSF = ["metadata", "time", "cloud", "api", "actor", "http_request", "src_endpoint", "class_uid", "class_name", "activity_id"]
TRAIL = ["eventversion", "useridentity", "eventtime", "eventsource", "eventname", "requestparameters", "responseelements"]
FLOW = """metadata cloud src_endpoint dst_endpoint connection_info traffic time time_dt start_time_dt end_time_dt status_code severity_id severity
class_name class_uid category_name category_uid activity_name activity_id action action_id disposition type_uid type_name accountid region asl_version
unmapped""".split()


def start(cloud, home, key=None, **environment):
    home.mkdir(exist_ok=True)
    return Kernel(home, {**{k: v for k, v in cloud.environment(key).items() if v != os.devnull}, **environment})


def table(name, columns, location=None, **more):
    return {"Name": name, "StorageDescriptor": {"Columns": [{"Name": one, "Type": "string"} for one in columns], "Location": location or ""}, **more}


def add(cloud, database, *tables, **more):
    """A database with these tables, in the account's own catalog; what a test made before is left."""
    glue = cloud.client("glue")
    if database not in [one["Name"] for one in glue.get_databases()["DatabaseList"]]:
        glue.create_database(DatabaseInput={"Name": database, **more})
    for one in tables:
        glue.create_table(DatabaseName=database, TableInput=one)


def workgroup(cloud, state="ENABLED", **changed):
    given = dict(changed)
    result = {"OutputLocation": given.pop("OutputLocation")} if "OutputLocation" in given else {"RemoveOutputLocation": True}
    cloud.client("athena").update_work_group(WorkGroup="primary", State=state, ConfigurationUpdates={
        "ResultConfigurationUpdates": result, "RemoveBytesScannedCutoffPerQuery": True, "ManagedQueryResultsConfigurationUpdates": {"Enabled": False},
        "EnforceWorkGroupConfiguration": False, "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"}, **given})


def acts(kernel, tag, link):
    """What a front end would act on: a tag in HTML or Markdown, a link in Markdown, an escape sequence anywhere."""
    shown = [one["data"] for one in kernel.messages if one.get("data")]
    return any(tag in one.get("text/html", "") or tag in one.get("text/markdown", "") or link in one.get("text/markdown", "")
               or any("\x1b" in str(value) for value in one.values()) for one in shown)


def changes(cloud):
    """Calls since forget() that are no reading and no DryRun."""
    reads = ("Get", "List", "Describe", "Head", "Lookup", "Simulate")
    return [one for one in cloud.calls() if not one["operation"].startswith(reads) and not (one["params"] or {}).get("DryRun")]
