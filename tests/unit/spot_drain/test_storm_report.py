"""What a storm's alert says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.alerts import Alert
from spot_drain.storm import Tally
from spot_drain.storm_report import storm_alert
from tests.unit.spot_drain.builders import service_arn

ARN = service_arn()
BEGAN = 1_772_442_000
_OF_TASKS = ("native", "backstop", "unattributed", "stuck", "moved", "absent", "plain", "would")
SEVERAL = re.compile(r"\b1 (tasks|targets|were|are|have)\b|\b(them|themselves|their|and were)\b")
_tasks = st.frozensets(st.sampled_from("abcdef"), max_size=4)


def tally(**sets: str) -> Tally:
    return Tally(ARN, BEGAN, BEGAN + 12, **{name: frozenset(ids) for name, ids in sets.items()})


def table(alert: Alert) -> dict[str, str]:
    return dict(alert.evidence[0].rows)


def test_the_report_says_who_drained_what():
    alert = storm_alert(tally(native="ab", backstop="c", groups="g"))
    assert alert.title == "prod/web: Spot took 3 tasks; all left their load balancers in time"
    assert alert.summary == (
        "09:00:00-09:00:12 UTC: Spot interrupted 3 tasks. "
        "ECS itself had taken 2 out of rotation. "
        "1 still got requests when the toolkit came, and was taken out."
    )
    assert table(alert) == {
        "interrupted": "3",
        "drained by ECS": "2",
        "drained by the toolkit": "1",
        "still registered": "0",
        "target groups": "g",
    }
    assert (alert.severity, alert.state) == ("info", "resolved")
    assert (alert.cluster, alert.service, alert.resources) == ("prod", "web", (ARN,))


def test_one_task_is_one_task():
    title = storm_alert(tally(native="a")).title
    assert title == "prod/web: Spot took 1 task; it left its load balancers in time"


@pytest.mark.parametrize("name", _OF_TASKS)
def test_nothing_is_said_of_one_task_as_if_it_were_several(name):
    alert = storm_alert(tally(**{name: "a"}))
    assert not SEVERAL.search(f"{alert.title} {alert.summary}")


def test_a_storm_that_nobody_could_drain_is_critical_and_open():
    alert = storm_alert(tally(native="a", stuck="b"))
    assert (alert.severity, alert.state) == ("critical", "open")
    assert alert.title.endswith("; 1 died in rotation")
    assert "5xx" in alert.next_steps[0].text


def test_a_dry_run_says_how_to_let_the_toolkit_act():
    alert = storm_alert(tally(would="ab"))
    assert alert.title.endswith("(dry run)")
    assert "would have taken 2 out, and did nothing" in alert.summary
    assert alert.next_steps[0].command == (
        f"aws ecs tag-resource --resource-arn {ARN} --tags key=ecs-ops:spot-drain,value=on"
    )


def test_a_service_without_target_groups_is_told_as_such():
    alert = storm_alert(tally(plain="a"))
    assert alert.title.endswith("; no load balancer to drain")
    assert "1 had no target group." in alert.summary
    assert table(alert)["target groups"] == "none"


def test_what_left_by_an_unknown_hand_is_told_as_such():
    assert "not by the toolkit's doing" in storm_alert(tally(unattributed="a")).summary


def test_a_note_makes_the_report_a_warning():
    alert = storm_alert(Tally(ARN, BEGAN, BEGAN, notes=frozenset({"A note."})))
    assert alert.severity == "warning"
    assert alert.summary.endswith("A note.")


def test_every_report_of_a_storm_shares_its_incident_and_has_a_stage_of_its_own():
    first = storm_alert(Tally(ARN, BEGAN, BEGAN + 1))
    second = storm_alert(Tally(ARN, BEGAN, BEGAN + 2))
    assert first.incident == second.incident == f"spot_drain/{ARN}/{BEGAN}"
    assert first.stage != second.stage


def test_a_service_with_an_old_short_arn_is_in_the_default_cluster():
    alert = storm_alert(Tally("arn:aws:ecs:eu-west-1:123456789012:service/web", BEGAN, BEGAN))
    assert (alert.cluster, alert.service) == ("default", "web")


@given(_tasks, _tasks, _tasks, _tasks, _tasks, _tasks)
def test_any_tally_can_be_told(native, backstop, unattributed, stuck, plain, would):
    sets = (native, backstop, unattributed, stuck, plain, would)
    alert = storm_alert(Tally(ARN, BEGAN, BEGAN + 12, *sets))
    assert table(alert)["interrupted"] == str(len(frozenset().union(*sets)))
    assert alert.state == ("open" if stuck else "resolved")
