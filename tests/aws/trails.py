"""What the tests of fetched events put into the double: events, and a trail's log files and signed digests in S3."""
import base64
import datetime
import gzip
import hashlib
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY = "AKIAIOSFODNN7EXAMPLE"
BUCKET, ACCOUNT = "audit-logs", "123456789012"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def ago(**span):
    return now() - datetime.timedelta(**span)


def iso(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def event(number, time, key=KEY, region="us-east-1", **more):
    return {"eventVersion": "1.11", "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::%s:user/mallory" % ACCOUNT,
                                                     "accountId": ACCOUNT, "accessKeyId": key, "userName": "mallory"},
            "eventTime": iso(time), "eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "awsRegion": region,
            "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli", "requestParameters": None, "responseElements": None, "requestID": "r%d" % number,
            "eventID": "00000000-0000-4000-8000-%012d" % number, "readOnly": True, "eventType": "AwsApiCall", "managementEvent": True,
            "recipientAccountId": ACCOUNT, "eventCategory": "Management", **more}


class Trail:
    """A trail of the double, written as CloudTrail writes it."""

    def __init__(self, cloud, prefix="logs"):
        self.cloud, self.s3, self.prefix = cloud, cloud.client("s3"), prefix
        self.s3.create_bucket(Bucket=BUCKET)
        cloud.client("cloudtrail").create_trail(Name="everything", S3BucketName=BUCKET, S3KeyPrefix=prefix, IsMultiRegionTrail=True,
                                                EnableLogFileValidation=True)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        der = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        self.fingerprint = hashlib.md5(der).hexdigest()
        cloud.order("trail", {"keys": [{"fingerprint": self.fingerprint, "value": base64.b64encode(der).decode()}]})
        self.before = None

    def folder(self, kind, region, time):
        return "%s/AWSLogs/%s/%s/%s/%s/" % (self.prefix, ACCOUNT, kind, region, time.strftime("%Y/%m/%d"))

    def log(self, time, events, region="us-east-1"):
        """Delivered at `time`; gives what a digest says of it."""
        key = self.folder("CloudTrail", region, time) + "%s_CloudTrail_%s_%s_%s.json.gz" % (
            ACCOUNT, region, time.strftime("%Y%m%dT%H%MZ"), hashlib.md5(json.dumps(events).encode()).hexdigest()[:16])
        text = json.dumps({"Records": events}).encode()
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text))
        return {"s3Bucket": BUCKET, "s3Object": key, "hashValue": hashlib.sha256(text).hexdigest(), "hashAlgorithm": "SHA-256"}

    def digest(self, time, logs, region="us-east-1", key=None):
        name = self.folder("CloudTrail-Digest", region, time) + "%s_CloudTrail-Digest_%s_everything_%s_%s.json.gz" % (
            ACCOUNT, region, region, time.strftime("%Y%m%dT%H%M%SZ"))
        before = self.before or {}
        text = json.dumps({
            "awsAccountId": ACCOUNT, "digestStartTime": iso(time - datetime.timedelta(hours=1)), "digestEndTime": iso(time), "digestS3Bucket": BUCKET,
            "digestS3Object": name, "digestPublicKeyFingerprint": self.fingerprint, "digestSignatureAlgorithm": "SHA256withRSA",
            "previousDigestS3Object": before.get("name"), "previousDigestSignature": before.get("signature"), "logFiles": logs}).encode()
        words = "%s\n%s/%s\n%s\n%s" % (iso(time), BUCKET, name, hashlib.sha256(text).hexdigest(), before.get("signature") or "null")
        signature = (key or self.key).sign(words.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=gzip.compress(text), Metadata={"signature": signature, "signature-algorithm": "SHA256withRSA"})
        self.before = {"name": name, "signature": signature}
        return name
