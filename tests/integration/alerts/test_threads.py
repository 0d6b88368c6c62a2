"""One thread per incident, whatever arrives, in whatever order."""

from __future__ import annotations

import random

import pytest

from tests.integration.alerts.conftest import TO_BOTH_AND_MAIL, TO_SLACK


def test_23_340_events_of_one_failed_deployment_are_one_thread_and_five_updates(alerting):
    world = alerting(TO_BOTH_AND_MAIL)
    kinds = ["stopped"] * 200 + ["impaired"] * 40 + ["steady"] * 100
    random.Random(3).shuffle(kinds)
    for number, kind in enumerate(kinds):
        world.publish(stage=f"{kind}-{number}", title=f"web: {kind} {number}")
        world.run(600 / len(kinds))
    world.publish(stage="end", title="web: rolled back", state="resolved", severity="info")
    world.run(1800)

    (root,) = world.slack.threads()
    assert len(world.slack.replies(root)) <= 5
    assert len(world.hook.documents) <= 6
    assert len(world.mails()) <= 6
    assert root.text == "[resolved] web: rolled back"
    assert world.dead() == []


def test_23_thirty_services_at_once_are_one_summary_and_capped_threads(alerting):
    world = alerting(TO_SLACK)
    for number in range(30):
        world.publish(
            incident=f"guard/s{number}", service=f"s{number}", title=f"prod/s{number} fails"
        )
    world.run(900)

    titles = world.titles()
    (summary,) = [title for title in titles if "more incidents at once" in title]
    assert summary == "[warning] prod: 20 more incidents at once, 20 open"
    assert len(titles) == 11
    root = next(thread for thread in world.slack.threads() if thread.text == summary)
    assert len(world.slack.replies(root)) <= 5

    for number in range(30):
        world.publish(
            incident=f"guard/s{number}",
            service=f"s{number}",
            title=f"prod/s{number} is well",
            stage="end",
            state="resolved",
        )
    world.run(1800)
    assert "[resolved] prod: 20 more incidents at once, all resolved" in world.titles()
    assert sum(title.endswith("is well") for title in world.titles()) == 10


def test_23_a_region_in_trouble_is_thirty_threads_and_one_summary(alerting):
    world = alerting(TO_SLACK)
    for number in range(60):
        world.publish(incident=f"i{number}", cluster=f"c{number}", service="web", title="fails")
        world.run(1)
    world.run(900)
    assert len(world.titles()) == 31
    (summary,) = [title for title in world.titles() if "at once" in title]
    assert summary == "[warning] 30 clusters: 30 more incidents at once, 30 open"


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_duplicates_end_in_the_same_thread(alerting, seed):
    rng = random.Random(seed)
    world = alerting(TO_SLACK)
    began = world.now
    stages = [
        {"stage": "begin", "at": began, "title": "fails", "severity": "critical"},
        {"stage": "cause", "at": began + 20, "title": "cause found", "state": "update"},
        {"stage": "act", "at": began + 40, "title": "rolling back", "state": "update"},
        {"stage": "end", "at": began + 60, "title": "rolled back", "state": "resolved"},
    ]
    told = stages * 3
    rng.shuffle(told)
    for stage in told:
        world.publish(**stage)
        world.run(rng.choice([0, 0.2, 5, 40]))
    world.run(1800)

    (root,) = world.slack.threads()
    assert root.text == "[resolved] rolled back"
    assert [b["text"]["text"] for b in root.blocks[:1]] == [":white_check_mark: rolled back"]
    assert len(world.slack.replies(root)) <= 4


def test_what_happens_together_is_told_together(alerting):
    world = alerting(TO_SLACK)
    world.publish(stage="1", title="first")
    world.run(1)
    for number in range(8):
        world.publish(stage=f"n{number}", title=f"then {number}", at=world.now + number)
    world.run(60)

    (root,) = world.slack.threads()
    (reply,) = world.slack.replies(root)
    assert reply.text == "[warning] then 7"
    assert "then 3" in str(reply.blocks)


def test_an_alert_larger_than_a_table_takes_is_told(alerting):
    world = alerting(TO_SLACK)
    rows = [["x" * 60, "y" * 60]] * 4_000
    world.publish(
        title="long", evidence=[{"kind": "table", "title": "t", "columns": [], "rows": rows}]
    )
    world.run(30)
    assert world.titles() == ["[warning] long"]


def test_an_alert_that_counts_milliseconds_is_rejected_by_the_fields_name(alerting):
    world = alerting(TO_SLACK)
    world.publish(at=world.now * 1000)
    world.run(1)
    assert "$.detail.at" in world.logs()
    assert "expected epoch seconds" in world.logs()


def test_alerts_that_were_held_are_told_together(alerting):
    """The runbook's way to silence everything for a while."""
    world = alerting(TO_SLACK)
    queue = world.stack.attribute("AlertsQueue", "Arn")
    (mapping,) = [m for m in world.account.functions.mappings if m.settings.queue_arn == queue]
    mapping.close()
    for number in range(5):
        world.publish(stage=str(number), at=world.now + number, title=f"t{number}")
        world.run(3600)
    assert world.titles() == []
    mapping._closed = False
    mapping._sleep()
    world.run(60)
    assert world.titles() == ["[warning] t4"]
    assert len(world.slack.messages) == 1


def test_q_developer_gets_its_own_topic_and_a_stable_thread(alerting):
    import json

    world = alerting("routes: [{to: q-developer}]")
    world.publish(stage="1")
    world.run(30)
    world.publish(stage="2", title="later")
    world.run(60)

    sent = world.calls("Publish", outcome="ok")
    assert {call["parameters"]["TopicArn"] for call in sent} == {world.stack.ref("QDeveloperTopic")}
    notes = [json.loads(call["parameters"]["Message"]) for call in sent]
    assert [note["version"] + note["source"] for note in notes] == ["1.0custom"] * 2
    assert len({note["metadata"]["threadId"] for note in notes}) == 1
    assert len({note["id"] for note in notes}) == 2


def test_a_webhook_is_signed(alerting):
    world = alerting("sinks: {hook: {type: webhook, secret: hook}}\nroutes: [{to: hook}]")
    world.publish()
    world.run(5)

    (document,) = world.hook.documents.values()
    assert document["action"] == "open"
    assert document["alert"]["service"] == "web"


def test_no_call_is_denied_and_no_token_is_logged(alerting):
    world = alerting(TO_BOTH_AND_MAIL)
    world.publish(summary="password=hunter2 AKIAIOSFODNN7EXAMPLE")
    world.run(60)

    assert [call.fields for call in world.calls() if call["outcome"] != "ok"] == []
    everything = world.logs() + str([c["parameters"] for c in world.calls("PutItem")])
    everything += str(world.mails()) + str(world.slack.messages) + str(world.hook.documents)
    for secret in ("xoxb-sandbox", "webhook-signing-key", "hunter2", "AKIAIOSFODNN7EXAMPLE"):
        assert secret not in everything


def test_at_most_six_calls_a_message(alerting):
    world = alerting("default: [sns]")
    world.publish()
    world.run(5)
    world.trace.clear()
    world.publish(incident="another")
    world.run(5)
    assert len(world.calls()) <= 6
