"""What the self-test makes of what it sees."""

import pytest

from alerts.incident_reader import Known
from alerts.plan import SinkState
from alerts.selftest import RuleSeen, marked_alert, path_problems, report, rule_problems
from tests.unit.alerts.builders import BEGAN

QUIET = {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}
ALERT = (marked_alert("1", BEGAN),)
TOLD, REFUSED, FAILING = SinkState(reference="r"), SinkState(parked=True), SinkState(failures=2)


def test_a_rule_has_to_be_on_and_to_match_something():
    rules = [
        RuleSeen("good", "ENABLED", ("sample",)),
        RuleSeen("off", "DISABLED", ("sample",)),
        RuleSeen("dead", "ENABLED", ()),
    ]
    off, dead = rule_problems(rules)
    assert off == "rule off is DISABLED"
    assert dead.startswith("rule dead can never match")


@pytest.mark.parametrize(
    ("known", "queue", "problems"),
    [
        (Known(ALERT, {"sns": TOLD}), QUIET, ()),
        (Known((), {}), QUIET, ("rule or queue:",)),
        (Known((), {}), QUIET | {"ApproximateNumberOfMessagesNotVisible": "2"}, ("function: 2",)),
        (Known(ALERT, {}), QUIET, ("function: it has kept",)),
        (
            Known(ALERT, {"b": REFUSED, "a": FAILING, "sns": TOLD}),
            QUIET,
            ("sink a: it does not take", "sink b: it refuses"),
        ),
    ],
)
def test_the_first_part_that_the_alert_did_not_pass_is_named(known, queue, problems):
    found = path_problems(known, queue)
    assert len(found) == len(problems)
    for said, expected in zip(found, problems, strict=True):
        assert said.startswith(expected)


def test_the_mail_lists_every_problem():
    subject, text = report(("one", "two"))
    assert "(2)" in subject
    assert "  - one\n  - two" in text
    assert "docs/runbook.md#self-test" in text
