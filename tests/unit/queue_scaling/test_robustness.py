"""Wrong estimates, noise, old values and failures: through the shipped function, minute by minute."""

import random

import pytest

from sandbox.queue_load import arrivals
from sandbox.queue_load.load import exponential, load_of
from sandbox.queue_load.ours import MODES, managed_or_direct
from sandbox.queue_load.world import Setting, World
from tests.unit.queue_scaling.scaled import error

DURATION_S = 3600.0
TIME = "ecs-ops:processing-time"
# What is spoilt: the world, or what the owner says.
SPOILT = {
    "a processing time of half the true one": ({}, {TIME: "1s"}),
    "a processing time of twice the true one": ({}, {TIME: "4s"}),
    "no word on the processing time": ({}, {TIME: ""}),
    "a fifth of noise in every attribute": ({"noise": 0.2}, {}),
    "attributes of a minute ago": ({"stale_s": 60.0}, {}),
}


def hump():
    """Up to six messages a second of 2 s each within half an hour, and down again."""
    rng = random.Random(5)
    times = arrivals.varying(arrivals.ramp(0.5, 6.0, DURATION_S), DURATION_S, rng)
    return load_of("hump", times, exponential(2.0), DURATION_S, rng)


@pytest.fixture(scope="module")
def load():
    return hump()


def scored(load, mode, setting=None, tags=None):
    world = World(load, Setting(**(setting or {})))
    managed_or_direct(world, mode, tags)
    return world.run()


@pytest.fixture(scope="module", params=list(MODES))
def undisturbed(request, load):
    """A mode, and what it is worth when everything is right."""
    return request.param, scored(load, request.param)


@pytest.mark.parametrize(("setting", "tags"), SPOILT.values(), ids=SPOILT)
def test_the_slo_holds_at_about_the_same_cost(load, undisturbed, setting, tags):
    mode, right = undisturbed
    spoilt = scored(load, mode, setting, tags)
    assert right.within_slo_pct >= 99.5
    assert spoilt.within_slo_pct >= 99.0
    assert spoilt.task_hours <= 1.15 * right.task_hours


def test_a_wrong_estimate_is_seen_where_nothing_can_be_measured_yet(account):
    """The estimate does count: until it is measured, half the time means half the tasks."""
    for name, time in (("fine", "2s"), ("hasty", "1s")):
        account.service(name, queue="orders", processing_time=time)
    account.queue(visible=600)
    account.tick()
    published = account.published()
    assert published["hasty"] == published["fine"] / 2


@pytest.mark.parametrize("mode", ["metric", "managed", "direct"])
def test_a_queue_that_fails_for_minutes_holds_its_service_and_nobody_elses(account, mode):
    account.queue(visible=60)
    account.service("good", running=2)
    unlucky = account.service("unlucky", queue="busy", running=7, scaling=mode, max_tasks="50")
    account.queue("busy", visible=300, in_flight=7)
    account.tick()
    before = account.services[unlucky]["desiredCount"]
    held = account.queues["busy"]
    account.queues["busy"] = error("InternalError")
    for _ in range(10):
        account.tick()
        assert set(account.published()) == {"good"}
        assert not account.made("update_service")
        assert not account.made("register_scalable_target")
    account.queues["busy"] = held
    account.tick()
    # In direct mode nobody follows the ratio, and none is published.
    assert set(account.published()) == {"good"} | ({"unlucky"} if mode != "direct" else set())
    # What waited while nobody could look is no burst: the same queue asks for about the same tasks.
    assert before / 2 <= account.services[unlucky]["desiredCount"] <= before * 2


def test_services_that_cannot_be_described_hold_and_the_next_call_is_another(account):
    account.queue(visible=60)
    for number in range(12):
        account.service(f"s{number:02}", running=2)
    account.tick()
    assert len(account.published()) == 12
    first = min(account.services)
    answer = account.answer_describe_services

    def sometimes(cluster, services, **more):
        if first.rpartition("/")[2] in services:
            raise error("ServerException")
        return answer(cluster, services, **more)

    account.answer_describe_services = sometimes
    account.tick()
    assert set(account.published()) == {"s10", "s11"}
    account.answer_describe_services = answer
    account.tick()
    assert len(account.published()) == 12


def test_a_service_that_cannot_be_scaled_keeps_nobody_from_it(account):
    account.queue(visible=600)
    for name in ("first", "refused", "last"):
        account.service(name, running=1, scaling="direct", max_tasks="50")
    account.broken["update_service refused"] = error("ServerException")
    account.tick()
    counts = {
        arn.rpartition("/")[2]: each["desiredCount"] for arn, each in account.services.items()
    }
    assert counts["first"] == counts["last"] > 1
    assert counts["refused"] == 1
    del account.broken["update_service refused"]
    account.tick()
    assert [each["service"] for each in account.made("update_service")] == ["refused"]


@pytest.mark.parametrize("queue", ["kinesis:clicks", "cloudwatch:Shop:Jobs:Queue=mails"])
def test_metrics_that_cannot_be_asked_for_are_unknown_and_no_mistake_of_the_tags(account, queue):
    arn = account.service("lagging", queue=queue, running=7, scaling="direct", max_tasks="50")
    account.service("good")
    account.queue(visible=60)
    account.streams["clicks"] = 4
    account.metrics[("Shop", "Jobs")] = 200.0
    account.metrics[("AWS/Kinesis", "IncomingRecords")] = 600.0
    account.tick()
    before = account.services[arn]["desiredCount"]
    account.broken["get_metric_data"] = error("Throttling")
    for _ in range(10):
        account.tick()
        assert set(account.published()) == {"good"}
        assert not account.made("update_service")
        assert not account.alerts()
    assert account.services[arn]["desiredCount"] == before


def test_one_look_after_an_outage_is_no_window_in_which_little_was_required(account):
    account.service(running=20, scaling="direct", max_tasks="50")
    account.queue(visible=600)
    account.tick()
    account.broken["get_queue_attributes"] = error("InternalError")
    for _ in range(10):
        account.tick()
    account.broken.clear()
    account.queue()
    account.tick()
    assert not account.made("update_service")
    account.tick()
    assert account.made("update_service")


def test_one_metric_that_fails_in_a_call_that_succeeds_is_unknown_too(account):
    account.service("lagging", queue="kinesis:clicks")
    account.service("jobs", queue="cloudwatch:Shop:Jobs:Queue=mails")
    account.streams["clicks"] = 4
    account.metrics[("Shop", "Jobs")] = 200.0
    answer = account.answer_get_metric_data

    def partly(**params):
        found = answer(**params)
        names = [each["MetricStat"]["Metric"]["MetricName"] for each in params["MetricDataQueries"]]
        for name, result in zip(names, found["MetricDataResults"], strict=True):
            if name == "IncomingRecords":
                result["StatusCode"] = "InternalError"
        return found

    account.answer_get_metric_data = partly
    account.tick()
    assert set(account.published()) == {"jobs"}
