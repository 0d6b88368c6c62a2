"""Every constraint that botocore's model has on what we read is enforced by a rule of the audit.

The model is walked here, not at lint time: what is required, of a set, in a range or of a length is broken in
a document of its own, and the rule of that resource must say so at that field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from audit.catalogue import all_rules
from audit.evaluation import evaluate
from audit.model.graph import Graph, Item
from audit.model.load_balancing import TargetGroup
from audit.model.node import Path, format_path
from audit.model.resource import Resource
from audit.model.scaling import ScalableTarget, ScalingPolicy
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Outcome, Profile

_INPUTS: dict[type[Resource], tuple[str, str]] = {
    TaskDefinition: ("ecs", "RegisterTaskDefinition"),
    Service: ("ecs", "CreateService"),
    ScalingPolicy: ("application-autoscaling", "PutScalingPolicy"),
    ScalableTarget: ("application-autoscaling", "RegisterScalableTarget"),
    TargetGroup: ("elbv2", "CreateTargetGroup"),
}
_DEEPEST = 9


def _walk(shape: Any, path: Path, seen: tuple[str, ...]) -> Iterator[tuple[Path, Any, list[str]]]:
    """Every member: its path, shape, and the members that it requires."""
    required = list(shape.required_members) if shape.type_name == "structure" else []
    yield path, shape, required
    if shape.name in seen or len(seen) > _DEEPEST:
        return
    inner = (*seen, shape.name)
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, member in shape.members.items():
            yield from _walk(member, (*path, name), inner)
    elif shape.type_name == "list":
        yield from _walk(shape.member, (*path, 0), inner)


def _broken(shape: Any) -> Iterator[Any]:
    """Values that the model forbids."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    match shape.type_name:
        case "string" if shape.enum:
            yield "nothing of the kind"
        case "string":
            yield from ["x" * (most + 1)] if most else []
            yield from [""] if least else []
        case "integer" | "long":
            yield from [least - 1] if least is not None else []
            yield from [most + 1] if most is not None and most < 2**31 - 1 else []
        case "list" if shape.member.type_name == "string":
            yield from [["x"] * (most + 1)] if most else []
            yield from [[]] if least else []


def _constraints() -> Iterator[Any]:
    session = botocore.session.get_session()
    for kind, (service, operation) in _INPUTS.items():
        model = session.get_service_model(service).operation_model(operation).input_shape
        for path, shape, required in _walk(model, (), ()):
            for value in _broken(shape):
                name = f"{kind.kind} {format_path(path)} {str(value)[:20]!r}"
                yield pytest.param(kind, path, value, path, id=name)
            for name in required:
                told = f"{kind.kind} {format_path((*path, name))} missing"
                # A service without a name and a cluster may have both elsewhere.
                value = {"cluster": "prod"} if kind is Service and not path else {"": ""}
                yield pytest.param(kind, path, value, (*path, name), id=told)


def _document(path: Path, value: Any) -> Any:
    """The least document that holds the value there."""
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    return value


@pytest.mark.parametrize(("kind", "path", "value", "at"), [*_constraints()])
def test_the_model_is_enforced(kind: type[Resource], path: Path, value: Any, at: Path) -> None:
    found = evaluate(Graph([Item(kind, _document(path, value))]), _RULES)
    failed = {each.path for each in found if each.outcome is Outcome.FAIL}
    # Some rules say it of the whole element.
    assert any(at[: len(each)] == each and each for each in failed), sorted(map(str, failed))


_RULES = [each for each in all_rules() if each.profile is Profile.VALIDITY]
