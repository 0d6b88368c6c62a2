"""Metric math of alarms: what a missing operand does."""

import pytest

from sandbox.cloudwatch.datapoints import Datapoints, MetricName
from sandbox.cloudwatch.expression import evaluate_math, expression_reader
from sandbox.errors import ApiError, UnsupportedOperation


@pytest.mark.parametrize(
    ("expression", "values", "value"),
    [
        ("m1/m2", {"m1": 30.0, "m2": 10.0}, 3.0),
        ("m1/m2", {"m1": 30.0, "m2": None}, None),
        ("m1/m2", {"m1": 30.0, "m2": 0.0}, None),
        ("m1/FILL(m2, 1)", {"m1": 30.0, "m2": None}, 30.0),
        ("IF(m2 > 0, m1/m2, m1)", {"m1": 30.0, "m2": 0.0}, 30.0),
        ("IF(m2 > 0, m1/m2, m1)", {"m1": 30.0, "m2": None}, None),
        ("(m1 + m2) * 2 - -1", {"m1": 1.0, "m2": 2.0}, 7.0),
    ],
)
def test_arithmetic(expression, values, value):
    assert evaluate_math(expression, values) == value


def test_what_it_cannot_evaluate_is_refused_by_name():
    with pytest.raises(UnsupportedOperation, match="ANOMALY"):
        evaluate_math("ANOMALY_DETECTION_BAND(m1)", {"m1": 1.0})


def test_metrics_are_read_for_the_same_period():
    kept = Datapoints()
    kept.put(MetricName("AWS/SQS", "Visible", (("QueueName", "jobs"),)), 60.0, 90.0)
    kept.put(MetricName("ECS", "Running"), 60.0, 3.0)

    def query(name, namespace, metric, dimensions=()):
        named = {"Namespace": namespace, "MetricName": metric, "Dimensions": list(dimensions)}
        return {"Id": name, "MetricStat": {"Metric": named, "Stat": "Sum"}, "ReturnData": False}

    queries = [
        query("m1", "AWS/SQS", "Visible", [{"Name": "QueueName", "Value": "jobs"}]),
        query("m2", "ECS", "Running"),
        {"Id": "e1", "Expression": "m1/m2"},
    ]
    read = expression_reader(kept, queries)
    assert read(60.0, 60) == 30.0
    assert read(120.0, 60) is None


def test_exactly_one_query_returns_data():
    with pytest.raises(ApiError):
        expression_reader(Datapoints(), [])
