"""What changed between two versions of a service: names and sizes, never a value that may be a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from deploy_guard.container_diff import container_changes, named
from deploy_guard.difference import Change, Json, compared, opaque, presence, safe, scalars
from deploy_guard.model import Version

_SIZES = ("cpu", "memory")
_FIRST = frozenset(f"task {one}" for one in _SIZES)
_TASK = ("taskRoleArn", "executionRoleArn", "networkMode", "pidMode", "ipcMode")
_TASK_OPAQUE = (
    "volumes",
    "placementConstraints",
    "proxyConfiguration",
    "inferenceAccelerators",
)
_SERVICE = ("launchType", "platformVersion", "platformFamily")
_SERVICE_OPAQUE = (
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "fargateEphemeralStorage",
)


class Side(msgspec.Struct, frozen=True):
    """One version: its task definition and service revision as ECS describes them, and its digests.

    What is empty is not compared.
    """

    definition: dict[str, Any] = {}
    revision: dict[str, Any] = {}
    digests: dict[str, str] = {}


def diff(before: Side, after: Side) -> tuple[Change, ...]:
    """What changed, the most telling first."""
    changes: list[Change] = []
    if before.definition and after.definition:
        changes += scalars("task", _SIZES, before.definition, after.definition)
        changes += _containers(before, after)
        changes += _task(before.definition, after.definition)
    if before.revision and after.revision:
        changes += _service(before.revision, after.revision)
    return tuple(safe(change) for change in changes)


def with_images(changes: tuple[Change, ...], before: Version, after: Version) -> tuple[Change, ...]:
    """The same, with the images as they are known by now: ECS resolves a digest when a task starts."""
    old = {one.container: one for one in before.images}
    for image in after.images:
        if image.container not in old:
            continue
        field = f"{image.container} image"
        others = [one for one in changes if one.field != field]
        texts = [named(one.image, one.digest) for one in (old[image.container], image)]
        place = next(
            (n for n, one in enumerate(others) if one.field.startswith(f"{image.container} ")),
            sum(one.field in _FIRST for one in others),
        )
        others[place:place] = [safe(one) for one in compared(field, *texts)]
        changes = tuple(others)
    return changes


def _containers(before: Side, after: Side) -> Iterator[Change]:
    old, new = _by_name(before.definition), _by_name(after.definition)
    for name in (*new, *(name for name in old if name not in new)):
        if name in old and name in new:
            digests = (before.digests, after.digests)
            yield from container_changes(name, old[name], new[name], digests)
        else:
            yield presence(f"container {name}", name in old, name in new)


def _task(before: Json, after: Json) -> Iterator[Change]:
    yield from scalars("task", _TASK, before, after)
    for part, fields in (
        ("runtimePlatform", ("cpuArchitecture", "operatingSystemFamily")),
        ("ephemeralStorage", ("sizeInGiB",)),
    ):
        yield from scalars(f"task {part}", fields, before.get(part) or {}, after.get(part) or {})
    yield from opaque("task", _TASK_OPAQUE, before, after)


def _service(before: Json, after: Json) -> Iterator[Change]:
    old, new = _network(before), _network(after)
    for field in ("subnets", "securityGroups"):
        yield from compared(
            f"service {field}", sorted(old.get(field) or ()), sorted(new.get(field) or ())
        )
    yield from scalars("service", ("assignPublicIp",), old, new)
    yield from compared("service load balancers", _balancers(before), _balancers(after))
    yield from compared("service capacity providers", _providers(before), _providers(after))
    yield from scalars("service", _SERVICE, before, after)
    yield from opaque("service", _SERVICE_OPAQUE, before, after)


def _network(revision: Json) -> Json:
    network: Json = (revision.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return network


def _balancers(revision: Json) -> list[str]:
    return sorted(
        f"{one.get('containerName')}:{one.get('containerPort')} in "
        f"{one.get('targetGroupArn') or one.get('loadBalancerName')}"
        for one in revision.get("loadBalancers") or ()
    )


def _providers(revision: Json) -> list[str]:
    return sorted(
        f"{one.get('capacityProvider')} weight {one.get('weight', 0)} base {one.get('base', 0)}"
        for one in revision.get("capacityProviderStrategy") or ()
    )


def _by_name(definition: Json) -> dict[str, Json]:
    return {str(one.get("name")): one for one in definition.get("containerDefinitions") or ()}
