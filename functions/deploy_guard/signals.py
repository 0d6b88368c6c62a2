"""What the messages of the queue say, whichever AWS service they come from. Read here, judged elsewhere.

Events are at least once, out of order and late: a signal is a reason to look, or a fact to keep. Its
``key`` is the same for every copy of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from deploy_guard import failures
from deploy_guard.failures import FailedTask
from deploy_guard.model import Follows, Notice
from ecsops.arns import parse_arn, service_arn
from ecsops.errors import InvalidMessage
from ecsops.events import alarm, codedeploy, deployment, hook, service_action, task_state
from ecsops.events.envelope import Event, epoch, parse_event, read_detail, read_document

KNOWN_NAMES = frozenset(
    f"SERVICE_DEPLOYMENT_{state}" for state in ("IN_PROGRESS", "COMPLETED", "FAILED")
)
# Everything else that ECS says of a service is no news about a deployment, or comes as an event of
# another type too: a rule on both would hear it twice.
_NOTICES = {
    "SERVICE_TASK_PLACEMENT_FAILURE": "placement",
    "SERVICE_TASK_CONFIGURATION_FAILURE": "configuration",
    "SERVICE_TASK_START_IMPAIRED": "impaired",
}
_KEY_BYTES = 8


class DeploymentChanged(msgspec.Struct, frozen=True):
    """ECS began, completed or failed a deployment; which one is true is for the API to say."""

    service: str
    ecs_id: str
    name: str
    at: float
    reason: str
    key: str


class TaskFailed(msgspec.Struct, frozen=True):
    """A task stopped in a way that a deployment may be to blame for.

    It is told twice: as soon as the reason is known, and at its end, when all exit codes are.
    ``other_key`` is the key of the other time.
    """

    service: str
    task: FailedTask
    key: str
    other_key: str = ""


class Noticed(msgspec.Struct, frozen=True):
    """ECS has something to say of a service, or of a hook of its deployment."""

    service: str
    notice: Notice
    key: str
    awaits_answer: bool = False


class AlarmChanged(msgspec.Struct, frozen=True):
    """An alarm of the account changed its state; whether a service cares is not known yet."""

    name: str
    state: str
    at: float
    key: str


class CodeDeployChanged(msgspec.Struct, frozen=True):
    """CodeDeploy moved on; the service is not named. ``home`` is (partition, Region, account)."""

    home: tuple[str, str, str]
    application: str
    group: str
    deployment: str
    state: str
    key: str


class Look(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="deploy_guard", tag="look"):
    """Our own later message: look at a service again."""

    service: str
    why: str = ""
    key: str = ""


class Follow(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="deploy_guard", tag="follow"
):
    """Our own message: a service's latest version is to go back, for another of its group does.

    ``latest`` is the id of that version's deployment: whatever came after it stays.
    """

    service: str
    latest: str
    follows: Follows

    @property
    def key(self) -> str:
        """Of each deployment that failed one."""
        return _key("follow", self.service, self.latest, self.follows.deployment)


class Sweep(msgspec.Struct, frozen=True, tag_field="deploy_guard", tag="sweep"):
    """The schedule: look at everything that is due."""

    key: str = ""


class _Probe(msgspec.Struct, frozen=True):
    deploy_guard: str | None = None
    detail_type: str | None = msgspec.field(name="detail-type", default=None)


OfService = DeploymentChanged | TaskFailed | Noticed | Look | Follow
Signal = OfService | AlarmChanged | CodeDeployChanged | Sweep


def encode(message: Look | Follow) -> str:
    """The body of our own message."""
    return msgspec.json.encode(message).decode()


def read(body: str) -> Signal | None:
    """What a message says; None if it says nothing about deployments."""
    probe = read_document(body, _Probe)
    if probe.deploy_guard is not None:
        own: Look | Follow | Sweep = read_document(body, Look | Follow | Sweep)  # type: ignore[arg-type]
        return own
    event = parse_event(body)
    reader = _READERS.get(event.detail_type)
    return reader(event) if reader else None


def _deployment(event: Event) -> DeploymentChanged:
    detail = read_detail(event, deployment.DeploymentStateChange)
    service = _service(event)
    at = _at(detail.updated_at, "$.detail.updatedAt", event)
    reason = failures.without_secrets(detail.reason or "")
    key = _key(service, detail.deployment_id, detail.event_name, at, reason)
    return DeploymentChanged(service, detail.deployment_id, detail.event_name, at, reason, key)


def _task(event: Event) -> TaskFailed | None:
    detail = read_detail(event, task_state.TaskStateChange)
    if detail.service_name is None or detail.desired_status != "STOPPED":
        return None
    task = failures.from_event(detail)
    if not failures.counts(task) or not task.says_why:
        return None
    service = service_arn(detail.cluster_arn, detail.service_name)
    keys = [_key(detail.task_arn, ended) for ended in (False, True)]
    return TaskFailed(service, task, keys[task.ended], keys[not task.ended])


def _notice(event: Event) -> Noticed | None:
    detail = read_detail(event, service_action.ServiceAction)
    kind = _NOTICES.get(detail.event_name)
    if kind is None:
        return None
    service = _service(event)
    at = _at(detail.created_at, "$.detail.createdAt", event)
    notice = Notice(kind, at, failures.without_secrets(detail.reason or detail.event_name))
    return Noticed(service, notice, _key(service, detail.event_name, at, detail.reason))


def _hook(event: Event) -> Noticed | None:
    detail = read_detail(event, hook.HookStateChange)
    if detail.service_arn is None:
        raise InvalidMessage("$.detail.serviceArn", "required field is missing")
    at = _at(detail.updated_at, "$.detail.updatedAt", event)
    text = f"{detail.event_name} {detail.hook_id or ''} in {detail.lifecycle_stage or '?'}"
    notice = Notice("hook", at, text, detail.service_deployment_arn)
    key = _key(detail.service_deployment_arn, detail.hook_id, detail.event_name, at)
    waits = detail.event_name == "HOOK_AWAITING_ACTION"
    return Noticed(detail.service_arn, notice, key, waits)


def _alarm(event: Event) -> AlarmChanged:
    detail = read_detail(event, alarm.AlarmStateChange)
    at = _at(detail.state.timestamp, "$.detail.state.timestamp", event)
    key = _key(detail.alarm_name, detail.state.value, at)
    return AlarmChanged(detail.alarm_name, detail.state.value, at, key)


def _codedeploy(event: Event) -> CodeDeployChanged:
    detail = read_detail(event, codedeploy.CodeDeployStateChange)
    key = _key(detail.deployment_id, detail.state)
    if not detail.application or not detail.deployment_group:
        missing = "deploymentGroup" if detail.application else "application"
        raise InvalidMessage(f"$.detail.{missing}", "required field is missing")
    partition = parse_arn(event.resources[0]).partition if event.resources else "aws"
    return CodeDeployChanged(
        (partition, event.region, event.account),
        detail.application,
        detail.deployment_group,
        detail.deployment_id,
        detail.state,
        key,
    )


def _service(event: Event) -> str:
    """The service's ARN: the detail of these events names neither cluster nor service."""
    if not event.resources:
        raise InvalidMessage("$.resources[0]", "expected the service's ARN")
    arn = event.resources[0]
    if parse_arn(arn, "$.resources[0]").kind != "service":
        raise InvalidMessage("$.resources[0]", f"expected the service's ARN, got {arn[:200]!r}")
    return arn


def _at(text: str | None, path: str, event: Event) -> float:
    if text is not None:
        return epoch(text, path)
    return event.occurred_at() or 0.0


def _key(*parts: Any) -> str:
    text = "\n".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=_KEY_BYTES).hexdigest()


_READERS: dict[str, Callable[[Event], Signal | None]] = {
    deployment.DETAIL_TYPE: _deployment,
    task_state.DETAIL_TYPE: _task,
    service_action.DETAIL_TYPE: _notice,
    hook.DETAIL_TYPE: _hook,
    alarm.DETAIL_TYPE: _alarm,
    codedeploy.DETAIL_TYPE: _codedeploy,
    "Scheduled Event": lambda _: Sweep(),
}
