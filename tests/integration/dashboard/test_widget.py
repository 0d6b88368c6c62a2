"""The shipped function as CloudWatch calls it: IAM enforced, over a workload that has something to say."""

import re
from contextlib import closing

import boto3
import pytest
from botocore.exceptions import ClientError

from ecsops.queue_status import STATUS_KEY, QueueStatus, encode_status
from sandbox.clock import WallClock
from sandbox.ecs import App
from sandbox.faults import CallFault
from tests.integration.conftest import web

CONTEXT = {
    "dashboardName": "ecs-ops",
    "widgetId": "widget-1",
    "accountId": "123456789012",
    "theme": "dark",
    "params": {"cluster": "*", "service": "*"},
    "width": 1200,
    "height": 400,
}


def look(operations, **event):
    invocation = operations.account.invoke(
        "DashboardFunction", CONTEXT["params"] | event | {"widgetContext": CONTEXT}
    )
    assert invocation.error is None
    return invocation.result


def said(html):
    """The rows' texts, without tags."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows[1:]]


def test_describe_answers_with_markdown(operate):
    operations = operate()
    answer = operations.account.invoke("DashboardFunction", {"describe": True}).result
    assert answer.startswith("## ")
    assert "``` yaml" in answer
    assert operations.calls() == []


def test_every_service_is_shown_and_no_call_is_denied(operate):
    operations = operate([web(), web("api", capacity="FARGATE")])
    html = look(operations)
    assert [row.partition(" ")[0] for row in said(html)] == ["api", "web"]
    calls = operations.calls()
    assert {call["outcome"] for call in calls} == {"ok"}
    assert sorted({call["operation"] for call in calls}) == [
        *("BatchGetItem", "DescribeServices", "GetItem", "GetMetricData"),
        *("ListClusters", "ListServices", "Query"),
    ]


@pytest.mark.parametrize("table", ["QueueScalingTable", "BatchJobsTable"])
def test_the_widget_may_read_no_other_row_of_the_state(operate, table):
    operations = operate()
    stack = operations.stack
    key = stack.function("DashboardFunction").credentials
    session = boto3.Session(key.access_key, key.secret_key, region_name="eu-west-1")
    name = stack.ref(table)
    database = session.client("dynamodb")

    def read(row):
        key = {"S": row}
        if table == "QueueScalingTable":
            return database.get_item(TableName=name, Key={"pk": key})
        asked = {"KeyConditionExpression": "pk = :row", "ExpressionAttributeValues": {":row": key}}
        return database.query(TableName=name, **asked)

    read("status")
    with pytest.raises(ClientError, match="AccessDenied"):
        read("state")


def test_the_widget_may_read_verdicts_and_nothing_else_of_the_guard(operate):
    operations = operate()
    key = operations.stack.function("DashboardFunction").credentials
    session = boto3.Session(key.access_key, key.secret_key, region_name="eu-west-1")
    name = operations.stack.ref("DeployGuardTable")

    def read(row):
        keys = [{"pk": {"S": row}}]
        session.client("dynamodb").batch_get_item(RequestItems={name: {"Keys": keys}})

    read("ledger#arn:aws:ecs:eu-west-1:123456789012:service/prod/web")
    for other in ("acts#a", "audit#a", "freeze#all"):
        with pytest.raises(ClientError, match="AccessDenied"):
            read(other)


def test_the_guards_verdict_stands_beside_the_service(operate):
    operations = operate([web("a"), web("b", tags={"ecs-ops:rollback": "auto"})])
    before = operations.account.client("ecs").describe_task_definition(taskDefinition="b")
    family = before["taskDefinition"]
    fields = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
    given = {name: family[name] for name in fields if name in family}
    container = family["containerDefinitions"][0] | {"image": "app:2"}
    ecs = operations.account.client("ecs")
    ecs.register_task_definition(containerDefinitions=[container], **given)
    operations.account.ecs.behave("b:2", App.crash(after_s=1))
    ecs.update_service(cluster="prod", service="b", taskDefinition="b")
    operations.account.run_for(240)
    rows = {row.partition(" ")[0]: row for row in said(look(operations))}
    assert "b:2 rolled back" in rows["b"]
    assert "ago" in rows["b"]


def test_an_interruption_shows_in_the_spot_column(operate):
    operations = operate([web(count=3)], native="broken")
    operations.account.ecs.interrupt(operations.tasks("web")[:2])
    operations.account.run_for(300)
    (row,) = said(look(operations))
    assert row.endswith("2 by toolkit")


SCALED = {"ecs-ops:queue": "orders", "ecs-ops:latency-slo": "60s", "ecs-ops:processing-time": "2s"}


def test_what_queue_scaling_measured_stands_against_the_slo(operate):
    operations = operate(
        [web("web"), web("worker", tags=SCALED)], parameters={"QueueScalingMode": "on"}
    )
    sqs = operations.account.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for _ in range(300):
        sqs.send_message(QueueUrl=url, MessageBody="order")
    operations.account.run_for(150)
    operations.account.trace.clear()
    html = look(operations)
    worker, other = said(html)
    assert worker.startswith("worker prod ▲ messages wait longer than the SLO")
    assert "5 min of 60 s , needs" in worker
    assert other.startswith("web prod ● steady")
    (read,) = operations.calls("GetItem")
    assert read["parameters"]["Key"] == {"pk": {"S": STATUS_KEY}}
    assert read["outcome"] == "ok"


def test_figures_of_queue_scaling_that_stopped_looking_are_not_shown(operate):
    operations = operate([web("worker")])
    arn = operations.account.client("ecs").list_services(cluster="prod")["serviceArns"][0]
    operations.account.client("dynamodb").put_item(
        TableName=operations.stack.ref("QueueScalingTable"),
        Item={
            "pk": {"S": STATUS_KEY},
            "services": {"B": encode_status({arn: QueueStatus(90.0, 60.0, 5)})},
            "at": {"N": str(int(operations.account.clock.now()) - 3_600)},
        },
    )
    html = look(operations)
    assert "Queue scaling last looked 60 min ago" in html
    assert "Queue latency" not in html


def test_a_deployment_that_cannot_start_comes_first(operate):
    operations = operate([web("a"), web("b")])
    operations.account.ecs.behave("b", App(start_failure="CannotPullContainerError: no such image"))
    ecs = operations.account.client("ecs")
    ecs.update_service(cluster="prod", service="b", forceNewDeployment=True)
    operations.account.run_for(240)
    first, second = said(look(operations))
    assert first.startswith("b prod ▲ b:1 failed: the image could not be pulled")
    assert "in progress, 0/2 new tasks" in first
    assert second.startswith("a prod ● steady")
    only = look(operations, only="trouble")
    assert len(said(only)) == 1


def test_a_filter_describes_only_what_it_selects(operate):
    operations = operate([web("web"), web("api")])
    assert len(said(look(operations, cluster="prod", service="a*"))) == 1
    assert operations.calls("ListClusters") == []


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ecs", "ListClusters", "AccessDeniedException"),
        ("ecs", "ListServices", "AccessDeniedException"),
        ("ecs", "DescribeServices", "AccessDeniedException"),
        ("cloudwatch", "GetMetricData", "AccessDenied"),
        ("dynamodb", "GetItem", "AccessDeniedException"),
    ],
)
def test_a_refused_read_is_a_note_on_the_widget(operate, service, operation, code):
    fault = CallFault("error", service, operation, code=code, status=403)
    html = look(operate([web()], faults=[fault]))
    assert f"({operation}: {code})" in html
    assert "eo-note" in html


def test_throttling_is_ridden_out(operate):
    fault = CallFault("throttle", "ecs", "DescribeServices", nth=1)
    html = look(operate([web()], faults=[fault]))
    assert "eo-note" not in html.partition("</style>")[2]
    assert len(said(html)) == 1


def test_it_answers_in_real_time_too(operate):
    with closing(WallClock()) as clock:
        operations = operate(clock=clock, world=False)
        assert "There is no ECS service" in look(operations)
