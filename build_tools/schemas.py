"""Write what is generated from code and samples: ``python -m build_tools.schemas``."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from batch_jobs.spec import Spec
from batch_jobs.telling import JobEvent
from ecsops.alerts import Alert
from queue_scaling.telling import ScalingEvent
from spot_fallback.telling import FallbackEvent

_ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = _ROOT / "docs" / "schemas"
EVENTS = _ROOT / "events"
SAMPLES = _ROOT / "functions" / "alerts" / "sample_events.json"


def alert_schema() -> str:
    """The schema of an alert, version 1: the ``detail`` of an ``ECS Ops Alert`` event."""
    return _schema("alert-v1.json", Alert)


def scaling_schema() -> str:
    """The schema of a change of a desired count: the ``detail`` of an ``ECS Ops Scaling`` event."""
    return _schema("scaling-v1.json", ScalingEvent)


def spot_fallback_schema() -> str:
    """The schema of a change of a cover: the ``detail`` of an ``ECS Ops Spot Fallback`` event."""
    return _schema("spot-fallback-v1.json", FallbackEvent)


def _schema(name: str, kind: type[msgspec.Struct]) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": name,
        **msgspec.json.schema(kind),
    }
    return json.dumps(schema, indent=2) + "\n"


def job_schema() -> str:
    """The schema of a job spec, version 1, for editors and for ``ecs-ops jobs validate``."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "job-v1.json",
        **msgspec.json.schema(Spec),
    }
    return json.dumps(schema, indent=2) + "\n"


def job_event_schema() -> str:
    """The schema of an ``ECS Ops Job`` event's ``detail``, version 1."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "job-event-v1.json",
        **msgspec.json.schema(JobEvent),
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
    (SCHEMAS / "scaling-v1.json").write_text(scaling_schema(), encoding="utf-8")
    (SCHEMAS / "spot-fallback-v1.json").write_text(spot_fallback_schema(), encoding="utf-8")
    (SCHEMAS / "job-v1.json").write_text(job_schema(), encoding="utf-8")
    (SCHEMAS / "job-event-v1.json").write_text(job_event_schema(), encoding="utf-8")
    SAMPLES.write_text(samples(), encoding="utf-8")
