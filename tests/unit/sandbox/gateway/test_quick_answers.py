"""moto's answers are the same, byte for byte, however they are written."""

import json
from contextlib import nullcontext
from unittest.mock import patch

import pytest

from sandbox.account import Account

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
ITEM = {
    "pk": {"S": "a"},
    "sk": {"S": "1"},
    "number": {"N": "7"},
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "x"}, {"M": {"S": {"N": "1"}, "deep": {"SS": ["p", "q"]}}}]},
    "empty": {"M": {}},
    "bytes": {"B": b"\x00\x01"},
}


def story(account):
    """Calls over several protocols; what was answered."""
    dynamodb, sqs, ssm = (account.client(name) for name in ("dynamodb", "sqs", "ssm"))
    dynamodb.create_table(
        TableName="t",
        AttributeDefinitions=[
            {"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in KEYS
        ],
        KeySchema=KEYS,
        BillingMode="PAY_PER_REQUEST",
    )
    yield dynamodb.put_item(TableName="t", Item=ITEM)
    yield dynamodb.query(
        TableName="t",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "a"}},
    )
    yield dynamodb.get_item(TableName="t", Key={"pk": {"S": "a"}, "sk": {"S": "none"}})
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    yield sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    yield ssm.put_parameter(Name="p", Value="v", Type="String")
    yield ssm.get_parameter(Name="p")
    yield account.client("sns").create_topic(Name="t")
    yield account.client("cloudwatch").describe_alarms()
    yield account.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")


def answers():
    with Account(seed=1) as account:
        return json.dumps(list(story(account)), default=repr, sort_keys=True)


def without_ids(told):
    documents = json.loads(told)
    for document in documents:
        document.pop("ResponseMetadata", None)
    return documents


@pytest.fixture
def no_chance(monkeypatch):
    """Ids that moto draws by chance are the same in both runs."""
    import random

    from moto.moto_api._internal import mock_random

    def draw():
        random.seed(5)
        mock_random.seed(5)

    return draw


def test_the_answers_are_the_same(no_chance):
    no_chance()
    quick = without_ids(answers())
    with patch("sandbox.gateway.quick_answers.quick_answers", nullcontext):
        no_chance()
        plain = without_ids(answers())
    assert quick == plain
    assert quick[1]["Items"][0]["list"]["L"][1]["M"]["S"] == {"N": "1"}
