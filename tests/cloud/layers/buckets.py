"""S3 as it answers the wrong caller: another owner than expected, another region than asked; and whether a policy is public."""
import json

from moto.s3.models import s3_backends

from . import identity, policy
from .world import PARTITION, CloudError, before, operation

ANYWHERE = ("CreateBucket", "GetBucketLocation")


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


@operation("s3", "GetBucketPolicyStatus")
def policy_status(call):
    bucket = bucket_of(call)
    if not bucket:
        raise CloudError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.policy:
        raise CloudError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    public = any(one.get("Effect") == policy.ALLOW and one.get("Principal") in ("*", {"AWS": "*"}) and not one.get("Condition")
                 for one in policy.statements([json.loads(bucket.policy)]))
    return {"PolicyStatus": {"IsPublic": public}}
