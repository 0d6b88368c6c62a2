"""Whether to act, and with which call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_guard.actions import (
    AnswerHooks,
    CreateCodeDeploy,
    RegisterCopy,
    StopCodeDeploy,
    StopDeployment,
    UpdateService,
)
from deploy_guard.decision import decide
from deploy_guard.gates import NATIVE_DEADLINE_S
from deploy_guard.last_known_good import Candidate, NoCandidate, Rejection
from deploy_guard.model import Act, Bake, Freeze, Image, Outcome, Version
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.reality import CodeDeployment, Hook, Monitor
from deploy_guard.rollback_call import repository
from deploy_guard.verdict import Verdict
from tests.unit.deploy_guard.situations import (
    BEGAN,
    breaker,
    case,
    changed,
    definition,
    deployment_arn,
    ecs_deployment,
    reality,
    row,
    service_deployment,
    version,
)

NOW = BEGAN + 43_200
AUTO = OwnerSettings(mode="auto")


def decided(now=NOW, **fields):
    return decide(case(**fields), now)


def refused(**fields):
    decision = decided(**fields)
    assert decision.kind == "nothing"
    return decision.reason


def test_s02_a_running_deployment_is_stopped_and_ecs_goes_back():
    decision = decided()
    assert decision.kind == "act"
    assert decision.action == StopDeployment(deployment_arn(43))
    assert decision.target == version(42)
    assert all(rule.allows for rule in decision.rules)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("off", "nothing"), ("notify", "would-act"), ("dry-run", "dry-run"), ("auto", "act")],
)
def test_s03_the_mode_decides_what_becomes_of_the_same_action(mode, kind):
    decision = decided(settings=OwnerSettings(mode=mode))
    assert decision.kind == kind
    assert decision.action == StopDeployment(deployment_arn(43))
    assert mode in decision.reason


@pytest.mark.parametrize("blame", ["capacity", "infra", "unknown", "symptom"])
def test_s06_another_version_would_not_help(blame):
    assert blame in refused(blame=blame)


@pytest.mark.parametrize("blame", ["release", "app", "config", "regression"])
def test_what_the_version_is_to_blame_for_is_rolled_back(blame):
    assert decided(blame=blame).kind == "act"


def test_an_unknown_cause_needs_the_opt_in():
    settings = changed(AUTO, may_roll_back_unknown=True)
    assert decided(blame="unknown", settings=settings).kind == "act"
    assert decided(blame="capacity", settings=settings).kind == "nothing"


@pytest.mark.parametrize(
    "seen",
    [
        reality(service_deployment(43, source=42), service_deployment(44)),
        reality(deployments=(ecs_deployment(44),)),
        reality(task_definition=definition(44)),
    ],
)
def test_s07_whatever_came_after_it_somebody_wanted(seen):
    assert "superseded" in refused(reality=seen)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.IN_PROGRESS,
        Outcome.SUCCEEDED,
        Outcome.ROLLING_BACK,
        Outcome.ROLLED_BACK,
        Outcome.ROLLBACK_FAILED,
        Outcome.SUPERSEDED,
        Outcome.UNKNOWN,
    ],
)
def test_s08_only_a_failed_deployment_is_rolled_back(outcome):
    refused(verdict=Verdict(outcome, NOW))


def act(at, deployment="another", state="REQUESTED", **fields):
    return Act(deployment, at, state, "StopServiceDeployment", **fields)


def test_s10_a_rollback_is_never_rolled_back():
    assert "itself a rollback" in refused(row=row(rolls_back=deployment_arn(42)))


@pytest.mark.parametrize("state", ["REQUESTED", "CONFIRMED", "UNCONFIRMED", "FAILED"])
def test_s10_one_action_for_each_deployment_whatever_became_of_it(state):
    assert "acted on already" in refused(acts=(act(NOW - 9e5, deployment_arn(43), state),))


def test_s10_the_third_rollback_in_a_day_is_for_a_person():
    two = (act(NOW - 80_000), act(NOW - 4_000))
    assert "2 of at most 2" in refused(acts=two)
    assert decided(acts=(act(NOW - 86_500), act(NOW - 4_000))).kind == "act"


def test_s10_the_third_bad_version_in_a_day_stays_with_people_a_day_later():
    two = (act(NOW - 80_000), act(NOW - 4_000))
    later = decided(NOW + 90_000, acts=two, failed_at=NOW)
    assert (later.kind, "2 of at most 2" in later.reason) == ("nothing", True)


def test_s10_a_rollback_gets_half_an_hour_to_settle():
    early = decided(acts=(act(NOW - 1_799),))
    assert (early.kind, early.until) == ("wait", NOW + 1)
    assert "cool-off" in early.reason
    assert decided(acts=(act(NOW - 1_800),)).kind == "act"


def test_what_may_have_been_a_rollback_counts_as_one():
    maybe = act(NOW - 4_000, state="UNCONFIRMED")
    assert "2 of at most 2" in refused(acts=(act(NOW - 80_000), maybe))
    early = decided(acts=(changed(maybe, at=NOW - 60),))
    assert (early.kind, "cool-off" in early.reason) == ("wait", True)


def test_what_was_only_tried_counts_for_nothing():
    dry = tuple(act(NOW - n, deployment_arn(43), executed=False) for n in range(9))
    assert decided(acts=dry).kind == "act"
    failed = tuple(act(NOW - n, state="FAILED") for n in range(9))
    assert decided(acts=failed).kind == "act"


def test_s11_without_a_candidate_nothing_is_done_and_every_rejection_is_told():
    none = NoCandidate((Rejection(version(42), "it is known to be bad: OOM"),), "bad")
    decision = decided(candidate=none)
    assert decision.kind == "nothing"
    assert "web:42: it is known to be bad: OOM" in decision.reason
    first = decided(row=row(source=None), candidate=NoCandidate((), "nothing ran before it"))
    assert "no version has ever proven good" in first.reason


BAKED = row(
    outcome=Outcome.SUCCEEDED,
    bake=Bake(NOW - 300, NOW + 600, ("errors",), fired=("errors",), firing=("errors",)),
)
SUCCEEDED = Verdict(Outcome.SUCCEEDED, NOW - 300)


def test_s12_after_completion_the_service_is_updated_with_nothing_but_the_task_definition():
    decision = decided(
        row=BAKED,
        verdict=SUCCEEDED,
        reality=reality(service_deployment(43, "SUCCESSFUL", source=42)),
        blame="regression",
    )
    assert decision.kind == "act"
    assert decision.action == UpdateService("prod", "web", definition(42))


def test_s12_an_alarm_that_is_over_moves_nothing_and_the_reason_says_so():
    over = changed(BAKED, bake=Bake(NOW - 300, NOW + 600, ("errors",), fired=("errors",)))
    assert refused(row=over, verdict=SUCCEEDED) == (
        "alarm errors went off while the version was watched, and is over"
    )


def test_s12_a_success_without_an_alarm_is_left_alone():
    refused(verdict=SUCCEEDED, reality=reality(service_deployment(43, "SUCCESSFUL", source=42)))


def test_s13_a_mutable_tag_is_rolled_back_with_a_pinned_copy():
    images = (Image("app", "host:5000/web:latest", "sha256:old"), Image("side", "x@sha256:z", "z"))
    good = Candidate(Version(definition(43), images), "proof", copy="mutable")
    stopped = reality(service_deployment(43, "STOPPED", source=42))
    decision = decided(candidate=good, reality=stopped)
    assert decision.action == RegisterCopy(
        "prod",
        "web",
        definition(43),
        (
            Image("app", "host:5000/web@sha256:old", "sha256:old"),
            Image("side", "x@z", "z"),
        ),
    )


def test_s14_a_bad_source_is_no_way_back_even_for_ecs():
    good = Candidate(version(40), "proof", against_source="it is known to be bad")
    assert decided(candidate=good).action == UpdateService("prod", "web", definition(40))


def test_s15_a_paused_deployment_is_answered_hook_by_hook():
    hooks = (Hook("h1", "AWAITING_ACTION"), Hook("h2", "SUCCEEDED"), Hook("h3", "AWAITING_ACTION"))
    paused = reality(service_deployment(43, source=42, hooks=hooks))
    decision = decided(reality=paused)
    assert decision.action == AnswerHooks(deployment_arn(43), ("h1", "h3"))
    for call in decision.action.calls:
        assert ("action", "ROLLBACK") in call.parameters


def codedeploy(status, **fields):
    mine = CodeDeployment("d-2", "app", "group", status, row().began, **fields)
    done = CodeDeployment("d-1", "app", "group", "Succeeded", 1.0, task_definition=definition(42))
    return {
        "row": changed(row(), id="d-2", controller="CODE_DEPLOY"),
        "reality": reality(controller="CODE_DEPLOY", code_deployments=(mine, done), deployments=()),
    }


@pytest.mark.parametrize("status", ["Created", "Queued", "InProgress", "Ready", "Baking"])
def test_s17_a_running_codedeploy_deployment_is_stopped(status):
    decision = decided(**codedeploy(status))
    assert decision.action == StopCodeDeploy("d-2")
    assert ("autoRollbackEnabled", "true") in decision.action.calls[0].parameters


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Succeeded"])
def test_s17_a_finished_one_is_undone_by_deploying_what_was_good(status):
    decision = decided(**codedeploy(status))
    assert decision.action == CreateCodeDeploy(
        "app", "group", "d-1", definition(42), "ecs-ops: rollback of d-2"
    )


def test_s17_nothing_is_left_to_repeat():
    fields = codedeploy("Failed") | {"candidate": Candidate(version(39), "proof")}
    assert "no successful CodeDeploy deployment of web:39" in refused(**fields)


def test_s17_an_external_controller_rolls_back_itself():
    assert "EXTERNAL" in refused(reality=reality(controller="EXTERNAL"))


@pytest.mark.parametrize("owner", ["CloudFormation (stack shop)", "Amazon ECS (Express)"])
def test_what_is_managed_is_left_to_its_manager_unless_allowed(owner):
    seen = reality(managed_by=owner)
    assert owner in refused(reality=seen)
    allowed = changed(AUTO, may_roll_back_managed=True)
    assert decided(reality=seen, settings=allowed).kind == "act"


def test_s18_a_freeze_blocks_until_it_ends_and_says_who_set_it():
    freeze = Freeze("all", "ann", "migration", until=NOW + 60)
    reason = refused(freezes=(freeze,))
    assert "ann" in reason
    assert "migration" in reason
    assert decided(now=NOW + 60, freezes=(freeze,)).kind == "act"
    tagged = changed(AUTO, freeze=Freeze("s", "the tag ecs-ops:freeze of the service"))
    assert "the tag ecs-ops:freeze" in refused(settings=tagged)


@pytest.mark.parametrize("until", [253_402_343_999.0, 9e99, float("inf")])
def test_s18_a_freeze_to_the_end_of_time_blocks_until_it_is_lifted(until):
    assert "until somebody lifts it" in refused(freezes=(Freeze("all", "ann", until=until),))


def test_s18_the_kill_switch_blocks():
    assert refused(kill_switch="off") == "the guard is switched off"


def test_s18_a_kill_switch_that_cannot_be_read_blocks():
    assert "the kill switch" in refused(kill_switch=None)


def test_s18_an_irreversible_release_stays():
    marked = changed(AUTO, irreversible="the task definition")
    assert "the task definition" in refused(settings=marked)


def test_s19_ecs_goes_first_and_has_a_quarter_of_an_hour():
    seen = reality(service_deployment(43, source=42, breaker=breaker()))
    early = decided(reality=seen, failed_at=NOW)
    assert early.kind == "wait"
    assert early.until == NOW + NATIVE_DEADLINE_S
    late = decided(now=NOW + NATIVE_DEADLINE_S, reality=seen, failed_at=NOW)
    assert late.kind == "act"


@pytest.mark.parametrize(
    "monitor", [breaker("DISABLED"), breaker(rollback=False), breaker("MONITORING_COMPLETE")]
)
def test_s19_a_breaker_that_will_not_roll_back_is_not_waited_for(monitor):
    seen = reality(service_deployment(43, source=42, breaker=monitor))
    assert decided(reality=seen, failed_at=NOW).kind == "act"


def test_ecs_in_between_is_looked_at_again():
    decision = decided(reality=reality(service_deployment(43, "STOP_REQUESTED", source=42)))
    assert decision.kind == "wait"
    assert decision.until == NOW + 60


def test_without_tasks_nothing_is_done():
    assert "desired count is 0" in refused(reality=reality(desired=0))


def test_who_cannot_see_does_not_act():
    assert "AccessDenied" in refused(reality=reality(blind=("DescribeServices: AccessDenied",)))


BLOCKS = {
    "blind": lambda: {"reality": reality(blind=("x",))},
    "mode": lambda: {"settings": OwnerSettings(mode="notify")},
    "kill switch": lambda: {"kill_switch": "off"},
    "freeze": lambda: {"freezes": (Freeze("all", "ann"),)},
    "capacity": lambda: {"blame": "capacity"},
    "rollback": lambda: {"row": row(rolls_back="x")},
    "done": lambda: {"acts": (act(NOW, deployment_arn(43)),)},
    "candidate": lambda: {"row": row(source=None), "candidate": NoCandidate((), "none")},
    "verdict": lambda: {"verdict": SUCCEEDED},
}


@given(st.sets(st.sampled_from(sorted(BLOCKS)), min_size=1))
def test_nothing_that_stands_in_the_way_is_outweighed(names):
    fields = {}
    for name in sorted(names):
        fields |= BLOCKS[name]()
    assert decided(**fields).kind != "act"


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("app", "app"),
        ("app:v1", "app"),
        ("host:5000/app", "host:5000/app"),
        ("host:5000/a/app:v1", "host:5000/a/app"),
        ("repo/app:v1@sha256:x", "repo/app"),
    ],
)
def test_the_repository_of_an_image(image, name):
    assert repository(image) == name


@pytest.mark.parametrize(
    ("status", "events", "minutes", "kind"),
    [
        ("Stopped", ("DEPLOYMENT_STOP_ON_ALARM",), 0, "wait"),
        ("InProgress", ("DEPLOYMENT_FAILURE",), 0, "wait"),
        ("Stopped", ("DEPLOYMENT_STOP_ON_ALARM",), 15, "act"),
        ("Stopped", (), 0, "act"),
        ("Succeeded", ("DEPLOYMENT_FAILURE",), 0, "act"),
    ],
)
def test_s17_codedeploy_goes_first_where_its_group_says_so(status, events, minutes, kind):
    fields = codedeploy(status)
    seen = changed(fields["reality"], auto_rollback=events)
    given = case(**fields | {"reality": seen})
    assert decide(given, given.failed_at + minutes * 60).kind == kind


def test_s17_unless_the_stack_says_so_codedeploy_is_not_called():
    given = case(**codedeploy("InProgress"), codedeploy=False)
    decision = decide(given, given.failed_at)
    assert decision.kind == "nothing"
    assert decision.reason == "the stack's parameter DeployGuardCodeDeploy says off"


@pytest.mark.parametrize("which", ["breaker", "alarms"])
def test_s19_ecss_own_breaker_and_its_own_alarms_go_first(which):
    watching = Monitor("MONITORING", rollback=True, names=("errors",))
    seen = reality(service_deployment(43, source=42, **{which: watching}))
    early = decided(reality=seen)
    assert (early.kind, early.until) == ("wait", case().failed_at + NATIVE_DEADLINE_S)
    assert decided(case().failed_at + NATIVE_DEADLINE_S, reality=seen).kind == "act"
    only_tells = changed(watching, rollback=False)
    seen = reality(service_deployment(43, source=42, **{which: only_tells}))
    assert decided(reality=seen).kind == "act"


def test_s17_whatever_codedeploy_deploys_after_it_somebody_wanted():
    fields = codedeploy("Failed")
    newer = CodeDeployment("d-3", "app", "group", "InProgress", row().began + 60)
    seen = fields["reality"]
    newest = changed(seen, code_deployments=(newer, *seen.code_deployments))
    assert "superseded" in refused(**fields | {"reality": newest})
    # Its own rollback is no other's wish.
    undoing = changed(newer, rolls_back="d-2")
    seen = changed(seen, code_deployments=(undoing, *seen.code_deployments))
    assert decided(**fields | {"reality": seen}).kind == "act"
