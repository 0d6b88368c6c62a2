"""AWS::SNS::*."""

from __future__ import annotations

from sandbox.stack.api import call, json_text
from sandbox.stack.intrinsics import Created
from sandbox.stack.resource import Resource, creates

# A subscription that would leave the sandbox, or run code that it does not run, is refused.
PROTOCOLS = frozenset({"sqs", "email", "email-json", "sms"})


@creates("AWS::SNS::Topic", "TopicName DisplayName KmsMasterKeyId Subscription Tags TracingConfig")
def topic(resource: Resource) -> Created:
    """Create a topic and its inline subscriptions."""
    name = resource.name("TopicName", 256)
    attributes = {
        key: str(value) for key, value in resource.only("DisplayName", "KmsMasterKeyId").items()
    }
    params = {"Name": name, "Attributes": attributes, "Tags": resource.tags()}
    arn = call(resource, "sns", "CreateTopic", params)["TopicArn"]
    for subscription in resource.properties.get("Subscription", []):
        _subscribe(resource, arn, subscription)
    return Created(arn, {"TopicArn": arn, "TopicName": name})


@creates(
    "AWS::SNS::Subscription",
    "TopicArn Protocol Endpoint FilterPolicy RawMessageDelivery RedrivePolicy FilterPolicyScope",
)
def subscription(resource: Resource) -> Created:
    """Subscribe an endpoint to a topic."""
    arn = _subscribe(resource, resource.properties["TopicArn"], resource.properties)
    return Created(arn, {"Arn": arn})


@creates("AWS::SNS::TopicPolicy", "PolicyDocument Topics")
def topic_policy(resource: Resource) -> Created:
    """Set the policy that decides who may publish."""
    document = json_text(resource.properties["PolicyDocument"])
    for arn in resource.properties["Topics"]:
        params = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": document}
        call(resource, "sns", "SetTopicAttributes", params)
    return Created(resource.logical_id)


def _subscribe(resource: Resource, topic_arn: str, subscription: dict[str, object]) -> str:
    protocol = str(subscription["Protocol"])
    if protocol not in PROTOCOLS:
        raise resource.unsupported(f"Protocol {protocol}")
    names = ("FilterPolicy", "RawMessageDelivery", "RedrivePolicy", "FilterPolicyScope")
    attributes = {
        name: json_text(subscription[name])
        if isinstance(subscription[name], dict)
        else str(subscription[name]).lower()
        for name in names
        if name in subscription
    }
    params = {
        "TopicArn": topic_arn,
        "Protocol": protocol,
        "Endpoint": subscription["Endpoint"],
        "Attributes": attributes,
        "ReturnSubscriptionArn": True,
    }
    return str(call(resource, "sns", "Subscribe", params)["SubscriptionArn"])
