"""CloudTrail: write calls as events on the default bus, where a rule waits for them.

The account has a trail, without which EventBridge gets none of them:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError

if TYPE_CHECKING:
    import random

    from sandbox.caller import Caller
    from sandbox.clock import Clock

DETAIL_TYPE = "AWS API Call via CloudTrail"
DELAY_S = 5.0  # "near real-time"; a trail's files take minutes: assumed
_READS = ("Describe", "Get", "List", "BatchGet", "Search")
# The bus' name of the service, where it is not botocore's; what is not named here is not recorded.
SOURCES = {
    "ecs": "ecs",
    "application-autoscaling": "application-autoscaling",
    "autoscaling": "autoscaling",
    "elbv2": "elasticloadbalancing",
    "codedeploy": "codedeploy",
}
# That values of environment variables are hidden is assumed; that nobody may rely on them is not.
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call that was made, with its answer or its error; parameters in botocore's shapes."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    answer: Mapping[str, Any] | None
    problem: ApiError | None = None
    invoked_by: str | None = None  # the AWS service that made it


class CloudTrail:
    """Turns calls into events."""

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        wanted: Callable[[dict[str, Any]], bool],
        put: Callable[[dict[str, Any]], None],
    ) -> None:
        """``wanted`` tells whether a rule waits for such an event, ``put`` puts it on the bus."""
        self._clock = clock
        self._rng = rng
        self._wanted = wanted
        self._put = put

    def record(self, call: RecordedCall, caller: Caller) -> None:
        """Emit the event of a write call. Reads, denied and throttled calls are not recorded."""
        source = SOURCES.get(call.service)
        if source is None or call.operation.startswith(_READS):
            return
        event = self._event(call, caller, source)
        if self._wanted(event):
            self._clock.call_later(DELAY_S, lambda: self._put(event), label=f"trail {source}")

    def _event(self, call: RecordedCall, caller: Caller, source: str) -> dict[str, Any]:
        now = dt.datetime.fromtimestamp(self._clock.now(), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        agent = call.invoked_by or "Boto3"
        identity = {"type": "AssumedRole", "arn": caller.principal, "accountId": caller.account}
        detail = {
            "eventVersion": "1.11",
            "userIdentity": identity | ({"invokedBy": agent} if call.invoked_by else {}),
            "eventTime": now,
            "eventSource": f"{source}.amazonaws.com",
            "eventName": call.operation,
            "awsRegion": caller.region,
            "sourceIPAddress": call.invoked_by or "192.0.2.10",
            "userAgent": agent,
            "requestParameters": _recorded(call.parameters),
            "responseElements": None if call.answer is None else _recorded(call.answer),
            "requestID": self._id(),
            "eventID": self._id(),
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": caller.account,
            "eventCategory": "Management",
        }
        if call.problem:
            detail["errorCode"] = call.problem.code
            detail["errorMessage"] = call.problem.message
        return {
            "detail-type": DETAIL_TYPE,
            "source": f"aws.{source}",
            "account": caller.account,
            "region": caller.region,
            "time": now,
            "resources": [],
            "detail": detail,
        }

    def _id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))


def _recorded(value: Any, name: str = "") -> Any:
    """CloudTrail's names begin in lower case, and its times are text."""
    if isinstance(value, Mapping):
        return {_lower(key): _recorded(each, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        if name == "environment":
            return [{**_recorded(each), "value": _HIDDEN} for each in value]
        return [_recorded(each) for each in value]
    if isinstance(value, dt.datetime):
        return value.strftime("%b %-d, %Y, %-I:%M:%S %p")
    return value


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
