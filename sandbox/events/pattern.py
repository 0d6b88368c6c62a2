"""EventBridge event patterns: which event a rule wants. Pure.

Built after the documented rules and after Event Ruler, the engine that AWS has published
(https://github.com/aws/event-ruler): a pattern is a disjunction of branches, an event a set of
fields, and two fields of one match never come from different elements of the same array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeIs

from sandbox.events.operators import Accepts, Exists, exactly, invalid, operator

if TYPE_CHECKING:
    from collections.abc import Iterator

Condition = Accepts | Exists
Branch = dict[str, tuple[Condition, ...]]
Membership = dict[int, int]  # array -> the element the value sits in
Fields = dict[str, list[tuple[Any, Membership]]]

# A "$or" around these words is a field name, not a relationship (Event Ruler, Constants.java).
RESERVED_IN_OR = frozenset(
    {
        "exact",
        "prefix",
        "suffix",
        "wildcard",
        "equals-ignore-case",
        "exists",
        "numeric",
        "anything-but",
        "cidr",
    }
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: compile once per rule, match many events.

    ``wanted`` are the paths that it asks for and all that leads to them: of an event nothing else is read.
    """

    branches: tuple[Branch, ...]
    wanted: frozenset[str]

    def matches(self, event: dict[str, Any]) -> bool:
        """Tell whether any branch accepts the event."""
        open_branches = [branch for branch in self.branches if not _refuses_envelope(branch, event)]
        if not open_branches:
            return False
        fields: Fields = {}
        _flatten(event, "", {}, fields, self.wanted)
        return any(_branch_matches(list(branch.items()), fields, {}) for branch in open_branches)


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Tell whether ``event`` is one that a rule with ``pattern`` receives."""
    return compile_pattern(pattern).matches(event)


def validate(pattern: object) -> None:
    """Raise ``InvalidEventPatternException``, in AWS's words, for what PutRule refuses."""
    compile_pattern(pattern)


def compile_pattern(pattern: object) -> Pattern:
    """Check a pattern and prepare it for matching."""
    if not isinstance(pattern, dict):
        raise invalid("Filter is not an object")
    branches = tuple(_branches(pattern, "", [{}], inside_or=False))
    paths = {path for branch in branches for path in branch}
    return Pattern(branches, frozenset(step for path in paths for step in _steps(path)))


def _branches(
    node: dict[str, Any], path: str, so_far: list[Branch], *, inside_or: bool
) -> list[Branch]:
    if not node:
        raise invalid("Empty objects are not allowed")
    for name, value in node.items():
        if name == "$or" and _is_or(value):
            so_far = [
                branch
                for option in value
                for branch in _branches(option, path, so_far, inside_or=True)
            ]
            continue
        if inside_or and name in RESERVED_IN_OR:
            raise invalid(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
        field = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            so_far = _branches(value, field, so_far, inside_or=inside_or)
        elif isinstance(value, list):
            conditions = _conditions(value)
            so_far = [{**branch, field: conditions} for branch in so_far]
        else:
            raise invalid(f'"{name}" must be an object or an array')
    return so_far


def _is_or(value: object) -> TypeIs[list[dict[str, Any]]]:
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(isinstance(option, dict) and option for option in value)
        and not any(RESERVED_IN_OR.intersection(option) for option in value)
    )


def _conditions(values: list[Any]) -> tuple[Condition, ...]:
    if not values:
        raise invalid("Empty arrays are not allowed")
    return tuple(_condition(value) for value in values)


def _condition(value: object) -> Condition:
    if isinstance(value, dict):
        return operator(value)
    if isinstance(value, list):
        raise invalid("Match value must be String, number, true, false, or null")
    return exactly(value)


def _steps(path: str) -> Iterator[str]:
    """``detail``, ``detail.group`` and ``detail.group.name`` of the last one; "" for empty names."""
    names = path.split(".")
    return (".".join(names[:number]) for number in range(len(names) + 1))


def _refuses_envelope(branch: Branch, event: dict[str, Any]) -> bool:
    """Most rules want another source or detail type: that needs no look inside."""
    return any(
        not any(_accepts(condition, event[path]) for condition in accepted)
        for path, accepted in branch.items()
        if "." not in path and isinstance(event.get(path), str)
    )


def _flatten(
    node: object, path: str, membership: Membership, fields: Fields, wanted: frozenset[str]
) -> None:
    """Collect the leaves. Arrays are crushed out of the path; each element keeps its membership."""
    if isinstance(node, dict):
        for name, value in node.items():
            inner = f"{path}.{name}" if path else name
            if inner in wanted:
                _flatten(value, inner, membership, fields, wanted)
    elif isinstance(node, list):
        for index, element in enumerate(node):
            # Only containers bind to their element: "resources": [a, b] is one field, two values.
            nested = isinstance(element, dict | list)
            within = {**membership, id(node): index} if nested else membership
            _flatten(element, path, within, fields, wanted)
    else:
        fields.setdefault(path, []).append((node, membership))


def _branch_matches(
    conditions: list[tuple[str, tuple[Condition, ...]]], fields: Fields, chosen: Membership
) -> bool:
    if not conditions:
        return True
    (path, accepted), *rest = conditions
    return any(
        _branch_matches(rest, fields, {**chosen, **membership})
        for membership in _candidates(path, accepted, fields)
        if all(chosen.get(array, index) == index for array, index in membership.items())
    )


def _candidates(path: str, accepted: tuple[Condition, ...], fields: Fields) -> Iterator[Membership]:
    present = fields.get(path, [])
    if not present:
        # "Exists matching only works on leaf nodes": an object in its place counts as absent.
        if any(isinstance(condition, Exists) and not condition.wanted for condition in accepted):
            yield {}
        return
    offered: list[Membership] = []
    for value, membership in present:
        if membership not in offered and any(_accepts(condition, value) for condition in accepted):
            offered.append(membership)
            yield membership


def _accepts(condition: Condition, value: object) -> bool:
    return condition.wanted if isinstance(condition, Exists) else condition(value)
