from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Cluster, Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_LABEL = "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.ResourceLabel"
_DEFAULT = [
    {"capacityProvider": "FARGATE", "weight": 1},
    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
]
_OTHER = "app/web/fedcba9876543210/targetgroup/web/ffffffffffffffff"

CASES = [
    Case(
        "X-05",
        ((Service, "launchType", "FARGATE"),),
        given=(
            (Service, "capacityProviderStrategy", REMOVED),
            (Cluster, "defaultCapacityProviderStrategy", _DEFAULT),
        ),
        at="launchType",
        says="launchType FARGATE overrides the default strategy of prod (FARGATE, FARGATE_SPOT)",
    ),
    Case(
        "X-06",
        ((ScalingPolicy, f"#1.{_LABEL}", _OTHER),),
        at=_LABEL,
        says="the policy follows targetgroup/web/ffffffffffffffff, the service has targetgroup/web/",
    ),
    Case(
        "X-08",
        ((Service, "enableExecuteCommand", True),),
        given=((TaskDefinition, "containerDefinitions[1].readonlyRootFilesystem", False),),
        at="enableExecuteCommand",
        says="the root file system of app is read-only",
    ),
    Case(
        "X-09",
        ((Service, "deploymentConfiguration.maximumPercent", 100),),
        given=((Service, "deploymentConfiguration.minimumHealthyPercent", 50),),
        at="availabilityZoneRebalancing",
        says="availabilityZoneRebalancing is ENABLED, but maximumPercent is 100",
    ),
    Case(
        "X-12",
        ((ScalableTarget, "MinCapacity", 1),),
        at="MinCapacity",
        says="MinCapacity 1 is below the base of 2",
    ),
]
