"""The values of a template as far as the template alone tells them; the rest is ``Unresolved``.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
Texts are resolved in part: ``${AWS::AccountId}.dkr.ecr...:latest`` still shows its tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from audit.model.node import Unresolved

_VARIABLE = re.compile(r"\$\{(!?)([^{}]+)\}")
_MISSING = Unresolved("not in the template")
_REMOVED = object()
_PSEUDO: Mapping[str, Any] = {
    "AWS::NoValue": _REMOVED,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    **{
        name: "${" + name + "}"
        for name in ("AWS::AccountId", "AWS::Region", "AWS::StackId", "AWS::StackName")
    },
}
_DEEPEST = 200


class Scope:
    """What the values of a template may refer to."""

    def __init__(
        self,
        *,
        parameters: Mapping[str, Any],
        mappings: Mapping[str, Any],
        conditions: Mapping[str, Any],
        references: Mapping[str, Any],
        attributes: Callable[[str, str], Any],
    ) -> None:
        """``attributes`` answers Fn::GetAtt."""
        self.parameters = parameters
        self.mappings = mappings
        self.conditions = conditions
        self.references = references
        self.attributes = attributes
        self._done: dict[int, Any] = {}
        self._depth = 0
        self._deciding: set[str] = set()

    def resolve(self, value: Any) -> Any:
        """The value without its intrinsic functions; what disappears is left out of its holder."""
        if not isinstance(value, dict | list):
            return value
        if id(value) in self._done:
            return self._done[id(value)]  # YAML aliases: the same value in many places
        if self._depth > _DEEPEST:
            return Unresolved("nested too deeply")
        self._depth += 1
        resolved = self._list(value) if isinstance(value, list) else self._dict(value)
        self._depth -= 1
        self._done[id(value)] = resolved
        return resolved

    def _list(self, value: list[Any]) -> list[Any]:
        return [each for item in value if (each := self.resolve(item)) is not _REMOVED]

    def _dict(self, value: dict[str, Any]) -> Any:
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = _FUNCTIONS.get(name)
            if function is not None:
                return function(self, argument)
            if name.startswith("Fn::"):
                return Unresolved(f"{name} is not known before the stack is created")
        members = {name: self.resolve(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not _REMOVED}

    def reference(self, name: Any) -> Any:
        """What Ref gives."""
        if not isinstance(name, str):
            return _MISSING
        for known in (_PSEUDO, self.parameters, self.references):
            if name in known:
                return known[name]
        return Unresolved(f"{name} is not in the template")

    def holds(self, name: Any) -> bool | None:
        """Is the condition true? None if the template alone does not tell."""
        if not isinstance(name, str) or name not in self.conditions or name in self._deciding:
            return None
        self._deciding.add(name)
        answer = self.truth(self.conditions[name])
        self._deciding.discard(name)
        return answer

    def truth(self, condition: Any) -> bool | None:
        """Three-valued logic over Fn::Equals, And, Or, Not and Condition."""
        if not isinstance(condition, dict) or len(condition) != 1 or self._depth > _DEEPEST:
            return None
        self._depth += 1
        ((name, argument),) = condition.items()
        answer = self._truth(name, argument)
        self._depth -= 1
        return answer

    def _truth(self, name: str, argument: Any) -> bool | None:
        if name == "Condition":
            return self.holds(argument)
        operands = argument if isinstance(argument, list) else []
        answers = [self.truth(each) for each in operands]
        match name:
            case "Fn::Equals" if len(operands) == 2:
                left, right = (self.resolve(each) for each in operands)
                return None if _open(left) or _open(right) else str(left) == str(right)
            case "Fn::Not" if len(answers) == 1 and answers[0] is not None:
                return not answers[0]
            case "Fn::And" if answers:
                return False if False in answers else (None if None in answers else True)
            case "Fn::Or" if answers:
                return True if True in answers else (None if None in answers else False)
            case _:
                return None


def _open(value: Any) -> bool:
    return (
        isinstance(value, Unresolved | dict | list)
        or value is _REMOVED
        or (isinstance(value, str) and "${" in value)
    )


def _ref(scope: Scope, argument: Any) -> Any:
    return scope.reference(argument)


def _get_att(scope: Scope, argument: Any) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if isinstance(parts, list) and len(parts) == 2 and all(isinstance(p, str) for p in parts):
        return scope.attributes(parts[0], parts[1])
    return _MISSING


def _if(scope: Scope, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        return _MISSING
    answer = scope.holds(argument[0])
    if answer is not None:
        return scope.resolve(argument[1 if answer else 2])
    yes, no = scope.resolve(argument[1]), scope.resolve(argument[2])
    absent = yes is _REMOVED or no is _REMOVED
    return yes if yes == no else Unresolved(f"depends on condition {argument[0]}", absent)


def _sub(scope: Scope, argument: Any) -> Any:
    text, own = argument, {}
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
        text, own = argument[0], argument[1]
    if not isinstance(text, str):
        return _MISSING

    def replace(match: re.Match[str]) -> str:
        literal, name = match[1], match[2].strip()
        if literal:
            return "${" + name + "}"
        if name in own:
            value = scope.resolve(own[name])
        elif "." in name:
            value = _get_att(scope, name)
        else:
            value = scope.reference(name)
        return _written(value, "${" + name + "}")

    return _VARIABLE.sub(replace, text)


def _join(scope: Scope, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
        return _MISSING
    parts = scope.resolve(argument[1])
    if not isinstance(parts, list):
        return parts if isinstance(parts, Unresolved) else _MISSING
    return argument[0].join(_written(part, "${unknown}") for part in parts)


def _written(value: Any, unknown: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
        case _:
            return unknown


def _select(scope: Scope, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        return _MISSING
    index, choices = scope.resolve(argument[0]), scope.resolve(argument[1])
    known = isinstance(choices, list) and str(index).isdecimal() and len(str(index)) < 6
    if known and int(index) < len(choices):
        return choices[int(index)]
    return choices if isinstance(choices, Unresolved) else _MISSING


def _split(scope: Scope, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        return _MISSING
    separator, text = argument[0], scope.resolve(argument[1])
    if isinstance(separator, str) and separator and isinstance(text, str) and not _open(text):
        return text.split(separator)
    return Unresolved("Fn::Split of a value that is not known")


def _find_in_map(scope: Scope, argument: Any) -> Any:
    if not isinstance(argument, list) or len(argument) < 3:
        return _MISSING
    value: Any = scope.mappings
    for key in argument[:3]:
        name = scope.resolve(key)
        if not isinstance(name, str) or not isinstance(value, dict) or name not in value:
            return Unresolved("Fn::FindInMap with a key that is not known")
        value = value[name]
    return scope.resolve(value)


def _zones(_: Scope, __: Any) -> list[str]:
    # Fn::GetAZs: which zones is not known, but that they differ is.
    return [f"zone {letter}" for letter in "abc"]


_FUNCTIONS: Mapping[str, Callable[[Scope, Any], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _zones,
}
