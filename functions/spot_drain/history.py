"""What became of every storm, kept for weeks: by service, zone, capacity provider and size.

Fargate's interruptions are in here too, which no dashboard of AWS shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ecsops.parallel import chunks
from spot_drain.storm import SHORT_ID, Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "history#"
KEEP_S = 90 * 86_400
_PER_CALL = 25


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """A service's interrupted tasks of one storm in one place. ``left_s``: the least time left."""

    zone: str
    provider: str
    size: str
    tasks: int
    native: int = 0
    backstop: int = 0
    stuck: int = 0
    moved: int = 0
    in_flight: int = 0
    left_s: int | None = None


class Episode(msgspec.Struct, frozen=True):
    """A storm of one service. Times are epoch seconds."""

    service_arn: str
    first_at: int
    last_at: int
    rows: tuple[Row, ...]

    @property
    def tasks(self) -> int:
        """How many tasks were interrupted."""
        return sum(row.tasks for row in self.rows)


def episode_of(tally: Tally) -> Episode:
    """The history of a storm; tasks of which nobody knows the place are in a row of their own."""
    rows, placed = [], set[str]()
    for place, texts in sorted(tally.places.items()):
        left = dict(text.partition(":")[::2] for text in sorted(texts))
        rows.append(_row(place, left, tally))
        placed |= left.keys()
    others = {task[:SHORT_ID]: "" for task in tally.tasks if task[:SHORT_ID] not in placed}
    if others:
        rows.append(_row("||", others, tally))
    return Episode(tally.service_arn, tally.first_at, tally.last_at, tuple(rows))


def read_episode(item: Mapping[str, Any]) -> Episode:
    """An episode from its item."""
    return msgspec.json.decode(item["episode"]["S"], type=Episode)


@dataclass(frozen=True, slots=True)
class Histories:
    """The table's episodes."""

    dynamodb: DynamoDBClient
    table: str

    def keep(self, tallies: Sequence[Tally]) -> None:
        """Keep the history of storms that are told. Keeping one twice changes nothing."""
        items = [_item(episode_of(tally)) for tally in tallies if tally.tasks]
        for part in chunks(items, _PER_CALL):
            requests: Any = {self.table: [{"PutRequest": {"Item": item}} for item in part]}
            while requests:
                answer = self.dynamodb.batch_write_item(RequestItems=requests)
                requests = answer.get("UnprocessedItems")

    def since(self, at: float) -> Iterator[Episode]:
        """Every episode that began after a time, in no order."""
        more: dict[str, Any] = {}
        while True:
            answer = self.dynamodb.scan(
                TableName=self.table,
                FilterExpression="begins_with(pk, :history) AND first_at >= :at",
                ExpressionAttributeValues={
                    ":history": {"S": PREFIX},
                    ":at": {"N": str(int(at))},
                },
                **more,
            )
            yield from map(read_episode, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _row(place: str, left: Mapping[str, str], tally: Tally) -> Row:
    zone, provider, size = (*place.split("|"), "", "")[:3]
    short = {
        name: {task[:SHORT_ID] for task in getattr(tally, name)}
        for name in ("native", "backstop", "stuck", "moved", "in_flight")
    }
    seconds = [int(text) for text in left.values() if text.isdigit()]
    return Row(
        zone,
        provider,
        size,
        len(left),
        **{name: len(tasks & left.keys()) for name, tasks in short.items()},
        left_s=min(seconds, default=None),
    )


def _item(episode: Episode) -> dict[str, Any]:
    return {
        "pk": {"S": f"{PREFIX}{episode.service_arn}#{episode.first_at}"},
        "first_at": {"N": str(episode.first_at)},
        "expires_at": {"N": str(episode.last_at + KEEP_S)},
        "episode": {"S": msgspec.json.encode(episode).decode()},
    }
