"""The gateway's calls to ECS: how many, how large, and what their failures mean."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError

from ecsops.errors import CallFailed, ClusterGone, TargetGroupGone, TargetRefused
from spot_drain.aws import Aws, ServiceKey
from spot_drain.instance_tasks import InstanceTasks
from tests.unit.spot_drain.builders import (
    CLUSTER,
    NOW,
    OTHER_CLUSTER,
    PORT,
    group,
    service,
    service_arn,
    task_arn,
)
from tests.unit.spot_drain.fakes import FakeClient, refusal


def descriptions(params: dict) -> dict:
    return {
        "services": [
            {
                "serviceArn": service_arn(name, params["cluster"]),
                "serviceName": name,
                "clusterArn": params["cluster"],
                "loadBalancers": [{"targetGroupArn": group(), "containerPort": PORT}],
            }
            for name in params["services"]
            if not name.startswith("missing")
        ],
        "failures": [],
    }


def make(ecs: FakeClient | None = None, elb: FakeClient | None = None) -> Aws:
    return Aws(ecs or FakeClient(), elb or FakeClient(), "on", lambda: NOW)


def key(name: str = "web", cluster: str = CLUSTER, started_by: str = "ecs-svc/1") -> ServiceKey:
    return ServiceKey(cluster, name, started_by)


def test_more_than_a_hundred_doubtful_tasks_take_several_calls():
    ecs = FakeClient({"describe_tasks": lambda p: {"tasks": [{"taskArn": a} for a in p["tasks"]]}})
    arns = [task_arn(n) for n in range(230)]
    assert make(ecs).tasks({CLUSTER: arns}).keys() == set(arns)
    assert sorted(len(params["tasks"]) for _, params in ecs.calls) == [30, 100, 100]


def test_a_task_that_ecs_no_longer_knows_is_left_out():
    ecs = FakeClient({"describe_tasks": {"tasks": [], "failures": [{"reason": "MISSING"}]}})
    assert make(ecs).tasks({CLUSTER: [task_arn(1)]}) == {}


def refused(name: str, arn: str) -> dict:
    return {name: [], "failures": [{"arn": arn, "reason": "INTERNAL", "detail": "try later"}]}


def test_4d_a_task_that_ecs_cannot_describe_is_not_taken_for_one_that_is_gone():
    """Partial failures[]: only MISSING says so. A hook would be completed too early."""
    ecs = FakeClient({"describe_tasks": refused("tasks", task_arn(1))})
    assert "INTERNAL" in str(make(ecs).tasks({CLUSTER: [task_arn(1)]})[task_arn(1)])
    (found,) = InstanceTasks(ecs).describe({CLUSTER: [task_arn(1)]}).values()
    assert isinstance(found, CallFailed)


def test_4d_a_service_that_ecs_cannot_describe_is_not_taken_for_one_that_is_gone():
    ecs = FakeClient({"describe_services": refused("services", service_arn())})
    assert "INTERNAL" in str(make(ecs).services([key()], now=NOW)[key()])


def test_an_unknown_cluster_fails_only_its_own_tasks():
    def answer(params):
        if params["cluster"] == OTHER_CLUSTER:
            return refusal("ClusterNotFoundException")
        return {"tasks": [{"taskArn": arn} for arn in params["tasks"]]}

    found = make(FakeClient({"describe_tasks": answer})).tasks(
        {CLUSTER: [task_arn(1)], OTHER_CLUSTER: [task_arn(2, OTHER_CLUSTER)]}
    )
    assert isinstance(found[task_arn(2, OTHER_CLUSTER)], ClusterGone)
    assert found[task_arn(1)] == {"taskArn": task_arn(1)}


def test_more_than_ten_services_of_a_cluster_take_several_calls():
    ecs = FakeClient({"describe_services": descriptions})
    keys = {key(f"s{n}") for n in range(23)} | {key("s1", OTHER_CLUSTER)}
    assert make(ecs).services(keys, now=NOW).keys() == keys
    assert sorted(len(params["services"]) for _, params in ecs.calls) == [1, 3, 10, 10]
    assert all(params["include"] == ["TAGS"] for _, params in ecs.calls)


def test_two_deployments_of_a_service_ask_for_it_once():
    ecs = FakeClient({"describe_services": descriptions})
    found = make(ecs).services({key(), key(started_by="ecs-svc/2")}, now=NOW)
    assert len(found) == 2
    assert [params["services"] for _, params in ecs.calls] == [["web"]]


def test_a_service_that_ecs_does_not_know_is_left_out():
    ecs = FakeClient({"describe_services": descriptions})
    assert make(ecs).services({key("missing")}, now=NOW) == {}


def test_an_unknown_cluster_fails_only_its_own_services():
    def answer(params):
        gone = params["cluster"] == OTHER_CLUSTER
        return refusal("ClusterNotFoundException") if gone else descriptions(params)

    found = make(FakeClient({"describe_services": answer})).services(
        {key(), key(cluster=OTHER_CLUSTER)}, now=NOW
    )
    assert isinstance(found[key(cluster=OTHER_CLUSTER)], ClusterGone)
    assert found[key()].name == "web"


def test_a_service_is_remembered_for_a_while_and_asked_for_again_then():
    ecs = FakeClient({"describe_services": descriptions})
    aws = make(ecs)
    for now, calls in ((NOW, 1), (NOW + 59, 1), (NOW + 60, 2)):
        assert aws.services({key()}, now=now)[key()].name == "web"
        assert len(ecs.calls) == calls


def test_a_new_deployment_is_asked_for_at_once():
    ecs = FakeClient({"describe_services": descriptions})
    aws = make(ecs)
    aws.services({key()}, now=NOW)
    aws.services({key(started_by="ecs-svc/2")}, now=NOW)
    assert len(ecs.calls) == 2


def test_a_failure_is_not_remembered():
    answers = iter([refusal("ThrottlingException"), descriptions])
    ecs = FakeClient()
    aws = make(ecs)
    ecs.answers["describe_services"] = next(answers)
    assert isinstance(aws.services({key()}, now=NOW)[key()], CallFailed)
    ecs.answers["describe_services"] = next(answers)
    assert aws.services({key()}, now=NOW)[key()].name == "web"


def test_what_is_remembered_does_not_grow_for_ever():
    ecs = FakeClient({"describe_services": descriptions})
    aws = make(ecs)
    aws.remembered.update({key(started_by=str(n)): (NOW, service()) for n in range(5_001)})
    aws.services({key(started_by="new")}, now=NOW)
    assert len(aws.remembered) == 1


def test_nothing_is_asked_for_services_that_are_not_rolling_out():
    assert make().rolling_out([service()]) == {}


def test_the_revisions_of_rolling_services_are_asked_for_together():
    def answer(params):
        revisions = [
            {
                "serviceRevisionArn": arn,
                "loadBalancers": [{"targetGroupArn": group(arn), "containerPort": PORT}],
            }
            for arn in params["serviceRevisionArns"]
        ]
        return {"serviceRevisions": revisions}

    ecs = FakeClient({"describe_service_revisions": answer})
    rolling = [service(f"s{n}", revisions=(f"s{n}/1", f"s{n}/2")) for n in range(11)]
    found = make(ecs).rolling_out([*rolling, service("still")])
    assert found.keys() == {one.arn for one in rolling}
    assert len(found[rolling[0].arn].registrations) == 3
    assert sorted(len(params["serviceRevisionArns"]) for _, params in ecs.calls) == [2, 20]


def test_a_failed_look_at_revisions_fails_only_the_services_that_it_was_for():
    def answer(params):
        asked = params["serviceRevisionArns"]
        return refusal("ThrottlingException") if len(asked) == 2 else {"serviceRevisions": []}

    ecs = FakeClient({"describe_service_revisions": answer})
    rolling = [service(f"s{n:02}", revisions=(f"s{n:02}/1", f"s{n:02}/2")) for n in range(11)]
    found = make(ecs).rolling_out(rolling)
    failed = [arn for arn, known in found.items() if isinstance(known, CallFailed)]
    assert failed == [rolling[10].arn]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ClusterNotFoundException", ClusterGone),
        ("TargetGroupNotFound", TargetGroupGone),
        ("InvalidTarget", TargetRefused),
        ("SomethingOfTomorrow", CallFailed),
    ],
)
def test_an_error_code_has_a_meaning(code, kind):
    found = make(FakeClient({"describe_tasks": refusal(code)})).tasks({CLUSTER: [task_arn(1)]})
    error = found[task_arn(1)]
    assert type(error) is kind
    assert (error.operation, error.code) == ("DescribeTasks", code)


def test_a_connection_that_fails_is_a_failed_call():
    broken = EndpointConnectionError(endpoint_url="https://ecs")
    found = make(FakeClient({"describe_tasks": broken})).tasks({CLUSTER: [task_arn(1)]})
    assert found[task_arn(1)].code == "EndpointConnectionError"


@pytest.mark.parametrize(("clock", "passed"), [(NOW + 19, 19), (NOW - 1, 0)])
def test_it_is_known_how_long_the_calls_have_taken(clock, passed):
    assert Aws(FakeClient(), FakeClient(), "on", lambda: clock).time_since(NOW) == passed
