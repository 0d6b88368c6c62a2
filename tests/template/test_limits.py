"""The numbers: when somebody is told, how soon a message is tried again, how long a call may take."""

import pytest

from ecsops import clients
from tests.template.shipped import ALARMS, FED, FUNCTIONS, MAPPINGS, QUEUES, RULES, target

DEAD_LETTER_QUEUES = {
    target(queue["RedrivePolicy"]["deadLetterTargetArn"])
    for queue in QUEUES.values()
    if "RedrivePolicy" in queue
}
ON_DEAD_LETTERS = {
    name: alarm
    for name, alarm in ALARMS.items()
    if {target(dimension["Value"]) for dimension in alarm["Dimensions"]} & DEAD_LETTER_QUEUES
}
# A letter there costs a search through the clusters, and no task and no request: nobody is woken for one.
COSTS_A_SEARCH = "ContainerInstanceDeadLetterAlarm"
# What standard mode waits between the four tries of a call: up to 1, 2 and 4 s.
BACK_OFF_S = 7


def test_every_dead_letter_queue_has_an_alarm_of_its_own():
    watched = [target(alarm["Dimensions"][0]["Value"]) for alarm in ON_DEAD_LETTERS.values()]
    assert sorted(watched) == sorted(DEAD_LETTER_QUEUES)


@pytest.mark.parametrize("name", sorted(ON_DEAD_LETTERS.keys() - {COSTS_A_SEARCH}))
def test_the_first_dead_letter_is_told(name):
    alarm = ON_DEAD_LETTERS[name]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Statistic"] == "Maximum"
    assert alarm["Threshold"] == 0
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["EvaluationPeriods"] == 1
    assert alarm["AlarmActions"]


def test_only_many_dead_letters_about_where_instances_are_are_told_and_as_no_emergency():
    alarm = ON_DEAD_LETTERS[COSTS_A_SEARCH]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Threshold"] == 100
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["AlarmActions"] == alarm["OKActions"]
    assert "no emergency" in alarm["AlarmDescription"]
    assert "docs/runbook.md#where-instances-are-is-not-noted" in alarm["AlarmDescription"]
    # Letters go by themselves, and the alarm with them.
    queue = QUEUES[target(alarm["Dimensions"][0]["Value"])]
    assert queue["MessageRetentionPeriod"] == 4 * 86_400


def test_an_interruption_that_cannot_be_delivered_is_given_up_while_it_matters():
    for one in RULES["SpotInterruptionRule"]["Targets"]:
        assert one["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300


def test_the_tries_of_an_interruption_span_the_two_minutes():
    queue = QUEUES["SpotDrainQueue"]
    tries = queue["RedrivePolicy"]["maxReceiveCount"]
    assert 100 <= queue["VisibilityTimeout"] * tries <= 150


def test_spot_draining_takes_small_batches_at_once_in_two_processes():
    (mapping,) = [m for m in MAPPINGS.values() if target(m["EventSourceArn"]) == "SpotDrainQueue"]
    assert mapping["BatchSize"] == 10
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert not mapping.get("MaximumBatchingWindowInSeconds")


def test_what_every_task_of_a_cluster_sends_shares_no_queue_with_what_has_two_minutes():
    (queue,) = {target(one["Arn"]) for one in RULES["ContainerInstanceRule"]["Targets"]}
    sharing = {
        name
        for name, rule in RULES.items()
        for one in rule["Targets"]
        if target(one["Arn"]) == queue
    }
    (mapping,) = [m for m in MAPPINGS.values() if target(m["EventSourceArn"]) == queue]
    assert sharing == {"ContainerInstanceRule"}
    assert mapping["BatchSize"] >= 100
    assert mapping["MaximumBatchingWindowInSeconds"]


def test_where_an_instance_is_is_tried_five_times_each_longer_than_a_run_may_take():
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: six times and the window."""
    queue = QUEUES["ContainerInstanceQueue"]
    (mapping,) = [
        m for m in MAPPINGS.values() if target(m["EventSourceArn"]) == "ContainerInstanceQueue"
    ]
    function = FUNCTIONS[target(mapping["FunctionName"])]
    hidden = queue["VisibilityTimeout"]
    assert hidden >= 6 * function["Timeout"] + mapping["MaximumBatchingWindowInSeconds"]
    redrive = queue["RedrivePolicy"]
    assert redrive["maxReceiveCount"] >= 5
    assert target(redrive["deadLetterTargetArn"]) == "ContainerInstanceDeadLetterQueue"
    assert hidden * redrive["maxReceiveCount"] < queue["MessageRetentionPeriod"]


@pytest.mark.parametrize("function", sorted({function for function, _ in FED}))
def test_all_tries_of_one_call_end_before_the_function_does(function):
    config = clients._CONFIG
    tries = config.retries["total_max_attempts"]
    assert config.connect_timeout <= config.read_timeout
    assert tries * config.read_timeout + BACK_OFF_S < FUNCTIONS[function]["Timeout"]
