"""What a containment touched carries case, action, actor and time where AWS has tags; behind all else, and given back with the rest."""
import os
import re

import pytest

import estate
from acting import ADMIN, Responder, changes, details, works
from test_race import FRIEND, give, snapshot
from test_things import function

OURS = {"ir:case", "ir:action", "ir:actor", "ir:time"}
OWN = {"owner": "ops", "ir:note": "of somebody else"}
PAIRS = [{"Key": key, "Value": value} for key, value in OWN.items()]


def pairs(found, key="Key", value="Value"):
    return {one[key]: one[value] for one in found}


def of_ec2(cloud, name):
    return lambda: pairs(cloud.client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [name]}])["Tags"])


def user(cloud, name, target="user/%s", restore="%s"):
    made, iam = cloud.user(name, ADMIN), cloud.client("iam")
    iam.tag_user(UserName=name, Tags=PAIRS)
    given = {"name": name, "key": made["access_key_id"]}
    return target.replace("%s", "%(name)s") % given, restore.replace("%s", "%(name)s") % given, lambda: pairs(iam.list_user_tags(UserName=name)["Tags"])


def key(cloud, name):
    return user(cloud, name, "%(key)s", "%(key)s")


def key_alone(cloud, name):
    return user(cloud, name, "%(key)s --level key", "%(key)s")


def role(cloud, name, target="role/%s --level full"):
    iam = cloud.client("iam")
    cloud.role(name, ADMIN)
    iam.tag_role(RoleName=name, Tags=PAIRS)
    return target % name, name, lambda: pairs(iam.list_role_tags(RoleName=name)["Tags"])


def session(cloud, name):
    _, _, tags = role(cloud, name)
    arn = "arn:aws:iam::%s:role/%s" % (cloud.account, name)
    cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="bad")
    return "arn:aws:sts::%s:assumed-role/%s/bad" % (cloud.account, name), "bad", tags


def lambda_function(cloud, name):
    function(cloud, name)
    client = cloud.client("lambda")
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    client.tag_resource(Resource=arn, Tags=OWN)
    return "function/" + name, name, lambda: client.list_tags(Resource=arn)["Tags"]


def kms_key(cloud, name):
    kms = cloud.client("kms")
    made = kms.create_key(Tags=[{"TagKey": k, "TagValue": v} for k, v in OWN.items()])["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
    return made["Arn"], made["KeyId"], lambda: pairs(kms.list_resource_tags(KeyId=made["KeyId"])["Tags"], "TagKey", "TagValue")


def trail(cloud, name):
    cloud.client("s3").create_bucket(Bucket=name)
    client = cloud.client("cloudtrail")
    arn = client.create_trail(Name="t" + name, S3BucketName=name, TagsList=PAIRS)["TrailARN"]
    return "trail/t" + name, "t" + name, lambda: pairs(client.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"])


def group(cloud, name):
    ec2, made = cloud.client("ec2"), estate.Network(cloud, name).group
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    ec2.create_tags(Resources=[made], Tags=PAIRS)
    return made, made, of_ec2(cloud, made)


def share(cloud, name):
    made = snapshot(cloud.client("ec2"))
    give(cloud.client("ec2"), made, FRIEND)
    cloud.client("ec2").create_tags(Resources=[made], Tags=PAIRS)
    return made, made, of_ec2(cloud, made)


KINDS = {"user": user, "key with its user": key, "key alone": key_alone, "role": role, "session": session, "function": lambda_function, "kms key": kms_key,
         "trail": trail, "security group": group, "snapshot": share}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_touched_is_tagged_last_and_loses_the_tags_again(cloud, kernel, name, kind):
    target, restore, tags = KINDS[kind](cloud, name)
    before = tags()
    cloud.forget()
    text, yes = kernel.plan("%contain " + target)
    assert text.count("case, action, who and when") == 1 and tags() == before, "the plan lists the call, and makes none"
    text = kernel.ok(yes)
    assert "configured" in text and "not tagged" not in text, text
    made = changes(cloud)
    assert re.match("Tag|CreateTags|AddTags", made[-1]) and len([one for one in made if "Tag" in one]) == 1 and len(made) > 1, made
    after = tags()
    assert {k: v for k, v in after.items() if k not in OURS} == before and OURS <= set(after)
    assert after["ir:case"] == os.path.basename(str(kernel.home)) and after["ir:action"] == "contain"
    assert after["ir:actor"] == cloud.client("sts").get_caller_identity()["Arn"] and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", after["ir:time"])
    cloud.forget()
    assert "No change" in kernel.ok("%contain " + target) and changes(cloud) == [] and tags() == after, "not with a new time either"
    assert re.search("aws (iam untag|lambda untag|kms untag|ec2 delete-tags|cloudtrail remove-tags)", kernel.ok("%undo --print"))
    text = kernel.act("%undo --restore-access " + restore)
    assert tags() == before, text


def test_an_instance_is_tagged_with_its_volumes_and_interfaces(cloud, kernel, name):
    instance, ec2 = estate.machine(cloud, name, estate.Network(cloud, name)), cloud.client("ec2")
    found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    parts = [instance] + [one["Ebs"]["VolumeId"] for one in found["BlockDeviceMappings"]] + [one["NetworkInterfaceId"] for one in found["NetworkInterfaces"]]
    tags = lambda: [of_ec2(cloud, one)() for one in parts]
    before = tags()
    assert len(parts) > 2
    kernel.act("%contain " + instance)
    assert all(OURS <= set(one) for one in tags())
    made = ec2.describe_snapshots(Filters=[{"Name": "tag:ir:instance", "Values": [instance]}])["Snapshots"]
    assert made and all(OURS <= set(pairs(one["Tags"])) for one in made), "what is made carries them from the beginning"
    assert "No change" in kernel.ok("%contain " + instance)
    kernel.act("%undo --restore-access " + instance)
    assert tags() == before


def test_tags_of_these_names_that_others_wrote_come_back(cloud, kernel, name):
    cloud.user(name, ADMIN)
    iam = cloud.client("iam")
    iam.tag_user(UserName=name, Tags=[{"Key": "ir:case", "Value": "older"}, {"Key": "ir:actor", "Value": "somebody"}])
    before = details(cloud)
    text, yes = kernel.plan("%contain " + name)
    assert "in place of other tags of these names" in text
    kernel.ok(yes)
    after = pairs(iam.list_user_tags(UserName=name)["Tags"])
    assert OURS == set(after) and after["ir:case"] != "older" and after["ir:actor"].startswith("arn:aws:iam::")
    assert "No change" in kernel.ok("%contain " + name)
    kernel.act("%undo --restore-access " + name)
    assert details(cloud) == before


def test_tags_stay_as_long_as_what_they_tell_of(cloud, kernel, name):
    _, _, tags = user(cloud, name)
    kernel.act("%contain " + name)
    text = kernel.ok("%undo")
    assert "stays with what it tells of" in text and OURS <= set(tags())


def test_no_room_for_tags_is_said_and_done_later(cloud, kernel, name):
    made, iam = cloud.user(name, ADMIN), cloud.client("iam")
    iam.tag_user(UserName=name, Tags=[{"Key": "k%d" % number, "Value": "v"} for number in range(47)])
    text = kernel.act("%contain " + name)
    assert "not tagged: tag user " + name in text and "LimitExceeded" in text and "Partly failed" not in text and "configured" in text, text
    assert not works(cloud, made) and kernel.ledger("action")[-1]["content"]["failed"] == 0
    iam.untag_user(UserName=name, TagKeys=["k0"])
    text, yes = kernel.plan("%contain " + name)
    assert "1 calls, 3 already in place" in text
    kernel.ok(yes)
    assert OURS <= set(pairs(iam.list_user_tags(UserName=name)["Tags"]))
    assert "No change" in kernel.ok("%contain " + name)


def test_a_security_group_without_room_is_contained_all_the_same(cloud, kernel, name):
    made, _, tags = group(cloud, name)
    cloud.client("ec2").create_tags(Resources=[made], Tags=[{"Key": "k%d" % number, "Value": "v"} for number in range(47)])
    text = kernel.act("%contain " + made)
    assert "not tagged" in text and "TagLimitExceeded" in text and "configured" in text and not OURS & set(tags())


def test_whoever_may_not_tag_contains(cloud, tmp_path, name):
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
                                                         {"Effect": "Deny", "Action": ["iam:TagUser", "kms:ListResourceTags"], "Resource": "*"}]}
    victim, limited = cloud.user(name, ADMIN), cloud.user("limited-" + name, everything)
    target, _, tags = kms_key(cloud, name)
    before, tagged = details(cloud), tags()
    with Responder(tmp_path, cloud.environment(limited)) as own:
        text = own.act("%contain " + name)
        assert "not tagged: tag user " + name in text and "AccessDenied" in text and "Partly failed" not in text and "configured" in text
        assert not works(cloud, victim)
        own.act("%undo --restore-access " + name)
        text = own.act("%contain " + target)
        assert "is not tagged: which tags it has could not be read (AccessDenied" in text and tags() == tagged, "what cannot be put back is not written"
    assert details(cloud) == before


def test_throttled_tags_are_asked_for_again(cloud, kernel, name):
    _, _, tags = user(cloud, name)
    _, yes = kernel.plan("%contain " + name)
    cloud.faults({"service": "iam", "operation": "TagUser", "kind": "throttle", "times": 3})
    text = kernel.ok(yes)
    assert "not tagged" not in text and OURS <= set(tags()), text


def test_what_has_no_tags_is_said(cloud, kernel, name):
    cloud.client("iam").create_group(GroupName=name)
    cloud.client("s3").create_bucket(Bucket=name)
    assert "a group has no tags in IAM" in kernel.plan("%contain group/" + name)[0]
    assert "S3 replaces all tags of a bucket at once" in kernel.plan("%contain bucket/" + name)[0]


def test_tags_that_are_changed_meanwhile_void_no_plan(cloud, kernel, name):
    """Whoever is contained may write what it likes: nothing hangs on it."""
    made, iam = cloud.user(name, ADMIN), cloud.client("iam")
    _, yes = kernel.plan("%contain " + name)
    cloud.client("iam", made).tag_user(UserName=name, Tags=[{"Key": "ir:case", "Value": "x"}, {"Key": "ir:time", "Value": "y"}])
    assert "configured" in kernel.ok(yes) and not works(cloud, made)
    assert OURS == set(pairs(iam.list_user_tags(UserName=name)["Tags"]))
    kernel.act("%undo --restore-access " + name)
    assert pairs(iam.list_user_tags(UserName=name)["Tags"]) == {"ir:case": "x", "ir:time": "y"}


def test_who_takes_the_tags_away_breaks_no_containment(cloud, tmp_path, name):
    from test_watch import watched
    cloud.user(name, ADMIN)
    cloud.order("trail", {"rate": 0, "lag": 0})
    with Responder(tmp_path, cloud.environment()) as own:
        own.act("%contain " + name)
        cloud.client("iam").untag_user(UserName=name, TagKeys=sorted(OURS))
        text, entry = watched(own, "%watch --for 30m --region us-east-1")
    cloud.order("trail", {"rate": 2, "lag": 0})
    assert "contained, as it was left" in text and "does not hold" not in text and entry["through"] == [], text
