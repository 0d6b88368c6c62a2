"""DEP: does a bad deployment end, and a good one keep the service up?"""

from __future__ import annotations

from audit.model.graph import Graph
from audit.model.node import Unknown
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_BREAKER = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html"
)
_PERCENT = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html"
)
_ALARMS = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html"
)
_SHIFTING = frozenset({"BLUE_GREEN", "LINEAR", "CANARY"})


@rule(
    "DEP-01",
    "A rolling deployment that fails ends and rolls back",
    on=Service,
    severity=Severity.HIGH,
    profile=Profile.RESILIENCE,
    source=_BREAKER,
    remedy='set "deploymentConfiguration.deploymentCircuitBreaker" to {"enable": true, "rollback": true}',
    anchors=(),
)
def circuit_breaker(service: Service) -> Verdicts:
    if not service.rolling:
        return
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if not breaker["enable"].flag():
        yield failed(
            breaker["enable"],
            "the deployment circuit breaker is off: a deployment whose tasks never start goes on for ever, "
            "and no event says that it failed",
            put(breaker["enable"], True),
            put(breaker["rollback"], True),
        )
    elif not breaker["rollback"].flag():
        yield failed(
            breaker["rollback"],
            "the deployment circuit breaker only stops: the service stays half deployed until somebody "
            "rolls it back",
            put(breaker["rollback"], True),
            severity=Severity.MEDIUM,
        )
    else:
        yield passed(breaker)


@rule(
    "DEP-02",
    "A deployment keeps enough tasks healthy",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_PERCENT,
    remedy='set "deploymentConfiguration.minimumHealthyPercent" to 100 and "maximumPercent" to 200',
    anchors=(),
)
def enough_healthy(service: Service) -> Verdicts:
    if service.daemon or not service.rolling:
        return
    node = service["deploymentConfiguration"]["minimumHealthyPercent"]
    minimum, desired = service.minimum_healthy_percent, service.desired_count
    if desired < 1:
        return
    kept = -(-desired * minimum // 100)
    said = f"minimumHealthyPercent {minimum} keeps {kept} of {desired} tasks during a deployment"
    if kept == 0 or (desired <= 2 and kept < desired):
        yield failed(node, said, put(node, 100), severity=Severity.HIGH)
    elif minimum < 50:
        yield failed(node, said, put(node, 100))
    else:
        yield passed(node, said)


@rule(
    "DEP-03",
    "Alarms watch a deployment behind a load balancer",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source=_ALARMS,
    remedy='set "deploymentConfiguration.alarms" to an alarm on errors of the target group, with '
    '"rollback": true',
    anchors=(),
)
def deployment_alarms(service: Service) -> Verdicts:
    if service.controller != "ECS" or not service.load_balancers:
        return
    alarms = service["deploymentConfiguration"]["alarms"]
    if alarms["enable"].flag() and alarms["alarmNames"].texts():
        yield passed(alarms)
    else:
        yield failed(
            alarms,
            "no alarm watches the deployment: a version that passes its health checks and answers errors "
            "is rolled out to the end",
        )


@rule(
    "DEP-04",
    "No deployment has failed or hangs",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html",
    remedy="find the reason in the stopped tasks, then deploy a repaired version",
    anchors=(),
)
def no_failed_deployment(service: Service) -> Verdicts:
    for deployment in service["deployments"].items():
        failures = deployment["failedTasks"].whole() or 0
        state = deployment["rolloutState"].text()
        if state == "FAILED" or (state == "IN_PROGRESS" and failures > 0):
            yield failed(
                deployment,
                f"deployment {deployment['id'].text()} is {state}, {failures} of its tasks failed",
            )
        else:
            yield passed(deployment)


@rule(
    "DEP-05",
    "The service runs an active revision, and the newest",
    on=Service,
    severity=Severity.LOW,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html",
    remedy="deploy the newest active revision",
    anchors=(),
)
def active_revision(service: Service) -> Verdicts:
    task = service.task_definition
    node = service["taskDefinition"]
    if task["status"].text() == "INACTIVE":
        yield failed(
            node,
            f"{task.label} is INACTIVE: the service cannot be rolled back to it once something else runs",
        )
        return
    newest = _newest(task.graph, task)
    if newest is None:
        return
    revision = task["revision"].whole() or 0
    if revision < newest:
        yield failed(
            node, f"revision {revision} runs, {newest} is the newest active", severity=Severity.INFO
        )
    else:
        yield passed(node)


def _newest(graph: Graph, task: TaskDefinition) -> int | None:
    revisions = [
        revision
        for each in graph.all(TaskDefinition)
        if each["family"].value == task["family"].value
        and each["status"].value != "INACTIVE"
        and (revision := each["revision"].whole()) is not None
    ]
    return max(revisions, default=None)


@rule(
    "DEP-06",
    "A deployment that shifts traffic has time and somebody to look",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html",
    remedy='set "deploymentConfiguration.bakeTimeInMinutes", and "alarms" or a lifecycle hook',
    anchors=(),
)
def bake_time(service: Service) -> Verdicts:
    configuration = service["deploymentConfiguration"]
    strategy = configuration["strategy"].text()
    if strategy not in _SHIFTING:
        return
    node = configuration["bakeTimeInMinutes"]
    minutes = node.whole()
    if minutes is None:
        raise Unknown("bakeTimeInMinutes is not given", node.path)
    watched = configuration["alarms"]["enable"].flag() or configuration["lifecycleHooks"].items()
    if minutes == 0 and not watched:
        yield failed(
            node,
            f"{strategy} with a bake time of 0 minutes, no alarm and no lifecycle hook: the old version is "
            "gone before anybody has seen the new one",
        )
    else:
        yield passed(node)
