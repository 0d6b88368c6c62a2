"""Instances that Spot takes: their hooks end with them, as they should, and nobody has to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecsops.errors import CALL_ERRORS
from ecsops.observability import logger
from spot_drain.remembered import Remembered

_KEEP_S = 3_600


@dataclass(frozen=True, slots=True)
class Taken:
    """Kept in the table: the process that is told of a hook may be another."""

    remembered: Remembered

    def note(self, ends: Mapping[str, float]) -> None:
        """When these end. Not noted, a person hears of a hook that ended as it should: no more than that."""
        try:
            self.remembered.add(f"{instance}|{at:.0f}" for instance, at in ends.items())
        except CALL_ERRORS as error:
            logger.warning("interrupted instances not noted", reason=str(error))

    def has(self, instance_id: str, now: float) -> bool:
        """Whether Spot has just taken this one; a stopped one comes back under its id."""
        return any(
            instance == instance_id and now - at < _KEEP_S for instance, at in self._entries()
        )

    def forget(self, now: float) -> None:
        """Those that ended long ago."""
        self.remembered.remove(
            f"{instance}|{at:.0f}" for instance, at in self._entries() if now - at >= _KEEP_S
        )

    def _entries(self) -> list[tuple[str, float]]:
        pairs = (text.partition("|") for text in self.remembered.all())
        return [(instance, float(at)) for instance, _, at in pairs]
