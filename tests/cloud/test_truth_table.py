"""What AWS's documentation says of who may what, as a table, asked over the wire of the double.

Each row names the page it is taken from: of the IAM user guide where nothing else is said. It was written from those pages, apart from the
product and from the double. In policies `<user>`, `<role>`, `<bucket>`, `<account>`, `<id>` (of the role), `<issued>` and so on stand for the row's own.
"""
import dataclasses
import datetime
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from asking import ADMIN
from cloud import Cloud, key_of

MANAGER, OTHER = "999900001111", "222233334444"
IDENTITY, RESOURCE, BOUNDARY, SESSION, SCP = ("identity-based policy", "resource-based policy", "permissions boundary", "session policy",
                                              "service control policy")
LOGIC = "reference_policies_evaluation-logic_policy-eval-denyallow"
BASICS = "reference_policies_evaluation-logic_policy-eval-basics"
CROSS = "reference_policies_evaluation-logic-cross-account"
BOUNDARIES = "access_policies_boundaries"
SESSIONS = "access_policies#policies_session"
SCPS = "organizations: orgs_manage_policies_scps"
KEYS = "reference_policies_condition-keys"
OPERATORS = "reference_policies_elements_condition_operators"
ACTION, NOT_ACTION = "reference_policies_elements_action", "reference_policies_elements_notaction"
NOT_RESOURCE, NOT_PRINCIPAL = "reference_policies_elements_notresource", "reference_policies_elements_notprincipal"
VARIABLES, ASSUME = "reference_policies_variables", "id_roles_update-role-trust-policy"
REVOKE, DISABLE = "id_roles_use_revoke-sessions", "id_credentials_temp_control-access_disable-perms"
FEDERATION, TOKEN = "id_credentials_temp_control-access_getfederationtoken", "id_credentials_temp_control-access_getsessiontoken"
INSTANCE, CENTER = "ec2: iam-roles-for-amazon-ec2", "singlesignon: prereqs-revoking-user-permissions"
BUCKET = "s3: example-bucket-policies"


def say(effect, action="*", resource="*", condition=None, **more):
    """One statement; `more` are NotAction, NotResource, Principal and so on, which take the place of what they exclude."""
    made = {"Effect": effect, "Action": action, "Resource": resource, **({"Condition": condition} if condition else {}), **more}
    for name in ("Action", "Resource"):
        if "Not" + name in more:
            del made[name]
    return made


def allow(action="*", resource="*", condition=None, **more):
    return say("Allow", action, resource, condition, **more)


def deny(action="*", resource="*", condition=None, **more):
    return say("Deny", action, resource, condition, **more)


ALL, OBJECTS = allow(), "arn:aws:s3:::<bucket>/*"
OPEN = {"Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::<bucket>", OBJECTS]}


def named(who, effect="Allow", **more):
    return {"Effect": effect, **OPEN, "Principal": {"AWS": who}, **more}


def everybody(effect="Deny", **more):
    return {"Effect": effect, **OPEN, **more}


@dataclasses.dataclass
class Row:
    page: str
    title: str
    allowed: bool
    why: str = None             # the kind of policy that refuses
    ask: str = "s3:GetObject"
    user: tuple = ()            # statements of the caller's own policies
    group: tuple = ()
    boundary: tuple = ()
    role: tuple = None          # statements of a role that the caller assumes; then the role's session asks
    trust: dict = None
    session: tuple = ()         # statements of the session's policy
    after: tuple = ()           # statements that the user gets once the credentials are there
    kind: str = "user"          # user, token, federated, role, instance, person, service, nobody
    bucket: tuple = ()
    scps: tuple = ()            # groups of statements: of the root, then of the account
    account: str = "123456789012"


ROWS = [
    # identity policies
    Row(BASICS, "nothing says anything: denied", False, IDENTITY),
    Row(BASICS, "an allow allows", True, user=(ALL,)),
    Row(BASICS, "an explicit deny overrides an allow", False, IDENTITY, user=(ALL, deny("s3:GetObject"))),
    Row(BASICS, "the order of statements does not count", False, IDENTITY, user=(deny("s3:GetObject"), ALL)),
    Row(BASICS, "a deny of something else denies nothing here", True, user=(ALL, deny("s3:PutObject"))),
    Row(BASICS, "a group's allow is the user's", True, group=(ALL,)),
    Row(BASICS, "a group's deny overrides the user's allow", False, IDENTITY, user=(ALL,), group=(deny(),)),
    Row(ACTION, "actions do not care for case, and take * and ?", True, user=(allow("S3:getobj?ct"),)),
    Row("reference_policies_elements_resource", "another resource is not this one", False, IDENTITY, user=(allow("s3:*", "arn:aws:s3:::other/*"),)),
    Row("reference_policies_elements_resource", "resources care for case", False, IDENTITY, user=(allow("s3:*", "arn:aws:s3:::<BUCKET>/*"),)),
    Row(NOT_ACTION, "allow with NotAction: everything but", True, user=(allow(NotAction="iam:*"),)),
    Row(NOT_ACTION, "allow with NotAction: not what it names", False, IDENTITY, "iam:ListUsers", user=(allow(NotAction="iam:*"),)),
    Row(NOT_ACTION, "deny with NotAction: everything but", False, IDENTITY, user=(ALL, deny(NotAction="iam:*"))),
    Row(NOT_ACTION, "deny with NotAction grants nothing by itself", False, IDENTITY, "iam:ListUsers", user=(deny(NotAction="iam:*"),)),
    Row(NOT_RESOURCE, "deny with NotResource spares what it names", True, user=(ALL, deny("s3:*", NotResource=OBJECTS))),
    Row(NOT_RESOURCE, "deny with NotResource denies the rest", False, IDENTITY, "s3:ListAllMyBuckets", user=(ALL, deny("s3:*", NotResource=OBJECTS))),
    Row(VARIABLES, "a variable is filled", True, ask="iam:GetUser", user=(allow("iam:GetUser", "arn:aws:iam::<account>:user/${aws:username}"),)),
    Row(VARIABLES, "a variable without a value matches nothing", False, IDENTITY, user=(allow("s3:*", "arn:aws:s3:::<bucket>/${aws:PrincipalTag/x}k"),)),
    # conditions
    Row(OPERATORS, "all operators of a block have to hold", False, IDENTITY, user=(allow(condition={
        "StringLike": {"aws:username": "*"}, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),)),
    Row(OPERATORS, "one value of several is enough", True, user=(allow(condition={"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}),)),
    Row(OPERATORS, "a negated operator: none of the values", False, IDENTITY, user=(allow(condition={
        "StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}),)),
    Row(OPERATORS, "a key that is missing does not match", False, IDENTITY, user=(allow(condition={"StringEquals": {"aws:SourceVpc": "v"}}),)),
    Row(OPERATORS, "a key that is missing matches a negated operator", True, user=(allow(condition={"StringNotEquals": {"aws:SourceVpc": "v"}}),)),
    Row(OPERATORS, "IfExists: a key that is missing matches", True, user=(allow(condition={"StringEqualsIfExists": {"aws:SourceVpc": "v"}}),)),
    Row(OPERATORS, "Null true: the key is not there", True, user=(allow(condition={"Null": {"aws:TokenIssueTime": "true"}}),)),
    Row(OPERATORS, "ArnLike: * stays within a part of the ARN", False, IDENTITY, user=(allow(condition={"ArnLike": {"aws:PrincipalArn": "arn:*:user/<user>"}}),)),
    Row(OPERATORS, "keys do not care for case", True, user=(allow(condition={"StringEquals": {"AWS:UserName": "<user>"}}),)),
    # boundaries
    Row(BOUNDARIES, "a boundary alone grants nothing", False, IDENTITY, boundary=(ALL,)),
    Row(BOUNDARIES, "a boundary limits what identity policies allow", False, BOUNDARY, user=(ALL,), boundary=(allow("iam:*"),)),
    Row(BOUNDARIES, "both allow", True, user=(ALL,), boundary=(allow("s3:*"),)),
    Row(BOUNDARIES, "a boundary's deny denies", False, BOUNDARY, user=(ALL,), boundary=(ALL, deny("s3:*"))),
    Row(BOUNDARIES, "a bucket policy that names the user is not limited by its boundary", True, user=(), boundary=(allow("iam:*"),), bucket=(named("<user arn>"),)),
    Row(BOUNDARIES, "a bucket policy that names the role is limited by its boundary", False, BOUNDARY, role=(), kind="role", boundary=(allow("iam:*"),),
        bucket=(named("<role arn>"),)),
    Row(BOUNDARIES, "a bucket policy that names the role's session is not", True, role=(), kind="role", boundary=(allow("iam:*"),),
        bucket=(named("<session arn>"),)),
    # sessions
    Row(SESSIONS, "a role's session has what the role has", True, role=(ALL,), kind="role"),
    Row(SESSIONS, "the user's own policies are not those of a role it assumed", False, IDENTITY, user=(ALL,), role=(), kind="role"),
    Row(SESSIONS, "a session policy limits the role", False, SESSION, role=(ALL,), kind="role", session=(allow("iam:*"),)),
    Row(SESSIONS, "a session policy grants nothing that the role has not", False, IDENTITY, role=(allow("iam:*"),), kind="role", session=(ALL,)),
    Row(SESSIONS, "a session policy's deny denies", False, SESSION, role=(ALL,), kind="role", session=(ALL, deny("s3:*"))),
    Row(SESSIONS, "a bucket policy for the role is limited by the session policy", False, SESSION, role=(), kind="role", session=(allow("iam:*"),),
        bucket=(named("<role arn>"),)),
    Row(SESSIONS, "a bucket policy for the session is not", True, role=(), kind="role", session=(allow("iam:*"),), bucket=(named("<session arn>"),)),
    Row(FEDERATION, "a federated user has what both the user and the session policy allow", True, user=(ALL,), kind="federated", session=(allow("s3:*"),)),
    Row(FEDERATION, "a federated user without a session policy has nothing", False, SESSION, user=(ALL,), kind="federated"),
    Row(FEDERATION, "a deny of the user is one of its federated users", False, IDENTITY, user=(ALL,), kind="federated", session=(ALL,), after=(deny(),)),
    Row(FEDERATION, "a bucket policy may name the federated user", True, user=(allow("sts:*"),), kind="federated", bucket=(named("<federated arn>"),)),
    Row(TOKEN, "GetSessionToken: what the user may", True, user=(ALL,), kind="token"),
    Row(TOKEN, "GetSessionToken: a deny of the user hits it", False, IDENTITY, user=(ALL,), kind="token", after=(deny(),)),
    Row(TOKEN, "GetSessionToken: no IAM without MFA", False, ask="iam:ListUsers", user=(ALL,), kind="token"),
    # the keys that containment rests on
    Row(KEYS, "aws:TokenIssueTime is not in a request with a long-term key", True, user=(ALL, deny(condition={"DateLessThan": {"aws:TokenIssueTime": "<later>"}}))),
    Row(REVOKE, "a session issued before the time is denied", False, IDENTITY, role=(ALL, deny(condition={"DateLessThan": {"aws:TokenIssueTime": "<later>"}})), kind="role"),
    Row(REVOKE, "a session issued after it is not", True, role=(ALL, deny(condition={"DateLessThan": {"aws:TokenIssueTime": "<earlier>"}})), kind="role"),
    Row(REVOKE, "GetSessionToken's credentials carry it too", False, IDENTITY, user=(ALL, deny(condition={"DateLessThan": {"aws:TokenIssueTime": "<later>"}})), kind="token"),
    Row(DISABLE, "aws:userid of a role's session is the role's id and the session's name", False, IDENTITY, kind="role",
        role=(ALL, deny(condition={"StringLike": {"aws:userid": "<role id>:s1"}}))),
    Row(DISABLE, "another session of the role goes on", True, kind="role", role=(ALL, deny(condition={"StringLike": {"aws:userid": "<role id>:other"}}))),
    Row(KEYS, "aws:userid of a user is its id", False, IDENTITY, user=(ALL, deny(condition={"StringEquals": {"aws:userid": "<user id>"}}))),
    Row(KEYS, "aws:userid of a federated user is account and name", False, IDENTITY, user=(ALL, deny(condition={"StringEquals": {"aws:userid": "<account>:f1"}})),
        kind="federated", session=(ALL,)),
    Row(KEYS, "aws:PrincipalArn of a role's session is the role's", False, IDENTITY, role=(ALL, deny(condition={"ArnEquals": {"aws:PrincipalArn": "<role arn>"}})), kind="role"),
    Row(KEYS, "aws:PrincipalArn of a role's session is not the session's", True, role=(ALL, deny(condition={"ArnEquals": {"aws:PrincipalArn": "<session arn>"}})), kind="role"),
    Row(KEYS, "aws:PrincipalArn of a federated user is not the user's", True, user=(ALL,), kind="federated", session=(ALL,),
        after=(deny(condition={"ArnEquals": {"aws:PrincipalArn": "<user arn>"}}),)),
    Row(KEYS, "aws:username is not there for a role", True, role=(ALL, deny(condition={"StringLike": {"aws:username": "*"}})), kind="role"),
    Row(INSTANCE, "ec2:SourceInstanceARN: the credentials of that instance", False, IDENTITY, kind="instance",
        role=(ALL, deny(condition={"StringEquals": {"ec2:SourceInstanceARN": "arn:aws:ec2:us-east-1:<account>:instance/i-0aaaaaaaaaaaaaaaa"}}))),
    Row(INSTANCE, "ec2:SourceInstanceARN: not those of another", True, kind="instance",
        role=(ALL, deny(condition={"StringEquals": {"ec2:SourceInstanceARN": "arn:aws:ec2:us-east-1:<account>:instance/i-0bbbbbbbbbbbbbbbb"}}))),
    Row(INSTANCE, "ec2:SourceInstanceARN: not a session that was assumed", True, kind="role",
        role=(ALL, deny(condition={"StringLike": {"ec2:SourceInstanceARN": "*"}}))),
    Row(CENTER, "a permission set's deny for this person", False, IDENTITY, kind="person", role=(ALL, deny(condition={"StringEquals": {"identitystore:UserId": "<person>"}}))),
    Row(CENTER, "a permission set's deny for another person", True, kind="person", role=(ALL, deny(condition={"StringEquals": {"identitystore:userId": "nobody"}}))),
    Row(CENTER, "an SCP for this person", False, SCP, kind="person", role=(ALL,), scps=((ALL,), (ALL, deny(condition={"StringEquals": {"identitystore:userId": "<person>"}})))),
    # buckets
    Row(BUCKET, "a bucket's allow is enough in its own account", True, bucket=(named("<user arn>"),)),
    Row(BUCKET, "a bucket's deny overrides the caller's allow", False, RESOURCE, user=(ALL,), bucket=(everybody(),)),
    Row(BUCKET, "a bucket that trusts the account leaves it to the user's policies", False, IDENTITY, bucket=(named("<account>"),)),
    Row(BUCKET, "a deny for all but some, by aws:PrincipalArn", False, RESOURCE, user=(ALL,), bucket=(everybody(Condition={
        "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::<account>:role/responder"]}}),)),
    Row(BUCKET, "a deny for all but some: who is named goes on", True, user=(ALL,), bucket=(everybody(Condition={
        "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::<account>:role/responder", "<user arn>"]}}),)),
    Row(BUCKET, "a deny for all but a role: its sessions go on", True, role=(ALL,), kind="role", bucket=(everybody(Condition={
        "ArnNotLike": {"aws:PrincipalArn": ["<role arn>"]}}),)),
    Row(KEYS, "aws:PrincipalIsAWSService false: a caller is no service", False, RESOURCE, user=(ALL,), bucket=(everybody(Condition={
        "Bool": {"aws:PrincipalIsAWSService": "false"}}),)),
    Row(KEYS, "aws:PrincipalIsAWSService false: a service goes on", True, kind="service", ask="s3:PutObject", bucket=(
        {"Effect": "Allow", **OPEN, "Principal": {"Service": "cloudtrail.amazonaws.com"}}, everybody(Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}}))),
    Row(KEYS, "without the condition the deny hits the service as well", False, kind="service", ask="s3:PutObject", bucket=(
        {"Effect": "Allow", **OPEN, "Principal": {"Service": "cloudtrail.amazonaws.com"}}, everybody())),
    Row(KEYS, "nobody has no aws:PrincipalIsAWSService: such a deny does not hit", True, kind="nobody", bucket=(
        everybody("Allow"), everybody(Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}}))),
    Row(KEYS, "nobody has no aws:PrincipalArn: a negated condition hits", False, RESOURCE, kind="nobody", bucket=(
        everybody("Allow"), everybody(Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::<account>:role/responder"}}))),
    Row(NOT_PRINCIPAL, "deny with NotPrincipal denies who is not named", False, RESOURCE, user=(ALL,), bucket=(
        {"Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::<account>:user/x", "<account>"]}, "Action": "s3:*", "Resource": OBJECTS},)),
    Row(NOT_PRINCIPAL, "it spares who is named with its account", True, user=(ALL,), bucket=(
        {"Effect": "Deny", "NotPrincipal": {"AWS": ["<user arn>", "arn:aws:iam::<account>:root"]}, "Action": "s3:*", "Resource": OBJECTS},)),
    Row(NOT_PRINCIPAL, "it does not spare who is named without the account", False, RESOURCE, user=(ALL,), bucket=(
        {"Effect": "Deny", "NotPrincipal": {"AWS": ["<user arn>"]}, "Action": "s3:*", "Resource": OBJECTS},)),
    Row(NOT_PRINCIPAL, "it spares a role that is named, and its sessions", True, role=(ALL,), kind="role", bucket=(
        {"Effect": "Deny", "NotPrincipal": {"AWS": ["<role arn>", "<session arn>", "arn:aws:iam::<account>:root"]}, "Action": "s3:*", "Resource": OBJECTS},)),
    Row(NOT_PRINCIPAL, "whoever has a boundary is denied in any case", False, RESOURCE, user=(ALL,), boundary=(ALL,), bucket=(
        {"Effect": "Deny", "NotPrincipal": {"AWS": ["<user arn>", "arn:aws:iam::<account>:root"]}, "Action": "s3:*", "Resource": OBJECTS},)),
    Row(CROSS, "another account needs both: only the user's own", False, RESOURCE, user=(ALL,), account=OTHER),
    Row(CROSS, "another account needs both: only the bucket's", False, IDENTITY, bucket=(named("<user arn>"),), account=OTHER),
    Row(CROSS, "another account needs both", True, user=(allow("s3:*"),), bucket=(named("<user arn>"),), account=OTHER),
    # roles
    Row(ASSUME, "a trust that names the user is enough in the same account", True, ask="sts:AssumeRole", role=(), trust=named("<user arn>", Action="sts:AssumeRole")),
    Row(ASSUME, "a trust of the account needs the user's policy", False, IDENTITY, "sts:AssumeRole", role=(), trust=named("<account>", Action="sts:AssumeRole")),
    Row(ASSUME, "a trust's deny", False, RESOURCE, "sts:AssumeRole", user=(ALL,), role=(), trust=named("<user arn>", "Deny", Action="sts:AssumeRole")),
    Row(ASSUME, "a deny of the user ends assuming", False, IDENTITY, "sts:AssumeRole", user=(ALL, deny()), role=(), trust=named("<user arn>", Action="sts:AssumeRole")),
    Row(DISABLE, "a deny of the user does not end a role's session that it has", True, user=(ALL,), role=(ALL,), kind="role", after=(deny(),)),
    # organizations
    Row(SCPS, "an SCP grants nothing", False, IDENTITY, scps=((ALL,), (ALL,))),
    Row(SCPS, "an SCP's deny denies", False, SCP, user=(ALL,), scps=((ALL,), (ALL, deny("s3:*")))),
    Row(SCPS, "a deny at the root denies below", False, SCP, user=(ALL,), scps=((ALL, deny("s3:*")), (ALL,))),
    Row(SCPS, "every level has to allow", False, SCP, user=(ALL,), scps=((ALL,), (allow("iam:*"),))),
    Row(SCPS, "every level allows", True, user=(ALL,), scps=((allow("s3:*"),), (allow("s3:Get*"),))),
    Row(SCPS, "an SCP limits what a bucket policy grants to the account's own", False, SCP, scps=((ALL,), (allow("iam:*"),)), bucket=(named("<user arn>"),)),
    Row(SCPS, "by aws:PrincipalArn it hits that user alone", False, SCP, user=(ALL,), scps=((ALL,), (ALL, deny(condition={"ArnEquals": {"aws:PrincipalArn": "<user arn>"}})))),
    Row(SCPS, "and no other", True, user=(ALL,), scps=((ALL,), (ALL, deny(condition={"ArnEquals": {"aws:PrincipalArn": "<user arn>x"}})))),
    Row(SCPS, "a user's SCP by ARN does not hit its federated users", True, user=(ALL,), kind="federated", session=(ALL,),
        scps=((ALL,), (ALL, deny(condition={"ArnEquals": {"aws:PrincipalArn": "<user arn>"}})))),
    Row(SCPS, "an SCP binds the sessions of the account's roles", False, SCP, role=(ALL,), kind="role", scps=((ALL,), (ALL, deny("s3:*")))),
    Row(SCPS, "an SCP does not bind a service-linked role", True, role=(ALL,), kind="linked", scps=((ALL,), (ALL, deny("s3:*")))),
    Row(SCPS, "an SCP does not bind the management account", True, ask="s3:ListAllMyBuckets", user=(ALL,), scps=((ALL, deny("s3:*")), ()), account=MANAGER),
]


@pytest.fixture(scope="module")
def aws():
    with Cloud() as made:
        made.order("organization", {"members": [{"account": made.account, "name": "home"}, {"account": OTHER, "name": "other"}]})
        made.boss = made.user("boss", ADMIN, account=MANAGER)
        made.order("identity-center", {"account": MANAGER, "users": [{"name": "jane"}]})
        yield made


class Scene:
    """One row, played."""

    def __init__(self, cloud, row):
        self.cloud, self.row, self.name = cloud, row, "t" + uuid.uuid4().hex[:12]
        self.words = {"account": row.account, "user": self.name, "bucket": "b" + self.name, "BUCKET": "B" + self.name}
        moment = lambda seconds: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.words.update(later=moment(60), earlier=moment(-60), person=cloud.order("identity-center")["users"]["jane"])
        self.undo = []

    def filled(self, value):
        text = value if isinstance(value, str) else json.dumps(value)
        for word, said in self.words.items():
            text = text.replace("<%s>" % word, said)
        assert "<" not in text, text
        return text

    def document(self, statements):
        return json.loads(self.filled({"Version": "2012-10-17", "Statement": list(statements)}))

    def make_user(self):
        row = self.row
        made = self.cloud.user(self.name, account=row.account)
        start = "arn:aws:sts::%s:" % row.account
        self.words.update({"user arn": made["arn"], "user id": made["id"], "federated arn": start + "federated-user/f1",
                           "session arn": start + "assumed-role/%s/s1" % self.name, "role arn": "arn:aws:iam::%s:role/%s" % (row.account, self.name)})
        home = row.account == self.cloud.account
        self.iam = self.cloud.client("iam", None if home else self.cloud.user("a" + self.name, ADMIN, account=row.account))
        if row.group:
            self.iam.create_group(GroupName=self.name)
            self.iam.put_group_policy(GroupName=self.name, PolicyName="p", PolicyDocument=json.dumps(self.document(row.group)))
            self.iam.add_user_to_group(GroupName=self.name, UserName=self.name)
        return made

    def bound(self, kind):
        if self.row.boundary:
            arn = self.iam.create_policy(PolicyName=self.name, PolicyDocument=json.dumps(self.document(self.row.boundary)))["Policy"]["Arn"]
            put = self.iam.put_user_permissions_boundary if kind == "user" else self.iam.put_role_permissions_boundary
            put(**{"UserName" if kind == "user" else "RoleName": self.name, "PermissionsBoundary": arn})

    def make_bucket(self):
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket=self.words["bucket"])
        s3.put_object(Bucket=self.words["bucket"], Key="k", Body=b"1")
        if self.row.bucket:
            s3.put_bucket_policy(Bucket=self.words["bucket"], Policy=json.dumps(self.document(self.row.bucket)))

    def give_user(self, *more):
        if self.row.user or more:
            self.iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=json.dumps(self.document(self.row.user + more)))

    def make_role(self, user):
        row, path = self.row, "/aws-service-role/x.amazonaws.com/" if self.row.kind == "linked" else "/"
        self.words["role arn"] = "arn:aws:iam::%s:role%s%s" % (row.account, path, self.name)
        trust = {k: v for k, v in (row.trust or named(user["arn"], Action="sts:AssumeRole")).items() if k != "Resource"}
        linked = [self.document(row.role)] if row.kind == "linked" else []
        made = self.cloud.role(self.name, *linked, trust=self.document([trust]), account=row.account, path=path)
        self.words["role id"] = made["id"]
        self.bound("role")
        if row.role and not linked:
            self.iam.put_role_policy(RoleName=self.name, PolicyName="own", PolicyDocument=json.dumps(self.document(row.role)))

    def key(self, user):
        """The credentials that ask."""
        row, sts = self.row, self.cloud.client("sts", user)
        policy = {"Policy": json.dumps(self.document(row.session))} if row.session else {}
        if row.kind == "token":
            return key_of(sts.get_session_token()["Credentials"])
        if row.kind == "federated":
            return key_of(sts.get_federation_token(Name="f1", **policy)["Credentials"])
        if row.kind == "instance":
            return self.cloud.order("instance-session", {"instance": "i-0aaaaaaaaaaaaaaaa", "role": self.name, "account": row.account})
        if row.kind in ("role", "linked"):
            return key_of(sts.assume_role(RoleArn=self.words["role arn"], RoleSessionName="s1", **policy)["Credentials"])
        return False if row.kind == "nobody" else user

    def person(self):
        """Somebody of Identity Center with a permission set of the row's statements."""
        self.cloud.order("identity-center", {"sets": [{"name": self.name, "inline": self.document(self.row.role)}],
                                             "assignments": [{"principal": "jane", "set": self.name}]})
        return self.cloud.order("identity-center-session", {"user": "jane", "set": self.name})

    def control(self):
        """The row's service control policies, in place of AWS's own that allows everything; taken back when the row is over."""
        organizations, root = self.cloud.client("organizations", self.cloud.boss), self.cloud.order("organization")["root"]
        for number, (target, statements) in enumerate(zip((root, self.row.account), self.row.scps)):
            if statements:
                made = organizations.create_policy(Name="%s-%d" % (self.name, number), Description="", Type="SERVICE_CONTROL_POLICY",
                                                   Content=json.dumps(self.document(statements)))["Policy"]["PolicySummary"]["Id"]
                organizations.attach_policy(PolicyId=made, TargetId=target)
                organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=target)
                self.undo.append((target, made))

    def free(self):
        organizations = self.cloud.client("organizations", self.cloud.boss)
        for target, made in self.undo:
            organizations.attach_policy(PolicyId="p-FullAWSAccess", TargetId=target)
            organizations.detach_policy(PolicyId=made, TargetId=target)

    def play(self):
        """None if it may, else what was said."""
        row, user = self.row, self.make_user()
        self.make_bucket()
        if row.kind == "service":
            may = self.cloud.order("service", {"service": "cloudtrail.amazonaws.com", "action": row.ask, "bucket": self.words["bucket"], "key": "k"})
            return None if may["allowed"] else ""
        self.give_user(*([allow("sts:*")] if row.kind in ("token", "federated") else []))
        if row.kind == "person":
            key = self.person()
        elif row.role is None:
            self.bound("user")
            key = self.key(user)
        else:
            self.make_role(user)
            key = user if row.ask == "sts:AssumeRole" else self.key(user)
        if row.after:
            self.give_user(*row.after)
        self.control()
        try:
            ask(self.cloud, row.ask, key, self.words)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, error
            return str(error)
        finally:
            self.free()
        return None


def ask(cloud, action, key, words):
    service, _, name = action.partition(":")
    given = {"GetObject": {"Bucket": words["bucket"], "Key": "k"}, "GetUser": {"UserName": words["user"]},
             "AssumeRole": {"RoleArn": words.get("role arn"), "RoleSessionName": "s1"}}.get(name, {})
    method = {"GetObject": "get_object", "ListAllMyBuckets": "list_buckets", "GetUser": "get_user", "ListUsers": "list_users",
              "AssumeRole": "assume_role"}[name]
    getattr(cloud.client(service, key), method)(**given)


@pytest.mark.parametrize("row", ROWS, ids=[("%s: %s" % (row.page, row.title)).replace(" ", "-") for row in ROWS])
def test_row(aws, row):
    said = Scene(aws, row).play()
    assert (said is None) == row.allowed, said
    if row.why and row.kind not in ("nobody",):
        assert row.why in said
