"""Write the JSON schemas that are generated from the code: ``python -m build_tools.schemas``."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from ecsops.alerts import Alert

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"


def alert_schema() -> str:
    """The schema of an alert, version 1: the ``detail`` of an ``ECS Ops Alert`` event."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "alert-v1.json",
        **msgspec.json.schema(Alert),
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    (SCHEMAS / "alert-v1.json").write_text(alert_schema(), encoding="utf-8")
