import json
import time

import pytest

from sandbox.account import Account, NotSettled
from tests.unit.sandbox.lambda_host.queue_worker import (
    ECHO,
    PARTIAL,
    batches,
    dead_bodies,
    send,
    write_stack,
)

FAIL_ODD = """
import json

def handler(event, context):
    odd = [r["messageId"] for r in event["Records"] if json.loads(r["body"]) % 2]
    got = [json.loads(r["body"]) for r in event["Records"]]
    return {"got": got, "batchItemFailures": [{"itemIdentifier": i} for i in odd]}
"""


def test_a_message_is_processed_and_deleted(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, ECHO))
    send(account, stack, "a")
    account.settle()
    assert batches(account) == [["a"]]
    assert account.queues.held(stack.attribute("Jobs", "Arn")) == 0


def test_ten_messages_make_a_batch_and_the_rest_another(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, ECHO))
    send(account, stack, *range(13))
    account.settle()
    assert [len(batch) for batch in batches(account)] == [10, 3]


def test_the_record_has_the_shape_that_lambda_delivers(account, tmp_path):
    stack = account.deploy(
        write_stack(
            tmp_path, "def handler(event, context):\n    return event['Records'][0]\n", mapping=""
        )
    )
    sent = account.client("sqs").send_message(
        QueueUrl=stack.queue_url("Jobs"),
        MessageBody="hello",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "test"}},
    )
    account.settle()
    record = account.trace.select("invocation")[0]["result"]
    assert record.pop("receiptHandle")
    assert record.pop("md5OfMessageAttributes") == sent["MD5OfMessageAttributes"]
    attributes = record.pop("attributes")
    assert record == {
        "messageId": sent["MessageId"],
        "body": "hello",
        "messageAttributes": {
            "kind": {
                "stringValue": "test",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
        },
        "md5OfBody": sent["MD5OfMessageBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": stack.attribute("Jobs", "Arn"),
        "awsRegion": "eu-west-1",
    }
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["SentTimestamp"] == "1767603600000"
    assert attributes["ApproximateFirstReceiveTimestamp"] == "1767603600000"


def test_a_delayed_message_arrives_when_its_delay_is_over(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, ECHO))
    send(account, stack, "later", delay=25)
    account.run_for(24.9)
    assert batches(account) == []
    account.run_for(0.2)
    assert batches(account) == [["later"]]


def test_only_the_failed_messages_of_a_batch_come_back_after_the_visibility_timeout(
    account, tmp_path
):
    stack = account.deploy(write_stack(tmp_path, FAIL_ODD))
    send(account, stack, 1, 2, 4)
    account.run_for(29)
    assert batches(account) == [[1, 2, 4]]
    account.run_for(2)
    assert batches(account) == [[1, 2, 4], [1]]


def test_a_poison_message_ends_in_the_dead_letter_queue_after_max_receive_count(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, FAIL_ODD))
    send(account, stack, 1)
    account.settle()
    assert batches(account) == [[1], [1], [1]]
    assert dead_bodies(account, stack) == [1]
    (dead,) = account.trace.select("dead_letter")
    assert (dead["cause"], dead["queue"]) == ("redrive", stack.attribute("Dead", "Arn"))


def test_an_exception_fails_the_whole_batch(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, "def handler(event, context):\n    1 / 0\n"))
    send(account, stack, 1, 2)
    account.settle()
    errors = [entry["error"]["errorType"] for entry in account.trace.select("invocation")]
    assert errors == ["ZeroDivisionError"] * 3
    assert sorted(dead_bodies(account, stack)) == [1, 2]


def test_without_partial_failures_the_response_does_not_matter(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, FAIL_ODD, mapping=""))
    send(account, stack, 1, 2)
    account.settle()
    assert batches(account) == [[1, 2]]
    assert dead_bodies(account, stack) == []


def test_a_function_may_take_further_messages_from_its_own_queue(account, tmp_path):
    code = """
    import json, os
    import boto3

    sqs = boto3.client("sqs")

    def handler(event, context):
        got = [json.loads(record["body"]) for record in event["Records"]]
        while True:
            more = sqs.receive_message(QueueUrl=os.environ["QUEUE_URL"], MaxNumberOfMessages=10)
            messages = more.get("Messages", [])
            if not messages:
                return {"got": got}
            got += [json.loads(message["Body"]) for message in messages]
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
            sqs.delete_message_batch(QueueUrl=os.environ["QUEUE_URL"], Entries=entries)
    """
    stack = account.deploy(write_stack(tmp_path, code))
    send(account, stack, *range(57))
    account.settle()
    assert [len(batch) for batch in batches(account)] == [57]
    assert sorted(batches(account)[0]) == list(range(57))


def test_a_batching_window_on_a_quiet_queue_waits_twenty_seconds(account, tmp_path):
    mapping = "{BatchSize: 100, MaximumBatchingWindowInSeconds: 2}"
    stack = account.deploy(
        write_stack(tmp_path, ECHO, mapping=mapping.strip("{}").replace(", ", "\n            "))
    )
    send(account, stack, "a")
    account.run_for(19)
    assert batches(account) == []
    send(account, stack, "b")
    account.run_for(1.1)
    assert batches(account) == [["a", "b"]]


def test_a_full_batch_does_not_wait_for_its_window(account, tmp_path):
    mapping = "BatchSize: 20\n            MaximumBatchingWindowInSeconds: 60"
    stack = account.deploy(write_stack(tmp_path, ECHO, mapping=mapping))
    send(account, stack, *range(20))
    account.run_for(0)
    assert [len(batch) for batch in batches(account)] == [20]


def test_a_batch_stays_below_six_megabytes(account, tmp_path):
    mapping = "BatchSize: 10"
    code = "def handler(event, context):\n    return {'got': len(event['Records'])}\n"
    stack = account.deploy(write_stack(tmp_path, code, mapping=mapping))
    send(account, stack, *["x" * 1_000_000] * 10)
    account.settle()
    counts = batches(account)
    assert sum(counts) == 10
    assert max(counts) <= 6


def test_a_filter_deletes_what_the_function_does_not_want(account, tmp_path):
    pattern = json.dumps({"body": {"kind": ["job"]}})
    mapping = f"FilterCriteria: {{Filters: [{{Pattern: '{pattern}'}}]}}"
    stack = account.deploy(write_stack(tmp_path, ECHO, mapping=mapping))
    send(account, stack, {"kind": "job"}, {"kind": "noise"}, "text")
    account.settle()
    assert batches(account) == [[{"kind": "job"}]]
    assert account.queues.held(stack.attribute("Jobs", "Arn")) == 0


def test_batches_run_side_by_side_up_to_the_maximum_concurrency(tmp_path):
    code = """
    import os
    import boto3

    sqs = boto3.client("sqs")

    def handler(event, context):
        sqs.receive_message(QueueUrl=os.environ["QUEUE_URL"] , VisibilityTimeout=0)
    """
    mapping = "BatchSize: 1\n            ScalingConfig: {MaximumConcurrency: 2}"
    with Account(latency_s=1.0) as account:
        stack = account.deploy(write_stack(tmp_path, code, mapping=mapping))
        send(account, stack, *range(6))
        account.settle()
        begun = sorted(
            entry["started"] - account.trace.select("invocation")[0]["started"]
            for entry in account.trace.select("invocation")
        )
        assert begun == [0, 0, 1, 1, 2, 2]


def test_settle_says_what_is_still_on_its_way(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, FAIL_ODD))
    send(account, stack, 1)
    with pytest.raises(NotSettled, match="Jobs"):
        account.settle(limit_s=10)


def test_reserved_concurrency_zero_switches_the_function_off(account, tmp_path):
    path = write_stack(tmp_path, ECHO, mapping=PARTIAL, function="ReservedConcurrentExecutions: 0")
    stack = account.deploy(path)
    send(account, stack, 1)
    account.settle()
    assert all(entry["throttled"] for entry in account.trace.select("invocation"))
    assert dead_bodies(account, stack) == [1]


def test_a_storm_of_a_thousand_messages_takes_seconds_not_minutes(account, tmp_path):
    stack = account.deploy(write_stack(tmp_path, ECHO))
    began = time.process_time()
    for number in range(1000):
        account.queues.send(stack.attribute("Jobs", "Arn"), str(number))
    account.settle()
    assert sum(len(batch) for batch in batches(account)) == 1000
    assert time.process_time() - began < 10
