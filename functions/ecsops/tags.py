"""What users say with tags: ``ecs-ops:*`` on their services, with safe defaults.

A value that nobody understands never switches anything on: the setting falls back to its cautious
value, and the problem is reported with the tag, the value and what it may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ecsops.durations import parse_duration
from ecsops.errors import InvalidSetting

_ON = frozenset({"on", "true", "yes", "enabled", "1"})
_OFF = frozenset({"off", "false", "no", "disabled", "0"})


@dataclass(frozen=True, slots=True)
class Problem:
    """A tag whose value cannot be understood, and what is done instead."""

    tag: str
    value: str
    expected: str
    instead: str

    def __str__(self) -> str:
        """One line for logs and alerts."""
        return (
            f"tag {self.tag}={self.value!r}: expected {self.expected}; acting as if {self.instead}"
        )


@dataclass(frozen=True, slots=True)
class Setting[T]:
    """One tag: how it is read, what holds without it, what holds when it is nonsense."""

    tag: str
    parse: Callable[[str], T]
    expected: str
    default: T
    cautious: T

    def read(self, tags: Mapping[str, str], default: T | None = None) -> tuple[T, Problem | None]:
        """The value in force, and the problem if the tag is nonsense.

        ``default`` stands in for the setting's own, e.g. when the stack sets another one.
        """
        text = tags.get(self.tag)
        if text is None:
            return (self.default if default is None else default), None
        try:
            return self.parse(text), None
        except InvalidSetting:
            return self.cautious, Problem(self.tag, text, self.expected, f"{self.cautious}")


def switch(tag: str, *, default: str, cautious: str, extra: tuple[str, ...] = ()) -> Setting[str]:
    """A setting that is ``on``, ``off`` or one of ``extra``; the usual spellings of on and off work."""

    def parse(text: str) -> str:
        word = text.strip().lower()
        if word in _ON:
            return "on"
        if word in _OFF:
            return "off"
        if word in extra:
            return word
        raise InvalidSetting(word)

    return Setting(tag, parse, ", ".join(("on", *extra, "off")), default, cautious)


def one_of(tag: str, *words: str, default: str, cautious: str) -> Setting[str]:
    """A setting that is one of ``words``; where ``off`` is one of them its usual spellings work."""

    def parse(text: str) -> str:
        word = text.strip().lower()
        if word in words:
            return word
        if word in _OFF and "off" in words:
            return "off"
        raise InvalidSetting(word)

    return Setting(tag, parse, ", ".join(words), default, cautious)


def until(tag: str) -> Setting[str]:
    """``off``, ``on``, or the time until which it is on; nonsense counts as on."""

    def parse(text: str) -> str:
        word = text.strip().lower()
        if word in _ON:
            return "on"
        if word in _OFF:
            return "off"
        try:
            moment = datetime.fromisoformat(text.strip())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            # The last hours of 9999 west of Greenwich are no date in UTC.
            moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise InvalidSetting(word) from None
        return moment.isoformat()

    return Setting(tag, parse, "on, off or a time like 2026-01-31T18:00:00Z", "off", "on")


def duration(tag: str, *, default: int, cautious: int, most: str | None = None) -> Setting[int]:
    """A setting in seconds, written ``90s``, ``5m``, ``2h``; at most ``most``, where that is given."""
    expected = "a duration like 90s, 5m or 2h" + (f", at most {most}" if most else "")

    def parse(text: str) -> int:
        seconds = parse_duration(text)
        if most is not None and seconds > parse_duration(most):
            raise InvalidSetting(f"{text!r} is longer than {most}")
        return seconds

    return Setting(tag, parse, expected, default, cautious)


def number(tag: str, *, least: int, most: int, default: int) -> Setting[int]:
    """A whole number within bounds."""

    def parse(text: str) -> int:
        word = text.strip()
        if not word.isascii() or not word.isdigit() or not least <= int(word) <= most:
            raise InvalidSetting(word)
        return int(word)

    return Setting(tag, parse, f"a number from {least} to {most}", default, default)


def from_ecs(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags as ECS describes them (``[{"key": ..., "value": ...}]``) as a mapping."""
    return {tag["key"]: tag.get("value", "") for tag in tags or () if "key" in tag}


def alert_route(tags: Mapping[str, str]) -> str | None:
    """What routes of alerts match as ``tag``: any text; an empty one is none."""
    return tags.get(ALERTS, "").strip() or None


ALERTS = "ecs-ops:alerts"
SPOT_DRAIN = switch("ecs-ops:spot-drain", default="on", cautious="dry-run", extra=("dry-run",))
SPOT_FALLBACK = switch("ecs-ops:spot-fallback", default="off", cautious="off", extra=("dry-run",))
SPOT_FALLBACK_HOLD = duration("ecs-ops:spot-fallback-hold", default=600, cautious=600)
SPOT_FALLBACK_LONGEST = duration("ecs-ops:spot-fallback-longest", default=86_400, cautious=86_400)
SPOT_FALLBACK_MAX = "ecs-ops:spot-fallback-max"
SPOT_FALLBACK_PROVIDER = "ecs-ops:spot-fallback-provider"
FALLBACK_FOR = "ecs-ops:fallback-for"
ROLLBACK = one_of(
    "ecs-ops:rollback", "off", "notify", "dry-run", "auto", default="notify", cautious="notify"
)
ROLLBACK_MANAGED = switch("ecs-ops:rollback-managed", default="off", cautious="off")
ROLLBACK_UNKNOWN = switch("ecs-ops:rollback-unknown", default="off", cautious="off")
DEPLOYMENT_NEWS = one_of(
    "ecs-ops:deployment-news", "failures", "all", default="failures", cautious="failures"
)
IRREVERSIBLE = switch("ecs-ops:irreversible", default="off", cautious="on")
FREEZE = until("ecs-ops:freeze")
BAKE = duration("ecs-ops:bake", default=900, cautious=900, most="7d")
PIN_DIGESTS = switch("ecs-ops:pin-digests", default="off", cautious="off")
REREGISTER = switch("ecs-ops:reregister", default="off", cautious="off")
KNOWN_BAD = one_of("ecs-ops:known-bad", "tell", "enforce", default="tell", cautious="tell")
BAKE_ALARMS = "ecs-ops:bake-alarms"
RELEASE_GROUP = "ecs-ops:release-group"
GROUP_ROLLBACK = one_of(
    "ecs-ops:group-rollback", "off", "alert", "auto", default="off", cautious="off"
)
RELEASE_ORDER = number("ecs-ops:release-order", least=0, most=999, default=0)
RELEASE_WINDOW = duration("ecs-ops:release-window", default=1800, cautious=1800, most="7d")
