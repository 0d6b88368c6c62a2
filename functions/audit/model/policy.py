"""What the policies of a role allow, as far as their text says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from audit.model.node import Node, Unknown
from audit.model.surroundings import Role

_ADMINISTRATOR = frozenset({"AdministratorAccess", "PowerUserAccess"})
# AWS managed policy reference: what roles of ECS tasks usually have besides.
_MANAGED = {
    "CloudWatchLogsFullAccess": ("logs:*",),
    "CloudWatchFullAccess": ("logs:*", "cloudwatch:*"),
    "CloudWatchFullAccessV2": ("logs:*", "cloudwatch:*"),
    "AmazonECSTaskExecutionRolePolicy": (
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ),
}


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

    Nothing is said of other attached policies: their text was not read (``known_completely``).
    """
    everything = administrator(role)
    if everything is not None:
        return everything
    for statement in statements(role):
        if _covers(_words(statement["Action"]), action):
            return statement
    return None


def allows(role: Role, action: str) -> bool:
    """May the role do it, on whatever resource? UNKNOWN if another attached policy may decide that."""
    names = [_policy_name(each) for each in role["AttachedPolicies"].items()]
    if granting(role, action) is not None:
        return True
    if any(_covers(_MANAGED.get(name, ()), action) for name in names):
        return True
    missing = unread(role)
    if missing:
        raise Unknown(f"what {', '.join(missing)} of role {role.label} allows was not read")
    return False


def unread(role: Role) -> list[str]:
    """The attached policies of which neither the text nor what AWS wrote into them is known."""
    names = [_policy_name(each) for each in role["AttachedPolicies"].items()]
    return [name for name in names if name not in _MANAGED]


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


def _covers(patterns: Iterable[str], action: str) -> bool:
    # IAM user guide, "IAM JSON policy elements: Action": wildcards; upper and lower case are the same.
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _policy_name(attached: Node) -> str:
    if isinstance(attached.value, str):
        return attached.value.rpartition("/")[2]
    return attached["PolicyName"].text() or ""
