"""The parameters of a template: defaults, types, constraints. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.stack.translate import InvalidTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | list[str]
LISTS = ("CommaDelimitedList", "List<")


def resolve_parameters(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Value]:
    """Give every declared parameter a value, or say what CloudFormation would refuse."""
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise InvalidTemplate(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name in declared if name not in given and "Default" not in declared[name]]
    if missing:
        raise InvalidTemplate(f"Parameters: [{', '.join(missing)}] must have values")
    return {
        name: _value(name, declaration, str(given.get(name, declaration.get("Default"))))
        for name, declaration in declared.items()
    }


def as_texts(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """The same values as text, as the SAM translator wants them."""
    values = resolve_parameters(declared, given)
    return {
        name: ",".join(value) if isinstance(value, list) else value
        for name, value in values.items()
    }


def _value(name: str, declaration: Mapping[str, Any], text: str) -> Value:
    kind = declaration.get("Type", "String")
    if kind.startswith("AWS::SSM::"):
        raise InvalidTemplate(f"the sandbox does not resolve parameter {name} of type {kind}")
    values = (
        [part.strip() for part in text.split(",")] if kind.startswith(LISTS) and text else [text]
    )
    for value in values:
        _check(name, declaration, value)
    if not kind.startswith(LISTS):
        return text
    return values if text else []


def _check(name: str, declaration: Mapping[str, Any], value: str) -> None:
    allowed = declaration.get("AllowedValues")
    if allowed is not None and value not in [str(each) for each in allowed]:
        _refuse(name, declaration, f"must be one of [{', '.join(str(each) for each in allowed)}]")
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value):
        _refuse(name, declaration, f"must match pattern {pattern}")
    if len(value) < int(declaration.get("MinLength", 0)):
        _refuse(name, declaration, f"must contain at least {declaration['MinLength']} characters")
    if len(value) > int(declaration.get("MaxLength", 4096)):
        _refuse(
            name,
            declaration,
            f"must contain at most {declaration.get('MaxLength', 4096)} characters",
        )
    if "Number" in declaration.get("Type", "String"):
        _check_number(name, declaration, value)


def _check_number(name: str, declaration: Mapping[str, Any], value: str) -> None:
    try:
        number = float(value)
    except ValueError:
        _refuse(name, declaration, "must be a number")
    else:
        if number < float(declaration.get("MinValue", "-inf")):
            _refuse(name, declaration, f"must be a number not less than {declaration['MinValue']}")
        if number > float(declaration.get("MaxValue", "inf")):
            _refuse(
                name, declaration, f"must be a number not greater than {declaration['MaxValue']}"
            )


def _refuse(name: str, declaration: Mapping[str, Any], reason: str) -> None:
    reason = declaration.get("ConstraintDescription", reason)
    raise InvalidTemplate(f"Parameter '{name}' {reason}")
