from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.renderers import plain
from ecsops.alerts import Diff, Lines, NextStep, Table
from tests.unit.alerts.builders import BEGAN, make_alert, make_news


def subject(alert):
    return plain.subject(make_news(alert))


def body(alert):
    return plain.body(make_news(alert))


def alert(**changes):
    words = {
        "title": "prod/web: Spot took 3 tasks",
        "summary": "Nothing was lost.",
        "severity": "info",
    }
    return make_alert(**words | changes)


@pytest.mark.parametrize(
    ("severity", "mark"),
    [("critical", "[CRITICAL]"), ("warning", "[warning]"), ("info", "[info]")],
)
def test_the_subject_begins_with_the_severity(severity, mark):
    assert subject(alert(severity=severity, title="prod/web")) == f"{mark} prod/web"


def test_a_long_title_is_cut_where_sns_ends():
    text = subject(alert(title="x" * 200))
    assert len(text) == 99
    assert text.endswith("...")


def test_a_title_that_just_fits_is_left_alone():
    text = subject(alert(title="x" * 92))
    assert len(text) == 99
    assert not text.endswith("...")


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("web\r\nBcc: all@example.com", "[info] web?Bcc: all@example.com"),
        ("web\n", "[info] web?"),
        ("größe\t\x7f", "[info] gr?e?"),
        ("\u2028", "[info] ?"),
        ("", "[info] "),
    ],
)
def test_a_name_cannot_add_lines_or_headers_to_the_subject(title, told):
    assert subject(alert(title=title)) == told


@given(st.text())
def test_any_subject_is_short_printable_ascii(title):
    text = subject(alert(title=title))
    assert len(text) <= 99
    assert all(" " <= character <= "~" for character in text)


def test_the_body_tells_what_happened_then_what_to_do_then_the_evidence():
    text = body(
        alert(
            next_steps=(NextStep("Take it out:", "aws elbv2", "https://x"), NextStep("Rest.")),
            evidence=(
                Table("Draining", ("what", "tasks"), (("interrupted", "3"),)),
                Lines("Last words", ("bye",)),
                Diff("Changed", (("cpu", "256", "512"),)),
            ),
        )
    )
    assert text.splitlines() == [
        "prod/web: Spot took 3 tasks",
        "",
        "Nothing was lost.",
        "",
        "-> Take it out:",
        "   aws elbv2",
        "   https://x",
        "",
        "-> Rest.",
        "",
        "Draining",
        "  interrupted: 3",
        "",
        "Last words",
        "  bye",
        "",
        "Changed",
        "  cpu: 256 -> 512",
        "",
        "deploy_guard | deploy_guard/prod/web/d-1 | message 1",
    ]


def test_a_body_without_evidence_is_short():
    assert len(body(alert()).splitlines()) == 5


@pytest.mark.parametrize("letter", ["x", "ä"])
def test_a_body_longer_than_sns_takes_is_cut_and_says_so(letter):
    one = alert(evidence=(Lines("Log", (letter * 300_000,)),))
    text = body(one)
    assert len(text.encode()) < 262_144
    assert text.startswith("prod/web: Spot took 3 tasks\n")
    assert text.endswith("[cut: the rest is in the alert's event]")


def test_the_end_of_what_was_open_says_resolved():
    end = alert(stage="end", at=BEGAN + 9, state="resolved", title="prod/web is well")
    assert plain.subject(make_news(alert(), end)) == "[resolved] prod/web is well"


def test_a_test_says_so():
    assert subject(alert(test=True)).startswith("[TEST info]")


def test_what_else_is_new_is_named():
    others = [alert(stage=str(n), at=BEGAN + n, title=f"event {n}") for n in range(30)]
    text = plain.body(make_news(*others, number=2))
    assert "Since the last message" in text
    assert "19 earlier ones" in text
    assert "  info: event 28" in text
