"""From a matched rule to its target: attempts, retries, dead-letter queue.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import SandboxError, UnsupportedOperation
from sandbox.events.resource_policy import ServiceRequest, allows

if TYPE_CHECKING:
    import random

    from sandbox.clock import Clock
    from sandbox.events.queues import Queues
    from sandbox.trace import Trace

DEFAULT_ATTEMPTS = 185
DEFAULT_AGE_S = 86_400
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 900.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is on its way to a target."""

    target: Mapping[str, Any]  # in the shape of PutTargets, or of a schedule's Target
    body: str
    source_arn: str  # the rule or schedule
    service: str  # the principal that delivers: events.amazonaws.com or scheduler.amazonaws.com
    event_id: str

    @property
    def arn(self) -> str:
        """The target's ARN."""
        return str(self.target["Arn"])

    @property
    def acts_on(self) -> str:
        """What the role of the target needs a permission for: of a cluster, the task definition."""
        return str(self.target.get("EcsParameters", {}).get("TaskDefinitionArn", self.arn))


class DeliveryFailed(SandboxError):
    """A target did not take the event; ``code`` is what the dead-letter queue will say."""

    def __init__(self, code: str, message: str, *, retriable: bool) -> None:
        """Keep the reason."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retriable = retriable


Send = Callable[[Parcel], None]
# Whether a service, as a role, may do an action on a resource.
RoleMay = Callable[[str, str, str, str], bool]
ACTIONS = {
    "ecs": "ecs:RunTask",
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
}


class Courier:
    """Delivers parcels through the sender for the target's service."""

    def __init__(self, clock: Clock, trace: Trace, queues: Queues, rng: random.Random) -> None:
        """Start without any sender."""
        self._clock = clock
        self._trace = trace
        self._queues = queues
        self._rng = rng
        self.senders: dict[str, Send] = {}
        self.role_may: RoleMay | None = None  # nobody asks the roles of targets until it is set
        self.in_transit = 0

    def check(self, arn: str) -> None:
        """Refuse a target that the sandbox could never deliver to."""
        if service_of(arn) not in self.senders:
            raise UnsupportedOperation(f"the sandbox does not deliver events to {arn}")

    def deliver(self, parcel: Parcel, after_s: float) -> None:
        """Make the first attempt a little later; retries follow on the clock."""
        began = self._clock.now()
        self._later(after_s, parcel, attempt=0, began=began)

    def _later(self, delay: float, parcel: Parcel, *, attempt: int, began: float) -> None:
        self.in_transit += 1
        self._clock.call_later(
            delay,
            lambda: self._attempt(parcel, attempt=attempt, began=began),
            label=f"deliver to {parcel.arn}",
        )

    def _attempt(self, parcel: Parcel, *, attempt: int, began: float) -> None:
        self.in_transit -= 1
        try:
            self._ask_role(parcel)
            self.senders[service_of(parcel.arn)](parcel)
        except DeliveryFailed as failure:
            self._failed(parcel, failure, attempt=attempt, began=began)
            return
        self._trace.add(
            "delivered",
            source_arn=parcel.source_arn,
            target=parcel.arn,
            event_id=parcel.event_id,
            attempt=attempt + 1,
            body=parcel.body,
        )

    def _ask_role(self, parcel: Parcel) -> None:
        role, action = parcel.target.get("RoleArn"), ACTIONS.get(service_of(parcel.arn))
        if role is None or action is None or self.role_may is None:
            return
        if not self.role_may(role, parcel.service, action, parcel.acts_on):
            message = f"{parcel.service} may not call {action} on {parcel.acts_on} as {role}"
            raise DeliveryFailed("NO_PERMISSIONS", message, retriable=False)

    def _failed(
        self, parcel: Parcel, failure: DeliveryFailed, *, attempt: int, began: float
    ) -> None:
        policy = parcel.target.get("RetryPolicy", {})
        wait = self._backoff(attempt)
        exhausted = ""
        if attempt >= policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS):
            exhausted = "MaximumRetryAttempts"
        elif self._clock.now() + wait - began > policy.get(
            "MaximumEventAgeInSeconds", DEFAULT_AGE_S
        ):
            exhausted = "MaximumEventAgeInSeconds"
        if failure.retriable and not exhausted:
            self._later(wait, parcel, attempt=attempt + 1, began=began)
            return
        self._give_up(parcel, failure, attempt, exhausted if failure.retriable else "")

    def _backoff(self, attempt: int) -> float:
        # "exponential backoff and jitter"; the figures are not published: assumed.
        return float(
            min(FIRST_BACKOFF_S * 2 ** min(attempt, 20), LONGEST_BACKOFF_S)
        ) * self._rng.uniform(0.5, 1)

    def _give_up(
        self, parcel: Parcel, failure: DeliveryFailed, attempt: int, exhausted: str
    ) -> None:
        queue_arn = parcel.target.get("DeadLetterConfig", {}).get("Arn")
        attributes = {
            "RULE_ARN": parcel.source_arn,
            "TARGET_ARN": parcel.arn,
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": failure.message,
            "RETRY_ATTEMPTS": str(attempt),
        }
        if exhausted:
            attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted
        taken = queue_arn is not None and self._dead_letter(parcel, queue_arn, attributes)
        self._trace.add(
            "dead_letter",
            cause="delivery",
            queue=queue_arn if taken else None,
            lost=not taken,
            event_id=parcel.event_id,
            **{name.lower(): value for name, value in attributes.items()},
        )

    def _dead_letter(self, parcel: Parcel, queue_arn: str, attributes: dict[str, str]) -> bool:
        """EventBridge loses the event when it may not write to the dead-letter queue."""
        if not may_send(self._queues, queue_arn, parcel):
            return False
        self._queues.send(queue_arn, parcel.body, attributes)
        return True


def service_of(arn: str) -> str:
    """The third part of an ARN."""
    return arn.split(":")[2]


def may_send(queues: Queues, queue_arn: str, parcel: Parcel) -> bool:
    """Tell whether the queue exists and its policy lets the delivering service in."""
    queue = queues.find(queue_arn)
    if queue is None:
        return False
    return allows(
        json.loads(queue.policy) if queue.policy else None,
        request_for(parcel, "sqs:SendMessage", queue_arn),
    )


def request_for(parcel: Parcel, action: str, resource: str) -> ServiceRequest:
    """The call that a delivering service makes to a resource."""
    account = parcel.source_arn.split(":")[4]
    return ServiceRequest(parcel.service, action, resource, parcel.source_arn, account)
