"""What the policy of a queue, topic or function allows an AWS service."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.events.resource_policy import ServiceRequest, allows

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:jobs"
RULE = "arn:aws:events:eu-west-1:123456789012:rule/spot"
REQUEST = ServiceRequest("events.amazonaws.com", "sqs:SendMessage", QUEUE, RULE, "123456789012")


def policy(effect: str = "Allow", **changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
    }
    return {"Statement": [statement | changes]}


def on(operator: str, value: Any, key: str = "aws:SourceArn") -> dict[str, Any]:
    return policy(Condition={operator: {key: value}})


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        (policy(), True),
        (None, False),
        (policy("Deny"), False),
        (policy(Principal="*"), True),
        (policy(Principal={"AWS": "*"}), True),
        (policy(Principal={"Service": "sns.amazonaws.com"}), False),
        (policy(Action=["SQS:Send*"]), True),
        (policy(Action="sqs:ReceiveMessage"), False),
        (policy(Resource="*"), True),
        (policy(Resource=QUEUE + "s"), False),
        (on("ArnEquals", RULE), True),
        (on("ArnLike", ["arn:aws:events:*:*:rule/other", "arn:aws:events:*:*:rule/sp*"]), True),
        (on("ArnEquals", RULE + "s"), False),
        (on("ArnNotLike", RULE), False),
        (on("StringEquals", "123456789012", "AWS:SourceAccount"), True),
        (on("StringEquals", "o-1", "aws:SourceOrgID"), False),
        (on("StringEqualsIfExists", "o-1", "aws:SourceOrgID"), True),
        (on("Bool", "true", "aws:SecureTransport"), True),
        (on("Null", "false", "aws:SourceArn"), True),
    ],
)
def test_a_policy_allows_what_it_says(document, allowed):
    assert allows(document, REQUEST) is allowed


def test_a_deny_outweighs_an_allow():
    both = {"Statement": [*policy()["Statement"], *policy("Deny")["Statement"]]}
    assert not allows(both, REQUEST)


def test_an_operator_that_iam_does_not_know_is_named():
    with pytest.raises(SandboxError, match="'ArnIs' is no condition operator"):
        allows(on("ArnIs", RULE), REQUEST)
