"""The user's own patterns of what is secret, beside the kernel's."""

from __future__ import annotations

import functools
import re


@functools.cache
def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The user's own patterns, which the routes document has checked."""
    return tuple(re.compile(pattern) for pattern in patterns)
