"""GetMetricData answers searches over what functions measured."""

from datetime import UTC, datetime

import pytest

from sandbox.caller import Caller
from sandbox.cloudwatch import Datapoints, MetricReader
from sandbox.cloudwatch.search import parse_search
from sandbox.errors import ApiError, UnsupportedOperation
from sandbox.lambda_host.metrics import Metric, MetricStore

HOUR = 3_600
NOON = 1_767_614_400.0
CALLER = Caller("operator", "123456789012", "eu-west-1")
SEARCH = "SEARCH('{ECSOps,Cluster,Service} MetricName=\"Drained\"', 'Sum', 3600)"


def metric(at, value=1.0, service="web", name="Drained", **more):
    dimensions = tuple(sorted({"Cluster": "prod", "Service": service, **more}.items()))
    return Metric(at, "ECSOps", name, "Count", value, dimensions)


def ask(*metrics, expression=SEARCH, start=NOON - 2 * HOUR, end=NOON, **more):
    store = MetricStore()
    for one in metrics:
        store.add(one)
    query = {
        "Id": "q",
        "Expression": expression,
        "Label": "${PROP('Dim.Cluster')}/${PROP('Dim.Service')}",
    }
    params = {"MetricDataQueries": [query], "StartTime": start, "EndTime": end} | more
    return MetricReader(store, Datapoints()).call("GetMetricData", params, CALLER)[
        "MetricDataResults"
    ]


def test_values_are_summed_by_period_newest_first():
    (result,) = ask(
        metric(NOON - 1, 2.0), metric(NOON - HOUR, 3.0), metric(NOON - HOUR - 1), metric(NOON)
    )
    assert result["Label"] == "prod/web"
    assert result["Values"] == [5.0, 1.0]
    assert result["Timestamps"] == [
        datetime.fromtimestamp(NOON - hours * HOUR, UTC) for hours in (1, 2)
    ]


def test_the_order_can_be_turned_round():
    (result,) = ask(
        metric(NOON - 1, 2.0), metric(NOON - HOUR - 1, 1.0), ScanBy="TimestampAscending"
    )
    assert result["Values"] == [1.0, 2.0]


def test_only_metrics_with_exactly_the_schemas_dimensions_are_found():
    found = ask(metric(NOON - 1), metric(NOON - 1, service="api"), metric(NOON - 1, Zone="a"))
    assert [result["Label"] for result in found] == ["prod/api", "prod/web"]
    assert ask(metric(NOON - 1, name="Other")) == []


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Sum", 6.0), ("Average", 2.0), ("Minimum", 1.0), ("Maximum", 3.0), ("SampleCount", 3.0)],
)
def test_statistics(statistic, value):
    points = [metric(NOON - 1, value) for value in (1.0, 2.0, 3.0)]
    (result,) = ask(*points, expression=SEARCH.replace("Sum", statistic))
    assert result["Values"] == [value]


@pytest.mark.parametrize("expression", ["m1 + m2", SEARCH.replace("Sum", "p99"), "SEARCH('web')"])
def test_what_it_cannot_evaluate_is_refused_by_name(expression):
    with pytest.raises(UnsupportedOperation):
        ask(expression=expression)


def test_a_query_without_metric_or_expression_is_refused():
    with pytest.raises(ApiError):
        ask(MetricDataQueries=[{"Id": "m"}])


def test_what_was_put_is_read_by_name():
    reader = MetricReader(MetricStore(), Datapoints())
    dimensions = [{"Name": "Service", "Value": "web"}, {"Name": "Cluster", "Value": "prod"}]
    data = [
        {
            "MetricName": "Ratio",
            "Dimensions": dimensions,
            "Timestamp": datetime.fromtimestamp(NOON - age, UTC),
            "Value": value,
        }
        for age, value in ((90, 100.0), (30, 150.0), (20, 250.0))
    ]
    reader.call("PutMetricData", {"Namespace": "ECSOps", "MetricData": data}, CALLER)
    metric = {"Namespace": "ECSOps", "MetricName": "Ratio", "Dimensions": dimensions[::-1]}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}
    params = {
        "MetricDataQueries": [query],
        "StartTime": datetime.fromtimestamp(NOON - 600, UTC),
        "EndTime": datetime.fromtimestamp(NOON, UTC),
    }
    (result,) = reader.call("GetMetricData", params, CALLER)["MetricDataResults"]
    assert result["Values"] == [200.0, 100.0]
    assert [at.timestamp() for at in result["Timestamps"]] == [NOON - 60, NOON - 120]


def test_a_thousand_values_a_call_can_be_put():
    datum = {"MetricName": "Ratio", "Timestamp": datetime.fromtimestamp(NOON, UTC), "Value": 1.0}
    reader = MetricReader(MetricStore(), Datapoints())
    with pytest.raises(ApiError):
        reader.call("PutMetricData", {"Namespace": "N", "MetricData": [datum] * 1001}, CALLER)


def test_a_query_whose_data_nobody_wants_gives_none():
    query = {"Id": "q", "Expression": SEARCH, "ReturnData": False}
    assert ask(metric(NOON - 1), MetricDataQueries=[query]) == []


def test_limits_are_those_of_cloudwatch():
    with pytest.raises(ApiError):
        ask(MetricDataQueries=[{"Id": f"q{n}", "Expression": SEARCH} for n in range(501)])
    with pytest.raises(ApiError):
        ask(start=NOON, end=NOON)


def test_an_expression_is_read_in_parts():
    search = parse_search(SEARCH)
    assert (search.namespace, search.name, search.period) == ("ECSOps", "Drained", HOUR)
    assert search.dimensions == {"Cluster", "Service"}
