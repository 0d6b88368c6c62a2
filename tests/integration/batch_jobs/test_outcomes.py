"""What the ends of attempts mean and what follows them: many jobs, one account, one story.

The ids in the names are those of the acceptance scenarios. Each job has a family of its own, which
behaves in its own way; what the twin's applications do not do by themselves is told by events.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from batch_jobs.times import iso
from sandbox.ecs import App
from tests.integration.batch_jobs.conftest import Jobs, build_in

SPOT = [{"provider": "FARGATE_SPOT"}]
HOST_GONE = "Host EC2 (instance i-0123456789abcdef0) terminated."
QUICK = {"backoff": "1s", "maxBackoff": "2s"}
INPUTS = "inputs"
BAD_CONDITIONS = {
    "e5-leading": [{"onReason": "*Spot*", "action": "RETRY"}],
    "e5-inner": [{"onStatusReason": "Cannot*Error*", "action": "RETRY"}],
    "e5-six": [{"onExitCode": "1", "action": "RETRY"}] * 6,
    "e5-letters": [{"onExitCode": "1a*", "action": "RETRY"}],
}


class Story:
    """Jobs that run side by side."""

    def __init__(self, world: Jobs) -> None:
        self.world = world

    def job(self, name: str, app: App | None = None, *, containers: Any = None, **spec: Any) -> str:
        """Submit a job of a family of the same name."""
        fields = {"containerDefinitions": containers} if containers else {}
        self.world.define(name, app or App(runs_for_s=10), **fields)
        retries = QUICK | spec.pop("retries", {})
        self.world.submit(job=name, taskDefinition=name, retries=retries, **spec)
        return name

    def batch(self, name: str, app: App, attempts: int, *conditions: dict[str, str]) -> str:
        """A job with AWS Batch's retry strategy, as a job definition has it."""
        strategy = {"attempts": attempts, "evaluateOnExit": list(conditions)}
        return self.job(name, app, retryStrategy=strategy)

    def tell_end(
        self, name: str, shard: int = 0, attempt: int = 1, *containers: Any, **detail: Any
    ) -> None:
        """An event that says how an attempt ended."""
        arn = self.task(name, shard, attempt)
        seconds = iso(self.world.now)
        event = self.world.event_of(arn, "RUNNING")
        told = {
            "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED",
            "version": 90,
            "stoppedAt": seconds,
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "containers": list(containers),
        }
        self.world.put(event, **(told | detail))

    def task(self, name: str, shard: int = 0, attempt: int = 1) -> str:
        started_by = f"job/{self.world.run(name).run}/{shard}/{attempt}"
        (arn,) = {
            entry["event"]["detail"]["taskArn"]
            for entry in self.world.account.trace.select("event")
            if entry["event"]["detail"].get("startedBy") == started_by
        }
        return str(arn)

    def launches(self, name: str) -> int:
        """RunTask calls for a job."""
        family = f"task-definition/{name}:"
        return sum(family in launch["taskDefinition"] for launch in self.world.launches())


def exited(code: int | None, name: str = "app", **more: Any) -> dict[str, Any]:
    known = {} if code is None else {"exitCode": code}
    return {"name": name, "lastStatus": "STOPPED", **known, **more}


def two(sidecar_is_essential: bool) -> list[dict[str, Any]]:
    return [
        {"name": "app", "image": "app", "essential": True},
        {"name": "log", "image": "log", "essential": sidecar_is_essential},
    ]


def submit_all(story: Story) -> None:
    host_first = [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ]
    story.batch("e1-app", App(runs_for_s=10, exit_code=1), 3, *host_first)
    story.batch("e1-host", App(runs_for_s=200), 3, *host_first)
    story.batch("e1-host-reversed", App(runs_for_s=200), 3, *reversed(host_first))
    story.batch("e2-three", App(runs_for_s=5, exit_code=1), 3, exit_on("99"))
    story.batch("e2-one", App(runs_for_s=5, exit_code=1), 1, exit_on("99"))
    oom = {"onExitCode": "137", "onReason": "OutOfMemoryError*", "action": "EXIT"}
    story.batch("e3-bare", App(runs_for_s=5, exit_code=137), 2, oom)
    story.batch("e3-oom", App.out_of_memory(5, exit_code=137), 2, oom)
    for code in (13, 130, 137, 213, 1):
        story.batch(f"e4-{code}", App(runs_for_s=5, exit_code=code), 2, exit_on("13*"))
    story.batch("e4-any", App(runs_for_s=5, exit_code=77), 2, exit_on("*"))
    always = {"onExitCode": "*", "action": "RETRY"}
    story.world.define("e7-long", App(runs_for_s=5000))
    strategy = {"attempts": 5, "conditions": [always]}
    for name, limits in (("e7-timeout", {"run": "60s"}), ("e7-cancel", {})):
        story.world.submit(
            job=name, taskDefinition="e7-long", limits=limits, evaluateOnExit=strategy
        )
    story.world.submit(job="e7-no-revision", taskDefinition="e7-long:77", evaluateOnExit=strategy)
    for word in ("retry", "Retry", "RETRY"):
        condition = {"onExitCode": "1", "action": word}
        story.batch(f"e8-{word}", App(runs_for_s=5, exit_code=1), 2, condition, exit_on("*"))

    ignore = {"action": "ignore", "stopCode": "SpotInterruption"}
    story.job(
        "j1",
        App(runs_for_s=60, sigterm_exit_code=143),
        capacity=SPOT,
        fanOut={"count": 4},
        retries={"interruption": 0},
        rules=[ignore],
    )
    story.job(
        "j2",
        App(runs_for_s=150),
        fanOut={"count": 4},
        retries={"application": 1},
        rules=[{"action": "fail", "exitCodes": [42]}],
    )
    story.job("j3", App(runs_for_s=5000), fanOut={"count": 6}, parallelism=3, maxFailedShards=1)
    not_in = [{"action": "failRun", "notExitCodes": [3]}]
    story.job("j4-zero", App(runs_for_s=5), rules=not_in)
    story.job("j4-five", App(runs_for_s=5, exit_code=5), rules=not_in, retries={"application": 9})

    for name, conditions in BAD_CONDITIONS.items():
        story.world.submit(job=name, evaluateOnExit=conditions, retries={"application": 1})
    host_alone = {"evaluateOnExit": host_first, "retries": {"application": 2}}
    story.job("e1-list", App(runs_for_s=10, exit_code=1), **host_alone)
    story.job("e2-list", App(runs_for_s=5, exit_code=1), **host_alone | {"evaluateOnExit": []})

    story.job("v4", App(runs_for_s=300))
    story.job("v5-sidecar", App(runs_for_s=300), containers=two(sidecar_is_essential=False))
    story.job("v5-essential", App(runs_for_s=300), containers=two(sidecar_is_essential=True))
    pull = "CannotPullContainerError: pull image manifest has been retried 1 time(s): {}"
    not_found = App(start_failure=pull.format("report:404: not found"))
    timed_out = App(start_failure=pull.format('Get "https://r/v2/": dial tcp: i/o timeout'))
    story.job("v7-not-found", not_found, retries={"launch": 9})
    story.job("v7-timeout", timed_out, retries={"launch": 3})
    story.job("v11", App(runs_for_s=60))
    story.job("s3", App(runs_for_s=5), fanOut={"lines": f"s3://{INPUTS}/shards.txt"})
    story.world.submit(job="s3-none", fanOut={"lines": f"s3://{INPUTS}/none.txt"})
    story.world.submit(job="s3-foreign", fanOut={"lines": "s3://others/shards.txt"})
    spot_zero = {"attempts": 3, "spotExitZero": "success"}
    story.job(
        "spot-zero",
        App(runs_for_s=5000, sigterm_exit_code=0),
        capacity=SPOT,
        evaluateOnExit=spot_zero,
    )


def submit_dependent(story: Story) -> None:
    slot = iso(story.world.now)
    story.job("j5-load", App(runs_for_s=5), slot=slot, dependsOn=[{"job": "j5-extract"}])
    story.job("j5-extract", App(runs_for_s=60), slot=slot)
    story.job("j5-broken", App(runs_for_s=5, exit_code=1), slot=slot)
    story.job("j5-after", App(runs_for_s=5), slot=slot, dependsOn=[{"job": "j5-broken"}])
    story.job("j5-first", App(runs_for_s=60), slot=slot, fanOut={"count": 3}, parallelism=1)
    each = [{"job": "j5-first", "type": "nToN"}]
    story.job("j5-each", App(runs_for_s=5), slot=slot, fanOut={"count": 3}, dependsOn=each)


def exit_on(code: str) -> dict[str, str]:
    return {"onExitCode": code, "action": "EXIT"}


def tell_all(story: Story) -> None:
    world = story.world
    for name in ("e1-host", "e1-host-reversed"):
        story.tell_end(
            name, 0, 1, exited(None), stopCode="TerminationNotice", stoppedReason=HOST_GONE
        )
    world.command("cancel", run=world.run("e7-cancel").run, by="anna")
    world.account.ecs.interrupt([story.task("j1", 0), story.task("j1", 3)])
    story.tell_end("j2", 0, 1, exited(1))
    story.tell_end("j2", 1, 1, exited(42))
    for shard in (0, 1):
        story.tell_end("j3", shard, 1, exited(1))
    story.tell_end("v4", 0, 1, exited(None))
    story.tell_end("v5-sidecar", 0, 1, exited(0), exited(1, "log"))
    story.tell_end("v5-essential", 0, 1, exited(0), exited(1, "log"))
    story.tell_end("v11", 0, 1, exited(None), stopCode="InfrastructureHealth", stoppedReason="?")
    # Its event is never seen: the tick asks ECS.
    rule = world.stack.ref("BatchTaskRule")
    world.run_for(30)
    story.tell_end("j2", 0, 2, exited(1))
    world.run_for(5)
    world.account.client("events").disable_rule(Name=rule)
    world.account.ecs.interrupt([story.task("spot-zero")])
    world.run_for(3)
    world.account.client("events").enable_rule(Name=rule)


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with ExitStack() as open_accounts:
        world = build_in(open_accounts, parameters={"BatchInputArns": f"arn:aws:s3:::{INPUTS}/*"})
        s3 = world.account.client("s3")
        for bucket in (INPUTS, "others"):
            s3.create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={"LocationConstraint": world.account.region},
            )
            s3.put_object(Bucket=bucket, Key="shards.txt", Body=b"red\n\ngreen\n")
        found = Story(world)
        submit_all(found)
        world.run_for(60)
        tell_all(found)
        # Only now: what ends while the rule is disabled is known no sooner than the tick asks.
        submit_dependent(found)
        world.run_for(1000)
        yield found


def state(story: Story, name: str) -> tuple[str, int]:
    return story.world.run(name).state, story.launches(name)


def test_e1_the_first_condition_that_matches_decides(story):
    assert state(story, "e1-app") == state(story, "e1-list") == ("FAILED", 1)
    assert state(story, "e1-host") == ("SUCCEEDED", 2)
    assert state(story, "e1-host-reversed") == ("FAILED", 1)


def test_e2_no_match_is_a_retry_until_the_attempts_are_used_up(story):
    assert state(story, "e2-three") == state(story, "e2-list") == ("FAILED", 3)
    assert state(story, "e2-one") == ("FAILED", 1)


def test_e3_all_conditions_of_an_entry_must_match(story):
    assert state(story, "e3-bare") == ("FAILED", 2)
    assert state(story, "e3-oom") == ("FAILED", 1)


@pytest.mark.parametrize(
    ("code", "launches"), [(13, 1), (130, 1), (137, 1), (213, 2), (1, 2), ("any", 1)]
)
def test_e4_exit_codes_match_by_their_decimal_text(story, code, launches):
    assert state(story, f"e4-{code}") == ("FAILED", launches)


@pytest.mark.parametrize("name", BAD_CONDITIONS)
def test_e5_what_batch_refuses_is_refused_when_it_is_read(story, name):
    (alert,) = refused(story, name)
    assert "$.evaluateOnExit" in alert["title"]
    assert story.world.runs(name) == []


def test_e7_a_timeout_a_cancel_and_a_bad_definition_are_not_retried(story):
    assert story.world.run("e7-timeout").state == "FAILED"
    assert [end.verdict.kind for end in story.world.ends("e7-timeout")] == ["timed-out"]
    assert story.world.run("e7-cancel").state == "CANCELLED"
    assert story.launches("e7-long") == 2
    assert story.world.runs("e7-no-revision") == []
    (alert,) = refused(story, "e7-no-revision")
    assert "$.taskDefinition" in alert["title"]


def test_e8_the_action_in_any_case(story):
    for word in ("retry", "Retry", "RETRY"):
        assert state(story, f"e8-{word}") == ("FAILED", 2)


def test_j1_ignored_interruptions_need_no_budget(story):
    run = story.world.run("j1")
    assert (run.state, run.done, run.launches, run.interruptions) == ("SUCCEEDED", "f", 6, 2)


def test_j2_budgets_are_each_shards_own(story):
    run = story.world.run("j2")
    assert (run.state, run.done, run.failed) == ("FAILED", "c", "3")
    assert story.launches("j2") == 5
    why = {(end.verdict.exit_code, end.next.step) for end in story.world.ends("j2")}
    assert why == {(0, "done"), (1, "retry"), (1, "failed"), (42, "failed")}


def test_j3_one_failure_too_many_stops_the_run(story):
    run = story.world.run("j3")
    assert (run.state, run.failed) == ("FAILED", "3f")
    assert "maxFailedShards" in run.reason
    assert story.launches("j3") <= 5
    family = [task for task in story.world.tasks() if task["group"] == "family:j3"]
    assert {task["lastStatus"] for task in family} == {"STOPPED"}


def test_j4_exit_code_0_never_matches_a_not_in(story):
    assert state(story, "j4-zero") == ("SUCCEEDED", 1)
    assert state(story, "j4-five") == ("FAILED", 1)


def test_j5_a_run_waits_for_another_job_of_its_slot(story):
    extract, load = story.world.run("j5-extract"), story.world.run("j5-load")
    assert (extract.state, load.state) == ("SUCCEEDED", "SUCCEEDED")
    assert load.started >= extract.ended


def test_j5_a_failed_dependency_fails_what_waits_for_it(story):
    assert state(story, "j5-after") == ("FAILED", 0)
    assert "j5-broken" in story.world.run("j5-after").reason


def test_j5_shard_by_shard(story):
    first, each = story.world.run("j5-first"), story.world.run("j5-each")
    assert (first.state, each.state) == ("SUCCEEDED", "SUCCEEDED")
    assert story.launches("j5-each") == 3
    assert each.started < first.ended < each.ended


def test_v4_a_missing_exit_code_is_no_success(story):
    assert state(story, "v4") == ("FAILED", 1)
    (end,) = story.world.ends("v4")
    assert (end.verdict.kind, end.verdict.cause) == ("failed", "no-exit-code")


def test_v5_only_essential_containers_count(story):
    assert state(story, "v5-sidecar") == ("SUCCEEDED", 1)
    assert state(story, "v5-essential") == ("FAILED", 1)
    assert story.world.ends("v5-essential")[0].verdict.container == "log"


def test_v7_an_image_that_is_not_found_twice_is_not_there(story):
    assert state(story, "v7-not-found") == ("FAILED", 2)
    assert state(story, "v7-timeout") == ("FAILED", 4)


def test_v11_an_unknown_stop_code_is_an_interruption_and_logged(story):
    run = story.world.run("v11")
    assert (run.state, run.launches) == ("SUCCEEDED", 2)
    assert story.world.ends("v11")[0].verdict.unknown
    logged = [entry["line"] for entry in story.world.account.trace.select("log")]
    assert any("not met before" in line and "InfrastructureHealth" in line for line in logged)


def test_lines_of_an_object_become_shards(story):
    run = story.world.run("s3")
    assert (run.state, run.count) == ("SUCCEEDED", 2)
    items = [
        variable["value"]
        for launch in story.world.launches()
        if "/s3:" in launch["taskDefinition"]
        for variable in launch["overrides"]["containerOverrides"][0]["environment"]
        if variable["name"] == "JOB_SHARD_ITEM"
    ]
    assert sorted(items) == ["green", "red"]


def test_an_object_that_cannot_be_read_is_told(story):
    for name, why in (("s3-none", "NoSuchKey"), ("s3-foreign", "AccessDenied")):
        (alert,) = refused(story, name)
        assert "$.fanOut.lines" in alert["title"]
        assert why in alert["summary"]


def test_the_view_of_batch_holds_whoever_tells_of_the_end(story):
    assert state(story, "spot-zero") == ("SUCCEEDED", 1)


def test_nothing_is_left_over(story):
    assert story.world.dead_letters() == []
    assert story.world.agenda() == []


def refused(story: Story, name: str) -> list[dict[str, Any]]:
    return [each for each in story.world.alerts("refused") if f":{name}:" in each["incident"]]
