"""The process may die after any call, and any call may fail: at most one rollback, and a true audit.

Each way back has an account of its own, in which one service after another is struck.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from deploy_guard.model import Outcome
from sandbox.ecs import App
from sandbox.faults import CallFault
from tests.integration.deploy_guard import condemned
from tests.integration.deploy_guard.codedeployed import ALARM, ALLOWED, CodeDeployed
from tests.integration.deploy_guard.guarded import EXECUTOR, took_effect
from tests.integration.deploy_guard.observed import SECRET

LONG_ENOUGH_S = 330
# Until the message comes again and is worked.
AGAIN_S = 120


@pytest.fixture
def ticking():
    return frozenset()


def stop(world, name):
    return condemned.failing(world, name), None


def update(world, name):
    return condemned.complete(world, name), None


def pinned_copy(world, name):
    return condemned.move_tag(world, name, **{"ecs-ops:pin-digests": "on"}), None


def answer_hook(world, name):
    return condemned.pause(world, name), None


def stop_codedeploy(world, name):
    shop = CodeDeployed(world, name)
    return shop, lambda: shop.release(App.without_secret(SECRET), seconds=900)


def create_codedeploy(world, name):
    shop = CodeDeployed(world, name, **{"ecs-ops:bake-alarms": ALARM, "ecs-ops:bake": "5m"})
    shop.alarm("OK")
    shop.release(seconds=700)
    bad = shop.release(seconds=200)

    def alarm():
        shop.alarm("ALARM")
        shop.account.run_for(900)
        return bad

    return shop, alarm


@dataclass(frozen=True, slots=True)
class Way:
    """How a rollback is made ready, the call that it comes to, and how many calls it makes.

    Its strikes are dealt out to ``parts`` tests, none of which is to take long.
    """

    ready: object
    call: str
    calls: int
    parts: int


WAYS = {
    "stop": Way(stop, "StopServiceDeployment", 9, 1),
    "update": Way(update, "UpdateService", 11, 2),
    "pinned-copy": Way(pinned_copy, "UpdateService", 17, 2),
    "answer-hook": Way(answer_hook, "ContinueServiceDeployment", 9, 1),
    "stop-codedeploy": Way(stop_codedeploy, "StopDeployment", 12, 2),
    "create-codedeploy": Way(create_codedeploy, "CreateDeployment", 17, 3),
}


class Strikes:
    """One account, and a new service for each strike."""

    def __init__(self, operate, way):
        self.world, self.way, self.number = operate(world=False, parameters=ALLOWED), way, 0
        self.function = self.world.stack.function(EXECUTOR).name

    def strike(self, fault=None):
        """The calls of the executor and what the audit says, of one rollback."""
        self.world.account.faults.clear()
        self.world.trace.clear()
        case, go = self.way.ready(self.world, f"web{self.number}")
        self.number += 1
        if fault is not None:
            self.world.account.faults.add(fault)
        if go is None:
            case.carry_out(seconds=LONG_ENOUGH_S)
        else:
            assert case.row(go()).outcome is Outcome.ROLLED_BACK
        calls = self.world.calls(function=self.function)
        self.tells_the_truth(case, calls)
        return [call["operation"] for call in calls]

    def fault(self, kind, nth, operation=None):
        return CallFault(kind, operation=operation, function=self.function, nth=nth)

    def tells_the_truth(self, case, calls):
        """What the audit says was done is what AWS has taken, once, and nothing else."""
        tried = [call for call in calls if call["operation"] == self.way.call]
        taken = [call for call in tried if took_effect(call)]
        rows = [row for row in case.audit if row.executed]
        (done,) = [row for row in rows if row.state in ("REQUESTED", "CONFIRMED")]
        assert len(taken) == 1
        assert any(call.startswith(self.way.call) for call in done.calls)
        assert {row.state for row in rows if row is not done} == {"ATTEMPT"}
        assert len(rows) - 1 >= len(tried)
        assert done.after in case.brought or (done.after is None and done.state == "REQUESTED")
        assert self.world.dead_letters("DeployGuardOrdersDeadLetterQueue") == []


@pytest.mark.parametrize(
    ("name", "part"), [(name, part) for name, way in WAYS.items() for part in range(way.parts)]
)
def test_a_crash_after_any_call_leaves_one_rollback_and_a_true_audit(operate, name, part):
    way = WAYS[name]
    strikes = Strikes(operate, way)
    unharmed = strikes.strike()
    # A call more or less is no matter, but all are to be struck: whoever changes their number says so.
    assert len(unharmed) == way.calls
    for nth in range(part + 1, way.calls + 1, way.parts):
        struck = strikes.strike(strikes.fault("crash-after", nth))
        # Another came and read the ledger.
        assert struck.count(unharmed[0]) > unharmed.count(unharmed[0])


@pytest.mark.parametrize("name", WAYS)
def test_a_call_that_fails_leaves_one_rollback_and_a_true_audit(operate, name):
    strikes = Strikes(operate, WAYS[name])
    for kind in ("throttle", "error", "timeout-before", "timeout-after"):
        strikes.strike(strikes.fault(kind, 1, WAYS[name].call))


@pytest.mark.parametrize("kind", ["throttle", "error", "timeout-before", "timeout-after"])
def test_a_claim_or_a_note_that_fails_leaves_one_rollback_and_a_true_audit(operate, kind):
    strikes = Strikes(operate, WAYS["stop"])
    for nth in (1, 2):
        strikes.strike(strikes.fault(kind, nth, "TransactWriteItems"))
    strikes.strike(strikes.fault(kind, 1, "PutEvents"))


def deployed_in_between(operate, way, kind, operation):
    """A person deploys another version between the crash and the redelivery."""
    strikes = Strikes(operate, WAYS[way])
    case, _ = strikes.way.ready(strikes.world, "web")
    failed = case.row.id
    strikes.world.account.faults.add(strikes.fault(kind, 1, operation))
    case.carry_out(seconds=6)
    assert case.states[-1] == "ATTEMPT"
    # The observer sees what has begun, as it does all the time.
    case.remember()
    theirs = case.release(image="app:7", seconds=AGAIN_S)
    assert case.client("ecs").describe_services(cluster="prod", services=["web"])["services"][0][
        "taskDefinition"
    ] == (theirs)
    (*_, row) = case.audit
    (act,) = (one for one in case.acts if one.state != "ATTEMPT")
    (alert,) = case.alerts
    calls = [one for one in strikes.world.calls(strikes.way.call) if took_effect(one)]
    case.remember()
    ours = [one for one in case.ledger.deployments if one.rolls_back == failed]
    mine = [one for one in calls if one["function"] == strikes.function]
    return row, act, alert["title"] + alert["summary"], mine, ours


@pytest.mark.parametrize("kind", ["crash-after", "timeout-after"])
@pytest.mark.parametrize("way", ["update", "pinned-copy"])
def test_a_rollback_that_somebody_replaced_since_is_found_and_counts(operate, way, kind):
    row, act, told, calls, ours = deployed_in_between(operate, way, kind, "UpdateService")
    assert len(calls) == 1
    assert (row.state, row.executed) == (act.state, act.executed) == ("CONFIRMED", True)
    assert row.calls
    assert "an earlier try may have asked for it" in row.note
    # Nobody rolls it back: it is known to be a rollback.
    assert [one.id for one in ours] == [row.after]
    assert "was replaced" in told
    assert "web:3 is being deployed since" in told or "web:4 is being deployed since" in told


def test_a_stop_that_was_taken_is_over_when_somebody_has_deployed_since(operate):
    row, _, told, calls, _ = deployed_in_between(operate, "stop", "crash-after", WAYS["stop"].call)
    assert len(calls) == 1
    assert (row.state, row.executed) == ("CONFIRMED", True)
    assert "the rollback to web:1 is over" in told
    assert "under way" not in told
    assert "web:3 is being deployed since" in told


def test_a_call_of_which_the_history_shows_nothing_was_not_taken(operate):
    row, act, told, calls, _ = deployed_in_between(
        operate, "update", "crash-after", "TransactWriteItems"
    )
    assert calls == []
    assert (row.state, row.executed) == ("SUPERSEDED", act.executed) == ("SUPERSEDED", False)
    assert "its call was not taken" in told


def test_a_stop_whose_end_is_not_to_be_known_counts_as_made(operate):
    row, act, told, calls, _ = deployed_in_between(
        operate, "stop", "crash-after", "TransactWriteItems"
    )
    assert calls == []
    assert (row.state, row.executed) == (act.state, act.executed) == ("UNCONFIRMED", True)
    assert "superseded" in row.why or "replaced" in row.why
    assert "it is not known whether its call was made" in told
