"""Services of an account that use each other, introduced to each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.autoscaling import AutoScaling
from sandbox.autoscaling.service import EcsCapacity
from sandbox.cloud_map import CloudMap
from sandbox.cloudwatch import Alarms, CloudWatch, LogStore, MetricReader
from sandbox.cloudwatch.alarm_watch import AlarmWatch
from sandbox.codedeploy import CodeDeploy
from sandbox.ec2 import AutoScalingGroups, Fleet
from sandbox.events.topics import notify
from sandbox.gateway.iam.authorizer import Authorizer
from sandbox.gateway.moto_account import partition_key_of
from sandbox.lambda_host.hook_invoker import HookInvoker
from sandbox.stack.known_resources import KnownResources
from sandbox.tagged_resources import TaggedResources

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.account import Account
    from sandbox.caller import Caller
    from sandbox.lambda_host.dispatch import Dispatch


def introduce(
    account: Account,
    operator: Caller,
    dispatch: Dispatch,
    emit: Callable[[dict[str, Any]], None],
    rng: random.Random,
) -> CodeDeploy:
    """Let alarms, deployments, images, logs, hooks and IAM find what they need."""
    simulators, ecs, targets = account.gateway.simulators, account.ecs, account.targets
    alarms = Alarms(account.clock, (operator.account, operator.region), emit)
    simulators["cloudwatch"] = CloudWatch(MetricReader(account.metrics, account.datapoints), alarms)
    caller = replace(operator, principal="codedeploy.amazonaws.com")
    code_deploy = CodeDeploy(account.clock, emit, rng, ecs=ecs, targets=targets, caller=caller)
    code_deploy.connect(alarms.states)
    simulators["codedeploy"] = code_deploy
    cloud_map = CloudMap(account.clock, rng)
    simulators["servicediscovery"] = cloud_map
    account.fleet = Fleet(account.clock, emit, rng, ecs, operator)
    account.groups = AutoScalingGroups(account.fleet, emit, _sender(account), rng, operator)
    simulators["autoscaling"] = account.groups
    ecs.connect(
        cloud_map=cloud_map,
        registry=account.images,
        logs=LogStore(operator.account),
        alarms=alarms.states,
        invoke=HookInvoker(dispatch, account.roles),
    )
    scaling = _auto_scaling(account, operator, rng)
    simulators["resourcegroupstaggingapi"] = TaggedResources(ecs)
    known = KnownResources(ecs, targets, code_deploy, account.queues, scaling, operator)
    known.groups, known.cloud_map = account.groups, cloud_map
    account.gateway.iam = Authorizer(known.tags_of, known.roles_of, partition_key_of)
    return code_deploy


def _auto_scaling(account: Account, operator: Caller, rng: random.Random) -> AutoScaling:
    """Application Auto Scaling, which acts on ECS with its service-linked role."""
    role = replace(operator, principal="application-autoscaling.amazonaws.com")
    capacity = EcsCapacity(lambda operation, params: account.ecs.call(operation, params, role))
    watch = AlarmWatch(account.clock, rng)
    scaling = AutoScaling(account.clock, watch, account.datapoints, capacity)
    account.gateway.simulators["application-autoscaling"] = scaling
    return scaling


def _sender(account: Account) -> Callable[[str, str], None]:
    """Auto Scaling sends to a queue or a topic with the role of its hook."""

    def send(arn: str, body: str) -> None:
        if arn.split(":")[2] == "sns":
            sns = account.client("sns")
            told = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
            return notify(account.queues, arn, told, body)
        sqs = account.client("sqs")
        name = arn.rsplit(":", 1)[1]
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=body)
        return None

    return send
