"""Write what is generated from code and samples: ``python -m build_tools.schemas``."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from ecsops.alerts import Alert

_ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = _ROOT / "docs" / "schemas"
EVENTS = _ROOT / "events"
SAMPLES = _ROOT / "functions" / "alerts" / "sample_events.json"


def alert_schema() -> str:
    """The schema of an alert, version 1: the ``detail`` of an ``ECS Ops Alert`` event."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "alert-v1.json",
        **msgspec.json.schema(Alert),
    }
    return json.dumps(schema, indent=2) + "\n"


def samples() -> str:
    """All sample events in one file: what the self-test holds against the stack's rules."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(EVENTS.glob("*.json"))}
    # Some samples are messages that come to a queue without passing a bus.
    found = {name: event for name, event in found.items() if "detail-type" in event}
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (SCHEMAS / "alert-v1.json").write_text(alert_schema(), encoding="utf-8")
    SAMPLES.write_text(samples(), encoding="utf-8")
