"""One task is spoken of as one."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from spot_fallback.control import control
from spot_fallback.model import Cover, Evidence
from spot_fallback.news import of_a_look
from spot_fallback.plan import failed, plan
from tests.unit.spot_fallback.shapes import NOW, absent, primary, remembered, shadow

SHORT, QUIET = Evidence(spot_at=NOW), Evidence()
SEVERAL = re.compile(
    r"\b1 (tasks|hours|minutes|more quiet minutes|are|run|find|of 1 tasks)\b|\bthey\b"
)


def reason(one, cover_service, cover=None, evidence=QUIET):
    return control(one, cover_service, cover or Cover(), evidence, NOW).reason


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            reason(primary(1, 0, 0), absent(), evidence=SHORT),
            "1 of 1 task finds no Spot capacity: 1 is started on demand until it does",
        ),
        (
            reason(primary(3, 1, 1), absent(), evidence=SHORT),
            "2 of 3 tasks find no Spot capacity: 2 are started on demand until they do",
        ),
        (reason(primary(1, 0, 0), shadow(1), remembered(1)), "1 task is missing"),
        (reason(primary(3, 1, 1), shadow(2), remembered(2)), "2 tasks are missing"),
        (
            reason(primary(1, 1), shadow(1), remembered(1, shortage_at=NOW - 541)),
            "Spot is back; the cover stays for 1 more quiet minute",
        ),
        (
            reason(primary(1, 1), shadow(1), remembered(1)),
            "Spot has held for 20 minutes: 1 fewer on demand",
        ),
        (
            reason(primary(3, 1), shadow(8), remembered(8)),
            "no more than 3 tasks may cover",
        ),
    ],
)
def test_the_reason_counts_as_people_do(said, expected):
    assert said == expected


def test_a_dry_run_and_a_failure_count_so_too():
    one = primary(1, 0, 0)
    would = plan(one, absent(), Cover(), SHORT, NOW, dry_run=True)
    assert would.reason.startswith("would have 1 task on demand: 1 of 1 task finds")
    wished = plan(one, absent(), Cover(), SHORT, NOW, dry_run=False)
    refused = failed(wished, Cover(), "no", one, NOW)
    assert refused.reason.startswith("the cover could not be set from 0 to 1 task, ")


@pytest.mark.parametrize(
    ("cover", "running"),
    [
        (remembered(1, since=NOW - 90_000), 1),
        (remembered(1, idle_at=NOW - 600, told=("idle-1",)), 0),
        (remembered(1, told=("idle-1",)), 1),
        (remembered(2), 1),
        (remembered(1, waiting_since=NOW - 900), 1),
    ],
    ids=["long", "idle", "runs", "edited", "waiting"],
)
def test_nothing_is_told_of_one_task_as_if_it_were_several(cover, running):
    one, covering = primary(1, 0, 0), shadow(1, runningCount=running)
    wished = control(one, covering, cover, SHORT, NOW)
    wished = replace(wished, cover=replace(wished.cover, waiting_since=cover.waiting_since))
    news = of_a_look(one, covering, cover, wished, NOW)
    assert news
    assert not [each.text for each in news if SEVERAL.search(each.text)]
