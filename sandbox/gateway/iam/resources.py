"""The resources that a call of the services around ECS is about, as ARNs.

Source: Service Authorization Reference, the page of each service.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.autoscaling.model import target_id
from sandbox.gateway.iam.needs import Parameters, Scope, operations


def resources_of(service: str, operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    """The ARNs that a call is about; empty where AWS knows none or the sandbox does not.

    Both are asked for on ``*``: a policy that names a resource does not allow such a call here.
    """
    if (service, operation) == ("cloudwatch", "DescribeAlarms"):
        # Composite alarms are for permissions that are scoped to "*" alone. AWS leaves them out of the
        # answer then; here whoever asks for them is refused, so that nobody misses it.
        if "CompositeAlarm" in (parameters.get("AlarmTypes") or ()):
            return []
        return [scope.arn("cloudwatch", "alarm:*")]  # refusals name it whatever was asked for
    unsupported = _NO_RESOURCE.get(service, frozenset())
    if operation in unsupported:
        return []
    for member, prefix, arn_service in _BY_MEMBER.get(service, ()):
        value = parameters.get(member)
        if value:
            names = value if isinstance(value, list) else [value]
            return [scope.arn_of(arn_service, prefix, str(name)) for name in names]
    find = _BY_FUNCTION.get(service)
    return find(operation, scope, parameters) if find else []


# service -> (member, ARN prefix, ARN service), the first member that is there decides.
_BY_MEMBER: dict[str, tuple[tuple[str, str, str], ...]] = {
    "elbv2": tuple(
        (member, "", "elasticloadbalancing")
        for member in (
            "TargetGroupArn",
            "RuleArn",
            "ListenerArn",
            "LoadBalancerArn",
            "ResourceArns",
        )
    ),
    "dynamodb": (("ResourceArn", "", "dynamodb"),),
    "sns": (
        ("TopicArn", "", "sns"),
        ("TargetArn", "", "sns"),
        ("ResourceArn", "", "sns"),
        ("Name", "", "sns"),
    ),
    "cloudwatch": (
        ("AlarmNames", "alarm:", "cloudwatch"),
        ("AlarmName", "alarm:", "cloudwatch"),
        ("ResourceARN", "", "cloudwatch"),
    ),
    "autoscaling": (
        (
            "AutoScalingGroupName",
            "autoScalingGroup:*:autoScalingGroupName/",
            "autoscaling",
        ),
    ),
    "ecr": (("repositoryName", "repository/", "ecr"),),
    "lambda": (("FunctionName", "function:", "lambda"),),
    "stepfunctions": (
        ("stateMachineArn", "stateMachine:", "states"),
        ("executionArn", "execution:", "states"),
    ),
    "servicediscovery": (("ServiceId", "service/", "servicediscovery"),),
}
_NO_RESOURCE: dict[str, frozenset[str]] = {
    "elbv2": operations(
        "DescribeTargetHealth DescribeTargetGroups DescribeTargetGroupAttributes "
        "DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeListeners DescribeRules "
        "DescribeTags DescribeListenerAttributes DescribeListenerCertificates "
        "DescribeCapacityReservation"
    ),
    "sns": frozenset({"ListTopics", "ListSubscriptions", "CreatePlatformApplication"}),
    "autoscaling": operations(
        "DescribeLifecycleHooks DescribePolicies DescribeScalingActivities DescribeScheduledActions "
        "DescribeInstanceRefreshes DescribeLoadBalancerTargetGroups DescribeTrafficSources "
        "DescribeWarmPool GetPredictiveScalingForecast DescribeLoadBalancers"
    ),
    "cloudwatch": frozenset({"ListManagedInsightRules"}),
    "dynamodb": frozenset({"ListBackups", "ListContributorInsights"}),
    "lambda": frozenset({"ListEventSourceMappings"}),
}


def table_arn(scope: Scope, name: str, index: str = "") -> str:
    """The ARN of a table, or of an index of it."""
    return scope.arn_of("dynamodb", "table/", name) + (f"/index/{index}" if index else "")


def _dynamodb(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    del operation
    if parameters.get("RequestItems"):
        return [table_arn(scope, name) for name in parameters["RequestItems"]]
    name = parameters.get("TableName")
    return [table_arn(scope, name, parameters.get("IndexName") or "")] if name else []


def _sqs(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    del operation
    if parameters.get("QueueUrl"):
        account, name = str(parameters["QueueUrl"]).rstrip("/").rsplit("/", 2)[-2:]
        return [Scope(account, scope.region).arn("sqs", name)]
    if parameters.get("QueueName"):
        return [scope.arn("sqs", str(parameters["QueueName"]))]
    return [str(parameters["SourceArn"])] if parameters.get("SourceArn") else []


_ON_RULES = operations(
    "DeleteRule DescribeRule DisableRule EnableRule ListTargetsByRule PutRule PutTargets "
    "RemoveTargets"
)
_ON_BUSES = frozenset({"CreateEventBus", "DeleteEventBus", "DescribeEventBus", "UpdateEventBus"})


def _events(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    if operation in _ON_RULES:
        bus = str(parameters.get("EventBusName") or "default").rsplit("/", 1)[-1]
        rule = str(parameters.get("Rule") or parameters.get("Name"))
        return [scope.arn("events", f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}")]
    if operation in _ON_BUSES:
        return [scope.arn_of("events", "event-bus/", str(parameters.get("Name") or "default"))]
    return [str(parameters["ResourceARN"])] if parameters.get("ResourceARN") else []


_ON_LOG_STREAMS = frozenset({"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"})
_ON_LOG_GROUPS = operations(
    "CreateLogGroup DeleteLogGroup DeleteMetricFilter DeleteRetentionPolicy DeleteSubscriptionFilter "
    "DescribeLogStreams DescribeMetricFilters DescribeSubscriptionFilters FilterLogEvents "
    "GetLogGroupFields PutMetricFilter PutRetentionPolicy PutSubscriptionFilter StartQuery"
)


def _logs(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    if operation not in _ON_LOG_GROUPS | _ON_LOG_STREAMS:
        return []
    names = parameters.get("logGroupNames") or parameters.get("logGroupIdentifiers") or []
    single = parameters.get("logGroupName") or parameters.get("logGroupIdentifier")
    stream = str(parameters.get("logStreamName", "")) if operation in _ON_LOG_STREAMS else ""
    groups = [scope.arn_of("logs", "log-group:", str(name)) for name in names or [single] if name]
    # Refusals name a group as "log-group:NAME:log-stream:", so "log-group:NAME" alone is not enough.
    return [f"{group.removesuffix(':*')}:log-stream:{stream}" for group in groups]


def _cloudwatch(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    if operation == "DescribeAlarmHistory":
        return [scope.arn("cloudwatch", "alarm:*")]
    if operation == "DeleteDashboards":
        names = parameters.get("DashboardNames") or []
    else:
        names = [parameters["DashboardName"]] if parameters.get("DashboardName") else []
    return [f"arn:aws:cloudwatch::{scope.account}:dashboard/{name}" for name in names]


def _ssm(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    if "Parameter" not in operation or operation == "DescribeParameters":
        return []
    names = parameters.get("Names") or [parameters.get("Name") or parameters.get("Path")]
    return [
        scope.arn_of("ssm", "parameter/", str(name).removeprefix("/")) for name in names if name
    ]


def _scheduler(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    name = parameters.get("Name")
    if not name:
        return [str(parameters["ResourceArn"])] if parameters.get("ResourceArn") else []
    if operation.endswith("ScheduleGroup"):
        return [scope.arn("scheduler", f"schedule-group/{name}")]
    group = parameters.get("GroupName") or "default"
    return [scope.arn("scheduler", f"schedule/{group}/{name}")]


def _servicediscovery(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    kind = {
        "DeleteNamespace": "namespace",
        "GetNamespace": "namespace",
        "DeleteService": "service",
        "GetService": "service",
        "UpdateService": "service",
    }.get(operation)
    identifier = str(parameters.get("Id", ""))
    return [scope.arn_of("servicediscovery", f"{kind}/", identifier)] if kind else []


def _scalable_target(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    if operation.startswith(("Describe", "Get")):
        return []
    if parameters.get("ResourceARN"):
        return [str(parameters["ResourceARN"])]
    name = target_id(str(parameters.get("ResourceId")))
    return [scope.arn("application-autoscaling", f"scalable-target/{name}")]


def _secretsmanager(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    del operation
    name = str(parameters.get("SecretId") or parameters.get("Name") or "")
    if not name or name.startswith("arn:"):
        return [name] if name else []
    # A secret's ARN ends in six random characters.
    return [scope.arn("secretsmanager", f"secret:{name}-??????")]


def _s3(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    del operation, scope
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if not bucket:
        return []
    return [f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"]


def _kinesis(operation: str, scope: Scope, parameters: Parameters) -> list[str]:
    del operation
    if parameters.get("StreamARN"):
        return [str(parameters["StreamARN"])]
    name = parameters.get("StreamName")
    return [scope.arn("kinesis", f"stream/{name}")] if name else []


_BY_FUNCTION: dict[str, Callable[[str, Scope, Parameters], list[str]]] = {
    "application-autoscaling": _scalable_target,
    "cloudwatch": _cloudwatch,
    "dynamodb": _dynamodb,
    "events": _events,
    "kinesis": _kinesis,
    "logs": _logs,
    "s3": _s3,
    "scheduler": _scheduler,
    "secretsmanager": _secretsmanager,
    "servicediscovery": _servicediscovery,
    "sqs": _sqs,
    "ssm": _ssm,
}
