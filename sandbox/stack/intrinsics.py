"""Ref, Fn::Sub and the others: the values of a template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.stack.translate import InvalidTemplate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.stack.parameters import Value

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_NO_VALUE = object()


@dataclass(frozen=True, slots=True)
class Created:
    """A resource that exists: what Ref gives, and what Fn::GetAtt gives."""

    ref: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Scope:
    """Everything a value of the template can refer to."""

    pseudo: Mapping[str, Value]
    parameters: Mapping[str, Value]
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    created: dict[str, Created] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """Replace every intrinsic function in a value; members that are AWS::NoValue disappear."""
        if isinstance(value, list):
            resolved = [self.resolve(each) for each in value]
            return [each for each in resolved if each is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, argument)
            if name.startswith("Fn::"):
                raise InvalidTemplate(f"the sandbox does not evaluate {name}")
        members = {name: self.resolve(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not _NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Evaluate a named condition."""
        if condition not in self.conditions:
            raise InvalidTemplate(f"Template validation error: unresolved condition {condition}")
        return _truth(self, self.conditions[condition])

    def reference(self, name: str) -> Any:
        """What Ref gives."""
        if name == "AWS::NoValue":
            return _NO_VALUE
        for values in (self.pseudo, self.parameters):
            if name in values:
                return values[name]
        if name in self.created:
            return self.created[name].ref
        raise InvalidTemplate(f"Template validation error: unresolved reference {name}")

    def attribute(self, logical_id: str, name: str) -> Any:
        """What Fn::GetAtt gives."""
        attributes = self.created[logical_id].attributes if logical_id in self.created else {}
        if name not in attributes:
            raise InvalidTemplate(f"{logical_id} has no attribute {name} in the sandbox")
        return attributes[name]


def references(value: Any) -> Iterator[str]:
    """Every name that a value refers to: parameters, pseudo parameters and resources alike."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    if not isinstance(value, dict):
        return
    for name, argument in value.items():
        if name == "Ref":
            yield argument
        elif name == "Fn::GetAtt":
            yield argument[0] if isinstance(argument, list) else argument.partition(".")[0]
        elif name == "Fn::Sub":
            yield from _sub_references(argument)
        else:
            yield from references(argument)


def _sub_references(argument: Any) -> Iterator[str]:
    text, own = argument if isinstance(argument, list) else (argument, {})
    yield from references(own)
    for escaped, name in _PLACEHOLDER.findall(text):
        if not escaped and name not in own:
            yield name if name.startswith("AWS::") else name.partition(".")[0]


def _get_att(scope: Scope, argument: Any) -> Any:
    logical_id, name = argument if isinstance(argument, list) else argument.split(".", 1)
    return scope.attribute(logical_id, scope.resolve(name))


def _sub(scope: Scope, argument: Any) -> str:
    text, own = argument if isinstance(argument, list) else (argument, {})
    values = {name: scope.resolve(value) for name, value in own.items()}

    def replaced(found: re.Match[str]) -> str:
        escaped, name = found.groups()
        if escaped:
            return f"${{{name}}}"
        if name in values:
            return str(values[name])
        if "." in name and not name.startswith("AWS::"):
            return str(scope.attribute(*name.split(".", 1)))
        return str(scope.reference(name))

    return _PLACEHOLDER.sub(replaced, text)


def _join(scope: Scope, argument: Any) -> str:
    delimiter, values = argument
    return str(delimiter).join(str(each) for each in scope.resolve(values))


def _select(scope: Scope, argument: Any) -> Any:
    index, values = argument
    found = scope.resolve(values)
    position = int(scope.resolve(index))
    if not 0 <= position < len(found):
        raise InvalidTemplate(f"Fn::Select cannot select nonexistent value at index {position}")
    return found[position]


def _split(scope: Scope, argument: Any) -> list[str]:
    delimiter, text = argument
    return str(scope.resolve(text)).split(delimiter)


def _find_in_map(scope: Scope, argument: Any) -> Any:
    name, top, second = (scope.resolve(part) for part in argument[:3])
    try:
        return scope.mappings[name][top][second]
    except KeyError as error:
        message = f"Template error: mapping {name} has no value at {top}, {second}"
        raise InvalidTemplate(message) from error


def _if(scope: Scope, argument: Any) -> Any:
    condition, then, otherwise = argument
    return scope.resolve(then if scope.holds(condition) else otherwise)


def _truth(scope: Scope, expression: Any) -> bool:
    ((name, argument),) = expression.items()
    match name:
        case "Fn::Equals":
            left, right = (scope.resolve(each) for each in argument)
            return bool(str(left) == str(right))
        case "Fn::And":
            return all(_truth(scope, each) for each in argument)
        case "Fn::Or":
            return any(_truth(scope, each) for each in argument)
        case "Fn::Not":
            return not _truth(scope, argument[0])
        case "Condition":
            return scope.holds(argument)
    raise InvalidTemplate(f"the sandbox does not evaluate {name} in a condition")


def _refused(name: str) -> Callable[[Scope, Any], Any]:
    def refuse(_scope: Scope, _argument: Any) -> Any:
        raise InvalidTemplate(f"the sandbox does not evaluate {name}: a stack stands alone here")

    return refuse


_FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "Ref": lambda scope, argument: scope.reference(argument),
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::Base64": lambda scope, argument: base64.b64encode(
        str(scope.resolve(argument)).encode()
    ).decode(),
    "Fn::GetAZs": lambda scope, _argument: [
        f"{scope.pseudo['AWS::Region']}{zone}" for zone in "abc"
    ],
    "Fn::ImportValue": _refused("Fn::ImportValue"),
}
