"""VAL: deployments that CreateService refuses, because their parts belong to another kind of deployment."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.service import Service
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, put, rule


@rule(
    "VAL-48",
    "A service has what its kind of deployment needs, and nothing of another kind",
    on=Service,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html",
    remedy='give "desiredCount" and the names of the alarms; leave circuit breaker and alarms to the '
    "deployment controller ECS",
    anchors=(),
)
def parts_of_deployment(service: Service) -> Verdicts:
    if service.described:
        return ()
    checks = (_counted, _breaker, _alarms, _balanced)
    return examine(checks, lambda check: check(service), clean=service["serviceName"])


def _counted(service: Service) -> Iterator[Verdict]:
    # A template's default is 1; other tools that keep a service in a file leave out its name, too.
    if service.source.logical_id or service.daemon or not service["serviceName"].given:
        return
    node = service["desiredCount"]
    if not node.given:
        yield failed(
            node,
            "desiredCount is not given: it is required if schedulingStrategy is REPLICA or isn't specified",
        )


def _breaker(service: Service) -> Iterator[Verdict]:
    node = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if service.controller != "ECS" and node["enable"].flag():
        yield failed(
            node["enable"],
            f"deploymentController {service.controller} with a circuit breaker: it can only be used for "
            "services using the rolling update (ECS) deployment type",
            drop(node),
        )


def _alarms(service: Service) -> Iterator[Verdict]:
    node = service["deploymentConfiguration"]["alarms"]
    if not node["enable"].flag():
        return
    if service.controller != "ECS":
        yield failed(
            node["enable"],
            f"deploymentController {service.controller} with alarms: CloudWatch alarms can only be used "
            "for services using the ECS deployment controller",
            drop(node),
        )
    elif not node["alarmNames"].items():
        yield failed(
            node["alarmNames"],
            "alarms are enabled and none is named: one or more CloudWatch alarm names are needed",
            put(node["enable"], False),
        )


def _balanced(service: Service) -> Iterator[Verdict]:
    if service.controller == "CODE_DEPLOY" and not service.load_balancers:
        yield failed(
            service["loadBalancers"],
            "deploymentController CODE_DEPLOY without loadBalancers: the service is required to use either "
            "an Application Load Balancer or Network Load Balancer",
        )
