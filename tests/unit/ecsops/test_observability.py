from __future__ import annotations

import json

import pytest

from ecsops.observability import MetricUnit, count, measure, metrics


@pytest.fixture(autouse=True)
def fresh_metrics():
    metrics.clear_metrics()
    yield
    metrics.clear_metrics()


def test_a_counter_without_dimensions_waits_for_the_end_of_the_run(capsys):
    count("RejectedMessages")
    count("RejectedMessages", 2)
    assert metrics.metric_set["RejectedMessages"]["Value"] == [1.0, 2.0]
    assert capsys.readouterr().out == ""


def test_a_counter_with_dimensions_gets_a_document_of_its_own(capsys):
    count("NativeDeregistered", 3, Cluster="prod", Service="web")
    document = json.loads(capsys.readouterr().out)
    assert (document["Cluster"], document["Service"]) == ("prod", "web")
    assert document["NativeDeregistered"] == [3.0]
    assert document["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "ECSOps"
    assert metrics.metric_set == {}


def test_a_measured_value_keeps_its_unit():
    measure("SecondsLeft", MetricUnit.Seconds, 97.5)
    assert metrics.metric_set["SecondsLeft"] == {
        "Unit": "Seconds",
        "StorageResolution": 60,
        "Value": [97.5],
    }


def test_a_storm_of_more_than_a_hundred_values_loses_none(capsys):
    for _ in range(250):
        measure("SecondsLeft", MetricUnit.Seconds, 1)
    metrics.flush_metrics()
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(len(document["SecondsLeft"]) for document in documents) == 250
