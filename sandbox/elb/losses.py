"""How much traffic a group sent to targets that no longer answered."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from sandbox.elb.model import TargetKey


class Losses:
    """Integrates over time; tell it whenever the rotation or the life of a target changes."""

    def __init__(self, now: float) -> None:
        """Start to count at ``now``."""
        self._since = now
        self._dead: frozenset[TargetKey] = frozenset()
        self._in_rotation = 0
        self._seconds: defaultdict[TargetKey, float] = defaultdict(float)
        self._share = 0.0

    def observe(self, now: float, dead: AbstractSet[TargetKey], in_rotation: int) -> None:
        """From ``now`` on, ``dead`` of the ``in_rotation`` targets do not answer."""
        self.settle(now)
        self._dead, self._in_rotation = frozenset(dead), in_rotation

    def settle(self, now: float) -> None:
        """Count what has been lost up to ``now``."""
        elapsed, self._since = now - self._since, now
        for key in self._dead:
            self._seconds[key] += elapsed
        if self._dead:
            self._share += elapsed * len(self._dead) / self._in_rotation

    def seconds(self) -> dict[TargetKey, float]:
        """Tell for each target how long it was in rotation without answering."""
        return dict(self._seconds)

    def share_seconds(self) -> float:
        """Times the requests per second to the whole group, this is how many were lost."""
        return self._share
