"""The first pass, against an account in memory."""

from __future__ import annotations

import pytest

from ecsops.errors import ClusterGone, TargetGroupGone
from spot_drain.drain import drain
from spot_drain.targets import Registration, Target
from spot_drain.verdict import Seen
from tests.unit.spot_drain.builders import (
    CLUSTER,
    NOW,
    OTHER_CLUSTER,
    PORT,
    address,
    failure,
    group,
    interruption,
    service,
    service_arn,
    task_arn,
)
from tests.unit.spot_drain.fakes import FakeGateway


def test_a_storm_costs_one_look_at_the_service_and_one_round_of_elb_calls():
    aws = FakeGateway().host(service("web", "blue", "green"), tasks=range(200))
    outcome = drain([interruption(n) for n in range(200)], aws, now=NOW)
    assert [name for name, _ in aws.calls] == ["services", "deregister", "deregister"]
    assert len(aws.calls[0][1]) == 1
    assert aws.calls[2][1] == []
    assert len(outcome.done) == len(outcome.checks) == 200
    assert aws.registered == set()


def test_what_the_first_look_showed_is_noted_for_the_verification():
    aws = FakeGateway().host(service(), tasks=[1])
    [check] = drain([interruption(1)], aws, now=NOW).checks
    assert check.task_arn == task_arn(1)
    assert check.service_arn == service_arn()
    assert (check.at, check.seen_at, check.dry_run) == (NOW, NOW, False)
    [target] = check.targets
    assert (target.group_arn, target.id, target.port) == (group(), address(1), PORT)
    assert target.first is Seen.REGISTERED


def test_a_service_without_target_groups_is_done_at_once():
    aws = FakeGateway().host(service(registrations=frozenset()))
    outcome = drain([interruption()], aws, now=NOW)
    assert [check.targets for check in outcome.checks] == [()]
    assert len(outcome.done) == 1
    assert aws.deregistered() == set()


def test_a_standalone_task_is_counted_and_costs_nothing():
    aws = FakeGateway()
    outcome = drain([interruption(service_name=None)], aws, now=NOW)
    assert len(outcome.standalone) == 1
    assert outcome.done == []
    assert all(not asked for _, asked in aws.calls)


def test_a_service_that_was_deleted_is_nobodys_problem():
    """4d: service deleted."""
    outcome = drain([interruption()], FakeGateway(), now=NOW)
    assert len(outcome.orphaned) == 1
    assert outcome.checks == []


def test_an_unknown_cluster_fails_only_its_own_messages():
    aws = FakeGateway().host(service(), tasks=[1])
    aws.broken[OTHER_CLUSTER] = failure("ClusterNotFoundException", ClusterGone)
    fresh, late = (
        interruption(n, cluster_arn=OTHER_CLUSTER, seen_at=seen)
        for n, seen in ((2, NOW), (3, None))
    )
    outcome = drain([interruption(1), fresh, late], aws, now=NOW)
    assert outcome.failed.keys() == {fresh, late}
    assert [one.task_arn for one in outcome.done] == [task_arn(1)]
    assert aws.deregistered() == {address(1)}


def test_one_target_group_of_two_services_is_emptied_of_both():
    """4d: one TG on several services."""
    aws = FakeGateway().host(service("web", "shared"), service("api", "shared"), tasks=[1, 2])
    outcome = drain([interruption(1), interruption(2, service_name="api")], aws, now=NOW)
    assert aws.registered == set()
    assert {check.service_arn for check in outcome.checks} == {service_arn(), service_arn("api")}


def test_a_deleted_group_is_told_and_holds_up_nothing():
    """4d: TG deleted."""
    aws = FakeGateway().host(service("web", "web", "gone"), tasks=[1])
    aws.gone.add(group("gone"))
    outcome = drain([interruption()], aws, now=NOW)
    assert outcome.gone == {group("gone")}
    assert len(outcome.done) == 1
    assert (group(), address(1)) not in {(g, t.id) for g, t in aws.registered}


def test_throttled_deregistration_fails_the_message_and_schedules_the_verification():
    """4d: throttling."""
    aws = FakeGateway().host(service("web"), service("api"), tasks=[1, 2])
    aws.broken[group("web")] = failure()
    outcome = drain([interruption(1), interruption(2, service_name="api")], aws, now=NOW)
    assert [one.task_arn for one in outcome.failed] == [task_arn(1)]
    assert [one.task_arn for one in outcome.done] == [task_arn(2)]
    first = {check.task_arn: check.targets[0].first for check in outcome.checks}
    assert first == {task_arn(1): Seen.UNKNOWN, task_arn(2): Seen.REGISTERED}


def test_what_a_first_try_may_have_done_before_it_died_is_nobodys_credit():
    aws = FakeGateway().host(service(), tasks=[3])
    aws.leaving |= {(group(), Target(address(n), PORT)) for n in (1, 2)}
    batch = [interruption(1, retried=True), interruption(2), interruption(3, retried=True)]
    outcome = drain(batch, aws, now=NOW)
    first = {check.task_arn: check.targets[0].first for check in outcome.checks}
    assert first == {
        task_arn(1): Seen.UNKNOWN,
        task_arn(2): Seen.LEAVING,
        task_arn(3): Seen.REGISTERED,
    }


def test_a_task_that_stopped_between_two_tries_was_missed():
    aws = FakeGateway().host(service(), tasks=[1])
    again, late_copy = interruption(1, retried=True), interruption(2)
    outcome = drain([again, late_copy], aws, now=NOW + 40)
    assert [(one, known.arn) for one, known in outcome.missed] == [(again, service_arn())]
    assert outcome.stale == [late_copy]
    assert aws.deregistered() == set()
    assert outcome.checks == outcome.done == []


@pytest.mark.parametrize(
    "known", [service(mode="off"), service(mode="dry-run"), service(registrations=frozenset())]
)
def test_nothing_was_missed_where_nothing_was_to_be_done(known):
    aws = FakeGateway().host(known)
    outcome = drain([interruption(retried=True)], aws, now=NOW + 40)
    assert outcome.missed == []
    assert outcome.failed == {}


def test_a_missed_task_of_an_unknown_service_comes_back():
    aws = FakeGateway()
    aws.services_by_name[CLUSTER, "web"] = failure()
    outcome = drain([interruption(retried=True)], aws, now=NOW + 40)
    assert outcome.missed == outcome.stale == []
    assert len(outcome.failed) == 1


def test_a_dry_run_looks_and_leaves_alone():
    aws = FakeGateway().host(service("web", mode="dry-run"), service("api"), tasks=[1, 2])
    outcome = drain([interruption(1), interruption(2, service_name="api")], aws, now=NOW)
    assert aws.deregistered() == {address(2)}
    dry = {check.task_arn: check.dry_run for check in outcome.checks}
    assert dry == {task_arn(1): True, task_arn(2): False}
    assert all(check.targets[0].first is Seen.REGISTERED for check in outcome.checks)


def test_off_does_not_even_look():
    aws = FakeGateway().host(service(mode="off"), tasks=[1])
    outcome = drain([interruption()], aws, now=NOW)
    assert len(outcome.switched_off) == 1
    assert outcome.checks == outcome.done == []
    assert all(name == "services" or not asked for name, asked in aws.calls)


def rolling() -> FakeGateway:
    """A rollout: the old revision's group is known to the service, the new one's is not yet."""
    aws = FakeGateway().host(service(revisions=("r1", "r2")), tasks=[1])
    grown = service("web", "web", "next", revisions=("r1", "r2"))
    aws.rolled[service_arn()] = grown
    aws.host(grown, tasks=[1])
    aws.host(service(revisions=("r1", "r2")))
    return aws


def test_a_service_in_a_rollout_is_drained_from_the_groups_of_its_revisions_too():
    aws = rolling()
    outcome = drain([interruption()], aws, now=NOW)
    assert aws.registered == set()
    groups = [target.group_arn for check in outcome.checks for target in check.targets]
    assert sorted(groups) == [group("next"), group("web")]
    assert len(outcome.done) == 1


def test_the_first_wave_does_not_wait_for_the_revisions():
    aws = rolling()
    aws.rolled[service_arn()] = failure()
    outcome = drain([interruption()], aws, now=NOW)
    assert [one.task_arn for one in outcome.failed] == [task_arn(1)]
    assert outcome.done == []
    assert {g for g, _ in aws.registered} == {group("next")}


def test_a_rollout_without_new_groups_needs_no_second_wave():
    aws = FakeGateway().host(service(revisions=("r1", "r2")), tasks=[1])
    aws.rolled[service_arn()] = service(revisions=("r1", "r2"))
    outcome = drain([interruption()], aws, now=NOW)
    assert len(outcome.checks) == 1


def test_each_task_gets_what_its_own_view_of_the_service_lacked():
    """Two deployments of one service are remembered apart: one view may be older."""
    old = service(revisions=())
    new = service("web", "web", "next", revisions=("r1", "r2"))

    class TwoViews(FakeGateway):
        def services(self, keys, *, now):
            return {key: new if key.started_by == "ecs-svc/2" else old for key in keys}

    aws = TwoViews(rolled={service_arn(): new}).host(new, tasks=[1, 2])
    drain([interruption(1), interruption(2, started_by="ecs-svc/2")], aws, now=NOW)
    assert aws.registered == set()


def test_two_ports_of_a_task_are_two_targets():
    """4d: several containers and ports."""
    both = frozenset({Registration(group(), PORT), Registration(group(), 9090)})
    aws = FakeGateway().host(service(registrations=both), tasks=[1])
    assert len(drain([interruption()], aws, now=NOW).checks[0].targets) == 2
    assert aws.registered == set()


def test_a_task_whose_target_group_failed_for_good_is_not_reported_as_done():
    aws = FakeGateway().host(service("web", "web", "other"), tasks=[1])
    aws.broken[group("other")] = failure("Throttling", TargetGroupGone)
    outcome = drain([interruption()], aws, now=NOW)
    assert len(outcome.failed) == 1
    assert outcome.done == []
