from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.tags import FREEZE, ROLLBACK, SPOT_DRAIN, duration, from_ecs, switch

TAG = "ecs-ops:spot-drain"


@pytest.mark.parametrize(
    ("text", "mode"),
    [(word, "on") for word in ("on", "true", "YES", " Enabled ", "1")]
    + [(word, "off") for word in ("off", "False", "no", "disabled", "0")]
    + [("dry-run", "dry-run"), ("DRY-RUN", "dry-run")],
)
def test_the_usual_spellings_of_on_and_off_work(text, mode):
    assert SPOT_DRAIN.read({TAG: text}) == (mode, None)


@pytest.mark.parametrize("text", ["", "maybe", "on please", "dry run", "null", "\u0000"])
def test_nonsense_never_switches_anything_on_and_says_what_is_done_instead(text):
    mode, problem = SPOT_DRAIN.read({TAG: text}, "on")
    assert mode == "dry-run"
    assert problem is not None
    assert str(problem) == (f"tag {TAG}={text!r}: expected on, dry-run, off; acting as if dry-run")


def test_without_the_tag_the_default_holds():
    assert SPOT_DRAIN.read({}) == ("on", None)


def test_without_the_tag_the_stack_may_set_another_default():
    assert SPOT_DRAIN.read({}, "dry-run") == ("dry-run", None)


def test_the_tag_outranks_the_stack():
    assert SPOT_DRAIN.read({TAG: "on"}, "dry-run") == ("on", None)


@given(st.text())
def test_only_a_spelling_of_on_switches_on(text):
    mode, problem = switch("t", default="off", cautious="off").read({"t": text})
    meant = text.strip().lower() in {"on", "true", "yes", "enabled", "1"}
    assert mode == ("on" if meant else "off")
    assert problem is None or mode == "off"


def test_a_duration_tag_is_read_in_seconds():
    setting = duration("ecs-ops:latency-slo", default=60, cautious=300)
    assert setting.read({"ecs-ops:latency-slo": "5m"}) == (300, None)
    assert setting.read({}) == (60, None)
    value, problem = setting.read({"ecs-ops:latency-slo": "fast"})
    assert value == 300
    assert "a duration like 90s, 5m or 2h" in str(problem)


def test_a_default_of_zero_is_a_default():
    assert duration("t", default=60, cautious=300).read({}, 0) == (0, None)


def test_tags_as_ecs_describes_them_become_a_mapping():
    assert from_ecs([{"key": "a", "value": "1"}, {"key": "b"}, {"value": "x"}]) == {
        "a": "1",
        "b": "",
    }
    assert from_ecs(None) == {}


@pytest.mark.parametrize("word", ["off", "notify", "dry-run", "auto"])
def test_a_word_of_the_list_is_taken_whatever_its_case(word):
    assert ROLLBACK.read({"ecs-ops:rollback": f" {word.upper()} "}) == (word, None)


@pytest.mark.parametrize("text", ["on", "true", "automatic", "", "1"])
def test_no_other_word_makes_the_guard_act(text):
    mode, problem = ROLLBACK.read({"ecs-ops:rollback": text})
    assert mode == "notify"
    assert "off, notify, dry-run, auto" in str(problem)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "off"),
        ("2026-01-31T18:00:00Z", "2026-01-31T18:00:00+00:00"),
        ("2026-01-31T18:00+02:00", "2026-01-31T18:00:00+02:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
    ],
)
def test_a_freeze_is_on_off_or_lasts_until_a_time(text, value):
    assert FREEZE.read({"ecs-ops:freeze": text}) == (value, None)


@pytest.mark.parametrize("text", ["till friday", "9999-12-31T23:59:59-12:00"])
def test_a_freeze_that_nobody_understands_is_a_freeze(text):
    value, problem = FREEZE.read({"ecs-ops:freeze": text})
    assert value == "on"
    assert "acting as if on" in str(problem)
