"""What is known of incidents, in one table: it survives cold starts and is shared by all functions.

pk incident#<key>          sk stage#<digest>   the newest alert of a stage
pk incident#<key>          sk sink#<name>      what a sink's readers know (``SinkState``)
pk threads#<sink>          sk window           the incidents that got threads of their own lately
pk routes                  sk last-good        the routes document that was last understood
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from alerts.incident import digest, key_digest
from alerts.incident_reader import IncidentReader, partition
from alerts.plan import Limits, SinkState
from alerts.summary import ALL_CLUSTERS
from ecsops.alerts import Alert

_LOST = "ConditionalCheckFailedException"
_KEEP_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Crowd:
    """Too many incidents since ``began``: those of one cluster, or of all of them."""

    cluster: str
    began: int


@dataclass(frozen=True, slots=True)
class IncidentStore(IncidentReader):
    """The table. Times are epoch seconds and are always the caller's."""

    def add(self, key: str, alert: Alert, now: float) -> None:
        """Keep an alert, unless one of its stage is known that takes precedence."""
        order = f"{alert.at:020.6f}#{alert.state == 'resolved':d}#{digest(alert)}"
        self._put(
            {
                "pk": {"S": partition(key)},
                "sk": {"S": f"stage#{key_digest(alert.stage)}"},
                "order": {"S": order},
                "alert": {"S": msgspec.json.encode(alert).decode()},
                "expires_at": _expiry(now),
            },
            ConditionExpression="attribute_not_exists(pk) OR #order < :order",
            ExpressionAttributeNames={"#order": "order"},
            ExpressionAttributeValues={":order": {"S": order}},
        )

    def save(self, key: str, sink: str, state: SinkState, now: float) -> SinkState | None:
        """Replace what a sink's readers know; None when somebody else has changed it meanwhile."""
        new = replace(state, version=state.version + 1)
        text = msgspec.json.encode(new).decode()
        lost = self._put(
            {
                "pk": {"S": partition(key)},
                "sk": {"S": f"sink#{sink}"},
                "version": {"N": str(new.version)},
                "state": {"S": text},
                "expires_at": _expiry(now),
            },
            ConditionExpression="attribute_not_exists(pk) OR version = :version",
            ExpressionAttributeValues={":version": {"N": str(state.version)}},
        )
        # Our own write whose answer was lost, and which botocore has sent again, is no conflict.
        return new if lost is None or lost.get("state") == {"S": text} else None

    def join(
        self, sink: str, cluster: str, incident: str, limits: Limits, now: float
    ) -> Crowd | None:
        """Ask for a thread of one's own: None is granted, otherwise who shares a summary."""
        me, since = key_digest(incident), int(now) - limits.threads_window_s
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_threads(sink),
                UpdateExpression=(
                    "ADD members :members, #cluster :members "
                    "SET began = if_not_exists(began, :now), expires_at = :expires"
                ),
                ConditionExpression=(
                    "attribute_not_exists(pk) OR contains(members, :me) "
                    "OR (began > :since AND size(members) < :total "
                    "AND (attribute_not_exists(#cluster) OR size(#cluster) < :cap))"
                ),
                ExpressionAttributeNames={"#cluster": _members(cluster)},
                ExpressionAttributeValues={
                    ":members": {"SS": [me]},
                    ":me": {"S": me},
                    ":now": {"N": str(int(now))},
                    ":since": {"N": str(since)},
                    ":cap": {"N": str(limits.threads)},
                    ":total": {"N": str(limits.threads_total)},
                    ":expires": _expiry(now),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            window = _lost(error)
            if _began(window) <= since:
                return self._new_window(sink, cluster, me, _began(window), now)
            full = len(window.get(_members(cluster), {}).get("SS", ())) >= limits.threads
            return Crowd(cluster if full else ALL_CLUSTERS, _began(window))
        return None

    def keep_routes(self, text: str, now: float) -> None:
        """Remember the routes document that was understood."""
        item = {"pk": {"S": "routes"}, "sk": {"S": "last-good"}, "text": {"S": text}}
        self.dynamodb.put_item(TableName=self.table, Item={**item, "kept_at": {"N": str(int(now))}})

    def last_good_routes(self) -> str | None:
        """The routes document that was last understood, if there ever was one."""
        answer = self.dynamodb.get_item(
            TableName=self.table, Key={"pk": {"S": "routes"}, "sk": {"S": "last-good"}}
        )
        item = answer.get("Item")
        return item["text"]["S"] if item else None

    def _new_window(self, sink: str, cluster: str, me: str, began: int, now: float) -> Crowd | None:
        members = {"members": {"SS": [me]}, _members(cluster): {"SS": [me]}}
        item = {**_threads(sink), **members, "began": {"N": str(int(now))}}
        lost = self._put(
            {**item, "expires_at": _expiry(now)},
            ConditionExpression="began = :began",
            ExpressionAttributeValues={":began": {"N": str(began)}},
        )
        # Somebody else has begun the new window: into its summary, rather than asking again.
        return None if lost is None else Crowd(cluster, _began(lost) or int(now))

    def _put(self, item: dict[str, Any], **condition: Any) -> Mapping[str, Any] | None:
        """Write on a condition; the item that stood in the way, None when it was written."""
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **condition,
            )
        except ClientError as error:
            return _lost(error)
        return None


def _threads(sink: str) -> dict[str, Any]:
    return {"pk": {"S": f"threads#{sink}"}, "sk": {"S": "window"}}


def _members(cluster: str) -> str:
    """The attribute with a cluster's incidents."""
    return f"members_{key_digest(cluster)}"


def _began(window: Mapping[str, Any]) -> int:
    return int(window.get("began", {}).get("N", "0"))


def _expiry(now: float) -> dict[str, str]:
    return {"N": str(int(now) + _KEEP_S)}


def _lost(error: ClientError) -> Mapping[str, Any]:
    """The item that failed a condition; anything else is an error."""
    if error.response["Error"]["Code"] != _LOST:
        raise error
    item: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
    return item
