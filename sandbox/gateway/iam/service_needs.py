"""The IAM actions of the services around ECS.

Source: Service Authorization Reference, the page of each service.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway.iam.codedeploy_needs import codedeploy_needs
from sandbox.gateway.iam.needs import Need, Parameters, Scope
from sandbox.gateway.iam.resources import resources_of

Needs = Callable[[str, Scope, Parameters], list[Need]]

IAM_PREFIX = {
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "stepfunctions": "states",
    "resourcegroupstaggingapi": "tag",
    "appconfigdata": "appconfig",
}
_SAME_ACTION = {
    ("sqs", "SendMessageBatch"): "sqs:SendMessage",
    ("sqs", "DeleteMessageBatch"): "sqs:DeleteMessage",
    ("sqs", "ChangeMessageVisibilityBatch"): "sqs:ChangeMessageVisibility",
    ("sns", "PublishBatch"): "sns:Publish",
    ("lambda", "Invoke"): "lambda:InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "lambda:InvokeFunction",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "ListObjects"): "s3:ListBucket",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
}
# AWS answers these whatever the policies say.
NEED_NOTHING = {("sts", "GetCallerIdentity")}


def action_of(service: str, operation: str) -> str:
    """The IAM action that an operation is authorised as."""
    return _SAME_ACTION.get((service, operation), f"{IAM_PREFIX.get(service, service)}:{operation}")


def service_needs(service: str, operation: str, scope: Scope, parameters: Parameters) -> list[Need]:
    """The needs of one call; a batch needs every resource it names."""
    if service == "codedeploy":
        return codedeploy_needs(operation, scope, parameters)
    special = _SPECIAL.get((service, operation))
    if special:
        return special(operation, scope, parameters)
    action = action_of(service, operation)
    resources = resources_of(service, operation, scope, parameters)
    return [Need(action, resource) for resource in resources or ["*"]]


def _put_events(operation: str, scope: Scope, parameters: Parameters) -> list[Need]:
    return [
        Need(
            f"events:{operation}",
            scope.arn_of("events", "event-bus/", entry.get("EventBusName") or "default"),
            {
                "events:source": str(entry.get("Source", "")),
                "events:detail-type": str(entry.get("DetailType", "")),
            },
        )
        for entry in parameters.get("Entries", [])
    ]


def _put_metric_data(operation: str, scope: Scope, parameters: Parameters) -> list[Need]:
    del scope
    namespace = str(parameters.get("Namespace", ""))
    return [Need(f"cloudwatch:{operation}", "*", {"cloudwatch:namespace": namespace})]


def _scheduled(operation: str, scope: Scope, parameters: Parameters) -> list[Need]:
    """The role that the schedule's target is called with is passed to EventBridge Scheduler."""
    found = [
        Need(f"scheduler:{operation}", resource)
        for resource in resources_of("scheduler", operation, scope, parameters)
    ]
    role = (parameters.get("Target") or {}).get("RoleArn")
    context = {"iam:passedtoservice": "scheduler.amazonaws.com"}
    return [*found, Need("iam:PassRole", role, context)] if role else found


def _on_behalf(operation: str, scope: Scope, parameters: Parameters) -> list[Need]:
    """Application Auto Scaling wants the caller to be allowed what it does with ECS and CloudWatch.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html lists the
    actions; which of them it asks for at which call is not documented.
    """
    service = "application-autoscaling"
    (target,) = resources_of(service, operation, scope, parameters)
    found = [Need(f"{service}:{operation}", target)]
    resource_id = parameters["ResourceId"]
    if operation == "RegisterScalableTarget":
        on_service = scope.arn("ecs", resource_id)
        found += [Need(f"ecs:{name}", on_service) for name in ("DescribeServices", "UpdateService")]
        if parameters.get("Tags"):
            found.append(Need(f"{service}:TagResource", target))
        return found
    alarms = scope.arn("cloudwatch", f"alarm:TargetTracking-{resource_id}-*")
    actions = ["DeleteAlarms"]
    if operation == "PutScalingPolicy":
        actions += ["PutMetricAlarm", "DescribeAlarms"]
    return found + [Need(f"cloudwatch:{name}", alarms) for name in actions]


_SPECIAL: dict[tuple[str, str], Needs] = {
    **{
        ("application-autoscaling", operation): _on_behalf
        for operation in (
            "DeleteScalingPolicy",
            "DeregisterScalableTarget",
            "PutScalingPolicy",
            "RegisterScalableTarget",
        )
    },
    ("cloudwatch", "PutMetricData"): _put_metric_data,
    ("events", "PutEvents"): _put_events,
    ("scheduler", "CreateSchedule"): _scheduled,
    ("scheduler", "UpdateSchedule"): _scheduled,
}
