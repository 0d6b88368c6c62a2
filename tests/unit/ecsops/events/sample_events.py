"""Our sample events, and the reader of each kind: by what the document says, not by its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecsops.alerts import Alert
from ecsops.events import ec2_instance
from ecsops.events.alarm import AlarmStateChange
from ecsops.events.autoscaling import (
    LAUNCH_UNSUCCESSFUL,
    TERMINATE_ACTION,
    LaunchUnsuccessful,
    read_lifecycle_action,
)
from ecsops.events.cloudtrail import ApiCall
from ecsops.events.codedeploy import CodeDeployStateChange
from ecsops.events.container_instance import ContainerInstanceStateChange
from ecsops.events.deployment import DeploymentStateChange
from ecsops.events.envelope import Event, parse_event, read_detail, read_document
from ecsops.events.health import HealthEvent
from ecsops.events.hook import HookInvocation, HookStateChange
from ecsops.events.service_action import ServiceAction
from ecsops.events.task_state import TaskStateChange

ROOT = Path(__file__).parents[4]
SAMPLES = sorted((ROOT / "events").glob("*.json"))

_DETAILS: dict[str, type] = {
    "ECS Task State Change": TaskStateChange,
    "ECS Service Action": ServiceAction,
    "ECS Deployment State Change": DeploymentStateChange,
    "ECS Hook State Change": HookStateChange,
    "ECS Container Instance State Change": ContainerInstanceStateChange,
    ec2_instance.SPOT_INTERRUPTION: ec2_instance.InstanceNotice,
    ec2_instance.REBALANCE: ec2_instance.InstanceNotice,
    ec2_instance.STATE_CHANGE: ec2_instance.InstanceNotice,
    LAUNCH_UNSUCCESSFUL: LaunchUnsuccessful,
    "AWS Health Event": HealthEvent,
    "CodeDeploy Deployment State-change Notification": CodeDeployStateChange,
    "CloudWatch Alarm State Change": AlarmStateChange,
    "AWS API Call via CloudTrail": ApiCall,
    "ECS Ops Alert": Alert,
}


def load(name: str) -> dict[str, Any]:
    """A fresh copy of one of our samples."""
    document: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return document


def is_event(document: Any) -> bool:
    """Whether a document is an EventBridge event."""
    return isinstance(document, dict) and {"detail-type", "source"} <= document.keys()


def reader_of(document: dict[str, Any]) -> Callable[[str], Any] | None:
    """What reads this document; None if the toolkit has no reader for its kind."""
    if not is_event(document):
        if "LifecycleHookName" in document or document.get("Event"):
            return read_lifecycle_action
        if "lifecycleStage" in document:
            return lambda body: read_document(body, HookInvocation)
        return None
    if document["detail-type"] == TERMINATE_ACTION:
        return lambda body: read_lifecycle_action(parse_event(body).detail)
    kind = _DETAILS.get(document["detail-type"])
    return None if kind is None else lambda body: read_detail(parse_event(body), kind)


def detail_of[D](name: str, kind: type[D]) -> D:
    """The typed detail of one of our samples."""
    detail: D = read_detail(event_of(name), kind)  # type: ignore[type-var]
    return detail


def event_of(name: str) -> Event:
    """The envelope of one of our samples."""
    return parse_event(json.dumps(load(name)))
