"""Single calls that the kernel makes and moto lacks or answers wrongly."""
import base64
import binascii
import json
import secrets

from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import AmiBackend
from moto.iam.models import iam_backends

from .identity import account_of
from .principals import tag_pairs
from .securitylake import lake, shown
from .world import PARTITION, CloudError, before, control, now, operation, world

make_image = AmiBackend.create_image


def image_with_tagged_snapshots(self, instance_id, name, description, tag_specifications):
    """CreateImage with tags for the snapshots too, which moto refuses."""
    found = make_image(self, instance_id, name, description, [one for one in tag_specifications if one["ResourceType"] != "snapshot"])
    tags = {tag["Key"]: tag["Value"] for one in tag_specifications if one["ResourceType"] == "snapshot" for tag in one["Tags"]}
    if tags:
        self.get_snapshot(found.ebs_snapshot.id).add_tags(tags)
    return found


AmiBackend.create_image = image_with_tagged_snapshots


def compute(call):
    return ec2_backends[account_of(call)][call.region]


@before
def names_of_images(call):
    given = call.params
    if (call.service, call.operation) == ("ec2", "CreateImage") and any(one.name == given.get("Name") for one in compute(call).amis.values()):
        raise CloudError("InvalidAMIName.Duplicate", "AMI name %s is already in use by another AMI" % given["Name"], 400)


TAGS_MOST = 50
TAGGED = {"TagUser": ("users", "UserName"), "TagRole": ("roles", "RoleName")}


@before
def tags_of_principals(call):
    """moto counts the tags of a call, AWS those that there are with them."""
    if call.service != "iam" or call.operation not in TAGGED:
        return
    kept, (kind, member) = iam_backends[account_of(call)][PARTITION], TAGGED[call.operation]
    made = next((one for one in getattr(kept, kind).values() if one.name == call.params[member]), None)
    names = {key for key, _ in tag_pairs(made, kept)} if made else set()
    if len(names | {one["Key"] for one in call.params["Tags"]}) > TAGS_MOST:
        raise CloudError("LimitExceeded", "Cannot exceed quota for Tags: %d" % TAGS_MOST, 409)


@operation("sts", "DecodeAuthorizationMessage")
def decode_authorization_message(call):
    try:
        return {"DecodedMessage": json.dumps(json.loads(base64.urlsafe_b64decode(call.params["EncodedMessage"])))}
    except (ValueError, binascii.Error):
        raise CloudError("InvalidAuthorizationMessageException", "Message is not valid", 400) from None


def service_credentials(call):
    name = call.params.get("UserName")
    if name and name not in iam_backends[account_of(call)][PARTITION].users:
        raise CloudError("NoSuchEntity", "The user with name %s cannot be found." % name, 404)
    return [one for one in credentials_in(account_of(call)) if not name or one["UserName"] == name]


def credentials_in(account):
    return world.of("service credentials").setdefault(account, [])


def service_credential(call):
    wanted = call.params["ServiceSpecificCredentialId"]
    for one in service_credentials(call):
        if one["ServiceSpecificCredentialId"] == wanted:
            return one
    raise CloudError("NoSuchEntity", "Service specific credential %s not found" % wanted, 404)


@operation("iam", "CreateServiceSpecificCredential")
def create_service_credential(call):
    service_credentials(call)
    made = {"CreateDate": now(), "ServiceName": call.params["ServiceName"], "UserName": call.params["UserName"], "Status": "Active",
            "ServiceSpecificCredentialId": "ACCA" + secrets.token_hex(8).upper(), "ServiceUserName": call.params["UserName"] + "-at"}
    credentials_in(account_of(call)).append(made)
    return {"ServiceSpecificCredential": {**made, "ServicePassword": secrets.token_urlsafe(24)}}


@operation("iam", "ListServiceSpecificCredentials")
def list_service_credentials(call):
    return {"ServiceSpecificCredentials": service_credentials(call), "IsTruncated": False}


@operation("iam", "UpdateServiceSpecificCredential")
def update_service_credential(call):
    service_credential(call)["Status"] = call.params["Status"]


@operation("iam", "DeleteServiceSpecificCredential")
def delete_service_credential(call):
    credentials_in(account_of(call)).remove(service_credential(call))


@operation("cloudtrail", "ListEventDataStores")
def list_event_data_stores(call):
    return {"EventDataStores": []}


@operation("cloudtrail", "StartQuery", "DescribeQuery", "GetQueryResults", "CancelQuery")
def no_event_data_store(call):
    """CloudTrail Lake is closed to new customers: there is none here."""
    raise CloudError("EventDataStoreNotFoundException", "The specified event data store was not found.", 400)


@operation("support", "DescribeTrustedAdvisorCheckRefreshStatuses")
def refresh_statuses(call):
    return {"statuses": [{"checkId": one, "status": "none", "millisUntilNextRefreshable": 0} for one in call.params["checkIds"]]}


@operation("securitylake", "GetDataLakeSources")
def get_data_lake_sources(call):
    sources = [{"account": one["account"], "sourceName": (source.get("awsLogSource") or source.get("customLogSource"))["sourceName"],
                "sourceStatuses": [{"resource": "s3", "status": "COLLECTING"}]} for one in lake()["sources"] if one["region"] == call.region
               and (not call.params.get("accounts") or one["account"] in call.params["accounts"]) for source in one["sources"]]
    return {"dataLakeArn": "arn:aws:securitylake:%s:%s:data-lake/default" % (call.region, account_of(call)),
            **shown(call, "dataLakeSources", sources)}


def shares():
    return world.of("ram", lambda: {"invitations": [], "resources": []})


@control("ram")
def order_shares(given):
    """{"invitations": [...], "resources": [...]} of RAM, in the API's words."""
    if given is not None:
        shares().update(given)
    return shares()


@operation("ram", "GetResourceShareInvitations")
def get_invitations(call):
    return {"resourceShareInvitations": shares()["invitations"]}


@operation("ram", "ListResources")
def list_resources(call):
    wanted = call.params.get("resourceType")
    return {"resources": [one for one in shares()["resources"] if not wanted or one.get("type") == wanted]}
