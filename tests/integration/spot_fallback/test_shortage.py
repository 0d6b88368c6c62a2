"""A Spot drought from its first second to its end, through the shipped template."""

from __future__ import annotations

import itertools

from sandbox.ecs import App, EcsSettings
from tests.integration.conftest import web
from tests.integration.spot_fallback.conftest import COVER

LATEST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:latest"


def healthy(market) -> int:
    return sum(state == "healthy" for state in market.health("web").values())


def test_a_drought_is_covered_within_seconds_and_given_back_in_steps(market):
    ops = market(count=4)
    assert healthy(ops) == 4
    ops.drought()
    ops.run(10)
    assert ops.covered() == 4
    assert ops.service()["desiredCount"] == 4
    ops.run(110)
    assert (healthy(ops), ops.service(COVER)["runningCount"]) == (4, 4)
    ops.run(1_800)
    assert ops.covered() == 4
    ops.spot(None)
    ops.run(300)
    assert ops.service()["runningCount"] == 4
    assert ops.covered() == 4
    ops.run(1_200)
    assert ops.covered() == 0
    assert ops.changes() == [(0, 4), (4, 3), (3, 2), (2, 1), (1, 0)]
    assert healthy(ops) == 4


def test_people_are_told_at_the_beginning_and_at_the_end_in_one_incident(market):
    ops = market(count=4)
    ops.drought()
    ops.run(900)
    ops.spot(None)
    ops.run(1_800)
    assert ops.titles() == [
        "prod/web: Spot is short, tasks are started on demand",
        "prod/web: back on Spot",
    ]
    first, last = ops.alerts()
    assert first["incident"] == last["incident"]
    assert (first["state"], last["state"]) == ("open", "resolved")
    assert "4 of 4 tasks find no Spot capacity" in first["summary"]


def test_only_what_is_missing_is_covered(market):
    ops = market(count=4)
    ops.spot(1)
    ops.account.ecs.interrupt(ops.tasks("web")[:2])
    ops.run(60)
    there = len(ops.tasks("web"))
    assert ops.covered() == 4 - there


def test_5_a_shortage_that_grows_is_covered_though_ecs_says_nothing_more_of_it(market):
    silent = EcsSettings(native_spot_deregistration="works", placement_failure_repeat_s=6 * 3_600.0)
    ops = market(count=4, ecs=silent)
    ops.spot(1)
    ops.account.ecs.interrupt(ops.tasks("web")[:1])
    ops.run(1_200)
    assert 0 < ops.covered() < 4
    ops.drought()
    ops.run(150)
    assert ops.covered() == 4
    said = [each for each in ops.trace.select("event") if _is_placement_failure(each["event"])]
    assert len(said) == 1


def _is_placement_failure(event: dict) -> bool:
    return event["detail"].get("eventName") == "SERVICE_TASK_PLACEMENT_FAILURE"


def test_the_cover_is_in_the_load_balancer_of_its_service_and_has_its_task_definition(market):
    ops = market(count=2)
    ops.drought()
    ops.run(60)
    primary, cover = ops.service(), ops.service(COVER)
    assert cover["loadBalancers"] == primary["loadBalancers"]
    assert cover["taskDefinition"] == primary["taskDefinition"]
    assert cover["launchType"] == "FARGATE"
    tags = {tag["key"]: tag["value"] for tag in cover["tags"]}
    assert tags["ecs-ops:fallback-for"] == primary["serviceArn"]


def test_without_the_tag_nothing_is_covered(market):
    ops = market(count=2)
    ops.tag(None)
    ops.drought()
    ops.run(600)
    assert ops.covered() == -1


def test_a_lost_event_is_made_up_for_by_the_next_tick(market):
    ops = market(count=2)
    ops.account.client("events").disable_rule(Name=ops.stack.ref("SpotShortageRule"))
    ops.drought()
    ops.run(90)
    assert ops.covered() == 2


def test_nothing_is_left_when_the_tag_goes(market):
    ops = market(count=2)
    ops.drought()
    ops.run(120)
    assert ops.covered() == 2
    ops.tag("off")
    ops.run(300)
    assert ops.service(COVER)["status"] == "INACTIVE"
    assert ops.tasks("web") == []


def test_nothing_is_left_when_the_service_goes(market):
    ops = market(count=2)
    ops.drought()
    ops.run(120)
    ops.account.client("ecs").delete_service(cluster="prod", service="web", force=True)
    ops.run(400)
    assert ops.service(COVER)["status"] == "INACTIVE"


def test_a_deployment_is_carried_into_the_cover_when_it_is_over(market):
    ops = market(count=2)
    ops.drought()
    ops.run(120)
    ecs = ops.account.client("ecs")
    before = ops.service()["taskDefinition"]
    shape = ecs.describe_task_definition(taskDefinition=before)["taskDefinition"]
    kept = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory")
    new = ecs.register_task_definition(
        containerDefinitions=shape["containerDefinitions"], **{name: shape[name] for name in kept}
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="prod", service="web", taskDefinition=new)
    ops.run(300)
    assert ops.service(COVER)["taskDefinition"] == before
    ops.spot(None)
    ops.run(600)
    assert ops.service(COVER)["taskDefinition"] == new


def _digests(ops, name):
    ecs = ops.account.client("ecs")
    arns = ecs.list_tasks(cluster="prod", serviceName=name)["taskArns"]
    tasks = ecs.describe_tasks(cluster="prod", tasks=arns)["tasks"] if arns else []
    return {container["imageDigest"] for task in tasks for container in task["containers"]}


def test_a_forced_deployment_of_a_tag_that_moved_is_followed_before_the_next_shortage(market):
    """ECS keeps the digests of a deployment's begin, also for tasks that start weeks later."""
    ops = market(count=2)
    ecs, images = ops.account.client("ecs"), ops.account.images
    images.push(LATEST)
    shape = ecs.describe_task_definition(taskDefinition=ops.service()["taskDefinition"])
    shape = shape["taskDefinition"]
    kept = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory")
    ecs.register_task_definition(
        containerDefinitions=[{**shape["containerDefinitions"][0], "image": LATEST}],
        **{name: shape[name] for name in kept},
    )
    ecs.update_service(cluster="prod", service="web", taskDefinition=shape["family"])
    ops.run(600)
    ops.drought()
    ops.run(300)
    before = _digests(ops, COVER)
    ops.spot(None)
    ops.run(3_000)
    assert ops.covered() == 0

    images.push(LATEST, "another build")
    ecs.update_service(cluster="prod", service="web", forceNewDeployment=True)
    ops.run(900)
    now = _digests(ops, "web")
    assert now != before
    ops.trace.clear()
    ops.drought()
    ops.run(300)
    assert ops.covered() == 2
    assert _digests(ops, COVER) == now
    forced = [call for call in ops.calls("UpdateService") if "forceNewDeployment" in str(call)]
    assert forced == [], "it was deployed long before it was needed"


def test_a_market_that_goes_on_and_off_makes_one_flap_at_most(market):
    ops = market(count=4)
    for _ in range(5):
        ops.drought()
        ops.run(900)
        ops.spot(None)
        ops.run(1_200)
    steps = ops.changes()
    raises_after_a_step_down = [
        after
        for (_, lowered), (before, after) in itertools.pairwise(steps)
        if after > before and lowered == before and lowered < 4
    ]
    assert len(raises_after_a_step_down) <= 1


def test_5_a_service_that_never_wants_two_tasks_at_once_has_no_cover_beside_what_is_back(market):
    ops = market(count=1)
    ops.account.client("ecs").update_service(
        cluster="prod",
        service="web",
        deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 0},
    )
    ops.run(60)
    ops.drought()
    ops.run(300)
    assert ops.covered() == 1
    ops.spot(None)
    ops.run(180)
    assert (ops.service()["runningCount"], ops.covered()) == (1, 0)
    ops.drought()
    ops.run(30)
    assert ops.covered() == 1


def test_5_no_more_is_covered_than_the_owner_allows_and_who_asks_for_more_is_told(market):
    ops = market(count=4, tags={"ecs-ops:spot-fallback-max": "1"})
    ops.drought()
    ops.run(180)
    assert ops.covered() == 1
    assert "prod/web: more tasks are missing than may be covered" in ops.titles()


def test_5_a_cover_that_lasts_is_told_and_stays(market):
    ops = market(count=2, tags={"ecs-ops:spot-fallback-longest": "30m"})
    ops.drought()
    ops.run(2_000)
    assert ops.covered() == 2
    assert ops.titles()[1:] == ["prod/web: the cover of Spot lasts long"]


def test_5_nothing_is_given_back_while_the_tasks_on_spot_do_not_answer(market):
    ops = market(count=4)
    ecs = ops.account.client("ecs")
    ecs.update_service(cluster="prod", service="web", healthCheckGracePeriodSeconds=7_000)
    ops.run(120)
    ops.drought()
    ops.run(120)
    ops.account.ecs.behave("web", App(answers_health_checks=False))
    ops.spot(None)
    ops.run(1_500)
    assert ops.service()["runningCount"] == 4
    assert (healthy(ops), ops.covered()) == (4, 4)
    ops.account.ecs.behave("web", App())
    ecs.update_service(cluster="prod", service="web", forceNewDeployment=True)
    ops.run(2_400)
    assert (healthy(ops), ops.covered()) == (4, 0)


def test_5_without_a_load_balancer_the_health_checks_of_the_containers_say_what_answers(market):
    tags = {"ecs-ops:spot-fallback": "on", "ecs-ops:spot-fallback-hold": "2m"}
    ops = market(services=[web(count=3, target_groups=[], tags=tags)])
    ecs = ops.account.client("ecs")
    known = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    check = {"command": ["CMD-SHELL", "true"], "interval": 30, "retries": 3}
    names = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
    ecs.register_task_definition(
        **{name: known[name] for name in names if name in known},
        containerDefinitions=[{**known["containerDefinitions"][0], "healthCheck": check}],
    )
    ecs.update_service(cluster="prod", service="web", taskDefinition="web")
    ops.run(300)
    ops.drought()
    ops.run(120)
    ops.account.ecs.behave("web", App(answers_health_checks=False))
    ops.spot(None)
    ops.run(900)
    assert ops.covered() == 3, "its tasks run on Spot, and fail their checks"
    ops.account.ecs.behave("web", App())
    ops.run(1_200)
    assert (ops.service()["runningCount"], ops.covered()) == (3, 0)


def test_5_what_autoscaling_asks_for_meanwhile_is_covered_too_and_no_less_given_back(market):
    ops = market(count=2)
    ecs = ops.account.client("ecs")
    ops.drought()
    ops.run(120)
    ecs.update_service(cluster="prod", service="web", desiredCount=5)
    ops.run(120)
    assert ops.covered() == 5
    ecs.update_service(cluster="prod", service="web", desiredCount=3)
    ops.run(3_600)
    assert ops.covered() == 3


def test_5_a_client_of_service_connect_is_covered_by_clients(market):
    ops = market(count=2)
    connect = {"enabled": True, "namespace": "prod"}
    ecs = ops.account.client("ecs")
    ecs.update_service(cluster="prod", service="web", serviceConnectConfiguration=connect)
    ops.run(400)
    ops.drought()
    ops.run(120)
    assert ops.covered() == 2
    [deployment] = ops.service(COVER)["deployments"]
    assert deployment["serviceConnectConfiguration"]["namespace"] == "prod"
    updates = [c for c in ops.calls("UpdateService") if c["parameters"]["service"] == COVER]
    assert updates == []
