"""What moto lacks: the trail of what was really called, blocks, locks, alarms, Security Lake, SSO, metadata endpoints."""
import base64
import datetime
import hashlib
import json
import urllib.error
import urllib.request
import uuid

import pytest

from asking import refused
from cloud import key_of

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def trail(cloud):
    """LookupEvents without its pace, which has a test of its own."""
    cloud.order("trail", {"rate": 0})
    yield cloud.client("cloudtrail")
    cloud.order("trail", {"rate": 2})


def lookup(client, key=None, value=None, **more):
    attributes = [{"AttributeKey": key, "AttributeValue": value}] if key else []
    return client.lookup_events(LookupAttributes=attributes, **more)


def records(client, key, value, **more):
    return [json.loads(one["CloudTrailEvent"]) for one in lookup(client, key, value, **more)["Events"]]


def test_the_trail_tells_what_was_really_called(cloud, trail, name):
    user = cloud.user(name, ADMIN)
    made = cloud.client("iam", user).create_access_key(UserName=name)["AccessKey"]
    cloud.client("s3", user).create_bucket(Bucket=name)
    cloud.client("s3", user).put_object(Bucket=name, Key="data", Body=b"")
    with refused("NoSuchEntity"):
        cloud.client("iam", user).get_user(UserName="x" + name)
    found = records(trail, "AccessKeyId", user["access_key_id"])
    assert [one["eventName"] for one in found] == ["GetUser", "CreateBucket", "CreateAccessKey"], "newest first, no data events"
    get, bucket, key = found
    assert get["errorCode"] == "NoSuchEntity" and get["readOnly"] and get["responseElements"] is None
    assert key["userIdentity"] == {"type": "IAMUser", "principalId": user["id"], "arn": user["arn"], "accountId": cloud.account,
                                   "accessKeyId": user["access_key_id"], "userName": name}
    assert key["responseElements"]["accessKey"]["accessKeyId"] == made["AccessKeyId"] and made["SecretAccessKey"] not in json.dumps(found)
    assert key["eventSource"] == "iam.amazonaws.com" and key["requestParameters"] == {"userName": name} and bucket["awsRegion"] == "us-east-1"


def test_the_trail_by_every_attribute(cloud, trail, name):
    cloud.client("iam").create_user(UserName=name)
    event = lookup(trail, "ResourceName", name)["Events"][0]
    for key, value in (("EventName", "CreateUser"), ("Username", "analyst"), ("ResourceType", "AWS::IAM::User"), ("EventSource", "iam.amazonaws.com"),
                       ("ReadOnly", "false"), ("EventId", event["EventId"]), ("AccessKeyId", cloud.key["access_key_id"])):
        assert event["EventId"] in [one["EventId"] for one in lookup(trail, key, value)["Events"]], key
    assert event["EventId"] not in [one["EventId"] for one in lookup(trail, "ReadOnly", "true")["Events"]]
    assert {"ResourceType": "AWS::IAM::User", "ResourceName": name} in event["Resources"]


def test_the_trail_of_sessions(cloud, trail, name):
    user = cloud.user(name, ADMIN)
    role = cloud.role(name, ADMIN)
    made = cloud.client("sts", user).assume_role(RoleArn=role["arn"], RoleSessionName="bad", SourceIdentity="someone")
    cloud.client("ec2", key_of(made["Credentials"])).describe_instances()
    with refused("UnauthorizedOperation"):
        cloud.client("ec2", cloud.user("d" + name)).describe_vpcs()
    assumed = records(trail, "AccessKeyId", user["access_key_id"])[0]
    assert assumed["responseElements"]["credentials"]["accessKeyId"] == made["Credentials"]["AccessKeyId"]
    assert made["Credentials"]["SecretAccessKey"] not in json.dumps(assumed)
    who = records(trail, "Username", "bad")[0]["userIdentity"]
    assert who["type"] == "AssumedRole" and who["sessionContext"]["sessionIssuer"]["arn"] == role["arn"]
    assert who["sessionContext"]["sourceIdentity"] == "someone" and who["arn"].endswith("/bad")
    assert records(trail, "Username", "d" + name)[0]["errorCode"] == "Client.UnauthorizedOperation"


def test_the_trail_in_pages_of_fifty(cloud, trail, name):
    user = cloud.user(name)
    client = cloud.client("sts", user)
    for _ in range(120):
        client.get_caller_identity()
    first = lookup(trail, "Username", name)
    client.get_caller_identity()
    second = lookup(trail, "Username", name, NextToken=first["NextToken"])
    third = lookup(trail, "Username", name, NextToken=second["NextToken"])
    assert [len(page["Events"]) for page in (first, second, third)] == [50, 50, 20] and "NextToken" not in third
    assert len({one["EventId"] for page in (first, second, third) for one in page["Events"]}) == 120, "what comes meanwhile shifts nothing"
    with refused("InvalidNextTokenException"):
        lookup(trail, "Username", "other", NextToken=first["NextToken"])


def event(age_days=0.0, **more):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=age_days)
    return {"eventVersion": "1.11", "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "eventName": "ConsoleLogin",
            "eventSource": "signin.amazonaws.com",
            "awsRegion": "us-east-1", "eventID": str(uuid.uuid4()), "userIdentity": {"type": "IAMUser", "userName": "past"}, "readOnly": False,
            **more}


def test_the_trail_of_the_past_ends_after_90_days_and_is_regional(cloud, trail, name):
    who = {"userIdentity": {"type": "IAMUser", "userName": name}}
    cloud.order("trail", {"events": [event(89, **who, eventName="In"), event(91, **who, eventName="Out"), event(1, **who, awsRegion="eu-west-1")]})
    assert [one["eventName"] for one in records(trail, "Username", name)] == ["In"]
    assert len(lookup(cloud.client("cloudtrail", region="eu-west-1"), "Username", name)["Events"]) == 1
    now = datetime.datetime.now(datetime.timezone.utc)
    assert not lookup(trail, "Username", name, StartTime=now - datetime.timedelta(days=5))["Events"]
    assert lookup(trail, "Username", name, EndTime=now - datetime.timedelta(days=5))["Events"]


def test_what_the_trail_refuses(cloud, trail):
    with refused("InvalidLookupAttributesException"):
        trail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": "a"} for key in ("EventName", "Username")])
    with refused("InvalidLookupAttributesException"):
        lookup(trail, "Nothing", "x")
    with refused("InvalidMaxResultsException"):
        trail.lookup_events(MaxResults=51)
    with refused("InvalidTimeRangeException"):
        trail.lookup_events(StartTime=datetime.datetime(2024, 2, 1), EndTime=datetime.datetime(2024, 1, 1))


def test_two_lookups_a_second_and_region(cloud):
    here, there = cloud.client("cloudtrail", region="us-west-2"), cloud.client("cloudtrail", region="eu-west-1")
    cloud.order("trail", {"window": 3600})
    here.lookup_events()
    here.lookup_events()
    with refused("ThrottlingException"):
        here.lookup_events()
    there.lookup_events()
    cloud.order("trail", {"window": 0})
    here.lookup_events()
    assert cloud.order("trail", {"window": 1})["rate"] == 2


@pytest.fixture
def instance(cloud):
    ec2 = cloud.client("ec2")
    image = ec2.register_image(Name=uuid.uuid4().hex, RootDeviceName="/dev/sda1")["ImageId"]
    return ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]


@pytest.fixture
def snapshot(cloud):
    ec2 = cloud.client("ec2")
    volume = ec2.create_volume(Size=8, AvailabilityZone="us-east-1a")["VolumeId"]
    return ec2.create_snapshot(VolumeId=volume)["SnapshotId"]


def test_blocks_of_a_snapshot(cloud, snapshot):
    ebs = cloud.client("ebs")
    found = ebs.list_snapshot_blocks(SnapshotId=snapshot)
    assert [one["BlockIndex"] for one in found["Blocks"]] == [0, 1, 2, 7] and (found["BlockSize"], found["VolumeSize"]) == (524288, 8)
    block = ebs.get_snapshot_block(SnapshotId=snapshot, BlockIndex=7, BlockToken=found["Blocks"][3]["BlockToken"])
    data = block["BlockData"].read()
    assert block["DataLength"] == len(data) == 524288 and block["ChecksumAlgorithm"] == "SHA256"
    assert base64.b64decode(block["Checksum"]) == hashlib.sha256(data).digest()
    assert [one["BlockIndex"] for one in ebs.list_snapshot_blocks(SnapshotId=snapshot, StartingBlockIndex=2)["Blocks"]] == [2, 7]
    with refused("ValidationException"):
        ebs.get_snapshot_block(SnapshotId=snapshot, BlockIndex=1, BlockToken=found["Blocks"][3]["BlockToken"])
    with refused("ResourceNotFoundException"):
        ebs.list_snapshot_blocks(SnapshotId="snap-00000000000000000")


def test_blocks_that_a_test_gives_come_in_pages(cloud, snapshot):
    ebs = cloud.client("ebs")
    cloud.order("blocks", {"snapshot_id": snapshot, "blocks": {str(at): base64.b64encode(b"%d" % at * 512).decode() for at in range(150)}})
    first = ebs.list_snapshot_blocks(SnapshotId=snapshot, MaxResults=100)
    second = ebs.list_snapshot_blocks(SnapshotId=snapshot, MaxResults=100, NextToken=first["NextToken"])
    assert [one["BlockIndex"] for one in first["Blocks"] + second["Blocks"]] == list(range(150)) and "NextToken" not in second
    block = ebs.get_snapshot_block(SnapshotId=snapshot, BlockIndex=3, BlockToken=first["Blocks"][3]["BlockToken"])
    assert block["BlockData"].read() == b"3" * 512
    with refused("ValidationException"):
        ebs.list_snapshot_blocks(SnapshotId=snapshot, MaxResults=99)


def test_changed_blocks(cloud, snapshot):
    ec2, ebs = cloud.client("ec2"), cloud.client("ebs")
    other = ec2.create_snapshot(VolumeId=ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["VolumeId"])["SnapshotId"]
    assert ebs.list_changed_blocks(FirstSnapshotId=snapshot, SecondSnapshotId=other)["ChangedBlocks"] == []
    cloud.order("blocks", {"snapshot_id": other, "blocks": {"9": base64.b64encode(b"x" * 512).decode()}})
    changed = ebs.list_changed_blocks(FirstSnapshotId=snapshot, SecondSnapshotId=other)["ChangedBlocks"]
    assert [one["BlockIndex"] for one in changed] == [0, 1, 2, 7, 9] and "FirstBlockToken" not in changed[-1]


def test_a_locked_snapshot_stays(cloud, snapshot):
    ec2 = cloud.client("ec2")
    with refused("DryRunOperation", status=412):
        ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=1, DryRun=True)
    made = ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=1)
    assert made["LockState"] == "governance" and made["LockExpiresOn"] > made["LockCreatedOn"]
    with refused("SnapshotLocked"):
        ec2.delete_snapshot(SnapshotId=snapshot)
    assert [one["SnapshotId"] for one in ec2.describe_locked_snapshots(SnapshotIds=[snapshot])["Snapshots"]] == [snapshot]
    cooling = ec2.lock_snapshot(SnapshotId=snapshot, LockMode="compliance", LockDuration=1, CoolOffPeriod=1)
    assert cooling["LockState"] == "compliance-cooloff"
    ec2.unlock_snapshot(SnapshotId=snapshot)
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="compliance", LockDuration=1)
    with refused("OperationNotPermitted"):
        ec2.unlock_snapshot(SnapshotId=snapshot)
    with refused("InvalidParameterCombination"):
        ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance")
    with refused("InvalidSnapshot.NotFound"):
        ec2.lock_snapshot(SnapshotId="snap-00000000000000000", LockMode="governance", LockDuration=1)


def test_console_screenshot(cloud, instance):
    ec2 = cloud.client("ec2")
    found = ec2.get_console_screenshot(InstanceId=instance, WakeUp=True)
    assert base64.b64decode(found["ImageData"])[:3] == b"\xff\xd8\xff"
    ec2.stop_instances(InstanceIds=[instance])
    with refused("IncorrectInstanceState"):
        ec2.get_console_screenshot(InstanceId=instance)
    with refused("InvalidInstanceID.NotFound"):
        ec2.get_console_screenshot(InstanceId="i-00000000000000000")


@pytest.fixture
def alarms(cloud):
    yield lambda **given: cloud.order("alarms", given)
    cloud.order("alarms", {})


def test_exposed_keys_in_both_trusted_advisors(cloud, alarms, name):
    user, support, advisor = cloud.user(name), cloud.client("support"), cloud.client("trustedadvisor")
    check = next(one for one in support.describe_trusted_advisor_checks(language="en")["checks"] if one["id"] == "12Fnkpl8Y5")
    assert support.describe_trusted_advisor_check_result(checkId="12Fnkpl8Y5")["result"]["status"] == "ok"
    alarms(exposed_keys=[{"access_key_id": user["access_key_id"], "user": name, "case_id": "42"}])
    result = support.describe_trusted_advisor_check_result(checkId="12Fnkpl8Y5")["result"]
    flagged = dict(zip(check["metadata"], result["flaggedResources"][0]["metadata"]))
    assert (flagged["Access Key ID"], flagged["User Name (IAM or Root)"], flagged["Case ID"], flagged["Deadline"]) == (user["access_key_id"], name,
                                                                                                                       "42", None)
    assert result["status"] == "error" and result["resourcesSummary"]["resourcesFlagged"] == 1
    assert support.describe_trusted_advisor_check_summaries(checkIds=["12Fnkpl8Y5"])["summaries"][0]["hasFlaggedResources"]
    one = advisor.list_recommendations(pillar="security")["recommendationSummaries"][0]
    assert one["checkArn"].endswith("check/12Fnkpl8Y5") and one["resourcesAggregates"]["errorCount"] == 1
    resources = advisor.list_recommendation_resources(recommendationIdentifier=one["arn"])["recommendationResourceSummaries"]
    assert resources[0]["awsResourceId"] == user["access_key_id"]
    assert not advisor.list_recommendations(pillar="performance")["recommendationSummaries"]
    alarms(support_plan=False)
    for call in (lambda: support.describe_trusted_advisor_checks(language="en"), lambda: cloud.client("health").describe_events()):
        with refused("SubscriptionRequiredException"):
            call()


def test_health(cloud, alarms):
    health = cloud.client("health")
    alarms(health=[{"entities": ["AKIAEXPOSED"], "description": "a key was found"}, {"eventTypeCode": "AWS_EC2_ISSUE", "service": "EC2"}])
    found = health.describe_events(filter={"eventTypeCodes": ["AWS_RISK_CREDENTIALS_EXPOSED"]})["events"]
    assert len(found) == 1 and found[0]["service"] == "RISK" and len(health.describe_events()["events"]) == 2
    details = health.describe_event_details(eventArns=[found[0]["arn"], "arn:x"])
    assert details["successfulSet"][0]["eventDescription"]["latestDescription"] == "a key was found" and len(details["failedSet"]) == 1
    assert health.describe_affected_entities(filter={"eventArns": [found[0]["arn"]]})["entities"][0]["entityValue"] == "AKIAEXPOSED"


def test_guardduty(cloud, alarms):
    guard = cloud.client("guardduty")
    detector = guard.create_detector(Enable=True)["DetectorId"]
    alarms(guardduty=[{"Severity": 8.0 if number % 2 else 2.0, "Title": str(number),
                       "Resource": {"AccessKeyDetails": {"AccessKeyId": "AKIA%d" % number}}}
                      for number in range(60)] + [{"Region": "eu-west-1"}])
    high = {"Criterion": {"severity": {"Gte": 7}, "service.archived": {"Eq": ["false"]}}}
    assert len(guard.list_findings(DetectorId=detector, FindingCriteria=high)["FindingIds"]) == 30
    first = guard.list_findings(DetectorId=detector)
    second = guard.list_findings(DetectorId=detector, NextToken=first["NextToken"])
    assert (len(first["FindingIds"]), len(second["FindingIds"]), second["NextToken"]) == (50, 10, "")
    found = guard.get_findings(DetectorId=detector, FindingIds=first["FindingIds"][:2])["Findings"]
    assert found[1]["Resource"]["AccessKeyDetails"]["AccessKeyId"] == "AKIA1" and found[1]["Severity"] == 8.0
    one = {"Criterion": {"resource.accessKeyDetails.accessKeyId": {"Eq": ["AKIA7"]}}}
    assert len(guard.list_findings(DetectorId=detector, FindingCriteria=one)["FindingIds"]) == 1
    for call in (lambda: guard.list_findings(DetectorId="x"), lambda: guard.get_findings(DetectorId=detector, FindingIds=["x"] * 51),
                 lambda: guard.list_findings(DetectorId=detector, MaxResults=51)):
        with refused("BadRequestException"):
            call()


def test_securityhub(cloud, alarms):
    hub = cloud.client("securityhub")
    alarms(securityhub=[{"Title": "a", "Severity": {"Label": "CRITICAL"}, "Resources": [{"Type": "AwsIamAccessKey", "Id": "AKIA1"}]}, {"Title": "b"}],
           securityhub_v2=[{"class_uid": 2004, "finding_info": {"title": "o"}}])
    found = hub.get_findings(Filters={"SeverityLabel": [{"Value": "CRITICAL", "Comparison": "EQUALS"}]})["Findings"]
    assert [one["Title"] for one in found] == ["a"]
    assert [one["Title"] for one in hub.get_findings(Filters={"ResourceId": [{"Value": "AKIA", "Comparison": "PREFIX"}]})["Findings"]] == ["a"]
    assert len(hub.get_findings(Filters={"WorkflowStatus": [{"Value": "NEW", "Comparison": "EQUALS"}]})["Findings"]) == 2
    assert hub.get_findings_v2()["Findings"][0]["finding_info"]["title"] == "o"
    done = hub.batch_update_findings(FindingIdentifiers=[{k: found[0][k] for k in ("Id", "ProductArn")}, {"Id": "x", "ProductArn": "y"}],
                                     Workflow={"Status": "NOTIFIED"}, Note={"Text": "seen", "UpdatedBy": "me"})
    assert (len(done["ProcessedFindings"]), len(done["UnprocessedFindings"])) == (1, 1)
    noted = hub.get_findings(Filters={"Title": [{"Value": "a", "Comparison": "EQUALS"}]})["Findings"][0]
    assert noted["Note"]["Text"] == "seen" and noted["Workflow"]["Status"] == "NOTIFIED"
    alarms(securityhub_enabled=False)
    with refused("InvalidAccessException"):
        hub.get_findings()


def test_securitylake(cloud):
    lake = cloud.client("securitylake")
    source = lambda name: {"awsLogSource": {"sourceName": name, "sourceVersion": "2.0"}}
    cloud.order("securitylake", {
        "dataLakes": [{"region": "us-east-1", "lifecycleConfiguration": {"expiration": {"days": 365}}}, {"region": "eu-west-1"}],
        "sources": [{"account": cloud.account, "region": "us-east-1", "sources": [source("CLOUD_TRAIL_MGMT"), source("VPC_FLOW")]},
                    {"account": "999999999999", "region": "eu-west-1", "sources": [source("ROUTE53")]}],
        "exceptions": [{"region": "us-east-1", "exception": "no access", "remediation": "grant it", "timestamp": "2024-01-01T00:00:00Z"}],
        "subscribers": [{"subscriberArn": "arn:s%d" % number, "subscriberId": str(uuid.uuid4()), "subscriberName": "s%d" % number, "sources": [],
                         "accessTypes": ["LAKEFORMATION"], "subscriberIdentity": {"principal": cloud.account, "externalId": "e"},
                         "createdAt": "2024-01-01T00:00:00Z"} for number in range(3)]})
    assert [one["region"] for one in lake.list_data_lakes()["dataLakes"]] == ["us-east-1", "eu-west-1"]
    one = lake.list_data_lakes(regions=["us-east-1"])["dataLakes"]
    assert one[0]["lifecycleConfiguration"]["expiration"]["days"] == 365 and one[0]["createStatus"] == "COMPLETED" and len(one) == 1
    assert [s["account"] for s in lake.list_log_sources(sources=[source("VPC_FLOW")])["sources"]] == [cloud.account]
    assert len(lake.list_log_sources(accounts=["999999999999"])["sources"]) == 1
    assert lake.list_data_lake_exceptions()["exceptions"][0]["remediation"] == "grant it"
    first = lake.list_subscribers(maxResults=2)
    assert len(first["subscribers"]) == 2 and len(lake.list_subscribers(maxResults=2, nextToken=first["nextToken"])["subscribers"]) == 1


def test_sso_gives_roles_to_tokens_and_refreshes_them(cloud, name):
    cloud.role(name, ADMIN)
    login = cloud.order("sso", {"assigned": [{"name": "Responder", "role": name}], "login": {}})
    portal, oidc = cloud.client("sso", False), cloud.client("sso-oidc", False)
    ask = lambda token, role="Responder": portal.get_role_credentials(roleName=role, accountId=cloud.account, accessToken=token)["roleCredentials"]
    made = ask(login["accessToken"])
    key = {"access_key_id": made["accessKeyId"], "secret_access_key": made["secretAccessKey"], "session_token": made["sessionToken"]}
    assert cloud.client("sts", key).get_caller_identity()["Arn"].endswith("assumed-role/%s/person" % name)
    assert made["expiration"] > datetime.datetime.now().timestamp() * 1000
    assert portal.list_accounts(accessToken=login["accessToken"])["accountList"][0]["accountId"] == cloud.account
    assert portal.list_account_roles(accessToken=login["accessToken"], accountId=cloud.account)["roleList"][0]["roleName"] == "Responder"
    with refused("UnauthorizedException", status=401):
        ask("made up")
    with refused("ForbiddenException"):
        ask(login["accessToken"], "Other")
    client = {k: login[k] for k in ("clientId", "clientSecret")}
    new = oidc.create_token(**client, grantType="refresh_token", refreshToken=login["refreshToken"])
    ask(new["accessToken"])
    with refused("InvalidGrantException") as caught:
        oidc.create_token(**client, grantType="refresh_token", refreshToken=login["refreshToken"])
    assert caught.value.response["error"] == "invalid_grant"
    with refused("InvalidClientException"):
        oidc.create_token(clientId="x", clientSecret="y", grantType="refresh_token", refreshToken=new["refreshToken"])
    ended = cloud.order("sso", {"login": {"expires_in": -1}})
    with refused("UnauthorizedException"):
        ask(ended["accessToken"])
    portal.logout(accessToken=new["accessToken"])
    with refused("UnauthorizedException"):
        ask(new["accessToken"])


def test_sso_by_device(cloud):
    oidc = cloud.client("sso-oidc", False)
    made = oidc.register_client(clientName="c", clientType="public")
    client = {k: made[k] for k in ("clientId", "clientSecret")}
    device = oidc.start_device_authorization(**client, startUrl="https://x")["deviceCode"]
    ask = lambda: oidc.create_token(**client, grantType="urn:ietf:params:oauth:grant-type:device_code", deviceCode=device)
    with refused("AuthorizationPendingException"):
        ask()
    cloud.order("sso", {"approve": device})
    assert ask()["accessToken"]


def fetch(url, method="GET", **headers):
    request = urllib.request.Request(url, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


TTL = "X_aws_ec2_metadata_token_ttl_seconds"
ROLES = "/latest/meta-data/iam/security-credentials/"


def session_of(text):
    said = json.loads(text)
    return {"access_key_id": said["AccessKeyId"], "secret_access_key": said["SecretAccessKey"], "session_token": said["Token"]}


def test_imds_version_two(cloud, name):
    cloud.role(name, ADMIN, trust="ec2.amazonaws.com")
    cloud.order("metadata", {"role": name, "mode": "required", "seconds": 21600, "code": "Success"})
    base = cloud.imds
    status, token = fetch(base + "/latest/api/token", "PUT", **{TTL: "21600"})
    assert status == 200
    asked = {"X_aws_ec2_metadata_token": token}
    assert fetch(base + ROLES, **asked) == (200, name) and fetch(base + ROLES)[0] == 401 and fetch(base + ROLES,
                                                                                                   X_aws_ec2_metadata_token="x")[0] == 401
    status, text = fetch(base + ROLES + name, **asked)
    assert cloud.client("sts", session_of(text)).get_caller_identity()["Arn"].endswith("assumed-role/%s/i-0123456789abcdef0" % name)
    assert json.loads(text)["Code"] == "Success" and fetch(base + ROLES + name,
                                                           **asked)[1].splitlines()[3] == text.splitlines()[3], "the same until it ends"
    assert fetch(base + "/latest/meta-data/placement/region", **asked) == (200, "us-east-1")
    assert fetch(base + "/latest/api/token", "PUT")[0] == 400 and fetch(base + "/latest/api/token", "PUT", **{TTL: "21601"})[0] == 400
    assert fetch(base + "/latest/api/token", "PUT", **{TTL: "60", "X_Forwarded_For": "1.2.3.4"})[0] == 403
    assert fetch(base + ROLES + "other", **asked)[0] == 404


def test_imds_otherwise(cloud, name):
    cloud.role(name, ADMIN)
    cloud.order("metadata", {"role": name, "mode": "v1"})
    assert fetch(cloud.imds + "/latest/api/token", "PUT", **{TTL: "60"})[0] == 404 and fetch(cloud.imds + ROLES) == (200, name)
    cloud.order("metadata", {"mode": "off"})
    assert fetch(cloud.imds + "/latest/api/token", "PUT", **{TTL: "60"})[0] == 403
    cloud.order("metadata", {"mode": "optional", "seconds": -10})
    ended = session_of(fetch(cloud.imds + ROLES + name)[1])
    with refused("ExpiredToken"):
        cloud.client("sts", ended).get_caller_identity()
    cloud.order("metadata", {"code": "Failed"})
    assert json.loads(fetch(cloud.imds + ROLES + name)[1])["Code"] == "Failed"
    cloud.order("metadata", {"role": None, "code": "Success"})
    assert fetch(cloud.imds + ROLES)[0] == 404


def test_container_credentials(cloud, name):
    cloud.role(name, ADMIN, trust="ecs-tasks.amazonaws.com")
    cloud.order("metadata", {"container_role": name, "container_token": "let me in", "seconds": 21600})
    url = cloud.container + "/v2/credentials/" + str(uuid.uuid4())
    status, text = fetch(url, Authorization="let me in")
    assert status == 200 and cloud.client("sts", session_of(text)).get_caller_identity()["Arn"].endswith("assumed-role/%s/task" % name)
    assert fetch(url)[0] == 401 and fetch(url, Authorization="else")[0] == 401
    assert [c["status"] for c in cloud.calls(service="container")] == [200, 401, 401]
    cloud.order("metadata", {"container_role": None, "container_token": None})
    assert fetch(url)[0] == 404
