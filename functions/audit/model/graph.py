"""All resources of one audit, and how they name each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from audit.model.load_balancing import TargetGroup
from audit.model.node import Unknown
from audit.model.resource import Resource, Source, short_name
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Service, group_arns
from audit.model.task_definition import TaskDefinition

_NOWHERE = Source()


class Item(NamedTuple):
    """A describe-shaped document before it is part of a graph."""

    kind: type[Resource]
    data: Any
    source: Source = _NOWHERE


class Graph:
    """Resources by kind and name. What is not in it is UNKNOWN, unless its kind is ``complete``."""

    def __init__(
        self,
        items: Iterable[Item],
        complete: frozenset[type[Resource]] = frozenset(),
        unread: Mapping[type[Resource], str] | None = None,
    ) -> None:
        """``complete``: kinds of which all that could matter was read; ``unread``: why others were not."""
        self._complete = complete
        self._unread = unread or {}
        self._resources: dict[type[Resource], list[Resource]] = {}
        for item in items:
            resource = item.kind(item.data, self, item.source)
            self._resources.setdefault(item.kind, []).append(resource)
        self._indexes: dict[type[Resource], dict[str, Resource]] = {}

    def __iter__(self) -> Iterator[Resource]:
        """Every resource, kind by kind, in the order in which they were given."""
        for resources in self._resources.values():
            yield from resources

    def all[R: Resource](self, kind: type[R]) -> tuple[R, ...]:
        """Every resource of a kind that is in the graph, which may not be all there are."""
        found: Any = self._resources.get(kind, ())
        return tuple(found)

    def every[R: Resource](self, kind: type[R]) -> tuple[R, ...]:
        """Every resource of a kind; UNKNOWN unless all were read."""
        if kind not in self._complete:
            raise Unknown(f"not every {kind.kind} was read{self._why(kind)}")
        return self.all(kind)

    def get[R: Resource](self, kind: type[R], name: str) -> R | None:
        """The resource of that name or ARN; None if it does not exist, UNKNOWN if nobody looked."""
        index = self._index(kind)
        found = index.get(name)
        if found is None:
            found = index.get(short_name(name))
            if found is not None and name.startswith("arn:") and _has_arn(found):
                found = None
        if isinstance(found, kind):
            return found
        if kind in self._complete:
            return None
        raise Unknown(f"{kind.kind} {name} is not among what was read{self._why(kind)}")

    def find[R: Resource](self, kind: type[R], name: str) -> R:
        """The resource of that name or ARN; UNKNOWN if it is not there."""
        found = self.get(kind, name)
        if found is None:
            raise Unknown(f"{kind.kind} {name} does not exist")
        return found

    def task_definition_of(self, service: Service) -> TaskDefinition:
        """The one that a service names, or the only one there is if it names none."""
        node = service["taskDefinition"]
        known = self.all(TaskDefinition)
        # The deploy action and ecspresso keep it beside the service and fill its name in.
        if len(known) == 1 and (not node.given or node.placeholder):
            return known[0]
        name = node.text()
        if name is None:
            raise Unknown("taskDefinition is not given", node.path)
        return self._unregistered(name) or self.find(TaskDefinition, name)

    def _unregistered(self, name: str) -> TaskDefinition | None:
        """What ``web:7`` names, if there is a file for ``web`` that is yet to be registered."""
        family, _, revision = short_name(name).rpartition(":")
        found = self._index(TaskDefinition).get(family) if revision.isdigit() else None
        if isinstance(found, TaskDefinition) and not found["revision"].given:
            return found
        return None

    def services_of(self, task_definition: TaskDefinition) -> tuple[Service, ...]:
        """The services of the graph that run a task definition."""
        return self._services_by_definition.get(id(task_definition), ())

    def services_behind(self, group: TargetGroup) -> tuple[Service, ...]:
        """The services of the graph that register their tasks with a target group."""
        if not group.names:
            raise Unknown("the target group has no name to be found by")
        names = {*group.names, *(short_name(name) for name in group.names)}
        found = {id(each): each for name in names for each in self._services_by_group.get(name, ())}
        return tuple(found.values())

    def scalable_target_of(self, service: Service) -> ScalableTarget | None:
        """What scales the service's desired count."""
        for target in self._targets_by_name(service):
            if _scales(target, service):
                return target
        if ScalableTarget in self._complete:
            return None
        why = self._why(ScalableTarget)
        raise Unknown(f"the scalable target of {service.label} is not among what was read{why}")

    def policies_of(self, target: ScalableTarget) -> tuple[ScalingPolicy, ...]:
        """The policies of a scalable target; UNKNOWN if there are none and nobody looked."""
        names = (target["ResourceId"].text(), *target.names)
        by_name = self._policies_by_target
        found = tuple(
            {id(each): each for name in names if name for each in by_name.get(name, ())}.values()
        )
        if not found and ScalingPolicy not in self._complete:
            why = self._why(ScalingPolicy)
            raise Unknown(f"the policies of {target.label} are not among what was read{why}")
        return found

    def target_of(self, policy: ScalingPolicy) -> ScalableTarget | None:
        """The scalable target that a policy belongs to, if it is in the graph."""
        return self._target_by_policy.get(id(policy))

    @cached_property
    def _target_by_policy(self) -> dict[int, ScalableTarget]:
        found: dict[int, ScalableTarget] = {}
        for target in self.all(ScalableTarget):
            try:
                policies = target.policies
            except Unknown:
                continue
            for policy in policies:
                found.setdefault(id(policy), target)
        return found

    def scaled_by(self, target: ScalableTarget) -> Service | None:
        """The service that a scalable target moves, if it is in the graph."""
        return self._service_by_target.get(id(target))

    @cached_property
    def _service_by_target(self) -> dict[int, Service]:
        found: dict[int, Service] = {}
        for service in self.all(Service):
            try:
                target = service.scalable_target
            except Unknown:
                continue
            if target is not None:
                found.setdefault(id(target), service)
        return found

    def services_in(self, subnets: Iterable[str]) -> tuple[Service, ...]:
        """The services of the graph that take addresses from one of the subnets."""
        by_subnet = self._services_by_subnet
        found = {id(each): each for name in subnets for each in by_subnet.get(name, ())}
        return tuple(found.values())

    @cached_property
    def _services_by_subnet(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for service in self.all(Service):
            for name in service.network["subnets"].texts():
                found.setdefault(name, []).append(service)
        return found

    @cached_property
    def _services_by_group(self) -> dict[str, list[Service]]:
        found: dict[str, list[Service]] = {}
        for service in self.all(Service):
            for name in _groups(service):
                found.setdefault(name, []).append(service)
        return found

    @cached_property
    def _policies_by_target(self) -> dict[str, list[ScalingPolicy]]:
        found: dict[str, list[ScalingPolicy]] = {}
        for policy in self.all(ScalingPolicy):
            # CloudFormation has ScalingTargetId instead of the ResourceId.
            for field in ("ResourceId", "ScalingTargetId"):
                try:
                    name = policy[field].text()
                except Unknown:
                    continue
                if name:
                    found.setdefault(name, []).append(policy)
        return found

    def _targets_by_name(self, service: Service) -> Iterable[ScalableTarget]:
        by_name = self._targets_by_service
        return (each for name in service.names for each in by_name.get(name, ()))

    @cached_property
    def _targets_by_service(self) -> dict[str, list[ScalableTarget]]:
        found: dict[str, list[ScalableTarget]] = {}
        for target in self.all(ScalableTarget):
            try:
                resource = target["ResourceId"].text() or ""
            except Unknown:
                continue
            found.setdefault(resource.rpartition("/")[2], []).append(target)
        return found

    def _why(self, kind: type[Resource]) -> str:
        reason = self._unread.get(kind)
        return f" ({reason})" if reason else ""

    @cached_property
    def _services_by_definition(self) -> dict[int, tuple[Service, ...]]:
        found: dict[int, tuple[Service, ...]] = {}
        for service in self.all(Service):
            try:
                key = id(service.task_definition)
            except Unknown:
                continue
            found[key] = (*found.get(key, ()), service)
        return found

    def _index(self, kind: type[Resource]) -> dict[str, Resource]:
        if kind not in self._indexes:
            index: dict[str, Resource] = {}
            # The last of equal names wins: of a family, the newest revision.
            for resource in sorted(self._resources.get(kind, ()), key=_revision):
                for name in resource.names:
                    index[name] = resource
                    index.setdefault(short_name(name), resource)
            self._indexes[kind] = index
        return self._indexes[kind]


def _has_arn(resource: Resource) -> bool:
    return bool(resource.arn)


def _groups(service: Service) -> set[str]:
    try:
        given = [arn for entry in service.load_balancers for arn in group_arns(entry)]
    except Unknown:
        return set()
    return {name for arn in given for name in (arn, short_name(arn))}


def _revision(resource: Resource) -> int:
    revision = resource["revision"].value
    return revision if isinstance(revision, int) else 0


def _scales(target: ScalableTarget, service: Service) -> bool:
    try:
        parts = (target["ResourceId"].text() or "").split("/")
        cluster = service["clusterArn"].text() or service["cluster"].text() or "default"
    except Unknown:
        return False
    if len(parts) != 3 or parts[0] != "service":
        return False
    return parts[2] in service.names and short_name(cluster) in (parts[1], short_name(parts[1]))
