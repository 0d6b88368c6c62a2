"""The storms' tallies: one DynamoDB item per service while its storm lasts.

Task ids are kept in string sets, so adding the same task twice changes nothing: a redelivered message
neither counts twice nor needs a record of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsops.errors import CallFailed
from ecsops.parallel import chunks
from spot_drain.storm import Tally
from spot_drain.tally_item import VERDICTS, key_of, known, noted, tally_of, tasks_in, tasks_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEYS_PER_CALL = 100
_KEEP_S = 86_400
# What is added later than this belongs to another storm.
_GAP_S = 600
_TRIES = 3
_LOST = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Added:
    """When the storm began, and what an addition has brought.

    ``new``: by set, what was not noted there, or under a weightier verdict. ``tasks``: those of
    which nothing was known at all.
    """

    began: int
    new: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tasks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tallies:
    """Reads and writes tallies. A failed write raises; the message is then tried again."""

    dynamodb: DynamoDBClient
    table: str

    def add(
        self, service_arn: str, additions: Mapping[str, frozenset[str]], *, now: float
    ) -> Added:
        """Add to a service's tally. What was told of in the storm before is not new."""
        sets = {name: items for name, items in additions.items() if items}
        for _ in range(_TRIES):
            before = self._add(service_arn, sets, now)
            if before.get("told") is None:
                began = int(before["first_at"]["N"]) if "first_at" in before else int(now)
                new = {name: items - known(before, name) for name, items in sets.items()}
                before_this = tasks_in(before) | noted(before, "earlier")
                return Added(began, new, tasks_of(new) - before_this)
            told = tasks_in(before) | noted(before, "earlier")
            recent = now - int(before["last_at"]["N"]) <= _GAP_S
            earlier = told if recent else frozenset()
            fresh = {name: sets[name] - earlier for name in VERDICTS if name in sets}
            if not any(fresh.values()):
                return Added(int(before["first_at"]["N"]))
            if self._begin(service_arn, sets | fresh, earlier, before, now):
                return Added(int(now), {n: i for n, i in fresh.items() if i}, tasks_of(fresh))
        raise CallFailed("PutItem", "Contended", f"the tally of {service_arn} changes too fast")

    def _add(
        self, service_arn: str, sets: Mapping[str, frozenset[str]], now: float
    ) -> Mapping[str, Any]:
        """Add to the open storm; the item as it was, with ``told`` if there is no open storm."""
        assignments = "first_at = if_not_exists(first_at, :now), last_at = :now, expires_at = :end"
        # Named by numbers: the names of places are no words of DynamoDB's expressions.
        adds = ", ".join(f"#{number} :set{number}" for number in range(len(sets)))
        names = {"ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(sets)}}
        try:
            answer = self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": key_of(service_arn)}},
                UpdateExpression=f"SET {assignments}" + (f" ADD {adds}" if adds else ""),
                # DynamoDB deletes expired items days late, so a storm's end is part of the condition.
                ConditionExpression=(
                    "attribute_not_exists(pk) OR (attribute_not_exists(told) AND last_at >= :gap)"
                ),
                ExpressionAttributeValues={
                    ":now": {"N": str(int(now))},
                    ":gap": {"N": str(int(now) - _GAP_S)},
                    ":end": {"N": str(int(now) + _KEEP_S)},
                    **{f":set{n}": {"SS": sorted(s)} for n, s in enumerate(sets.values())},
                },
                **(names if sets else {}),  # type: ignore[arg-type]
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _LOST:
                raise
            item: Mapping[str, Any] = error.response.get("Item") or {}  # type: ignore[assignment]
            return {"told": {"BOOL": True}, **item}
        return answer.get("Attributes") or {}

    def _begin(
        self,
        service_arn: str,
        sets: Mapping[str, frozenset[str]],
        earlier: frozenset[str],
        before: Mapping[str, Any],
        now: float,
    ) -> bool:
        """Put a new storm in the place of one that is over; False if somebody else was faster."""
        item: dict[str, Any] = {
            "pk": {"S": key_of(service_arn)},
            "first_at": {"N": str(int(now))},
            "last_at": {"N": str(int(now))},
            "expires_at": {"N": str(int(now) + _KEEP_S)},
        }
        for name, items in {**sets, "earlier": earlier}.items():
            if items:
                item[name] = {"SS": sorted(items)}
        return self._won(
            lambda: self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="first_at = :first AND last_at = :last",
                ExpressionAttributeValues={
                    ":first": before["first_at"],
                    ":last": before["last_at"],
                },
            )
        )

    def read(self, service_arns: Iterable[str]) -> list[Tally]:
        """The tallies of these services' storms, as far as they are open."""
        keys = [{"pk": {"S": key_of(arn)}} for arn in service_arns]
        return [
            tally_of(item)
            for part in chunks(keys, _KEYS_PER_CALL)
            for item in self._items(part)
            if "told" not in item
        ]

    def _items(self, keys: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
        # What does not fit into 16 MB is left for the next call; a call that reads nothing raises.
        while keys:
            answer = self.dynamodb.batch_get_item(
                RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}}
            )
            yield from answer["Responses"].get(self.table, ())
            left = answer.get("UnprocessedKeys", {}).get(self.table)
            keys = left["Keys"] if left else ()

    def close(self, tally: Tally) -> bool:
        """Mark a storm as told; False if something was added meanwhile: tell again later.

        The item stays: an event of the same task that reaches another process later is not news.
        """
        return self._won(
            lambda: self.dynamodb.update_item(
                TableName=self.table,
                Key={"pk": {"S": key_of(tally.service_arn)}},
                UpdateExpression="SET told = :yes",
                ConditionExpression="last_at = :seen",
                ExpressionAttributeValues={
                    ":seen": {"N": str(tally.last_at)},
                    ":yes": {"BOOL": True},
                },
            )
        )

    def keep(self, tallies: Sequence[Tally]) -> None:
        """Keep the history of storms that are told."""
        if tallies:
            # Nothing is told until most of a minute after the first interruption.
            from spot_drain.history import Histories

            Histories(self.dynamodb, self.table).keep(tallies)

    def remember_stuck(
        self,
        service_arn: str,
        first_at: int,
        left: Mapping[str, Iterable[str]],
        route: str | None,
        now: float,
    ) -> None:
        """Remember the targets that a storm left in rotation, so that its incident finds its end."""
        from spot_drain.stuck import Stuck

        Stuck(self.dynamodb, self.table).add(service_arn, first_at, left, route, now)

    def _won(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except ClientError as error:
            if error.response["Error"]["Code"] == _LOST:
                return False
            raise
        return True
