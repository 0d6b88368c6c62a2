"""How a deployment to Amazon ECS goes: install, shift the traffic, terminate, or back.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.codedeploy.app_spec import read_app_spec
from sandbox.codedeploy.shapes import moment
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.codedeploy.model import Run, Shape, Status
    from sandbox.codedeploy.task_sets import ServiceTaskSets
    from sandbox.elb.agenda import Agenda

AlarmStates = Callable[[Iterable[str]], Mapping[str, str]]
NOT_HEALTHY = (
    "The deployment timed out while waiting for the replacement task set to become healthy. "
    "This time out period is 60 minutes."
)
ALARMED = (
    "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, "
    "and the affected deployments have been stopped. Activated alarms: <{}>"
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take; assumed, except for the 60 minutes."""

    start_s: float = 2.0
    poll_s: float = 5.0
    healthy_within_s: float = 3600.0
    rollback_s: float = 3.0  # until the rollback's deployment exists


class Runner:
    """Moves deployments; ``announce`` tells of a state, ``roll_back`` starts the way back."""

    def __init__(
        self,
        agenda: Agenda,
        task_sets: ServiceTaskSets,
        *,
        announce: Callable[[Run, str], None],
        roll_back: Callable[[Run], None],
        pace: Pace,
    ) -> None:
        """``alarms`` may be set: nobody has any until then."""
        self._agenda = agenda
        self._task_sets = task_sets
        self._announce = announce
        self._roll_back = roll_back
        self._pace = pace
        self.alarms: AlarmStates = lambda names: dict.fromkeys(names, "OK")

    def begin(self, run: Run) -> None:
        """Let a deployment start in a moment."""
        self._agenda.later(self._pace.start_s, lambda: self._start(run), f"deploy {run.id}")

    def proceed(self, run: Run) -> None:
        """Somebody lets the traffic shift."""
        run.status = "InProgress"
        self._shift(run)

    def stop(self, run: Run, error: Shape, *, rollback: bool) -> None:
        """Stop a deployment on request, or for an alarm."""
        self._end(run, "Stopped", "STOP", error, rollback=rollback)

    def fail(self, run: Run, code: str, message: str) -> None:
        """Fail a deployment."""
        rollback = rolls_back(run, "DEPLOYMENT_FAILURE")
        error = {"code": code, "message": message}
        self._end(run, "Failed", "FAILURE", error, rollback=rollback)

    def _start(self, run: Run) -> None:
        if run.ended:
            return
        run.status, run.started_at = "InProgress", self._agenda.now()
        self._announce(run, "START")
        try:
            run.original = self._task_sets.primary(run.group)["taskSetArn"]
            if run.restores:
                run.replacement = run.restores
            else:
                spec = read_app_spec(run.revision.content)
                run.replacement = self._task_sets.add(run.group, spec, run.id)
        except ApiError as problem:
            self.fail(run, "ECS_UPDATE_ERROR", problem.message)
            return
        self._step(run, "BeforeInstall", "InProgress")
        self._later(run, self._pace.poll_s, self._look)

    def _look(self, run: Run) -> None:
        if self._alarmed(run):
            return
        waited = self._agenda.now() - (run.started_at or 0.0)
        replacement = self._task_sets.find(run.group, run.replacement)
        if replacement and replacement["stabilityStatus"] == "STEADY_STATE":
            self._step(run, "Install", "Succeeded")
            self._ready(run)
        elif waited >= self._pace.healthy_within_s:
            self._step(run, "Install", "Failed", NOT_HEALTHY)
            self.fail(run, "TIMEOUT", NOT_HEALTHY)
        else:
            self._later(run, self._pace.poll_s, self._look)

    def _ready(self, run: Run) -> None:
        option = run.group.ready_option
        if run.restores or option.get("actionOnTimeout") != "STOP_DEPLOYMENT":
            self._shift(run)
            return
        run.status = "Ready"
        self._announce(run, "READY")
        wait = 60.0 * float(option.get("waitTimeInMinutes", 0))
        self._agenda.later(wait, lambda: self._not_approved(run), f"approval of {run.id}")

    def _not_approved(self, run: Run) -> None:
        if run.status == "Ready":
            error = {"code": "TIMEOUT", "message": "Nobody let the traffic shift in time."}
            self.stop(run, error, rollback=rolls_back(run, "DEPLOYMENT_FAILURE"))

    def _shift(self, run: Run) -> None:
        self._task_sets.promote(run.group, run.replacement or "")
        run.shifted_at = self._agenda.now()
        self._step(run, "AllowTraffic", "Succeeded")
        self._later(run, self._pace.poll_s, self._terminate)

    def _terminate(self, run: Run) -> None:
        if self._alarmed(run):
            return
        wait = 0.0 if run.restores else run.group.termination_wait_s
        if self._agenda.now() < (run.shifted_at or 0.0) + wait:
            self._later(run, self._pace.poll_s, self._terminate)
            return
        if run.original != run.replacement:
            self._task_sets.remove(run.group, run.original)
        run.status, run.completed_at = "Succeeded", self._agenda.now()
        run.group.last_successful = run
        self._announce(run, "SUCCESS")

    def _alarmed(self, run: Run) -> bool:
        configured = run.group.settings.get("alarmConfiguration", {})
        names = [alarm["name"] for alarm in configured.get("alarms", [])]
        if not configured.get("enabled") or run.creator == "codeDeployRollback":
            return False
        active = [name for name, state in self.alarms(names).items() if state == "ALARM"]
        if active:
            error = {"code": "ALARM_ACTIVE", "message": ALARMED.format(", ".join(active))}
            self.stop(run, error, rollback=rolls_back(run, "DEPLOYMENT_STOP_ON_ALARM"))
        return bool(active)

    def _end(self, run: Run, status: Status, state: str, error: Shape, *, rollback: bool) -> None:
        run.status, run.completed_at, run.error = status, self._agenda.now(), error
        self._announce(run, state)
        if rollback and run.creator != "codeDeployRollback":
            self._later(run, self._pace.rollback_s, self._roll_back, ended=True)
        elif run.shifted_at is None and not run.restores:
            self._task_sets.remove(run.group, run.replacement)

    def _later(
        self, run: Run, delay: float, step: Callable[[Run], None], *, ended: bool = False
    ) -> None:
        def go_on() -> None:
            if run.ended == ended:
                step(run)

        self._agenda.later(delay, go_on, f"deployment {run.id}")

    def _step(self, run: Run, name: str, status: str, message: str = "") -> None:
        event: Shape = {
            "lifecycleEventName": name,
            "status": status,
            "startTime": moment(self._agenda.now()),
        }
        if message:
            event["diagnostics"] = {"errorCode": "UnknownError", "message": message}
        run.lifecycle.append(event)


def rolls_back(run: Run, event: str) -> bool:
    """Tell whether the deployment group rolls back by itself after such an event."""
    configured = run.group.settings.get("autoRollbackConfiguration", {})
    return bool(configured.get("enabled")) and event in configured.get("events", [])
