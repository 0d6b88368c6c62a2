from __future__ import annotations

from msgspec.structs import replace

from spot_fallback.described import shadow_of
from spot_fallback.model import Cover, Evidence, Shadow
from spot_fallback.plan import Create, Update, failed, plan
from spot_fallback.telling import alerts_of
from tests.unit.spot_fallback.shapes import (
    CLUSTER,
    NOW,
    absent,
    cover_shape,
    described,
    primary,
    remembered,
    shadow,
)

SHORT = Evidence(spot_at=NOW)
QUIET = Evidence()


def planned(one, cover_service, cover=None, evidence=QUIET, now=NOW, dry_run=False):
    return plan(one, cover_service, cover or Cover(), evidence, now, dry_run=dry_run)


def kinds(result):
    return [each.kind for each in result.news]


def test_a_cover_is_made_when_it_is_needed_and_looks_like_its_service():
    result = planned(primary(10, 10, 7), absent(), evidence=SHORT)
    [action] = result.actions
    assert isinstance(action, Create)
    assert (action.cluster, action.desired) == (CLUSTER, 3)
    assert action.parameters["launchType"] == "FARGATE"
    assert action.parameters["loadBalancers"] == described()["loadBalancers"]
    assert "capacityProviderStrategy" not in action.parameters
    assert kinds(result) == ["covering"]


def test_while_nothing_is_short_there_is_no_cover_at_all():
    assert planned(primary(10), absent()).actions == ()


def test_what_was_told_is_not_told_again():
    first = planned(primary(10, 7, 7), shadow(0), evidence=SHORT)
    again = planned(primary(10, 7, 7), shadow(0), first.cover, SHORT)
    assert (kinds(first), kinds(again)) == (["covering"], [])
    assert again.actions == first.actions


def test_a_new_task_definition_goes_into_the_cover_once_the_deployment_is_over():
    new = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:8"
    in_progress = [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]
    during = planned(
        primary(10, taskDefinition=new, deployments=in_progress), shadow(2), remembered(2)
    )
    assert during.actions == ()
    after = planned(primary(10, 8, 8, taskDefinition=new), shadow(2), remembered(2))
    assert after.actions == (
        Update(CLUSTER, "web-ecs-ops-fallback", None, {"taskDefinition": new}),
    )


def test_network_load_balancers_and_registries_follow_too():
    network = {"awsvpcConfiguration": {"subnets": ["subnet-b"], "securityGroups": ["sg-1"]}}
    registries = [{"registryArn": "arn:aws:servicediscovery:r:1:service/srv-1"}]
    one = primary(10, networkConfiguration=network, loadBalancers=[], serviceRegistries=registries)
    [action] = planned(one, shadow(0)).actions
    assert action.changes == {
        "networkConfiguration": network,
        "loadBalancers": [],
        "serviceRegistries": registries,
    }


def test_a_cover_that_is_as_it_should_be_is_left_alone():
    assert planned(primary(10), shadow(0)).actions == ()


def test_what_aws_adds_to_a_description_does_not_count_as_a_difference():
    one = cover_shape(0, platformVersion="1.4.0", propagateTags="NONE", placementStrategy=[])
    assert planned(primary(10), shadow_of(one, described())).actions == ()


def test_a_count_that_somebody_else_set_is_set_right_and_told():
    result = planned(primary(10, 6, 6), shadow(1), remembered(4, shortage_at=NOW - 10))
    assert [action.desired for action in result.actions] == [4]
    assert "edited" in kinds(result)


def test_a_change_of_ours_that_did_not_happen_is_not_blamed_on_somebody():
    never_confirmed = remembered(4, shortage_at=NOW - 10, confirmed=False)
    assert "edited" not in kinds(planned(primary(10, 6, 6), shadow(0), never_confirmed))


def test_a_cover_that_was_deleted_is_made_anew_once_it_is_gone():
    draining = shadow(4, status="DRAINING")
    result = planned(primary(10, 6, 6), draining, remembered(4), SHORT)
    assert (result.actions, kinds(result)) == ((), ["edited"])
    assert isinstance(planned(primary(10, 6, 6), absent(), result.cover, SHORT).actions[0], Create)


def test_a_service_of_somebody_else_with_that_name_is_never_touched():
    theirs = shadow(1, tags=[])
    result = planned(primary(10, 6, 6), theirs, evidence=SHORT)
    assert (result.actions, kinds(result)) == ((), ["taken"])


def test_a_dry_run_says_what_it_would_do_and_does_nothing():
    result = planned(primary(10, 6, 6), absent(), evidence=SHORT, dry_run=True)
    assert (result.actions, result.target, kinds(result)) == ((), 0, ["would"])
    assert "4 tasks on demand" in result.news[0].text


def test_more_missing_than_may_be_covered_is_told():
    one = primary(10, 4, 4, tags={"ecs-ops:spot-fallback-max": "2"})
    assert kinds(planned(one, absent(), evidence=SHORT)) == ["covering", "capped"]


def test_no_on_demand_capacity_is_told_as_critical_and_changes_nothing():
    short = Evidence(spot_at=NOW, on_demand_at=NOW)
    result = planned(primary(10, 6, 6), shadow(4), remembered(4), short)
    assert (result.actions, kinds(result)) == ((), ["on-demand-short"])


def test_a_cover_that_lasts_longer_than_a_day_is_told_once_a_day():
    since = NOW - 90_000
    first = planned(primary(10, 6, 6), shadow(4), remembered(4, since=since))
    assert kinds(first) == ["long"]
    assert kinds(planned(primary(10, 6, 6), shadow(4), first.cover)) == []
    tomorrow = planned(primary(10, 6, 6), shadow(4), first.cover, now=NOW + 86_400)
    assert kinds(tomorrow) == ["long"]


def test_waiting_for_a_deployment_for_ten_minutes_is_told():
    in_progress = [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]
    one = primary(10, 4, 4, deployments=in_progress)
    first = planned(one, absent(), evidence=SHORT)
    later = planned(one, absent(), first.cover, Evidence(spot_at=NOW + 600), NOW + 600)
    assert (kinds(first), kinds(later)) == ([], ["waiting"])


def test_the_end_is_told_and_the_next_shortage_again():
    result = planned(primary(10), shadow(1), remembered(1, told=("covering-2",)))
    assert (result.target, kinds(result)) == (0, ["restored"])
    again = planned(primary(10, 8, 8), shadow(0), result.cover, SHORT)
    assert kinds(again) == ["covering"]


def incident(result, one):
    [alert] = alerts_of(result.cover.owed, one)
    return alert.incident


def test_a_cover_that_grew_is_told_and_ended_in_one_incident():
    one = primary(10, 6, 6)
    grown = planned(one, shadow(2), remembered(2), SHORT)
    later = NOW + 7_000
    cover = replace(grown.cover, lowered_at=later - 100, shortage_at=NOW)
    ended = planned(primary(10), shadow(1), cover, now=later)
    assert (kinds(grown), kinds(ended)) == (["grown"], ["restored"])
    assert incident(grown, one) == incident(ended, primary(10))


def test_a_change_that_was_refused_is_told_once_and_what_it_was_for_is_told_when_it_works():
    one = primary(10, 6, 6)
    tried = planned(one, absent(), evidence=SHORT)
    refused = failed(tried, Cover(), "CreateService: AccessDeniedException: no", one, NOW)
    assert (refused.target, refused.actions, kinds(refused)) == (0, (), ["failed"])
    assert "AccessDeniedException" in refused.news[0].text
    assert refused.cover.version == tried.cover.version + 1
    again = planned(one, absent(), refused.cover, SHORT, NOW + 60)
    assert (kinds(again), again.incident) == (["covering"], refused.incident)
    assert (
        kinds(failed(again, refused.cover, "CreateService: AccessDeniedException: no", one, NOW))
        == []
    )


def test_a_shortage_that_ends_before_a_cover_could_be_made_is_told_as_over():
    tried = planned(primary(10, 6, 6), absent(), evidence=SHORT)
    refused = failed(
        tried, Cover(), "CreateService: ThrottlingException: slow down", primary(10, 6, 6), NOW
    )
    over = planned(primary(10), absent(), refused.cover, now=NOW + 600)
    assert (kinds(over), over.incident) == (["restored"], refused.incident)
    assert kinds(planned(primary(10), absent(), over.cover, now=NOW + 660)) == []


def test_what_cannot_be_covered_is_told_once_and_so_is_that_it_was_mended():
    code_deploy = primary(10, 4, 4, deploymentController={"type": "CODE_DEPLOY"})
    first = planned(code_deploy, absent(), evidence=SHORT)
    assert (first.actions, kinds(first)) == ((), ["problem"])
    assert kinds(planned(code_deploy, absent(), first.cover)) == []
    assert kinds(planned(primary(10), absent(), first.cover)) == ["mended"]


def test_a_tag_that_nobody_understands_covers_nothing():
    for tags in ({"ecs-ops:spot-fallback": "yess"}, {"ecs-ops:spot-fallback-max": "half"}):
        result = planned(primary(10, 4, 4, tags=tags), absent(), evidence=SHORT)
        assert (result.actions, kinds(result)) == ((), ["problem"])
        [text] = [news.text for news in result.news]
        assert next(iter(tags)) in text


def test_a_shadow_of_another_service_is_not_ours():
    other = shadow_of(cover_shape(1), described(serviceArn="arn:aws:ecs:r:1:service/prod/api"))
    assert isinstance(other, Shadow)
    assert not other.ours
