"""What attempts cost where capacity is short, and what a spec may not say about it."""

import pytest

from batch_jobs.causes import CAPACITY, QUOTA
from batch_jobs.ids import AttemptId
from batch_jobs.request import overrides_of
from batch_jobs.retrying import Before, Place
from batch_jobs.run import ShardsEnded, decide
from batch_jobs.spec_reading import InvalidSpec, spec_of
from batch_jobs.verdict import Kind, Verdict
from tests.unit.batch_jobs import builders

LADDER = [
    {"provider": "FARGATE_SPOT", "subnets": ["subnet-a"]},
    {"provider": "FARGATE_SPOT", "subnets": ["subnet-b"]},
    {"provider": "FARGATE"},
]


def attempts(spec, verdict, most):
    """The rungs that are tried until the shard has failed, and the last decision."""
    place, before, rungs = Place(), Before(), []
    for attempt in range(1, most + 1):
        rungs.append(place.option)
        following = builders.follow(spec, verdict, attempt, before, place)
        if following.step != "retry":
            break
        place, before = following.place, Before(following.used, verdict.cause)
    return rungs, following


def test_a_round_of_the_ladder_costs_as_much_as_a_single_rung():
    spec = builders.spec(capacity=LADDER, retries={"launch": 1})
    verdict = Verdict(Kind.NOT_STARTED, CAPACITY, "Capacity is unavailable at this time")

    rungs, last = attempts(spec, verdict, 20)

    assert rungs == [0, 1, 2, 0, 1, 2]
    assert last.step == "failed"


def test_what_a_quota_holds_up_goes_on_ever_more_slowly():
    spec = builders.spec(retries={"launch": 1, "maxBackoff": "5m"})
    verdict = Verdict(Kind.NOT_STARTED, QUOTA, "You've reached the limit on the number of vCPUs")

    rungs, last = attempts(spec, verdict, 100)

    assert len(rungs) == 100
    assert last.used.launch == 0
    assert 150 <= last.due - builders.NOW <= 300


def test_what_fails_the_run_fails_it_whatever_number_of_shards_may_fail():
    run = builders.run(count=2, max_failed=1, done="1")
    decided = decide(run, ShardsEnded(failed=2, fail_run="shard 1: fatal"), builders.NOW)
    assert (decided.run.state, decided.run.reason) == ("FAILED", "shard 1: fatal")


def container(**fields):
    return {"containerOverrides": [{"name": "app"} | fields]}


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        (container(cmd=["x"]), "$.overrides.containerOverrides[0].cmd"),
        (container(command="run me"), "$.overrides.containerOverrides[0].command"),
        (container(cpu="256"), "$.overrides.containerOverrides[0].cpu"),
        (container(memory=1.5), "$.overrides.containerOverrides[0].memory"),
        (container(environment={"A": "b"}), "$.overrides.containerOverrides[0].environment"),
        (
            container(environment=[{"name": "A", "value": 8}]),
            "$.overrides.containerOverrides[0].environment[0].value",
        ),
        (
            container(environmentFiles=[{"type": "http", "value": "x"}]),
            "$.overrides.containerOverrides[0].environmentFiles[0].type",
        ),
        ({"containerOverrides": [{"command": ["x"]}]}, "$.overrides.containerOverrides[0].name"),
        (
            {"containerOverrides": [{"name": "app"}, {"name": "app"}]},
            "$.overrides.containerOverrides[1].name",
        ),
        ({"cpu": 1024}, "$.overrides.cpu"),
        ({"ephemeralStorage": {"sizeInGiB": "20"}}, "$.overrides.ephemeralStorage.sizeInGiB"),
        ({"ephemeralStorage": {"sizeInGiB": 20}}, "$.overrides.ephemeralStorage.sizeInGiB"),
    ],
)
def test_what_run_task_would_refuse_is_refused_before(overrides, path):
    with pytest.raises(InvalidSpec) as refused:
        spec_of(builders.document(overrides=overrides))
    (problem,) = refused.value.problems
    assert problem.path == path
    assert problem.hint


def test_overrides_as_run_task_takes_them_are_taken():
    every = container(
        command=["run"],
        cpu=256,
        memory=512,
        memoryReservation=256,
        environment=[{"name": "A", "value": "b"}],
        environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::b/k"}],
        resourceRequirements=[{"type": "GPU", "value": "1"}],
    ) | {"cpu": "512", "memory": "1024", "ephemeralStorage": {"sizeInGiB": 21}}
    assert spec_of(builders.document(overrides=every)).overrides == every


def test_the_schema_may_be_named_in_the_file():
    document = {"$schema": "https://example.com/job-v1.json"} | builders.document()
    assert spec_of(document).job == "nightly"


def test_a_tag_that_ecs_refuses_is_refused():
    with pytest.raises(InvalidSpec, match="tags"):
        spec_of(builders.document(tags={"team": "a#b"}))


def test_a_memory_step_leaves_the_other_containers_theirs():
    plan = builders.planned(memorySteps=["4096"])
    overrides = overrides_of(plan, AttemptId(builders.RUN, 0, 2), Place(memory=1), None)
    assert overrides["memory"] == "4096"
    (app,) = overrides["containerOverrides"]
    assert app["memory"] == 4096 - 512


@pytest.mark.parametrize(
    ("steps", "cpu"), [(["4097"], None), (["3072", "9216"], None), (["4096"], ["256"])]
)
def test_a_size_that_fargate_does_not_have_is_refused_before_memory_runs_out(steps, cpu):
    with pytest.raises(InvalidSpec, match="memorySteps"):
        builders.planned(memorySteps=steps, **({"cpuSteps": cpu} if cpu else {}))


def test_on_instances_any_size_is_one():
    builders.planned(memorySteps=["4097"], capacity=[{"launchType": "EC2"}])
