"""``ecs-ops jobs``: look at the jobs of a deployed stack, and tell it what to do with them."""

from __future__ import annotations

import json
import re
import sys
import uuid
from argparse import Namespace
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from botocore.exceptions import HTTPClientError

from batch_jobs.ids import RUN_ID
from batch_jobs.ledger import Ledger
from batch_jobs.rows import FINAL, STATUS, JobRow, Plan, RunRow, job_key, plan_key, row_of, run_key
from batch_jobs.spec import Spec
from batch_jobs.spec_problem import Problem
from batch_jobs.spec_reading import InvalidSpec, parse_spec
from ecsops.errors import CallFailed
from sandbox.cli import jobs_logs, jobs_view
from sandbox.cli.exit_code import ExitCode
from sandbox.cli.own_account import Client, own_account, physical_id
from sandbox.errors import InvalidOption, SandboxError

_JOB, _KEY = re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
# Scheduler replaces this text; by hand nobody does.
_SLOT = "<aws.scheduler.scheduled-time>"
_SOME_SLOT = "2026-01-05T09:00:00Z"


def run(arguments: Namespace) -> ExitCode:
    """Run one of the subcommands."""
    if arguments.action == "validate":
        return validate(arguments.file, as_json=arguments.json)
    _check_names(arguments)
    spec = _for_now(arguments) if arguments.action == "submit" else ""
    if spec is None:
        return ExitCode.BAD_FILE
    with own_account() as client:
        try:
            return _ACTIONS[arguments.action](arguments, Stack(client, arguments.stack), spec)
        except CallFailed as error:
            raise SandboxError(str(error)) from error


def validate(path: Path, *, as_json: bool) -> ExitCode:
    """Say whether a spec is understood, and if not, what is wrong with each field."""
    try:
        spec = _understood(_text(path))
    except InvalidSpec as error:
        _complain(path, error, as_json=as_json)
        return ExitCode.BAD_FILE
    if as_json:
        print(json.dumps({"file": str(path), "job": spec.job, "problems": []}))
    else:
        print(f"{path}: understood: job {spec.job}, {spec.task_definition} on {spec.cluster}")
    return ExitCode.DONE


class Stack:
    """A deployed stack: its ledger to read, its submit queue to write to."""

    def __init__(self, client: Client, name: str) -> None:
        """``client`` makes clients of the user's account."""
        self.client = client
        self._name = name
        self.ledger = Ledger(client("dynamodb"), physical_id(client, name, "BatchJobsTable"), 0)

    def send(self, body: str) -> str:
        """Put a spec or command into the submit queue; the message's id."""
        url = physical_id(self.client, self._name, "BatchSubmitQueue")
        return str(self.client("sqs").send_message(QueueUrl=url, MessageBody=body)["MessageId"])

    def run(self, run_id: str) -> RunRow:
        """A run that is there."""
        found = self.ledger.get(run_key(run_id), RunRow)
        if found is None:
            raise SandboxError(
                f"no run {run_id}: `ecs-ops jobs history JOB` lists those that are kept"
            )
        return found.row

    def job(self, name: str) -> JobRow:
        """A job that is there."""
        found = self.ledger.get(job_key(name), JobRow)
        if found is None:
            raise SandboxError(f"no job {name}: `ecs-ops jobs list` lists them")
        return found.row


def _list(arguments: Namespace, stack: Stack, _spec: str) -> ExitCode:
    jobs_view.show_jobs(list(stack.ledger.query(STATUS)), as_json=arguments.json)
    return ExitCode.DONE


def _history(arguments: Namespace, stack: Stack, _spec: str) -> ExitCode:
    items = stack.ledger.query(f"job#{arguments.job}", newest_first=True)
    runs = [row_of(item, RunRow) for item in islice(items, arguments.limit)]
    if not runs:
        stack.job(arguments.job)
    jobs_view.show_runs(runs, as_json=arguments.json)
    return ExitCode.DONE


def _logs(arguments: Namespace, stack: Stack, _spec: str) -> ExitCode:
    row = stack.run(arguments.run_id)

    def logs(region: str) -> Any:
        own = stack.client("logs")
        here = own.meta.region_name in (region, None)
        return own if here else stack.client("logs", region_name=region)

    found = jobs_logs.read(stack.ledger, logs, row, arguments.shard)
    jobs_view.show_log(found, as_json=arguments.json)
    return ExitCode.DONE


def _rerun(arguments: Namespace, stack: Stack, _spec: str) -> ExitCode:
    row = _ours(stack.run(arguments.run_id))
    if row.state not in FINAL:
        raise SandboxError(f"{row.run} is {row.state}: wait for its end, or cancel it first")
    if stack.ledger.get(plan_key(row.run), Plan) is None:
        hint = "nothing of it was planned, so there is nothing to run again: submit its spec"
        raise SandboxError(f"{row.run} is {row.state}: {hint}")
    if arguments.failed_shards and not int(row.failed or "0", 16):
        raise SandboxError(f"no shard of {row.run} failed: leave --failed-shards out to run all")
    body = {
        "command": "rerun",
        "run": row.run,
        "failedShards": arguments.failed_shards,
        "key": arguments.key or uuid.uuid4().hex,
    }
    return _told(arguments, stack, body, f"`ecs-ops jobs history {row.job}` shows the new run")


def _cancel(arguments: Namespace, stack: Stack, _spec: str) -> ExitCode:
    row = _ours(stack.run(arguments.run_id))
    if row.state in FINAL:
        raise SandboxError(f"{row.run} is {row.state}: there is nothing to cancel")
    return _told(arguments, stack, {"command": "cancel", "run": row.run}, "its tasks get SIGTERM")


def _pause(arguments: Namespace, stack: Stack, _spec: str) -> ExitCode:
    job = stack.job(arguments.job)
    if job.foreign:
        raise SandboxError(f"{job.job} is another schedule: disable it where it was made")
    body = {"command": arguments.action, "job": job.job}
    return _told(arguments, stack, body, "what runs goes on")


def _submit(arguments: Namespace, stack: Stack, spec: str) -> ExitCode:
    job = json.loads(spec)["job"]
    return _told(arguments, stack, spec, f"`ecs-ops jobs history {job}` shows its run")


def _told(arguments: Namespace, stack: Stack, body: dict[str, Any] | str, more: str) -> ExitCode:
    text = body if isinstance(body, str) else json.dumps(body | {"by": "ecs-ops jobs"})
    try:
        message = stack.send(text)
    except HTTPClientError as error:
        key = json.loads(text).get("key")
        again = f" with --key {key}: then it is one run, however often it came" if key else ""
        raise SandboxError(
            f"{error} It may have been sent all the same: repeat it{again}"
        ) from error
    if arguments.json:
        print(json.dumps({"action": arguments.action, "messageId": message}))
    else:
        print(f"{arguments.action}: sent to the stack {arguments.stack}; {more}")
    return ExitCode.DONE


_ACTIONS: dict[str, Callable[[Namespace, Stack, str], ExitCode]] = {
    "list": _list,
    "history": _history,
    "logs": _logs,
    "rerun": _rerun,
    "cancel": _cancel,
    "pause": _pause,
    "resume": _pause,
    "submit": _submit,
}


def _check_names(arguments: Namespace) -> None:
    job, run_id = getattr(arguments, "job", None), getattr(arguments, "run_id", None)
    key = getattr(arguments, "key", None)
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidOption(f"--key {key!r}: expected 1 to 128 of A-Z a-z 0-9 _ . : / -")
    # The history also holds schedules and rules of others, whose names may have dots.
    if job is not None and arguments.action != "history" and not _JOB.fullmatch(job):
        raise InvalidOption(f"JOB {job!r}: expected 1 to 64 of A-Z a-z 0-9 _ -")
    if run_id is not None and not RUN_ID.fullmatch(run_id):
        raise InvalidOption(
            f"RUN {run_id!r}: expected an id such as nightly-20260105T020000Z-000000; "
            "`ecs-ops jobs history JOB` shows them"
        )


def _ours(row: RunRow) -> RunRow:
    if row.foreign:
        raise SandboxError(f"{row.run} was started by another schedule: only looked at")
    return row


def _for_now(arguments: Namespace) -> str | None:
    """A spec's text to be run by hand: without a slot; None if it is refused, and why is told."""
    path: Path = arguments.file
    try:
        text = _text(path)
        _understood(text)
    except InvalidSpec as error:
        _complain(path, error, as_json=arguments.json)
        return None
    document = json.loads(text)
    document.pop("slot", None)
    # A send whose answer is lost is made again, by the SDK or by whoever reads of it.
    document["key"] = arguments.key or document.get("key") or uuid.uuid4().hex
    return json.dumps(document)


def _understood(text: str) -> Spec:
    return parse_spec(text.replace(_SLOT, _SOME_SLOT))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        wrong = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError as error:
        wrong = f"is no text in UTF-8 (byte {error.start + 1})"
    raise InvalidSpec((Problem("$", wrong, "name a file with a job spec as JSON"),))


def _complain(path: Path, error: InvalidSpec, *, as_json: bool) -> None:
    if as_json:
        problems = [_plain(each) for each in error.problems]
        print(json.dumps({"file": str(path), "job": error.job, "problems": problems}))
        return
    for each in error.problems:
        print(f"ecs-ops jobs: {path}: {each}", file=sys.stderr)


def _plain(problem: Problem) -> dict[str, str]:
    return {"path": problem.path, "problem": problem.problem, "hint": problem.hint}
