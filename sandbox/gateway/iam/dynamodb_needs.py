"""The IAM actions of DynamoDB, with the partition keys that a call is about.

Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB";
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.gateway.iam.needs import Need, Parameters, Scope
from sandbox.gateway.iam.resources import resources_of, table_arn

# The name of a table's partition key by the ARN of the table; None when there is no such table.
PartitionKeyOf = Callable[[str], str | None]

_IN_TRANSACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Put": "PutItem",
    "Delete": "DeleteItem",
    "Update": "UpdateItem",
    "Get": "GetItem",
}
_EQUALITY = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


def dynamodb_needs(
    operation: str, scope: Scope, parameters: Parameters, partition_key_of: PartitionKeyOf
) -> list[Need]:
    """The needs of one call; a batch and a transaction need every table that they name."""
    if parameters.get("TransactItems"):
        return [
            _need(_IN_TRANSACTIONS[kind], scope, request, [request], partition_key_of)
            for item in parameters["TransactItems"]
            for kind, request in item.items()
        ]
    if parameters.get("RequestItems"):
        return [
            _need(operation, scope, {"TableName": name}, _of_batch(requests), partition_key_of)
            for name, requests in parameters["RequestItems"].items()
        ]
    resources = resources_of("dynamodb", operation, scope, parameters)
    if resources and parameters.get("TableName"):
        return [_need(operation, scope, parameters, [parameters], partition_key_of)]
    return [Need(f"dynamodb:{operation}", resource) for resource in resources or ["*"]]


def _need(
    action: str,
    scope: Scope,
    table: Parameters,
    requests: list[Parameters],
    partition_key_of: PartitionKeyOf,
) -> Need:
    name, index = str(table["TableName"]), str(table.get("IndexName") or "")
    resource = table_arn(scope, name, index)
    # An index has a partition key of its own, which nothing here has to know.
    key = None if index else partition_key_of(table_arn(scope, name))
    values = [value for request in requests for value in _values(request, key)] if key else []
    context = {"dynamodb:leadingkeys": values} if values else {}
    return Need(f"dynamodb:{action}", resource, context)


def _of_batch(requests: Any) -> list[Parameters]:
    if isinstance(requests, Mapping):
        return [{"Key": key} for key in requests.get("Keys", [])]
    return [inner for request in requests for inner in request.values()]


def _values(request: Parameters, key: str) -> Iterator[str]:
    item = request.get("Key") or request.get("Item")
    if item:
        yield from map(str, item.get(key, {}).values())
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    for name, value in _EQUALITY.findall(str(request.get("KeyConditionExpression") or "")):
        if names.get(name, name) == key:
            yield from map(str, values.get(value, {}).values())
