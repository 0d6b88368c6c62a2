"""Write what the ECS API takes, from botocore's model: ``python -m build_tools.api_shapes``.

The audit must not import botocore (a lint has to answer at once), so it keeps names, types, fixed sets of
values, and ranges of numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore
import botocore.session

TARGET = (
    Path(__file__).resolve().parent.parent / "functions" / "audit" / "model" / "api_shapes.json"
)
# What registers or creates, and what describes: a file may hold either.
_ROOTS = {
    "task definition": ("RegisterTaskDefinitionRequest", "TaskDefinition"),
    "service": ("CreateServiceRequest", "Service"),
}


def shapes() -> str:
    """The file's text."""
    model = botocore.session.get_session().get_service_model("ecs")
    found: dict[str, Any] = {}
    roots = {}
    for name, (given, described) in _ROOTS.items():
        given_shape: Any = model.shape_for(given)
        described_shape: Any = model.shape_for(described)
        members = {**described_shape.members, **given_shape.members}
        roots[name] = _structure(members, given_shape.required_members, found)
    document = {"botocore": botocore.__version__, "roots": roots, "shapes": found}
    return json.dumps(document, separators=(",", ":"), sort_keys=True) + "\n"


def _structure(members: Any, required: list[str], found: dict[str, Any]) -> dict[str, Any]:
    return {
        "members": {name: _name(shape, found) for name, shape in members.items()},
        "required": sorted(required),
    }


def _name(shape: Any, found: dict[str, Any]) -> str:
    if getattr(shape, "is_document_type", False):
        return "document"
    # Plain scalars are their type; everything else is a shape of the file.
    limits = _limits(shape)
    if shape.type_name not in ("structure", "list", "map") and not limits:
        return str(shape.type_name)
    if shape.name not in found:
        found[shape.name] = {}
        match shape.type_name:
            case _ if limits:
                found[shape.name] = {"type": shape.type_name} | limits
            case "structure":
                found[shape.name] = _structure(shape.members, shape.required_members, found)
            case "list":
                found[shape.name] = {"items": _name(shape.member, found)}
            case _:
                found[shape.name] = {"values": _name(shape.value, found)}
    return str(shape.name)


def _limits(shape: Any) -> dict[str, Any]:
    if shape.type_name == "string" and shape.enum:
        return {"enum": sorted(shape.enum)}
    if shape.type_name in ("integer", "long"):
        return {key: shape.metadata[key] for key in ("min", "max") if key in shape.metadata}
    return {}


if __name__ == "__main__":
    TARGET.write_text(shapes(), encoding="utf-8")
