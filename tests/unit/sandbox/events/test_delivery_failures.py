import json

from sandbox.events.delivery import DeliveryFailed
from tests.unit.sandbox.events.queue_target import RULE_ARN, make_queue, make_rule, shop_event


def dead_letters(account, url):
    return (
        account.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        .get("Messages", [])
    )


def attributes(message):
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def refuse_entry(account):
    """Take the queue's policy away: EventBridge may not send any more."""
    url = account.client("sqs").get_queue_url(QueueName="watch-queue")["QueueUrl"]
    account.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})


def break_target(account, times):
    """Let the next deliveries to SQS fail as if it were throttled."""
    courier = account._event_services.courier
    send = courier.senders["sqs"]
    left = [times]

    def failing(parcel):
        if left[0] > 0:
            left[0] -= 1
            raise DeliveryFailed("THROTTLING", "Rate exceeded", retriable=True)
        send(parcel)

    courier.senders["sqs"] = failing


def test_a_queue_that_does_not_allow_the_rule_gets_nothing_and_the_loss_is_traced(account):
    url = make_rule(account)
    refuse_entry(account)
    account.put_event(shop_event())
    account.settle()
    assert dead_letters(account, url) == []
    (lost,) = account.trace.select("dead_letter")
    assert lost["lost"] is True
    assert lost["error_code"] == "NO_PERMISSIONS"
    assert lost["target_arn"].endswith("watch-queue")


def test_a_policy_for_another_rule_does_not_help(account):
    make_rule(account)
    make_queue(account, "watch-queue", allowed_source=RULE_ARN.format("another"))
    account.put_event(shop_event())
    account.settle()
    assert account.trace.select("dead_letter")[0]["error_code"] == "NO_PERMISSIONS"


def test_a_refused_event_goes_straight_to_the_dead_letter_queue_with_the_reason(account):
    url, arn = make_queue(account, "dead", allowed_source=RULE_ARN.format("watch"))
    make_rule(account, DeadLetterConfig={"Arn": arn})
    refuse_entry(account)
    sent = account.put_event(shop_event(n=1))
    account.settle()
    (message,) = dead_letters(account, url)
    assert json.loads(message["Body"])["id"] == sent["id"]
    said = attributes(message)
    assert said["RULE_ARN"] == RULE_ARN.format("watch")
    assert said["TARGET_ARN"].endswith(":watch-queue")
    assert said["ERROR_CODE"] == "NO_PERMISSIONS"
    assert said["RETRY_ATTEMPTS"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in said


def test_a_dead_letter_queue_needs_a_policy_too(account):
    url, arn = make_queue(account, "dead")
    make_rule(account, DeadLetterConfig={"Arn": arn})
    refuse_entry(account)
    account.put_event(shop_event())
    account.settle()
    assert dead_letters(account, url) == []
    assert account.trace.select("dead_letter")[0]["lost"] is True


def test_a_deleted_queue_is_not_retried(account):
    url, arn = make_queue(account, "dead", allowed_source=RULE_ARN.format("watch"))
    gone = make_rule(account, DeadLetterConfig={"Arn": arn})
    account.client("sqs").delete_queue(QueueUrl=gone)
    account.put_event(shop_event())
    account.settle()
    assert attributes(dead_letters(account, url)[0])["ERROR_CODE"] == "NO_RESOURCE"


def test_a_throttled_target_is_retried_until_it_works(account):
    url = make_rule(account)
    break_target(account, times=3)
    account.put_event(shop_event(n=1))
    account.settle()
    assert len(dead_letters(account, url)) == 1
    assert account.trace.select("delivered")[0]["attempt"] == 4


def test_the_retry_policy_ends_the_attempts(account):
    url, arn = make_queue(account, "dead", allowed_source=RULE_ARN.format("watch"))
    policy = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}
    make_rule(account, DeadLetterConfig={"Arn": arn}, RetryPolicy=policy)
    break_target(account, times=100)
    account.put_event(shop_event())
    account.settle()
    said = attributes(dead_letters(account, url)[0])
    assert said["RETRY_ATTEMPTS"] == "2"
    assert said["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"


def test_an_event_that_gets_too_old_is_given_up(account):
    url, arn = make_queue(account, "dead", allowed_source=RULE_ARN.format("watch"))
    policy = {"MaximumEventAgeInSeconds": 60}
    make_rule(account, DeadLetterConfig={"Arn": arn}, RetryPolicy=policy)
    break_target(account, times=1000)
    account.put_event(shop_event())
    account.settle()
    said = attributes(dead_letters(account, url)[0])
    assert said["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert account.clock.now() - account.trace.select("event")[0].at <= 61


def test_without_a_retry_policy_eventbridge_tries_for_a_day(account):
    make_rule(account)
    break_target(account, times=10_000)
    account.put_event(shop_event())
    account.settle(limit_s=90_000)
    (lost,) = account.trace.select("dead_letter")
    assert 80_000 < lost.at - account.trace.select("event")[0].at <= 86_401
    assert int(lost["retry_attempts"]) <= 185
