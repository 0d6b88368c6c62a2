"""A rule with a queue behind it, made through the API as a user would."""

import json

RULE_ARN = "arn:aws:events:eu-west-1:123456789012:rule/{}"


def make_queue(account, name, *, allowed_source=None, service="events.amazonaws.com"):
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:eu-west-1:123456789012:{name}"
    if allowed_source:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": allowed_source}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def make_rule(account, name="watch", pattern=None, **target):
    events = account.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern or {"source": ["shop"]}))
    url, arn = make_queue(account, f"{name}-queue", allowed_source=RULE_ARN.format(name))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn} | target])
    return url


def bodies(account, url):
    messages = account.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [json.loads(message["Body"]) for message in messages.get("Messages", [])]


def shop_event(**detail):
    return {"source": "shop", "detail-type": "Order", "detail": detail}
