"""Whatever order events come in, and however often: one story, each stage told once."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy_guard.ledger import absorb, unhandled, with_handled, with_row, with_rows
from deploy_guard.model import Act, Deployment, Judged, Ledger, Notice, Outcome
from deploy_guard.noting import matters
from deploy_guard.observation import observe, symptoms_of
from deploy_guard.signals import DeploymentChanged, TaskFailed
from tests.unit.deploy_guard.builders import NOT_FOUND, never_started
from tests.unit.deploy_guard.situations import (
    BEGAN,
    SERVICE,
    breaker,
    changed,
    definition,
    deployment_arn,
    ecs_deployment,
    reality,
    revision_arn,
    service_deployment,
    version,
)

T0 = BEGAN + 43_000
NAME = "SERVICE_DEPLOYMENT_"
GOOD_41 = Judged(version(42), True, BEGAN, "d42", "survived")


def told_by(ecs_id, name, at, reason=""):
    return DeploymentChanged(SERVICE, ecs_id, NAME + name, at, reason, f"{ecs_id}{name}{at}")


def failing_task(number, at):
    task = never_started(
        NOT_FOUND,
        task_arn=f"task/{number}",
        started_by="ecs-svc/43",
        task_definition=definition(43),
        stopped_at=at,
    )
    return TaskFailed(SERVICE, task, f"task/{number}")


def step(ledger, signals, seen, now, acts=()):
    """What the observer does with a batch, without its calls."""
    new = unhandled(ledger, signals)
    if not new:
        return ledger, []
    ledger = with_rows(absorb(ledger, new), seen)
    ledger, findings = observe(ledger, seen, acts, now)
    stages = []
    for finding in findings:
        if finding.stage:
            row = ledger.find(finding.row.id)
            told = msgspec.structs.replace(row, told=(*row.told, finding.stage))
            rows = tuple(told if one.id == row.id else one for one in ledger.deployments)
            ledger = msgspec.structs.replace(ledger, deployments=rows)
            stages.append((row.id, finding.stage))
    return with_handled(ledger, new), stages


# What AWS shows while a breaker rolls 43 back to 42: (from when, what).
OLD_BACK = ecs_deployment(42, state="IN_PROGRESS", created=BEGAN + 42_000)
NEW_OUT = ecs_deployment(43, primary=False, state="FAILED")
BROKEN = {
    "source": 42,
    "breaker": breaker("TRIGGERED", failures=3),
    "rollback_reason": "the circuit breaker threshold was exceeded",
    "rolled_back_to": revision_arn(42),
    "updated_at": T0 + 60,
}
TIMELINE = [
    (T0, reality(service_deployment(43, source=42, breaker=breaker()))),
    (
        T0 + 60,
        reality(
            service_deployment(43, "ROLLBACK_IN_PROGRESS", **BROKEN),
            deployments=(OLD_BACK, NEW_OUT),
            task_definition=definition(42),
        ),
    ),
    (
        T0 + 120,
        reality(
            service_deployment(43, "ROLLBACK_SUCCESSFUL", finished_at=T0 + 120, **BROKEN),
            deployments=(changed(OLD_BACK, rollout_state="COMPLETED"),),
            task_definition=definition(42),
        ),
    ),
]
EVENTS = [
    told_by("ecs-svc/43", "IN_PROGRESS", T0),
    failing_task(1, T0 + 20),
    failing_task(2, T0 + 40),
    failing_task(3, T0 + 60),
    told_by("ecs-svc/43", "FAILED", T0 + 60),
    told_by("ecs-svc/42", "IN_PROGRESS", T0 + 60, "rolling back to deploymentId ecs-svc/42."),
    told_by("ecs-svc/42", "COMPLETED", T0 + 120, "ECS deployment ecs-svc/42 completed."),
]


def seen_at(timeline, now):
    return [what for since, what in timeline if since <= now][-1]


def emitted(signal):
    return signal.task.stopped_at if isinstance(signal, TaskFailed) else signal.at


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.floats(0, 600)), min_size=1, max_size=25))
def test_s01_and_s09_any_order_and_any_number_of_copies_give_one_story(extra):
    # Every event arrives at least once, and copies of some at any later time.
    deliveries = [(emitted(one) + 1, one) for one in EVENTS] if not extra else []
    deliveries += [(emitted(one) + late, one) for one, late in extra]
    deliveries += [(T0 + 700 + n, one) for n, one in enumerate(EVENTS)]
    ledger, told = Ledger(SERVICE, judged=(GOOD_41,)), []
    for at, signal in sorted(deliveries, key=lambda one: one[0]):
        ledger, stages = step(ledger, [signal], seen_at(TIMELINE, at), at)
        told += stages
    (row,) = ledger.deployments
    assert row.outcome is Outcome.ROLLED_BACK
    assert row.serving == version(42)
    assert row.ecs_id == "ecs-svc/43"
    assert [one.version.name for one in ledger.good()] == ["web:42"]
    assert ledger.bad(version(43))
    assert len(told) == len(set(told))
    assert told[-1] == (deployment_arn(43), "rolled-back")
    assert "recovered" not in {stage for _, stage in told}


@settings(deadline=None)
@given(st.permutations(EVENTS))
def test_s01_late_events_in_any_order_give_the_same_ledger(order):
    last = TIMELINE[-1]
    ledger = Ledger(SERVICE, judged=(GOOD_41,))
    for signal in order:
        ledger, _ = step(ledger, [signal], last[1], T0 + 300)
    (row,) = ledger.deployments
    assert row.outcome is Outcome.ROLLED_BACK
    assert {one.version.name: one.good for one in ledger.judged} == {
        "web:42": True,
        "web:43": False,
    }
    assert row.told == ("rolled-back",)


SUPERSEDED = reality(
    service_deployment(43, "STOPPED", source=42, breaker=breaker("TRIGGERED", rollback=False)),
    service_deployment(44, source=43),
)


@settings(deadline=None)
@given(st.permutations([*EVENTS[:5], told_by("ecs-svc/44", "IN_PROGRESS", T0 + 1000)]))
def test_s07_a_late_failure_of_a_superseded_deployment_is_told_as_that(order):
    # The ledger had seen its beginning.
    ledger, _ = step(Ledger(SERVICE), [EVENTS[0]], TIMELINE[0][1], T0 + 1)
    told = []
    for signal in order:
        ledger, stages = step(ledger, [signal], SUPERSEDED, T0 + 1300)
        told += stages
    assert ledger.find(deployment_arn(43)).outcome is Outcome.SUPERSEDED
    assert ledger.find(deployment_arn(44)).outcome is Outcome.IN_PROGRESS
    assert told == [(deployment_arn(43), "superseded")]


def test_a_deployment_that_is_replaced_without_ado_is_no_news():
    ledger, _ = step(Ledger(SERVICE), [EVENTS[0]], TIMELINE[0][1], T0 + 1)
    quiet = reality(service_deployment(43, "STOPPED"), service_deployment(44, source=43))
    _, told = step(ledger, [told_by("ecs-svc/44", "IN_PROGRESS", T0)], quiet, T0 + 60)
    assert told == []


def our_rollback(outcome_of_44):
    """43 had completed; an alarm condemned it, and 44 is our way back to 42's task definition."""
    ours = changed(
        service_deployment(44, outcome_of_44, source=43, finished_at=T0 + 1100),
        target=revision_arn(42),
    )
    back = changed(ecs_deployment(44), task_definition=definition(42))
    return reality(
        service_deployment(43, "SUCCESSFUL", source=42, finished_at=T0 + 100),
        ours,
        deployments=(back,),
        task_definition=definition(42),
    )


def of_stopped(outcome_of_44):
    """The same of one that ECS gave up without going back."""
    seen = our_rollback(outcome_of_44)
    return changed(seen, history=(changed(seen.history[0], status="STOPPED"), *seen.history[1:]))


ACT = Act(
    deployment_arn(43), T0 + 990, "REQUESTED", "UpdateService", task_definition=definition(42)
)


@given(
    st.sampled_from(
        [
            ("IN_PROGRESS", "rolling-back"),
            ("SUCCESSFUL", "rolled-back"),
            ("ROLLBACK_SUCCESSFUL", "rollback-failed"),
            ("ROLLBACK_FAILED", "rollback-failed"),
        ]
    ),
    st.booleans(),
)
def test_s10_what_becomes_of_our_rollback_is_told_of_the_failed_deployment(what, answered):
    status, stage = what
    act = changed(ACT, result=deployment_arn(44)) if answered else ACT
    row = Deployment(
        deployment_arn(43), BEGAN + 43_000, version(43), "ecs-svc/43", version(42), told=("failed",)
    )
    ledger = Ledger(SERVICE, deployments=(row,))
    ledger, told = step(
        ledger, [told_by("ecs-svc/44", "X", T0)], our_rollback(status), T0 + 1200, [act]
    )
    assert told == [(deployment_arn(43), stage)]
    assert ledger.find(deployment_arn(44)).rolls_back == deployment_arn(43)


@pytest.mark.parametrize(
    ("ordered_at", "meanwhile", "told"),
    [
        (T0 + 980, Outcome.FAILED, []),
        # The order was carried out so late that nobody thought of it any more.
        (T0 + 500, Outcome.SUPERSEDED, [(deployment_arn(43), "superseded")]),
    ],
)
@pytest.mark.parametrize(
    ("status", "stage"), [("IN_PROGRESS", "rolling-back"), ("SUCCESSFUL", "rolled-back")]
)
def test_a_rollback_of_which_the_ledger_said_nothing_yet_is_told_by_the_next_look(
    ordered_at, meanwhile, told, status, stage
):
    row = Deployment(
        deployment_arn(43),
        BEGAN + 43_000,
        version(43),
        "ecs-svc/43",
        version(42),
        outcome=Outcome.FAILED,
        failed_at=T0 + 400,
        told=("failed",),
        ordered_at=ordered_at,
    )
    event, more = told_by("ecs-svc/44", "IN_PROGRESS", T0), told_by("ecs-svc/44", "X", T0)
    ledger = Ledger(SERVICE, deployments=(row,))
    ledger, news = step(ledger, [event], of_stopped("IN_PROGRESS"), T0 + 1001)
    assert (ledger.find(row.id).outcome, news) == (meanwhile, told)
    act = changed(ACT, result=deployment_arn(44))
    ledger, news = step(ledger, [more], of_stopped(status), T0 + 1061, [act])
    assert news == [(deployment_arn(43), stage)]
    assert ledger.find(deployment_arn(44)).rolls_back == deployment_arn(43)


def test_s13_a_rollback_that_runs_another_image_has_failed():
    seen = our_rollback("SUCCESSFUL")
    versions = seen.versions | {revision_arn(42): version(42, digest="a tag that moved")}
    row = Deployment(
        deployment_arn(43), BEGAN + 43_000, version(43), "ecs-svc/43", version(42), told=("failed",)
    )
    act = changed(ACT, result=deployment_arn(44))
    ledger, told = step(
        Ledger(SERVICE, deployments=(row,)),
        [told_by("ecs-svc/44", "X", T0)],
        changed(seen, versions=versions),
        T0 + 1200,
        [act],
    )
    assert told == [(deployment_arn(43), "rollback-failed")]
    assert "runs other images than web:42 did before" in ledger.find(deployment_arn(43)).rules[0]


def test_s13_a_rollback_that_runs_the_failed_image_under_the_same_name_has_failed():
    """All three are web:42; its tag meant one image before the release, and means the failed one since."""
    failed = version(42, digest="the failed one")
    ours = changed(
        service_deployment(44, "SUCCESSFUL", source=43, finished_at=T0 + 1100),
        target=revision_arn(45),
    )
    seen = reality(
        service_deployment(43, "SUCCESSFUL", source=42, finished_at=T0 + 100),
        ours,
        deployments=(changed(ecs_deployment(44), task_definition=definition(42)),),
        task_definition=definition(42),
    )
    versions = {revision_arn(42): version(42), revision_arn(43): failed, revision_arn(45): failed}
    row = Deployment(
        deployment_arn(43), BEGAN + 43_000, failed, "ecs-svc/43", version(42), told=("failed",)
    )
    ledger, told = step(
        Ledger(SERVICE, deployments=(row,)),
        [told_by("ecs-svc/44", "X", T0)],
        changed(seen, versions=seen.versions | versions),
        T0 + 1200,
        [changed(ACT, result=deployment_arn(44))],
    )
    assert told == [(deployment_arn(43), "rollback-failed")]
    assert "runs other images than web:42 did before" in ledger.find(deployment_arn(43)).rules[0]


def test_s06_a_version_is_not_bad_because_there_was_no_room():
    full = reality(service_deployment(43, source=42), desired=2)
    ledger = Ledger(SERVICE)
    signals = [
        TaskFailed(
            SERVICE,
            never_started(
                "Unexpected EC2 error while attempting to Create Network Interface: "
                "InsufficientFreeAddressesInSubnet",
                task_arn=f"t{n}",
                started_by="ecs-svc/43",
                task_definition=definition(43),
            ),
            f"t{n}",
        )
        for n in range(5)
    ]
    ledger, told = step(ledger, signals, full, T0 + 60)
    assert told == [(deployment_arn(43), "stalled")]
    assert ledger.judged == ()


def test_what_cannot_be_read_changes_nothing_and_is_told_once():
    ledger, _ = step(Ledger(SERVICE), [EVENTS[0]], TIMELINE[0][1], T0 + 1)
    blind = reality(blind=("DescribeServiceDeployments: AccessDenied",))
    after, told = step(ledger, [EVENTS[4]], blind, T0 + 60)
    assert told == [(deployment_arn(43), "blind")]
    assert after.find(deployment_arn(43)).outcome is Outcome.IN_PROGRESS
    _, again = step(after, [EVENTS[5]], blind, T0 + 70)
    assert again == []


def behind(number, at):
    """A failed task of the deployment before."""
    task = never_started(
        NOT_FOUND,
        task_arn=f"older/{number}",
        started_by="ecs-svc/42",
        task_definition=definition(42),
        stopped_at=at,
    )
    return TaskFailed(SERVICE, task, f"older/{number}")


def test_s10_failures_count_against_a_rollback_from_the_moment_when_it_began():
    older = Deployment(
        deployment_arn(42), BEGAN, version(42), "ecs-svc/42", outcome=Outcome.SUCCEEDED
    )
    failed = Deployment(deployment_arn(43), T0, version(43), "ecs-svc/43", outcome=Outcome.FAILED)
    ledger = Ledger(SERVICE, (failed, older), counts={"ecs-svc/42": 4})
    seen = reality(
        service_deployment(43, "ROLLBACK_IN_PROGRESS", source=42),
        deployments=(ecs_deployment(42, running=0),),
    )
    outcomes = []
    for number in range(4):
        signals = [behind(number, T0 + number)] if number else []
        ledger, _ = observe(absorb(ledger, signals), seen, (), T0 + number)
        outcomes.append(ledger.find("ecs-svc/43").outcome)
    rolling = Outcome.ROLLING_BACK
    assert outcomes == [rolling, rolling, rolling, Outcome.ROLLBACK_FAILED]
    assert matters(behind(9, T0), with_outcome(ledger, rolling))
    assert not matters(behind(9, T0), with_outcome(ledger, Outcome.ROLLED_BACK))


def with_outcome(ledger, outcome):
    row = msgspec.structs.replace(ledger.find("ecs-svc/43"), outcome=outcome)
    return with_row(ledger, row)


def test_s06_a_lack_of_room_before_it_began_says_nothing_about_a_deployment():
    seen = reality(service_deployment(43, source=42))
    row = Deployment(deployment_arn(43), T0, version(43), "ecs-svc/43", version(42))
    texts = [f"no room {number}" for number in range(5)]
    notices = tuple(Notice("placement", T0 - 1, text) for text in texts)
    _, before = symptoms_of(row, Ledger(SERVICE, (row,), notices=notices), seen)
    notices = tuple(Notice("placement", T0, text) for text in texts)
    _, since = symptoms_of(row, Ledger(SERVICE, (row,), notices=notices), seen)
    assert (before.placements, since.placements) == (0, 5)


@pytest.mark.parametrize(("desired", "bad"), [(2, True), (0, False)])
def test_no_version_is_bad_of_which_nothing_is_to_run(desired, bad):
    row = Deployment(deployment_arn(43), T0, version(43), "ecs-svc/43", version(42))
    ledger = absorb(Ledger(SERVICE, (row,)), [failing_task(number, T0) for number in range(4)])
    seen = reality(service_deployment(43, "ROLLBACK_FAILED", source=42), desired=desired)
    ledger, _ = observe(ledger, seen, (), T0 + 10)
    assert bool(ledger.bad(version(43))) is bad
