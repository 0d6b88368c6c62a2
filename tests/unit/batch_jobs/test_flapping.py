"""Jobs that fail and recover again and again: told once, until they settle."""

from __future__ import annotations

import pytest

from batch_jobs import flapping
from batch_jobs.rows import FAILED, SKIPPED, SUCCEEDED, RunRow

STATES = {"F": FAILED, "S": SUCCEEDED, "-": SKIPPED}


def _outcomes(story: str) -> flapping.Outcomes:
    outcomes: flapping.Outcomes = ()
    for number, letter in enumerate(story):
        run = RunRow(run=f"r{number}", job="nightly", state=STATES[letter])
        outcomes = flapping.outcomes_with(outcomes, run)
        assert flapping.outcomes_with(outcomes, run) == outcomes
    return outcomes


@pytest.mark.parametrize(
    ("story", "begins"),
    [
        ("", False),
        ("FSFS", False),
        ("SFSFS", True),
        ("S-F--S-F-S", True),
        ("FFFFFFFFFF", False),
        ("SSSSSSSFSS", False),
        ("SFSSFSSFSS", True),
        ("FSFSFSSSSSF", False),
        ("FSFSFSSSSSFSFS", True),
        ("FSFSSSSFFFFSSSS", False),
    ],
)
def test_four_changes_among_the_latest_runs_since_it_last_settled(story: str, begins: bool) -> None:
    assert flapping.begins(_outcomes(story)) is begins


@pytest.mark.parametrize(
    ("story", "over"),
    [("FSFSFSSSS", False), ("FSFSFSSSSS", True), ("FSFSFFFFF", True), ("SSSS", False)],
)
def test_five_ends_alike_are_the_end_of_it(story: str, over: bool) -> None:
    assert flapping.is_over(_outcomes(story)) is over
