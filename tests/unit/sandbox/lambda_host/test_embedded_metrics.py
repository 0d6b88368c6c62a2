import json

from sandbox.lambda_host.metrics import MetricStore, read_embedded_metrics


def line(**changes):
    document = {
        "_aws": {
            "Timestamp": 1767603600000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "ECSOps",
                    "Dimensions": [["Cluster", "Service"], ["Cluster"]],
                    "Metrics": [{"Name": "Backlog", "Unit": "Count"}, {"Name": "Age"}],
                }
            ],
        },
        "Cluster": "prod",
        "Service": "web",
        "Backlog": [3.0, 4.0],
        "Age": 7,
    }
    return json.dumps(document | changes)


def test_every_value_is_a_data_point_in_every_dimension_set():
    metrics = read_embedded_metrics(line(), "worker")
    found = [
        (metric.name, metric.value, metric.unit, dict(metric.dimensions)) for metric in metrics
    ]
    both, cluster = {"Cluster": "prod", "Service": "web"}, {"Cluster": "prod"}
    assert found == [
        ("Backlog", 3.0, "Count", both),
        ("Backlog", 4.0, "Count", both),
        ("Age", 7.0, "None", both),
        ("Backlog", 3.0, "Count", cluster),
        ("Backlog", 4.0, "Count", cluster),
        ("Age", 7.0, "None", cluster),
    ]
    assert metrics[0].at == 1767603600.0


def test_an_ordinary_log_line_is_no_metric():
    assert read_embedded_metrics('{"level": "INFO"}') == []
    assert read_embedded_metrics('the "_aws" object is missing') == []
    assert read_embedded_metrics('{"_aws": {}}') == []


def test_the_store_selects_by_name_and_dimensions():
    store = MetricStore()
    for metric in read_embedded_metrics(line()):
        store.add(metric)
    assert store.values("Backlog", Service="web") == [3.0, 4.0]
    assert store.values("Backlog", Service="other") == []
    assert len(store.select()) == 6
