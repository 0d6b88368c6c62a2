"""What the shipped function talks to beside ECS: its table, its bus, tags, queue attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.caller import Caller
    from sandbox.queue_load.fleet import Fleet
    from sandbox.queue_load.workers import Counts

Shape = dict[str, Any]


class Table:
    """One DynamoDB table, by its key ``pk``."""

    def __init__(self) -> None:
        """Start empty."""
        self.items: dict[str, Shape] = {}

    def call(self, operation: str, params: Shape, caller: Caller) -> Shape:
        """BatchGetItem and PutItem; whoever writes has read just before."""
        del caller
        if operation == "BatchGetItem":
            ((name, asked),) = params["RequestItems"].items()
            keys = [key["pk"]["S"] for key in asked["Keys"]]
            found = [self.items[key] for key in keys if key in self.items]
            return {"Responses": {name: found}, "UnprocessedKeys": {}}
        self.items[params["Item"]["pk"]["S"]] = params["Item"]
        return {}


class Bus:
    """Keeps what was put on it."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Shape] = []

    def call(self, operation: str, params: Shape, caller: Caller) -> Shape:
        """PutEvents."""
        del operation, caller
        self.entries += params["Entries"]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "0"} for _ in params["Entries"]]}


class TaggedServices:
    """The tagging API over a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        """Look at its services' tags."""
        self._fleet = fleet

    def call(self, operation: str, params: Shape, caller: Caller) -> Shape:
        """GetResources."""
        del operation, caller
        wanted = {each["Key"] for each in params.get("TagFilters", ())}
        return {
            "ResourceTagMappingList": [
                {"ResourceARN": service.arn, "Tags": []}
                for service in self._fleet.services.values()
                if wanted <= service.tags.keys()
            ]
        }


class QueueAttributes:
    """GetQueueAttributes, as approximate and as late as the world wants it."""

    def __init__(self, queues: dict[str, Callable[[], Counts]], visibility_s: float) -> None:
        """``queues`` by name."""
        self._queues = queues
        self._visibility_s = visibility_s

    def call(self, operation: str, params: Shape, caller: Caller) -> Shape:
        """GetQueueAttributes."""
        del operation, caller
        name = params["QueueUrl"].rpartition("/")[2]
        if name not in self._queues:
            message = "The specified queue does not exist."
            raise ApiError("AWS.SimpleQueueService.NonExistentQueue", message)
        counts = self._queues[name]()
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(counts.visible),
                "ApproximateNumberOfMessagesNotVisible": str(counts.in_flight),
                "ApproximateNumberOfMessagesDelayed": "0",
                "DelaySeconds": "0",
                "VisibilityTimeout": str(round(self._visibility_s)),
            }
        }
