"""Which resources a service has a say in, and so which findings are its own."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from audit.model.graph import Graph
from audit.model.node import Unknown
from audit.model.resource import Resource
from audit.model.service import Service
from audit.report.entry import Entry


def belongings(service: Service) -> list[Resource]:
    """The service and what only it has a say in: task definition, target groups, scaling."""
    found: list[Resource] = [service]
    # What is not known to the graph has UNKNOWN checks of the service, and they say so.
    with suppress(Unknown):
        found.append(service.task_definition)
    with suppress(Unknown):
        found += [service.target_group(entry) for entry in service.load_balancers]
    with suppress(Unknown):
        target = service.scalable_target
        if target is not None:
            found += [target, *target.policies]
    return list({id(each): each for each in found}.values())


def by_resource(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    """Entries by the identity of the resource that they are about; 0 for those about none."""
    found: dict[int, list[Entry]] = {}
    for each in entries:
        found.setdefault(id(each.about) if each.about else 0, []).append(each)
    return found


def by_service(graph: Graph, entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Entries of every service, by its ARN."""
    of_resource = by_resource(entries)
    return {
        arn: [entry for each in belongings(service) for entry in of_resource.get(id(each), ())]
        for service in graph.all(Service)
        if (arn := service["serviceArn"].text())
    }
