from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Service
from tests.unit.audit.case import REMOVED, Case

_QUEUE = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible"}
_TASKS = {"Namespace": "ECS/ContainerInsights", "MetricName": "RunningTaskCount"}
QUEUE_PER_TASK = {
    "PolicyName": "queue",
    "PolicyType": "TargetTrackingScaling",
    "ResourceId": "service/prod/web",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 10,
        "ScaleOutCooldown": 60,
        "ScaleInCooldown": 300,
        "CustomizedMetricSpecification": {
            "Metrics": [
                {
                    "Id": "backlog",
                    "MetricStat": {"Metric": _QUEUE, "Stat": "Sum"},
                    "ReturnData": False,
                },
                {
                    "Id": "tasks",
                    "MetricStat": {"Metric": _TASKS, "Stat": "Average"},
                    "ReturnData": False,
                },
                {"Id": "each", "Expression": "backlog / tasks", "ReturnData": True},
            ]
        },
    },
}

CASES = [
    Case(
        "SCL-01",
        ((ScalableTarget, "ResourceId", "service/prod/other"),),
        at="desiredCount",
        says="no scalable target is registered",
        also=("SCL-11",),
    ),
    Case(
        "SCL-01",
        ((ScalingPolicy, "#1", REMOVED), (ScalingPolicy, "#0", REMOVED)),
        at="ResourceId",
        says="web has a scalable target, but no policy moves it",
    ),
    Case(
        "SCL-02",
        ((ScalableTarget, "MaxCapacity", 3),),
        given=((Service, "desiredCount", 3),),
        at="MaxCapacity",
        says="MinCapacity and MaxCapacity are both 3",
    ),
    Case(
        "SCL-02",
        ((ScalableTarget, "MinCapacity", 1),),
        at="MinCapacity",
        says="MinCapacity is 1 in production",
    ),
    Case(
        "SCL-03",
        ((Service, "desiredCount", 21),),
        at="desiredCount",
        says="desiredCount 21 is not within 3 and 20",
    ),
    Case(
        "SCL-09",
        ((ScalableTarget, "MinCapacity", 0),),
        at="MinCapacity",
        says="ECSServiceAverageCPUUtilization has no data while no task runs",
    ),
    Case(
        "SCL-09",
        ((ScalingPolicy, "#0", QUEUE_PER_TASK), (ScalableTarget, "MinCapacity", 0)),
        given=((ScalingPolicy, "#1", REMOVED),),
        at="MinCapacity",
        says="the expression backlog / tasks has no data while no task runs",
    ),
    Case(
        "SCL-10",
        ((ScalableTarget, "SuspendedState.DynamicScalingOutSuspended", True),),
        at="SuspendedState.DynamicScalingOutSuspended",
        says="DynamicScalingOutSuspended: the service does not scale",
    ),
    Case(
        "SCL-11",
        ((ScalableTarget, "ResourceId", "service/prod/gone"),),
        at="ResourceId",
        says="service/prod/gone does not exist",
        also=("SCL-01",),
    ),
]
