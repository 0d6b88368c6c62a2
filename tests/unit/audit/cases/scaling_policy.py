from audit.model.scaling import Alarm, ScalingPolicy
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_TRACKING = "TargetTrackingScalingPolicyConfiguration"
_OUT = f"{_TRACKING}.ScaleOutCooldown"
_CPU = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
_ALARM = {"AlarmName": "cpu", "MetricName": "CPUUtilization", "AlarmActions": ["steps"]}
_STEPS = {
    "PolicyName": "steps",
    "PolicyType": "StepScaling",
    "ResourceId": "service/prod/web",
    "StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity"},
}
_VARIABLE = "containerDefinitions[0].environment[0].name"
_WORKER = (
    (Service, "loadBalancers", []),
    (ScalingPolicy, "#1", REMOVED),
)

CASES = [
    Case(
        "SCL-04",
        ((ScalingPolicy, _OUT, 300),),
        at=_OUT,
        says="ScaleOutCooldown 300 s is not shorter than ScaleInCooldown 300 s",
        severity="MEDIUM",
    ),
    Case(
        "SCL-04",
        ((ScalingPolicy, _OUT, REMOVED),),
        at=_OUT,
        says="ScaleOutCooldown 300 s (the default)",
        severity="LOW",
    ),
    Case(
        "SCL-05",
        ((ScalingPolicy, _OUT, 29),),
        given=((ScalingPolicy, _OUT, 30),),
        at=_OUT,
        says="ScaleOutCooldown 29 s is shorter than the startPeriod of 30 s",
    ),
    Case(
        "SCL-05",
        ((ScalingPolicy, _OUT, 301),),
        at=_OUT,
        says="a burst waits that long",
        also=("SCL-04",),
    ),
    Case(
        "SCL-06",
        ((ScalingPolicy, f"#1.{_TRACKING}.PredefinedMetricSpecification", _CPU),),
        at="ResourceId",
        says="two policies track ECSServiceAverageCPUUtilization",
        also=("SCL-07",),
    ),
    Case(
        "SCL-06",
        ((Alarm, "#0", _ALARM),),
        given=((ScalingPolicy, "#2", _STEPS),),
        at="ResourceId",
        says="step scaling and target tracking both follow CPUUtilization",
    ),
    Case(
        "SCL-06",
        (
            (ScalingPolicy, f"#0.{_TRACKING}.DisableScaleIn", True),
            (ScalingPolicy, f"#1.{_TRACKING}.DisableScaleIn", True),
        ),
        at="ResourceId",
        says="every policy has DisableScaleIn",
    ),
    Case(
        "SCL-07",
        ((ScalingPolicy, f"{_TRACKING}.TargetValue", 90),),
        at=f"{_TRACKING}.TargetValue",
        says="a CPU target of 90 %",
    ),
    Case(
        "SCL-07",
        ((ScalingPolicy, f"{_TRACKING}.TargetValue", "30"),),
        at=f"{_TRACKING}.TargetValue",
        says="70 % are paid for and idle",
    ),
    Case(
        "SCL-08",
        ((ScalingPolicy, f"{_TRACKING}.PredefinedMetricSpecification", _CPU),),
        given=(
            *_WORKER,
            (TaskDefinition, _VARIABLE, "QUEUE_URL"),
            (ScalingPolicy, f"{_TRACKING}.PredefinedMetricSpecification", REMOVED),
        ),
        at="PolicyName",
        says="web reads a queue, but scales on CPU",
    ),
]
