"""Services that are planned: in a template or a file, or as tags on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from queue_scaling.aws import Service
from queue_scaling.reference import QUEUE_TAG
from sandbox.errors import SandboxError
from sandbox.scaling.check import not_yet_there

_PREFIX = "ecs-ops:"
_SERVICE = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:service/[^/]+/[^/]+")
_ELSEWHERE = re.compile(r"arn:[a-z-]+:(?:sqs|kinesis):([a-z0-9-]+):(\d{12}):")


@dataclass(frozen=True, slots=True)
class Scope:
    """The account and Region in which services are planned."""

    account: str
    region: str

    def arn_of(self, name: str, cluster: str) -> str:
        """A service by name, ``CLUSTER/SERVICE`` or ARN, as an ARN."""
        if name.startswith("arn:"):
            if not _SERVICE.fullmatch(name):
                raise SandboxError(f"{name}: expected a service's ARN with its cluster in it")
            return name
        within = name if "/" in name else f"{cluster}/{name}"
        return f"arn:aws:ecs:{self.region}:{self.account}:service/{within}"


def tags_of(pairs: Iterable[str]) -> dict[str, str]:
    """``KEY=VALUE``, the prefix ecs-ops: may be left out; raises ``SandboxError``."""
    found = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise SandboxError(f"--tag {pair!r}: expected KEY=VALUE, e.g. queue=orders")
        found[key if key.startswith(_PREFIX) else _PREFIX + key] = value
    return found


def services(
    files: Sequence[str], tags: Mapping[str, str], cluster: str, scope: Scope | None
) -> list[Service]:
    """The services with a queue in the files; without files, one that has the given tags.

    Without a ``scope`` nobody knows in which account they will be: wherever their queues are.
    """
    if files:
        return [with_tags(each, tags) for file in files for each in _in_file(file, cluster, scope)]
    if QUEUE_TAG in tags:
        where = scope or _scope_of(tags)
        return [not_yet_there(where.arn_of("planned", cluster), tags)]
    return []


def with_tags(service: Service, tags: Mapping[str, str]) -> Service:
    """The service with some tags more."""
    return replace(service, tags={**service.tags, **tags})


def _in_file(file: str, cluster: str, scope: Scope | None) -> Iterable[Service]:
    from audit.model.graph import Graph
    from audit.model.service import Service as Declared
    from sandbox.lint.documents import items
    from sandbox.lint.marked import Unreadable
    from sandbox.lint.reading import read

    try:
        graph = Graph(items(read(file), {}))
    except Unreadable as error:
        raise SandboxError(f"{file}: {error}") from error
    for number, declared in enumerate(graph.all(Declared)):
        tags = declared.tags
        if QUEUE_TAG in tags:
            name = declared["serviceName"].text() or f"service-{number + 1}"
            yield not_yet_there((scope or _scope_of(tags)).arn_of(name, cluster), tags)


def _scope_of(tags: Mapping[str, str]) -> Scope:
    named = _ELSEWHERE.search(tags.get(QUEUE_TAG, ""))
    return Scope(named[2], named[1]) if named else Scope("123456789012", "us-east-1")
