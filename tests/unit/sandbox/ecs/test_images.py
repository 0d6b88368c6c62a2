from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.ecr import ImageRegistry, Repositories
from sandbox.ecs import EcsSettings
from tests.unit.sandbox.ecs.ecs_world import CALLER, World
from tests.unit.sandbox.ecs.rollout_world import (
    breaker,
    current,
    history,
    serve,
    statuses,
    stop,
)

if TYPE_CHECKING:
    from sandbox.clock import VirtualClock

APP = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app"


class Registered(World):
    """A world whose images have to be pushed before they can be pulled."""

    def __init__(self, clock: VirtualClock, settings: EcsSettings | None = None) -> None:
        super().__init__(clock, settings or EcsSettings())
        self.images = ImageRegistry(Repositories(clock, CALLER.account), CALLER.account)
        self.twin.connect(registry=self.images)

    def release(self, image: str, **params: Any) -> None:
        self.task_definition("web", image=image)
        self.ecs("UpdateService", cluster="prod", service="web", taskDefinition="web", **params)

    def digests(self) -> set[str]:
        return {
            container["imageDigest"] for task in self.tasks() for container in task["containers"]
        }

    def revision(self, index: int = 0) -> dict[str, Any]:
        arn = history(self)[index]["targetServiceRevision"]["arn"]
        answer = self.ecs("DescribeServiceRevisions", serviceRevisionArns=[arn])
        return answer["serviceRevisions"][0]["containerImages"][0]


@pytest.fixture
def registered(clock: VirtualClock) -> Registered:
    world = Registered(clock)
    world.images.push(f"{APP}:v1")
    world.task_definition("web", image=f"{APP}:v1")
    serve(world)
    return world


def test_a_missing_tag_stops_the_task_before_it_ever_runs(registered: Registered) -> None:
    registered.release(f"{APP}:v9")
    registered.run(300)
    stopped = registered.details("ECS Task State Change", lastStatus="STOPPED")[0]
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"] == (
        "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
        f"failed to resolve ref {APP}:v9: {APP}:v9: not found"
    )
    assert {"startedAt", "pullStoppedAt"}.isdisjoint(stopped)
    (container,) = stopped["containers"]
    assert {"exitCode", "imageDigest", "runtimeId"}.isdisjoint(container)
    seen = [status for status, _, _ in registered.history(stopped["taskArn"])]
    assert seen == ["PROVISIONING", "PENDING", "PENDING", "DEPROVISIONING", "STOPPED"]


def test_a_missing_repository_is_a_missing_image(registered: Registered) -> None:
    registered.release(f"{APP}-of-another-name:v1")
    registered.run(300)
    stopped = registered.details("ECS Task State Change", lastStatus="STOPPED")[0]
    assert stopped["stoppedReason"].endswith(": not found")


def test_the_native_breaker_needs_minutes_for_a_missing_image(clock: VirtualClock) -> None:
    """A public timeline of one task: failures after 2:34, 4:46 and 11:00, the rollback at 11:44."""
    world = Registered(clock)
    world.images.push(f"{APP}:v1")
    world.task_definition("web", image=f"{APP}:v1")
    serve(world, 1, deploymentConfiguration=breaker())
    began = clock.now()
    world.release(f"{APP}:v9")
    world.run(1200)
    rolled_back = current(world)["rollback"]["startedAt"].timestamp() - began
    assert 9 * 60 < rolled_back < 12 * 60


def test_a_tag_that_is_pushed_late_ends_the_failures(registered: Registered) -> None:
    registered.release(f"{APP}:v9")
    registered.run(60)
    assert "imageDigest" not in registered.revision()
    digest = registered.images.push(f"{APP}:v9")
    registered.run(900)
    assert statuses(registered)[0] == "SUCCESSFUL"
    assert registered.digests() == {digest}
    assert registered.revision()["imageDigest"] == digest


def test_containers_and_revisions_show_the_digest(registered: Registered) -> None:
    digest = registered.images.digest(f"{APP}:v1")
    assert registered.digests() == {digest}
    assert registered.revision() == {
        "containerName": "web",
        "image": f"{APP}:v1",
        "imageDigest": digest,
    }


def test_a_tag_that_moves_reaches_no_task_of_the_deployment(registered: Registered) -> None:
    before = registered.digests()
    registered.images.push(f"{APP}:v1", "another build")
    registered.ecs("UpdateService", cluster="prod", service="web", desiredCount=3)
    registered.run(120)
    assert len(registered.tasks()) == 3
    assert registered.digests() == before


def test_a_new_deployment_resolves_the_tag_again(registered: Registered) -> None:
    moved = registered.images.push(f"{APP}:v1", "another build")
    registered.ecs("UpdateService", cluster="prod", service="web", forceNewDeployment=True)
    registered.run(180)
    assert registered.digests() == {moved}
    assert registered.revision()["imageDigest"] == moved
    assert registered.revision(1)["imageDigest"] != moved


def test_version_consistency_can_be_switched_off(registered: Registered) -> None:
    registered.task_definition("web", image=f"{APP}:v1", versionConsistency="disabled")
    registered.ecs("UpdateService", cluster="prod", service="web", taskDefinition="web")
    registered.run(180)
    assert "imageDigest" not in registered.revision()
    moved = registered.images.push(f"{APP}:v1", "another build")
    registered.ecs("UpdateService", cluster="prod", service="web", desiredCount=3)
    registered.run(120)
    assert moved in registered.digests()


def test_an_image_that_is_pinned_and_gone_cannot_be_pulled(registered: Registered) -> None:
    digest = registered.images.digest(f"{APP}:v1")
    registered.images.remove(f"{APP}:v1")
    registered.ecs("UpdateService", cluster="prod", service="web", desiredCount=3)
    registered.run(300)
    stopped = registered.details("ECS Task State Change", lastStatus="STOPPED")[0]
    assert f"failed to resolve ref {APP}@{digest}: " in stopped["stoppedReason"]


@pytest.mark.parametrize("kept", [True, False])
def test_whether_a_rollback_keeps_the_old_digest_is_not_known(
    clock: VirtualClock, *, kept: bool
) -> None:
    world = Registered(clock, EcsSettings(rollback_keeps_digests=kept))
    monday = world.images.push(f"{APP}:latest", "monday")
    world.task_definition("web", image=f"{APP}:latest")
    serve(world, deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100})
    tuesday = world.images.push(f"{APP}:latest", "tuesday")
    world.ecs("UpdateService", cluster="prod", service="web", forceNewDeployment=True)
    world.run(50)
    stop(world)
    world.run(120)
    assert world.digests() == {monday if kept else tuesday}
