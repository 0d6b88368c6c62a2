"""The user's own patterns, and the alert as sinks get it."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import msgspec

from alerts.incident import key_digest
from ecsops.alerts import Alert
from ecsops.redaction import redact, redact_text


@functools.cache
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The user's own patterns, which the routes document has checked."""
    return tuple(re.compile(pattern) for pattern in patterns)


def for_readers(alert: Alert, extra: Sequence[re.Pattern[str]] = ()) -> Alert:
    """The alert without secrets in its names either: routes have matched them by now."""

    def clean(name: str | None) -> str | None:
        return name and redact_text(name, extra)

    incident = redact_text(alert.incident, extra)
    if incident != alert.incident:
        # What differs in what was taken out is still another incident.
        incident = f"{incident} #{key_digest(alert.incident)}"
    return msgspec.structs.replace(
        redact(alert, extra),
        incident=incident,
        stage=redact_text(alert.stage, extra),
        cluster=clean(alert.cluster),
        service=clean(alert.service),
        route=clean(alert.route),
        resources=tuple(redact_text(arn, extra) for arn in alert.resources),
    )
