"""Tasks that are to be stopped on a day to come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spot_drain.remembered import Remembered


@dataclass(frozen=True, slots=True)
class Planned:
    """Each as "when|task ARN", when in epoch seconds."""

    entries: Remembered

    def replace(self, tasks: Iterable[str], entries: Sequence[tuple[int, str]]) -> None:
        """What is planned for these tasks from now on; whatever was planned for them before is not."""
        concerned, new = set(tasks), {f"{at}|{arn}" for at, arn in entries}
        self.entries.add(new)
        old = {text for text in self.entries.all() if text.partition("|")[2] in concerned}
        self.entries.remove(old - new)

    def remove(self, entries: Sequence[tuple[int, str]]) -> None:
        """They are dealt with."""
        self.entries.remove(f"{at}|{arn}" for at, arn in entries)

    def due(self, now: float) -> list[tuple[int, str]]:
        """What is to be stopped by now."""
        pairs = [text.partition("|")[::2] for text in self.entries.all()]
        return [(int(at), arn) for at, arn in pairs if int(at) <= now]
