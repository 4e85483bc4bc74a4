#!/usr/bin/env python3
"""A year of CloudTrail in S3's layout, made up: the input of the ingest's measurement.

    ingest_trail.py OUT [EVENTS [FILES]]

The same arguments give the same bytes. Four accounts, five regions; calls of a dozen services in the sizes and shapes that
CloudTrail has (about 1.4 KB of JSON each), some with resources, errors, sessions, data events. 1,000,000 events in 1,000 files
are about 1.4 GB of JSON.
"""
import gzip
import json
import multiprocessing
import os
import random
import sys
import time

ACCOUNTS = ["111122223333", "444455556666", "777788889999", "123456789012"]
REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1"]
AGENTS = ["aws-cli/2.15.30 Python/3.11.8 Linux/6.1.79-99.167.amzn2023.x86_64 exe/x86_64.amzn.2023 prompt/off command/%s",
          "Boto3/1.34.64 md/Botocore#1.34.64 ua/2.0 os/linux#5.10.209-198.858.amzn2.x86_64 md/arch#x86_64 lang/python#3.9.16 cfg/retry-mode#%s",
          "aws-sdk-java/1.12.681 Linux/4.14.336-256.559.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.10+8-LTS java/17.0.10 vendor/Amazon %s",
          "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36 %s"]
HEX = "0123456789abcdef"


def text(rnd, size):
    return "".join(rnd.choices(HEX, k=size))


def calls(rnd):
    """(event name, source, request, response, read only, data event, resources, error) of each kind of call."""
    i = "i-0" + text(rnd, 16)
    return [
        ("DescribeInstances", "ec2", {"instancesSet": {"items": [{"instanceId": i}]}, "filterSet": {"items": [
            {"name": "tag:Environment", "valueSet": {"items": [{"value": "production"}, {"value": "staging"}]}}]}, "maxResults": 1000}, None, True, False, 0, None),
        ("RunInstances", "ec2", {"instancesSet": {"items": [{"imageId": "ami-0" + text(rnd, 16), "minCount": 1, "maxCount": 2, "keyName": "deploy"}]},
                                 "instanceType": "m5.large", "userData": "<sensitiveDataRemoved>", "tagSpecificationSet": {"items": [{"resourceType": "instance",
                                  "tags": [{"key": k, "value": text(rnd, 12)} for k in ("Name", "Owner", "Cost")]}]}},
         {"requestId": text(rnd, 32), "reservationId": "r-0" + text(rnd, 16), "ownerId": "111122223333", "instancesSet": {"items": [
             {"instanceId": i, "imageId": "ami-0" + text(rnd, 16), "instanceState": {"code": 0, "name": "pending"}, "privateDnsName": "ip-10-0-3-17.ec2.internal",
              "placement": {"availabilityZone": "us-east-1a", "tenancy": "default"}, "networkInterfaceSet": {"items": [{"networkInterfaceId": "eni-0" + text(rnd, 16),
              "subnetId": "subnet-0" + text(rnd, 16), "privateIpAddress": "10.0.3.17", "status": "in-use"}]}}]}}, False, False, 0, None),
        ("AssumeRole", "sts", {"roleArn": "arn:aws:iam::444455556666:role/deploy", "roleSessionName": "build-" + text(rnd, 8), "durationSeconds": 3600},
         {"credentials": {"accessKeyId": "ASIA" + text(rnd, 16).upper(), "sessionToken": text(rnd, 200), "expiration": "Jan 5, 2025, 4:07:39 PM"},
          "assumedRoleUser": {"assumedRoleId": "AROA" + text(rnd, 16).upper() + ":build", "arn": "arn:aws:sts::444455556666:assumed-role/deploy/build"}}, True, False, 1, None),
        ("GetObject", "s3", {"bucketName": "data-" + text(rnd, 6), "Host": "data.s3.amazonaws.com", "key": "year=2025/part-" + text(rnd, 20) + ".parquet"}, None, True, True, 2, None),
        ("PutObject", "s3", {"bucketName": "logs-" + text(rnd, 6), "Host": "logs.s3.amazonaws.com", "key": "app/" + text(rnd, 30), "x-amz-server-side-encryption": "aws:kms"},
         {"x-amz-server-side-encryption": "aws:kms", "x-amz-version-id": text(rnd, 32)}, False, True, 2, None),
        ("Decrypt", "kms", {"encryptionContext": {"aws:s3:arn": "arn:aws:s3:::data-" + text(rnd, 6)}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, None, True, False, 1, None),
        ("GetSecretValue", "secretsmanager", {"secretId": "prod/db/" + text(rnd, 8)}, None, True, False, 0, None),
        ("CreateUser", "iam", {"userName": "svc-" + text(rnd, 6)}, {"user": {"path": "/", "userName": "svc", "userId": "AIDA" + text(rnd, 16).upper(),
         "arn": "arn:aws:iam::111122223333:user/svc", "createDate": "Jan 5, 2025, 3:07:39 PM"}}, False, False, 0, None),
        ("ListUsers", "iam", {"maxItems": 100}, None, True, False, 0, ("AccessDenied", "User: arn:aws:iam::111122223333:user/svc is not authorized to perform: iam:ListUsers on resource: "
         "arn:aws:iam::111122223333:user/ because no identity-based policy allows the iam:ListUsers action")),
        ("PutMetricData", "monitoring", {"namespace": "App/" + text(rnd, 8), "metricData": [{"metricName": n, "value": rnd.random(), "unit": "Count", "dimensions": [
            {"name": "host", "value": "h-" + text(rnd, 8)}]} for n in ("latency", "errors", "queue")]}, None, False, False, 0, None),
        ("CreateLogStream", "logs", {"logGroupName": "/aws/lambda/handler-" + text(rnd, 6), "logStreamName": "2025/01/05/[$LATEST]" + text(rnd, 32)}, None, False, False, 0, None),
        ("Invoke", "lambda", {"functionName": "arn:aws:lambda:us-east-1:111122223333:function:handler-" + text(rnd, 6), "invocationType": "Event"}, None, False, True, 1, None),
        ("UpdateItem", "dynamodb", {"tableName": "orders", "key": {"id": text(rnd, 32)}, "updateExpression": "SET #a = :v, #b = :w, #c = if_not_exists(#c, :x)",
                                    "expressionAttributeNames": {"#a": "state", "#b": "updated", "#c": "owner"}}, None, False, False, 1, None),
    ]


def identity(rnd, account, user):
    if rnd.random() < 0.35:
        return {"type": "IAMUser", "principalId": user[1], "arn": f"arn:aws:iam::{account}:user/{user[0]}", "accountId": account, "accessKeyId": user[2], "userName": user[0]}
    role = "role-" + user[0]
    return {"type": "AssumedRole", "principalId": "AROA" + user[1][4:] + ":" + user[0], "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{user[0]}", "accountId": account,
            "accessKeyId": "ASIA" + user[2][4:], "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROA" + user[1][4:], "arn":
            f"arn:aws:iam::{account}:role/{role}", "accountId": account, "userName": role}, "webIdFederationData": {}, "attributes": {
            "creationDate": "2025-01-05T%02d:00:00Z" % rnd.randrange(24), "mfaAuthenticated": "false"}}}


def resources(rnd, count, account, request):
    kinds = ["AWS::S3::Object", "AWS::S3::Bucket"] if count == 2 else ["AWS::IAM::Role"]
    return [{"type": k, "ARN": f"arn:aws:x:::{text(rnd, 24)}", "accountId": account} for k in kinds]


def record(rnd, users, account, region, when):
    name, source, request, response, reads, data, count, error = rnd.choice(calls(rnd))
    agent = rnd.choice(AGENTS) % text(rnd, 6)
    out = {"eventVersion": "1.09", "userIdentity": identity(rnd, account, users[min(int(rnd.paretovariate(0.7)) - 1, 399)]),
           "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)), "eventSource": source + ".amazonaws.com", "eventName": name, "awsRegion": region,
           "sourceIPAddress": "%d.%d.%d.%d" % tuple(rnd.randrange(1, 254) for _ in range(4)) if rnd.random() < 0.9 else source + ".amazonaws.com",
           "userAgent": agent, "requestParameters": request, "responseElements": response, "additionalEventData": {"SignatureVersion": "SigV4", "CipherSuite":
           "TLS_AES_128_GCM_SHA256", "bytesTransferredIn": rnd.randrange(9999), "AuthenticationMethod": "AuthHeader"}, "requestID": text(rnd, 8) + "-" + text(rnd, 27),
           "eventID": "%s-%s-%s-%s-%s" % (text(rnd, 8), text(rnd, 4), text(rnd, 4), text(rnd, 4), text(rnd, 12)), "readOnly": reads,
           "eventType": "AwsApiCall", "managementEvent": not data, "recipientAccountId": account, "eventCategory": "Data" if data else "Management",
           "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": f"{source}.{region}.amazonaws.com"}}
    if count:
        out["resources"] = resources(rnd, count, account, request)
    if error:
        out["errorCode"], out["errorMessage"] = error
    return out


def write(job):
    out, number, files, per = job
    rnd = random.Random(number)
    shared = random.Random(-1)
    users = [("user%03d" % i, "AIDA" + text(shared, 16).upper(), "AKIA" + text(shared, 16).upper()) for i in range(400)]
    span = 365 * 86400
    account, region = ACCOUNTS[number % 4], REGIONS[number // 4 % 5]
    begin = 1735689600 + number * span // files
    whens = sorted(begin + rnd.randrange(span // files) for _ in range(per))
    body = json.dumps({"Records": [record(rnd, users, account, region, w) for w in whens]}, separators=(",", ":")).encode()
    folder = "%s/AWSLogs/%s/CloudTrail/%s/%s" % (out, account, region, time.strftime("%Y/%m/%d", time.gmtime(begin)))
    os.makedirs(folder, exist_ok=True)
    with open("%s/%s_CloudTrail_%s_%s_%s.json.gz" % (folder, account, region, time.strftime("%Y%m%dT%H%MZ", time.gmtime(begin)), text(rnd, 16)), "wb") as f:
        f.write(gzip.compress(body, 6, mtime=0))
    return len(body)


def make(out, events=1000000, files=1000):
    with multiprocessing.Pool() as pool:
        return sum(pool.imap_unordered(write, [(out, i, files, events // files) for i in range(files)], chunksize=4))


if __name__ == "__main__":
    print(make(sys.argv[1], *map(int, sys.argv[2:])), "bytes of JSON")
