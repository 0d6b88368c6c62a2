"""What IAM policies allow, as far as a deployment audit asks: an action, whatever the resource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from audit.model.node import Node

# AWS managed policy reference: those that roles of ECS tasks usually have.
_MANAGED = {
    "AdministratorAccess": ("*",),
    "PowerUserAccess": ("*",),
    "CloudWatchLogsFullAccess": ("logs:*", "cloudwatch:generatequery"),
    "CloudWatchFullAccess": ("logs:*", "cloudwatch:*"),
    "CloudWatchFullAccessV2": ("logs:*", "cloudwatch:*"),
    "AmazonECSTaskExecutionRolePolicy": (
        "ecr:getauthorizationtoken",
        "ecr:batchchecklayeravailability",
        "ecr:getdownloadurlforlayer",
        "ecr:batchgetimage",
        "logs:createlogstream",
        "logs:putlogevents",
    ),
}


def of_documents(documents: Iterable[Node], action: str) -> bool | None:
    """What the documents say: a denial on all resources counts first; None if none mentions the action."""
    said: bool | None = None
    for document in documents:
        statements = document["Statement"]
        for statement in statements.items() if statements.is_list else [statements]:
            if not _matches(statement, action):
                continue
            if statement["Effect"].text() == "Allow":
                said = True
            elif "*" in statement["Resource"].one_or_more() and not statement["Condition"].given:
                return False
    return said


def of_names(names: Sequence[str], action: str, *, documented: bool) -> bool | None:
    """What attached policies allow that are known by name; ``documented``: the others were read as well."""
    rest = [name for name in names if name not in _MANAGED]
    known = (_MANAGED[name] for name in names if name in _MANAGED)
    if any(_covers(patterns, action) for patterns in known):
        return True
    return None if rest and not documented else False


def _matches(statement: Node, action: str) -> bool:
    if statement["NotAction"].given:
        return not _covers(statement["NotAction"].one_or_more(), action)
    return _covers(statement["Action"].one_or_more(), action)


def _covers(patterns: Iterable[str], action: str) -> bool:
    # IAM user guide, "IAM JSON policy elements: Action": wildcards * and ?, upper and lower case are
    # the same.
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
