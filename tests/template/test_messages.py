"""No event is lost: queues everywhere, dead-letter queues behind them, alarms on those."""

import re

import pytest

from tests.template.shipped import (
    ALARMS,
    FED,
    FUNCTIONS,
    MAPPINGS,
    PARAMETERS,
    POLLED,
    QUEUES,
    RULES,
    TEMPLATE,
    of_type,
    target,
)

# Nobody sends them messages: a person looks, and looks again if it failed.
CALLED_BY_PEOPLE = {"DashboardFunction"}
# ECS waits for its answer.
CALLED_BY_ECS = {"DeployGuardHookFunction"}


def watched(metric, dimension, logical_id):
    """Alarms on a metric of a resource that tell somebody."""
    return [
        name
        for name, alarm in ALARMS.items()
        if alarm["MetricName"] == metric
        and any(
            one["Name"] == dimension and target(one["Value"]) == logical_id
            for one in alarm["Dimensions"]
        )
        and alarm.get("AlarmActions")
    ]


def dead_letters(queue):
    return target(QUEUES[queue].get("RedrivePolicy", {}).get("deadLetterTargetArn"))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_targets_a_queue_and_keeps_what_cannot_be_delivered(rule):
    for one in RULES[rule]["Targets"]:
        assert target(one["Arn"]) in QUEUES
        assert target(one["DeadLetterConfig"]["Arn"]) in QUEUES


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_may_send_to_its_queues(rule):
    allowed = set()
    for policy in of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:  # topics
                continue
            sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
            if rule in map(target, sources if isinstance(sources, list) else [sources]):
                allowed |= {target(resource) for resource in statement["Resource"]}
    for one in RULES[rule]["Targets"]:
        assert {target(one["Arn"]), target(one["DeadLetterConfig"]["Arn"])} <= allowed


def test_nobody_sends_to_a_queue_who_is_not_named():
    """Rules by themselves; topics, where the stack's owner names some, by their ARN."""
    for policy in of_type("AWS::SQS::QueuePolicy").values():
        for given in policy["PolicyDocument"]["Statement"]:
            named, statement, _ = given.get("Fn::If", ("", given, None))
            (condition,) = statement["Condition"].values()
            assert list(condition) == ["aws:SourceArn"]
            assert list(statement["Condition"]) == ["ArnEquals"]
            if named:
                assert named == "HasHookTopics"
                assert condition["aws:SourceArn"] == {"Ref": "LifecycleHookTopicArns"}
                assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
            else:
                assert statement["Principal"] == {"Service": "events.amazonaws.com"}


@pytest.mark.parametrize("function", sorted(FUNCTIONS.keys() - CALLED_BY_PEOPLE - CALLED_BY_ECS))
def test_every_function_is_fed_by_a_queue_with_partial_failures(function):
    mappings = [m for m in MAPPINGS.values() if target(m["FunctionName"]) == function]
    assert mappings
    assert all(m["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for m in mappings)


@pytest.mark.parametrize("queue", POLLED)
def test_every_queue_has_a_dead_letter_queue_with_an_alarm(queue):
    assert dead_letters(queue) in QUEUES
    assert watched("ApproximateNumberOfMessagesVisible", "QueueName", dead_letters(queue))


def test_every_queue_feeds_a_function_or_keeps_dead_letters():
    assert set(QUEUES) == {*POLLED, *map(dead_letters, POLLED)}


@pytest.mark.parametrize(
    "queue",
    # Of where an instance is, newer events have said the same long before (test_limits.py).
    sorted({dead_letters(queue) for queue in POLLED} - {"ContainerInstanceDeadLetterQueue"}),
)
def test_dead_letters_are_kept_as_long_as_sqs_can(queue):
    assert QUEUES[queue]["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_is_encrypted(queue):
    assert QUEUES[queue]["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize(("function", "queue"), FED)
def test_a_message_stays_hidden_for_longer_than_its_function_may_run(function, queue):
    visibility = QUEUES[queue].get("VisibilityTimeout", 30)
    assert FUNCTIONS[function]["Timeout"] < visibility


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_alarms(function, metric):
    assert watched(metric, "FunctionName", function)


def test_the_runbook_switches_every_capability_off():
    """At three in the morning that line is followed to the letter."""
    modes = {name for name, one in PARAMETERS.items() if name.endswith("Mode")}
    assert all("off" in PARAMETERS[mode]["AllowedValues"] for mode in modes)
    runbook = (TEMPLATE.parent / "docs/runbook.md").read_text()
    assert set(re.findall(r"`(\w+Mode)=off`", runbook)) == modes


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_says_where_to_read_on(alarm):
    assert "docs/runbook.md#" in ALARMS[alarm]["AlarmDescription"]


@pytest.mark.parametrize("alarm", ALARMS)
def test_the_chapter_that_an_alarm_names_exists(alarm):
    (named,) = re.findall(r"docs/runbook\.md#([a-z0-9-]+)", ALARMS[alarm]["AlarmDescription"])
    headings = re.findall(
        r"^##+ (.+)$", (TEMPLATE.parent / "docs/runbook.md").read_text(), re.MULTILINE
    )
    # As GitHub makes anchors of headings.
    anchors = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}
    assert named in anchors


def test_the_self_test_looks_at_every_rule_with_a_pattern():
    (watched_rules,) = FUNCTIONS["SelfTestFunction"]["Environment"]["Variables"]["RULES"][
        "Fn::Join"
    ][1:]
    with_pattern = {name for name, rule in RULES.items() if "EventPattern" in rule}
    # What is switched off by a parameter is watched only while it is on.
    if_on = [rule.get("Fn::If", [None, rule])[1] for rule in watched_rules]
    assert {target(rule) for rule in if_on} == with_pattern
