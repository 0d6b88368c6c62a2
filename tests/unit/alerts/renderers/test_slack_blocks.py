"""Block Kit: nothing in an alert is markup, and nothing is larger than Slack takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.renderers import slack_blocks
from ecsops.alerts import Diff, Lines, NextStep, Table
from sandbox.sinks.slack import _valid
from tests.unit.alerts.builders import BEGAN, make_alert, make_news

HOSTILE = "<!channel> <https://evil.example|AWS console> & ``` end"
TEXTS = st.text(max_size=30) | st.sampled_from([HOSTILE, "&<>" * 20, "```"])


def everything(text, times=1):
    long = text * times
    return make_alert(
        title=long,
        summary=long,
        service=long,
        next_steps=(NextStep(long, long, long),) * 14,
        evidence=(
            Table(long, ("a", "b"), ((long, long),) * 50),
            Lines(long, (long,) * 50),
            Diff(long, ((long, long, long),) * 50),
        )
        * 4,
    )


def renderings(alert):
    news = make_news(alert, make_alert(stage="older", at=BEGAN - 1, title=alert.title))
    return [slack_blocks.root(news), slack_blocks.reply(news)]


def markdown(blocks):
    for block in blocks:
        for text in (block.get("text"), *block.get("elements", ())):
            if text and text["type"] == "mrkdwn":
                yield text["text"]


@pytest.mark.parametrize("rendering", [0, 1])
def test_nothing_mentions_anybody_or_hides_where_a_link_leads(rendering):
    text, blocks = renderings(everything(HOSTILE))[rendering]
    for said in (text, *markdown(blocks)):
        assert "<" not in said
        assert "&lt;!channel&gt;" in said or "&lt;" not in said


def test_evidence_cannot_end_its_own_block():
    for _, blocks in renderings(everything(HOSTILE)):
        for said in markdown(blocks):
            if said.startswith("*"):
                assert said.count("```") == 2


@settings(max_examples=25)
@given(TEXTS, st.integers(1, 300))
def test_slack_takes_every_message(text, times):
    for fallback, blocks in renderings(everything(text, times)):
        assert len(fallback) < 4_000
        assert len(blocks) <= 50
        assert all(map(_valid, blocks))
        for said in markdown(blocks):
            assert not said.endswith(("&", "&l", "&lt", "&am", "&amp"))


def test_the_first_message_says_how_things_stand():
    alert = make_alert(
        next_steps=(NextStep("Roll back:", "aws ecs update-service", "https://console"),),
        evidence=(Lines("Last words", tuple(f"line {n}" for n in range(40))),),
    )
    text, blocks = slack_blocks.root(make_news(alert))
    assert text == "[warning] prod/web: the deployment fails"
    assert blocks[0]["text"]["text"] == ":warning: prod/web: the deployment fails"
    assert blocks[1]["text"]["text"] == "Tasks do not start."
    assert (
        blocks[2]["text"]["text"] == "→ Roll back:\nhttps://console\n```aws ecs update-service```"
    )
    assert "line 39" in blocks[3]["text"]["text"], "the last lines count"
    assert "line 9\n" not in blocks[3]["text"]["text"]
    assert blocks[3]["text"]["text"].endswith("10 more")
    said = blocks[4]["elements"][0]["text"]
    assert said == "deploy_guard | prod/web | since 2026-01-05 09:00:00 UTC"


def test_a_test_says_so():
    text, blocks = slack_blocks.root(make_news(make_alert(test=True)))
    assert text.startswith("[TEST warning]")
    assert "TEST: " in blocks[0]["text"]["text"]


def test_a_reply_names_what_else_is_new():
    news = make_news(make_alert(), make_alert(stage="2", at=BEGAN + 9, title="worse"), number=2)
    _, blocks = slack_blocks.reply(news)
    assert blocks[1]["text"]["text"] == "• warning: prod/web: the deployment fails"
