"""Who acts, and what is given back: with a write that is lost, and a health that nobody knows."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from ecsops.errors import CallFailed
from spot_fallback.model import Cover, Evidence
from spot_fallback.settling import Case, Settler
from tests.unit.spot_fallback.shapes import (
    ARN,
    NO_PLACE,
    NOW,
    absent,
    moment,
    primary,
    remembered,
    shadow,
)

SHORT = Case(
    primary(running=4, events=[{"message": NO_PLACE, "createdAt": moment(NOW - 30)}]),
    absent(),
    Evidence(spot_at=NOW - 30),
)
QUIET = Case(primary(), shadow(4), Evidence())
LONG_QUIET = remembered(4, shortage_at=NOW - 1_000, raised_at=NOW - 1_000)


@pytest.fixture
def settler() -> Any:
    aws, store, events = Mock(), Mock(), Mock()
    events.put_events.return_value = {"FailedEntryCount": 0, "Entries": []}
    aws.unhealthy.return_value = 0
    return Settler(aws, store, events)


def test_of_two_runs_at_once_only_the_one_that_writes_first_acts(settler):
    settler.store.write.return_value = False
    assert settler.settle([SHORT], {}, NOW) == []
    settler.aws.perform.assert_not_called()
    settler.events.put_events.assert_not_called()

    settler.store.write.return_value = True
    settler.settle([SHORT], {}, NOW)
    settler.aws.perform.assert_called_once()


def test_a_service_is_named_before_anything_is_told_of_it(settler):
    settler.store.write.return_value = True
    settler.settle([SHORT], {}, NOW)
    called = [name for name, *_ in settler.store.method_calls]
    assert called[:2] == ["note_told", "write"]
    settler.store.note_told.assert_called_once_with({ARN})


def test_no_cover_waits_for_the_list_of_what_was_told(settler):
    settler.store.note_told.side_effect = CallFailed("UpdateItem", "Throttling", "slow")
    assert settler.settle([SHORT], {}, NOW) == []
    settler.aws.perform.assert_called_once()


def test_what_answers_is_given_back_for(settler):
    settler.settle([QUIET], {ARN: LONG_QUIET}, NOW)
    settler.aws.perform.assert_called_once()


@pytest.mark.parametrize("found", [4, CallFailed("DescribeTargetHealth", "Throttling", "slow")])
def test_nothing_is_given_back_for_what_does_not_answer_or_of_which_nobody_knows(settler, found):
    settler.aws.unhealthy.side_effect = [found]
    settler.settle([QUIET], {ARN: LONG_QUIET}, NOW)
    settler.aws.perform.assert_not_called()


def test_a_service_without_load_balancers_is_asked_for_its_containers(settler):
    settler.aws.ailing.return_value = 4
    case = Case(primary(loadBalancers=[]), shadow(4, loadBalancers=[]), Evidence())
    settler.settle([case], {ARN: LONG_QUIET}, NOW)
    settler.aws.unhealthy.assert_not_called()
    settler.aws.perform.assert_not_called()


def test_tasks_that_are_missing_are_measured_though_nothing_covers_them(settler, capsys):
    frozen = primary(running=4, tags={"ecs-ops:freeze": "on"})
    settler.settle([Case(frozen, absent(), Evidence())], {ARN: Cover()}, NOW)
    assert '"MissingTasks":[6' in capsys.readouterr().out.replace(" ", "")
