"""What a deployment has come to, told through the shipped stack in whatever order its events arrive."""

from __future__ import annotations

import copy
import json
import re

from deploy_guard.model import Outcome
from sandbox.ec2 import Machine
from sandbox.ecs import App, EcsSettings
from sandbox.elb.model import DESCRIPTIONS
from sandbox.faults import CallFault, EventFault
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import REPOSITORY, SECRET, Observed, observed


def test_s01_a_rollback_that_ecs_calls_completed_is_no_success(operate):
    guard = observed(operate, service=web(breaker={}))
    guard.tag(deployment_news="all")
    guard.release(app=App.without_secret(SECRET), seconds=600)
    assert guard.stages() == ["started", "failed", "rolling-back", "rolled-back"]
    assert len({alert["incident"] for alert in guard.alerts()}) == 1
    last = guard.alerts()[-1]
    assert last["title"].startswith("prod/web: rolled back, serving web:1")
    assert (last["severity"], last["state"]) == ("warning", "update")
    row = newest(guard)
    assert (row.outcome, row.serving.name) == (Outcome.ROLLED_BACK, "web:1")
    assert guard.ledger().bad(row.target)
    assert not guard.ledger().bad(row.serving)


def test_s06_instances_that_are_full_are_never_a_reason_to_roll_back(operate):
    guard = on_full_instances(operate)
    guard.release(seconds=1200)
    full = [one for one in placements(guard) if one == "RESOURCE:MEMORY"]
    assert len(full) >= 5
    (alert,) = guard.alerts()
    assert (alert["stage"], alert["severity"]) == ("stalled", "warning")
    assert "No container instance has room (RESOURCE:MEMORY), 3 times." in alert["summary"]
    assert "the cause is PLACEMENT (capacity): another version would not help" in alert["summary"]
    found = newest(guard).diagnosis
    assert (found.cause_id, found.blame, found.count) == ("PLACEMENT", "capacity", len(full))
    assert guard.orders() == []
    assert guard.writes() == []
    assert not any(not one.good for one in guard.ledger().judged)


def test_s06_capacity_is_never_a_reason_to_roll_back(operate):
    guard = observed(operate)
    guard.tag(rollback="auto")
    guard.account.ecs.spot_capacity(0)
    guard.release(seconds=1200)
    (alert,) = guard.alerts()
    assert alert["stage"] == "stalled"
    assert "The version is not to blame" in alert["summary"]
    assert guard.orders() == []
    assert guard.writes() == []
    assert guard.ledger().judged == () or all(one.good for one in guard.ledger().judged)


def on_full_instances(operate):
    """Two instances, each with room for one task of the service, which runs there."""
    guard = Observed(operate(world=False))
    guard.ecs.create_cluster(clusterName="prod")
    for zone in ("eu-west-1a", "eu-west-1b"):
        guard.account.fleet.launch(Machine(memory=700), zone)
    guard.account.run_for(60)
    guard.ecs.register_task_definition(
        family="web",
        networkMode="bridge",
        requiresCompatibilities=["EC2"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "app"}],
    )
    guard.ecs.create_service(
        cluster="prod",
        serviceName="web",
        taskDefinition="web",
        desiredCount=2,
        launchType="EC2",
    )
    guard.tag(rollback="auto")
    guard.account.run_for(1200)
    guard.world.trace.clear()
    return guard


def placements(guard):
    """Why ECS found no place for a task, each time it said so."""
    events = [entry["event"]["detail"] for entry in guard.world.trace.select("event")]
    names = ("SERVICE_TASK_PLACEMENT_FAILURE",)
    return [one["reason"] for one in events if one.get("eventName") in names]


def test_s09_the_same_event_many_times_is_one_alert_and_one_order(operate):
    guard = observed(operate, faults=[EventFault(source="aws.ecs", duplicates=4)])
    guard.tag(rollback="auto")
    guard.release(app=App.without_secret(SECRET), seconds=50)
    assert guard.stages() == ["failed"]
    assert len(guard.mails()) == 1
    assert len(guard.orders()) == 1


def test_s26_a_duplicate_costs_one_call(operate):
    guard = observed(operate)
    guard.release(app=App.without_secret(SECRET), seconds=50)
    events = [entry["event"] for entry in guard.world.trace.select("event")]
    failed = [one for one in events if one["detail"].get("stopCode") == "TaskFailedToStart"]
    guard.world.trace.clear()
    guard.account.put_event(failed[-1])
    guard.account.run_for(1)
    assert [call["operation"] for call in guard.world.calls()] == ["UpdateItem"]


def test_s18_a_freeze_is_told_with_its_author_and_its_end_lets_the_order_go(operate):
    guard = observed(operate)
    guard.tag(rollback="auto", freeze="2026-01-05T09:20:00Z")
    guard.release(app=App.without_secret(SECRET), seconds=400)
    (alert,) = guard.alerts()
    assert "frozen by the tag ecs-ops:freeze of the service, until 2026-01-05 09:20 UTC" in str(
        alert
    )
    assert guard.orders() == []
    guard.account.run_for(1000)
    assert {one.deployment for one in guard.orders()} == {newest(guard).id}


def test_s18_the_kill_switch_is_told(operate):
    guard = observed(operate)
    guard.tag(rollback="auto")
    guard.account.client("ssm").put_parameter(
        Name=guard.world.stack.ref("DeployGuardSwitch"), Value="off", Overwrite=True
    )
    guard.release(app=App.without_secret(SECRET), seconds=100)
    assert "the guard is switched off" in guard.alerts()[0]["summary"]
    assert guard.orders() == []


def test_s18_an_irreversible_release_is_told(operate):
    guard = observed(operate)
    guard.tag(rollback="auto", irreversible="on")
    guard.release(app=App.without_secret(SECRET), seconds=100)
    assert "ecs-ops:irreversible is set on the service" in guard.alerts()[0]["summary"]
    assert guard.orders() == []


def test_s19_ecs_goes_first_and_its_own_numbers_are_told(operate):
    guard = observed(operate, service=web(breaker={"threshold": 5}))
    guard.tag(rollback="auto")
    guard.release(app=App.without_secret(SECRET), seconds=600)
    assert guard.orders() == []
    assert "Waiting until 09:18 UTC: ECS's own circuit breaker" in guard.alerts()[0]["summary"]
    rolled_back = next(one for one in guard.alerts() if one["stage"].startswith("roll"))
    told = r"circuit breaker asked for it: [56] failures, the threshold is 5"
    assert re.search(told, rolled_back["summary"])


def test_s19_after_fifteen_minutes_ecs_has_had_its_chance(operate):
    # A task that runs for a second is a healthy one to the breaker: its count never gets anywhere.
    guard = observed(operate, service=web(breaker={}))
    guard.tag(rollback="auto")
    guard.release(app=App.crash(after_s=1), seconds=900)
    assert guard.orders() == []
    guard.account.run_for(200)
    assert [one.deployment for one in guard.orders()][:1] == [newest(guard).id]


def test_without_a_breaker_a_deployment_that_never_ends_has_a_verdict_too(operate):
    guard = observed(operate)
    stuck = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    guard.ecs.update_service(cluster="prod", service="web", deploymentConfiguration=stuck)
    guard.release(seconds=1200)
    (alert,) = guard.alerts()
    assert alert["title"] == "prod/web: web:2 is stuck, nothing has moved for 15 minutes"


def test_s21_what_the_services_events_say_is_asked_of_no_load_balancer(operate):
    denied = CallFault("error", operation="GetLogEvents", code="AccessDeniedException", status=400)
    guard = observed(operate, faults=[denied], latency_s=0.03)
    guard.release(app=App.unhealthy(404), seconds=300)
    assert "AccessDeniedException" in missing(guard)
    assert "Target.ResponseCodeMismatch [404]" in str(guard.alerts()[0])
    assert guard.world.calls("DescribeTargetHealth") == []


def test_s21_enrichers_that_fail_at_once_are_named_and_the_alert_goes_out_in_time(
    operate, monkeypatch
):
    # Words that nobody knows yet: then it is the load balancer that has to say what is wrong.
    monkeypatch.setitem(DESCRIPTIONS, "Target.ResponseCodeMismatch", "The target is not well")
    denied = CallFault("error", operation="GetLogEvents", code="AccessDeniedException", status=400)
    throttled = CallFault("throttle", operation="DescribeTargetHealth")
    guard = observed(operate, faults=[denied, throttled], latency_s=0.03)
    guard.release(app=App.unhealthy(404), seconds=300)
    assert "AccessDeniedException" in missing(guard)
    assert "DescribeTargetHealth" in missing(guard)
    assert guard.took_s() < 10


def missing(guard):
    """What the first alert says could not be found out."""
    (found,) = [
        one for one in guard.alerts()[0]["evidence"] if one["title"] == "Could not be found out"
    ]
    return " ".join(found["lines"])


def test_s21_a_registry_that_does_not_answer_is_named_and_the_alert_goes_out_in_time(operate):
    silent = CallFault("timeout-after", operation="DescribeImages")
    guard = observed(operate, faults=[silent], latency_s=0.03)
    guard.release(image=f"{REPOSITORY}:v9", seconds=300)
    assert "DescribeImages" in str(guard.alerts()[0]["evidence"])
    assert guard.took_s() < 10


def test_s21_what_arrives_late_is_told_in_the_same_thread(operate):
    guard = observed(operate, ecs=EcsSettings(log_ingestion_s=30))
    guard.release(app=App.crash("KeyError: 'DATABASE_URL'", after_s=1), seconds=200)
    first, second = guard.alerts()
    assert "KeyError" not in first["summary"]
    assert (second["stage"], second["incident"]) == ("evidence", first["incident"])
    assert "KeyError: 'DATABASE_URL'" in second["summary"]


def test_s23_a_storm_of_one_failed_deployment_is_one_thread_and_few_calls(operate):
    guard = observed(operate)
    guard.release(app=App.without_secret(SECRET), seconds=0)
    guard.account.run_for(30)
    events = [entry["event"] for entry in guard.world.trace.select("event")]
    stopped = next(one for one in events if one["detail"].get("stopCode") == "TaskFailedToStart")
    impaired = stopped | {
        "detail-type": "ECS Service Action",
        "resources": [guard.service],
        "detail": {"eventType": "WARN", "eventName": "SERVICE_TASK_START_IMPAIRED"},
    }
    steady = impaired | {"detail": {"eventType": "INFO", "eventName": "SERVICE_STEADY_STATE"}}
    guard.world.trace.clear()
    for number in range(200):
        one = copy.deepcopy(stopped)
        one["detail"] |= {"taskArn": f"{stopped['detail']['taskArn']}{number}"}
        guard.account.put_event(one)
    for number in range(40):
        guard.account.put_event(impaired | {"time": f"2026-01-05T09:04:{number:02}Z"})
    for _ in range(100):
        guard.account.put_event(steady)
    guard.account.run_for(5)
    assert len(guard.world.calls("DescribeServices")) <= 8
    guard.account.run_for(600)
    assert len(guard.mails()) <= 6
    assert guard.world.dead_letters("DeployGuardDeadLetterQueue") == []


def test_s24_an_event_of_tomorrow_is_told_and_does_no_harm(operate):
    guard = observed(operate)
    event = {
        "version": "0",
        "id": "e1",
        "detail-type": "ECS Deployment State Change",
        "source": "aws.ecs",
        "account": "123456789012",
        "time": "2026-01-05T09:03:00Z",
        "region": "eu-west-1",
        "resources": [guard.service],
        "detail": {
            "eventType": "INFO",
            "eventName": "SERVICE_DEPLOYMENT_PAUSED",
            "deploymentId": "ecs-svc/1",
            "updatedAt": "2026-01-05T09:03:00.123456789Z",
            "more": {"of": ["it"]},
        },
    }
    guard.account.put_event(event)
    guard.account.put_event(event)
    guard.account.run_for(5)
    (alert,) = guard.alerts()
    assert (alert["stage"], alert["severity"]) == ("unknown-SERVICE_DEPLOYMENT_PAUSED", "info")
    assert guard.world.metric("UnknownEvents") >= 1


def test_s24_an_event_with_an_arn_of_the_old_form_does_no_harm(operate):
    guard = observed(operate)
    guard.release(app=App.without_secret(SECRET), seconds=60)
    told = len(guard.alerts())
    (event,) = [
        entry["event"]
        for entry in guard.world.trace.select("event")
        if entry["event"]["detail"].get("eventName") == "SERVICE_DEPLOYMENT_IN_PROGRESS"
    ][:1]
    guard.account.put_event(
        event | {"id": "old", "resources": [guard.service.replace("/prod/", "/")]}
    )
    guard.account.run_for(120)
    assert len(guard.alerts()) == told
    assert guard.world.dead_letters("DeployGuardDeadLetterQueue") == []


def test_s24_a_message_that_cannot_be_read_ends_in_the_dead_letter_queue(operate):
    guard = observed(operate)
    url = guard.world.stack.queue_url("DeployGuardQueue")
    bad = json.dumps(
        {"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "detail": {}}
    )
    guard.account.client("sqs").send_message(QueueUrl=url, MessageBody=bad)
    guard.account.run_for(650)
    assert len(guard.world.dead_letters("DeployGuardDeadLetterQueue")) == 1
    assert guard.world.metric("RejectedMessages") == 20


def test_whoever_may_not_see_says_so_and_does_nothing(operate):
    guard = observed(operate)
    guard.tag(rollback="auto")
    guard.account.faults.add(
        CallFault(
            "error",
            operation="DescribeServiceDeployments",
            code="AccessDeniedException",
            status=400,
        )
    )
    guard.release(app=App.without_secret(SECRET), seconds=100)
    assert guard.stages() == ["blind"]
    assert guard.orders() == []


def test_a_tag_that_nobody_understands_means_notify_and_is_told(operate):
    guard = observed(operate)
    guard.tag(rollback="automatic")
    guard.release(app=App.without_secret(SECRET), seconds=100)
    assert "tag ecs-ops:rollback='automatic'" in str(guard.alerts()[0]["evidence"])
    assert guard.orders() == []


def test_off_is_silent_and_the_ledger_is_kept_all_the_same(operate):
    guard = observed(operate)
    guard.tag(rollback="off")
    guard.release(app=App.without_secret(SECRET), seconds=100)
    assert guard.alerts() == []
    assert newest(guard).outcome is Outcome.FAILED


def newest(guard):
    return guard.ledger().deployments[0]
