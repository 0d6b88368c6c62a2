"""What the policies of a role allow, as far as their text says."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from audit.model.node import Node, Unknown
from audit.model.surroundings import Role

_ADMINISTRATOR = frozenset({"AdministratorAccess", "PowerUserAccess"})


def administrator(role: Role) -> Node | None:
    """The attached policy, or the statement, that allows everything."""
    for attached in role["AttachedPolicies"].items():
        if _policy_name(attached) in _ADMINISTRATOR:
            return attached
    for statement in statements(role):
        if "*" in _words(statement["Action"]) and "*" in _words(statement["Resource"]):
            return statement
    return None


def granting(role: Role, action: str) -> Node | None:
    """The statement, or the attached administrator policy, that allows an action; conditions aside.

    UNKNOWN if the role has other attached policies: their text was not read.
    """
    everything = administrator(role)
    if everything is not None:
        return everything
    for statement in statements(role):
        wanted = action.lower()
        if any(fnmatchcase(wanted, word.lower()) for word in _words(statement["Action"])):
            return statement
    return None


def known_completely(role: Role) -> bool:
    """Is every policy's text here? Attached ones are only known by their names."""
    return not role["AttachedPolicies"].items()


def statements(role: Role) -> Iterator[Node]:
    """Every statement that allows something; UNKNOWN if the policies were not read."""
    if not role["Policies"].given:
        raise Unknown(f"the policies of {role.label} were not read", ("Policies",))
    for policy in role["Policies"].items():
        found = policy["Statement"]
        for statement in [found] if isinstance(found.value, dict) else found.items():
            if statement["Effect"].text() == "Allow":
                yield statement


def _words(node: Node) -> list[str]:
    return node.texts() if isinstance(node.value, list) else [node.text() or ""]


def _policy_name(attached: Node) -> str:
    if isinstance(attached.value, str):
        return attached.value.rpartition("/")[2]
    return attached["PolicyName"].text() or ""
