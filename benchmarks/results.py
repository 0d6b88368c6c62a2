"""benchmarks/results.json: one entry per figure, with what it takes to reproduce it."""

from __future__ import annotations

import json
import operator
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
_COMPARISONS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. ``goal`` is ``<= 1.10`` or the like; ``rivals`` are measured in the same unit."""

    id: str
    value: float
    unit: str
    goal: str | None = None
    rivals: Mapping[str, float] = field(default_factory=dict)


def reached(value: float, goal: str | None) -> bool | None:
    """Whether a value reaches its goal; None without one."""
    if goal is None:
        return None
    comparison, _, limit = goal.partition(" ")
    return bool(_COMPARISONS[comparison](value, float(limit)))


def read(path: Path = RESULTS) -> list[dict[str, Any]]:
    """All entries, sorted by id."""
    if not path.exists():
        return []
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def merge(fresh: Iterable[Result], only: str, command: str, path: Path = RESULTS) -> None:
    """Replace the entries whose id begins with ``only`` by fresh ones; keep the others."""
    commit, date = _commit(), datetime.now(UTC).date().isoformat()
    new = [_entry(result, command, commit, date) for result in fresh]
    # Read after the measuring, which takes minutes: another group may have been written meanwhile.
    kept = [entry for entry in read(path) if not entry["id"].startswith(only)]
    entries = sorted([*kept, *new], key=lambda entry: str(entry["id"]))
    path.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _entry(result: Result, command: str, commit: str, date: str) -> dict[str, Any]:
    return {
        "id": result.id,
        "value": rounded(result.value),
        "unit": result.unit,
        "goal": result.goal,
        "rivals": {name: rounded(value) for name, value in result.rivals.items()},
        "command": command,
        "commit": commit,
        "date": date,
    }


def rounded(value: float) -> float:
    """Three digits: more is noise."""
    return float(f"{value:.3g}")


def _commit() -> str:
    """The commit that was measured; ``+`` if something differs from it."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--", "functions", "build_tools", "benchmarks/*.py")
    return commit + ("+" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True
    )
    return done.stdout.strip()
