"""Where a rule gives way: what the owner refuses, what goes back with another, what is only said."""

from __future__ import annotations

import pytest

from deploy_guard.decision import decide
from deploy_guard.gates import NOT_ASKED, Rule
from deploy_guard.model import Act, Judged, Outcome
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.verdict import Verdict
from tests.unit.deploy_guard.situations import (
    BEGAN,
    breaker,
    case,
    changed,
    deployment_arn,
    reality,
    row,
    service_deployment,
    version,
)

NOW = BEGAN + 43_200
GOING = Verdict(Outcome.IN_PROGRESS, NOW)
BAD = Judged(version(43), False, BEGAN, deployment_arn(40), "out of memory (OOM)")
ITS_TURN = Rule("release group", True, "prod/api goes back")
WATCHED = reality(service_deployment(43, source=42, breaker=breaker()))


def decided(**fields):
    return decide(case(**fields), NOW)


@pytest.mark.parametrize(
    ("refuses", "verdict", "kind"),
    [
        (True, GOING, "act"),
        (False, GOING, "nothing"),
        (True, Verdict(Outcome.SUCCEEDED, NOW), "nothing"),
    ],
)
def test_what_failed_before_is_stopped_while_it_is_under_way_where_the_owner_refuses_it(
    refuses, verdict, kind
):
    settings = OwnerSettings(mode="auto", refuses_bad=refuses)
    # Nothing is known of a cause yet: it has only begun.
    found = decided(settings=settings, bad=BAD, verdict=verdict, cause="UNKNOWN", blame="unknown")
    assert found.kind == kind


@pytest.mark.parametrize("outcome", [Outcome.IN_PROGRESS, Outcome.SUCCEEDED])
def test_what_goes_back_with_another_needs_no_failure_of_its_own(outcome):
    given = {"verdict": Verdict(outcome, NOW), "cause": "UNKNOWN", "blame": "unknown"}
    assert decided(turn=ITS_TURN, **given).kind == "act"
    assert decided(**given).kind == "nothing"


def test_ecss_own_breaker_knows_nothing_of_what_goes_back_with_another():
    given = {"verdict": GOING, "reality": WATCHED}
    assert decided(turn=ITS_TURN, **given).kind == "act"
    assert decided(reality=WATCHED).kind == "wait"


def test_an_outcome_that_is_not_known_is_acted_on_by_nobody():
    unknown = Verdict(Outcome.UNKNOWN, NOW, rules=("CodeDeploy does not show it",))
    found = decided(verdict=unknown, turn=ITS_TURN)
    assert (found.kind, found.reason) == ("nothing", "CodeDeploy does not show it")


def test_what_was_not_read_is_decided_on_by_nobody():
    seen = changed(reality(), unread=("DescribeServiceRevisions: Timeout: no answer within 3 s",))
    found = decided(reality=seen)
    assert found.kind == "nothing"
    assert found.reason.startswith("could not be read: DescribeServiceRevisions")


def test_what_is_only_said_waits_for_no_switch_and_no_cool_off():
    lately = Act(deployment_arn(42), NOW - 60, "REQUESTED", "UpdateService")
    settings = OwnerSettings(mode="notify")
    assert decided(settings=settings, kill_switch=NOT_ASKED, acts=(lately,)).kind == "would-act"
    assert decided(acts=(lately,)).kind == "wait"


def test_a_codedeploy_deployment_whose_group_rolls_back_nothing_is_stopped_at_once():
    mine = changed(row(), controller="CODE_DEPLOY", id="d-1")
    found = decided(row=mine)
    assert next(rule for rule in found.rules if rule.name == "native").allows
