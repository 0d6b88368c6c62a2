"""Jobs that fail and recover again and again: one incident, not one for each failure.

Counted in runs, not in time: a nightly job may flap as well as one of each minute.
"""

from __future__ import annotations

from itertools import pairwise

from batch_jobs.rows import FAILED, SUCCEEDED, RunRow

# How the latest runs ended: (run, state), oldest first.
type Outcomes = tuple[tuple[str, str], ...]

ENDS = frozenset({SUCCEEDED, FAILED})
LATEST = 10
# Failed, well, failed, well, failed: a job that fails once and is mended has two changes.
CHANGES = 4
# As many ends alike say that it has settled.
ALIKE = 5


def outcomes_with(outcomes: Outcomes, run: RunRow) -> Outcomes:
    """The latest outcomes with this run's; once, however often it is closed.

    What was before the job settled does not count any more.
    """
    if run.state not in ENDS or any(one == run.run for one, _ in outcomes):
        return outcomes
    more = (*outcomes, (run.run, run.state))[-LATEST:]
    return more[-ALIKE:] if is_over(more) else more


def begins(outcomes: Outcomes) -> bool:
    """Whether failure and success have taken turns too often among the latest runs."""
    states = [state for _, state in outcomes]
    return sum(before != after for before, after in pairwise(states)) >= CHANGES


def lasts(outcomes: Outcomes) -> bool:
    """Whether the job has failed twice in a row: no flapping any more, but a failure like any other."""
    return [state for _, state in outcomes[-2:]] == [FAILED, FAILED]


def is_over(outcomes: Outcomes) -> bool:
    """Whether its latest runs have all ended in the same way."""
    return len(outcomes) >= ALIKE and len({state for _, state in outcomes[-ALIKE:]}) == 1
