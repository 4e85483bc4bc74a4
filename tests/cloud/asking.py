"""How the tests ask: by boto3, by bytes that are changed after the signature, and what a refusal looks like."""
import contextlib

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
ASK = {"sts": "get_caller_identity", "iam": "list_users", "athena": "list_work_groups", "s3": "list_buckets", "ec2": "describe_instances",
       "guardduty": "list_detectors"}


@contextlib.contextmanager
def refused(*codes, status=None, words=""):
    """The call inside is refused with one of these codes."""
    with pytest.raises(ClientError) as caught:
        yield caught
    said = caught.value.response
    assert said["Error"]["Code"] in codes, said
    assert status in (None, said["ResponseMetadata"]["HTTPStatusCode"]) and words in said["Error"]["Message"], said


def ask(cloud, service, key=None, **more):
    """One harmless call of a service, as `key`."""
    return getattr(cloud.client(service, key, **more), ASK[service])()


def raw(cloud, service, path="/", method="GET", body=b"", change=None, headers=None):
    """A request signed by botocore and then changed: (status, code, whole text)."""
    request = AWSRequest(method=method, url=cloud.endpoint + path, data=body, headers=dict(headers or {}))
    SigV4Auth(Credentials(cloud.key["access_key_id"], cloud.key["secret_access_key"]), service, "us-east-1").add_auth(request)
    given = (cloud.endpoint + path, dict(request.headers), body)
    url, sent, body = change(*given) if change else given
    found = urllib3.PoolManager(retries=False).request(method, url, headers=sent, body=body)
    text = found.data.decode()
    return found.status, text.partition("<Code>")[2].partition("</Code>")[0] or None, text


FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


def ask_raw(cloud, change=None, **more):
    return raw(cloud, "sts", method="POST", body=WHO, headers={**FORM, **more}, change=change)
