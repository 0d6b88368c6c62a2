"""How the application inside a task behaves: what AWS does not decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.ecs.model import TaskDefinition


@dataclass(frozen=True, slots=True)
class App:
    """The same in every container of a task."""

    stops_in_s: float = 2.0  # after SIGTERM; longer than stopTimeout means SIGKILL
    sigterm_exit_code: int = 0
    # A server that shuts down gracefully closes its listening socket first.
    accepts_until: Literal["sigterm", "exit"] = "sigterm"
    answers_health_checks: bool = True
    start_failure: str | None = None  # the stoppedReason of a task that never runs
    runs_for_s: float | None = None  # a job ends by itself
    exit_code: int = 0


class Apps:
    """Which application runs in the tasks of which task definition."""

    def __init__(self) -> None:
        """Every application is well-behaved until told otherwise."""
        self._apps: dict[str, App] = {}

    def behave(self, task_definition: str, app: App) -> None:
        """Tasks started from now on of ``family`` or ``family:revision`` behave like ``app``."""
        self._apps[task_definition] = app

    def of(self, definition: TaskDefinition) -> App:
        """Tell how the tasks of a task definition behave."""
        exact = self._apps.get(f"{definition.family}:{definition.revision}")
        return exact or self._apps.get(definition.family) or App()
