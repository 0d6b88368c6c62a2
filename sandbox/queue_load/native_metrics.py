"""The metrics that SQS and ECS publish by themselves, as late as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cloudwatch.datapoints import MetricName, StatisticSet

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.cloudwatch.datapoints import Datapoints
    from sandbox.queue_load.fleet import FleetService
    from sandbox.queue_load.workers import Workers

MINUTE_S = 60.0
# A minute's values are there about a minute after its end (assumed; SQS says "every minute").
LAG_S = 60.0


def sqs_metric(name: str, queue: str) -> MetricName:
    """A metric of a queue."""
    return MetricName("AWS/SQS", name, (("QueueName", queue),))


def ecs_metric(namespace: str, name: str, service: FleetService) -> MetricName:
    """A metric of a service, of ``AWS/ECS`` or ``ECS/ContainerInsights``."""
    dimensions = (("ClusterName", service.cluster), ("ServiceName", service.name))
    return MetricName(namespace, name, dimensions)


class NativeMetrics:
    """Publishes them each minute."""

    def __init__(
        self,
        clock: Clock,
        datapoints: Datapoints,
        service: FleetService,
        workers: Workers,
        queues: tuple[str, ...],
        start: float,
    ) -> None:
        """``queues`` are the names of the workers' queues, in their order."""
        self._clock = clock
        self._datapoints = datapoints
        self._service = service
        self._workers = workers
        self._queues = queues
        self._start = start
        self._seen = [(0, 0)] * len(queues)
        self._busy_s = 0.0
        clock.call_later(MINUTE_S - 1, self._publish, label="native metrics")

    def _publish(self) -> None:
        now = self._clock.now()
        self._workers.advance(now - self._start)
        values: list[tuple[MetricName, float]] = []
        for number, queue in enumerate(self._queues):
            counts = self._workers.counts(number)
            sent, deleted = self._seen[number]
            self._seen[number] = counts.sent, counts.deleted
            values += [
                (sqs_metric("NumberOfMessagesSent", queue), counts.sent - sent),
                (sqs_metric("NumberOfMessagesDeleted", queue), counts.deleted - deleted),
                (sqs_metric("ApproximateNumberOfMessagesVisible", queue), counts.visible),
                (sqs_metric("ApproximateNumberOfMessagesNotVisible", queue), counts.in_flight),
                (sqs_metric("ApproximateAgeOfOldestMessage", queue), counts.oldest_s),
            ]
        running = len(self._service.running)
        if running:
            values += self._of_tasks(running)
        self._clock.call_later(LAG_S, lambda: self._arrive(now, values), label="metrics arrive")
        self._clock.call_later(MINUTE_S, self._publish, label="native metrics")

    def _of_tasks(self, running: int) -> list[tuple[MetricName, float]]:
        """Without tasks there are no values: CPU and Container Insights both fall silent."""
        busy = sum(task.worker.busy for task in self._service.running)
        slots = running * self._service.slots
        percent = 100.0 * min(1.0, busy / slots)
        return [
            (ecs_metric("AWS/ECS", "CPUUtilization", self._service), percent),
            (
                ecs_metric("ECS/ContainerInsights", "RunningTaskCount", self._service),
                float(running),
            ),
        ]

    def _arrive(self, at: float, values: list[tuple[MetricName, float]]) -> None:
        for metric, value in values:
            self._datapoints.put_set(metric, at, StatisticSet(value, 1.0, value, value))
