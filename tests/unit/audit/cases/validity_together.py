"""What belongs together in deployments, scaling policies, scalable targets and target groups."""

from audit.model.load_balancing import TargetGroup
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"
_NEW = (Service, "status", REMOVED)
_CODE_DEPLOY = (Service, "deploymentController.type", "CODE_DEPLOY")
_BREAKER = "deploymentConfiguration.deploymentCircuitBreaker"
_ALARMS = "deploymentConfiguration.alarms"
_TRACKING = "TargetTrackingScalingPolicyConfiguration"
_METRIC = f"{_TRACKING}.PredefinedMetricSpecification"
_STEPPING = "StepScalingPolicyConfiguration"
_OWN = {"MetricName": "Jobs", "Namespace": "Shop", "Statistic": "Average"}
_STEPS = [
    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 2},
]
_STEP_POLICY = (
    (ScalingPolicy, "PolicyType", "StepScaling"),
    (ScalingPolicy, _TRACKING, REMOVED),
    (
        ScalingPolicy,
        _STEPPING,
        {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": _STEPS},
    ),
)
_CREATED = (
    (TargetGroup, "Name", "web"),
    (TargetGroup, "TargetGroupName", REMOVED),
)

CASES = [
    Case(
        "VAL-48",
        ((Service, "desiredCount", REMOVED),),
        given=(_NEW,),
        at="desiredCount",
        says="desiredCount is not given: it is required if schedulingStrategy is REPLICA",
    ),
    Case(
        "VAL-48",
        ((Service, f"{_BREAKER}.enable", True),),
        given=(
            _NEW,
            _CODE_DEPLOY,
            (Service, _BREAKER, REMOVED),
            (Service, f"{_ALARMS}.enable", False),
        ),
        at=f"{_BREAKER}.enable",
        says="deploymentController CODE_DEPLOY with a circuit breaker",
        also=("VAL-27",),
    ),
    Case(
        "VAL-48",
        ((Service, f"{_ALARMS}.enable", True),),
        given=(
            _NEW,
            _CODE_DEPLOY,
            (Service, f"{_BREAKER}.enable", False),
            (Service, f"{_ALARMS}.enable", False),
        ),
        at=f"{_ALARMS}.enable",
        says="deploymentController CODE_DEPLOY with alarms",
    ),
    Case(
        "VAL-48",
        ((Service, f"{_ALARMS}.alarmNames", []),),
        given=(_NEW,),
        at=f"{_ALARMS}.alarmNames",
        says="alarms are enabled and none is named",
    ),
    Case(
        "VAL-48",
        (
            (Service, "loadBalancers", REMOVED),
            (Service, "healthCheckGracePeriodSeconds", REMOVED),
        ),
        given=(
            _NEW,
            _CODE_DEPLOY,
            (Service, _BREAKER, REMOVED),
            (Service, f"{_ALARMS}.enable", False),
        ),
        at="loadBalancers",
        says="CODE_DEPLOY without loadBalancers",
    ),
    Case(
        "VAL-03",
        ((TaskDefinition, f"{_APP}.portMappings[0].name", REMOVED),),
        given=(
            (TaskDefinition, f"{_APP}.portMappings[0].name", "web"),
            (TaskDefinition, f"{_APP}.portMappings[0].appProtocol", "http"),
        ),
        at=f"{_APP}.portMappings[0].name",
        says="app maps a port with appProtocol http and no name",
    ),
    Case(
        "VAL-36",
        ((TaskDefinition, f"{_APP}.linuxParameters.tmpfs[0].size", 0),),
        given=(
            (
                TaskDefinition,
                f"{_APP}.linuxParameters.tmpfs",
                [{"containerPath": "/run", "size": 1}],
            ),
        ),
        at=f"{_APP}.linuxParameters.tmpfs[0].size",
        says="app: the tmpfs at /run has 0 MiB: its size must be positive",
    ),
    Case(
        "VAL-49",
        ((TaskDefinition, "networkMode", "bridge"),),
        given=(
            (TaskDefinition, "requiresCompatibilities", ["EC2"]),
            (TaskDefinition, "enableFaultInjection", True),
        ),
        at="enableFaultInjection",
        says="enableFaultInjection with network mode bridge",
        also=("VAL-16",),
    ),
    Case(
        "VAL-49",
        (
            (
                TaskDefinition,
                "runtimePlatform.operatingSystemFamily",
                "WINDOWS_SERVER_2022_CORE",
            ),
        ),
        given=(
            (TaskDefinition, "enableFaultInjection", True),
            (TaskDefinition, "runtimePlatform.cpuArchitecture", "X86_64"),
        ),
        at="enableFaultInjection",
        says="enableFaultInjection on Windows",
    ),
    Case(
        "VAL-32",
        ((ScalableTarget, "MaxCapacity", REMOVED),),
        at="MaxCapacity",
        says="MaxCapacity is not given: it is required when registering a new scalable target",
    ),
    Case(
        "VAL-32",
        ((ScalableTarget, "ResourceId", "service/web"),),
        at="ResourceId",
        says="ResourceId is 'service/web': of an ECS service it is service/<cluster>/<service>",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, "PolicyType", "StepScaling"),),
        at=_STEPPING,
        says="PolicyType is StepScaling, and there is no StepScalingPolicyConfiguration",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"{_TRACKING}.CustomizedMetricSpecification", _OWN),),
        at=_METRIC,
        says="both a predefined and a customized metric",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, _METRIC, REMOVED),),
        at=_METRIC,
        says="neither a predefined and a customized metric",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"{_TRACKING}.CustomizedMetricSpecification.Namespace", REMOVED),),
        given=(
            (ScalingPolicy, _METRIC, REMOVED),
            (ScalingPolicy, f"{_TRACKING}.CustomizedMetricSpecification", _OWN),
        ),
        at=f"{_TRACKING}.CustomizedMetricSpecification.Namespace",
        says="the customized metric has no Namespace and no Metrics",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"#1.{_METRIC}.ResourceLabel", REMOVED),),
        at=f"{_METRIC}.ResourceLabel",
        says="ALBRequestCountPerTarget without a ResourceLabel",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"{_METRIC}.ResourceLabel", "app/web/1/targetgroup/web/2"),),
        at=f"{_METRIC}.ResourceLabel",
        says="ECSServiceAverageCPUUtilization with a ResourceLabel",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"{_STEPPING}.AdjustmentType", REMOVED),),
        given=_STEP_POLICY,
        at=f"{_STEPPING}.AdjustmentType",
        says="the step scaling policy has no AdjustmentType",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"{_STEPPING}.StepAdjustments", []),),
        given=_STEP_POLICY,
        at=f"{_STEPPING}.StepAdjustments",
        says="at least one step adjustment is required",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"{_STEPPING}.StepAdjustments[1].MetricIntervalLowerBound", 11),),
        given=_STEP_POLICY,
        at=f"{_STEPPING}.StepAdjustments[1].MetricIntervalLowerBound",
        says="steps leave a gap: one ends at 10, the next begins at 11",
    ),
    Case(
        "VAL-50",
        ((ScalingPolicy, f"{_STEPPING}.StepAdjustments[1].MetricIntervalUpperBound", 10),),
        given=_STEP_POLICY,
        at=f"{_STEPPING}.StepAdjustments[1].MetricIntervalUpperBound",
        says="a step from 10 to 10: the upper bound must be greater than the lower bound",
    ),
    Case(
        "VAL-51",
        ((TargetGroup, "Name", "-web"),),
        given=_CREATED,
        at="Name",
        says="Name is '-web': a maximum of 32 alphanumeric characters or hyphens",
    ),
    Case(
        "VAL-51",
        ((TargetGroup, "Port", REMOVED),),
        given=_CREATED,
        at="Port",
        says="Port is not given: it is required for targets in a VPC",
    ),
]
