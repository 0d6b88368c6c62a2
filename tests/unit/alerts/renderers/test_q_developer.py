"""Amazon Q Developer: the schema's limits, and texts that do nothing in the channel."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.renderers import q_developer
from ecsops.alerts import Lines, NextStep, Table
from tests.unit.alerts.builders import make_alert, make_news

HOSTILE = [
    "<!channel> look",
    "<@U0123ABCD> and <#C0123> and <at>Anna</at>",
    "<https://evil.example|AWS console>",
    "<mailto:a@evil.example|help>",
    "[AWS console](https://evil.example)",
]
TEXTS = st.text(max_size=40) | st.sampled_from(HOSTILE)


def notification(**changes):
    return q_developer.notification(make_news(make_alert(**changes)))


def texts(note):
    content = note["content"]
    yield from (content["title"], content["description"], note["metadata"]["summary"])
    yield from content["nextSteps"]
    yield from content["keywords"]


def test_it_follows_the_schema():
    note = notification(
        next_steps=(NextStep("Roll back:", "aws ecs update-service", "https://console"),),
        resources=("arn:aws:ecs:eu-west-1:123456789012:service/prod/web",),
    )
    assert note["version"] == "1.0"
    assert note["source"] == "custom"
    assert note["content"]["textType"] == "client-markdown"
    assert note["content"]["nextSteps"] == ["Roll back: `aws ecs update-service` https://console"]
    assert note["content"]["keywords"] == ["deploy_guard", "prod", "web"]
    assert note["metadata"]["eventType"] == "ecs-ops.deploy_guard"
    assert note["metadata"]["additionalContext"] == {"severity": "warning", "state": "open"}


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("field", ["title", "summary", "service", "lines", "step"])
def test_no_text_mentions_anybody_or_hides_where_a_link_leads(hostile, field):
    changes = {
        "lines": {"evidence": (Lines("log", (hostile,)),)},
        "step": {"next_steps": (NextStep(hostile, hostile, hostile),)},
    }.get(field, {field: hostile})
    for text in texts(notification(**changes)):
        for markup in ("<!", "<@", "<#", "<https", "<mailto", "<at", "]("):
            assert markup not in text


def test_what_is_no_markup_stays():
    assert (
        "5 < 6, a -> b & c" in notification(summary="5 < 6, a -> b & c")["content"]["description"]
    )


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=30), st.integers(1, 400))
def test_nothing_is_longer_than_the_schema_allows(title, summary, lines, times):
    note = notification(
        title=title * times,
        summary=summary * times,
        next_steps=tuple(NextStep(line * times, line * times) for line in lines),
        evidence=(Lines("log", tuple(line * times for line in lines)),) * 5,
        resources=("arn",) * 40,
    )
    content = note["content"]
    assert len(content["title"]) <= 250
    assert len(content["description"]) <= 8_000
    assert len(content["nextSteps"]) <= 10
    assert all(len(step) <= 1_500 for step in content["nextSteps"])
    assert len(note["metadata"]["summary"]) <= 1_000
    assert len(note["metadata"]["relatedResources"]) <= 20
    assert content["description"].count("```") % 2 == 0
    json.dumps(note)


def test_a_message_without_a_summary_has_a_description_all_the_same():
    assert notification(title="prod/web fails", summary="")["content"]["description"]


def test_evidence_cannot_end_its_own_block():
    table = Table("t", ("a",), (("``` <!channel>",),))
    description = notification(evidence=(table,))["content"]["description"]
    assert description.count("```") == 2
