from __future__ import annotations

import pytest

from spot_drain.advice import advice
from spot_drain.history import Episode, Row, episode_of, read_episode
from spot_drain.regression import Share, compare, regression_alert
from spot_drain.storm import Tally
from tests.unit.spot_drain.builders import NOW, service_arn

DAY = 86_400
ARN = service_arn()


def ids(*numbers: int) -> frozenset[str]:
    return frozenset(f"{number:032x}" for number in numbers)


def short(*numbers: int, left: int = 100) -> frozenset[str]:
    return frozenset(f"{number:032x}"[:12] + f":{left}" for number in numbers)


def spread(number: int) -> str:
    return f"{number:012x}" + "0" * 20


def test_a_storm_is_counted_by_place_and_verdict():
    tasks = [spread(n) for n in range(3)]
    tally = Tally(
        ARN,
        int(NOW),
        int(NOW) + 60,
        native=frozenset(tasks[:1]),
        backstop=frozenset(tasks[1:]),
        in_flight=frozenset({tasks[1][:12]}),
        places={
            "a|FARGATE_SPOT|256/512": frozenset({f"{tasks[0][:12]}:90", f"{tasks[1][:12]}:80"}),
            "b|FARGATE_SPOT|256/512": frozenset({f"{tasks[2][:12]}:"}),
        },
    )
    first, second = episode_of(tally).rows
    assert (first.zone, first.provider, first.size) == ("a", "FARGATE_SPOT", "256/512")
    assert (first.tasks, first.native, first.backstop, first.in_flight) == (2, 1, 1, 1)
    assert (first.left_s, second.left_s) == (80, None)


def test_a_task_of_which_nobody_knows_the_place_is_not_lost():
    tally = Tally(ARN, int(NOW), int(NOW), plain=frozenset({spread(1)}))
    (row,) = episode_of(tally).rows
    assert (row.zone, row.tasks) == ("", 1)


def test_an_episode_reads_back_as_it_was_kept():
    from spot_drain.history import _item

    tally = Tally(ARN, int(NOW), int(NOW), native=frozenset({spread(1)}))
    item = _item(episode_of(tally))
    assert read_episode(item) == episode_of(tally)
    assert item["pk"]["S"] == f"history#{ARN}#{int(NOW)}"


def storm(at: float, native: int, backstop: int, zone: str = "a") -> Episode:
    rows = (Row(zone, "FARGATE_SPOT", "256/512", native + backstop, native, backstop),)
    return Episode(ARN, int(at), int(at), rows)


def test_a_fall_from_nearly_all_to_nothing_is_a_regression():
    before = [storm(NOW - n * DAY, 9, 1) for n in range(2, 8)]
    found = compare([*before, *(storm(NOW - 3_600 * n, 0, 10) for n in range(1, 4))], NOW)
    assert found.has_regressed
    assert "0 %, was 90 %" in regression_alert(found, NOW, NOW).title


@pytest.mark.parametrize(
    ("before", "recent"),
    [
        ([(9, 1)] * 6, [(9, 1)] * 3),  # as ever
        ([(0, 10)] * 6, [(0, 10)] * 3),  # the toolkit always comes first here
        ([(9, 1)], [(0, 10)] * 3),  # too little to compare with
        ([(9, 1)] * 6, [(0, 5)]),  # too little to speak of
        ([(6, 4)] * 6, [(5, 5)] * 3),  # chance
    ],
)
def test_what_chance_or_too_few_numbers_explain_is_none(before, recent):
    episodes = [storm(NOW - (2 + n) * DAY, *each) for n, each in enumerate(before)]
    episodes += [storm(NOW - 60 * n, *each) for n, each in enumerate(recent)]
    assert not compare(episodes, NOW).has_regressed


def test_one_huge_storm_does_not_speak_for_a_day():
    assert compare([storm(NOW - 60, 0, 1_000)], NOW).recent == Share(0, 10)


def test_a_zone_that_brings_most_storms_is_named():
    episodes = [storm(NOW - n, 1, 0, "a") for n in range(14)]
    episodes += [storm(NOW - n, 1, 0, zone) for n, zone in enumerate("bc")]
    assert str(advice(episodes)).startswith("a brought 14 of 16 storms")


@pytest.mark.parametrize("zones", ["", "aaaa", "aaaaaaaaaaaa", "abcabcabcabc", "aaaabbbbc"])
def test_numbers_that_say_nothing_bring_no_advice(zones):
    assert advice([storm(NOW - n, 1, 0, zone) for n, zone in enumerate(zones)]) is None
