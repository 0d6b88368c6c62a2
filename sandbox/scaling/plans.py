"""Services that are planned: in a template or a file, or as tags on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from queue_scaling.aws import Service
from queue_scaling.reference import QUEUE_TAG
from sandbox.errors import SandboxError
from sandbox.scaling.check import not_yet_there

if TYPE_CHECKING:
    from audit.model.service import Service as Declared

_PREFIX = "ecs-ops:"
_SERVICE = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:service/[^/]+/[^/]+")
_ELSEWHERE = re.compile(
    r"arn:[a-z-]+:(?:sqs|kinesis):([a-z0-9-]+):(\d{12}):|"
    r"https://sqs\.([a-z0-9-]+)\.[a-z.]+/(\d{12})/"
)


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
        found = [each for file in files for each in _in_file(file, tags, cluster, scope)]
        if not found:
            raise SandboxError(f"no service in {', '.join(files)} has the tag {QUEUE_TAG}")
        return found
    if QUEUE_TAG in tags:
        where = scope or _scope_of(tags)
        return [not_yet_there(where.arn_of("planned", cluster), tags)]
    return []


def with_tags(service: Service, tags: Mapping[str, str]) -> Service:
    """The service with some tags more."""
    return replace(service, tags={**service.tags, **tags})


def _in_file(
    file: str, given: Mapping[str, str], cluster: str, scope: Scope | None
) -> Iterator[Service]:
    from audit.model.graph import Graph
    from audit.model.queue import Queue, queue_names
    from audit.model.service import Service as Declared
    from sandbox.lint.documents import items
    from sandbox.lint.marked import Unreadable
    from sandbox.lint.reading import read

    try:
        graph = Graph(items(read(file), {}))
    except Unreadable as error:
        raise SandboxError(f"{file}: {error}") from error
    made = {queue["QueueName"].text() or "" for queue in graph.all(Queue)}
    for number, declared in enumerate(graph.all(Declared)):
        name = _name(declared) or f"service-{number + 1}"
        tags = _declared_tags(declared, given, f"{file}: {name}")
        if QUEUE_TAG in tags:
            coming = made.intersection(queue_names(tags)) if scope else set()
            if coming and QUEUE_TAG not in given:
                raise SandboxError(
                    f"{file}: {name}: {', '.join(sorted(coming))} comes with the template, and cannot "
                    "be looked at yet: check with --offline, or give a queue that is there with "
                    "--tag queue=..."
                )
            yield not_yet_there((scope or _scope_of(tags)).arn_of(name, cluster), tags)


def _name(declared: Declared) -> str | None:
    from audit.model.node import Unknown

    try:
        return declared["serviceName"].text()
    except Unknown:
        return None


def _declared_tags(declared: Declared, given: Mapping[str, str], where: str) -> dict[str, str]:
    """Our tags of a service; what a template leaves open has to be given."""
    from audit.model.node import Unknown

    found: dict[str, str] = {}
    keys = {tag["key"].text() or tag["Key"].text() or "": tag for tag in declared["tags"].items()}
    if QUEUE_TAG not in keys:
        return found
    for key, tag in keys.items():
        if not key.startswith(_PREFIX) or key in given:
            continue
        try:
            found[key] = tag["value"].text() or tag["Value"].text() or ""
        except Unknown as error:
            short = key.removeprefix(_PREFIX)
            raise SandboxError(
                f"{where}: tag {key}: {error}: give it with --tag {short}=..."
            ) from None
    return {**found, **given}


def _scope_of(tags: Mapping[str, str]) -> Scope:
    named = _ELSEWHERE.search(tags.get(QUEUE_TAG, ""))
    if named is None:
        return Scope("123456789012", "us-east-1")
    return Scope(named[2] or named[4], named[1] or named[3])
