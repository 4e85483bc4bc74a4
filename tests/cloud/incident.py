"""The training incident in the double: what its logs say was made and not deleted since stands there, with its ids."""
import glob
import gzip
import json
import os

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def made_events(logs, truth):
    """Member to the event that made it."""
    wanted, found = {one["made_event"]: one for one in truth["members"] if one["made_event"]}, {}
    for path in glob.glob(os.path.join(logs, "AWSLogs", "**", "CloudTrail", "**", "*.json.gz"), recursive=True):
        with gzip.open(path) as file:
            text = file.read()
        if any(event.encode() in text for event in wanted):
            for record in json.loads(text)["Records"]:
                if record["eventID"] in wanted:
                    found[wanted[record["eventID"]]["id"], record["eventName"]] = record
    return found


def estate(logs):
    """What the account is after the last event: for the double's order `incident`."""
    with open(os.path.join(logs, "truth.json"), encoding="utf-8") as file:
        truth = json.load(file)
    events, alive = made_events(logs, truth), {one["id"] for one in truth["members"] if not one["deleted_at"]}
    users = {truth["user"]: {"keys": [truth["key"]]}, truth["innocent"]["user"]: {"keys": [], "policies": []}}
    first = min(one["made_at"] for one in truth["members"] if one["made_at"])
    found = {"since": first[:11] + "00:00:00Z", "account": truth["account"], "key": truth["key"], "user": truth["user"], "users": users, "roles": [], "instances": [], "buckets": []}
    for (name, what), record in events.items():
        given = record["requestParameters"] or {}
        if what == "CreateUser" and name in alive:
            users.setdefault(name, {"keys": []})
        elif what == "CreateAccessKey" and name in alive:
            users.setdefault(given["userName"], {"keys": []})["keys"].append(name)
        elif what == "CreateLoginProfile":
            users.setdefault(given["userName"], {"keys": []})["password"] = True
        elif what == "AssumeRole":
            _, _, _, _, account, role = given["roleArn"].split(":")
            if {"account": account, "name": role.split("/")[-1]} not in found["roles"]:
                found["roles"].append({"account": account, "name": role.split("/")[-1]})
        elif what == "RunInstances" and name in alive:
            found["instances"].append({"id": name, "region": record["awsRegion"]})
        elif what == "CreateBucket" and name in alive:
            found["buckets"].append({"name": name, "region": record["awsRegion"]})
    return found


def stage(cloud, found):
    """Puts it into the double: the analyst's key in that account, and the thief's secrets by key id."""
    account = found["account"]
    analyst = cloud.user("responder", ADMIN, account=account)
    secrets = cloud.order("incident", {**found, "instances": [one["id"] for one in found["instances"]]})["secrets"]
    for one in found["instances"]:
        ec2 = cloud.client("ec2", analyst, region=one["region"])
        image = ec2.register_image(Name="miner-" + one["id"], RootDeviceName="/dev/sda1")["ImageId"]
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="p3.16xlarge", BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}])
    cloud.order("alarms", {"exposed_keys": [{"access_key_id": found["key"], "user": found["user"]}],
                           "health": [{"eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED", "description": "An access key was found in public.",
                                       "entities": [{"entityValue": found["key"], "statusCode": "IMPAIRED"}]}]})
    return analyst, {name: {"access_key_id": name, "secret_access_key": secret} for name, secret in secrets.items()}
