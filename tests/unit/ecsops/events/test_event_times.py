from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.errors import InvalidMessage
from ecsops.events.envelope import Event, epoch


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:10.5Z", 10.5),
        ("1970-01-01T00:00:01.123456789Z", 1.123456),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T00:00:00.000+0000", 0),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("9999-12-31T23:59:59-14:00", 253_402_351_199),
    ],
)
def test_every_form_of_time_that_aws_writes_is_read(text, seconds):
    assert epoch(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "now", "Mon, 2 Mar 2026 09:00:00 GMT", "2026-02-30T00:00:00Z", "1e9", "\ud800"]
)
def test_any_other_time_is_rejected_with_its_path(text):
    with pytest.raises(InvalidMessage, match=r"^\$\.detail\.stoppingAt: expected an ISO 8601 time"):
        epoch(text, "$.detail.stoppingAt")


def test_an_event_knows_when_it_occurred():
    assert Event("s", "t", msgspec.Raw(b"{}"), time="1970-01-01T00:01:00Z").occurred_at() == 60


@given(st.text())
def test_any_text_is_a_time_or_an_invalid_message(text):
    with contextlib.suppress(InvalidMessage):
        epoch(text)
