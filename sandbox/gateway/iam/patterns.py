"""IAM's wildcards."""

from __future__ import annotations

import functools
import re

_STANDARD_ARN_FIELDS = 6


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [{"*": ".*", "?": "."}.get(character) or re.escape(character) for character in pattern]
    return re.compile("".join(parts), re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """``*`` is any text, ``?`` any one character."""
    return _compiled(pattern).fullmatch(value) is not None


def action_matches(pattern: str, action: str) -> bool:
    """Actions are compared without case."""
    return like(pattern.lower(), action.lower())


@functools.lru_cache(maxsize=4096)
def _resource_pattern(pattern: str) -> re.Pattern[str]:
    missing = _STANDARD_ARN_FIELDS - 1 - pattern.count(":")
    completed = pattern + ":*" * max(0, missing)
    parts = []
    for position, character in enumerate(completed):
        if character == "*":
            # Only a star that ends a segment reaches beyond the colon.
            ends_segment = completed[position + 1 : position + 2] in ("", ":")
            parts.append(".*" if ends_segment else "[^:]*")
        elif character == "?":
            parts.append("[^:]")
        else:
            parts.append(re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


def resource_matches(pattern: str, resource: str) -> bool:
    """An ARN pattern against a resource; an ARN with too few fields is completed with wildcards.

    A call without resource-level permissions has the resource ``*``, which only ``*`` matches.
    """
    if pattern == "*":
        return True
    return resource != "*" and _resource_pattern(pattern).fullmatch(resource) is not None


def arn_like(pattern: str, value: str) -> bool:
    """The six fields of an ARN are compared each for itself."""
    patterns = pattern.split(":", _STANDARD_ARN_FIELDS - 1)
    values = value.split(":", _STANDARD_ARN_FIELDS - 1)
    return len(patterns) == len(values) and all(map(like, patterns, values))
