"""What an alert will need of a version's task definition: kept in the ledger when the deployment begins.

Most of it never changes, so that nobody has to be asked when it fails and people wait. Only the tags may
change: they are believed for a while, and the executor reads them again before it does anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from deploy_guard.difference import Change

_KEEP_S = 900
_MOST_CHANGES = 60
_OURS = "ecs-ops:"
# Options of other log drivers may hold tokens.
_OPTIONS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A container: whether its end is the task's, and where its log is."""

    name: str
    essential: bool = True
    log_driver: str | None = None
    log_options: dict[str, str] = {}


class Outline(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task definition in outline, and what changed from the version before it, if that is known."""

    read_at: float
    parts: tuple[Part, ...] = ()
    tags: dict[str, str] = {}
    changes: tuple[Change, ...] | None = None

    def holds(self, now: float) -> bool:
        """Whether its tags can still be believed."""
        return 0 <= now - self.read_at < _KEEP_S

    @property
    def essential(self) -> dict[str, bool]:
        """Which containers are."""
        return {one.name: one.essential for one in self.parts}

    @property
    def shape(self) -> dict[str, Any]:
        """As much of the task definition as is kept, in ECS's own form."""
        return {"containerDefinitions": [_container(one) for one in self.parts]}

    def compared(self, changes: tuple[Change, ...]) -> Outline:
        """With what changed; more than an item can hold is compared when it is needed."""
        if len(changes) > _MOST_CHANGES:
            return self
        return msgspec.structs.replace(self, changes=changes)


def outline(definition: Mapping[str, Any], tags: Mapping[str, str], now: float) -> Outline:
    """The outline of a task definition as ECS describes it."""
    parts = tuple(_part(one) for one in definition.get("containerDefinitions") or ())
    return Outline(now, parts, {tag: text for tag, text in tags.items() if tag.startswith(_OURS)})


def _part(container: Mapping[str, Any]) -> Part:
    logging = container.get("logConfiguration") or {}
    options = logging.get("options") or {}
    return Part(
        str(container.get("name")),
        container.get("essential") is not False,
        logging.get("logDriver"),
        {name: options[name] for name in _OPTIONS if name in options},
    )


def _container(part: Part) -> dict[str, Any]:
    logging = {"logDriver": part.log_driver, "options": part.log_options}
    given = {"name": part.name, "essential": part.essential}
    return given | ({"logConfiguration": logging} if part.log_driver else {})
