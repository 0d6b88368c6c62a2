"""Policy documents and the decision that they give: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.errors import SandboxError
from sandbox.gateway.iam.conditions import Context, holds, known_operator, substituted
from sandbox.gateway.iam.patterns import action_matches, resource_matches

PolicyDocument = Mapping[str, Any]
_STATEMENT_MEMBERS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}


class MalformedPolicy(SandboxError):
    """IAM would reject the policy document."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call is allowed, and the words with which AWS ends its refusal."""

    allowed: bool
    explicit_deny: bool = False
    statement: Mapping[str, Any] | None = None

    def reason(self, action: str) -> str:
        """Say why not, as AWS does."""
        if self.explicit_deny:
            return "with an explicit deny in an identity-based policy"
        return f"because no identity-based policy allows the {action} action"


def checked(policy: PolicyDocument) -> PolicyDocument:
    """Return the policy; MalformedPolicy when it says something that IAM does not know."""
    for statement in _statements(policy):
        unknown = set(statement) - _STATEMENT_MEMBERS
        if unknown:
            raise MalformedPolicy(f"a statement has {sorted(unknown)}: {statement}")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise MalformedPolicy(f"Effect has to be Allow or Deny: {statement}")
        for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
            if (one in statement) == (other in statement):
                raise MalformedPolicy(f"a statement needs either {one} or {other}: {statement}")
        for operator in statement.get("Condition", {}):
            if not known_operator(operator):
                raise MalformedPolicy(f"{operator!r} is no condition operator: {statement}")
    return policy


def evaluate(
    policies: Iterable[PolicyDocument], action: str, resource: str, context: Context
) -> Decision:
    """Decide about one action on one resource: an explicit deny wins, and an allow is needed."""
    allow: Mapping[str, Any] | None = None
    for policy in policies:
        for statement in _statements(policy):
            if not _applies(statement, action, resource, context):
                continue
            if statement["Effect"] == "Deny":
                return Decision(allowed=False, explicit_deny=True, statement=statement)
            allow = allow or statement
    return Decision(allowed=allow is not None, statement=allow)


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    if "Action" in statement:
        acts = any(action_matches(pattern, action) for pattern in _list(statement["Action"]))
    else:
        acts = not any(action_matches(pattern, action) for pattern in _list(statement["NotAction"]))
    return (
        acts
        and _covers(statement, resource, context)
        and holds(statement.get("Condition", {}), context)
    )


def _covers(statement: Mapping[str, Any], resource: str, context: Context) -> bool:
    patterns = _list(statement.get("Resource", statement.get("NotResource")))
    filled = [substituted(pattern, context) for pattern in patterns]
    match = any(pattern is not None and resource_matches(pattern, resource) for pattern in filled)
    return match if "Resource" in statement else not match


def _statements(policy: PolicyDocument) -> Sequence[Mapping[str, Any]]:
    statements: Sequence[Mapping[str, Any]] = _list(policy["Statement"])
    return statements


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
