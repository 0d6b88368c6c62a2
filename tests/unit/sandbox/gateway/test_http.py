from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sandbox.errors import ApiError
from sandbox.faults import CallFault, FaultPlan
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.http_server import GatewayServer
from sandbox.trace import Trace
from tests.unit.sandbox.gateway.stand_ins import FUNCTION_KEY, FakeSimulator

Client = Callable[..., Any]


@pytest.fixture
def server(gateway: Gateway) -> Iterator[GatewayServer]:
    with GatewayServer(gateway) as running:
        yield running


@pytest.fixture
def remote(server: GatewayServer, client: Client) -> Iterator[Client]:
    made = []

    def make(service: str, **options: Any) -> Any:
        made.append(client(service, endpoint_url=server.url, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_simulators_answer_over_http(
    remote: Client, ecs: FakeSimulator, elbv2: FakeSimulator
) -> None:
    ecs.answers["ListClusters"] = {"clusterArns": ["arn:a"]}
    elbv2.answers["DescribeTargetGroups"] = {"TargetGroups": [{"TargetGroupName": "web"}]}
    assert remote("ecs").list_clusters()["clusterArns"] == ["arn:a"]
    groups = remote("elbv2").describe_target_groups()["TargetGroups"]
    assert groups == [{"TargetGroupName": "web"}]


def test_errors_keep_code_and_message_over_http(remote: Client, ecs: FakeSimulator) -> None:
    ecs.answers["DescribeServices"] = ApiError("ClusterNotFoundException", "Cluster not found.")
    client = remote("ecs")
    with pytest.raises(client.exceptions.ClusterNotFoundException, match="Cluster not found"):
        client.describe_services(services=["a"])


def test_moto_answers_over_http_on_the_host_of_the_service(remote: Client) -> None:
    sqs = remote("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"
    topic = remote("sns").create_topic(Name="alerts")["TopicArn"]
    remote("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:orders"
    )
    remote("sns").publish(TopicArn=topic, Message="fire")
    assert "fire" in sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
    remote("events").put_rule(Name="r", EventPattern='{"source": ["a"]}')
    assert remote("events").list_rules()["Rules"][0]["Name"] == "r"
    remote("scheduler").create_schedule_group(Name="ops")
    assert remote("scheduler").get_schedule_group(Name="ops")["Name"] == "ops"
    s3 = remote("s3")
    s3.create_bucket(
        Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.put_object(Bucket="artifacts", Key="a b.zip", Body=b"\x00zip")
    assert s3.get_object(Bucket="artifacts", Key="a b.zip")["Body"].read() == b"\x00zip"


def test_the_region_comes_from_the_signature(remote: Client, ecs: FakeSimulator) -> None:
    remote("ecs", region="ap-south-1").list_clusters()
    remote("sqs", region="ap-south-1").create_queue(QueueName="there")
    assert ecs.calls[0][2].region == "ap-south-1"
    assert "QueueUrls" not in remote("sqs").list_queues()


def test_what_nobody_answers_is_not_implemented(remote: Client) -> None:
    with pytest.raises(ClientError, match="neither a simulator nor moto") as raised:
        remote("codestar-connections").list_connections()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_lost_answer_is_the_clients_own_read_timeout(
    remote: Client, faults: FaultPlan, ecs: FakeSimulator
) -> None:
    faults.add(CallFault("timeout-after", operation="ListClusters"))
    with pytest.raises(ReadTimeoutError):
        remote("ecs", config={"read_timeout": 0.2}).list_clusters()
    assert len(ecs.calls) == 1


def test_a_failed_connection_has_no_effect(
    remote: Client, faults: FaultPlan, ecs: FakeSimulator
) -> None:
    faults.add(CallFault("timeout-before"))
    with pytest.raises(ConnectionClosedError):
        remote("ecs").list_clusters()
    assert ecs.calls == []


def test_threads_share_the_server(remote: Client, ecs: FakeSimulator, trace: Trace) -> None:
    client = remote("ecs")
    threads = [threading.Thread(target=client.list_clusters) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ecs.calls) == len(trace.select("call", outcome="ok")) == 10


def test_another_process_needs_only_the_endpoint_url(
    server: GatewayServer, ecs: FakeSimulator
) -> None:
    ecs.answers["ListClusters"] = {"clusterArns": ["arn:from-afar"]}
    program = "import boto3; print(boto3.client('ecs').list_clusters()['clusterArns'])"
    environment = os.environ | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": FUNCTION_KEY,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['arn:from-afar']"
