"""``ecs-ops guard forgive``: a version that failed may be deployed again."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import Any

from deploy_guard import watch
from deploy_guard.audit import Audit, AuditRow
from deploy_guard.ledger_store import Due, Known, LedgerStore
from deploy_guard.model import Ledger, Version
from deploy_guard.reputation import forgiven
from sandbox.cli.guard_freeze import who
from sandbox.cli.guard_query import service_arn_of
from sandbox.cli.own_account import Client
from sandbox.errors import SandboxError

_TRIES = 5


def run(arguments: Namespace, client: Client, table: str) -> str:
    """Forgive a version of a deployed stack's service; the line to print."""
    service = service_arn_of(client("ecs"), arguments.scope)
    why = forgive(
        client("dynamodb"), table, service, arguments.version, who(arguments), time.time()
    )
    return f"{arguments.version}: forgiven; it had failed: {'; '.join(why)}"


def forgive(dynamodb: Any, table: str, service: str, name: str, who: str, now: float) -> list[str]:
    """Take a version off the service's list of bad ones; what it was there for."""
    store = LedgerStore(dynamodb, table)
    for _ in range(_TRIES):
        known = store.read([service])[service]
        bad = [one for one in known.ledger.judged if not one.good and _is(one.version, name)]
        if not bad:
            listed = ", ".join(
                sorted({one.version.name for one in known.ledger.judged if not one.good})
            )
            if not known.version:
                raise SandboxError(f"{service}: the guard has seen no deployment of such a service")
            raise SandboxError(f"{name} is not known to be bad; known are: {listed or 'none'}")
        ledger: Ledger = known.ledger
        for one in bad:
            ledger = forgiven(ledger, one)
        if store.save(known, ledger, _due(known, ledger, now), now):
            for one in bad:
                row = AuditRow(
                    service,
                    one.deployment,
                    now,
                    "FORGIVEN",
                    executed=False,
                    calls=(),
                    why=one.why,
                    who=who,
                    task_definition=one.version.task_definition,
                )
                Audit(dynamodb, table).note(row, f"{one.deployment.rpartition('/')[2]}-{int(now)}")
            return [one.why for one in bad]
    raise SandboxError("the guard is writing the ledger all the time: try again")


def _due(known: Known, ledger: Ledger, now: float) -> Due | None:
    """As planned; but what is noted is handled by saving it, and nobody has looked because of it."""
    planned = watch.due(ledger, now)
    return Due(now, planned.alarms if planned else frozenset()) if known.notes else planned


def _is(version: Version, name: str) -> bool:
    return name in (version.name, version.task_definition)
