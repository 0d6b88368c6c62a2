"""What a rule is: one function with its metadata beside it, and the verdicts it yields.

    @rule("VAL-01", "The network mode exists, and on Fargate it is awsvpc", on=TaskDefinition, ...)
    def network_mode(task: TaskDefinition) -> Verdicts:
        mode = task["networkMode"]
        if task.fargate and task.network_mode != "awsvpc":
            yield failed(mode, f"networkMode is {task.network_mode}; ...", put(mode, "awsvpc"))

A rule that yields nothing does not apply. A value that cannot be known raises ``Unknown`` by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, TypedDict, Unpack

from audit.model.node import Node, Path, Unknown
from audit.model.resource import Resource


class Severity(IntEnum):
    """How bad it is; the names are what reports print."""

    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    ERROR = 5  # the API refuses it, or no task ever starts


class Outcome(StrEnum):
    """What a rule says of a resource."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNKNOWN = "UNKNOWN"


class Profile(StrEnum):
    """A family of rules that can be asked for alone."""

    VALIDITY = "validity"
    SECURITY = "security"
    RESILIENCE = "resilience"
    COST = "cost"


class Fix(NamedTuple):
    """A change of the document that repairs it; a value of None removes the field."""

    path: Path
    value: Any


class Verdict(NamedTuple):
    """What a rule says of one field."""

    outcome: Outcome
    path: Path
    message: str = ""
    severity: Severity | None = None
    fixes: tuple[Fix, ...] = ()
    # The resource that the path and the fixes belong to, if it is not the one that the rule looks at.
    place: Resource | None = None


type Verdicts = Iterable[Verdict]


class Rule(NamedTuple):
    """A rule and everything there is to say about it."""

    id: str
    title: str
    on: type[Node]
    severity: Severity
    profile: Profile
    source: str
    remedy: str
    anchors: tuple[str, ...]
    check: Callable[[Any], Verdicts]


class About(TypedDict):
    """A rule's metadata.

    ``source`` is the page that says so, ``remedy`` names the field to set. ``anchors`` are the ids of the
    same check elsewhere: ``cfn-lint:E3048``, ``SecurityHub:ECS.4``, ``Prowler:...``, ``Checkov:...``,
    ``Trivy:...``, ``KICS:...``.
    """

    severity: Severity
    profile: Profile
    source: str
    remedy: str
    anchors: tuple[str, ...]


def rule[S: Node](
    id: str,  # noqa: A002
    title: str,
    *,
    on: type[S],
    **about: Unpack[About],
) -> Callable[[Callable[[S], Verdicts]], Rule]:
    """Make a function a rule; ``on`` is what it looks at, one at a time."""

    def make(check: Callable[[S], Verdicts]) -> Rule:
        return Rule(id=id, title=title, on=on, check=check, **about)

    return make


def passed(where: Node, message: str = "") -> Verdict:
    """The field is as it should be."""
    return Verdict(Outcome.PASS, where.path, message)


def failed(
    where: Node,
    message: str,
    *fixes: Fix,
    severity: Severity | None = None,
    place: Resource | None = None,
) -> Verdict:
    """The field is wrong; ``message`` holds the numbers, ``severity`` overrides the rule's own."""
    return Verdict(Outcome.FAIL, where.path, message, severity, fixes, place)


def unknown(where: Node, message: str) -> Verdict:
    """Nobody can tell; for the rare case that no missing value raises by itself."""
    return Verdict(Outcome.UNKNOWN, where.path, message)


def put(where: Node, value: Any) -> Fix:
    """Set the field."""
    return Fix(where.path, value)


def drop(where: Node) -> Fix:
    """Remove the field."""
    return Fix(where.path, None)


def examine[S](
    subjects: Iterable[S], check: Callable[[S], Verdicts], *, clean: Node, message: str = ""
) -> Verdicts:
    """What ``check`` says of each subject; if it says nothing of any, ``clean`` passes.

    What is unknown of one subject hides nothing of the others.
    """
    said = False
    missing: Unknown | None = None
    for subject in subjects:
        try:
            for verdict in check(subject):
                said = True
                yield verdict
        except Unknown as unknown:
            missing = missing or unknown
    if missing:
        raise missing
    if not said:
        yield passed(clean, message)
