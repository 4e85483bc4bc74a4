"""CloudTrail for the published queries: June 2023, where the version 1 queries look, and the last weeks, where the others do."""
from datetime import timedelta

from aws_raw import ACCOUNT, ACCOUNT_2, ACCOUNT_3, ACCOUNT_OTHER, at, role, service, user

ALICE, ALICE_2, BOB = user("alice"), user("alice2"), user("bob")
ADMIN = role("Admin", "carol")


def iam(raw, time, name, request, response=None, who=ALICE, **more):
    raw.add_trail(time, name, "iam", who, requestParameters=request, responseElements=response, **more)


def add_june(raw):
    day = at("2023-06-15 10:00:00")

    def minute(n):
        return day + timedelta(minutes=n)
    # logins: two addresses of one user, once twice; a service without an ARN; nothing but a creation among activity 1
    for n, ip in enumerate(("203.0.113.9", "198.51.100.7", "203.0.113.9")):
        raw.add_trail(minute(n), "AssumeRole", "sts", ALICE, ip, requestParameters={"roleArn": "arn:aws:iam::111122223333:role/Admin", "roleSessionName": "carol"})
    raw.add_trail(minute(3), "AssumeRole", "sts", service("ec2"), "ec2.amazonaws.com", requestParameters={"roleArn": "arn:aws:iam::111122223333:role/Node", "roleSessionName": "i-1"})
    raw.add_trail(minute(4), "ConsoleLogin", "signin", {**BOB, "accessKeyId": ""}, "203.0.113.77", responseElements={"ConsoleLogin": "Success"}, eventType="AwsConsoleSignIn")
    raw.add_trail(minute(5), "AssumeRoleWithSAML", "sts", {"type": "SAMLUser", "principalId": "saml:dora", "userName": "dora"}, "203.0.113.78")
    raw.add_trail(minute(5), "CheckMfa", "signin", BOB, "203.0.113.77", responseElements={"CheckMfa": "Success"}, eventType="AwsConsoleSignIn")
    raw.add_trail(minute(5), "CreateTags", "ec2", {**ALICE, "type": "Root"}, "203.0.113.79")
    # what users did, reads among it
    raw.add_trail(minute(6), "RunInstances", "ec2", BOB, "10.1.2.3", userAgent="console.amazonaws.com", requestParameters={"instanceType": "p3.16xlarge"})
    raw.add_trail(minute(7), "RunInstances", "ec2", BOB, "192.168.7.7", userAgent="aws-cli/2.15")
    raw.add_trail(minute(8), "TerminateInstances", "ec2", BOB, "172.16.0.9")
    raw.add_trail(minute(9), "StopLogging", "cloudtrail", ADMIN, "172.32.0.1", userAgent="Boto3/1.28")
    for n, name in enumerate(("GetCallerIdentity", "ListBuckets", "DescribeInstances", "DescribeRegions")):
        raw.add_trail(minute(10 + n), name, "sts" if n == 0 else "ec2", BOB, "2001:db8::7")
    # identity
    iam(raw, minute(20), "CreateUser", {"userName": "eve"}, {"user": {"userName": "eve", "userId": "AIDAEXAMPLEEVE", "arn": "arn:aws:iam::111122223333:user/eve"}})
    iam(raw, minute(21), "CreateUser", {"userName": "mallory"}, None, errorCode="AccessDenied", errorMessage="no")
    iam(raw, minute(22), "CreateAccessKey", {"userName": "eve"}, {"accessKey": {"userName": "eve", "accessKeyId": "AKIAEXAMPLEEVE01", "status": "Active"}})
    iam(raw, minute(23), "CreateAccessKey", {"userName": "root"}, None, errorCode="NoSuchEntityException", errorMessage="none", who=BOB)
    iam(raw, minute(24), "AttachUserPolicy", {"userName": "eve", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})
    iam(raw, minute(25), "CreateLoginProfile", {"userName": "eve", "passwordResetRequired": False}, {"loginProfile": {"userName": "eve"}})
    iam(raw, minute(26), "UpdateLoginProfile", {"userName": "bob"}, None, who=ADMIN)
    iam(raw, minute(27), "UpdateLoginProfile", {"userName": "root"}, None, errorCode="AccessDenied", errorMessage="no", who=ADMIN)
    iam(raw, minute(28), "ListAttachedUserPolicies", {"userName": "eve"})
    iam(raw, minute(29), "GetUser", {"userName": "eve"}, None, who=ALICE_2)
    iam(raw, minute(30), "DeleteAccessKey", {"userName": "eve", "accessKeyId": "AKIAEXAMPLEEVE01"}, None, who=user("alice", key="AKIAEXAMPLEALICE9"))
    # outside of the window, of the account, of the table's region
    for time, more in ((at("2023-05-29 23:59:59"), {}), (at("2023-07-01 00:00:00"), {}), (minute(40), {"account": ACCOUNT_2}), (minute(41), {"account": ACCOUNT_OTHER}),
                       (minute(42), {"region": "us-west-2"}), (minute(43), {"region": "eu-west-1"})):
        account = more.get("account", ACCOUNT)
        iam(raw, time, "CreateAccessKey", {"userName": "late"}, {"accessKey": {"userName": "late", "accessKeyId": "AKIAEXAMPLELATE1"}}, who=user("alice", account), **more)
        raw.add_trail(time, "ConsoleLogin", "signin", user("bob", account), "203.0.113.200", responseElements={"ConsoleLogin": "Success"}, **more)
        raw.add_trail(time, "UpdateLoginProfile", "iam", user("bob", account), "203.0.113.200", requestParameters={"userName": "late"}, **more)
    raw.add_trail(at("2023-05-30 00:00:00"), "DescribeVpcs", "ec2", BOB)
    raw.add_trail(at("2023-06-30 23:59:59"), "DescribeVpcs", "ec2", BOB, account=ACCOUNT)


def add_recent(raw):
    def tried(days, name, source, code, **more):
        raw.add_trail(raw.ago(days, 1), name, source, errorCode=code, errorMessage="not authorized to perform " + name, **more)
    tried(1, "ListUsers", "iam", "AccessDenied")
    tried(2, "RunInstances", "ec2", "Client.UnauthorizedOperation", who=BOB)
    tried(3, "RevokeSecurityGroupIngress", "ec2", "Client.InvalidPermission.NotFound")
    tried(4, "DetachVolume", "ec2", "Client.OperationNotPermitted", who=BOB)
    tried(8, "ListUsers", "iam", "AccessDenied")
    tried(1, "GetRole", "iam", "NoSuchEntityException", who=ADMIN)
    tried(2, "AssumeRole", "sts", "AccessDenied", who=ALICE_2, region="us-west-2")
    tried(2, "AssumeRole", "sts", "ValidationError", who=user("frank"))
    raw.add_trail(raw.ago(1, 3), "ConsoleLogin", "signin", BOB, "203.0.113.77", responseElements={"ConsoleLogin": "Failure"}, eventType="AwsConsoleSignIn")
    # one address, near misses of it and of the window
    for days, ip in ((1, "192.0.2.1"), (2, "192.0.2.1"), (6, "192.0.2.1"), (8, "192.0.2.1"), (20, "192.0.2.1"), (3, "192.0.2.10"), (3, "192.0.2.11"), (45, "192.0.2.1")):
        raw.add_trail(raw.ago(days, 2), "DescribeInstances", "ec2", BOB, ip)
    for days in (30, 29):  # the first day of thirty: its end, which a bound with hours loses, and its begin, which is too old
        for hour, minute in ((23, 59), (0, 0)):
            raw.add_trail((raw.now - timedelta(days=days)).replace(hour=hour, minute=minute, second=minute), "DescribeVpcs", "ec2", BOB, "192.0.2.1")
    raw.add_trail(at("2023-02-28 12:00:00"), "DescribeInstances", "ec2", BOB, "192.0.2.1")
    raw.add_trail(at("2023-03-01 00:00:00"), "DescribeInstances", "ec2", BOB, "192.0.2.1")
    # the user id of the documentation, which is no key
    who = user("anaya", key="AKIAIOSFODNN7EXAMPLE", ident="AIDACKCEVSQ6C2EXAMPLE")
    iam(raw, raw.ago(1, 4), "CreateUser", {"userName": "new"}, {"user": {"userName": "new", "userId": "AIDANEW", "arn": "arn:aws:iam::111122223333:user/new"}}, who=who)
    raw.add_trail(raw.ago(5), "GetCallerIdentity", "sts", who)
    raw.add_trail(raw.ago(9), "GetCallerIdentity", "sts", who)
    raw.add_trail(raw.ago(1), "GetCallerIdentity", "sts", user("nanaya", ident="AIDACKCEVSQ6C2EXAMPLF"))
    for days in (2, 3):
        iam(raw, raw.ago(days, 7), "ListRoles", None, None, who=ADMIN)
    iam(raw, raw.ago(7, 7), "ListRoles", None, None, who=ADMIN)
    for days in (1, 8):
        raw.add_trail(raw.ago(days, 5), "DescribeRegions", "ec2", user("gina", ACCOUNT_3), account=ACCOUNT_3)


def add_data(raw):
    """Lambda and S3 data events."""
    def invoke(time, function, **more):
        account, region = more.get("account", ACCOUNT), more.get("region", "us-east-1")
        arn = "arn:aws:lambda:%s:%s:function:%s" % (region, account, function)
        raw.add_trail(time, "Invoke", "lambda", service("events"), "events.amazonaws.com", managementEvent=False, eventCategory="Data", readOnly=False,
                      requestParameters={"functionName": arn}, resources=[{"accountId": account, "type": "AWS::Lambda::Function", "ARN": arn}], **more)
    june = at("2023-06-20 08:00:00")
    for n, function in enumerate(("MyLambdaFunction", "MyLambdaFunction", "MyLambdaFunction-canary", "NotMyLambdaFunction", "Cleanup")):
        invoke(june + timedelta(minutes=n), function)
    invoke(at("2023-05-29 12:00:00"), "MyLambdaFunction")
    invoke(at("2023-07-01 12:00:00"), "MyLambdaFunction")
    invoke(june, "MyLambdaFunction", account=ACCOUNT_2)
    invoke(june, "MyLambdaFunction", account=ACCOUNT_OTHER)
    invoke(june, "MyLambdaFunction", region="us-east-2")
    for n in range(12):
        invoke(june + timedelta(hours=n + 1), "Filler%d" % n)
    for days in (1, 29, 32):
        invoke(raw.ago(days), "Cleanup")
    for days, name in ((1, "GetObject"), (2, "PutObject"), (40, "DeleteObject")):
        raw.add_trail(raw.ago(days), name, "s3", ALICE, managementEvent=False, eventCategory="Data", requestParameters={"bucketName": "amzn-s3-demo-bucket", "key": "a"},
                      resources=[{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::amzn-s3-demo-bucket/a"}])


def add(raw):
    add_june(raw)
    add_recent(raw)
    add_data(raw)
