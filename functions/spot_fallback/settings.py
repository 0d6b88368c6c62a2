"""What a service's owner says with tags about its cover."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, cast

import msgspec

from ecsops import tags

Mode = Literal["on", "dry-run", "off"]
_MOST_TASKS = 5_000


class Settings(msgspec.Struct, frozen=True):
    """``most`` is how many tasks the cover may have; None: as many as the service wants.

    ``provider`` is the capacity provider of the cover; None: Fargate on demand.
    """

    mode: Mode = "off"
    most: int | None = None
    hold_s: int = 600
    longest_s: int = 86_400
    provider: str | None = None
    frozen: bool = False
    problems: tuple[str, ...] = ()


def read_settings(given: Mapping[str, str], now: float) -> Settings:
    """The settings in force. A tag that cannot be understood switches nothing on, and is a problem."""
    problems: list[str] = []

    def setting[T](one: tags.Setting[T]) -> T:
        value, problem = one.read(given)
        if problem is not None:
            problems.append(str(problem))
        return value

    mode = cast("Mode", setting(tags.SPOT_FALLBACK))
    most = _most(given, problems)
    return Settings(
        mode=mode,
        most=most,
        hold_s=setting(tags.SPOT_FALLBACK_HOLD),
        longest_s=setting(tags.SPOT_FALLBACK_LONGEST),
        provider=given.get(tags.SPOT_FALLBACK_PROVIDER, "").strip() or None,
        frozen=_frozen(setting(tags.FREEZE), now),
        problems=tuple(problems),
    )


def _frozen(freeze: str, now: float) -> bool:
    if freeze in ("on", "off"):
        return freeze == "on"
    return now < datetime.fromisoformat(freeze).timestamp()


def _most(given: Mapping[str, str], problems: list[str]) -> int | None:
    text = given.get(tags.SPOT_FALLBACK_MAX)
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit() and int(text) <= _MOST_TASKS:
        return int(text)
    expected = f"a number of tasks from 0 to {_MOST_TASKS}"
    problems.append(str(tags.Problem(tags.SPOT_FALLBACK_MAX, text, expected, "0")))
    return 0
