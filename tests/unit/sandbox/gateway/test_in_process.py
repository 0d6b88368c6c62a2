from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.httpsession import URLLib3Session

from sandbox.clock import VirtualClock
from sandbox.errors import ApiError, UnsupportedOperation
from sandbox.gateway.answers import InvalidResult
from sandbox.gateway.botocore_hook import in_process
from sandbox.gateway.gateway import Gateway
from sandbox.trace import Trace
from tests.unit.sandbox.gateway.stand_ins import FUNCTION_KEY, ROLE, START, FakeSimulator

Client = Callable[..., Any]


def test_a_client_made_before_the_hook_reaches_the_simulator(
    gateway: Gateway, ecs: FakeSimulator, client: Client
) -> None:
    early = client("ecs")
    ecs.answers["ListClusters"] = {"clusterArns": ["arn:a"]}
    with in_process(gateway):
        assert early.list_clusters()["clusterArns"] == ["arn:a"]


def test_a_boto3_client_made_under_the_hook_reaches_the_simulator(
    hook: None, ecs: FakeSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", FUNCTION_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    ecs.answers["ListClusters"] = {"clusterArns": []}
    assert boto3.session.Session(region_name="eu-west-1").client("ecs").list_clusters()
    assert [operation for operation, _, _ in ecs.calls] == ["ListClusters"]


def test_the_hook_leaves_botocore_as_it_was(gateway: Gateway) -> None:
    before = URLLib3Session.send
    with in_process(gateway):
        assert URLLib3Session.send is not before
    assert URLLib3Session.send is before


def test_the_simulator_learns_operation_parameters_and_caller(
    hook: None, ecs: FakeSimulator, client: Client
) -> None:
    client("ecs", region="us-west-2").describe_services(cluster="c", services=["a", "b"])
    operation, params, caller = ecs.calls[0]
    assert operation == "DescribeServices"
    assert params == {"cluster": "c", "services": ["a", "b"]}
    assert (caller.principal, caller.account, caller.region) == (ROLE, "123456789012", "us-west-2")


def test_an_error_keeps_code_message_and_status(
    hook: None, ecs: FakeSimulator, client: Client
) -> None:
    ecs.answers["DescribeServices"] = ApiError("ClusterNotFoundException", "Cluster not found.")
    ecs_client = client("ecs")
    with pytest.raises(ecs_client.exceptions.ClusterNotFoundException) as raised:
        ecs_client.describe_services(services=["a"])
    assert raised.value.response["Error"]["Message"] == "Cluster not found."
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_query_service_keeps_code_and_message(
    hook: None, elbv2: FakeSimulator, client: Client
) -> None:
    elbv2.answers["DescribeTargetHealth"] = ApiError(
        "TargetGroupNotFound", "Target groups '<a>' & 'b' not found", 400
    )
    elb = client("elbv2")
    with pytest.raises(elb.exceptions.TargetGroupNotFoundException) as raised:
        elb.describe_target_health(TargetGroupArn="arn:tg")
    assert raised.value.response["Error"]["Message"] == "Target groups '<a>' & 'b' not found"


def test_datetimes_arrive_with_milliseconds_in_both_protocols(
    hook: None, ecs: FakeSimulator, elbv2: FakeSimulator, client: Client
) -> None:
    moment = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
    seen = moment.replace(microsecond=123000)
    ecs.answers["DescribeServices"] = {"services": [{"createdAt": moment}]}
    elbv2.answers["DescribeLoadBalancers"] = {"LoadBalancers": [{"CreatedTime": seen}]}
    service = client("ecs").describe_services(services=["a"])["services"][0]
    balancer = client("elbv2").describe_load_balancers()["LoadBalancers"][0]
    assert service["createdAt"] == seen
    assert balancer["CreatedTime"] == seen


def test_a_misspelt_member_in_a_result_is_an_error(
    hook: None, ecs: FakeSimulator, client: Client
) -> None:
    ecs.answers["DescribeServices"] = {"services": [{"serviceARN": "arn"}]}
    with pytest.raises(InvalidResult, match=r"services\[0\] has no member 'serviceARN'"):
        client("ecs").describe_services(services=["a"])


def test_moto_answers_what_no_simulator_does(hook: None, client: Client) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"
    topic = client("sns").create_topic(Name="alerts")["TopicArn"]
    assert topic == "arn:aws:sns:eu-west-1:123456789012:alerts"
    put = client("events").put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}])
    assert put["FailedEntryCount"] == 0
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="runs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="runs", Item={"id": {"S": "1"}, "blob": {"B": b"\x00\xff"}})
    item = dynamodb.get_item(TableName="runs", Key={"id": {"S": "1"}})["Item"]
    assert item == {"id": {"S": "1"}, "blob": {"B": b"\x00\xff"}}


def test_rest_services_reach_moto(hook: None, client: Client, trace: Trace) -> None:
    scheduler = client("scheduler")
    scheduler.create_schedule_group(Name="ops")
    assert scheduler.get_schedule_group(Name="ops")["Name"] == "ops"
    s3 = client("s3")
    s3.create_bucket(
        Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.put_object(Bucket="artifacts", Key="a/b.zip", Body=b"zip")
    assert s3.get_object(Bucket="artifacts", Key="a/b.zip")["Body"].read() == b"zip"
    last = trace.select("call", service="s3")[-1]
    assert last["operation"] == "GetObject"
    assert last["parameters"]["Key"] == "a/b.zip"


def test_moto_forgets_everything_when_the_gateway_closes(
    clock: VirtualClock, trace: Trace, client: Client
) -> None:
    for _ in range(2):
        door = Gateway(clock, trace, simulators={})
        with in_process(door):
            assert "QueueUrls" not in client("sqs").list_queues()
            client("sqs").create_queue(QueueName="orders")
        door.close()


def test_a_simulator_with_a_list_of_operations_leaves_the_rest_to_moto(
    gateway: Gateway, hook: None, client: Client
) -> None:
    class Bus(FakeSimulator):
        operations = frozenset({"PutEvents"})

    gateway.simulators["events"] = Bus({"PutEvents": {"FailedEntryCount": 0, "Entries": []}})
    events = client("events")
    entry = {"Source": "a", "DetailType": "b", "Detail": "{}"}
    assert events.put_events(Entries=[entry])["Entries"] == []
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    assert events.list_rules()["Rules"][0]["Name"] == "r"


@pytest.mark.parametrize(
    ("service", "method", "parameters", "named"),
    [
        ("autoscaling", "complete_lifecycle_action", {
            "LifecycleHookName": "h", "AutoScalingGroupName": "g", "LifecycleActionResult": "CONTINUE",
        }, "autoscaling CompleteLifecycleAction"),
        ("codestar-connections", "list_connections", {}, "codestar-connections ListConnections"),
    ],
)  # fmt: skip
def test_a_call_that_nobody_answers_names_itself(
    hook: None, client: Client, service: str, method: str, parameters: dict[str, Any], named: str
) -> None:
    with pytest.raises(UnsupportedOperation, match=named):
        getattr(client(service), method)(**parameters)


def test_a_search_for_instance_credentials_stays_in_the_process(hook: None) -> None:
    from botocore.awsrequest import AWSRequest

    metadata = AWSRequest("GET", "http://169.254.169.254/latest/meta-data/").prepare()
    with pytest.raises(EndpointConnectionError):
        URLLib3Session().send(metadata)


def test_a_long_poll_of_an_empty_queue_ends_at_once_in_virtual_time(
    hook: None, client: Client, clock: VirtualClock
) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})
    assert "Messages" not in sqs.receive_message(QueueUrl=url["QueueUrl"], WaitTimeSeconds=20)
    assert "Messages" not in sqs.receive_message(QueueUrl=url["QueueUrl"])
    assert clock.now() == START


def test_the_trace_has_the_call_of_a_function(
    hook: None, ecs: FakeSimulator, client: Client, trace: Trace
) -> None:
    ecs.answers["DescribeServices"] = ApiError("ClusterNotFoundException", "Cluster not found.")
    with pytest.raises(ClientError):
        client("ecs").describe_services(cluster="c", services=["a"])
    entry = trace.select("call")[0]
    assert {
        name: entry[name] for name in ("function", "service", "operation", "outcome", "error")
    } == {
        "function": "spot-drain",
        "service": "ecs",
        "operation": "DescribeServices",
        "outcome": "error",
        "error": "ClusterNotFoundException",
    }
    assert entry["parameters"] == {"cluster": "c", "services": ["a"]}
    assert entry["started"] == entry["ended"] == START
    assert entry["elapsed_ms"] > 0


def test_the_operator_leaves_no_trace_unless_asked(
    gateway: Gateway, hook: None, client: Client, trace: Trace
) -> None:
    client("ecs", key="AKIAOPERATOR00000000").list_clusters()
    assert len(trace) == 0
    gateway.trace_operator = True
    client("ecs", key="AKIAOPERATOR00000000").list_clusters()
    assert trace.select("call", operation="ListClusters", function=None)


def test_a_moto_error_is_an_error_in_the_trace(hook: None, client: Client, trace: Trace) -> None:
    sqs = client("sqs")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="nope")
    entry = trace.select("call", operation="GetQueueUrl")[0]
    assert entry["outcome"] == "error"
    assert entry["error"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_threads_share_the_door_and_conditional_writes_stay_atomic(
    hook: None, client: Client, trace: Trace
) -> None:
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="claims",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    won = []

    def claim(name: str) -> None:
        for number in range(10):
            try:
                dynamodb.put_item(
                    TableName="claims",
                    Item={"id": {"S": str(number)}, "by": {"S": name}},
                    ConditionExpression="attribute_not_exists(id)",
                )
                won.append(number)
            except dynamodb.exceptions.ConditionalCheckFailedException:
                pass

    threads = [threading.Thread(target=claim, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == list(range(10))
    assert len(trace.select("call", operation="PutItem")) == 40


def test_simulator_calls_do_not_overlap(
    gateway: Gateway, hook: None, ecs: FakeSimulator, client: Client
) -> None:
    inside = threading.Semaphore(1)
    overlaps = []

    def slow(params: dict[str, Any]) -> dict[str, Any]:
        if not inside.acquire(blocking=False):
            overlaps.append(params)
            return {}
        threading.Event().wait(0.005)
        inside.release()
        return {}

    ecs.answers["ListClusters"] = slow
    shared = client("ecs")
    threads = [threading.Thread(target=shared.list_clusters) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []
    assert len(ecs.calls) == 8
