"""What changed in a container's definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deploy_guard.difference import (
    Change,
    Json,
    compared,
    names,
    opaque,
    presence,
    scalars,
)
from deploy_guard.shown_command import shown
from ecsops.redaction import refers_to_a_secret

_SIZES = ("cpu", "memory", "memoryReservation")
_SCALARS = (
    "essential",
    "user",
    "workingDirectory",
    "readonlyRootFilesystem",
    "privileged",
    "startTimeout",
    "stopTimeout",
)
_HEALTH = ("interval", "timeout", "retries", "startPeriod")
_OPAQUE = (
    "ulimits",
    "mountPoints",
    "volumesFrom",
    "linuxParameters",
    "systemControls",
    "dependsOn",
    "links",
    "firelensConfiguration",
    "environmentFiles",
    "resourceRequirements",
    "restartPolicy",
    "repositoryCredentials",
    "dnsServers",
    "extraHosts",
)
# Options of other log drivers hold tokens; these are AWS's own.
_LOG_OPTIONS = (
    "awslogs-group",
    "awslogs-region",
    "awslogs-stream-prefix",
    "awslogs-create-group",
    "mode",
)


def container_changes(
    name: str, before: Json, after: Json, digests: tuple[Mapping[str, str], Mapping[str, str]]
) -> Iterator[Change]:
    """What changed in one container, the most telling first."""
    old, new = (
        named(str(one.get("image", "")), known.get(name))
        for one, known in zip((before, after), digests, strict=True)
    )
    yield from compared(f"{name} image", old, new)
    yield from scalars(name, _SIZES, before, after)
    for field in ("command", "entryPoint"):
        yield from _command(f"{name} {field}", before.get(field), after.get(field))
    yield from names(f"{name} environment", _environment(before), _environment(after))
    yield from _secrets(f"{name} secret", before.get("secrets"), after.get("secrets"))
    yield from compared(f"{name} ports", _ports(before), _ports(after))
    yield from _health_check(name, before.get("healthCheck") or {}, after.get("healthCheck") or {})
    yield from _logging(
        name, before.get("logConfiguration") or {}, after.get("logConfiguration") or {}
    )
    yield from scalars(name, _SCALARS, before, after)
    yield from names(
        f"{name} label", before.get("dockerLabels") or {}, after.get("dockerLabels") or {}
    )
    yield from opaque(name, _OPAQUE, before, after)


def named(image: str, digest: str | None) -> str:
    """An image with its digest, if that is known."""
    return image if digest is None or digest in image else f"{image} ({digest})"


def _command(field: str, before: Any, after: Any) -> Iterator[Change]:
    if (before or None) == (after or None):
        return
    if not before or not after:
        yield presence(field, bool(before), bool(after))
        return
    old, new = shown(before), shown(after)
    yield Change(field, old, new) if old != new else presence(field, True, True)


def _environment(container: Json) -> dict[str, str]:
    return {
        str(one.get("name")): str(one.get("value")) for one in container.get("environment") or ()
    }


def _secrets(prefix: str, before: Any, after: Any) -> Iterator[Change]:
    old, new = _references(before), _references(after)
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        if was and now and refers_to_a_secret(was) and refers_to_a_secret(now):
            yield Change(f"{prefix} {name}", was, now)
        else:
            yield presence(f"{prefix} {name}", was is not None, now is not None)


def _references(secrets: Any) -> dict[str, str]:
    return {str(one.get("name")): str(one.get("valueFrom")) for one in secrets or ()}


def _ports(container: Json) -> str:
    return ", ".join(
        f"{one.get('containerPort') or one.get('containerPortRange')}/{one.get('protocol') or 'tcp'}"
        + (f" on host {one['hostPort']}" if one.get("hostPort") else "")
        for one in container.get("portMappings") or ()
    )


def _health_check(name: str, before: Json, after: Json) -> Iterator[Change]:
    yield from _command(f"{name} health check", before.get("command"), after.get("command"))
    yield from scalars(f"{name} health check", _HEALTH, before, after)


def _logging(name: str, before: Json, after: Json) -> Iterator[Change]:
    yield from compared(f"{name} log driver", before.get("logDriver"), after.get("logDriver"))
    old, new = before.get("options") or {}, after.get("options") or {}
    yield from scalars(f"{name} log option", _LOG_OPTIONS, old, new)
    yield from names(f"{name} log option", _others(old), _others(new))
    yield from _secrets(
        f"{name} log secret", before.get("secretOptions"), after.get("secretOptions")
    )


def _others(options: Json) -> dict[str, str]:
    return {name: value for name, value in options.items() if name not in _LOG_OPTIONS}
