"""The dashboard shows what exists, and all that matters."""

import ast
import json
import re
from pathlib import Path

import pytest

from sandbox.account import Account
from tests.template.shipped import ALARMS, FUNCTIONS, POLLED, QUEUES, TEMPLATE, target

# What AWS documents: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
DOCUMENTED = {
    "AWS/Lambda": {"Invocations", "Duration", "Errors", "Throttles"},
    "AWS/SQS": {
        *("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"),
        *("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfEmptyReceives"),
    },
    "AWS/DynamoDB": {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"},
}
DIMENSION = {"AWS/Lambda": "FunctionName", "AWS/SQS": "QueueName", "AWS/DynamoDB": "TableName"}
TYPES = {"alarm", "custom", "metric", "text"}
FUNCTIONS_FOLDER = Path(TEMPLATE).parent / "functions"


@pytest.fixture(scope="module")
def account():
    with Account() as account:
        account.deploy(TEMPLATE)
        yield account


@pytest.fixture(scope="module")
def stack(account):
    return account.stacks["ecs-ops"]


@pytest.fixture(scope="module")
def widgets(account):
    cloudwatch = account.client("cloudwatch")
    (entry,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"]
    return json.loads(body)["widgets"]


def metrics(widgets):
    """(namespace, name, dimensions, options) of every metric, expressions left out."""
    for widget in widgets:
        previous = ()
        for metric in widget["properties"].get("metrics", ()):
            parts = [part for part in metric if not isinstance(part, dict)]
            options = next((part for part in metric if isinstance(part, dict)), {})
            if not parts:
                continue
            previous = previous if parts == ["..."] else parts
            namespace, name, *dimensions = previous
            yield (
                namespace,
                name,
                dict(zip(dimensions[::2], dimensions[1::2], strict=True)),
                options,
            )


def expressions(widgets):
    for widget in widgets:
        for metric in widget["properties"].get("metrics", ()):
            for part in metric:
                if isinstance(part, dict) and "expression" in part:
                    yield part["expression"], widget


def constants_of_the_functions():
    """Every text in the functions' source: a metric's name is one of them."""
    return {
        node.value
        for path in FUNCTIONS_FOLDER.rglob("*.py")
        if "dashboard" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_widgets_lie_in_the_grid_side_by_side(widgets):
    cells = set()
    for widget in widgets:
        assert widget["type"] in TYPES
        assert widget["x"] + widget["width"] <= 24
        covered = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not covered & cells, widget["properties"]["title"]
        cells |= covered


def test_it_answers_the_questions_in_their_order(widgets):
    titles = [w["properties"]["title"] for w in sorted(widgets, key=lambda w: (w["y"], w["x"]))]
    questions = [title.partition("?")[0] for title in titles if "?" in title]
    order = ["Is anything wrong now", "What did the toolkit do today", "Is the toolkit healthy"]
    assert [question for question in dict.fromkeys(questions) if question in order] == order


def test_the_documented_number_of_metrics_is_right(widgets):
    """Only dashboards of up to 50 metrics are free (docs/cost.md)."""
    named = {(name, *dimensions.items()) for _, name, dimensions, _ in metrics(widgets)}
    searched = {text for text, _ in expressions(widgets) if "SEARCH" in text}
    documented = (Path(TEMPLATE).parent / "docs" / "cost.md").read_text()
    assert f"(ours has {len(named) + len(searched)})" in documented


def test_every_metric_is_one_that_the_functions_emit_or_that_aws_documents(widgets):
    emitted = constants_of_the_functions()
    for namespace, name, dimensions, _ in metrics(widgets):
        if namespace == "ECSOps":
            assert name in emitted
            assert dimensions["service"] in {
                f["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for f in FUNCTIONS.values()
            }
        else:
            assert name in DOCUMENTED[namespace]
            assert set(dimensions) == {DIMENSION[namespace]}
    searched = [
        name for text, _ in expressions(widgets) for name in re.findall(r'MetricName="(\w+)"', text)
    ]
    assert searched
    assert set(searched) <= emitted


def test_everything_it_refers_to_exists(stack, widgets):
    known = {resource.ref for resource in stack.deployed.resources.values()}
    known |= {str(ref).rpartition("/")[2] for ref in known}  # a queue's Ref is its URL
    for namespace, _, dimensions, _ in metrics(widgets):
        if namespace != "ECSOps":
            assert set(dimensions.values()) <= known
    assert "${" not in json.dumps(widgets)


def test_every_expression_uses_ids_that_its_widget_has(widgets):
    for text, widget in expressions(widgets):
        ids = [
            part["id"]
            for metric in widget["properties"]["metrics"]
            for part in metric
            if isinstance(part, dict) and "id" in part
        ]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z]\w*", name) for name in ids)
        for wanted in re.findall(r'METRICS\("(\w+)"\)', text):
            assert any(wanted in name for name in ids), wanted


def test_every_alarm_is_on_it(stack, widgets):
    (alarms,) = [w["properties"]["alarms"] for w in widgets if w["type"] == "alarm"]
    shown = {arn.rpartition(":alarm:")[2] for arn in alarms}
    assert shown == {stack.ref(alarm) for alarm in ALARMS}


def test_every_queue_and_function_is_watched(stack, widgets):
    shown = {
        (name, value)
        for _, name, dimensions, _ in metrics(widgets)
        for value in dimensions.values()
    }
    for queue in POLLED:
        dead = target(QUEUES[queue]["RedrivePolicy"]["deadLetterTargetArn"])
        assert ("ApproximateAgeOfOldestMessage", queue_name(stack, queue)) in shown
        assert ("ApproximateNumberOfMessagesVisible", queue_name(stack, dead)) in shown
    for function in FUNCTIONS:
        for metric in ("Errors", "Throttles", "Invocations", "Duration"):
            assert (metric, stack.ref(function)) in shown


def queue_name(stack, queue):
    return stack.queue_url(queue).rpartition("/")[2]


def test_the_cost_counts_every_function_with_the_memory_it_has(stack, widgets):
    ids = {
        dimensions["FunctionName"]: options["id"]
        for namespace, name, dimensions, options in metrics(widgets)
        if (namespace, name) == ("AWS/Lambda", "Duration") and "id" in options
    }
    for function, properties in FUNCTIONS.items():
        assert ids[stack.ref(function)].endswith(f"Ms{properties['MemorySize']}")


def test_the_fleet_is_shown_by_the_dashboards_function(stack, widgets):
    (custom,) = [w["properties"] for w in widgets if w["type"] == "custom"]
    assert custom["endpoint"].endswith(f":function:{stack.ref('DashboardFunction')}")
    assert set(custom["updateOn"]) == {"refresh", "resize", "timeRange"}
