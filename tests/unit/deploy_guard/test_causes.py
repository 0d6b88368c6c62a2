"""The vote: which cause a deployment's failures have in common."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_guard.blame import examine, first_to_fail
from deploy_guard.causes import Diagnosis, Signals, diagnose, trips
from deploy_guard.failures import FailedContainer, FailedTask
from deploy_guard.matching import cause_of_text
from tests.unit.deploy_guard.builders import (
    IMAGE,
    NOT_FOUND,
    SECRET,
    TARGET_GROUP,
    container,
    exited,
    failed,
    never_started,
    unhealthy,
)
from tests.unit.deploy_guard.cases import TASK_TEXTS

OOM = "OutOfMemoryError: container killed due to memory usage"
ALARM = "(service web) (deployment ecs-svc/42) deployment failed: alarm detected."
BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."


def test_s02_two_tasks_whose_image_is_missing():
    diagnosis = diagnose([never_started(NOT_FOUND), never_started(NOT_FOUND)])
    assert (diagnosis.cause_id, diagnosis.count, diagnosis.total) == ("IMAGE_NOT_FOUND", 2, 2)
    assert diagnosis.blame == "release"
    assert diagnosis.subject == IMAGE
    assert diagnosis.detail == NOT_FOUND
    assert trips(diagnosis)


def test_s02_one_task_is_enough_when_the_registry_says_so_too():
    one = [never_started(NOT_FOUND)]
    assert not trips(diagnose(one))
    assert trips(diagnose(one, Signals(image_exists=False)))


def test_an_image_that_is_there_after_all_does_not_trip():
    diagnosis = diagnose([never_started(NOT_FOUND)] * 2, Signals(image_exists=True))
    assert diagnosis.cause_id == "IMAGE_NOT_FOUND"
    assert not diagnosis.deterministic
    assert not trips(diagnosis)


def test_the_registry_decides_where_the_text_was_cut_off():
    tasks = [
        never_started(f"CannotPullContainerError: failed to resolve ref {IMAGE}: unexpected status")
    ]
    assert diagnose(tasks).cause_id == "IMAGE_PULL"
    assert diagnose(tasks, Signals(image_exists=False)).cause_id == "IMAGE_NOT_FOUND"
    assert diagnose(tasks, Signals(image_exists=True)).cause_id == "IMAGE_PULL"


def test_two_failures_that_differ_are_not_identical():
    other = NOT_FOUND.replace(":v9", ":v8")
    diagnosis = diagnose([never_started(NOT_FOUND), never_started(other)])
    assert (diagnosis.count, diagnosis.identical) == (2, 1)
    assert not trips(diagnosis)


def test_what_may_pass_never_trips():
    timeout = "CannotPullContainerError: dial tcp 10.0.0.1:443: i/o timeout"
    assert not trips(diagnose([never_started(timeout) for _ in range(50)]))
    assert not trips(diagnose([exited(1) for _ in range(50)]))


def test_s04_an_elb_failure_with_exit_143_is_no_sigterm():
    diagnosis = diagnose([unhealthy()])
    assert diagnosis.cause_id == "ELB_HEALTH"
    assert diagnosis.subject == TARGET_GROUP
    assert diagnosis.exit_code == 143
    assert diagnosis.ran_for_s == 20


@pytest.mark.parametrize("code", [1, 137, None])
def test_s05_out_of_memory_whatever_the_exit_code(code):
    diagnosis = diagnose([exited(code, OOM)])
    assert (diagnosis.cause_id, diagnosis.container) == ("OOM", "web")
    assert diagnosis.detail == OOM


def test_exit_137_alone_is_out_of_memory_only_if_somebody_saw_it():
    assert diagnose([exited(137)]).cause_id == "KILLED"
    assert diagnose([exited(137)], Signals(memory_near_limit=True)).cause_id == "OOM"


@pytest.mark.parametrize(
    ("code", "cause"), [(137, "SIGKILL_TIMEOUT"), (143, "SIGTERM"), (0, "SIGTERM"), (1, "APP_EXIT")]
)
def test_an_exit_after_the_schedulers_stop_is_a_symptom(code, cause):
    # Whatever reached the examination: such a task is not counted in the first place.
    task = exited(code, stop_code="ServiceSchedulerInitiated", stopped_reason="")
    assert examine(task).cause.id == cause


def test_sigkill_after_a_long_stop_is_a_symptom_also_without_a_stop_code():
    task = exited(137, stop_code=None, stopping_at=1_000.0, stopped_at=1_031.0)
    assert examine(task).cause.id == "SIGKILL_TIMEOUT"


def test_a_symptom_never_outvotes_a_cause():
    diagnosis = diagnose([*(exited(143) for _ in range(9)), exited(1)])
    assert (diagnosis.cause_id, diagnosis.count, diagnosis.total) == ("APP_EXIT", 1, 10)
    assert diagnosis.second[0].id == "SIGTERM"


def test_a_second_cause_is_told_above_a_fifth():
    four_to_one = [*(exited(1) for _ in range(4)), exited(139)]
    assert diagnose(four_to_one).second is None
    cause, count = diagnose([*four_to_one, exited(139)]).second
    assert (cause.id, count) == ("SEGFAULT", 2)


def test_what_does_not_count_is_not_in_the_total():
    spot = exited(137, stop_code="SpotInterruption")
    user = exited(137, stop_code="UserInitiated")
    diagnosis = diagnose([spot, exited(1), user])
    assert (diagnosis.count, diagnosis.total) == (1, 1)
    assert diagnose([spot, user]) == Diagnosis("UNKNOWN")


def test_the_first_container_to_fail_is_blamed():
    task = failed(container("proxy", 143), container("worker", 137), container("web", 3))
    assert first_to_fail(task).name == "web"


def test_a_container_that_ended_well_is_blamed_before_those_that_were_stopped():
    task = failed(container("proxy", 143), container("web", 0))
    assert diagnose([task]).cause_id == "CLEAN_EXIT"
    assert diagnose([task]).container == "web"


def test_a_killed_container_is_blamed_unless_it_was_killed_for_not_stopping():
    killed, ended = container("worker", 137), container("web", 0)
    at_once = failed(killed, ended, stopping_at=1_000.0, stopped_at=1_004.0)
    after_waiting = failed(killed, ended, stopping_at=1_000.0, stopped_at=1_030.5)
    assert first_to_fail(at_once).name == "worker"
    assert first_to_fail(after_waiting).name == "web"


def test_a_sidecar_is_not_blamed():
    task = failed(
        container("log", 1, essential=False),
        container("aws-guardduty-agent-Ab", None, reason=NOT_FOUND),
        container("web", 0, essential=True),
    )
    diagnosis = diagnose([task])
    assert (diagnosis.cause_id, diagnosis.container) == ("CLEAN_EXIT", "web")


def test_a_sidecar_that_cannot_start_keeps_the_task_from_starting():
    task = failed(
        container("web", essential=True),
        container("log", reason=NOT_FOUND, essential=False),
        stop_code="TaskFailedToStart",
        stopped_reason="Task failed to start",
    )
    diagnosis = diagnose([task])
    assert (diagnosis.cause_id, diagnosis.container) == ("IMAGE_NOT_FOUND", "log")


def test_a_text_that_nobody_knows_is_kept():
    diagnosis = diagnose([never_started("SomethingNewError: the moon is in the way")])
    assert diagnosis.cause_id == "UNKNOWN"
    assert diagnosis.detail == "SomethingNewError: the moon is in the way"
    assert diagnose([failed(stopped_reason="")]).detail == "ECS gave no reason"


def test_a_container_that_did_not_start_names_its_image_though_the_text_was_cut():
    diagnosis = diagnose([never_started("CannotPullContainerError: toomanyrequests")])
    assert diagnosis.subject == IMAGE


def test_the_log_tells_that_the_image_is_for_another_processor():
    lines = ("starting", "exec /app/serve: exec format error")
    diagnosis = diagnose([exited(1)], Signals(log_lines=lines))
    assert (diagnosis.cause_id, diagnosis.detail) == ("IMAGE_ARCH", lines[1])
    assert trips(diagnosis)


def test_s06_placement_failures_are_capacity_and_never_trip():
    diagnosis = diagnose([], Signals(placement=("RESOURCE:MEMORY",) * 5))
    assert (diagnosis.cause_id, diagnosis.count) == ("PLACEMENT", 5)
    assert diagnosis.blame == "capacity"
    assert diagnosis.subject == "RESOURCE:MEMORY"
    assert not trips(diagnosis)


def test_s11_the_first_cause_is_told_not_that_there_is_no_candidate():
    signals = Signals(status_reason="No rollback candidate was found to run the rollback.")
    assert diagnose([never_started(NOT_FOUND)], signals).cause_id == "IMAGE_NOT_FOUND"
    assert diagnose([], signals).cause_id == "NO_CANDIDATE"


def test_the_breakers_text_is_no_cause():
    assert diagnose([exited(1)], Signals(status_reason=BREAKER)).cause_id == "APP_EXIT"
    assert diagnose([], Signals(status_reason=BREAKER)) == Diagnosis("UNKNOWN")


def test_what_ecs_itself_names_as_the_reason_comes_first():
    signals = Signals(status_reason=ALARM, alarms=("web-5xx", "web-latency"))
    diagnosis = diagnose([exited(1)], signals)
    assert (diagnosis.cause_id, diagnosis.subject) == ("ALARM", "web-5xx, web-latency")
    assert diagnosis.second[0].id == "APP_EXIT"


def test_an_alarm_is_the_cause_when_no_task_failed():
    diagnosis = diagnose([], Signals(alarms=("web-5xx",)))
    assert (diagnosis.cause_id, diagnosis.blame) == ("ALARM", "regression")
    assert diagnose([exited(1)], Signals(alarms=("web-5xx",))).cause_id == "APP_EXIT"


def test_a_symptom_makes_place_for_what_the_service_says():
    events = ("service web was unable to place a task. Capacity is unavailable at this time.",)
    assert diagnose([exited(143)], Signals(service_events=events)).blame == "capacity"
    assert diagnose([exited(143)]).cause_id == "SIGTERM"


def test_hooks_and_configuration_are_heard():
    assert diagnose([], Signals(hooks=("HOOK_FAILED POST_SCALE_UP",))).cause_id == "HOOK_FAILED"
    role = "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/exec'"
    assert diagnose([], Signals(configuration=(role,))).cause_id == "ROLE_ASSUME"


def test_s20_no_secret_gets_into_a_diagnosis():
    text = "SomethingError: connect postgres://app:hunter2@db failed, password=hunter2"
    assert "hunter2" not in diagnose([never_started(text)]).detail
    # Where a secret is kept is no secret.
    missing = f"Fetching secret data: secret {SECRET}: ResourceNotFoundException"
    assert SECRET in diagnose([never_started(missing)]).detail


KINDS = (
    lambda: never_started(NOT_FOUND),
    unhealthy,
    lambda: exited(1),
    lambda: exited(143),
    lambda: exited(137, stop_code="SpotInterruption"),
    lambda: exited(1, OOM),
)


@given(st.lists(st.integers(0, len(KINDS) - 1), max_size=8), st.data())
def test_neither_order_nor_duplicates_change_the_diagnosis(kinds, data):
    tasks = [KINDS[kind]() for kind in kinds]
    repeated = tasks + data.draw(st.lists(st.sampled_from(tasks))) if tasks else tasks
    assert diagnose(data.draw(st.permutations(repeated))) == diagnose(tasks)


@given(st.lists(st.integers(0, len(KINDS) - 1), max_size=12))
def test_a_vote_never_counts_more_than_there_are(kinds):
    diagnosis = diagnose([KINDS[kind]() for kind in kinds])
    assert 0 <= diagnosis.identical <= diagnosis.count <= diagnosis.total <= len(kinds)
    assert diagnosis.count + diagnosis.second_count <= diagnosis.total


texts = st.one_of(st.text(max_size=80), st.sampled_from([text for _, text in TASK_TEXTS]))
containers = st.builds(
    FailedContainer,
    st.sampled_from(["web", "proxy", "aws-guardduty-agent-x"]),
    st.one_of(st.none(), st.integers(-1, 255)),
    st.one_of(st.none(), texts),
    image=st.one_of(st.none(), st.text(max_size=20)),
    essential=st.one_of(st.none(), st.booleans()),
)
any_task = st.builds(
    FailedTask,
    st.text("0123456789abcdef", min_size=1, max_size=4),
    stop_code=st.one_of(st.none(), st.sampled_from(["EssentialContainerExited", "New"])),
    stopped_reason=texts,
    started_at=st.one_of(st.none(), st.floats(0, 1e9)),
    stopping_at=st.one_of(st.none(), st.floats(0, 1e9)),
    stopped_at=st.floats(0, 1e9),
    containers=st.lists(containers, max_size=3).map(tuple),
)
any_signals = st.builds(
    Signals,
    status_reason=texts,
    service_events=st.lists(texts, max_size=3).map(tuple),
    placement=st.lists(texts, max_size=3).map(tuple),
    image_exists=st.one_of(st.none(), st.booleans()),
    log_lines=st.lists(texts, max_size=3).map(tuple),
)


@given(st.lists(any_task, max_size=5), any_signals)
def test_whatever_failed_there_is_a_diagnosis(tasks, signals):
    diagnosis = diagnose(tasks, signals)
    assert diagnosis.cause.says
    assert msgspec.json.decode(msgspec.json.encode(diagnosis), type=Diagnosis) == diagnosis
    if trips(diagnosis):
        assert diagnosis.blame in ("release", "config")


@pytest.mark.parametrize(
    "part", ["cannotpull ", "fetching secret data ", "hook(s) failed ", "a" * 7]
)
def test_no_text_takes_long_to_read(part):
    began = time.process_time()
    for field in ("task", "service", "logs"):
        cause_of_text(part * 1_000, field)
    assert time.process_time() - began < 1


def test_an_alarm_whose_name_has_a_comma_is_one_alarm():
    found = diagnose([], Signals(alarms=("5xx, web", "errors")))
    assert found.alarm_names == ("5xx, web", "errors")
    assert found.subject == "5xx, web, errors"
    # Written before this version.
    assert Diagnosis("ALARM", subject="5xx, errors").alarm_names == ("5xx", "errors")
