"""Lifecycle hooks: Lambda functions that ECS asks, and pauses that somebody has to end.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.ecs.service_model import HookRun, ServiceDeployment
from sandbox.ecs.task_shape import moment

if TYPE_CHECKING:
    from sandbox.ecs.events import Events
    from sandbox.ecs.ids import Ids
    from sandbox.ecs.model import Shape
    from sandbox.ecs.service_model import Service, Stage
    from sandbox.elb.agenda import Agenda

DEFAULT_TIMEOUT_MIN = 1440
DEFAULT_CALLBACK_DELAY_S = 30
UNPARSABLE = "ECS was unable to parse the response from {} due to: HookStatus must not be null."
RETURNED_FAILED = "Lifecycle hook target {} returned FAILED status."
Again = Callable[["Service"], None]


@dataclass(frozen=True, slots=True)
class HookCall:
    """One invocation that ECS makes as the hook's role."""

    function_arn: str
    role_arn: str | None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What came of an invocation; ``refusal`` is why the function could not be invoked at all."""

    result: Any = None
    refusal: str | None = None


# Invokes a function, now or in another thread, and hands its answer to the callback.
InvokeHook = Callable[[HookCall, Callable[[HookAnswer], None]], None]


def _nobody(call: HookCall, done: Callable[[HookAnswer], None]) -> None:
    done(HookAnswer(refusal=f"ECS was unable to invoke {call.function_arn}"))


class Hooks:
    """Runs the hooks of a stage side by side."""

    def __init__(self, agenda: Agenda, ids: Ids, events: Events) -> None:
        """Without ``invoke`` no function can be reached."""
        self._agenda = agenda
        self._ids = ids
        self._events = events
        self.invoke: InvokeHook = _nobody

    def run(self, service: Service, history: ServiceDeployment, stage: Stage, again: Again) -> None:
        """Start the hooks that are configured for a stage; ``again`` hears of each end."""
        for configured in history.configuration.get("lifecycleHooks", []):
            if stage.name in configured.get("lifecycleStages", []):
                hook = self._begun(configured, stage)
                history.hooks.append(hook)
                wait = hook.expires_at - self._agenda.now()
                hook.timer = self._agenda.later(
                    wait, self._expiry(service, history, hook, again), f"hook {hook.id}"
                )
                self._events.hook_changed(service, history, hook)
                if hook.target_type == "AWS_LAMBDA":
                    self._ask(service, history, hook, again)

    def abandon(self, history: ServiceDeployment) -> None:
        """Nobody waits for the hooks of this stage any more."""
        for hook in history.hooks:
            if hook.timer:
                hook.timer.cancel()
        history.hooks = []

    def decide(
        self,
        service: Service,
        history: ServiceDeployment,
        hook: HookRun,
        *,
        proceed: bool,
        failure: str,
    ) -> None:
        """End a hook."""
        hook.status = "SUCCEEDED" if proceed else "FAILED"
        hook.failure = None if proceed else failure
        self._ended(service, history, hook)

    def _begun(self, configured: Shape, stage: Stage) -> HookRun:
        timeout = configured.get("timeoutConfiguration", {})
        minutes = timeout.get("timeoutInMinutes", DEFAULT_TIMEOUT_MIN)
        pause = configured.get("targetType", "AWS_LAMBDA") == "PAUSE"
        return HookRun(
            id=self._ids.hook("pause" if pause else "lambda"),
            target_type="PAUSE" if pause else "AWS_LAMBDA",
            stage=stage.name,
            expires_at=self._agenda.now() + 60.0 * minutes,
            timeout_action=timeout.get("action", "ROLLBACK"),
            target_arn=configured.get("hookTargetArn"),
            role_arn=configured.get("roleArn"),
            status="AWAITING_ACTION" if pause else "IN_PROGRESS",
            execution_id=self._ids.uuid(),
            details=configured.get("hookDetails"),
        )

    def _expiry(
        self, service: Service, history: ServiceDeployment, hook: HookRun, again: Again
    ) -> Callable[[], None]:
        def expire() -> None:
            if hook.open and hook in history.hooks:
                hook.status = "TIMED_OUT"
                if hook.timeout_action == "ROLLBACK":
                    hook.failure = f"Lifecycle hook {hook.target_arn or hook.id} timed out."
                self._ended(service, history, hook)
                again(service)

        return expire

    def _ask(
        self, service: Service, history: ServiceDeployment, hook: HookRun, again: Again
    ) -> None:
        call = HookCall(hook.target_arn or "", hook.role_arn, _payload(service, history, hook))

        def answered(answer: HookAnswer) -> None:
            with self._agenda.lock:
                if hook.open and hook in history.hooks:
                    self._judge(service, history, hook, answer, again)

        # Outside the lock: the function makes calls of its own.
        self._agenda.publish(lambda: self.invoke(call, answered), f"invoke {hook.target_arn}")

    def _judge(
        self,
        service: Service,
        history: ServiceDeployment,
        hook: HookRun,
        answer: HookAnswer,
        again: Again,
    ) -> None:
        said = answer.result if isinstance(answer.result, dict) else {}
        match said.get("hookStatus"):
            case "SUCCEEDED":
                self.decide(service, history, hook, proceed=True, failure="")
            case "FAILED":
                failure = RETURNED_FAILED.format(hook.target_arn)
                self.decide(service, history, hook, proceed=False, failure=failure)
            case "IN_PROGRESS":
                hook.details = said.get("hookDetails", hook.details)
                delay = float(said.get("callBackDelay", DEFAULT_CALLBACK_DELAY_S))
                self._agenda.later(delay, self._repeat(service, history, hook, again), "call back")
                return
            case _:
                failure = answer.refusal or UNPARSABLE.format(hook.target_arn)
                self.decide(service, history, hook, proceed=False, failure=failure)
        again(service)

    def _repeat(
        self, service: Service, history: ServiceDeployment, hook: HookRun, again: Again
    ) -> Callable[[], None]:
        def repeat() -> None:
            if hook.open and hook in history.hooks:
                self._ask(service, history, hook, again)

        return repeat

    def _ended(self, service: Service, history: ServiceDeployment, hook: HookRun) -> None:
        if hook.timer:
            hook.timer.cancel()
        self._events.hook_changed(service, history, hook)


def _payload(service: Service, history: ServiceDeployment, hook: HookRun) -> dict[str, Any]:
    production, test = {}, {}
    if hook.stage == "TEST_TRAFFIC_SHIFT":
        test = dict(history.weights.get("test", {}))
    elif hook.stage == "PRODUCTION_TRAFFIC_SHIFT":
        production = dict(history.weights.get("production", {}))
    elif hook.stage == "PRE_PRODUCTION_TRAFFIC_SHIFT":
        production = dict(history.weights.get("production") or _before_any_shift(history))
    payload: dict[str, Any] = {
        "executionId": hook.execution_id,
        "lifecycleStage": hook.stage,
        "resourceArn": history.arn,
        "executionDetails": {
            "serviceArn": service.arn,
            "targetServiceRevisionArn": history.target_revision,
            "testTrafficWeights": test,
            "productionTrafficWeights": production,
        },
    }
    return payload | ({} if hook.details is None else {"hookDetails": hook.details})


def _before_any_shift(history: ServiceDeployment) -> dict[str, float]:
    return {history.target_revision: 0.0} | dict.fromkeys(history.source_revisions[:1], 100.0)


def hook_detail(hook: HookRun) -> Shape:
    """Describe a hook as ``lifecycleHookDetails`` has it."""
    shape: Shape = {
        "hookId": hook.id,
        "targetType": hook.target_type,
        "status": hook.status,
        "expiresAt": moment(hook.expires_at),
        "timeoutAction": hook.timeout_action,
    }
    return shape | ({"targetArn": hook.target_arn} if hook.target_arn else {})
