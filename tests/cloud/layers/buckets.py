"""S3 as it answers the wrong caller: another owner than expected, another region than asked; what is public, and what keeps it from being so."""
import json

from moto.s3.models import OWNER, s3_backends

from . import identity, policy
from .world import PARTITION, CloudError, before, operation

ANYWHERE = ("CreateBucket", "GetBucketLocation")
ENFORCED, LARGEST_POLICY = "BucketOwnerEnforced", 20480


def bucket_of(call):
    owner = identity.Directory().bucket_account(call.params.get("Bucket"))
    return s3_backends[owner][PARTITION].buckets[call.params["Bucket"]] if owner else None


@before
def right_place_and_owner(call):
    if call.service != "s3" or not call.params.get("Bucket"):
        return
    bucket, wanted = bucket_of(call), call.headers.get("x-amz-expected-bucket-owner")
    if not bucket:
        return
    if wanted and wanted != bucket.account_id:
        raise CloudError("AccessDenied", "Access Denied", 403)
    if bucket.region_name != call.region and call.operation not in ANYWHERE and call.access_key_id:
        raise CloudError("PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send "
                         "all future requests to this endpoint.", 301, Endpoint="s3.%s.amazonaws.com" % bucket.region_name, Bucket=bucket.name,
                         Region=bucket.region_name)


def is_public(document):
    return any(one.get("Effect") == policy.ALLOW and one.get("Principal") in ("*", {"AWS": "*"}) and not one.get("Condition")
               for one in policy.statements([json.loads(document)]))


def to_others(bucket):
    """Grants of the bucket's ACL to others than its owner."""
    return [grantee for grant in (bucket.acl.grants if bucket.acl else []) for grantee in grant.grantees if grantee.id != OWNER]


def owner_alone(bucket):
    return ENFORCED in str(bucket.ownership_rule)


@before
def what_is_blocked(call):
    bucket = bucket_of(call) if call.service == "s3" and call.params.get("Bucket") else None
    block = bucket.public_access_block if bucket else None
    if not bucket:
        return
    if call.operation == "PutBucketPolicy" and block and truth(block.block_public_policy) and is_public(call.params["Policy"]):
        raise CloudError("AccessDenied", "public policies are blocked by the BlockPublicPolicy block public access setting.", 403)
    if call.operation == "PutBucketPolicy" and len(call.params["Policy"]) > LARGEST_POLICY:
        raise CloudError("PolicyTooLarge", "The policy exceeds the maximum allowed size.", 400)
    if call.operation == "PutBucketAcl" and owner_alone(bucket) and call.params.get("ACL") not in ("private", "bucket-owner-full-control"):
        raise CloudError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
    if call.operation == "PutBucketAcl" and block and truth(block.block_public_acls) and "AllUsers" in json.dumps(call.params, default=str):
        raise CloudError("AccessDenied", "public ACLs are blocked by the BlockPublicAcls block public access setting.", 403)
    rules = (call.params.get("OwnershipControls") or {}).get("Rules") or [{}]
    if call.operation == "PutBucketOwnershipControls" and rules[0].get("ObjectOwnership") == ENFORCED and to_others(bucket):
        raise CloudError("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting", 400)


def truth(value):
    return str(value).lower() == "true"


@operation("s3", "GetBucketPolicyStatus")
def policy_status(call):
    bucket = bucket_of(call)
    if not bucket:
        raise CloudError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.policy:
        raise CloudError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"PolicyStatus": {"IsPublic": is_public(bucket.policy)}}
