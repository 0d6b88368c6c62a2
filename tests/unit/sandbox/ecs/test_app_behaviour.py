from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.ecs import App, EcsSettings
from sandbox.errors import ApiError
from tests.unit.sandbox.ecs.ecs_world import World

if TYPE_CHECKING:
    from sandbox.clock import VirtualClock
    from sandbox.ecs.app_logs import LogTarget


def stopped(world: World) -> dict[str, Any]:
    return world.details("ECS Task State Change", lastStatus="STOPPED")[0]


def test_an_application_ends_with_its_exit_code_after_a_while(world: World) -> None:
    world.twin.behave("web", App.crash(exit_code=3, after_s=30))
    world.run_task(1)
    world.run(120)
    event = stopped(world)
    assert event["stopCode"] == "EssentialContainerExited"
    assert event["stoppedReason"] == "Essential container in task exited"
    assert event["containers"][0]["exitCode"] == 3
    assert "startedAt" in event


def test_out_of_memory_is_said_of_the_container_only(world: World) -> None:
    world.twin.behave("web", App.out_of_memory())
    world.run_task(1)
    world.run(120)
    event = stopped(world)
    assert event["stoppedReason"] == "Essential container in task exited"
    (container,) = event["containers"]
    assert container["exitCode"] == 1
    assert container["reason"] == "OutOfMemoryError: container killed due to memory usage"


def test_a_missing_secret_keeps_the_task_from_starting(world: World) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
    world.twin.behave("web", App.without_secret(arn))
    world.run_task(1)
    world.run(120)
    event = stopped(world)
    assert event["stopCode"] == "TaskFailedToStart"
    assert event["stoppedReason"].startswith("ResourceInitializationError: unable to pull secrets")
    assert arn in event["stoppedReason"]
    assert {"startedAt", "pullStartedAt"}.isdisjoint(event)


def test_run_task_refuses_a_role_that_cannot_be_assumed(world: World) -> None:
    world.twin.behave("web", App.without_role("arn:aws:iam::123456789012:role/gone"))
    with pytest.raises(ApiError, match="ClientException: ECS was unable to assume the role"):
        world.run_task(1)


def test_the_other_containers_are_stopped_after_the_one_that_ended(world: World) -> None:
    containers = [
        {"name": "proxy", "image": "envoy:1", "essential": False},
        {"name": "web", "image": "web:1"},
        {"name": "metrics", "image": "otel:1"},
    ]
    world.ecs(
        "RegisterTaskDefinition",
        family="trio",
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=containers,
    )
    world.twin.behave("trio", App(runs_for_s=10, exit_code=1, sigterm_exit_code=143))
    world.run_task(1, taskDefinition="trio")
    world.run(120)
    codes = {each["name"]: each["exitCode"] for each in stopped(world)["containers"]}
    assert codes == {"proxy": 143, "web": 1, "metrics": 143}
    world.twin.behave("trio", App.crash(exit_code=2, after_s=10, container="metrics"))
    world.run_task(1, taskDefinition="trio")
    world.run(120)
    second = world.details("ECS Task State Change", lastStatus="STOPPED")[1]
    assert {each["name"]: each["exitCode"] for each in second["containers"]}["metrics"] == 2


@pytest.mark.parametrize(
    ("answers_with", "reason", "description"),
    [
        (404, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"),
        (None, "Target.Timeout", "Request timed out"),
    ],
)
def test_a_failing_health_check_says_why(
    world: World, answers_with: int | None, reason: str, description: str
) -> None:
    group = world.target_group()
    world.twin.behave("web", App.unhealthy(answers_with))
    world.service("web", 1, group, healthCheckGracePeriodSeconds=120)
    world.run(60)
    (shown,) = world.elb("DescribeTargetHealth", TargetGroupArn=group)["TargetHealthDescriptions"]
    assert shown["TargetHealth"] == {
        "State": "unhealthy",
        "Reason": reason,
        "Description": description,
    }
    (task,) = world.tasks()
    said = [each["message"] for each in world.describe()["events"]]
    task_id = task["taskArn"].rsplit("/", 1)[1]
    assert (
        f"(service web) (task {task_id}) (port 8080) is unhealthy in (target-group {group}) "
        f"due to (reason {description})."
    ) in said


def test_a_task_that_fails_the_load_balancers_checks_exits_with_143(world: World) -> None:
    group = world.target_group()
    world.twin.behave("web", App.unhealthy(503), App())
    world.service("web", 1, group)
    world.run(120)
    event = stopped(world)
    assert event["stopCode"] == "ServiceSchedulerInitiated"
    assert event["stoppedReason"] == f"Task failed ELB health checks in (target-group {group})"
    assert event["containers"][0]["exitCode"] == 143


@pytest.mark.parametrize(
    ("matcher", "healthy"), [("200", False), ("200-399", True), ("200,302", True)]
)
def test_the_matcher_decides_which_status_is_healthy(
    world: World, matcher: str, *, healthy: bool
) -> None:
    group = world.target_group(Matcher={"HttpCode": matcher})
    world.twin.behave("web", App(answers_with=302))
    world.service("web", 1, group, healthCheckGracePeriodSeconds=300)
    world.run(60)
    assert list(world.health(group).values()) == ["healthy" if healthy else "unhealthy"]


def test_a_failing_container_health_check_is_said_in_the_event_stream(world: World) -> None:
    check = {"command": ["false"], "interval": 5, "retries": 2}
    world.task_definition("checked", healthCheck=check)
    world.twin.behave("checked", App(answers_health_checks=False), App())
    world.service("web", 1, taskDefinition="checked")
    world.run(120)
    failed = stopped(world)["taskArn"].rsplit("/", 1)[1]
    said = [each["message"] for each in world.describe()["events"]]
    assert f"(service web) (task {failed}) failed container health checks." in said


@dataclass
class Store:
    """Log groups, and what was written when the clock said what."""

    clock: VirtualClock
    groups: set[str] = field(default_factory=set)
    lines: list[tuple[float, str, float, str]] = field(default_factory=list)

    def open(self, target: LogTarget) -> bool:
        if target.creates_group:
            self.groups.add(target.group)
        return target.group in self.groups

    def write(self, target: LogTarget, at: float, message: str) -> None:
        self.lines.append((self.clock.now(), target.stream, at, message))


def logging(group: str = "/ecs/web", **options: str) -> dict[str, Any]:
    given = {"awslogs-group": group, "awslogs-region": "eu-west-1"} | options
    return {"logDriver": "awslogs", "options": given}


def test_an_application_writes_into_the_stream_of_its_task(world: World) -> None:
    store = Store(world.clock, {"/ecs/web"})
    world.twin.connect(logs=store)
    world.task_definition("web", logConfiguration=logging(**{"awslogs-stream-prefix": "app"}))
    world.twin.behave("web", App(logs=("starting",), runs_for_s=5, last_words=("boom", "bang")))
    task = world.run_task(1)["tasks"][0]["taskArn"].rsplit("/", 1)[1]
    world.run(60)
    assert [message for *_, message in store.lines] == ["starting", "boom", "bang"]
    assert {stream for _, stream, *_ in store.lines} == {f"app/web/{task}"}
    times = [at for _, _, at, _ in store.lines]
    assert times == sorted(times)


def test_without_a_prefix_the_stream_is_the_containers_id(world: World) -> None:
    store = Store(world.clock, {"/ecs/web"})
    world.twin.connect(logs=store)
    world.task_definition("web", logConfiguration=logging())
    world.twin.behave("web", App(logs=("starting",)))
    arn = world.run_task(1)["tasks"][0]["taskArn"]
    world.run(60)
    assert store.lines[0][1] == world.task(arn)["containers"][0]["runtimeId"]


def test_a_line_can_be_read_only_after_a_while(clock: VirtualClock) -> None:
    world = World(clock, EcsSettings(log_ingestion_s=8))
    store = Store(clock, {"/ecs/web"})
    world.twin.connect(logs=store)
    world.task_definition("web", logConfiguration=logging())
    world.twin.behave("web", App.crash("boom"))
    world.run_task(1)
    world.run(60)
    ((seen, _, written, _),) = store.lines
    assert seen - written == pytest.approx(8)


def test_a_missing_log_group_keeps_the_task_from_starting(world: World) -> None:
    world.twin.connect(logs=Store(world.clock))
    world.task_definition("web", logConfiguration=logging("/missing"))
    world.run_task(1)
    world.run(60)
    assert "The specified log group does not exist" in stopped(world)["stoppedReason"]


def test_the_log_driver_creates_the_group_when_it_is_told_to(world: World) -> None:
    store = Store(world.clock)
    world.twin.connect(logs=store)
    options = {"awslogs-create-group": "true"}
    world.task_definition("web", logConfiguration=logging("/new", **options))
    world.run_task(1)
    world.run(60)
    assert store.groups == {"/new"}
