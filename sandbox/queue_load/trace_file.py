"""A load from a CSV file: a time in the first column, and either a count or one row for each message."""

from __future__ import annotations

import csv
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.errors import InvalidTrace
from sandbox.queue_load.load import Load, ServiceTime, load_of

_FINER_THAN_PYTHON = re.compile(r"(\.\d{6})\d+")
_COUNT_COLUMNS = ("count", "requests", "messages", "value")
_MOST_MESSAGES = 5_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """``count`` messages from ``at`` (epoch seconds) on; ``units`` is what a message asks for, if told."""

    at: float
    count: float
    units: float | None = None


@dataclass(frozen=True, slots=True)
class TraceFile:
    """What a file says: rows in order of time; ``counted`` if a row stands for many messages."""

    path: Path
    rows: Sequence[Row]
    counted: bool

    def load(
        self, service_time: ServiceTime, rng: random.Random, *, peak: float | None = None
    ) -> Load:
        """The messages; ``peak`` scales counts so that the fullest row has so many a second."""
        start, name = self.rows[0].at, self.path.stem
        if not self.counted:
            arrivals = [row.at - start for row in self.rows]
            load = load_of(name, arrivals, service_time, arrivals[-1] + 60, rng)
            return self._with_units(load)
        step = _step(self.rows)
        most = max(row.count for row in self.rows)
        if not most:
            raise InvalidTrace(f"{self.path}: every count is 0: there is nothing to simulate")
        factor = 1.0 if peak is None else peak * step / most
        if sum(row.count for row in self.rows) * factor > _MOST_MESSAGES:
            raise InvalidTrace(
                f"{self.path}: more than {_MOST_MESSAGES:,} messages: scale it with --peak"
            )
        spread = _spread(self.rows, start, step, factor, rng)
        return load_of(name, spread, service_time, self.rows[-1].at - start + step, rng)

    def _with_units(self, load: Load) -> Load:
        """Where the file says what each message asks for, the work is shared out in proportion."""
        units = [row.units for row in self.rows]
        if any(unit is None for unit in units):
            return load
        mean = sum(unit or 0.0 for unit in units) / len(units)
        scale = load.mean_work_s / mean if mean else 0.0
        work = [max(0.001, (unit or 0.0) * scale) for unit in units]
        return Load(load.name, load.arrivals, work, load.duration_s)


def read_trace(path: Path, units: str | None = None) -> TraceFile:
    """Read a file; raises ``InvalidTrace`` with file, line and fix. ``units`` names a column."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidTrace(f"{path}: cannot be read: {error}") from error
    reader = csv.reader(lines)
    header = [name.strip() for name in next(reader, [])]
    if not header or _is_time(header[0]):
        raise InvalidTrace(f"{path}: line 1: expected a header: add the line timestamp,count")
    names = [name.lower() for name in header]
    counts = next((names.index(name) for name in _COUNT_COLUMNS if name in names), None)
    if units is not None and units not in header:
        raise InvalidTrace(f"{path}: line 1: there is no column {units!r}: {', '.join(header)}")
    unit = header.index(units) if units else None
    rows = [
        _row(path, number, cells, counts, unit)
        for number, cells in enumerate(reader, start=2)
        if cells
    ]
    if len(rows) < 2:
        raise InvalidTrace(f"{path}: line {len(rows) + 1}: a trace needs at least two rows")
    return TraceFile(path, sorted(rows, key=lambda row: row.at), counts is not None)


def _row(path: Path, number: int, cells: list[str], counts: int | None, unit: int | None) -> Row:
    where = f"{path}: line {number}"
    needed = max(counts or 0, unit or 0) + 1
    if len(cells) < needed:
        raise InvalidTrace(f"{where}: has {len(cells)} cells, expected {needed} as the header has")
    try:
        at = _moment(cells[0])
    except ValueError:
        raise InvalidTrace(
            f"{where}: {cells[0][:40]!r} is no time: write epoch seconds or 2026-01-31 18:00:00"
        ) from None
    count = 1.0 if counts is None else _amount(where, "a count", cells[counts])
    units = None if unit is None else _amount(where, "work", cells[unit])
    return Row(at, count, units)


def _amount(where: str, what: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InvalidTrace(f"{where}: {what} is a number of 0 or more, not {text[:40]!r}")
    return value


def _moment(text: str) -> float:
    """Epoch seconds, or a date and time as ISO 8601 writes it; without a zone it is UTC."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(_FINER_THAN_PYTHON.sub(r"\1", text.strip()))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_time(text: str) -> bool:
    try:
        _moment(text)
    except ValueError:
        return False
    return True


def _step(rows: Sequence[Row]) -> float:
    gaps = sorted(later.at - row.at for row, later in itertools.pairwise(rows))
    return gaps[len(gaps) // 2] or 60.0


def _spread(
    rows: Sequence[Row], start: float, step: float, factor: float, rng: random.Random
) -> Iterator[float]:
    for row in rows:
        wanted = row.count * factor
        # What is left of a message is one with that probability: the mean stays right.
        count = int(wanted) + (rng.random() < wanted % 1)
        for _ in range(count):
            yield row.at - start + rng.random() * step
