"""An account with the shipped stack and a running workload: where demo and fire take place."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn, Self

from sandbox.account import Account, Stack
from sandbox.ecs import EcsSettings
from sandbox.errors import InvalidWorld
from sandbox.world import EXAMPLE, load_world

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "template.yaml"
# Tasks of the workload are running and healthy after this long.
WARM_UP_S = 180
_START = 1_767_603_600.0  # 2026-01-05T09:00:00Z


class Stage:
    """Deployed and warmed up when entered; closed when left."""

    def __init__(self, world: Path | None, seed: int, *, ready_at: float | None = None) -> None:
        """``ready_at``: the account's time once the workload runs; default: some Monday morning."""
        self.world = load_world(world or EXAMPLE)
        start = _START if ready_at is None else ready_at - WARM_UP_S
        self.account = Account(
            seed=seed,
            start=start,
            region=self.world.region,
            ecs=EcsSettings(native_spot_deregistration=self.world.native_spot_deregistration),
        )
        self.stack: Stack

    def __enter__(self) -> Self:
        """Deploy the template, build the world, let its tasks start."""
        self.account.__enter__()
        try:
            self.stack = self.account.deploy(
                TEMPLATE, parameters={"AlertEmail": "platform-team@example.com"}
            )
            self._rest_schedules()
            self.world.build(self.account)
            self.account.run_for(WARM_UP_S)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Give the process its own time and network back."""
        self.close()

    def close(self) -> None:
        """End the account."""
        self.account.__exit__(None, None, None)

    def _rest_schedules(self) -> None:
        """Only what follows from the events of the story is to be seen."""
        events = self.account.client("events")
        for name in self.stack.of_type("AWS::Events::Rule"):
            rule = events.describe_rule(Name=self.stack.ref(name))
            if rule.get("ScheduleExpression"):
                events.disable_rule(Name=rule["Name"])

    def group_arns(self) -> list[str]:
        """Every target group of the account."""
        answer = self.account.client("elbv2").describe_target_groups()
        return [group["TargetGroupArn"] for group in answer["TargetGroups"]]

    def no_scene(self) -> NoReturn:
        """The demo's world has nothing to interrupt."""
        raise InvalidWorld(
            "the demo needs a service on FARGATE_SPOT with target_groups in its world; "
            "examples/workload/world.yaml has one"
        )

    def logical_id(self, name: str) -> str:
        """A resource's name in the template, from its name in the account."""
        for logical_id, resource in self.stack.deployed.resources.items():
            if resource.ref == name:
                return logical_id
        return name
