"""Which targets of which target groups an interrupted task can be registered as.

The union of everything the service may have registered its tasks in: its load balancers, the
alternate groups of a blue/green deployment, the groups of its task sets, and those of revisions that
are still being rolled out. Too many is harmless: "If the specified target does not exist, the action
returns successfully" (DeregisterTargets in the ELBv2 API reference). Too few loses requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecsops import tags
from ecsops.arns import parse_arn, service_arn, target_group_name
from spot_drain.interruption import Interruption


@dataclass(frozen=True, slots=True, order=True)
class Registration:
    """A target group, and the container and port with which the service's tasks are registered in it."""

    group_arn: str
    port: int
    container: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """What draining needs to know of a service.

    ``revisions`` are those being rolled out right now, whose load balancers may differ from the
    service's own. ``registries`` are the ARNs of its Cloud Map services. ``notes`` say what a person
    should know: a tag that nobody understands, load balancers that are left alone. ``route`` says
    who should be told.
    """

    arn: str
    name: str
    cluster_arn: str
    mode: str
    registrations: frozenset[Registration]
    revisions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    route: str | None = None
    registries: tuple[str, ...] = ()
    is_daemon: bool = False

    def with_revisions(self, revisions: Iterable[Mapping[str, Any]]) -> Service:
        """The same service with the groups of its revisions (DescribeServiceRevisions) added."""
        extra = frozenset(
            registration
            for revision in revisions
            if revision.get("serviceRevisionArn") in self.revisions
            for registration in _registrations(revision.get("loadBalancers"))
        )
        return replace(self, registrations=self.registrations | extra)


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A target as ELB knows it: address and port; always with the port."""

    id: str
    port: int

    @property
    def is_ipv6(self) -> bool:
        """A target group holds addresses of one family only."""
        return ":" in self.id


@dataclass(frozen=True, slots=True, order=True)
class Membership:
    """A task that may be registered as a target of a group."""

    group_arn: str
    target: Target
    task_arn: str


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A task in a Cloud Map service: ECS registers it there under the task's id."""

    registry_arn: str
    instance_id: str


def service_from(description: Mapping[str, Any], stack_mode: str) -> Service:
    """Read a service as DescribeServices gives it (with ``include=["TAGS"]``)."""
    own_tags = tags.from_ecs(description.get("tags"))
    mode, problem = tags.SPOT_DRAIN.read(own_tags, stack_mode)
    balancers = [
        *description.get("loadBalancers", ()),
        *(
            balancer
            for task_set in description.get("taskSets", ())
            for balancer in task_set.get("loadBalancers", ())
        ),
    ]
    rolling = [item["arn"] for item in description.get("currentServiceRevisions", ())]
    return Service(
        arn=_long_arn(description),
        name=description["serviceName"],
        cluster_arn=description["clusterArn"],
        mode="off" if stack_mode == "off" else mode,
        registrations=frozenset(_registrations(balancers)),
        revisions=tuple(rolling) if len(rolling) > 1 else (),
        notes=(*((f"T{str(problem)[1:]}.",) if problem else ()), *_left_alone(balancers)),
        route=tags.alert_route(own_tags),
        registries=tuple(sorted(_registries(description))),
        is_daemon=description.get("schedulingStrategy") == "DAEMON",
    )


def _long_arn(description: Mapping[str, Any]) -> str:
    """Services of before 2021 have ARNs that name no cluster; then nobody could tell where they are.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-arn-migration.html
    """
    arn: str = description["serviceArn"]
    if parse_arn(arn).cluster is not None:
        return arn
    return service_arn(description["clusterArn"], description["serviceName"])


def memberships(interruption: Interruption, service: Service) -> tuple[Membership, ...]:
    """Every place in which the task may be registered, in a stable order."""
    places = {
        Membership(registration.group_arn, target, interruption.task_arn)
        for registration in service.registrations
        for target in _targets(interruption, registration)
    }
    return tuple(sorted(places))


def _targets(one: Interruption, registration: Registration) -> Iterable[Target]:
    addresses = (*one.ipv4, *one.ipv6)
    if addresses or not one.instance_id:
        yield from (Target(address, registration.port) for address in addresses)
    elif not one.bindings:  # host mode: the container's port is the instance's own
        yield Target(one.instance_id, registration.port)
    for binding in one.bindings:
        named = registration.container in ("", binding.container)
        if one.instance_id and named and binding.port == registration.port:
            yield Target(one.instance_id, binding.host_port)


def _registries(description: Mapping[str, Any]) -> set[str]:
    entries = [
        *description.get("serviceRegistries", ()),
        *(
            entry
            for task_set in description.get("taskSets", ())
            for entry in task_set.get("serviceRegistries", ())
        ),
    ]
    return {entry["registryArn"] for entry in entries if entry.get("registryArn")}


def _left_alone(balancers: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """One sentence for each load balancer from which nothing is deregistered."""
    for balancer in balancers:
        group = balancer.get("targetGroupArn")
        if group and balancer.get("containerPort") is None:
            yield f"Target group {target_group_name(group)} was left alone: no containerPort."
        elif not group and balancer.get("loadBalancerName"):
            yield f"Classic Load Balancer {balancer['loadBalancerName']} was left alone."


def _registrations(balancers: Iterable[Mapping[str, Any]] | None) -> Iterable[Registration]:
    for balancer in balancers or ():
        port = balancer.get("containerPort")
        groups = (
            balancer.get("targetGroupArn"),
            (balancer.get("advancedConfiguration") or {}).get("alternateTargetGroupArn"),
        )
        if port is not None:
            container = balancer.get("containerName") or ""
            yield from (Registration(group, port, container) for group in groups if group)
