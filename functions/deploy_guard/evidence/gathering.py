"""Asks the sources that can tell something about a cause, side by side, each within its own time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from deploy_guard.causes import Diagnosis
from deploy_guard.evidence import alarm_states, log_lines, registry, service_events, target_health
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.evidence.registry import ImageName, Registry
from deploy_guard.evidence.unavailable import Unavailable, unavailable
from deploy_guard.failures import FailedTask
from ecsops.parallel import run_within

# An image that is missing never wrote a log line; a task that ran is in no registry's doubt.
_ASKS_LOGS = frozenset(
    {
        "APP_EXIT",
        "CLEAN_EXIT",
        "CONTAINER_HEALTH",
        "ELB_HEALTH",
        "ENTRYPOINT_NOT_EXEC",
        "ENTRYPOINT_NOT_FOUND",
        "KILLED",
        "OOM",
        "SEGFAULT",
        "SIGTERM",
        "SIGKILL_TIMEOUT",
    }
)
_ASKS_REGISTRY = frozenset({"IMAGE_NOT_FOUND", "IMAGE_STABILITY", "IMAGE_PULL", "DIGEST"})
_BUDGETS_S = {"logs": 4.0, "target_health": 3.0, "registry": 3.0, "alarms": 3.0}


@dataclass(frozen=True, slots=True)
class Ask:
    """What is known when the sources are asked.

    ``definition`` is the failed task definition as ECS describes it, ``events`` are (at, text) of the
    service, and ``since`` is when the deployment began. ``logs`` have been read before.
    """

    diagnosis: Diagnosis
    tasks: tuple[FailedTask, ...]
    definition: Mapping[str, Any]
    region: str
    since: float
    events: Sequence[tuple[float, str]] = ()
    logs: LogLines | None = None


def _logs(region: str) -> Any:
    from ecsops.clients import client

    return client("logs", region)


def _ecr(region: str) -> Any:
    from ecsops.clients import client

    return client("ecr", region)


def _elbv2() -> Any:
    from ecsops.clients import client

    return client("elbv2")


def _cloudwatch() -> Any:
    from ecsops.clients import client

    return client("cloudwatch")


@dataclass(frozen=True, slots=True)
class Clients:
    """Where clients come from: made when first needed, because loading one costs time."""

    logs: Callable[[str], Any] = _logs
    ecr: Callable[[str], Any] = _ecr
    elbv2: Callable[[], Any] = _elbv2
    cloudwatch: Callable[[], Any] = _cloudwatch
    budgets_s: Mapping[str, float] = field(default_factory=lambda: _BUDGETS_S)


def gather(
    ask: Ask, clients: Clients | None = None, only: Collection[str] | None = None
) -> Evidence:
    """Ask whoever can tell something, or ``only`` these; never raises for a source that fails."""
    clients = clients or Clients()
    found: dict[str, Any] = {}
    calls: dict[str, Callable[[], Any]] = {}
    for name, step in (
        ("logs", _read_logs(ask, clients)),
        ("target_health", _read_health(ask, clients)),
        ("registry", _read_registry(ask, clients)),
        ("alarms", _read_alarms(ask, clients)),
    ):
        if only is not None and name not in only:
            continue
        if callable(step):
            calls[name] = step
        elif step is not None:
            found[name] = step
    answers = run_within([(call, clients.budgets_s[name]) for name, call in calls.items()])
    for name, answer in zip(calls, answers, strict=True):
        found[name] = _understood(name, answer)
    return Evidence(**found, events=service_events.telling(ask.events, ask.since))


_SOURCES = {
    "logs": (log_lines.WHAT, log_lines.ASKED),
    "target_health": (target_health.WHAT, target_health.ASKED),
    "registry": (registry.WHAT, registry.ASKED),
    "alarms": (alarm_states.WHAT, alarm_states.ASKED),
}


def _understood(name: str, answer: Any) -> Any:
    return unavailable(*_SOURCES[name], answer) if isinstance(answer, Exception) else answer


def _read_logs(ask: Ask, clients: Clients) -> Callable[[], Any] | LogLines | Unavailable | None:
    if ask.diagnosis.cause_id not in _ASKS_LOGS:
        return None
    blamed = ask.diagnosis.container
    if ask.logs is not None and ask.logs.container == blamed:
        return ask.logs
    for task in ask.tasks:
        container = next((one for one in task.containers if one.name == blamed), None)
        if task.task_arn == ask.diagnosis.task_arn and container is not None:
            place = log_lines.place_of(task, container, ask.definition, ask.region)
            if isinstance(place, Unavailable):
                return place
            return lambda: log_lines.read(clients.logs(place.region), place, container.name)
    return Unavailable(log_lines.WHAT, "no stopped task is known to have written them")


def _read_health(ask: Ask, clients: Clients) -> Any:
    if ask.diagnosis.cause_id != "ELB_HEALTH":
        return None
    group = ask.diagnosis.subject
    events = [text for at, text in ask.events if at >= ask.since]
    if not group or not group.startswith("arn:"):
        empty = target_health.TargetHealth(group or "")
        return target_health.with_events(empty, (), events)
    told = target_health.told(group, events)
    return told or (lambda: target_health.read(clients.elbv2(), group, events))


def _read_registry(ask: Ask, clients: Clients) -> Callable[[], Any] | Unavailable | None:
    if ask.diagnosis.cause_id not in _ASKS_REGISTRY or not ask.diagnosis.subject:
        return None
    image = registry.parse(ask.diagnosis.subject)
    if isinstance(image, ImageName):
        return partial(_read_image, clients, image)
    return image


def _read_alarms(ask: Ask, clients: Clients) -> Callable[[], Any] | None:
    if ask.diagnosis.cause_id != "ALARM" or not ask.diagnosis.subject:
        return None
    return lambda: alarm_states.read(clients.cloudwatch(), ask.diagnosis.alarm_names)


def _read_image(clients: Clients, image: ImageName) -> Registry:
    return registry.read(clients.ecr(image.region), image)
