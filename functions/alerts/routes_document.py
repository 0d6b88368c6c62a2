"""The routes document: YAML -> ``Routes``. Every error names the line and the field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

from alerts.plan import Limits
from alerts.routing import BUILT_IN, Hours, Maintenance, Match, Route, Routes, Sink, SinkType
from alerts.slow_patterns import is_slow
from alerts.yaml_fields import Field, compose
from ecsops.alerts import Severity

_FIELDS = ("version", "sinks", "routes", "default", "selftest", "maintenance", "limits", "redact")
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
_LOWER: tuple[Severity, ...] = ("info", "warning")
_TYPES: tuple[SinkType, ...] = ("slack", "webhook", "apprise")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SINK_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MAX_PATTERN, _MAX_PATTERNS = 200, 20
_CHANNEL = re.compile(r"[CDG][A-Z0-9]+")
# The token is sent there: nobody who may write the routes, but not read the secret, must get it.
_SLACK = re.compile(
    r"https://(?:slack|slack-gov)\.com/\S*|http://(?:127\.0\.0\.1|localhost)(?::\d+)?(?:/\S*)?"
)


def parse_routes(text: str) -> Routes:
    """Read and check the document; raises ``InvalidSetting`` naming line and field."""
    root = compose(text)
    if root is None:
        return Routes()
    fields = root.fields(*_FIELDS)
    if "version" in fields:
        fields["version"].one_of(("1",))
    sinks = tuple(_sinks(fields["sinks"])) if "sinks" in fields else ()
    names = frozenset((*BUILT_IN, *(sink.name for sink in sinks)))
    return Routes(
        sinks=sinks,
        routes=tuple(_route(item, names) for item in _items(fields, "routes")),
        default=_to(fields["default"], names) if "default" in fields else ("sns",),
        selftest=_to(fields["selftest"], names) if "selftest" in fields else ("sns",),
        maintenance=tuple(_maintenance(item) for item in _items(fields, "maintenance")),
        limits=_limits(fields["limits"]) if "limits" in fields else Limits(),
        redact=tuple(_patterns(fields["redact"])) if "redact" in fields else (),
    )


def _items(fields: dict[str, Field], name: str) -> list[Field]:
    return fields[name].items() if name in fields else []


def _sinks(field: Field) -> Iterable[Sink]:
    for name, sink in field.named():
        if name in BUILT_IN or not _SINK_NAME.fullmatch(name):
            raise sink.problem(
                f"{name!r} cannot be a sink's name: lower-case letters, digits, - and _, "
                f"and none of {', '.join(BUILT_IN)}, which are always there"
            )
        parts = sink.fields("type", "secret", "channel", "api", required=("type", "secret"))
        kind = parts["type"].one_of(_TYPES)
        for only_slack in ("channel", "api"):
            if only_slack in parts and kind != "slack":
                raise parts[only_slack].problem("only a sink of type slack has it")
        if kind == "slack" and "channel" not in parts:
            raise sink.problem("'channel' is missing: a channel's id, e.g. C0123456789")
        api = (
            parts["api"].read(_url, "https://slack.com/api/ or https://slack-gov.com/api/")
            if "api" in parts
            else None
        )
        channel = (
            parts["channel"].read(_channel, "a channel's id, e.g. C0123456789")
            if "channel" in parts
            else None
        )
        yield Sink(name, kind, parts["secret"].text(), channel, api)


def _url(text: str) -> str:
    if not _SLACK.fullmatch(text):
        raise ValueError(text)
    return text if text.endswith("/") else text + "/"


def _channel(text: str) -> str:
    """An id: a channel's name changes, and cannot be asked for its messages."""
    if not _CHANNEL.fullmatch(text):
        raise ValueError(text)
    return text


def _route(field: Field, names: frozenset[str]) -> Route:
    parts = field.fields("match", "to", "hours", required=("to",))
    match = _match(parts["match"]) if "match" in parts else Match()
    hours = _hours(parts["hours"]) if "hours" in parts else None
    return Route(match, _to(parts["to"], names), hours)


def _to(field: Field, names: frozenset[str]) -> tuple[str, ...]:
    chosen = field.texts()
    for name in chosen:
        if name not in names:
            raise field.problem(
                f"no sink is called {name!r}; there are: {', '.join(sorted(names))}"
            )
    if not chosen:
        raise field.problem("is empty: nobody would be told")
    return tuple(dict.fromkeys(chosen))


def _match(field: Field) -> Match:
    parts = field.fields("severity", "capability", "cluster", "service", "tag")
    for part in parts.values():
        if not part.one_or_many():
            raise part.problem("is empty: leave it out to match everything")
    severities: tuple[Severity, ...] = ()
    if "severity" in parts:
        severities = tuple(item.one_of(_SEVERITIES) for item in parts["severity"].one_or_many())
    texts = {name: part.texts() for name, part in parts.items() if name != "severity"}
    return Match(severity=severities, **texts)


def _hours(field: Field) -> Hours:
    names = ("days", "from", "to", "zone")
    parts = field.fields(*names, required=names)
    zone = parts["zone"].text()
    if zone not in available_timezones():
        raise parts["zone"].problem(f"no time zone is called {zone!r}; e.g. Europe/Berlin, UTC")
    days = frozenset(day for item in parts["days"].one_or_many() for day in _days(item))
    start, end = (parts[name].read(_clock, "a time like 09:00") for name in ("from", "to"))
    return Hours(days, start, end, ZoneInfo(zone).key)


def _days(field: Field) -> list[int]:
    first, dash, last = field.text().lower().partition("-")
    chosen = [first.strip(), last.strip() if dash else first.strip()]
    if any(day not in _DAYS for day in chosen):
        raise field.problem(f"expected days like mon or mon-fri, got {field.text()!r}")
    begin, end = (_DAYS.index(day) for day in chosen)
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def _clock(text: str) -> time:
    if not re.fullmatch(r"\d\d:\d\d", text):
        raise ValueError(text)
    return time.fromisoformat(text)


def _maintenance(field: Field) -> Maintenance:
    parts = field.fields("match", "from", "to", "delay", "severity", required=("from", "to"))
    start, end = (
        parts[name].read(_moment, "a time with offset like 2026-01-05T22:00:00+01:00")
        for name in ("from", "to")
    )
    if end <= start:
        raise parts["to"].problem("ends before it begins")
    delay = parts["delay"].flag() if "delay" in parts else False
    severity = parts["severity"].one_of(_LOWER) if "severity" in parts else None
    if not delay and severity is None:
        raise field.problem("says neither 'delay: true' nor a 'severity': it would do nothing")
    return Maintenance(
        _match(parts["match"]) if "match" in parts else Match(), start, end, delay, severity
    )


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.timestamp()


def _limits(field: Field) -> Limits:
    parts = field.fields("updates", "threads", "threads_total")
    most = {"updates": 50, "threads": 500, "threads_total": 500}
    return Limits(**{name: part.whole(1, most[name]) for name, part in parts.items()})


def _patterns(field: Field) -> Iterable[str]:
    items = field.items()
    if len(items) > _MAX_PATTERNS:
        raise field.problem(f"more than {_MAX_PATTERNS} patterns")
    for item in items:
        text = item.text()
        if len(text) > _MAX_PATTERN:
            raise item.problem(f"longer than {_MAX_PATTERN} characters")
        try:
            pattern = re.compile(text)
        except (re.PatternError, OverflowError) as error:
            raise item.problem(f"not a regular expression: {error}") from None
        if pattern.search(""):
            raise item.problem("matches the empty text, so it would redact everything")
        if is_slow(text):
            raise item.problem(
                "takes for ever on some texts: avoid repeats of repeats, several * in a row, "
                "and alternatives that match the same"
            )
        yield text
