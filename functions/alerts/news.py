"""What a sink has to tell: the incident as it is now, and what its readers do not know yet."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.incident import Incident, key_digest
from alerts.plan import Action
from alerts.summary import is_summary
from ecsops.alerts import Alert, Diff, Lines, Severity, Table

_TITLES = 10
_MARKS: dict[Severity, str] = {"critical": "CRITICAL", "warning": "warning", "info": "info"}


@dataclass(frozen=True, slots=True)
class News:
    """One message of a thread. ``key`` is the same for every attempt at it."""

    incident: Incident
    action: Action
    fresh: tuple[Alert, ...]
    number: int
    key: str

    @property
    def now(self) -> Alert:
        """The incident in one alert."""
        return self.incident.now

    @property
    def severity(self) -> Severity:
        """The severity in force."""
        return self.incident.severity

    @property
    def mark(self) -> str:
        """``CRITICAL``, ``warning``, ``info``, ``resolved`` where something was open; ``TEST``."""
        over = self.now.state == "resolved" and len(self.incident.alerts) > 1
        mark = "resolved" if over else _MARKS[self.severity]
        return f"TEST {mark}" if self.now.test else mark

    @property
    def since(self) -> tuple[str, ...]:
        """One line for each of the other things that are new, oldest first."""
        if is_summary(self.incident.key):
            return ()
        others = [a for a in self.fresh if a.stage != self.now.stage]
        shown = [f"{a.severity}: {a.title}" for a in others[-_TITLES:]]
        hidden = len(others) - len(shown)
        return (*([f"{hidden} earlier ones"] if hidden else []), *shown)

    @property
    def thread_id(self) -> str:
        """Identifies the thread, the same for all of its messages; nothing of it can be read."""
        return key_digest(self.incident.key)


def evidence_lines(block: Table | Lines | Diff) -> list[str]:
    """Evidence as plain lines."""
    match block:
        case Table():
            return [": ".join(cell for cell in row if cell) for row in block.rows]
        case Lines():
            return list(block.lines)
        case Diff():
            return [f"{name}: {before} -> {after}" for name, before, after in block.changes]


def cut(text: str, most: int) -> str:
    """At most so many characters, and visibly cut."""
    return text if len(text) <= most else text[: max(0, most - 3)] + "..."
