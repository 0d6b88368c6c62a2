"""AWS::SQS::*."""

from __future__ import annotations

from sandbox.stack.api import call, json_text
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates

ATTRIBUTES = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
    "SqsManagedSseEnabled",
    "RedrivePolicy",
    "RedriveAllowPolicy",
)


@creates("AWS::SQS::Queue", "QueueName Tags " + " ".join(ATTRIBUTES))
def queue(resource: Resource) -> Created:
    """Create a standard queue."""
    name = resource.name("QueueName", 80)
    given = resource.only(*ATTRIBUTES)
    # moto does not know RedriveAllowPolicy, which only restricts who may name this queue.
    given.pop("RedriveAllowPolicy", None)
    attributes = {attribute: _text(value) for attribute, value in given.items()}
    answer = call(
        resource,
        "sqs",
        "CreateQueue",
        {
            "QueueName": name,
            "Attributes": attributes,
            "tags": {tag["Key"]: tag["Value"] for tag in resource.tags()},
        },
    )
    url = answer["QueueUrl"]
    arn = resource.arn("sqs", name)
    return Created(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


@creates("AWS::SQS::QueuePolicy", "PolicyDocument Queues")
def queue_policy(resource: Resource) -> Created:
    """Set the policy that decides which services may send."""
    document = json_text(resource.properties["PolicyDocument"])
    for url in resource.properties["Queues"]:
        params = {"QueueUrl": url, "Attributes": {"Policy": document}}
        call(resource, "sqs", "SetQueueAttributes", params)
    return Created(resource.logical_id)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return json_text(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
