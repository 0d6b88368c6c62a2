"""Doing what was decided, service by service: one that fails fails alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ecsops.errors import CallFailed
from ecsops.observability import count, logger
from ecsops.parallel import run_all
from queue_scaling.actuator import Actuator
from queue_scaling.configuration import MODE_TAG, ServiceConfig
from queue_scaling.outcome import Outcome
from queue_scaling.problem import ConfigurationProblem

# A user's own policies are looked for when a service is first scaled, and then now and then; an answer
# counts for an hour more while there is no newer one.
_LOOK_EVERY_S, _LOOK_AGAIN_S = 3600.0, 60.0
_REFUSALS = (
    *("AccessDeniedException", "ValidationException", "InvalidParameterException"),
    *("LimitExceededException", "FailedResourceAccessException"),
)


@dataclass(slots=True)
class Acting:
    """Makes the calls. ``foreign`` remembers others' policies: (look again at, names) by service."""

    actuator: Actuator
    foreign: dict[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)

    def fights(
        self, configs: Iterable[ServiceConfig], now: float
    ) -> tuple[dict[str, tuple[ConfigurationProblem, ...]], dict[str, str]]:
        """Services whose count somebody else sets as well: two would undo each other's work.

        And those of which it is not known, with the reason: nobody scales them until it is.
        """
        scaled = [config for config in configs if config.mode in ("managed", "direct")]
        failed = self._look_for_others(scaled, now)
        problems: dict[str, tuple[ConfigurationProblem, ...]] = {}
        unknown: dict[str, str] = {}
        for config in scaled:
            again, names = self.foreign.get(config.arn, (-math.inf, ()))
            error = failed.get(config.arn)
            if names:
                problems[config.arn] = (_fight(config, names),)
            elif error is not None and now - again > _LOOK_EVERY_S:
                if error.code in _REFUSALS:
                    problems[config.arn] = (
                        ConfigurationProblem(MODE_TAG, config.mode, str(error)),
                    )
                else:
                    unknown[config.arn] = f"whether others scale it: {error}"
        return problems, unknown

    def act(
        self, outcomes: Mapping[str, Outcome]
    ) -> tuple[set[str], dict[str, tuple[ConfigurationProblem, ...]]]:
        """Make every change, side by side.

        Answers for which services that succeeded, and for which AWS refuses what trying again will
        not change: somebody has to know.
        """
        arns = list(outcomes)
        answers = run_all([lambda arn=arn: self._one(outcomes[arn]) for arn in arns])  # type: ignore[misc]
        done: set[str] = set()
        refused: dict[str, tuple[ConfigurationProblem, ...]] = {}
        for arn, answer in zip(arns, answers, strict=True):
            if isinstance(answer, CallFailed):
                count("ScalingFailures")
                if answer.code in _REFUSALS:
                    mode = outcomes[arn].assessment.config.mode
                    refused[arn] = (ConfigurationProblem(MODE_TAG, mode, str(answer)),)
                logger.error("service not scaled", service=arn, reason=str(answer))
            elif isinstance(answer, Exception):
                raise answer
            else:
                done.add(arn)
        return done, refused

    def release(self, arns: Iterable[str]) -> set[str]:
        """Take back what was registered for services that are not managed any more."""
        released = set()
        for arn in arns:
            try:
                self.actuator.release(arn.rpartition(":")[2])
            except CallFailed as error:
                count("ScalingFailures")
                logger.error("scaling policy not removed", service=arn, reason=str(error))
            else:
                logger.info("scaling policy removed", service=arn)
                released.add(arn)
        return released

    def _look_for_others(
        self, scaled: Iterable[ServiceConfig], now: float
    ) -> dict[str, CallFailed]:
        due = [config for config in scaled if self.foreign.get(config.arn, (now, ()))[0] <= now]
        find = self.actuator.foreign_policies
        answers = run_all([lambda config=config: find(config.resource_id) for config in due])  # type: ignore[misc]
        failed: dict[str, CallFailed] = {}
        for config, answer in zip(due, answers, strict=True):
            if isinstance(answer, CallFailed):
                failed[config.arn] = answer
                logger.warning("policies not looked for", service=config.arn, reason=str(answer))
            elif isinstance(answer, Exception):
                raise answer
            else:
                again = now + (_LOOK_AGAIN_S if answer else _LOOK_EVERY_S)
                self.foreign[config.arn] = (again, tuple(answer))
        return failed

    def _one(self, outcome: Outcome) -> None:
        config = outcome.assessment.config
        if outcome.count is not None:
            self.actuator.scale(config, outcome.count)
        for call in outcome.plan.calls if outcome.plan else ():
            self.actuator.manage(config, call)


def _fight(config: ServiceConfig, names: tuple[str, ...]) -> ConfigurationProblem:
    return ConfigurationProblem(
        MODE_TAG,
        config.mode,
        f"the service has scaling policies of its own ({', '.join(names)[:200]}): remove them, "
        "or use metric and follow RequiredRatio with a policy of yours",
    )
