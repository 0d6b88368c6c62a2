from __future__ import annotations

import json
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.alerts import Alert, Diff, Lines, NextStep, Table, publish
from ecsops.errors import PublishFailed


def alert(**changes) -> Alert:
    return Alert(
        **{
            "incident": "spot_drain/web/1",
            "stage": "storm-1",
            "severity": "info",
            "state": "resolved",
            "at": 1_772_442_012.0,
            "capability": "spot_drain",
            "title": "t",
            "summary": "s",
            **changes,
        }
    )


@dataclass
class FakeBus:
    """Remembers the entries of each call; refuses the titles in ``refused``."""

    refused: frozenset[str] = frozenset()
    calls: list[list[dict]] = field(default_factory=list)

    def put_events(self, *, Entries):  # noqa: N803
        self.calls.append(Entries)
        answers = [
            {"ErrorCode": "ThrottlingException"}
            if json.loads(entry["Detail"])["title"] in self.refused
            else {"EventId": "1"}
            for entry in Entries
        ]
        return {"FailedEntryCount": sum("ErrorCode" in a for a in answers), "Entries": answers}


def test_an_alert_is_an_ecs_ops_event_with_its_schema_version():
    bus = FakeBus()
    publish(bus, [alert(resources=("arn:aws:ecs:eu-west-1:123456789012:service/prod/web",))])
    [[entry]] = bus.calls
    assert (entry["Source"], entry["DetailType"]) == ("ecs-ops", "ECS Ops Alert")
    assert entry["Resources"] == ["arn:aws:ecs:eu-west-1:123456789012:service/prod/web"]
    assert "EventBusName" not in entry
    assert json.loads(entry["Detail"])["incident"] == "spot_drain/web/1"


def test_no_alert_costs_no_call():
    bus = FakeBus()
    publish(bus, [])
    assert bus.calls == []


def test_ten_alerts_go_in_one_call():
    bus = FakeBus()
    publish(bus, [alert(stage=str(n)) for n in range(21)])
    assert [len(call) for call in bus.calls] == [10, 10, 1]


def test_alerts_too_large_for_one_call_go_in_several():
    bus = FakeBus()
    publish(bus, [alert(stage=str(n), summary="x" * 100_000) for n in range(5)])
    assert [len(call) for call in bus.calls] == [2, 2, 1]


def test_a_partial_failure_of_put_events_is_raised_with_its_codes():
    bus = FakeBus(refused=frozenset({"bad"}))
    with pytest.raises(PublishFailed, match="ThrottlingException"):
        publish(bus, [alert(), alert(title="bad")])


_texts = st.lists(st.text(), max_size=3).map(tuple)
_evidence = st.one_of(
    st.builds(Table, st.text(), _texts, st.lists(_texts, max_size=3).map(tuple)),
    st.builds(Lines, st.text(), _texts),
    st.builds(Diff, st.text(), st.lists(st.tuples(*[st.text()] * 3), max_size=3).map(tuple)),
)


@given(
    st.lists(_evidence, max_size=3).map(tuple),
    st.lists(st.builds(NextStep, st.text(), st.none() | st.text()), max_size=2).map(tuple),
    st.text(),
)
def test_an_alert_reads_back_as_it_was_written(evidence, steps, title):
    one = alert(evidence=evidence, next_steps=steps, title=title)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Alert) == one
