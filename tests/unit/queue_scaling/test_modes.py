"""Who sets the count: nobody, Application Auto Scaling, or we."""

import pytest
from botocore.exceptions import ReadTimeoutError

from ecsops.errors import CallFailed
from ecsops.observability import metrics
from tests.unit.queue_scaling.scaled import error


def counts(account):
    return [call["desiredCount"] for call in account.made("update_service")]


def test_direct_mode_sets_the_count_from_zero_in_one_step(account):
    account.service(running=0, scaling="direct", max_tasks="50")
    account.queue(visible=300)
    assert account.tick() is True
    assert counts(account) == [20]
    (event,) = account.events()
    assert (event["before"], event["after"], event["mode"]) == (0, 20, "direct")
    assert "20 required" in event["reason"]
    assert "300 waiting" in event["reason"]


def test_direct_mode_needs_no_metric(account):
    account.service(scaling="direct", max_tasks="50")
    account.queue(visible=300)
    account.tick()
    assert account.published() == {}


def test_direct_mode_is_looked_after_between_two_minutes(account):
    arn = account.service(running=1, scaling="direct", max_tasks="50")
    account.service("slow")
    account.queue()
    account.tick(seconds=20)
    account.queue(visible=300)
    account.between()
    # 20 for what waits, and some for what has arrived meanwhile.
    assert 20 <= counts(account)[0] < 40
    assert [call["services"] for call in account.made("describe_services")] == [
        [arn.rpartition("/")[2]]
    ]
    assert len(account.states()) == 2


def test_between_two_minutes_the_others_pages_are_left_alone(account):
    account.service("fast", scaling="direct", max_tasks="50")
    account.service("slow")
    account.queue()
    account.tick(seconds=20)
    account.between()
    written = [call["Item"]["pk"]["S"] for call in account.made("put_item")]
    assert written
    assert all(name.startswith("page#20#") for name in written)


def test_a_service_that_leaves_the_fast_mode_keeps_what_is_known_of_it(account):
    arn = account.service(scaling="direct", max_tasks="50")
    account.queue(in_flight=3)
    account.tick(seconds=20)
    account.retag(arn, scaling_interval="60s")
    account.between()
    account.tick()
    (state,) = account.states().values()
    assert state.since < account.now - 60
    assert account.tick() is False


def test_a_change_that_failed_is_tried_again_and_not_told(account):
    account.service(running=0, scaling="direct", max_tasks="50")
    account.queue(visible=300)
    account.broken["update_service"] = error("ThrottlingException")
    account.tick(seconds=20)
    assert account.events() == []
    del account.broken["update_service"]
    account.between()
    assert counts(account) == [20]
    assert len(account.events()) == 1


@pytest.mark.parametrize("tags", [{"scaling": "dry-run"}, {"scaling": "direct", "max_tasks": "50"}])
def test_dry_run_decides_publishes_and_changes_nothing(scaled, tags):
    account = scaled(dry_run=tags["scaling"] == "direct")
    account.service(running=0, **tags)
    account.queue(visible=300)
    account.tick()
    assert counts(account) == []
    assert account.events() == []
    (state,) = account.states().values()
    assert any("would set 20" in line for line in state.explanation)


def test_managed_mode_registers_target_and_policy_once(account):
    account.service(running=1, scaling="managed", min_tasks="1", max_tasks="50")
    account.queue(visible=300)
    account.tick()
    (target,) = account.made("register_scalable_target")
    assert target["ResourceId"] == "service/prod/worker"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 50)
    assert target["Tags"] == {"ecs-ops:managed-by": "queue-scaling"}
    (policy,) = account.made("put_scaling_policy")
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["TargetValue"] == 100.0
    assert configuration["CustomizedMetricSpecification"]["MetricName"] == "RequiredRatio"
    assert configuration["ScaleOutCooldown"] == 60
    for _ in range(5):
        account.tick()
        assert not account.made("register_scalable_target")
        assert not account.made("put_scaling_policy")
    assert not account.made("update_service")


def test_a_target_that_exists_is_changed_without_tags(account):
    """Application Auto Scaling refuses tags for a scalable target that exists."""
    arn = account.service(running=1, scaling="managed", min_tasks="1", max_tasks="50")
    account.queue()
    account.tick()
    account.retag(arn, max_tasks="70")
    account.tick()
    (target,) = account.made("register_scalable_target")
    assert "Tags" not in target


@pytest.mark.parametrize("known", [True, False])
def test_whether_a_target_is_ours_is_found_out_by_trying(account, known):
    """The table was lost, or somebody removed the target: the other way of registering works."""
    arn = account.service(running=1, scaling="managed", min_tasks="1", max_tasks="50")
    account.queue()
    if known:
        account.tick()
        account.retag(arn, max_tasks="70")
    refused = error("AccessDeniedException") if known else error("ValidationException")

    def answer(**params):
        if ("Tags" in params) is not known:
            raise refused
        return {}

    account.answer_register_scalable_target = answer
    account.tick()
    assert len(account.made("register_scalable_target")) == 2
    assert account.made("put_scaling_policy")


def test_a_target_of_somebody_else_is_left_alone_and_told(account):
    account.service(running=1, scaling="managed", min_tasks="1", max_tasks="50")
    account.queue()

    def answer(**params):
        raise error("ValidationException" if "Tags" in params else "AccessDeniedException")

    account.answer_register_scalable_target = answer
    account.tick()
    assert not account.made("put_scaling_policy")
    (state,) = account.states().values()
    assert state.managed == ""
    assert metrics.metric_set["ScalingFailures"]["Value"] == [1.0]
    (alert,) = account.alerts()
    assert "not the toolkit's" in alert["summary"]
    account.tick()
    assert account.alerts() == [], "told once"
    assert account.published(), "and its signal goes on"


@pytest.mark.parametrize("ours_is_there", [True, False])
def test_a_denied_release_is_done_if_nothing_of_ours_is_there(account, ours_is_there):
    """A target that is gone has no tag, so IAM denies what AWS would not find."""
    arn = account.service(running=1, scaling="managed", max_tasks="50")
    account.queue()
    account.tick()
    account.retag(arn, queue=None)
    account.policies["service/prod/worker"] = ["ecs-ops-queue"] if ours_is_there else []
    for operation in ("delete_scaling_policy", "deregister_scalable_target"):
        account.broken[operation] = error("AccessDeniedException")
    account.tick()
    assert bool(account.states()) is ours_is_there


def test_managed_mode_follows_the_tags(account):
    arn = account.service(running=1, scaling="managed", min_tasks="1", max_tasks="50")
    account.queue()
    account.tick()
    account.retag(arn, max_tasks="70", startup_time="150s")
    account.tick()
    (target,) = account.made("register_scalable_target")
    assert target["MaxCapacity"] == 70
    (policy,) = account.made("put_scaling_policy")
    assert policy["TargetTrackingScalingPolicyConfiguration"]["ScaleOutCooldown"] == 150


def test_managed_mode_mends_what_somebody_changed_within_the_hour(account):
    account.service(running=1, scaling="managed", min_tasks="1", max_tasks="50")
    account.queue()
    put = 0
    for _ in range(121):
        account.tick()
        put += len(account.made("put_scaling_policy"))
    assert put == 2


def test_from_zero_the_minimum_is_lifted_to_what_is_required_and_put_back(account):
    arn = account.service(running=0, scaling="managed", max_tasks="50")
    account.queue()
    account.tick()
    account.queue(visible=300)
    account.tick()
    (lift,) = account.made("register_scalable_target")
    lifted = lift["MinCapacity"]
    assert 10 <= lifted < 20
    account.services[arn]["desiredCount"] = lifted
    account.tick()
    assert not account.made("register_scalable_target")
    account.services[arn]["runningCount"] = lifted
    account.tick()
    (back,) = account.made("register_scalable_target")
    assert back["MinCapacity"] == 0


@pytest.mark.parametrize("known", [True, False], ids=["a known service", "a new one"])
def test_a_lift_that_nobody_remembers_is_taken_back_by_the_next_tick(account, known):
    """The process died when MinCapacity was lifted, before the table was written."""
    arn = account.service(running=0, scaling="managed", max_tasks="50")
    account.queue()
    if known:
        account.tick()
    account.queue(visible=300)
    account.broken["put_item"] = error("InternalServerError")
    with pytest.raises(CallFailed):
        account.tick()
    (lift,) = account.made("register_scalable_target")
    assert lift["MinCapacity"] > 0
    del account.broken["put_item"]
    account.services[arn]["desiredCount"] = lift["MinCapacity"]
    account.tick()
    (back,) = account.made("register_scalable_target")
    assert back["MinCapacity"] == 0
    account.tick()
    assert not account.made("register_scalable_target"), "once"


def test_a_lift_that_timed_out_after_it_succeeded_is_taken_back(account):
    arn = account.service(running=0, scaling="managed", max_tasks="50")
    account.queue()
    account.tick()
    account.queue(visible=300)

    def answer(MinCapacity, **_):  # noqa: N803
        account.services[arn]["desiredCount"] = MinCapacity
        raise ReadTimeoutError(endpoint_url="https://autoscaling.test")

    account.answer_register_scalable_target = answer
    account.tick()
    del account.answer_register_scalable_target
    account.tick()
    (back,) = account.made("register_scalable_target")
    assert back["MinCapacity"] == 0


def test_a_lift_whose_tasks_never_start_is_given_up(account):
    arn = account.service(running=0, scaling="managed", max_tasks="50")
    account.queue(visible=300)
    account.tick()
    account.services[arn]["desiredCount"] = 10
    minima = []
    for _ in range(12):
        account.tick()
        minima += [call["MinCapacity"] for call in account.made("register_scalable_target")]
    assert minima == [0]


def test_a_lift_never_goes_beyond_a_maximum_that_has_come_down(account):
    arn = account.service(running=0, scaling="managed", max_tasks="50")
    account.queue(visible=300)
    account.tick()
    account.services[arn]["desiredCount"] = 10
    account.retag(arn, max_tasks="5")
    account.tick()
    (target,) = account.made("register_scalable_target")
    assert target["MinCapacity"] <= target["MaxCapacity"] == 5


@pytest.mark.parametrize("tags", [{"scaling": "metric"}, {"scaling": "off"}, {"queue": None}])
def test_what_was_registered_is_taken_back_when_the_tag_goes(account, tags):
    arn = account.service(running=1, scaling="managed", max_tasks="50")
    account.queue()
    account.tick()
    account.retag(arn, **tags)
    account.tick()
    (policy,) = account.made("delete_scaling_policy")
    assert policy["PolicyName"] == "ecs-ops-queue"
    (target,) = account.made("deregister_scalable_target")
    assert target["ResourceId"] == "service/prod/worker"
    account.tick()
    assert not account.made("deregister_scalable_target")


def test_taking_back_is_tried_again_until_it_succeeds(account):
    arn = account.service(running=1, scaling="managed", max_tasks="50")
    account.queue()
    account.tick()
    account.retag(arn, queue=None)
    account.broken["delete_scaling_policy"] = error("ConcurrentUpdateException")
    account.tick()
    assert not account.made("deregister_scalable_target")
    del account.broken["delete_scaling_policy"]
    account.tick()
    assert account.made("deregister_scalable_target")


def test_what_is_gone_already_need_not_be_taken_back(account):
    arn = account.service(running=1, scaling="managed", max_tasks="50")
    account.queue()
    account.tick()
    account.retag(arn, queue=None)
    account.broken["delete_scaling_policy"] = error("ObjectNotFoundException")
    account.broken["deregister_scalable_target"] = error("ObjectNotFoundException")
    account.tick()
    assert account.states() == {}


def test_a_bad_tag_leaves_what_is_registered_alone(account):
    arn = account.service(running=1, scaling="managed", max_tasks="50")
    account.queue()
    account.tick()
    account.retag(arn, latency_slo="fast")
    account.tick()
    assert not account.made("deregister_scalable_target")
    assert account.published() == {}


@pytest.mark.parametrize("mode", ["managed", "direct"])
def test_a_service_with_policies_of_its_own_is_not_fought_over(account, mode):
    account.service(running=1, scaling=mode, max_tasks="50")
    account.policies["service/prod/worker"] = ["cpu50"]
    account.queue(visible=300)
    account.tick()
    assert not account.made("update_service")
    assert not account.made("register_scalable_target")
    (alert,) = account.alerts()
    assert "ecs-ops:scaling" in alert["title"]
    assert "cpu50" in alert["summary"]


def test_our_own_policy_is_no_fight(account):
    account.service(running=1, scaling="managed", max_tasks="50")
    account.policies["service/prod/worker"] = ["ecs-ops-queue"]
    account.queue()
    account.tick()
    assert account.made("register_scalable_target")


@pytest.mark.parametrize("mode", ["managed", "direct"])
@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_nobody_is_scaled_while_it_is_not_known_whether_others_do(account, mode, code):
    account.service(running=1, scaling=mode, max_tasks="50")
    account.queue(visible=300)
    account.broken["describe_scaling_policies"] = error(code)
    account.tick()
    assert not account.made("update_service")
    assert not account.made("register_scalable_target")
    if code == "ThrottlingException":
        assert account.alerts() == []
        assert metrics.metric_set["UnreadServices"]["Value"] == [1.0]
    else:
        (alert,) = account.alerts()
        assert "DescribeScalingPolicies: AccessDeniedException" in alert["summary"]
    del account.broken["describe_scaling_policies"]
    account.tick()
    assert account.made("update_service") or account.made("register_scalable_target")


def test_what_is_known_of_others_counts_for_an_hour_more_and_no_longer(account):
    account.service(running=1, scaling="direct", max_tasks="50")
    account.queue()
    account.tick()
    account.broken["describe_scaling_policies"] = error("ThrottlingException")
    for minute in range(1, 130):
        account.tick()
        assert bool(account.states()) is True
        unread = "UnreadServices" in metrics.metric_set
        assert unread is (minute > 120), minute


def test_the_eleventh_policy_is_on_the_second_page(account):
    account.service(running=1, scaling="direct", max_tasks="50")
    account.queue(visible=300)
    pages = [["ecs-ops-queue"], ["cpu50"]]
    account.pages["describe_scaling_policies"] = [
        {"ScalingPolicies": [{"PolicyName": name} for name in page]} for page in pages
    ]
    account.tick()
    (alert,) = account.alerts()
    assert "cpu50" in alert["summary"]


def test_no_scale_in_below_what_is_in_flight(account):
    account.service(running=10, scaling="direct", max_tasks="50")
    for _ in range(30):
        account.queue(in_flight=6)
        account.tick()
        account.services[next(iter(account.services))]["runningCount"] = 10
    assert account.services[next(iter(account.services))]["desiredCount"] >= 6


def test_no_scale_in_during_a_deployment(account):
    arn = account.service(running=10, scaling="direct", max_tasks="50")
    account.services[arn]["deployments"] = [{"rolloutState": "IN_PROGRESS"}, {}]
    account.queue()
    for _ in range(30):
        account.tick()
    assert account.services[arn]["desiredCount"] == 10


@pytest.mark.parametrize("end", ["scaled", "metric", "scaled in between"])
def test_a_refusal_is_over_when_a_call_succeeds_and_not_when_none_is_needed(account, end):
    arn = account.service(running=1, scaling="direct", max_tasks="5")
    account.queue(visible=3000)
    account.broken["update_service"] = error("AccessDeniedException")
    account.tick()
    assert [alert["state"] for alert in account.alerts()] == ["open"]
    account.services[arn]["desiredCount"] = account.services[arn]["runningCount"] = 5
    for _ in range(3):
        account.tick()
        assert not account.made("update_service")
        assert not account.alerts()
    del account.broken["update_service"]
    account.retag(arn, max_tasks="9", scaling="metric" if end == "metric" else "direct")
    if end == "scaled in between":
        account.between()
        assert account.made("update_service")
    account.tick()
    assert [alert["state"] for alert in account.alerts()] == ["resolved"]
