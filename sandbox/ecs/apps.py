"""How the application inside a task behaves: what AWS does not decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.ecs.model import TaskDefinition


OUT_OF_MEMORY = "OutOfMemoryError: container killed due to memory usage"
UNASSUMABLE = (
    "ECS was unable to assume the role '{}' that was provided for this task. Please verify that the "
    "role being passed has the proper trust relationship and permissions and that your IAM user has "
    "permissions to pass this role."
)
UNRETRIEVABLE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
    "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): "
    "failed to fetch secret {} from secrets manager: ResourceNotFoundException: Secrets Manager "
    "can't find the specified secret."
)


@dataclass(frozen=True, slots=True)
class App:
    """How the tasks behave; an exit is that of one container, the others are stopped after it."""

    stops_in_s: float = 2.0  # after SIGTERM; longer than stopTimeout means SIGKILL
    sigterm_exit_code: int = 0  # 143 for one that does not handle the signal
    # A server that shuts down gracefully closes its listening socket first.
    accepts_until: Literal["sigterm", "exit"] = "sigterm"
    answers_health_checks: bool = True
    answers_with: int | None = 200  # the status of a health check's answer; None: no answer in time
    launch_failure: str | None = None  # why ECS cannot even launch the task
    start_failure: str | None = None  # the stoppedReason of a task that never runs
    waits_s: float = 0.0  # PROVISIONING for capacity of an Auto Scaling group that does not come
    runs_for_s: float | None = None  # ends by itself; 0: before ECS has seen it RUNNING
    exit_code: int = 0
    exit_reason: str | None = None  # what ECS says of the container that ended
    container: str | None = None  # which one ends and writes the log; the first essential one
    logs: tuple[str, ...] = ()  # written when it starts
    last_words: tuple[str, ...] = ()  # written when it ends by itself

    @staticmethod
    def crash(
        *last_words: str, exit_code: int = 1, after_s: float = 0.0, container: str | None = None
    ) -> App:
        """It ends with an error."""
        return App(
            runs_for_s=after_s, exit_code=exit_code, last_words=last_words, container=container
        )

    @staticmethod
    def out_of_memory(after_s: float = 20.0, exit_code: int = 1) -> App:
        """The kernel kills it; public reports have exit code 1, the documentation 137."""
        return App(runs_for_s=after_s, exit_code=exit_code, exit_reason=OUT_OF_MEMORY)

    @staticmethod
    def wrong_architecture(command: str = "/app/server") -> App:
        """The image is for another processor."""
        return App.crash(f"exec {command}: exec format error")

    @staticmethod
    def without_role(role_arn: str) -> App:
        """ECS may not assume a role of the task."""
        return App(launch_failure=UNASSUMABLE.format(role_arn))

    @staticmethod
    def without_secret(secret_arn: str) -> App:
        """A secret of the task definition does not exist."""
        return App(start_failure=UNRETRIEVABLE.format(secret_arn))

    @staticmethod
    def without_instance(waits_s: float = 1_800.0) -> App:
        """No instance of an Auto Scaling group takes it: it stops without ever having containers."""
        return App(start_failure="TaskFailedToStart: RESOURCE:MEMORY", waits_s=waits_s)

    @staticmethod
    def unhealthy(answers_with: int | None = 404) -> App:
        """It runs, but the load balancer's health check does not like its answer."""
        return App(answers_with=answers_with, sigterm_exit_code=143)


class Apps:
    """Which application runs in the tasks of which task definition."""

    def __init__(self) -> None:
        """Every application is well-behaved until told otherwise."""
        self._apps: dict[str, list[App]] = {}

    def behave(self, task_definition: str, *apps: App) -> None:
        """Tasks started from now on of ``family`` or ``family:revision`` behave like that.

        One after the other takes the next of several; the last one is for all that follow.
        """
        self._apps[task_definition] = list(apps)

    def of(self, definition: TaskDefinition) -> App:
        """Tell how the next task of a task definition behaves."""
        for name in (f"{definition.family}:{definition.revision}", definition.family):
            apps = self._apps.get(name)
            if apps:
                return apps.pop(0) if len(apps) > 1 else apps[0]
        return App()
