"""Auto Scaling's standby as AWS has it: sizes are kept, the instance stays in the group and leaves its load balancers."""
from moto.autoscaling.models import autoscaling_backends

from .identity import account_of
from .world import CloudError, iso, now, operation


def kept(call):
    return autoscaling_backends[account_of(call)][call.region]


def chosen(call, states):
    """The group and its members that the call names, all in one of these states."""
    group = kept(call).autoscaling_groups.get(call.params["AutoScalingGroupName"])
    if not group:
        raise CloudError("ValidationError", "AutoScalingGroup name not found - null", 400)
    wanted = call.params.get("InstanceIds") or []
    members = [one for one in group.instance_states if one.instance.id in wanted]
    if len(members) != len(wanted):
        raise CloudError("ValidationError", "The instances %s are not part of Auto Scaling group %s." % (", ".join(wanted), group.name), 400)
    for one in members:
        if one.lifecycle_state not in states:
            raise CloudError("ValidationError", "The instance %s is not in %s." % (one.instance.id, " or ".join(states)), 400)
    return group, members


def activity(group, one, words):
    return {"ActivityId": one.instance.id, "AutoScalingGroupName": group.name, "Description": "%s: %s" % (words, one.instance.id), "Cause": words,
            "StartTime": now(), "StatusCode": "InProgress", "Progress": 50, "Details": iso(now())}


def balanced(call, group, names, there):
    backend = kept(call).elbv2_backend
    for arn in group.target_group_arns or []:
        target_group = backend.target_groups.get(arn)
        if target_group and there:
            target_group.register([{"Id": name, "Port": target_group.port} for name in names])
        elif target_group:
            target_group.deregister([{"Id": name} for name in names if name in target_group.targets])


@operation("autoscaling", "EnterStandby")
def enter_standby(call):
    group, members = chosen(call, ("InService",))
    less = str(call.params.get("ShouldDecrementDesiredCapacity")).lower() == "true"
    if less and group.desired_capacity - len(members) < group.min_size:
        raise CloudError("ValidationError", "AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To place into standby %d instance, "
                         "please update the AutoScalingGroup sizes appropriately." % (group.name, group.min_size, group.max_size, group.desired_capacity,
                                                                                      len(members)), 400)
    for one in members:
        one.lifecycle_state = "Standby"
    balanced(call, group, [one.instance.id for one in members], False)
    if less:
        group.desired_capacity -= len(members)
    else:
        group.set_desired_capacity(group.desired_capacity)
    return {"Activities": [activity(group, one, "Moving EC2 instance to Standby") for one in members]}


@operation("autoscaling", "ExitStandby")
def exit_standby(call):
    group, members = chosen(call, ("Standby",))
    if group.desired_capacity + len(members) > group.max_size:
        raise CloudError("ValidationError", "New desired capacity is above the maximum size of %s." % group.name, 400)
    for one in members:
        one.lifecycle_state = "InService"
    group.desired_capacity += len(members)
    balanced(call, group, [one.instance.id for one in members], True)
    return {"Activities": [activity(group, one, "Moving EC2 instance out of Standby") for one in members]}
