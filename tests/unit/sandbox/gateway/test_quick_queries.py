"""What a query answers does not depend on which partitions moto was shown."""

from contextlib import nullcontext
from unittest.mock import patch

import pytest

from sandbox.account import Account

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
QUERIES = {
    "a partition": {":pk": "b"},
    "one that is not there": {":pk": "z"},
    "a range": {":pk": "a", ":from": "02", ":to": "05"},
}


def answers():
    """Pages of two, in both directions, and a scan of everything after it."""
    found = []
    with Account(seed=1) as account:
        dynamodb = account.client("dynamodb")
        dynamodb.create_table(
            TableName="t",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in ("pk", "sk")],
            KeySchema=KEYS,
            BillingMode="PAY_PER_REQUEST",
        )
        for number in range(8):
            for pk in "cab":
                item = {"pk": {"S": pk}, "sk": {"S": f"{number:02}"}}
                dynamodb.put_item(TableName="t", Item=item)
        for values in QUERIES.values():
            more = " AND sk BETWEEN :from AND :to" if ":from" in values else ""
            for forward in (True, False):
                pages = dynamodb.get_paginator("query").paginate(
                    TableName="t",
                    KeyConditionExpression="pk = :pk" + more,
                    ExpressionAttributeValues={name: {"S": each} for name, each in values.items()},
                    ScanIndexForward=forward,
                    PaginationConfig={"PageSize": 2},
                )
                found.append([(page["Items"], page["Count"]) for page in pages])
        found.append(dynamodb.scan(TableName="t")["Items"])
    return found


@pytest.fixture(scope="module")
def quick():
    return answers()


def test_the_answers_are_the_same(quick):
    with patch("sandbox.gateway.quick_queries.quick_queries", nullcontext):
        plain = answers()
    assert quick == plain
    assert len(quick[-1]) == 24


def test_pages_come_in_order_and_backwards(quick):
    pages, backwards = quick[0], quick[1]
    items = [item["sk"]["S"] for page, _ in pages for item in page]
    assert items == [f"{number:02}" for number in range(8)]
    assert [item["sk"]["S"] for page, _ in backwards for item in page] == items[::-1]
    assert all(len(page) <= 2 for page, _ in pages)
