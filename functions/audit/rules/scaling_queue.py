"""SCL: what waits in queues, and what scaling makes of it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.node import Node
from audit.model.queue import Queue, processing_times
from audit.model.scaling import ScalingPolicy
from audit.model.service import Service
from audit.rule import Profile, Severity, Verdict, Verdicts, examine, failed, passed, rule

_WAITING = frozenset(
    {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateAgeOfOldestMessage",
        "NumberOfMessagesSent",
    }
)


@rule(
    "SCL-12",
    "Target tracking follows a metric that more tasks bring down in proportion",
    on=ScalingPolicy,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html",
    remedy="track required over running tasks, or at least the backlog per task",
    anchors=(),
)
def follows_what_tasks_change(policy: ScalingPolicy) -> Verdicts:
    specification = policy["TargetTrackingScalingPolicyConfiguration"][
        "CustomizedMetricSpecification"
    ]
    if not specification.given:
        return
    node, metric = _raw(specification)
    if metric is not None:
        yield failed(
            node,
            f"{metric} does not fall in proportion to the tasks: twice the tasks do not halve it, so "
            "target tracking orders too many and takes too many away",
        )
    else:
        yield passed(node)


def _raw(specification: Node) -> tuple[Node, str | None]:
    """The metric of a queue that is tracked as it is, and the field that names it."""
    name = specification["MetricName"]
    if name.given:
        of_queue = specification["Namespace"].text() == "AWS/SQS"
        return name, name.text() if of_queue and name.text() in _WAITING else None
    parts = specification["Metrics"].items()
    named = [part["MetricStat"]["Metric"] for part in parts if part["MetricStat"].given]
    divided = any("/" in (part["Expression"].text() or "") for part in parts)
    for metric in named:
        waiting = (
            metric["Namespace"].text() == "AWS/SQS" and metric["MetricName"].text() in _WAITING
        )
        if not waiting or divided:
            return specification["Metrics"], None
    return specification["Metrics"], named[0]["MetricName"].text() if named else None


@rule(
    "SCL-13",
    "A queue hides a message for as long as it takes",
    on=Service,
    severity=Severity.MEDIUM,
    profile=Profile.RESILIENCE,
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html",
    remedy='set the queue\'s "VisibilityTimeout" above the longest time that a message takes',
    anchors=(),
)
def hides_long_enough(service: Service) -> Verdicts:
    works = list(processing_times(service.tags))
    if not works:
        return ()
    return examine(works, lambda work: _hidden(service, *work), clean=service["tags"])


def _hidden(service: Service, name: str, seconds: float) -> Iterator[Verdict]:
    queue = service.graph.find(Queue, name)
    hidden = queue.visibility_timeout
    if hidden < seconds:
        yield failed(
            queue["VisibilityTimeout"],
            f"{name} hides a message for {hidden} s, but {service.label} takes {seconds:g} s for one: "
            "others work on it, too",
            place=queue,
        )
