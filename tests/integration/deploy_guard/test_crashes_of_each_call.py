"""The process dies around each of the calls that can roll back: it is made once, and the audit is true."""

from __future__ import annotations

import pytest

from deploy_guard.model import Outcome
from sandbox.ecs import App
from sandbox.faults import CallFault
from tests.integration.deploy_guard.codedeployed import ALARM, CodeDeployed
from tests.integration.deploy_guard.condemned import completed, mutable, paused
from tests.integration.deploy_guard.guarded import EXECUTOR
from tests.integration.deploy_guard.observed import SECRET

CLAIM = "TransactWriteItems"
LONG_ENOUGH_S = 330
WAYS = {
    "UpdateService": completed,
    "RegisterTaskDefinition": lambda operate: mutable(operate, **{"ecs-ops:pin-digests": "on"}),
    "ContinueServiceDeployment": paused,
}


def strikes(call):
    """Where the process dies: after the claim, after the call, before its answer came, after the note."""
    return [
        ("crash-after", CLAIM, 1),
        ("crash-after", call, 1),
        ("timeout-after", call, 1),
        ("crash-after", CLAIM, 2),
    ]


def struck(world, kind, operation, nth):
    function = world.stack.function(EXECUTOR).name
    world.account.faults.add(CallFault(kind, operation=operation, function=function, nth=nth))


def true_to(audit, rollbacks):
    """What the audit says was done is what AWS has taken, once."""
    done = [row for row in audit if row.executed and row.state in ("REQUESTED", "CONFIRMED")]
    assert len(rollbacks) == len(done) == 1
    assert sum(row.state == "ATTEMPT" for row in audit) >= 1
    (row,) = done
    assert rollbacks[0][0] in "; ".join(row.calls)


# A copy is registered before the call that rolls back: that one has strikes of its own.
MORE = [
    ("RegisterTaskDefinition", "crash-after", "UpdateService", 1),
    ("RegisterTaskDefinition", "timeout-after", "UpdateService", 1),
    ("RegisterTaskDefinition", "crash-after", CLAIM, 3),
    ("UpdateService", "crash-after", "PutEvents", 1),
]


@pytest.mark.parametrize(
    ("call", "kind", "operation", "nth"),
    [(call, *one) for call in WAYS for one in strikes(call)] + MORE,
)
def test_a_crash_leaves_one_rollback_and_a_true_audit(operate, call, kind, operation, nth):
    guard = WAYS[call](operate)
    struck(guard.world, kind, operation, nth)
    guard.carry_out(seconds=LONG_ENOUGH_S)
    true_to(guard.audit, guard.rollbacks)
    assert guard.world.dead_letters("DeployGuardOrdersDeadLetterQueue") == []


@pytest.mark.parametrize(("kind", "operation", "nth"), strikes("StopDeployment"))
def test_s17_a_crash_while_codedeploy_is_stopped(operate, kind, operation, nth):
    shop = CodeDeployed(operate)
    struck(shop.world, kind, operation, nth)
    failed = shop.release(App.without_secret(SECRET), seconds=900)
    true_to(shop.audit, shop.rollbacks)
    assert shop.row(failed).outcome is Outcome.ROLLED_BACK


@pytest.mark.parametrize(
    ("kind", "operation", "nth"),
    [*strikes("CreateDeployment"), ("crash-after", "GetDeployment", 1)],
)
def test_s17_a_crash_while_codedeploy_deploys_back(operate, kind, operation, nth):
    shop = CodeDeployed(operate, **{"ecs-ops:bake-alarms": ALARM, "ecs-ops:bake": "5m"})
    shop.release(seconds=700)
    bad = shop.release(seconds=200)
    struck(shop.world, kind, operation, nth)
    shop.alarm("ALARM")
    shop.account.run_for(900)
    true_to(shop.audit, shop.rollbacks)
    assert shop.row(bad).outcome is Outcome.ROLLED_BACK
