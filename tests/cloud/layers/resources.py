"""What a call's action is called in policies, and the ARNs it touches. Where nothing is known the resource is "*"."""
import re

from .world import ACCOUNT, PARTITION

PREFIXES = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "sso-admin": "sso", "s3control": "s3", "sso-oidc": "sso-oauth"}
S3_ACTIONS = {  # an operation whose permission has another name
    "ListObjectsV2": "ListBucket", "ListObjects": "ListBucket", "HeadBucket": "ListBucket", "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "CopyObject": "PutObject", "CreateMultipartUpload": "PutObject", "UploadPart": "PutObject", "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject", "DeleteObjects": "DeleteObject", "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListObjectVersions": "ListBucketVersions",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock", "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration", "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration", "PutBucketReplication": "PutReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration", "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
IAM_KINDS = {"UserName": "user", "RoleName": "role", "GroupName": "group", "InstanceProfileName": "instance-profile"}
EC2_KINDS = {"i": "instance", "vol": "volume", "snap": "snapshot", "ami": "image", "sg": "security-group", "eni": "network-interface",
             "subnet": "subnet", "vpc": "vpc", "rtb": "route-table", "acl": "network-acl"}
EC2_ID = re.compile(r"(i|vol|snap|ami|sg|eni|subnet|vpc|rtb|acl)-[0-9a-f]{8,17}")


def action_of(call):
    if call.service == "s3":
        return "s3:" + S3_ACTIONS.get(call.operation, call.operation)
    return "%s:%s" % (PREFIXES.get(call.service, call.service), call.operation)


def texts(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def resources_of(call, directory):
    """ARNs; never empty."""
    found = {"s3": s3, "iam": iam, "ec2": ec2, "sts": sts, "athena": athena, "ebs": ebs}.get(call.service, lambda *_: [])(call, directory)
    return found or ["*"]


def s3(call, _):
    bucket, key = call.params.get("Bucket"), call.params.get("Key")
    if not bucket:
        return []
    base = "arn:%s:s3:::%s" % (PARTITION, bucket)
    if call.operation == "DeleteObjects":
        return ["%s/%s" % (base, one["Key"]) for one in call.params.get("Delete", {}).get("Objects", [])]
    return [base + "/" + key] if key else [base]


def iam(call, directory):
    account = call.identity.account if call.identity else ACCOUNT
    if call.params.get("PolicyArn") and "UserName" not in call.params and "RoleName" not in call.params and "GroupName" not in call.params:
        return [call.params["PolicyArn"]]
    for name, kind in IAM_KINDS.items():
        if name in call.params:
            known = directory.arn_of(account, kind, call.params[name])
            return [known or "arn:%s:iam::%s:%s/%s" % (PARTITION, account, kind, call.params[name])]
    if call.identity and call.identity.kind == "user" and call.operation in ("CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey",
                                                                             "ListAccessKeys",
                                                                            "GetUser", "ChangePassword"):
        return [call.identity.arn]
    return []


def ec2(call, _):
    account = call.identity.account if call.identity else ACCOUNT
    ids = [text for text in texts(call.params) if EC2_ID.fullmatch(text)]
    if call.operation.startswith("Describe"):
        return []
    return ["arn:%s:ec2:%s:%s:%s/%s" % (PARTITION, call.region, account, EC2_KINDS[one.split("-")[0]], one) for one in ids]


def sts(call, _):
    return [call.params["RoleArn"]] if call.params.get("RoleArn") else []


def athena(call, _):
    group = call.params.get("WorkGroup")
    if call.operation == "StartQueryExecution" or group:
        account = call.identity.account if call.identity else ACCOUNT
        return ["arn:%s:athena:%s:%s:workgroup/%s" % (PARTITION, call.region, account, group or "primary")]
    return []


def ebs(call, _):
    one = call.params.get("SnapshotId")
    return ["arn:%s:ec2:%s::snapshot/%s" % (PARTITION, call.region, one)] if one else []
