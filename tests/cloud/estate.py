"""What an account runs, made for a test: instances with volumes and interfaces, groups that scale, as boto3 asks for them."""
import json


class Network:
    """A VPC with one subnet and one group."""

    def __init__(self, cloud, name, cidr="10.9.0.0/16", region=None):
        ec2 = cloud.client("ec2", region=region)
        self.vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        zone = (region or cloud.region) + "a"
        self.subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr.replace(".0.0/16", ".1.0/24"), AvailabilityZone=zone)["Subnet"]["SubnetId"]
        self.group = ec2.create_security_group(GroupName="app-" + name, Description="of the application", VpcId=self.vpc)["GroupId"]


def image(cloud, name, region=None):
    return cloud.client("ec2", region=region).register_image(Name="base-" + name, RootDeviceName="/dev/sda1")["ImageId"]


def disk(device, size=8, ends=True, key=None, encrypted=False):
    more = {"Encrypted": True, **({"KmsKeyId": key} if key else {})} if key or encrypted else {}
    return {"DeviceName": device, "Ebs": {"VolumeSize": size, "DeleteOnTermination": ends, "VolumeType": "gp2", **more}}


def machine(cloud, name, network, disks=None, region=None, **more):
    """A running instance; returns its id."""
    ec2 = cloud.client("ec2", region=region)
    asked = {"ImageId": image(cloud, name, region), "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", "SubnetId": network.subnet,
             "SecurityGroupIds": [network.group], "BlockDeviceMappings": disks or [disk("/dev/sda1"), disk("/dev/sdf", 20)],
             "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}], **more}
    return ec2.run_instances(**asked)["Instances"][0]["InstanceId"]


def interface(cloud, instance, network, index=1, region=None):
    """One more interface of the instance, in another network if asked."""
    ec2 = cloud.client("ec2", region=region)
    made = ec2.create_network_interface(SubnetId=network.subnet, Groups=[network.group])["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=made, InstanceId=instance, DeviceIndex=index)
    return made


def profile(cloud, name, *policies):
    """An instance profile with a role; returns the profile's ARN."""
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    cloud.role(name, *policies, trust=trust)
    iam = cloud.client("iam")
    made = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return made


def scaled(cloud, name, network, count=2, smallest=2):
    """An Auto Scaling group behind a target group; returns (instance ids, target group's ARN)."""
    scaling, balancing = cloud.client("autoscaling"), cloud.client("elbv2")
    target = balancing.create_target_group(Name=name[:32], Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="instance")
    arn = target["TargetGroups"][0]["TargetGroupArn"]
    scaling.create_launch_configuration(LaunchConfigurationName=name, ImageId=image(cloud, "asg-" + name), InstanceType="t3.micro",
                                        SecurityGroups=[network.group])
    scaling.create_auto_scaling_group(AutoScalingGroupName=name, LaunchConfigurationName=name, MinSize=smallest, MaxSize=count + 1,
                                      DesiredCapacity=count, VPCZoneIdentifier=network.subnet, TargetGroupARNs=[arn])
    group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    return [one["InstanceId"] for one in group["Instances"]], arn


def described(cloud, instance, region=None):
    return cloud.client("ec2", region=region).describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def volumes(cloud, instance, region=None):
    """Volume by device."""
    return {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in described(cloud, instance, region)["BlockDeviceMappings"]}


def groups(cloud, instance, region=None):
    """Groups by interface."""
    found = cloud.client("ec2", region=region).describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
    return {one["NetworkInterfaceId"]: [group["GroupId"] for group in one["Groups"]] for one in found["NetworkInterfaces"]}


def key_for(cloud, *accounts, region=None):
    """A customer's KMS key that these accounts may use too; returns its ARN."""
    allowed = ["kms:DescribeKey", "kms:CreateGrant", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"]
    statements = [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % cloud.account}, "Action": "kms:*", "Resource": "*"}]
    statements += [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % one}, "Action": allowed, "Resource": "*"} for one in accounts]
    made = cloud.client("kms", region=region).create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return made["KeyMetadata"]["Arn"]
