"""The process may die after any call, and any call may fail: at most one rollback, and a true audit."""

from __future__ import annotations

import pytest

from sandbox.faults import CallFault
from tests.integration.deploy_guard.guarded import EXECUTOR, Guard, guarded

# More than a rollback makes: the last ones hit nothing, which shows that every call was hit.
MOST_CALLS = 14
LONG_ENOUGH_S = 330


def struck(operate, kind, nth):
    """A guard whose executor's nth call is struck, after a deployment has failed."""
    guard = Guard(operate([guarded()]))
    guard.fail()
    function = guard.world.stack.function(EXECUTOR).name
    guard.account.faults.add(CallFault(kind, function=function, nth=nth))
    return guard


def tells_the_truth(guard):
    """What the audit says was done is what AWS has taken, and nothing else."""
    asked = [row for row in guard.audit if row.state in ("REQUESTED", "CONFIRMED") and row.executed]
    assert len(guard.rollbacks) == len(asked) <= 1
    attempts = [row for row in guard.audit if row.state == "ATTEMPT"]
    tried = [operation for operation, _ in guard.tried]
    # An attempt is noted before each call, and never without a reason to make it.
    assert len(attempts) >= len(tried)
    assert all("StopServiceDeployment" in row.calls[0] for row in attempts)


ANYWHERE = [("crash-after", nth) for nth in range(1, MOST_CALLS + 1)]
# The attempt is noted by the 7th call at the latest, AWS is asked and the end is noted after it.
AROUND_THE_CALL = [
    (kind, nth)
    for kind in ("throttle", "error", "timeout-before", "timeout-after")
    for nth in (6, 7, 8, 9)
]


@pytest.mark.parametrize(("kind", "nth"), ANYWHERE + AROUND_THE_CALL)
def test_one_fault_at_any_call_leaves_one_rollback_and_a_true_audit(operate, nth, kind):
    guard = struck(operate, kind, nth)
    guard.carry_out(seconds=LONG_ENOUGH_S)
    assert [operation for operation, _ in guard.rollbacks] == ["StopServiceDeployment"]
    tells_the_truth(guard)
    assert guard.stages in (["acted-REQUESTED"], ["acted-CONFIRMED"])
    assert guard.status == "ROLLBACK_SUCCESSFUL"
    assert guard.world.dead_letters("DeployGuardOrdersDeadLetterQueue") == []


def test_every_call_of_a_rollback_is_struck_by_one_of_these(operate):
    guard = struck(operate, "crash-after", MOST_CALLS)
    guard.carry_out(seconds=LONG_ENOUGH_S)
    function = guard.world.stack.function(EXECUTOR).name
    assert 8 <= len(guard.world.calls(function=function)) < MOST_CALLS
