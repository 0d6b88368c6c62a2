"""The routes document of a running stack."""

from __future__ import annotations

from sandbox.faults import CallFault
from tests.integration.alerts.conftest import TO_SLACK

BAD = "routes:\n- to: nobody\n"


def test_a_bad_document_keeps_the_last_good_one_in_force_and_says_so(alerting):
    world = alerting(TO_SLACK)
    world.publish(title="before")
    world.run(70)
    world.route(BAD)
    world.publish(incident="b", title="while it is bad")
    world.run(70)

    assert "[warning] while it is bad" in world.titles()
    (problem,) = [t for t in world.titles() if "Routes document" in t]
    assert "line 2, routes[0].to" in problem

    world.account.recycle()  # the next start has nothing in memory but the table
    world.publish(incident="c", title="after a cold start")
    world.run(70)
    assert "[warning] after a cold start" in world.titles()
    assert len([t for t in world.titles() if "Routes document" in t]) == 1

    world.route(TO_SLACK)
    world.publish(incident="d", title="mended")
    world.run(120)
    assert "[resolved] Routes document understood again" in world.titles()


def test_a_bad_document_from_the_start_sends_everything_to_the_topic(alerting):
    world = alerting(BAD)
    world.publish(title="alert")
    world.run(70)
    subjects = sorted(mail["Subject"] for mail in world.mails())
    assert subjects[0].startswith("[warning] Routes document not understood: line 2")
    assert subjects[1] == "[warning] alert"


def test_a_parameter_that_cannot_be_read_stops_no_alert(alerting):
    world = alerting(TO_SLACK, faults=[CallFault("error", "ssm", "GetParameter", status=400)])
    world.publish(title="alert")
    world.run(70)
    assert [mail["Subject"] for mail in world.mails()] == ["[warning] alert"]


def test_working_hours_delay(alerting):
    hours = "hours: {{days: mon-fri, from: '10:00', to: '18:00', zone: UTC}}"
    world = alerting(TO_SLACK.replace("to: team", f"to: team, {hours}"))
    world.publish(title="early")  # the account's time is Monday, 09:00
    world.run(3500)
    assert world.titles() == []
    world.run(200)
    assert world.titles() == ["[warning] early"]
