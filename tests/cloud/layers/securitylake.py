"""Security Lake's own API over what a test says of the lake."""
from .identity import account_of
from .world import CloudError, control, operation, page, parse_time, world


def lake():
    return world.of("securitylake", lambda: {"dataLakes": [], "sources": [], "exceptions": [], "subscribers": [], "organization": []})


@control("securitylake")
def order(given):
    """{"dataLakes": [...], "sources": [{"account", "region", "sources": [...]}], "exceptions": [...], "subscribers": [...],
    "organization": [...]}, in the API's words."""
    if given is not None:
        lake().update(given)
    return lake()


def in_regions(items, regions):
    return [one for one in items if not regions or one["region"] in regions]


def shown(call, name, items):
    size = int(call.params.get("maxResults") or 50)
    if size < 1:
        raise CloudError("BadRequestException", "maxResults is not valid", 400)
    items, following = page(items, call.params.get("nextToken"), size)
    return {name: items, **({"nextToken": following} if following else {})}


@operation("securitylake", "ListDataLakes")
def list_data_lakes(call):
    default = lambda one: {"createStatus": "COMPLETED", "dataLakeArn": "arn:aws:securitylake:%s:%s:data-lake/default" % (
                               one["region"], account_of(call)),
                           "s3BucketArn": "arn:aws:s3:::aws-security-data-lake-%s-test" % one["region"], "encryptionConfiguration": {
                               "kmsKeyId": "S3_MANAGED_KEY"}}
    return {"dataLakes": [{**default(one), **one} for one in in_regions(lake()["dataLakes"], call.params.get("regions"))]}


def source_name(one):
    return (one.get("awsLogSource") or one.get("customLogSource") or {}).get("sourceName")


@operation("securitylake", "ListLogSources")
def list_log_sources(call):
    given, found = call.params, []
    wanted = {source_name(one) for one in given.get("sources") or []}
    for one in in_regions(lake()["sources"], given.get("regions")):
        sources = [source for source in one["sources"] if not wanted or source_name(source) in wanted]
        if sources and (not given.get("accounts") or one["account"] in given["accounts"]):
            found.append({**one, "sources": sources})
    return shown(call, "sources", found)


@operation("securitylake", "ListDataLakeExceptions")
def list_exceptions(call):
    found = in_regions(lake()["exceptions"], call.params.get("regions"))
    return shown(call, "exceptions", [{**one, **({"timestamp": parse_time(one["timestamp"])} if "timestamp" in one else {})} for one in found])


@operation("securitylake", "ListSubscribers")
def list_subscribers(call):
    return shown(call, "subscribers", [{**one, **{k: parse_time(one[k]) for k in ("createdAt", "updatedAt") if k in one}}
                                       for one in lake()["subscribers"]])


@operation("securitylake", "GetDataLakeOrganizationConfiguration")
def organization(call):
    return {"autoEnableNewAccount": lake()["organization"]}
