"""What the gateway and the worker send is what AWS's own models accept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.stub import ANY, Stubber

from ecsops import alerts
from ecsops.queue import Backlog, Message, send_later
from spot_drain.aws import Aws, ServiceKey
from spot_drain.stuck_alerts import stuck_alert
from spot_drain.targets import Membership, Target
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import (
    CLUSTER,
    NOW,
    PORT,
    QUEUE,
    address,
    group,
    service,
    service_arn,
    task_arn,
)

PLACE = Membership(group(), Target(address(1), PORT), task_arn(1))
TARGETS = {"TargetGroupArn": group(), "Targets": [{"Id": address(1), "Port": PORT}]}


@pytest.fixture
def stub(aws_environment) -> Iterator[Any]:
    """``stub("ecs", operation, params, answer)``: the client, which expects exactly that call."""
    session = botocore.session.get_session()
    stubbers = []

    def make(name: str, operation: str, params: dict, answer: dict) -> Any:
        client = session.create_client(name)
        stubber = Stubber(client)
        stubber.add_response(operation, answer, params)
        stubber.activate()
        stubbers.append(stubber)
        return client

    yield make
    for stubber in stubbers:
        stubber.assert_no_pending_responses()


def test_tasks_are_described(stub):
    params = {"cluster": CLUSTER, "tasks": [task_arn(1)]}
    answer = {"tasks": [{"taskArn": task_arn(1), "lastStatus": "RUNNING"}], "failures": []}
    aws = Aws(stub("ecs", "describe_tasks", params, answer), None, "on", lambda: NOW)
    assert aws.tasks({CLUSTER: [task_arn(1)]})[task_arn(1)]["lastStatus"] == "RUNNING"


def test_services_are_described_with_their_tags(stub):
    params = {"cluster": CLUSTER, "services": ["web"], "include": ["TAGS"]}
    described = {
        "serviceArn": service_arn(),
        "serviceName": "web",
        "clusterArn": CLUSTER,
        "tags": [{"key": "ecs-ops:spot-drain", "value": "dry-run"}],
        "loadBalancers": [
            {
                "targetGroupArn": group(),
                "containerPort": PORT,
                "advancedConfiguration": {"alternateTargetGroupArn": group("green")},
            }
        ],
        "currentServiceRevisions": [{"arn": "r1"}, {"arn": "r2"}],
    }
    client = stub("ecs", "describe_services", params, {"services": [described]})
    key = ServiceKey(CLUSTER, "web", "ecs-svc/1")
    one = Aws(client, None, "on", lambda: NOW).services([key], now=NOW)[key]
    assert (one.mode, one.revisions) == ("dry-run", ("r1", "r2"))
    assert {r.group_arn for r in one.registrations} == {group(), group("green")}


def test_revisions_are_described(stub):
    revision = {
        "serviceRevisionArn": "r1",
        "loadBalancers": [{"targetGroupArn": group("next"), "containerPort": PORT}],
    }
    answer = {"serviceRevisions": [revision], "failures": []}
    params = {"serviceRevisionArns": ["r1", "r2"]}
    client = stub("ecs", "describe_service_revisions", params, answer)
    grown = Aws(client, None, "on", lambda: NOW).rolling_out([service(revisions=("r1", "r2"))])
    assert len(grown[service_arn()].registrations) == 2


def test_target_health_is_described(stub):
    health = {
        "Target": {"Id": address(1), "Port": PORT},
        "TargetHealth": {"State": "unused", "Reason": "Target.NotRegistered"},
    }
    client = stub(
        "elbv2", "describe_target_health", TARGETS, {"TargetHealthDescriptions": [health]}
    )
    assert Aws(None, client, "on", lambda: NOW).look([PLACE]) == {PLACE: Seen.ABSENT}


def test_targets_are_deregistered_with_their_port(stub):
    client = stub("elbv2", "deregister_targets", TARGETS, {})
    client.describe_target_health = lambda **_: {"TargetHealthDescriptions": []}
    assert Aws(None, client, "on", lambda: NOW).look_and_deregister([PLACE]) == (
        {PLACE: Seen.ABSENT},
        {},
    )


def test_messages_are_sent_taken_and_deleted(stub):
    entry = {"Id": "0", "MessageBody": "{}", "DelaySeconds": 8}
    sent = {"Successful": [], "Failed": []}
    params = {"QueueUrl": QUEUE, "Entries": [entry]}
    send_later(stub("sqs", "send_message_batch", params, sent), QUEUE, ["{}"], 8)
    deleted = {"QueueUrl": QUEUE, "Entries": [{"Id": "0", "ReceiptHandle": "r"}]}
    client = stub("sqs", "delete_message_batch", deleted, sent)
    Backlog(client, QUEUE).delete([Message("m", "{}", 1, "r")])


def test_an_alert_is_put_on_the_bus(stub):
    alert = stuck_alert(service_arn(), 1, {group(): (f"{address(1)}:{PORT}",)}, now=30)
    entry = {
        "Source": "ecs-ops",
        "DetailType": "ECS Ops Alert",
        "Detail": ANY,
        "Resources": [service_arn(), group()],
    }
    answer = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
    alerts.publish(stub("events", "put_events", {"Entries": [entry]}, answer), [alert])
