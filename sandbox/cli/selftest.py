"""``ecs-ops selftest``: a marked alert through rule, queue, function and sink; says what is broken."""

from __future__ import annotations

import json
import time
import uuid
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from alerts.incident_reader import IncidentReader
from alerts.selftest_run import SelfTest
from sandbox.account import Account
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.own_account import own_account, physical_id
from sandbox.cli.stage import TEMPLATE

_LOOKS, _LOOK_EVERY_S = 24, 5.0
_FUNCTION = "SelfTestFunction"


def run(arguments: Namespace) -> ExitCode:
    """Test a deployed stack, or the shipped template in an embedded account."""
    problems = _deployed(arguments.stack) if arguments.stack else embedded()
    if arguments.json:
        print(json.dumps({"passed": not problems, "problems": problems}))
    else:
        print("self-test passed: rule, queue, function and sink" if not problems else "broken:")
        for problem in problems:
            print(f"  {problem}")
    return ExitCode.DONE if not problems else ExitCode.FUNCTION_FAILED


def embedded(prepare: Callable[[Account, Any], None] = lambda *_: None) -> list[str]:
    """Deploy the template into an account on this machine and test it there."""
    with Account() as account:
        stack = account.deploy(TEMPLATE)
        prepare(account, stack)
        variables = stack.function(_FUNCTION).variables
        return _test(account.client, variables, account.run_for, account.clock.now)


def _deployed(stack: str) -> list[str]:
    with own_account() as client:
        name = physical_id(client, stack, _FUNCTION)
        configuration = client("lambda").get_function_configuration(FunctionName=name)
        return _test(client, configuration["Environment"]["Variables"], time.sleep, time.time)


def _test(
    client: Callable[[str], Any],
    variables: dict[str, str],
    wait: Callable[[float], None],
    now: Callable[[], float],
) -> list[str]:
    test = SelfTest(
        client("events"),
        client("sqs"),
        client("sns"),
        IncidentReader(client("dynamodb"), variables["TABLE_NAME"]),
        tuple(variables["RULES"].split(",")),
        variables["QUEUE_URL"],
        variables["ALERTS_QUEUE_URL"],
        variables["TOPIC_ARN"],
    )
    problems = test.check_rules()
    incident = test.send(uuid.uuid4().hex, now())
    path: tuple[str, ...] = ()
    for _ in range(_LOOKS):
        wait(_LOOK_EVERY_S)
        path = test.check_path(incident)
        if not path:
            break
    return [*problems, *path]
