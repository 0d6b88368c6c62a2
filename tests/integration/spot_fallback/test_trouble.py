"""Somebody else's hands, wrong tags, missing capacity, failing calls: each ends in a defined state."""

from __future__ import annotations

import pytest

from sandbox.ecs import App
from sandbox.faults import CallFault
from sandbox.gateway.iam.policy import evaluate
from tests.integration.conftest import web
from tests.integration.spot_fallback.conftest import COVER


def test_a_cover_that_somebody_scaled_is_set_right_and_told(market):
    ops = market(count=4)
    ops.drought()
    ops.run(180)
    ops.account.client("ecs").update_service(cluster="prod", service=COVER, desiredCount=1)
    ops.run(90)
    assert ops.covered() == 4
    assert "prod/web: somebody else changed the cover" in ops.titles()


def test_a_cover_that_somebody_deleted_is_made_anew(market):
    ops = market(count=2)
    ops.drought()
    ops.run(180)
    ops.account.client("ecs").delete_service(cluster="prod", service=COVER, force=True)
    ops.run(240)
    assert ops.covered() == 2


def test_a_service_of_that_name_that_is_not_ours_is_never_touched(market):
    services = [web(count=2), web(COVER, count=1, target_groups=[])]
    ops = market(services=services)
    ops.tag("on")
    ops.drought()
    ops.run(300)
    assert ops.covered() == 1
    assert not [c for c in ops.calls("UpdateService") if c["parameters"]["service"] == COVER]
    assert "prod/web: cannot be covered: the name is taken" in ops.titles()


@pytest.mark.parametrize("off", [None, "off"])
def test_a_name_that_is_taken_is_told_as_over_when_no_cover_is_wanted_any_more(market, off):
    ops = market(services=[web(), web(COVER, target_groups=[])])
    ops.tag("on")
    ops.drought()
    ops.run(120)
    ops.tag(off)
    ops.run(900)
    told = [(alert["incident"], alert["state"]) for alert in ops.alerts()]
    assert [state for _, state in told] == ["open", "resolved"]
    assert len({incident for incident, _ in told}) == 1
    assert ops.service(COVER)["status"] == "ACTIVE"


@pytest.mark.parametrize("action", ["ecs:UpdateService", "ecs:DeleteService"])
def test_the_role_may_touch_no_service_but_covers(market, action):
    """Should the code be wrong: IAM does not let it."""
    ops = market(count=1)
    policies = ops.account.roles.policies(ops.stack.attribute("SpotFallbackRole", "Arn"))
    service = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"
    tagged = {"aws:resourcetag/ecs-ops:fallback-for": service}
    assert evaluate(policies, action, f"{service}-ecs-ops-fallback", tagged).allowed
    assert not evaluate(policies, action, f"{service}-ecs-ops-fallback", {}).allowed
    assert not evaluate(policies, action, service, {}).allowed
    assert not evaluate(policies, action, service, tagged).allowed


@pytest.mark.parametrize(
    ("key", "value"),
    [("ecs-ops:spot-fallback", "maybe"), ("ecs-ops:spot-fallback-max", "50 percent")],
)
def test_a_tag_value_that_nobody_knows_covers_nothing_and_is_told_once(market, key, value):
    ops = market(count=2)
    ops.tag(value, key)
    ops.drought()
    ops.run(600)
    assert ops.covered() == -1
    [alert] = ops.alerts()
    assert alert["title"] == "prod/web: cannot be covered when Spot runs short"
    assert f"{key}='{value}'" in alert["summary"]
    assert ops.metric("ConfigurationErrors") > 0
    assert ops.dead_letters("SpotFallbackDeadLetterQueue") == []


def test_a_shortage_of_on_demand_capacity_is_an_alarm_and_no_flapping(market):
    ops = market(count=2)
    ops.account.ecs.on_demand_capacity(0)
    ops.drought()
    ops.run(600)
    assert ops.changes() == [(0, 2)]
    critical = [alert for alert in ops.alerts() if alert["severity"] == "critical"]
    assert [alert["title"] for alert in critical] == [
        "prod/web: neither Spot tasks nor their cover find a place"
    ]


def test_a_shortage_of_on_demand_capacity_alone_covers_nothing(market):
    ops = market(count=2)
    ops.account.ecs.behave("web", App(launch_failure="AGENT"))
    ecs, arn = ops.account.client("ecs"), ops.service()["serviceArn"]
    ecs.stop_task(
        cluster="prod", task=ecs.list_tasks(cluster="prod", serviceName="web")["taskArns"][0]
    )
    ops.run(30)
    ops.account.put_event(
        {
            "source": "aws.ecs",
            "detail-type": "ECS Service Action",
            "resources": [arn],
            "detail": {
                "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
                "eventType": "ERROR",
                "capacityProviderArns": [
                    "arn:aws:ecs:eu-west-1:123456789012:capacity-provider/FARGATE"
                ],
                "reason": "RESOURCE:FARGATE",
            },
        }
    )
    ops.run(120)
    assert ops.service()["runningCount"] == 1
    assert ops.covered() == -1


def test_a_dry_run_changes_nothing_and_says_what_it_would_do(market):
    ops = market(count=2, parameters={"SpotFallbackMode": "dry-run"})
    ops.drought()
    ops.run(300)
    assert ops.covered() == -1
    assert ops.titles() == ["prod/web: dry run: the cover would be changed"]


def test_the_stacks_off_outranks_the_tag(market):
    ops = market(count=2, parameters={"SpotFallbackMode": "off"})
    ops.drought()
    ops.run(300)
    assert ops.covered() == -1


def test_a_frozen_service_is_left_alone(market):
    ops = market(count=2, tags={"ecs-ops:freeze": "on"})
    ops.drought()
    ops.run(1_200)
    assert ops.covered() == -1
    assert "prod/web: tasks are missing and not covered" in ops.titles()


@pytest.mark.parametrize(
    "operation", ["CreateService", "PutItem", "ListTasks", "DescribeServices", "PutEvents"]
)
@pytest.mark.parametrize("kind", ["timeout-after", "crash-after", "throttle", "error"])
def test_whatever_call_fails_once_the_cover_is_made_once_and_told_at_least_once(
    market, operation, kind
):
    ops = market(count=2)
    function = ops.stack.function("SpotFallbackFunction").name
    ops.account.faults.add(CallFault(kind, operation=operation, function=function, nth=1))
    ops.drought()
    ops.run(240)
    if kind != "crash-after":  # the call itself went well
        assert any(c["outcome"] != "ok" for c in ops.calls(operation)), "the fault hit nothing"
    assert ops.covered() == 2
    created = [c for c in ops.calls("CreateService") if c["outcome"] == "ok"]
    assert len(created) <= 2
    assert ops.changes() == [(0, 2)]
    assert set(ops.titles()) == {"prod/web: Spot is short, tasks are started on demand"}
    assert len({(alert["incident"], alert["stage"]) for alert in ops.alerts()}) == 1


def test_an_event_of_another_kind_is_rejected_and_nothing_else_is_lost(market):
    ops = market(count=2)
    queue = ops.stack.queue_url("SpotFallbackQueue")
    ops.account.client("sqs").send_message(QueueUrl=queue, MessageBody="not json")
    ops.drought()
    ops.run(200)
    assert ops.covered() == 2
    assert [m["Body"] for m in ops.dead_letters("SpotFallbackDeadLetterQueue")] == ["not json"]


def test_a_cover_that_cannot_be_made_is_critical_and_told_once(market):
    ops = market(count=2)
    ops.account.faults.add(
        CallFault("error", operation="CreateService", code="AccessDeniedException", status=400)
    )
    ops.drought()
    ops.run(400)
    assert ops.covered() == -1
    [alert] = ops.alerts()
    assert (alert["severity"], alert["title"]) == (
        "critical",
        "prod/web: the cover could not be changed",
    )
    assert ops.metric("FallbackFailures") > 1


def test_a_cover_is_told_as_over_when_its_service_wants_none_any_more(market):
    ops = market(count=2)
    ops.drought()
    ops.run(120)
    ops.tag("off")
    ops.run(300)
    first, last = ops.alerts()
    assert (first["state"], last["state"]) == ("open", "resolved")
    assert first["incident"] == last["incident"]
    assert last["title"] == "prod/web: the cover of Spot is given up"


def test_what_was_told_of_a_wrong_tag_is_told_as_mended_though_nothing_is_short(market):
    ops = market(count=2)
    ops.tag("maybe")
    ops.run(120)
    ops.tag("on")
    ops.run(600)
    first, last = ops.alerts()
    assert (first["state"], last["state"]) == ("open", "resolved")
    assert first["incident"] == last["incident"]


@pytest.mark.parametrize("off", ["off", None])
def test_what_was_told_of_a_wrong_tag_is_over_when_no_cover_is_wanted_any_more(market, off):
    ops = market(count=2)
    ops.tag("maybe")
    ops.run(600)
    ops.tag(off)
    ops.run(600)
    first, last = ops.alerts()
    assert (first["state"], last["state"]) == ("open", "resolved")
    assert first["incident"] == last["incident"]

    ops.tag("maybe")
    ops.run(600)
    assert [alert["state"] for alert in ops.alerts()] == ["open", "resolved", "open"], "told anew"


def test_the_end_is_told_by_a_process_that_was_not_there_though_the_tag_is_gone(market):
    """Nothing names the service any more: neither the tag, nor what another process remembers."""
    ops = market(count=2)
    ops.tag("maybe")
    ops.run(120)
    ops.tag(None)
    ops.account.recycle("SpotFallbackFunction")
    ops.run(600)
    first, last = ops.alerts()
    assert (first["state"], last["state"]) == ("open", "resolved")
    assert first["incident"] == last["incident"]

    ops.trace.clear()
    ops.run(600)
    operations = [
        call["operation"] for call in ops.calls(function=ops.stack.ref("SpotFallbackFunction"))
    ]
    assert operations.count("BatchGetItem") <= 2, "one item, once in five minutes"
    assert operations.count("DescribeServices") == 0


def test_tasks_that_are_missing_and_not_covered_end_with_the_tag_too(market):
    ops = market(count=2, tags={"ecs-ops:freeze": "on"})
    ops.drought()
    ops.run(1_200)
    (waiting,) = ops.alerts()
    assert waiting["title"] == "prod/web: tasks are missing and not covered"
    assert ops.metric("MissingTasks") > 0
    ops.tag("off")
    ops.run(600)
    assert ops.alerts()[-1]["incident"] == waiting["incident"]
    assert ops.alerts()[-1]["state"] == "resolved"


def test_a_live_cover_stays_as_it_is_under_a_dry_run(market):
    ops = market(count=2)
    ops.drought()
    ops.run(120)
    ops.tag("dry-run")
    ops.spot(None)
    ops.run(1_800)
    assert ops.covered() == 2
    assert ops.titles()[-1] == "prod/web: dry run: the cover would be changed"


def test_a_shortage_of_another_account_covers_nothing_here(market):
    ops = market(count=2)
    ops.account.put_event(
        {
            "source": "aws.ecs",
            "account": "999999999999",
            "detail-type": "ECS Service Action",
            "resources": [ops.service()["serviceArn"].replace("123456789012", "999999999999")],
            "detail": {
                "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
                "eventType": "ERROR",
                "capacityProviderArns": [
                    "arn:aws:ecs:eu-west-1:999999999999:capacity-provider/FARGATE_SPOT"
                ],
                "reason": "RESOURCE:FARGATE",
            },
        }
    )
    ops.run(120)
    assert ops.covered() == -1
    assert ops.alerts() == []


def test_a_target_group_that_is_deleted_meanwhile_makes_an_alert_and_no_cover(market):
    ops = market(count=2)
    elb = ops.account.client("elbv2")
    [balancer] = elb.describe_load_balancers(Names=["web"])["LoadBalancers"]
    for each in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
        elb.delete_listener(ListenerArn=each["ListenerArn"])
    elb.delete_target_group(TargetGroupArn=ops.service()["loadBalancers"][0]["targetGroupArn"])
    ops.drought()
    ops.run(300)
    assert ops.covered() == -1
    assert ops.titles() == ["prod/web: the cover could not be changed"]


def test_5_a_cover_whose_tasks_fail_the_second_time_is_told_and_so_is_its_end(market):
    ops = market(count=2)
    ops.drought()
    ops.run(120)
    ops.spot(None)
    ops.run(1_800)
    assert ops.covered() == 0
    ops.account.ecs.behave("web", App.crash(after_s=1.0))
    ops.drought()
    ops.run(600)
    titles = ops.titles()
    assert titles.count("prod/web: the cover of Spot does not run") == 1
    ops.account.ecs.behave("web", App())
    ops.run(1_200)
    assert ops.titles()[-1] == "prod/web: the cover of Spot runs now"
