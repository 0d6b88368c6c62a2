"""A whole report: its entries, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from audit.report.entry import Entry, worst_first
from audit.rule import Outcome, Severity

_NONE: Mapping[Outcome, int] = {}
SEVERITIES = tuple(sorted(Severity, reverse=True))


class Report:
    """Every entry of one audit, and what was looked at."""

    def __init__(
        self,
        entries: tuple[Entry, ...],
        resources: Mapping[str, int],
        notes: tuple[str, ...] = (),
        only_counted: Mapping[Outcome, int] = _NONE,
    ) -> None:
        """``resources``: how many by kind; ``only_counted``: verdicts without an entry, that nobody shows."""
        self.entries = entries
        self.resources = resources
        self.notes = notes
        self.only_counted = only_counted

    def told(self, entries: Iterable[Entry], notes: Iterable[str]) -> Report:
        """The same report with its entries marked, and with more notes."""
        return Report(tuple(entries), self.resources, (*self.notes, *notes), self.only_counted)

    @cached_property
    def failures(self) -> tuple[Entry, ...]:
        """What counts, the worst first."""
        return tuple(worst_first(each for each in self.entries if each.counts))

    @cached_property
    def unknown(self) -> tuple[Entry, ...]:
        """What nobody could decide."""
        return self._with(Outcome.UNKNOWN)

    @cached_property
    def accepted(self) -> tuple[Entry, ...]:
        """Failures that are suppressed or known from the baseline."""
        return tuple(each for each in self._with(Outcome.FAIL) if not each.counts)

    @cached_property
    def by_severity(self) -> dict[Severity, int]:
        """How many failures count, for every severity."""
        counts = Counter(each.severity for each in self.failures)
        return {severity: counts[severity] for severity in SEVERITIES}

    @cached_property
    def by_outcome(self) -> dict[Outcome, int]:
        """How many verdicts of every outcome."""
        counts = Counter(each.outcome for each in self.entries)
        return {each: counts[each] + self.only_counted.get(each, 0) for each in Outcome}

    def at_least(self, severity: Severity) -> int:
        """How many failures are this bad or worse."""
        return sum(each.severity >= severity for each in self.failures)

    def _with(self, outcome: Outcome) -> tuple[Entry, ...]:
        return tuple(worst_first(each for each in self.entries if each.outcome is outcome))


def plural(count: int, word: str) -> str:
    """``1 service``, ``2 services``, ``2 policies``."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word[:-1]}ies" if word.endswith("cy") else f"{count} {word}s"


def listed(counts: Mapping[str, int]) -> str:
    """``1 service, 2 task definitions``, without what there is none of."""
    return ", ".join(plural(count, word) for word, count in counts.items() if count)


def summary(report: Report) -> str:
    """What was looked at, and what came of it, in one line."""
    failed = ", ".join(f"{n} {severity.name}" for severity, n in report.by_severity.items() if n)
    outcomes = report.by_outcome
    parts = [
        f"{outcomes[Outcome.PASS]} passed",
        f"{len(report.failures)} failed" + (f" ({failed})" if failed else ""),
        f"{outcomes[Outcome.UNKNOWN]} unknown",
        f"{outcomes[Outcome.NOT_APPLICABLE]} do not apply",
    ]
    if report.accepted:
        parts.append(f"{len(report.accepted)} accepted")
    looked_at = listed(report.resources) or "nothing"
    return f"{looked_at}: checks: {', '.join(parts)}"


def of_resources(kinds: Iterable[str]) -> dict[str, int]:
    """How many of each kind, in the order in which they came."""
    return dict(Counter(kinds))
