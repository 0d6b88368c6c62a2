"""Services as DescribeServices shows them, and rows of the table."""

from datetime import UTC, datetime

from dashboard.fleet import Row, service_from

NOW = 1_767_603_600.0
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]


def deployment(**fields):
    return {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "rolloutState": "COMPLETED",
        "runningCount": 4,
        "desiredCount": 4,
        "failedTasks": 0,
        "createdAt": datetime.fromtimestamp(NOW - 600, UTC),
        "capacityProviderStrategy": SPOT,
    } | fields


def described(name="web", cluster="prod", **fields):
    prefix = "arn:aws:ecs:eu-west-1:123456789012"
    return {
        "serviceArn": f"{prefix}:service/{cluster}/{name}",
        "clusterArn": f"{prefix}:cluster/{cluster}",
        "serviceName": name,
        "status": "ACTIVE",
        "desiredCount": 4,
        "runningCount": 4,
        "pendingCount": 0,
        "deployments": [deployment()],
    } | fields


def row(name="web", cluster="prod", *, day=None, **fields):
    return Row(service_from(described(name, cluster, **fields)), day)
