# ruff: noqa: N803  the calls have the names of the API
"""DynamoDB for batch_jobs/ledger.py: conditions are read as they are written, what is not read is refused."""

import re

from botocore.exceptions import ClientError

TABLE = "jobs"
_PARTITION = "pk = :pk"
_RANGE = "pk = :pk AND sk BETWEEN :from AND :to"


class Dynamodb:
    """The items of an account."""

    def __init__(self, account):
        self.account = account

    def batch_get_item(self, RequestItems):
        keys = [_key(one) for one in RequestItems[TABLE]["Keys"]]
        assert len(keys) == len(set(keys)) <= 100

        def act():
            found = [dict(self.account.items[k]) for k in keys if k in self.account.items]
            return {"Responses": {TABLE: found}}

        return self.account.call("BatchGetItem", act)

    def batch_write_item(self, RequestItems):
        requests = RequestItems[TABLE]
        assert 0 < len(requests) <= 25
        keys = [
            _key(one["PutRequest"]["Item"] if "PutRequest" in one else one["DeleteRequest"]["Key"])
            for one in requests
        ]
        assert len(keys) == len(set(keys)), "Provided list of item keys contains duplicates"

        def act():
            for key, request in zip(keys, requests, strict=True):
                if "PutRequest" in request:
                    self.account.items[key] = request["PutRequest"]["Item"]
                else:
                    self.account.items.pop(key, None)
            return {}

        return self.account.call("BatchWriteItem", act)

    def put_item(
        self,
        TableName,
        Item,
        ConditionExpression,
        ReturnValuesOnConditionCheckFailure,
        ExpressionAttributeValues=None,
    ):
        assert TableName == TABLE
        assert ReturnValuesOnConditionCheckFailure == "ALL_OLD"

        def act():
            there = self.account.items.get(_key(Item))
            if not holds(ConditionExpression, ExpressionAttributeValues or {}, there or {}):
                error = {"Error": {"Code": "ConditionalCheckFailedException"}}
                raise ClientError(error | ({"Item": there} if there else {}), "PutItem")
            self.account.items[_key(Item)] = Item
            return {}

        return self.account.call("PutItem", act)

    def query(
        self,
        TableName,
        KeyConditionExpression,
        ExpressionAttributeValues,
        ConsistentRead,
        ScanIndexForward,
        ProjectionExpression=None,
    ):
        assert TableName == TABLE
        assert ConsistentRead, "a run would be judged by rows that are not its newest"
        wanted = {_PARTITION: {":pk"}, _RANGE: {":pk", ":from", ":to"}}
        assert ExpressionAttributeValues.keys() == wanted.get(KeyConditionExpression)
        assert ProjectionExpression in (None, "sk")
        values = {name: value["S"] for name, value in ExpressionAttributeValues.items()}
        low, high = values.get(":from", ""), values.get(":to", "\uffff")
        self.account.queries += 1

        def act():
            keys = [k for k in self.account.items if k[0] == values[":pk"] and low <= k[1] <= high]
            keys.sort(reverse=not ScanIndexForward)
            return {"Items": [dict(self.account.items[key]) for key in keys]}

        return self.account.call("Query", act)


def holds(expression, values, there):
    """Whether a condition holds for an item: the two forms that the ledger writes, and no other."""
    absent = re.fullmatch(r"attribute_not_exists\((\w+)\)", expression)
    equal = re.fullmatch(r"(\w+) = (:\w+)", expression)
    used = {equal[2]} if equal else set()
    if not (absent or equal) or values.keys() != used:
        message = f"Invalid ConditionExpression: {expression} with {sorted(values)}"
        raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "PutItem")
    if absent:
        return absent[1] not in there
    return there.get(equal[1]) == values[equal[2]]


def _key(item):
    return item["pk"]["S"], item["sk"]["S"]
