"""The guard's two halves, each tried without the other."""

from __future__ import annotations

from typing import Any

OBSERVER, EXECUTOR = "DeployGuardFunction", "DeployGuardExecutorFunction"


def rest(world: Any, function: str) -> None:
    """Let a function take no messages from its queue any more."""
    name = world.stack.ref(function)
    (mapping,) = [
        one
        for one in world.account.functions.mappings
        if name in (one.settings.function, one.settings.function.rpartition(":")[2])
    ]
    mapping.close()
