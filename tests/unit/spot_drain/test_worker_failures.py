"""What fails takes nothing else down, comes back, and is not counted twice when it does."""

from __future__ import annotations

import json

from ecsops.errors import ClusterGone
from ecsops.queue import Message
from spot_drain.messages import Report, Verify, encode
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import (
    CLUSTER,
    NOW,
    OTHER_CLUSTER,
    check,
    failure,
    group,
    message,
    service,
    service_arn,
    task_arn,
)

WEB, API = service_arn("web"), service_arn("api")


def verify_message(name: str, *checks, attempt: int = 1) -> Message:
    return Message(name, encode(Verify(tuple(checks), attempt)))


def test_throttled_deregistration_fails_the_message_and_is_verified_all_the_same(world, counted):
    """4d: throttling."""
    world.aws.host(service("web"), service("api"), tasks=[1, 2])
    world.aws.broken[group("web")] = failure()
    batch = [message(1), message(2, group="service:api")]
    assert world.worker.work(batch, NOW) == {"m1"}
    tasks = [task[0] for body in world.later("verify") for task in json.loads(body)["tasks"]]
    assert sorted(tasks) == [task_arn(1), task_arn(2)]
    assert counted("DrainFailed") == 1


def test_a_failed_task_is_drained_when_its_message_comes_back(world):
    world.aws.host(service(), tasks=[1])
    world.aws.broken[group()] = failure()
    world.worker.work([message(1)], NOW)
    world.aws.broken.clear()
    world.aws.described[task_arn(1)] = {"taskArn": task_arn(1), "lastStatus": "DEACTIVATING"}
    assert world.worker.work([message(1)], NOW + 30) == set()
    assert world.aws.registered == set()


def test_an_unknown_cluster_fails_only_its_own_messages(world):
    world.aws.host(service(), tasks=[1])
    world.aws.broken[OTHER_CLUSTER] = failure("ClusterNotFoundException", ClusterGone)
    batch = [message(1), message(2, clusterArn=OTHER_CLUSTER)]
    assert world.worker.work(batch, NOW) == {"m2"}
    assert world.aws.registered == set()


def test_every_message_of_a_failed_task_comes_back(world):
    """4d: duplicate, throttling."""
    world.aws.host(service(), tasks=[1])
    world.aws.broken[group()] = failure()
    again = Message("m9", message(1, version=4).body)
    assert world.worker.work([message(1), again], NOW) == {"m1", "m9"}


def test_when_the_verification_cannot_be_scheduled_every_interruption_comes_back(world):
    """A partial failure of SendMessageBatch."""
    world.aws.host(service(), tasks=[1, 2])
    world.sqs.failing = True
    assert world.worker.work([message(1), message(2)], NOW) == {"m1", "m2"}
    assert world.worker.drained == {}


def test_a_deleted_service_is_no_failure(world, counted):
    assert world.worker.work([message(1)], NOW) == set()
    assert counted("ServiceGone") == 1


def test_a_stale_event_is_no_failure(world, counted):
    """4d: late."""
    assert world.worker.work([message(1)], NOW + 7200) == set()
    assert counted("StaleEvents") == 1
    assert counted("DrainedTasks") == 0


def test_a_tally_that_cannot_be_written_brings_back_only_its_own_messages(world, counted):
    world.tallies.failing = {API}
    batch = [
        verify_message("v1", check(1)),
        verify_message("v2", check(2, service_arn=API)),
        verify_message("v3", check(3), check(4, service_arn=API)),
    ]
    assert world.worker.work(batch, NOW + 8) == {"v2", "v3"}
    assert [json.loads(body)["service_arns"] for body in world.later("report")] == [[WEB]]
    assert counted("BackstopDeregistered") == 2


def test_a_redelivered_verification_counts_nothing_twice(world, counted):
    """4d: Lambda retry after half the work."""
    world.tallies.failing = {API}
    batch = [verify_message("v3", check(3), check(4, service_arn=API))]
    world.worker.work(batch, NOW + 8)
    world.tallies.failing = set()
    assert world.worker.work(batch, NOW + 38) == set()
    assert counted("BackstopDeregistered") == 2
    assert world.tallies.noted[WEB]["backstop"] == {task_arn(3).rpartition("/")[2]}


def test_an_alert_that_the_bus_refuses_brings_its_messages_back(world):
    """A partial failure of PutEvents."""
    world.aws.host(service(), tasks=[1])
    world.aws.broken[group("web")] = failure("Throttling")
    world.aws.described[task_arn(1)] = {"lastStatus": "DEACTIVATING"}
    world.bus.failing = True
    batch = [verify_message("v1", check(1), attempt=3)]
    assert world.worker.work(batch, NOW + 24) == {"v1"}
    world.bus.failing = False
    assert world.worker.work(batch, NOW + 54) == set()
    assert [alert["severity"] for alert in world.bus.details] == ["critical"]


def test_when_no_report_can_be_scheduled_the_verification_comes_back(world):
    world.sqs.failing = True
    assert world.worker.work([verify_message("v1", check(1))], NOW + 8) == {"v1"}


def test_when_the_next_attempt_cannot_be_scheduled_the_verification_comes_back(world):
    world.aws.host(service(), tasks=[1])
    world.sqs.failing = True
    batch = [verify_message("v1", check(1)), verify_message("v2", check(2, Seen.LEAVING))]
    assert world.worker.work(batch, NOW + 8) == {"v1", "v2"}
    assert world.tallies.noted == {}


def test_one_failed_attempt_leaves_the_other_attempts_alone(world):
    class Sometimes(type(world.aws)):
        def look(self, memberships):
            places = list(memberships)
            if any(place.task_arn == task_arn(1) for place in places):
                raise failure()
            return super().look(places)

    world.worker.aws = Sometimes()
    batch = [verify_message("v1", check(1)), verify_message("v2", check(2), attempt=2)]
    assert world.worker.work(batch, NOW + 8) == {"v1"}


def test_a_task_that_ecs_could_not_be_asked_about_brings_back_its_own_message(world, logged):
    world.aws.host(service(), tasks=[1, 2])
    world.aws.described[task_arn(2)] = {"lastStatus": "RUNNING"}
    world.aws.broken[OTHER_CLUSTER] = failure()
    batch = [
        verify_message("v1", check(1, cluster_arn=OTHER_CLUSTER)),
        verify_message("v2", check(2, cluster_arn=CLUSTER)),
    ]
    assert world.worker.work(batch, NOW + 60) == {"v1"}
    assert [r.task for r in logged if r.msg == "task not verified"] == [task_arn(1)]


def test_reports_that_cannot_be_read_come_back(world):
    world.tallies.add(WEB, {"native": frozenset("a")}, now=NOW)
    world.tallies.failing = {WEB}
    batch = [Message("r1", encode(Report((WEB,)))), message(1)]
    assert world.worker.work(batch, NOW + 60) == {"r1"}
    world.tallies.failing = set()
    assert world.worker.work(batch, NOW + 60) == set()
    assert len(world.bus.details) == 1


def test_of_the_reports_only_those_of_storms_that_are_over_need_the_bus(world):
    world.tallies.add(WEB, {"native": frozenset("a")}, now=NOW + 60)
    world.tallies.add(API, {"native": frozenset("a")}, now=NOW)
    world.bus.failing = True
    batch = [Message("r1", encode(Report((WEB,)))), Message("r2", encode(Report((API, WEB))))]
    assert world.worker.work(batch, NOW + 60) == {"r2"}
    world.bus.failing = False
    assert world.worker.work(batch, NOW + 60) == set()
    assert [detail["service"] for detail in world.bus.details] == ["api"]


def test_a_failed_drain_leaves_verifications_and_reports_alone(world):
    class Down(type(world.aws)):
        def services(self, keys, *, now):
            raise failure()

    world.worker.aws = Down()
    world.tallies.add(WEB, {"native": frozenset("a")}, now=NOW - 60)
    batch = [message(1), verify_message("v1", check(2, service_arn=API))]
    batch.append(Message("r1", encode(Report((WEB,)))))
    assert world.worker.work(batch, NOW) == {"m1"}
    assert len(world.bus.details) == 1


def test_a_report_of_something_that_is_no_service_comes_back_alone(world):
    world.tallies.add("nonsense", {"native": frozenset("a")}, now=NOW - 60)
    world.tallies.add(WEB, {"native": frozenset("a")}, now=NOW - 60)
    batch = [Message("r1", encode(Report(("nonsense",)))), Message("r2", encode(Report((WEB,))))]
    assert world.worker.work(batch, NOW) == {"r1"}


def test_a_verification_of_something_that_is_no_service_comes_back_alone(world):
    batch = [
        verify_message("v1", check(1, service_arn="nonsense")),
        verify_message("v2", check(2)),
    ]
    assert world.worker.work(batch, NOW + 8) == {"v1"}
