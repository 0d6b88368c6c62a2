"""What a message asks to audit: the schedule everything, a change what it changed.

Sources: "Log Amazon ECS API calls using AWS CloudTrail" (developer guide), and "Monitor Application Auto
Scaling events using Amazon EventBridge" (its user guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.collect.scope import Scope
from ecsops.errors import InvalidMessage
from ecsops.events import cloudtrail
from ecsops.events.cloudtrail import ApiCall
from ecsops.events.envelope import parse_event, read_detail

_SCHEDULED = "Scheduled Event"
_ANSWER, _REQUEST = "$.detail.responseElements", "$.detail.requestParameters"


def scope_of(body: str) -> Scope | None:
    """What to audit; None if it changed nothing. Raises ``InvalidMessage`` with the field."""
    event = parse_event(body)
    if event.detail_type == _SCHEDULED:
        return Scope()
    if event.detail_type != cloudtrail.DETAIL_TYPE:
        raise InvalidMessage(
            "$.detail-type",
            f"expected {_SCHEDULED!r} or {cloudtrail.DETAIL_TYPE!r}, got {event.detail_type[:80]!r}",
        )
    call = read_detail(event, ApiCall)
    if call.error_code:
        return None  # it was refused
    match call.event_name:
        case "RegisterTaskDefinition":
            arn = _text(call.response_elements, _ANSWER, "taskDefinition", "taskDefinitionArn")
            return Scope(task_definitions=(arn,))
        case "CreateService" | "UpdateService":
            arn = _text(call.response_elements, _ANSWER, "service", "serviceArn")
            cluster = _text(call.response_elements, _ANSWER, "service", "clusterArn")
            return Scope(named=((cluster, arn),))
        case "PutScalingPolicy":
            return _scaled(call)
        case _:
            return None


def _scaled(call: ApiCall) -> Scope | None:
    resource = _text(call.request_parameters, _REQUEST, "resourceId")
    kind, *names = resource.split("/")
    if kind != "service":
        return None  # a table, a fleet: not of ECS
    if len(names) != 2 or not all(names):
        raise InvalidMessage(
            f"{_REQUEST}.resourceId", f"expected service/CLUSTER/SERVICE, got {resource[:80]!r}"
        )
    return Scope(named=((names[0], names[1]),))


def _text(document: Mapping[str, Any] | None, path: str, *names: str) -> str:
    value: Any = document
    for name in names:
        path = f"{path}.{name}"
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, str) or not value:
        raise InvalidMessage(path, "required field is missing")
    return value
