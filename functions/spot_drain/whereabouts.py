"""Where EC2 instances are registered: in the table, which container instance events keep up to date.

A warning then costs no search through the clusters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsops.parallel import chunks

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PER_READ = 100
_KEEP_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Found:
    """An EC2 instance as a container instance. ``size`` is its type."""

    instance_id: str
    arn: str
    cluster_arn: str
    zone: str = ""
    provider: str = ""
    size: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The table's memory."""

    dynamodb: DynamoDBClient
    table: str

    def remembered(self, ids: Sequence[str]) -> list[Found]:
        """What the table remembers of these instances."""
        items: list[Any] = []
        for part in chunks(sorted(set(ids)), _PER_READ):
            keys: Sequence[Any] = [{"pk": {"S": f"instance#{each}"}} for each in part]
            while keys:
                answer = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys}})
                items += answer["Responses"].get(self.table, ())
                left = answer.get("UnprocessedKeys", {}).get(self.table)
                keys = left["Keys"] if left else ()
        return [_from_item(item) for item in items]

    def remember(self, found: Found, now: float) -> None:
        """Remember where an instance is registered, unless something newer is known."""
        item = {
            "pk": {"S": f"instance#{found.instance_id}"},
            "expires_at": {"N": str(int(now) + _KEEP_S)},
            "version": {"N": str(found.version)},
            **{
                name: {"S": value}
                for name in ("arn", "cluster_arn", "zone", "provider", "size")
                if (value := getattr(found, name))
            },
        }
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR arn <> :arn OR version <= :version",
                ExpressionAttributeValues={
                    ":arn": {"S": found.arn},
                    ":version": {"N": str(found.version)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def found_in(cluster_arn: str, shape: Mapping[str, Any]) -> Found:
    """A container instance as ECS describes it, in its API or in an event."""
    attributes = {each["name"]: each.get("value", "") for each in shape.get("attributes") or ()}
    return Found(
        shape["ec2InstanceId"],
        shape["containerInstanceArn"],
        cluster_arn,
        attributes.get("ecs.availability-zone", ""),
        shape.get("capacityProviderName") or "",
        attributes.get("ecs.instance-type", ""),
        int(shape.get("version") or 0),
    )


def _from_item(item: Mapping[str, Any]) -> Found:
    texts = {
        name: item.get(name, {}).get("S", "")
        for name in ("arn", "cluster_arn", "zone", "provider", "size")
    }
    return Found(item["pk"]["S"].removeprefix("instance#"), **texts)
