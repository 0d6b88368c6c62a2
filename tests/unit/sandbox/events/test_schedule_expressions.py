import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import ApiError
from sandbox.events.schedule_expression import parse


def epoch(text, zone="UTC"):
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


START = epoch("2026-01-05T09:00:30")

CRON = [
    ("cron(0 10 * * ? *)", "2026-01-05T10:00:00"),
    ("cron(15 12 * * ? *)", "2026-01-05T12:15:00"),
    ("cron(0 18 ? * MON-FRI *)", "2026-01-05T18:00:00"),
    ("cron(0 8 1 * ? *)", "2026-02-01T08:00:00"),
    ("cron(0/15 * * * ? *)", "2026-01-05T09:15:00"),
    ("cron(0/5 8-17 ? * MON-FRI *)", "2026-01-05T09:05:00"),
    ("cron(0 9 L * ? *)", "2026-01-31T09:00:00"),
    ("cron(0 9 LW * ? *)", "2026-01-30T09:00:00"),
    ("cron(0 9 4W * ? *)", "2026-02-04T09:00:00"),
    ("cron(0 9 ? * 2#3 *)", "2026-01-19T09:00:00"),
    ("cron(0 9 ? * 6L *)", "2026-01-30T09:00:00"),
    ("cron(0 9 ? JAN,JUL SUN *)", "2026-01-11T09:00:00"),
    ("cron(0 0 29 2 ? *)", "2028-02-29T00:00:00"),
]


@pytest.mark.parametrize(("expression", "expected"), CRON, ids=[case[0] for case in CRON])
def test_cron_fires_next_at(expression, expected):
    assert parse(expression, start=START)(START) == epoch(expected)


def test_a_cron_in_the_past_never_fires():
    assert parse("cron(0 9 1 1 ? 2025)", start=START)(START) is None


def test_a_rate_counts_from_its_start_not_from_the_full_hour():
    following = parse("rate(5 minutes)", start=START)
    assert following(START) == START + 300
    assert following(START + 301) == START + 600


def test_at_fires_once():
    following = parse("at(2026-01-05T10:00:00)", start=START)
    assert following(START) == epoch("2026-01-05T10:00:00")
    assert following(epoch("2026-01-05T10:00:00")) is None


def test_a_time_zone_with_summer_time_moves_the_cron():
    following = parse("cron(0 3 * * ? *)", start=START, zone=ZoneInfo("Europe/Berlin"))
    assert following(epoch("2026-01-05T09:00:00")) == epoch("2026-01-06T02:00:00")
    assert following(epoch("2026-07-05T09:00:00")) == epoch("2026-07-06T01:00:00")


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(5 seconds)",
        "cron(0 10 * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "every day",
        "at(tomorrow)",
    ],
)
def test_what_aws_refuses_is_refused(expression):
    with pytest.raises(ApiError, match="ScheduleExpression is not valid"):
        parse(expression, start=START)


@given(st.integers(1, 600), st.sampled_from(["minute", "hour", "day"]), st.floats(0, 10**7))
def test_a_rate_always_fires_later_and_within_one_period(value, unit, offset):
    expression = f"rate({value} {unit}{'' if value == 1 else 's'})"
    period = value * {"minute": 60, "hour": 3600, "day": 86400}[unit]
    after = START + offset
    following = parse(expression, start=START)(after)
    assert after < following <= after + period + 1e-6


def test_a_time_that_the_clocks_skip_is_not_due():
    following = parse("cron(30 2 * * ? *)", start=START, zone=ZoneInfo("Europe/Berlin"))
    before = epoch("2026-03-28T02:30:00", "Europe/Berlin")
    assert following(before) == epoch("2026-03-30T02:30:00", "Europe/Berlin")
