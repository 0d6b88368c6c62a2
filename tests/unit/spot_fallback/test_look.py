"""What was told has to end, whoever told it: which services are named in the table, and which any more."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from ecsops.errors import CallFailed
from spot_fallback.look import Looker
from spot_fallback.model import Counted, Cover
from tests.unit.spot_fallback.shapes import ARN, described

LOOK_BACK, OTHER_MINUTE = 300.0, 360.0


def looker(remembered: Cover, *, named: bool, mode: str = "off") -> Looker:
    aws, store, settler = Mock(), Mock(), Mock()
    aws.describe.side_effect = lambda places: (
        {
            place: described(tags={"ecs-ops:spot-fallback": mode})
            for place in places
            if place[1] == "web"
        },
        {},
    )
    aws.count_tasks.side_effect = lambda asked, _now: [Counted(10)] * len(asked)
    store.told.return_value = frozenset({ARN} if named else ())
    store.read.side_effect = lambda arns: dict.fromkeys(arns, remembered)
    settler.settle.return_value = []
    settler.events.put_events.return_value = {"FailedEntryCount": 0, "Entries": []}
    return Looker(aws, store, settler)


TOLD = Cover(told=("problem-1-ab",), version=3)


def changes(looked: Looker) -> list[tuple[str, set[str]]]:
    return [
        (name, set(args[0]))
        for name, args, _ in looked.store.method_calls
        if name.startswith("note_") and args[0]
    ]


def test_a_service_that_only_the_table_names_is_told_as_over_and_named_no_more():
    looked = looker(TOLD, named=True)
    assert looked.look([], [], LOOK_BACK) == []
    looked.settler.events.put_events.assert_called_once()
    looked.store.write.assert_called_once_with(ARN, Cover(version=3), LOOK_BACK)
    assert changes(looked) == [("note_over", {ARN})]


def test_the_table_is_asked_who_is_named_every_five_minutes_only():
    looked = looker(TOLD, named=True)
    looked.look([], [], OTHER_MINUTE)
    looked.store.told.assert_not_called()


def test_an_event_looks_at_its_own_service_alone_in_whatever_minute_it_comes():
    looked = looker(TOLD, named=True)
    looked.look([ARN], [], LOOK_BACK, tick=False)
    looked.store.told.assert_not_called()
    assert changes(looked) == []


def test_no_look_fails_because_the_list_of_what_was_told_could_not_be_changed():
    looked = looker(TOLD, named=False, mode="on")
    looked.store.note_told.side_effect = CallFailed("UpdateItem", "Throttling", "slow")
    assert looked.look([ARN], [], LOOK_BACK) == []
    looked.settler.settle.assert_called_once()


@pytest.mark.parametrize(
    ("remembered", "named", "expected"),
    [
        (TOLD, False, [("note_told", {ARN})]),
        (TOLD, True, []),
        (Cover(), True, []),
        (Cover(), False, []),
    ],
)
def test_who_is_named_follows_what_was_told(remembered, named, expected):
    looked = looker(remembered, named=named, mode="on")
    looked.look([ARN], [], LOOK_BACK)
    assert changes(looked) == expected


def test_who_was_just_named_may_be_about_to_be_told_and_is_struck_out_five_minutes_later():
    looked = looker(Cover(), named=True, mode="on")
    looked.look([ARN], [], LOOK_BACK)
    assert changes(looked) == []
    looked.look([ARN], [], LOOK_BACK + 300)
    assert changes(looked) == [("note_over", {ARN})]


def test_no_tick_fails_because_the_list_of_what_was_told_could_not_be_read():
    looked = looker(TOLD, named=True, mode="on")
    looked.store.told.side_effect = CallFailed("BatchGetItem", "Throttling", "slow")
    assert looked.look([ARN], [], LOOK_BACK) == []
    looked.settler.settle.assert_called_once()


@pytest.mark.parametrize(
    "nameless", ["arn:aws:ecs:eu-west-1:123456789012:service/web", "not an ARN"]
)
def test_a_name_that_says_of_no_service_where_it_is_is_struck_out(nameless):
    looked = looker(TOLD, named=True, mode="on")
    looked.store.told.return_value = frozenset({ARN, nameless})
    looked.look([ARN], [], LOOK_BACK)
    assert changes(looked) == [("note_over", {nameless})]
