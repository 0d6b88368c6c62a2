"""``ecs-ops scaling``: why a count is what it is, what is wrong with tags, what it costs."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from ecsops.prices import AS_OF
from queue_scaling.actuator import Actuator
from queue_scaling.aws import Aws, Service
from queue_scaling.configuration import PROTECTION_TAG
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.own_account import Client, own_account, physical_id
from sandbox.errors import SandboxError
from sandbox.scaling import check, cost, explain, plans, protection

_TABLE = "QueueScalingTable"


def run(arguments: Namespace) -> ExitCode:
    """Run one of the subcommands."""
    actions = {
        "explain": _explain,
        "check": _check,
        "cost": _cost,
        "protection": _protection,
    }
    return actions[arguments.action](arguments)


def _explain(arguments: Namespace) -> ExitCode:
    from queue_scaling.store import Store

    with own_account() as client:
        store = Store(client("dynamodb"), physical_id(client, arguments.stack, _TABLE))
        explained = explain.find(store.read((20, 60)), arguments.service, arguments.cluster)
        _print(
            arguments,
            explain.document(explained, time.time()),
            explain.text(explained, time.time()),
        )
    return ExitCode.DONE


def _check(arguments: Namespace) -> ExitCode:
    tags, cluster = plans.tags_of(arguments.tag), arguments.cluster or "default"
    if arguments.services and (arguments.offline or arguments.file):
        given = "--offline" if arguments.offline else "--file"
        raise SandboxError(f"{given} is for what is not deployed yet: leave SERVICE out")
    if arguments.offline:
        planned = plans.services(arguments.file, tags, cluster, None)
        if not planned:
            raise SandboxError("--offline looks at tags only: give some with --file or --tag")
        return _told(arguments, check.check_tags(planned))
    with own_account() as client:
        aws, actuator = _gateways(client)
        scope = _scope(client)
        services: Sequence[Service] = ()
        if not arguments.services:
            services = plans.services(arguments.file, tags, cluster, scope)
        if not services:
            services = _there(aws, scope, arguments, tags)
        return _told(arguments, check.check(services, aws, actuator, time.time()))


def _scope(client: Client) -> plans.Scope:
    account = client("sts").get_caller_identity()["Account"]
    return plans.Scope(account, client("ecs").meta.region_name)


def _there(
    aws: Aws, scope: plans.Scope, arguments: Namespace, tags: dict[str, str]
) -> list[Service]:
    """Services of the account: the named ones, with tags as they are to be, or all that have a queue."""
    cluster = arguments.cluster or "default"
    arns = [scope.arn_of(name, cluster) for name in arguments.services] or aws.discover()
    described, failed = aws.describe(arns)
    # What was deleted is still tagged for a while: only who names a service misses it.
    missing = [
        arn for arn in arns if arn not in described and (arguments.services or arn in failed)
    ]
    if missing:
        reasons = {str(error) for error in failed.values()} or {"no such service"}
        raise SandboxError(f"{', '.join(missing)}: {'; '.join(sorted(reasons))}")
    return [plans.with_tags(service, tags) for service in described.values()]


def _told(arguments: Namespace, verdicts: Sequence[check.Verdict]) -> ExitCode:
    lines = []
    for verdict in verdicts:
        lines.append(
            f"{verdict.label}: {'cannot be scaled' if verdict.problems else verdict.summary}"
        )
        lines += [f"  problem: {each}" for each in verdict.problems]
        lines += [f"  advice: {each}" for each in verdict.advice]
    document = [
        {"service": each.arn, "problems": each.problems, "advice": each.advice} for each in verdicts
    ]
    _print(arguments, document, "\n".join(lines) or "no service has the tag ecs-ops:queue")
    return ExitCode.FAILED if any(each.problems for each in verdicts) else ExitCode.DONE


def _cost(arguments: Namespace) -> ExitCode:
    intervals = (60, 20)
    table = {
        number: {f"{each}s": round(cost.service_month(number, each), 4) for each in intervals}
        for number in arguments.services or cost.SERVICES
    }
    _print(arguments, {"as_of": AS_OF, "dollars_per_service_month": table}, cost.text(table))
    return ExitCode.DONE


def _protection(arguments: Namespace) -> ExitCode:
    lines: list[str] = []
    document = []
    with own_account() as client:
        aws, _ = _gateways(client)
        for service in _there(aws, _scope(client), arguments, {}):
            wanted = service.tags.get(PROTECTION_TAG, "").strip().lower() == "on"
            if not arguments.services and not wanted:
                continue
            now = time.time()
            _, cluster, name = service.arn.rsplit("/", 2)
            tasks = protection.protected_tasks(aws.ecs, cluster, name, now)
            in_flight = check.in_flight(service, aws, now)
            known = "an unknown number of" if in_flight is None else f"{in_flight:.0f}"
            lines.append(
                f"{cluster}/{name}: {len(tasks)} protected tasks, {known} messages in flight"
            )
            for task, reason in protection.stale(tasks, in_flight, arguments.longest):
                lines.append(f"  {task.task}, {task.for_s:.0f} s more: {reason}")
                document.append({"task": task.task, "for_s": task.for_s, "reason": reason})
    nothing = f"no service with a queue has the tag {PROTECTION_TAG}=on"
    _print(arguments, document, "\n".join(lines) or nothing)
    return ExitCode.FAILED if document else ExitCode.DONE


def _gateways(client: Client) -> tuple[Aws, Actuator]:
    ecs, cloudwatch = client("ecs"), client("cloudwatch")
    aws = Aws(ecs, cloudwatch, client, lambda: client("resourcegroupstaggingapi"))
    return aws, Actuator(ecs, cloudwatch, lambda: client("application-autoscaling"))


def _print(arguments: Namespace, document: Any, text: str) -> None:
    print(json.dumps(document, default=str) if arguments.json else text)
