"""Calls an AWS API with the values of a template, which are looser than an API's: "10" for 10."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StructureShape

if TYPE_CHECKING:
    from sandbox.stack.resource import Properties, Resource


def call(resource: Resource, service: str, operation: str, params: Properties) -> dict[str, Any]:
    """Make a call as the operator; a member that the API does not know stops the deployment."""
    client = resource.into.client(service)
    shape = client.meta.service_model.operation_model(operation).input_shape
    shaped = _shaped(resource, shape, params, "")
    answer: dict[str, Any] = getattr(client, xform_name(operation))(**shaped)
    return answer


def json_text(value: Any) -> str:
    """A document that a template may give as an object or as text."""
    return value if isinstance(value, str) else json.dumps(value)


def _shaped(resource: Resource, shape: Shape, value: Any, path: str) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(resource, shape, value, path)
    if isinstance(shape, ListShape):
        return [_shaped(resource, shape.member, each, path) for each in value]
    if isinstance(shape, MapShape):
        return {str(k): _shaped(resource, shape.value, v, f"{path}.{k}") for k, v in value.items()}
    return _scalar(shape.type_name, value)


def _structure(resource: Resource, shape: StructureShape, value: Any, path: str) -> Properties:
    if not isinstance(value, dict):
        raise resource.unsupported(f"property {path} has to be an object")
    unknown = sorted(set(value) - set(shape.members))
    if unknown:
        raise resource.unsupported(f"property {path}.{unknown[0]}".replace(" .", " "))
    return {
        name: _shaped(resource, shape.members[name], member, f"{path}.{name}".lstrip("."))
        for name, member in value.items()
    }


def _scalar(kind: str, value: Any) -> Any:
    match kind:
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case "boolean":
            return value if isinstance(value, bool) else str(value).lower() == "true"
        case "timestamp":
            return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
        case "blob":
            return value
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)
