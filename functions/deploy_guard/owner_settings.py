"""What the owner of a service says with tags about the guard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby

import msgspec

from deploy_guard.model import Freeze, Mode
from ecsops import tags

STACK_TAG = "aws:cloudformation:stack-name"


class OwnerSettings(msgspec.Struct, frozen=True):
    """The settings in force, and what of it could not be understood."""

    mode: Mode = "notify"
    may_roll_back_managed: bool = False
    may_roll_back_unknown: bool = False
    irreversible: str | None = None
    freeze: Freeze | None = None
    bake_s: int = 900
    bake_alarms: tuple[str, ...] | None = None
    may_pin: bool = False
    may_reregister: bool = False
    refuses_bad: bool = False
    tells_everything: bool = False
    release_group: str | None = None
    group_rollback: str = "off"
    release_order: int = 0
    release_window_s: int = 1800
    problems: tuple[str, ...] = ()


def read(
    service: str, of_service: Mapping[str, str], of_definition: Mapping[str, str], default: str
) -> OwnerSettings:
    """Read the tags of a service and of the task definition in question."""
    problems: list[str] = []

    def setting[T](one: tags.Setting[T], given: Mapping[str, str], default: T | None = None) -> T:
        value, problem = one.read(given, default)
        if problem is not None:
            problems.append(str(problem))
        return value

    mode = setting(tags.ROLLBACK, of_service, default)
    if mode == "auto" and of_service[tags.ROLLBACK.tag].lower() != mode:
        # IAM compares without regard to case, and takes spaces for what they are.
        mode = "notify"
        problems.append(
            f"{tags.ROLLBACK.tag} has spaces around auto: AWS would refuse the rollback"
        )
    if default == "off" and mode in ("auto", "dry-run"):
        # Whoever stops everything stops this, too; what a service was tagged for is still told.
        mode = "notify"
        problems.append("the stack's DeployGuardMode is off: nothing is rolled back")
    alarms = of_service.get(tags.BAKE_ALARMS)
    where = {"the service": of_service, "the task definition": of_definition}
    marked = [name for name, given in where.items() if setting(tags.IRREVERSIBLE, given) == "on"]
    return OwnerSettings(
        mode=mode,  # type: ignore[arg-type]
        may_roll_back_managed=setting(tags.ROLLBACK_MANAGED, of_service) == "on",
        may_roll_back_unknown=setting(tags.ROLLBACK_UNKNOWN, of_service) == "on",
        irreversible=marked[0] if marked else None,
        freeze=_freeze(service, setting(tags.FREEZE, of_service)),
        bake_s=setting(tags.BAKE, of_service),
        bake_alarms=_names(alarms) if alarms is not None else None,
        may_pin=setting(tags.PIN_DIGESTS, of_service) == "on",
        refuses_bad=setting(tags.KNOWN_BAD, of_service) == "enforce",
        may_reregister=setting(tags.REREGISTER, of_service) == "on",
        tells_everything=setting(tags.DEPLOYMENT_NEWS, of_service) == "all",
        release_group=of_service.get(tags.RELEASE_GROUP, "").strip() or None,
        group_rollback=setting(tags.GROUP_ROLLBACK, of_service),
        release_order=setting(tags.RELEASE_ORDER, of_service),
        release_window_s=setting(tags.RELEASE_WINDOW, of_service),
        problems=tuple(problems),
    )


def _names(value: str) -> tuple[str, ...]:
    """Names with spaces between them; with a plus between them where a name has spaces itself."""
    words = value.split()
    if "+" not in words:
        return tuple(dict.fromkeys(words))
    parts = (part for is_plus, part in groupby(words, "+".__eq__) if not is_plus)
    return tuple(dict.fromkeys(" ".join(part) for part in parts))


def _freeze(service: str, value: str) -> Freeze | None:
    if value == "off":
        return None
    until = None if value == "on" else datetime.fromisoformat(value).timestamp()
    return Freeze(service, "the tag ecs-ops:freeze of the service", until=until)
