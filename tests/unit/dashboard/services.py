"""Services as DescribeServices shows them, and rows of the table."""

from datetime import UTC, datetime

from dashboard.fleet import Row, service_from
from dashboard.jobs import Job
from ecsops.job_status import JobStatus, RunStatus

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


def row(name="web", cluster="prod", *, day=None, queue=None, deployed=None, **fields):
    return Row(service_from(described(name, cluster, **fields)), day, queue, deployed)


def job(name="nightly", *states, cluster="prod", paused=False, took_s=600.0, **fields):
    """A job whose runs, a day apart, ended so; the last began an hour ago."""
    first = NOW - 3_600 - 86_400 * (len(states) - 1)
    runs = [
        RunStatus(f"r{at}", state, first + at * 86_400, took_s + 60 * at, **fields)
        for at, state in enumerate(states)
    ]
    return Job(name, JobStatus(cluster, tuple(runs), paused))
