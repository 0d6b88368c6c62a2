"""What the widget reads, in how many calls and how many waves, and what it makes of refusals."""

import threading
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from dashboard.aws import Aws
from dashboard.fleet import SpotDay
from dashboard.request import Request
from dashboard.statuses import Statuses
from ecsops.job_status import JobStatus, RunStatus, encode_job_status
from ecsops.queue_status import QueueStatus, encode_status
from ecsops.verdict_status import VerdictStatus, encode_verdict, verdict_key
from tests.unit.dashboard.services import NOW, described

PREFIX = "arn:aws:ecs:eu-west-1:123456789012"
WAIT_S = 10


def refusal(code, operation):
    return ClientError({"Error": {"Code": code, "Message": f"{code} <b>"}}, operation)


class Pages:
    def __init__(self, paginate):
        self.paginate = paginate


class Ecs:
    """Clusters with services, by name; ``meet`` calls have to be under way side by side."""

    def __init__(self, clusters, *, meet=1, refuse=None):
        self.clusters = clusters
        self.refuse = refuse or {}
        self.calls = []
        self.waves = threading.Barrier(meet, timeout=WAIT_S)

    def _called(self, operation, key=None):
        self.calls.append(operation)
        error = self.refuse.get((operation, key)) or self.refuse.get(operation)
        if error:
            raise error

    def get_paginator(self, operation):
        return Pages({"list_clusters": self._clusters, "list_services": self._services}[operation])

    def _clusters(self, **asked):
        assert asked["PaginationConfig"] == {"PageSize": 100}
        self._called("ListClusters")
        yield {"clusterArns": [f"{PREFIX}:cluster/{name}" for name in self.clusters]}

    def _services(self, cluster, **asked):
        size = asked["PaginationConfig"]["PageSize"]
        name = cluster.rpartition("/")[2]
        services = self.clusters.get(name)
        if services is None:
            raise refusal("ClusterNotFoundException", "ListServices")
        for start in range(0, len(services) or 1, size):
            self._called("ListServices", (name, start))
            page = services[start : start + size]
            yield {"serviceArns": [f"{PREFIX}:service/{name}/{service}" for service in page]}

    def describe_services(self, cluster, services, include):
        assert len(services) <= 10
        assert include == ["TAGS"]
        name = cluster.rpartition("/")[2]
        self._called("DescribeServices", name)
        self.waves.wait()
        return {"services": [described(arn.rpartition("/")[2], name) for arn in services]}


class CloudWatch:
    def __init__(self, *pages, refuse=None):
        self.pages = pages
        self.refuse = refuse
        self.asked = []

    def get_paginator(self, operation):
        assert operation == "get_metric_data"
        return Pages(self._read)

    def _read(self, **asked):
        self.asked.append(asked)
        if self.refuse:
            raise self.refuse
        yield from ({"MetricDataResults": page} for page in self.pages)


class DynamoDb:
    """Three tables: one item of queue scaling, pages of jobs, an item of the guard for each service."""

    def __init__(self, queues=None, *job_pages, refuse=None):
        self.queues, self.job_pages, self.refuse = queues, job_pages, refuse or {}
        self.verdicts = []

    def get_item(self, **asked):
        assert asked == {"TableName": "queues", "Key": {"pk": {"S": "status"}}}
        if "GetItem" in self.refuse:
            raise self.refuse["GetItem"]
        return {"Item": self.queues} if self.queues else {}

    def batch_get_item(self, *, RequestItems):  # noqa: N803  the API's name
        if "BatchGetItem" in self.refuse:
            raise self.refuse["BatchGetItem"]
        asked = RequestItems["guard"]
        assert asked["ExpressionAttributeNames"] == {"#verdict": "verdict"}
        self.asked = [each["pk"]["S"] for each in asked["Keys"]]
        return {
            "Responses": {"guard": [one for one in self.verdicts if one["pk"]["S"] in self.asked]}
        }

    def get_paginator(self, operation):
        assert operation == "query"
        return Pages(self._pages)

    def _pages(self, **asked):
        assert asked["TableName"] == "jobs"
        assert asked["ExpressionAttributeValues"] == {":status": {"S": "status"}}
        if "Query" in self.refuse:
            raise self.refuse["Query"]
        yield from ({"Items": page} for page in self.job_pages)


def look(ecs, cloudwatch=None, dynamodb=None, **request):
    tables = ("queues", "jobs", "guard") if dynamodb else ()
    statuses = Statuses(lambda: dynamodb, *tables)
    return Aws(ecs, cloudwatch or CloudWatch(), statuses).read(Request(**request), NOW)


def read(ecs, cloudwatch=None, **request):
    reading = look(ecs, cloudwatch, **request)
    assert reading.jobs == []
    return reading.rows, reading.notes


def names(rows):
    return sorted(f"{row.service.cluster}/{row.service.name}" for row in rows)


def test_200_services_take_23_ecs_calls_in_four_waves_and_one_search():
    services = [f"s{number}" for number in range(200)]
    # Twenty descriptions have to meet: one after the other they would wait for each other in vain.
    ecs, cloudwatch = Ecs({"prod": services}, meet=20), CloudWatch()
    rows, notes = read(ecs, cloudwatch)
    assert len(rows) == 200
    assert notes == []
    assert ecs.calls[:3] == ["ListClusters", "ListServices", "ListServices"]
    assert ecs.calls[3:] == ["DescribeServices"] * 20
    assert len(cloudwatch.asked) == 1


def test_clusters_are_described_side_by_side():
    ecs = Ecs({f"c{number}": ["web"] for number in range(8)}, meet=8)
    rows, _ = read(ecs)
    assert len(rows) == 8


def test_a_named_cluster_is_asked_directly():
    ecs = Ecs({"prod": ["web"], "dev": ["web"]})
    assert names(read(ecs, cluster="prod")[0]) == ["prod/web"]
    assert "ListClusters" not in ecs.calls


def test_only_services_that_are_asked_for_are_described():
    ecs = Ecs({"prod": [f"web-{number}" for number in range(10)] + ["api"], "dev": ["web-1"]})
    rows, _ = read(ecs, cluster="pr*", service="web-*")
    assert len(rows) == 10
    assert ecs.calls.count("DescribeServices") == 1


def test_nothing_there_is_nothing_wrong():
    assert read(Ecs({})) == ([], [])
    assert read(Ecs({"prod": []})) == ([], [])


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDeniedException", "role does not allow it"),
        ("ThrottlingException", "throttling this account"),
        ("ServerException", "log has the details"),
    ],
)
def test_a_cluster_that_cannot_be_read_leaves_a_note_and_the_others(code, advice):
    error = refusal(code, "DescribeServices")
    ecs = Ecs({"prod": ["web"], "dev": ["web"]}, refuse={("DescribeServices", "dev"): error})
    rows, (note,) = read(ecs)
    assert names(rows) == ["prod/web"]
    assert note.startswith(f"1 service of dev could not be read (DescribeServices: {code}).")
    assert advice in note


def test_the_pages_before_a_refused_one_are_shown():
    error = refusal("ThrottlingException", "ListServices")
    services = [f"s{number}" for number in range(150)]
    ecs = Ecs({"prod": services}, refuse={("ListServices", ("prod", 100)): error})
    rows, notes = read(ecs)
    assert len(rows) == 100
    assert len(notes) == 1


def test_an_unknown_cluster_says_so():
    rows, (note,) = read(Ecs({}), cluster="nowhere")
    assert rows == []
    assert "There is no such cluster" in note


def test_without_clusters_only_a_note_is_left():
    error = refusal("AccessDeniedException", "ListClusters")
    rows, (note,) = read(Ecs({"prod": ["web"]}, refuse={"ListClusters": error}))
    assert rows == []
    assert note.startswith("The services could not be read (ListClusters: AccessDeniedException).")


def test_a_connection_that_fails_is_a_note_too():
    error = ConnectTimeoutError(endpoint_url="https://ecs")
    _, (note,) = read(Ecs({"prod": ["web"]}, refuse={"ListClusters": error}))
    assert "ConnectTimeoutError" in note


def test_a_fault_of_our_own_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        read(Ecs({"prod": ["web"]}, refuse={"DescribeServices": ZeroDivisionError()}))


def series(verdict, label, values):
    moments = [datetime.fromtimestamp(NOW - hours * 3_600, UTC) for hours in values]
    return {"Id": verdict, "Label": label, "Timestamps": moments, "Values": list(values.values())}


def test_metrics_are_put_into_hours_and_beside_their_service():
    cloudwatch = CloudWatch(
        [series("native", "prod/web", {0: 2.0, 23: 1.0}), series("stuck", "dev/api", {5: 4.0})],
        [series("backstop", "NativeDeregistered prod/web ", {0: 1.0}), series("native", "?", {})],
    )
    rows, _ = read(Ecs({"prod": ["web", "api"]}), cloudwatch)
    days = {row.service.name: row.spot_day for row in rows}
    assert days["web"] == SpotDay(
        native=(1, *(0,) * 22, 2), backstop=(*(0,) * 23, 1), stuck=(0,) * 24
    )
    assert days["api"] is None


def test_the_searches_cover_24_whole_hours():
    cloudwatch = CloudWatch()
    read(Ecs({}), cloudwatch)
    (asked,) = cloudwatch.asked
    assert asked["EndTime"] - asked["StartTime"] == 86_400
    assert asked["EndTime"] > NOW
    assert asked["EndTime"] % 3_600 == 0
    assert len(asked["MetricDataQueries"]) == 3


def test_without_metrics_the_services_are_shown():
    cloudwatch = CloudWatch(refuse=refusal("AccessDenied", "GetMetricData"))
    rows, (note,) = read(Ecs({"prod": ["web"]}), cloudwatch)
    assert names(rows) == ["prod/web"]
    assert "What Spot did in the last 24 hours could not be read" in note


WEB = f"{PREFIX}:service/prod/web"
LATE = QueueStatus(90.0, 60.0, 5)


def queue_item(status, at=NOW - 30):
    return {
        "pk": {"S": "status"},
        "services": {"B": encode_status(status)},
        "at": {"N": str(int(at))},
    }


def job_item(name, cluster="prod"):
    status = JobStatus(cluster, (RunStatus("r1", "succeeded", NOW - 60, 5.0),))
    return {"sk": {"S": name}, "status": {"B": encode_job_status(status)}}


def test_how_queues_stand_is_put_beside_their_service():
    dynamodb = DynamoDb(queue_item({WEB: LATE, f"{PREFIX}:service/prod/gone": LATE}))
    reading = look(Ecs({"prod": ["web", "api"]}), dynamodb=dynamodb)
    assert {row.service.name: row.queue for row in reading.rows} == {"web": LATE, "api": None}
    assert reading.notes == []


def test_what_queue_scaling_left_long_ago_is_not_shown_as_now():
    dynamodb = DynamoDb(queue_item({WEB: LATE}, at=NOW - 3 * 3_600))
    reading = look(Ecs({"prod": ["web"]}), dynamodb=dynamodb)
    assert [row.queue for row in reading.rows] == [None]
    (note,) = reading.notes
    assert note.startswith("Queue scaling last looked 3 h ago")


@pytest.mark.parametrize(
    "item", [None, {"pk": {"S": "status"}}, {"services": {"B": b"of another version"}}]
)
def test_a_status_that_is_not_there_or_not_understood_is_nothing(item):
    reading = look(Ecs({"prod": ["web"]}), dynamodb=DynamoDb(item))
    assert [row.queue for row in reading.rows] == [None]
    assert reading.notes == []


def test_jobs_come_from_all_pages_and_by_the_filters():
    pages = ([job_item("nightly"), job_item("web-sync")], [job_item("nightly-eu", "dev")])
    dynamodb = DynamoDb(None, *pages)

    def names_of(**request):
        return sorted(job.name for job in look(Ecs({}), dynamodb=dynamodb, **request).jobs)

    assert names_of() == ["nightly", "nightly-eu", "web-sync"]
    assert names_of(cluster="pr*") == ["nightly", "web-sync"]
    assert names_of(service="nightly*") == ["nightly", "nightly-eu"]


def test_a_job_whose_status_is_not_understood_does_not_hide_the_others():
    broken = {"sk": {"S": "old"}, "status": {"B": b"of another version"}}
    bare = {"sk": {"S": "bare"}}
    reading = look(Ecs({}), dynamodb=DynamoDb(None, [broken, bare, job_item("nightly")]))
    assert [job.name for job in reading.jobs] == ["nightly"]


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("GetItem", "How the queues stand"),
        ("Query", "The batch jobs"),
        ("BatchGetItem", "What became of deployments"),
    ],
)
def test_a_table_that_cannot_be_read_leaves_a_note_and_the_services(operation, what):
    refuse = {operation: refusal("AccessDeniedException", operation)}
    reading = look(Ecs({"prod": ["web"]}), dynamodb=DynamoDb(refuse=refuse))
    assert len(reading.rows) == 1
    (note,) = reading.notes
    assert note.startswith(f"{what} could not be read ({operation}: AccessDeniedException).")


def test_without_tables_nobody_is_connected():
    reading = look(Ecs({"prod": ["web"]}))
    assert reading.jobs == []
    assert [row.queue for row in reading.rows] == [None]


def test_the_guards_verdicts_are_read_of_the_services_that_are_shown():
    told = VerdictStatus("web:2", "rolled back", NOW - 60, "out of memory")
    api = f"{PREFIX}:service/prod/api"
    dynamodb = DynamoDb()
    dynamodb.verdicts = [
        {"pk": {"S": verdict_key(WEB)}, "verdict": {"B": encode_verdict(told)}},
        {"pk": {"S": verdict_key(api)}, "verdict": {"B": b"of another version"}},
    ]
    reading = look(Ecs({"prod": ["web", "api", "new"]}), dynamodb=dynamodb, service="*e*")
    shown = {row.service.name: row.deployed for row in reading.rows}
    assert shown == {"web": told, "new": None}
    assert len(dynamodb.asked) == 2
    everything = look(Ecs({"prod": ["web", "api"]}), dynamodb=dynamodb)
    assert {row.service.name: row.deployed for row in everything.rows} == {"web": told, "api": None}
    assert everything.notes == []
