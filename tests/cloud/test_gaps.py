"""Single calls that moto lacks or answers wrongly; every call of the kernel's table is answered by somebody."""
import base64
import json
import time
import urllib.request
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from asking import refused


TAGS = [{"ResourceType": kind, "Tags": [{"Key": "ir:case", "Value": kind}]} for kind in ("image", "snapshot")]


@pytest.fixture
def ec2(cloud):
    return cloud.client("ec2")


@pytest.fixture
def instance(ec2, name):
    image = ec2.register_image(Name="base-" + name, RootDeviceName="/dev/sda1")["ImageId"]
    return ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]


def test_an_image_tags_its_snapshots_and_has_a_name_of_its_own(ec2, instance, name):
    made = ec2.create_image(InstanceId=instance, Name=name, TagSpecifications=TAGS)["ImageId"]
    image = ec2.describe_images(ImageIds=[made])["Images"][0]
    snapshot = next(one["Ebs"]["SnapshotId"] for one in image["BlockDeviceMappings"] if "Ebs" in one)
    assert image["Tags"] == TAGS[0]["Tags"] and ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["Tags"] == TAGS[1]["Tags"]
    with refused("InvalidAMIName.Duplicate"):
        ec2.create_image(InstanceId=instance, Name=name)


def test_groups_of_an_instance_are_replaced_and_stay_while_in_use(ec2, instance, name):
    group = ec2.create_security_group(GroupName=name, Description="isolation")["GroupId"]
    shown = lambda: ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    before = [ec2.create_security_group(GroupName="old-" + name, Description="as it was")["GroupId"]]
    ec2.modify_instance_attribute(InstanceId=instance, Groups=before)
    ec2.modify_instance_attribute(InstanceId=instance, Groups=[group])
    assert [one["GroupId"] for one in shown()["SecurityGroups"]] == [group] == [one["GroupId"] for one in shown()["NetworkInterfaces"][0]["Groups"]]
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    ec2.modify_network_interface_attribute(NetworkInterfaceId=shown()["NetworkInterfaces"][0]["NetworkInterfaceId"], Groups=before)
    assert [one["GroupId"] for one in shown()["SecurityGroups"]] == before
    ec2.delete_security_group(GroupId=group)


def test_a_denial_of_ec2_can_be_decoded(cloud, name):
    with refused("UnauthorizedOperation") as caught:
        cloud.client("ec2", cloud.user(name)).describe_instances()
    text = caught.value.response["Error"]["Message"].rpartition(": ")[2]
    said = json.loads(cloud.client("sts").decode_authorization_message(EncodedMessage=text)["DecodedMessage"])
    assert said["context"]["action"] == "ec2:DescribeInstances" and said["allowed"] is False
    with refused("InvalidAuthorizationMessageException"):
        cloud.client("sts").decode_authorization_message(EncodedMessage="junk")


def test_service_specific_credentials(cloud, name):
    cloud.user(name)
    iam = cloud.client("iam")
    made = iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredential"]
    iam.update_service_specific_credential(UserName=name, ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"], Status="Inactive")
    assert [one["Status"] for one in iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]] == ["Inactive"]
    with refused("NoSuchEntity"):
        iam.list_service_specific_credentials(UserName="x" + name)


def test_what_has_nothing_says_so(cloud):
    trail = cloud.client("cloudtrail")
    assert trail.list_event_data_stores()["EventDataStores"] == []
    with refused("EventDataStoreNotFoundException"):
        trail.start_query(QueryStatement="SELECT 1")
    statuses = cloud.client("support").describe_trusted_advisor_check_refresh_statuses(checkIds=["12Fnkpl8Y5"])["statuses"]
    assert statuses[0]["status"] == "none"


def test_shares_and_sources_of_the_lake(cloud):
    ram = cloud.client("ram")
    assert ram.get_resource_share_invitations()["resourceShareInvitations"] == []
    cloud.order("ram", {"resources": [{"arn": "arn:aws:glue:us-east-1:1:table/a/b", "type": "glue:Table", "status": "AVAILABLE"}]})
    assert ram.list_resources(resourceOwner="OTHER-ACCOUNTS", resourceType="glue:Table")["resources"][0]["status"] == "AVAILABLE"
    assert ram.list_resources(resourceOwner="OTHER-ACCOUNTS", resourceType="glue:Database")["resources"] == []
    cloud.order("securitylake", {"sources": [{"account": "1", "region": "us-east-1", "sources": [{"awsLogSource": {"sourceName": "S3_DATA"}}]}]})
    assert cloud.client("securitylake").get_data_lake_sources()["dataLakeSources"][0]["sourceName"] == "S3_DATA"


def packed(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def login(cloud, token, key, **change):
    """POST /v1/token with a proof by `key`; (status, answer)."""
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", **{n: packed(getattr(numbers, n).to_bytes(32, "big")) for n in "xy"}}
    body = {"jti": uuid.uuid4().hex, "htm": "POST", "htu": cloud.endpoint + "/v1/token", "iat": int(time.time()), **change}
    text = ".".join(packed(json.dumps(one).encode()) for one in ({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}, body))
    r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    proof = text + "." + packed(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    sent = {"clientId": "arn:aws:signin:::devtools/same-device", "grantType": "refresh_token", "refreshToken": token}
    request = urllib.request.Request(cloud.endpoint + "/v1/token", data=json.dumps(sent).encode(),
                                     headers={"Content-Type": "application/json", "DPoP": proof})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as found:
            return found.status, json.load(found)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def test_signin_refreshes_with_a_proof(cloud):
    token, key = cloud.order("signin", {"user": "analyst"})["refreshToken"], ec.generate_private_key(ec.SECP256R1())
    assert login(cloud, token, key, htm="GET")[0] == 401 and login(cloud, token, key, iat=0)[0] == 401
    status, said = login(cloud, token, key)
    given = said["accessToken"]
    key_given = {"access_key_id": given["accessKeyId"], "secret_access_key": given["secretAccessKey"], "session_token": given["sessionToken"]}
    assert status == 200 and cloud.client("sts", key_given).get_caller_identity()["Arn"].endswith("user/analyst")
    assert login(cloud, token, key)[0] == 401, "a refresh token works once"
    assert login(cloud, said["refreshToken"], key)[0] == 200


@pytest.fixture
def lakeformation(cloud):
    yield lambda **given: cloud.order("lakeformation", given)
    cloud.order("lakeformation", {"catalogs": {}, "hidden": [], "denied_keys": []})


def test_glue_has_catalogs_links_and_what_is_hidden(cloud, lakeformation, name):
    glue = cloud.client("glue")
    for one in (name, "h" + name):
        glue.create_database(DatabaseInput={"Name": one})
    glue.create_table(DatabaseName=name, TableInput={"Name": "t"})
    for link, target in (("l" + name, name), ("d" + name, "gone")):
        glue.create_database(DatabaseInput={"Name": link, "TargetDatabase": {"CatalogId": "999999999999", "DatabaseName": target}})
    lakeformation(catalogs={"s3tablescatalog/b": {"ns": [{"Name": "u"}]}}, hidden=["h" + name])
    assert [one["Name"] for one in glue.get_tables(DatabaseName="l" + name)["TableList"]] == ["t"]
    other = {"CatalogId": cloud.account + ":s3tablescatalog/b"}
    assert [one["Name"] for one in glue.get_databases(**other)["DatabaseList"]] == ["ns"]
    assert [one["Name"] for one in glue.get_tables(DatabaseName="ns", **other)["TableList"]] == ["u"]
    for call in (lambda: glue.get_tables(DatabaseName="d" + name), lambda: glue.get_tables(DatabaseName="no", **other),
                 lambda: glue.get_databases(CatalogId=cloud.account + ":none")):
        with refused("EntityNotFoundException"):
            call()
    for call in (lambda: glue.get_tables(DatabaseName="h" + name), lambda: glue.get_database(Name="h" + name)):
        with refused("AccessDeniedException", words="Insufficient Lake Formation permission(s)"):
            call()


def test_keys_are_tried_by_dry_run(cloud, lakeformation):
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]
    for call in (lambda: kms.decrypt(KeyId=key["Arn"], DryRun=True), lambda: kms.generate_data_key(KeyId=key["KeyId"], DryRun=True)):
        with refused("DryRunOperationException", status=412):
            call()
    with refused("NotImplemented"):
        kms.decrypt(KeyId=key["Arn"])
    lakeformation(denied_keys=[key["KeyId"]])
    with refused("AccessDeniedException", words="kms:Decrypt"):
        kms.decrypt(KeyId=key["Arn"], DryRun=True)
    kms.disable_key(KeyId=key["KeyId"])
    with refused("DisabledException"):
        kms.decrypt(KeyId=key["Arn"], DryRun=True)


def test_the_organization_of_security_lake(cloud):
    cloud.order("securitylake", {"organization": [{"region": "us-east-1", "sources": [{"sourceName": "WAF"}]}]})
    found = cloud.client("securitylake").get_data_lake_organization_configuration()["autoEnableNewAccount"]
    assert found == [{"region": "us-east-1", "sources": [{"sourceName": "WAF"}]}]


def test_glue_has_no_statistics_of_columns(cloud, name):
    glue = cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput={"Name": "t", "PartitionKeys": [{"Name": "day", "Type": "string"}]})
    glue.create_partition(DatabaseName=name, TableName="t", PartitionInput={"Values": ["20260301"]})
    asked = {"DatabaseName": name, "ColumnNames": ["x"]}
    assert glue.get_column_statistics_for_table(TableName="t", **asked)["ColumnStatisticsList"] == []
    assert glue.get_column_statistics_for_partition(TableName="t", PartitionValues=["20260301"], **asked)["ColumnStatisticsList"] == []
    for call in (lambda: glue.get_column_statistics_for_partition(TableName="t", PartitionValues=["20260302"], **asked),
                 lambda: glue.get_column_statistics_for_table(TableName="no", **asked)):
        with refused("EntityNotFoundException"):
            call()
