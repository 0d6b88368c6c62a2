"""Short builders of what the tests of alerts are about."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ecsops.alerts import Alert
from ecsops.queue import Message
from tests.unit.ecsops.events.sample_events import load


def alert(**changes: Any) -> Alert:
    return Alert(
        **{
            "incident": "spot_drain/web/1",
            "stage": "storm-1",
            "severity": "info",
            "state": "resolved",
            "capability": "spot_drain",
            "title": "prod/web: Spot took 3 tasks",
            "summary": "Nothing was lost.",
            "at": 1_772_442_012.0,
            **changes,
        }
    )


def message(name: str = "m1", **changes: Any) -> Message:
    document = load("ecs-ops-alert") | {"detail": msgspec.to_builtins(alert(**changes))}
    return Message(name, json.dumps(document))
