"""What a deployment has come to. Scenario 1 is the one that everybody gets wrong."""

import pytest

from deploy_guard.model import Bake, Outcome
from deploy_guard.reality import Hook
from deploy_guard.symptoms import Symptoms, threshold
from deploy_guard.verdict import judge
from tests.unit.deploy_guard.situations import (
    BEGAN,
    breaker,
    ecs_deployment,
    reality,
    revision_arn,
    row,
    service_deployment,
    version,
)

NOW = BEGAN + 43_200
NONE = Symptoms()


def outcome(seen, symptoms=NONE, now=NOW, **fields):
    return judge(row(**fields), seen, symptoms, now).outcome


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PENDING", Outcome.IN_PROGRESS),
        ("IN_PROGRESS", Outcome.IN_PROGRESS),
        ("SUCCESSFUL", Outcome.SUCCEEDED),
        ("ROLLBACK_REQUESTED", Outcome.ROLLING_BACK),
        ("ROLLBACK_IN_PROGRESS", Outcome.ROLLING_BACK),
        ("ROLLBACK_SUCCESSFUL", Outcome.ROLLED_BACK),
        ("ROLLBACK_FAILED", Outcome.ROLLBACK_FAILED),
        ("STOPPED", Outcome.FAILED),
        ("STOP_REQUESTED", Outcome.FAILED),
        ("A_STATUS_OF_TOMORROW", Outcome.UNKNOWN),
    ],
)
def test_the_status_of_the_service_deployment_decides(status, expected):
    assert outcome(reality(service_deployment(43, status, source=42))) is expected


@pytest.mark.parametrize("state", ["IN_PROGRESS", "COMPLETED"])
def test_s01_an_old_deployment_that_completes_again_is_a_rollback(state):
    """The PRIMARY deployment says COMPLETED, and the service deployment what that means."""
    rolled = service_deployment(
        43, "ROLLBACK_SUCCESSFUL", source=42, rolled_back_to=revision_arn(42)
    )
    seen = reality(rolled, deployments=(ecs_deployment(42, state=state),))
    verdict = judge(row(), seen, NONE, NOW)
    assert verdict.outcome is Outcome.ROLLED_BACK
    assert verdict.serving == version(42)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("IN_PROGRESS", Outcome.ROLLING_BACK),
        ("COMPLETED", Outcome.ROLLED_BACK),
        ("FAILED", Outcome.ROLLBACK_FAILED),
    ],
)
def test_s01_without_the_history_the_old_id_being_primary_says_it(state, expected):
    seen = reality(service_deployment(42, "SUCCESSFUL"))
    seen = reality(
        service_deployment(42, "SUCCESSFUL"), deployments=(ecs_deployment(42, state=state),)
    )
    verdict = judge(row(), seen, NONE, NOW)
    assert verdict.outcome is expected
    assert verdict.serving == version(42)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("IN_PROGRESS", Outcome.IN_PROGRESS),
        ("COMPLETED", Outcome.SUCCEEDED),
        ("FAILED", Outcome.FAILED),
    ],
)
def test_without_the_history_its_own_id_being_primary_says_the_rest(state, expected):
    history = service_deployment(42, "SUCCESSFUL")
    assert outcome(reality(history, deployments=(ecs_deployment(43, state=state),))) is expected


def test_without_the_history_a_newer_primary_supersedes():
    history = service_deployment(42, "SUCCESSFUL")
    seen = reality(history, deployments=(ecs_deployment(44),))
    assert outcome(seen) is Outcome.SUPERSEDED


def test_s07_stopped_because_a_newer_one_began_is_superseded():
    seen = reality(service_deployment(43, "STOPPED"), service_deployment(44))
    verdict = judge(row(), seen, NONE, NOW)
    assert verdict.outcome is Outcome.SUPERSEDED
    assert any("44" in rule for rule in verdict.rules)


def test_blind_is_unknown_and_says_what_could_not_be_read():
    verdict = judge(row(), reality(blind=("DescribeServices: AccessDenied",)), NONE, NOW)
    assert verdict.outcome is Outcome.UNKNOWN
    assert "AccessDenied" in verdict.rules[0]


def test_a_deleted_service_ends_the_story():
    assert outcome(reality(status="INACTIVE")) is Outcome.SUPERSEDED


def test_s02_two_failures_that_cannot_be_helped_are_enough_without_a_breaker():
    verdict = judge(row(), reality(), Symptoms(2, blame="release", trips=True), NOW)
    assert (verdict.outcome, verdict.by) == (Outcome.FAILED, "guard")


@pytest.mark.parametrize(
    ("desired", "limit"), [(1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)]
)
def test_without_a_breaker_its_default_is_the_limit(desired, limit):
    seen = reality(desired=desired, running=desired)
    assert threshold(row(), seen) == limit
    assert outcome(seen, Symptoms(limit - 1, blame="app")) is Outcome.IN_PROGRESS
    assert outcome(seen, Symptoms(limit, blame="app")) is Outcome.FAILED


def test_s19_a_breaker_has_its_own_threshold_and_it_is_never_computed():
    five = service_deployment(43, source=42, breaker=breaker(threshold=5))
    assert outcome(reality(five), Symptoms(4, blame="app")) is Outcome.IN_PROGRESS
    assert outcome(reality(five), Symptoms(5, blame="app")) is Outcome.FAILED


@pytest.mark.parametrize("blame", ["capacity", "infra"])
def test_s06_what_no_version_can_help_is_stalled_not_failed(blame):
    assert outcome(reality(), Symptoms(5, blame=blame)) is Outcome.STALLED


def test_s06_tasks_that_find_no_place_stall_it():
    assert outcome(reality(), Symptoms(placements=2)) is Outcome.IN_PROGRESS
    assert outcome(reality(), Symptoms(placements=3)) is Outcome.STALLED


def test_without_movement_for_a_quarter_of_an_hour_it_has_stalled():
    began = row().began
    few = reality(deployments=(ecs_deployment(43, running=1),))
    assert outcome(few, now=began + 899) is Outcome.IN_PROGRESS
    assert outcome(few, now=began + 900) is Outcome.STALLED
    assert outcome(few, now=began + 900, progress_at=began + 1) is Outcome.IN_PROGRESS
    assert outcome(reality(), now=began + 9000) is Outcome.IN_PROGRESS


@pytest.mark.parametrize(
    "waiting",
    [
        {"stage": "BAKE_TIME"},
        {"hooks": (Hook("h", "AWAITING_ACTION"),)},
        {"hooks": (Hook("h", "IN_PROGRESS"),)},
    ],
)
def test_a_deployment_that_waits_on_purpose_has_not_stalled(waiting):
    seen = reality(service_deployment(43, **waiting), deployments=(ecs_deployment(43, running=0),))
    assert outcome(seen, now=row().began + 90_000) is Outcome.IN_PROGRESS


def test_a_desired_count_of_zero_tells_nothing():
    seen = reality(desired=0, running=0)
    trips = Symptoms(9, blame="release", trips=True)
    assert outcome(seen, trips, now=row().began + 9000) is Outcome.IN_PROGRESS
    done = reality(service_deployment(43, "SUCCESSFUL"), desired=0)
    assert "tells nothing" in judge(row(), done, NONE, NOW).rules[0]


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCESSFUL"])
@pytest.mark.parametrize("known", [Outcome.IN_PROGRESS, Outcome.FAILED, Outcome.STALLED])
def test_without_tasks_what_was_known_stays_known(status, known):
    seen = reality(service_deployment(43, status), desired=0)
    assert outcome(seen, outcome=known) is known


PARKED = {"outcome": Outcome.FAILED, "idle_at": NOW - 600}


def test_what_completed_without_tasks_has_succeeded_when_they_run():
    def up(running):
        return reality(COMPLETED, deployments=(ecs_deployment(43, running=running),))

    assert outcome(up(1), **PARKED) is Outcome.IN_PROGRESS
    assert outcome(up(1), Symptoms(9, blame="app"), **PARKED) is Outcome.FAILED
    verdict = judge(row(**PARKED), up(2), NONE, NOW)
    assert (verdict.outcome, verdict.at >= NOW - 600) == (Outcome.SUCCEEDED, True)


def test_what_was_replaced_while_it_had_no_tasks_is_superseded():
    seen = reality(COMPLETED, service_deployment(44, source=43), desired=0)
    assert outcome(seen, **PARKED) is Outcome.SUPERSEDED


COMPLETED = service_deployment(43, "SUCCESSFUL", source=42)
WATCHED = Bake(NOW - 60, NOW + 840, failures=1)


@pytest.mark.parametrize(
    ("failures", "blame", "expected"),
    [
        (3, "app", Outcome.SUCCEEDED),
        (4, "app", Outcome.FAILED),
        (4, "infra", Outcome.STALLED),
    ],
)
def test_what_falls_apart_while_it_is_watched_has_failed_after_all(failures, blame, expected):
    """Of its failed tasks those count that failed since ECS called it completed."""
    seen, symptoms = reality(COMPLETED), Symptoms(failures, blame=blame, trips=True)
    verdict = judge(row(bake=WATCHED), seen, symptoms, NOW)
    assert verdict.outcome is expected
    assert (verdict.by == "guard") is (expected is not Outcome.SUCCEEDED)


@pytest.mark.parametrize("bake", [None, Bake(NOW - 1000, NOW - 100, over=True)])
def test_what_falls_apart_after_the_watch_is_no_deployment_any_more(bake):
    assert outcome(reality(COMPLETED), Symptoms(9, blame="app"), bake=bake) is Outcome.SUCCEEDED


def test_what_fell_apart_and_was_replaced_is_superseded():
    seen = reality(COMPLETED, service_deployment(44, source=43))
    assert outcome(seen, Symptoms(9, blame="app"), bake=WATCHED) is Outcome.SUPERSEDED


GOING_BACK = {"outcome": Outcome.ROLLING_BACK, "outcome_at": NOW}


def going_back(status="ROLLBACK_IN_PROGRESS", running=0, **fields):
    rolls = service_deployment(43, status, source=42, rolled_back_to=revision_arn(42), **fields)
    return reality(rolls, deployments=(ecs_deployment(42, running=running),))


@pytest.mark.parametrize(
    ("minutes", "fields", "expected"),
    [
        (14, GOING_BACK, Outcome.ROLLING_BACK),
        (15, GOING_BACK, Outcome.ROLLBACK_FAILED),
        (15, GOING_BACK | {"progress_at": NOW + 60}, Outcome.ROLLING_BACK),
        (99, {"outcome": Outcome.FAILED, "outcome_at": NOW}, Outcome.ROLLING_BACK),
        # Looked at again, it stays what it was called.
        (1, {"outcome": Outcome.ROLLBACK_FAILED, "outcome_at": NOW}, Outcome.ROLLBACK_FAILED),
    ],
)
def test_s10_a_rollback_that_gets_nowhere_has_failed(minutes, fields, expected):
    assert outcome(going_back(), now=NOW + minutes * 60, **fields) is expected


@pytest.mark.parametrize(
    ("failures", "running", "with_breaker", "expected"),
    [
        (2, 0, False, Outcome.ROLLING_BACK),
        (3, 0, False, Outcome.ROLLBACK_FAILED),
        # They start again and again, and by now all of them run.
        (3, 2, False, Outcome.ROLLING_BACK),
        # ECS itself says when enough is enough.
        (3, 0, True, Outcome.ROLLING_BACK),
    ],
)
def test_s10_a_version_gone_back_to_whose_tasks_fail_as_well_is_told_at_once(
    failures, running, with_breaker, expected
):
    monitors = {"breaker": breaker("TRIGGERED", failures=3)} if with_breaker else {}
    seen = going_back(running=running, **monitors)
    found = outcome(seen, Symptoms(5, blame="app", back=failures), now=NOW + 60, **GOING_BACK)
    assert found is expected


@pytest.mark.parametrize("seen", [going_back(running=2), going_back("ROLLBACK_SUCCESSFUL")])
def test_s10_a_rollback_that_comes_through_after_all_is_one(seen):
    stuck = {"outcome": Outcome.ROLLBACK_FAILED, "outcome_at": NOW}
    going = {Outcome.ROLLING_BACK, Outcome.ROLLED_BACK}
    assert outcome(seen, now=NOW + 3600, **stuck) in going
