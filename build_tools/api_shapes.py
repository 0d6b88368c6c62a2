"""Write what the ECS API takes, from botocore's model: ``python -m build_tools.api_shapes``.

The audit must not import botocore (a lint has to answer at once), so it keeps names, types, fixed sets of
values, ranges of numbers, and lengths of texts and lists.
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
    "task definition": ("ecs", "RegisterTaskDefinitionRequest", "TaskDefinition"),
    "service": ("ecs", "CreateServiceRequest", "Service"),
    "scaling policy": ("application-autoscaling", "PutScalingPolicyRequest", "ScalingPolicy"),
    "scalable target": (
        "application-autoscaling",
        "RegisterScalableTargetRequest",
        "ScalableTarget",
    ),
    "target group": ("elbv2", "CreateTargetGroupInput", "TargetGroup"),
}
# What describe calls answer beside the resource, and a file holds within it.
_BESIDE = {
    "target group": {"Attributes": "document", "Tags": "document"},
    "scalable target": {"Tags": "document"},
    "scaling policy": {"Tags": "document"},
}


def shapes() -> str:
    """The file's text."""
    session = botocore.session.get_session()
    found: dict[str, Any] = {}
    roots = {}
    for name, (service, given, described) in _ROOTS.items():
        model = session.get_service_model(service)
        given_shape: Any = model.shape_for(given)
        described_shape: Any = model.shape_for(described)
        members = {**described_shape.members, **given_shape.members}
        space = "" if service == "ecs" else f"{service}."
        roots[name] = _structure(members, given_shape.required_members, found, space)
        roots[name]["members"] = _BESIDE.get(name, {}) | roots[name]["members"]
    document = {"botocore": botocore.__version__, "roots": roots, "shapes": found}
    return json.dumps(document, separators=(",", ":"), sort_keys=True) + "\n"


def _structure(
    members: Any, required: list[str], found: dict[str, Any], space: str
) -> dict[str, Any]:
    return {
        "members": {name: _name(shape, found, space) for name, shape in members.items()},
        "required": sorted(required),
    }


def _name(shape: Any, found: dict[str, Any], space: str) -> str:
    if getattr(shape, "is_document_type", False):
        return "document"
    # Plain scalars are their type; everything else is a shape of the file.
    limits, name = _limits(shape), f"{space}{shape.name}"
    if shape.type_name not in ("structure", "list", "map") and not limits:
        return str(shape.type_name)
    if name not in found:
        found[name] = {}
        match shape.type_name:
            case "structure":
                found[name] = _structure(shape.members, shape.required_members, found, space)
            case "list":
                found[name] = {"items": _name(shape.member, found, space)} | limits
            case "map":
                found[name] = {"values": _name(shape.value, found, space)}
            case _:
                found[name] = {"type": shape.type_name} | limits
    return name


def _limits(shape: Any) -> dict[str, Any]:
    if shape.type_name == "string" and shape.enum:
        return {"enum": sorted(shape.enum)}
    if shape.type_name not in ("integer", "long", "string", "list"):
        return {}
    limits = {key: shape.metadata[key] for key in ("min", "max") if key in shape.metadata}
    if shape.type_name in ("string", "list") and not limits.get("min"):
        limits.pop("min", None)
    return limits


if __name__ == "__main__":
    TARGET.write_text(shapes(), encoding="utf-8")
