"""The lifecycle stages of a service deployment.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.ecs.service_model import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.ecs.deployment_alarms import DeploymentAlarms
    from sandbox.ecs.hooks import Hooks
    from sandbox.ecs.model import Shape
    from sandbox.ecs.service_model import Service, ServiceDeployment
    from sandbox.ecs.settings import EcsSettings
    from sandbox.elb.agenda import Agenda


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the tasks are."""

    scaled_up: bool  # the target runs in full strength and healthy
    alone: bool  # no other deployment has tasks any more


class Lifecycle:
    """Takes service deployments from stage to stage."""

    def __init__(
        self, agenda: Agenda, settings: EcsSettings, hooks: Hooks, alarms: DeploymentAlarms
    ) -> None:
        """``hooks`` run at the stages that they are configured for, ``alarms`` are watched in all."""
        self._agenda = agenda
        self._settings = settings
        self._hooks = hooks
        self._alarms = alarms

    def begin(
        self,
        service: Service,
        again: Callable[[Service], None],
        alarmed: Callable[[Service], None],
    ) -> None:
        """Enter the first stage."""
        history = service.current
        self._alarms.begin(service, history, alarmed)
        history.plan = tuple(self._plan(service, history))
        self._enter(service, history, 0, again)

    def begin_rollback(self, service: Service, again: Callable[[Service], None]) -> None:
        """Turn around: the traffic first, then the tasks."""
        history = service.current
        self._hooks.abandon(history)
        shifted = {name: bool(weights) for name, weights in history.weights.items()}
        stages = []
        if shifted.get("production"):
            stages.append(Stage("PRODUCTION_TRAFFIC_SHIFT", weight=0.0))
        if shifted.get("test"):
            stages.append(Stage("TEST_TRAFFIC_SHIFT", weight=0.0))
        stages.append(Stage("CLEAN_UP"))
        history.plan = tuple(stages)
        self._enter(service, history, 0, again)

    def advance(
        self, service: Service, progress: Progress, again: Callable[[Service], None]
    ) -> bool:
        """Go as far as possible; tell whether every stage is done."""
        history = service.current
        while history.stage is not None:
            if not self._done(history, history.stage, progress):
                return False
            self._enter(service, history, history.position + 1, again)
        return True

    def skip(self, history: ServiceDeployment) -> None:
        """Be done with every stage."""
        self._hooks.abandon(history)
        history.position = len(history.plan)

    def _plan(self, service: Service, history: ServiceDeployment) -> Iterator[Stage]:
        configuration = history.configuration
        if len(history.source_revisions) > 1:
            yield Stage("RECONCILE_SERVICE")
        yield Stage("PRE_SCALE_UP")
        yield Stage("SCALE_UP")
        yield Stage("POST_SCALE_UP")
        bake_s = 60.0 * configuration.get("bakeTimeInMinutes", 0)
        if configuration["strategy"] == "ROLLING":
            if history.watched_alarms:
                bake_s = max(bake_s, self._settings.alarm_bake_s)
            yield Stage("BAKE_TIME", lasts_s=bake_s)
            return
        shifts = bool(service.template and service.template.load_balancers)
        if shifts:
            yield Stage("TEST_TRAFFIC_SHIFT", weight=100.0)
            yield Stage("POST_TEST_TRAFFIC_SHIFT")
            yield from _production_shift(configuration)
            yield Stage("POST_PRODUCTION_TRAFFIC_SHIFT")
        yield Stage("BAKE_TIME", lasts_s=bake_s)
        yield Stage("CLEAN_UP")

    def _enter(
        self,
        service: Service,
        history: ServiceDeployment,
        position: int,
        again: Callable[[Service], None],
    ) -> None:
        history.position = position
        history.entered_at = history.updated_at = self._agenda.now()
        history.hooks = []
        stage = history.stage
        if stage is None:
            return
        self._shift(history, stage)
        self._hooks.run(service, history, stage, again)
        if stage.lasts_s:
            self._agenda.later(
                stage.lasts_s, lambda: again(service), f"{stage.name} of {service.name}"
            )

    def _done(self, history: ServiceDeployment, stage: Stage, progress: Progress) -> bool:
        if any(hook.open or hook.failure for hook in history.hooks):
            return False
        if stage.name == "SCALE_UP" and not progress.scaled_up:
            return False
        if stage.name == "CLEAN_UP" and not progress.alone:
            return False
        return self._agenda.now() >= history.entered_at + stage.lasts_s

    @staticmethod
    def _shift(history: ServiceDeployment, stage: Stage) -> None:
        if stage.weight is None or stage.name == "PRE_PRODUCTION_TRAFFIC_SHIFT":
            return
        traffic = "test" if stage.name == "TEST_TRAFFIC_SHIFT" else "production"
        weights = {history.target_revision: stage.weight}
        if history.source_revisions:
            weights[history.source_revisions[0]] = 100.0 - stage.weight
        history.weights[traffic] = weights


def _production_shift(configuration: Shape) -> Iterator[Stage]:
    """Each step of a linear or canary deployment has its hooks, and its own bake time."""
    before = 0.0
    for weight, bake_s in _steps(configuration):
        yield Stage("PRE_PRODUCTION_TRAFFIC_SHIFT", weight=before)
        yield Stage("PRODUCTION_TRAFFIC_SHIFT", weight=weight, lasts_s=bake_s)
        before = weight


def _steps(configuration: Shape) -> Iterator[tuple[float, float]]:
    match configuration["strategy"]:
        case "LINEAR":
            linear = configuration.get("linearConfiguration", {})
            step = linear.get("stepPercent", 10.0)
            weight = step
            while weight < 100.0:
                yield weight, 60.0 * linear.get("stepBakeTimeInMinutes", 6)
                weight += step
        case "CANARY":
            canary = configuration.get("canaryConfiguration", {})
            yield canary.get("canaryPercent", 5.0), 60.0 * canary.get("canaryBakeTimeInMinutes", 10)
    yield 100.0, 0.0
