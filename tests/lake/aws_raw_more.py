"""CloudTrail of July 2021, flow and resolver logs of July 2020: where the published queries over raw tables look."""
from datetime import timedelta

from aws_raw import ACCOUNT, ACCOUNT_2, ACCOUNT_OTHER, at, role, service, user

ALICE, BOB, ADMIN = user("alice"), user("bob"), role("Admin", "carol")
ROOT = {"type": "Root", "principalId": ACCOUNT, "arn": "arn:aws:iam::%s:root" % ACCOUNT, "accountId": ACCOUNT}
SINGLE, OTHER = "i-000000000000000", "i-0000000000000001"
OUTSIDE = ({"account": ACCOUNT_2}, {"account": ACCOUNT_OTHER}, {"region": "eu-west-1"})


def minutes(text):
    start = at(text)
    return lambda n: start + timedelta(minutes=n)


def dawn(raw, days):
    """The first second of a day, so many days ago."""
    return raw.ago(days).replace(hour=0, minute=0, second=0)


def add_trail_july(raw):
    minute, arn = minutes("2021-07-10 08:00:00"), "arn:aws:iam::%s:role/" % ACCOUNT

    def add(n, name, source="ec2", who=BOB, ip="198.51.100.7", **more):
        raw.add_trail(minute(n), name, source, who, ip, **more)

    def iam(n, name, request, response=None, who=ALICE, **more):
        add(n, name, "iam", who, requestParameters=request, responseElements=response, **more)
    # logins, with what only some events have: two resources, an answer of the console, a service as caller
    for n, ip in enumerate(("203.0.113.9", "198.51.100.7", "203.0.113.9")):
        add(n, "AssumeRole", "sts", ALICE, ip, requestParameters={"roleArn": arn + "Admin", "roleSessionName": "carol"}, sharedEventID="shared-%d" % n,
            resources=[{"ARN": arn + "Admin", "accountId": ACCOUNT, "type": "AWS::IAM::Role"}, {"ARN": arn + "Proxy", "accountId": ACCOUNT_2, "type": "AWS::IAM::Role"}])
    add(3, "AssumeRole", "sts", service("ec2"), "ec2.amazonaws.com", requestParameters={"roleArn": arn + "Node", "roleSessionName": "i-1"}, region="us-east-2")
    add(4, "AssumeRole", "sts", {**ADMIN, "invokedBy": "cloudformation.amazonaws.com"}, "cloudformation.amazonaws.com", region="us-west-2",
        requestParameters={"roleArn": arn + "Stack", "roleSessionName": "stack"})
    add(5, "ConsoleLogin", "signin", ROOT, "203.0.113.77", responseElements={"ConsoleLogin": "Success"}, eventType="AwsConsoleSignIn",
        additionalEventData={"LoginTo": "https://console.aws.amazon.com/", "MobileVersion": "No", "MFAUsed": "Yes"})
    add(6, "ConsoleLogin", "signin", BOB, "203.0.113.78", responseElements={"ConsoleLogin": "Failure"}, errorMessage="Failed authentication",
        additionalEventData={"LoginTo": "https://console.aws.amazon.com/", "MFAUsed": "No"}, eventType="AwsConsoleSignIn")
    add(6, "AssumeRoleWithSAML", "sts", {"type": "SAMLUser", "principalId": "saml:dora", "userName": "dora"}, "203.0.113.79")
    # what users did, from addresses at the edges of the private networks too
    for n, (name, ip, agent) in enumerate((("RunInstances", "10.0.0.0", "console.amazonaws.com"), ("RunInstances", "10.1.2.3", "aws-cli/2.15"), ("StopInstances", "172.31.255.255", "Boto3/1.28"),
                                           ("StartInstances", "172.32.0.0", "Boto3/1.28"), ("TerminateInstances", "192.168.255.255", "aws-cli/2.15"),
                                           ("CreateTags", "192.169.0.1", "aws-cli/2.15"), ("DeleteTags", "2600:1f18::7", "aws-cli/2.15"), ("DescribeRegions", "11.0.0.1", "aws-cli/2.15"),
                                           ("GetConsoleOutput", "9.255.255.255", "aws-cli/2.15"))):
        add(10 + n, name, "ec2", ADMIN if n == 3 else BOB, ip, userAgent=agent, region=("us-east-1", "us-east-2", "us-west-2")[n % 3])
    add(20, "PutBucketPolicy", "s3", ADMIN, "192.0.2.77", apiVersion="2006-03-01", vpcEndpointId="vpce-00000001", requestParameters={"bucketName": "amzn-s3-demo-bucket"},
        additionalEventData={"bytesTransferredIn": 312, "SignatureVersion": "SigV4", "x": {"y": [1, 2]}}, resources=[{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::amzn-s3-demo-bucket"}])
    add(21, "RotateKey", "kms", service("kms"), "AWS Internal", eventType="AwsServiceEvent", serviceEventDetails={"keyId": "key-1", "rotation": {"type": "AUTOMATIC"}})
    add(22, "ListBuckets", "s3", {"type": "AWSAccount", "principalId": "AIDAOTHER", "accountId": ACCOUNT_2})
    # data events: a raw table has them too
    for n, name in enumerate(("GetObject", "PutObject", "DeleteObject")):
        add(25 + n, name, "s3", BOB, "203.0.113.80", managementEvent=False, eventCategory="Data", requestParameters={"bucketName": "amzn-s3-demo-bucket", "key": "a"},
            resources=[{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::amzn-s3-demo-bucket/a"}, {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::amzn-s3-demo-bucket"}])
    add(28, "Invoke", "lambda", ALICE, "203.0.113.81", managementEvent=False, eventCategory="Data", requestParameters={"functionName": "Cleanup"},
        resources=[{"accountId": ACCOUNT, "type": "AWS::Lambda::Function", "ARN": "arn:aws:lambda:us-east-1:%s:function:Cleanup" % ACCOUNT}])
    # identity
    iam(30, "CreateUser", {"userName": "eve"}, {"user": {"userName": "eve", "userId": "AIDAEXAMPLEEVE", "arn": "arn:aws:iam::%s:user/eve" % ACCOUNT}})
    iam(31, "CreateAccessKey", {"userName": "eve"}, {"accessKey": {"userName": "eve", "accessKeyId": "AKIAEXAMPLEEVE02", "status": "Active"}})
    iam(32, "CreateAccessKey", None, {"accessKey": {"userName": "alice", "accessKeyId": "AKIAEXAMPLEALICE2", "status": "Active"}}, region="us-west-2")
    iam(33, "CreateAccessKey", {"userName": "root"}, None, BOB, errorCode="AccessDenied", errorMessage="no")
    iam(34, "PutUserPolicy", {"userName": "eve", "policyName": "p", "policyDocument": "{\"Statement\": [{\"Effect\": \"Allow\"}]}"})
    iam(35, "CreateLoginProfile", {"userName": "eve", "passwordResetRequired": False}, {"loginProfile": {"userName": "eve"}})
    iam(36, "UpdateLoginProfile", {"userName": "bob"}, None, ADMIN)
    iam(37, "UpdateLoginProfile", {"userName": "root"}, None, ADMIN, errorCode="NoSuchEntityException", errorMessage="none")
    iam(-2, "UpdateLoginProfile", {"userName": "frank"}, region="us-west-2")
    iam(-1, "CreateAccessKey", {"userName": "frank"}, {"accessKey": {"userName": "frank", "accessKeyId": "AKIAEXAMPLEFRANK1"}}, region="us-west-2")
    iam(38, "GetUser", {"userName": "eve"})
    iam(39, "ListAccessKeys", {"userName": "eve"})
    # the window's edges; outside of it, of the account, of the regions
    for time in (at("2021-07-01 00:00:00"), at("2021-07-31 23:59:59")):
        raw.add_trail(time, "CreateVpc", "ec2", BOB)
    for time, more in ((at("2021-06-30 23:59:59"), {}), (at("2021-08-01 00:00:00"), {}), *((minute(50), more) for more in OUTSIDE)):
        who = user("bob", more.get("account", ACCOUNT))
        for name, source in (("ConsoleLogin", "signin"), ("UpdateLoginProfile", "iam"), ("RunInstances", "ec2")):
            raw.add_trail(time, name, source, who, "203.0.113.200", requestParameters={"userName": "late"}, **more)
        raw.add_trail(time, "CreateAccessKey", "iam", who, "203.0.113.200", requestParameters={"userName": "late"},
                      responseElements={"accessKey": {"userName": "late", "accessKeyId": "AKIAEXAMPLELATE2"}}, **more)
    # ninety days: their first day from its first second; thirty days, too old by one
    for region in ("us-east-1", "us-east-2"):
        for time in (raw.ago(1), raw.ago(89), dawn(raw, 90), dawn(raw, 90) - timedelta(seconds=1), raw.ago(92)):
            raw.add_trail(time, "CreateVolume", "ec2", BOB, region=region, apiVersion="2016-11-15")
    raw.add_trail(dawn(raw, 30) - timedelta(seconds=1), "CreateVolume", "ec2", BOB)
    raw.add_trail(raw.ago(2), "CreateVolume", "ec2", service("autoscaling"), "autoscaling.amazonaws.com", region="us-east-2")
    for name, source in (("GetObject", "s3"), ("Invoke", "lambda")):
        raw.add_trail(raw.ago(2), name, source, BOB, region="us-east-2", managementEvent=False, eventCategory="Data")


def behind_gateway(raw, time):
    """Each way, for each question: flows whose interface is what is asked for, and whose packets are not."""
    for n, (src, src_port, dst, dst_port) in enumerate((
            ("192.0.2.1", 44101, "203.0.113.2", 443), ("203.0.113.2", 443, "192.0.2.1", 44101), ("192.0.2.1", 50012, "192.0.2.254", 22), ("192.0.2.254", 22, "192.0.2.1", 23),
            ("198.18.0.9", 443, "10.0.0.7", 50013), ("198.18.0.9", 50014, "10.0.0.7", 443), ("172.16.0.41", 50015, "172.16.0.42", 22), ("172.20.0.1", 50016, "203.0.113.73", 80),
            ("10.0.0.6", 50017, "203.0.113.73", 80), ("192.168.0.6", 50018, "203.0.113.73", 80), ("203.0.113.73", 80, "172.20.0.1", 50019), ("203.0.113.73", 80, "10.0.0.6", 50020),
            ("203.0.113.73", 80, "192.168.0.6", 50021), ("192.0.2.100", 52002, "203.0.113.60", 443))):
        for side in ("pkt-srcaddr", "pkt-dstaddr"):
            raw.add_flow(time + timedelta(seconds=n), src, dst, src_port, dst_port, region="us-west-2", instance=SINGLE, size=(n, 7 ** n % 9973), **{side: "198.51.100.%d" % (n + 1)})


def add_flow_july(raw):
    minute = minutes("2020-07-15 10:00:00")

    def flow(n, src, dst, src_port=44000, dst_port=443, **more):
        raw.add_flow(minute(n), src, dst, src_port, dst_port, **more)
    flow(0, "192.0.2.1", "203.0.113.2", size=(5, 500), way="egress")
    flow(1, "192.0.2.1", "203.0.113.2", size=(7, 700), way="egress")
    flow(2, "203.0.113.2", "192.0.2.1", 443, 44000, size=(9, 9000), region="us-west-2")
    flow(3, "203.0.113.2", "192.0.2.1", 443, 44000, size=(1, 90), instance=OTHER)
    flow(4, "203.0.113.20", "192.0.2.1", 80, 44001)
    flow(5, "203.0.113.2", "10.0.0.9", 80, 44002)
    # one instance, from port 443 and to it, and nearly
    for n, (src, src_port, dst, dst_port, way, instance) in enumerate((
            ("198.18.0.9", 443, "10.0.0.7", 50001, "ingress", SINGLE), ("198.18.0.9", 443, "10.0.0.7", 50002, "ingress", SINGLE),
            ("10.0.0.7", 443, "198.18.0.11", 50003, "egress", SINGLE), ("10.0.0.7", 50004, "198.18.0.9", 443, "egress", SINGLE),
            ("198.18.0.12", 50005, "10.0.0.7", 443, "ingress", SINGLE), ("198.18.0.9", 8443, "10.0.0.7", 50006, "ingress", SINGLE),
            ("198.18.0.9", 443, "10.0.0.8", 50007, "ingress", OTHER), ("10.0.0.8", 50008, "198.18.0.9", 443, "egress", OTHER))):
        flow(10 + n, src, dst, src_port, dst_port, way=way, instance=instance, size=(n + 1, 60 * 3 ** n))
    # through a gateway: the interface's addresses are not the packet's
    translated = {"pkt-srcaddr": "10.0.5.5", "pkt-src-aws-service": "-", "pkt-dst-aws-service": "S3", "traffic-path": "7"}
    flow(20, "192.0.2.1", "203.0.113.70", 44100, 443, way="egress", size=(4, 4000), **translated)
    flow(21, "203.0.113.70", "172.16.0.40", 443, 44100, size=(5, 5000), **{"pkt-dstaddr": "10.0.5.5", "sublocation-type": "wavelength", "sublocation-id": "wl-1"})
    behind_gateway(raw, minute(25))
    # two addresses, both ways, once before July
    flow(22, "192.0.2.1", "192.0.2.254", 50009, 22, way="egress")
    flow(23, "192.0.2.254", "192.0.2.1", 22, 50009, action="REJECT")
    raw.add_flow(at("2020-06-01 01:02:03"), "192.0.2.254", "192.0.2.1", 22, 50010)
    flow(24, "192.0.2.25", "192.0.2.1", 22, 50011)
    # private and public, and at the edges of the private networks
    for n, (src, dst) in enumerate((("10.0.0.5", "203.0.113.50"), ("203.0.113.51", "172.31.255.255"), ("192.168.3.4", "203.0.113.52"), ("10.0.0.0", "10.0.0.5"),
                                    ("172.16.0.1", "172.31.9.9"), ("172.16.0.2", "10.9.9.9"), ("172.15.255.255", "172.16.0.3"), ("172.32.0.0", "203.0.113.53"),
                                    ("11.0.0.1", "192.169.0.1"), ("10.2.2.2", "192.168.1.1"))):
        flow(30 + n, src, dst, 50100 + n, (22, 3389, 80, 53, 5432, 5432, 32767, 32768, 8080, 445)[n])
    # more than ten senders of one network, one of them in many groups
    for n in range(12):
        flow(50 + n, "192.0.2.%d" % (100 + n), "203.0.113.60", 51000 + n, 443, size=(50, 2000000 - 100000 * n), way="egress")
    for n in range(3):
        flow(65 + n, "192.0.2.100", "203.0.113.%d" % (61 + n), 52000, 8000 + n, size=(50, 3000000 + n), way="egress")
    raw.add_flow(at("2020-07-16 09:00:00"), "192.0.2.100", "203.0.113.60", 52001, 443, size=(3, 333), way="egress")
    flow(70, "192.0.20.1", "203.0.113.60", size=(9000, 90000000), way="egress")
    none = {"srcaddr": "-", "dstaddr": "-", "pkt-srcaddr": "-", "pkt-dstaddr": "-", "srcport": "-", "dstport": "-", "protocol": "-", "packets": "-", "bytes": "-"}
    flow(71, "-", "-", action="-", status="NODATA", **none)
    for time, more in ((at("2020-06-30 23:59:59"), {}), (at("2020-08-01 00:00:00"), {}), *((minute(80), more) for more in OUTSIDE)):
        for src, src_port, dst, dst_port in (("192.0.2.1", 53000, "203.0.113.2", 443), ("203.0.113.2", 443, "10.0.0.7", 53001), ("172.16.0.1", 53002, "172.31.9.9", 22),
                                             ("192.0.2.111", 53004, "203.0.113.60", 443), ("10.0.0.5", 53003, "203.0.113.50", 22)):
            raw.add_flow(time, src, dst, src_port, dst_port, instance=SINGLE, size=(9000, 90000000), **more)


def add_dns_july(raw):
    minute = minutes("2020-07-15 10:00:00")
    july = (("example.com.", ["203.0.113.2"], "A", "i-1"), ("example.com.", ["203.0.113.2", "203.0.113.3"], "A", "i-1"), ("example.com.", ["203.0.113.3"], "A", "i-2"),
            ("example.com.", ["2001:db8::1"], "AAAA", "i-1"), ("example.com.", ["2001:db8::1"], "AAAA", "i-1"), ("example.com.", [], "AAAA", "i-2"),
            ("www.example.org.", ["2001:db8::2"], "AAAA", None), *[("often.example.org.", ["2001:db8::3"], "AAAA", "i-3")] * 5, ("evil.example.net.", ["203.0.113.20"], "A", "i-3"), ("evil.example.net.", ["203.0.113.2"], "A", None),
            ("mail.example.org.", ["10 mx.example.org."], "MX", "i-2"), ("localhost.", [], "AAAA", "i-2"))
    for n, (name, answers, kind, instance) in enumerate(july):
        raw.add_dns(minute(n), name, answers, kind, "NOERROR" if answers else "NXDOMAIN", port=43000 + n, instance=instance,
                    vpc="vpc-0000000%d" % (n % 3 + 1), region="us-east-2" if n == 2 else "us-east-1")
    raw.dns[-1]["srcids"] = {"instance": "i-2", "resolver_endpoint": "rslvr-in-1", "resolver_network_interface": "rni-1"}
    raw.add_dns(minute(19), "example.com.", ["203.0.113.2"], vpc="vpc-00000003")
    for time in (dawn(raw, 30), dawn(raw, 30) - timedelta(seconds=1)):
        raw.add_dns(time, "example.com.", ["203.0.113.2"])
    for time, more in ((at("2020-06-30 23:59:59"), {}), (at("2020-08-01 00:00:00"), {}), (minute(20), {"account": ACCOUNT_2}), (minute(21), {"account": ACCOUNT_OTHER}),
                       (minute(22), {"vpc": "vpc-00000004"})):
        raw.add_dns(time, "example.com.", ["203.0.113.2"], instance="i-9", port=43100, **more)
        raw.add_dns(time, "example.com.", ["2001:db8::1"], "AAAA", instance="i-9", port=43101, **more)


def add(raw):
    add_trail_july(raw)
    add_flow_july(raw)
    add_dns_july(raw)
