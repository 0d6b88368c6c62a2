"""What a target receives: the event, a part of it, a constant, or a transformed text. Pure.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_STEP = re.compile(r"\.([A-Za-z_@][\w\-]*)|\['([^']+)'\]|\[(\d+)\]|\[(\*)\]")
_MISSING = object()


def target_input(target: Mapping[str, Any], event: dict[str, Any], rule: Mapping[str, str]) -> str:
    """Render the text that is sent to ``target``; ``rule`` holds its ``name`` and ``arn``."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        found = _at(str(target["InputPath"]), event)
        return json.dumps({} if found is _MISSING else found)
    if "InputTransformer" in target:
        return _transform(target["InputTransformer"], event, rule)
    return json.dumps(event)


def validate_target_input(target: Mapping[str, Any]) -> None:
    """Refuse what PutTargets refuses."""
    given = [name for name in ("Input", "InputPath", "InputTransformer") if name in target]
    if len(given) > 1:
        raise ApiError(
            "ValidationException",
            "Only one of Input, InputPath, or InputTransformer must be provided for target "
            f"{target['Id']}.",
        )
    if "Input" in target:
        _check_json(str(target["Input"]), str(target["Id"]))
    paths = [target["InputPath"]] if "InputPath" in target else []
    paths += target.get("InputTransformer", {}).get("InputPathsMap", {}).values()
    for path in paths:
        _steps(str(path))


def _check_json(text: str, target_id: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise ApiError(
            "ValidationException", f"JSON syntax error in input for target {target_id}."
        ) from error


def _transform(
    transformer: Mapping[str, Any], event: dict[str, Any], rule: Mapping[str, str]
) -> str:
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-name": rule["name"],
        "aws.events.rule-arn": rule["arn"],
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    return _fill(str(transformer["InputTemplate"]), values)


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """Replace the placeholders: in a JSON string by the bare text, elsewhere by the JSON value."""
    parts: list[str] = []
    position = 0
    in_string = False
    for found in _PLACEHOLDER.finditer(template):
        before = template[position : found.start()]
        in_string ^= len(re.findall(r'(?<!\\)"', before)) % 2 == 1
        parts.append(before)
        position = found.end()
        if found[1] not in values:
            parts.append(found[0])
        else:
            parts.append(_rendered(values[found[1]], in_string=in_string))
    return "".join([*parts, template[position:]])


def _rendered(value: object, *, in_string: bool) -> str:
    # A variable whose path the event does not have "isn't created and won't appear in the output".
    if value is _MISSING:
        return "" if in_string else '""'
    if not in_string:
        return json.dumps(value)
    return json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value)


def _steps(path: str) -> list[str | int]:
    if not path.startswith("$"):
        raise ApiError("ValidationException", f"Invalid InputPath {path}: it must start with $")
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if not found:
            raise ApiError("ValidationException", f"Invalid InputPath {path}")
        name, quoted, index, star = found.groups()
        steps.append(int(index) if index is not None else star or name or quoted)
        position = found.end()
    return steps


def _at(path: str, event: object) -> object:
    return _follow(_steps(path), event)


def _follow(steps: list[str | int], found: object) -> object:
    for number, step in enumerate(steps):
        match found:
            case list() if step == "*":
                return [_follow(steps[number + 1 :], element) for element in found]
            case list() if isinstance(step, int) and step < len(found):
                found = found[step]
            case dict() if step in found:
                found = found[step]
            case _:
                return _MISSING
    return found
