from audit.model.service import Cluster, Service
from audit.model.surroundings import EventRule
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case
from tests.unit.audit.clean import ECS

_OTHER = {
    "serviceName": "test",
    "clusterArn": f"{ECS}:cluster/prod",
    "tags": [{"key": "environment", "value": "test"}],
}

CASES = [
    Case(
        "OPS-01",
        ((Cluster, "settings[0].value", "disabled"),),
        at="settings[0].value",
        says="containerInsights is disabled",
        severity="MEDIUM",
    ),
    Case(
        "OPS-01",
        ((Cluster, "settings[0].value", "enabled"),),
        at="settings[0].value",
        says="nothing below the service is measured",
        severity="INFO",
    ),
    Case(
        "OPS-01",
        ((Cluster, "settings", []),),
        at="settings",
        says="containerInsights is not set",
    ),
    Case(
        "OPS-02",
        ((Service, "platformVersion", "1.3.0"),),
        at="platformVersion",
        says="platformVersion is pinned to 1.3.0, 1.4.0 is current",
        severity="MEDIUM",
    ),
    Case(
        "OPS-02",
        ((Service, "platformVersion", "1.4.0"),),
        at="platformVersion",
        says="pinned to 1.4.0, today's newest",
        severity="INFO",
    ),
    Case(
        "OPS-03",
        ((EventRule, "State", "DISABLED"),),
        at="clusterName",
        says="no rule listens to ECS Deployment State Change",
    ),
    Case(
        "OPS-05",
        ((Service, "#1", _OTHER),),
        at="clusterName",
        says="production and test run side by side in prod",
    ),
    Case(
        "OPS-06",
        ((TaskDefinition, "proxyConfiguration", {"type": "APPMESH", "containerName": "app"}),),
        at="proxyConfiguration",
        says="AWS App Mesh ended on 30 September 2026",
    ),
]
