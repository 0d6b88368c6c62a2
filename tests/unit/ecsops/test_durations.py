from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.durations import format_duration, parse_duration
from ecsops.errors import InvalidSetting


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86_400),
        (" 5 M ", 300),
        ("0s", 0),
        ("007s", 7),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "5",
        "-5m",
        "5.5m",
        "1h30m",
        "5w",
        "٣s",
        "9999999999s",
        "5m\n5m",
        "1e3s",
        "\ud800",
        "5µs",
    ],
)
def test_what_is_no_duration_is_rejected_with_the_accepted_forms(text):
    with pytest.raises(InvalidSetting, match="write it like 90s, 5m, 2h or 1d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (90, "90s"), (3600, "1h"), (86_400, "1d"), (89.6, "90s")],
)
def test_a_duration_is_written_in_the_shortest_exact_form(seconds, text):
    assert format_duration(seconds) == text


@given(st.integers(0, 10**9 - 1))
def test_what_is_written_reads_back_the_same(seconds):
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_an_invalid_setting(text):
    with contextlib.suppress(InvalidSetting):
        assert parse_duration(text) >= 0
