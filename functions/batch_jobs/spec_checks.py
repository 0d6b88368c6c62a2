"""What a spec's shape cannot say: fields that exclude, need or contradict each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from batch_jobs.retry_checks import retry_problems
from batch_jobs.spec import Capacity, Dependency, Spec
from batch_jobs.spec_problem import Problem, problem_at, shape_problem
from batch_jobs.times import parse_slot
from ecsops.durations import parse_duration
from ecsops.errors import InvalidMessage

OWN_VARIABLES = "JOB_"
# RunTask: "A total of 8192 characters are allowed for overrides", its JSON included. What the toolkit adds
# for each shard (its variables, an item of up to 1,024 characters) must fit too.
MAX_OVERRIDES, OWN_OVERRIDES, MAX_ITEM = 8192, 700, 1024
_MAX_TAGS = 45  # of 50; the toolkit adds its own
_LEAST_S = 60
_TAG = re.compile(r"[\w\s+\-=.:/@]*")
_ROLES = ("taskRoleArn", "executionRoleArn")


def problems_of(spec: Spec) -> tuple[Problem, ...]:
    """Everything that is wrong with a spec of the right shape."""
    checks = (
        _slot,
        _capacities,
        _memory,
        _overrides,
        _fan_out,
        _durations,
        retry_problems,
        _dependencies,
        _tags,
    )
    return tuple(problem for check in checks for problem in check(spec))


def _slot(spec: Spec) -> Iterator[Problem]:
    if spec.slot is None:
        return
    if spec.key is not None:
        yield problem_at("$.key", "stands beside slot", "leave it out: a slot has one run anyway")
    if "<aws." in spec.slot:
        yield problem_at(
            "$.slot",
            f"{spec.slot} arrived as it was written: Scheduler replaced nothing",
            "only EventBridge Scheduler replaces it, and only unescaped: Terraform's jsonencode "
            "writes \\u003c for <, so build the input with a heredoc or replace() it back",
        )
        return
    try:
        parse_slot(spec.slot)
    except InvalidMessage as error:
        yield problem_at("$.slot", error.problem)


def _capacities(spec: Spec) -> Iterator[Problem]:
    for number, rung in enumerate(spec.capacity):
        path = f"$.capacity[{number}]"
        if (rung.provider is None) == (rung.launch_type is None):
            yield problem_at(path, "exactly one of provider and launchType is needed")
        elif spec.network is None and (rung.subnets or _on_fargate(rung)):
            yield problem_at(
                "$.network",
                f"required by {path[2:]}: its tasks have a network interface of their own",
            )
            return


def _on_fargate(rung: Capacity) -> bool:
    return rung.kind in ("FARGATE", "FARGATE_SPOT")


def _memory(spec: Spec) -> Iterator[Problem]:
    steps = [int(step) for step in spec.memory_steps]
    if any(after <= before for before, after in pairwise(steps)):
        yield problem_at("$.memorySteps", "each step must be larger than the one before")
    base = spec.overrides.get("memory")
    if steps and isinstance(base, str) and base.isdecimal() and int(base) >= steps[0]:
        yield problem_at(
            "$.memorySteps[0]", f"must be larger than the {base} MiB of overrides.memory"
        )
    if spec.cpu_steps and len(spec.cpu_steps) != len(spec.memory_steps):
        yield problem_at(
            "$.cpuSteps",
            f"{len(spec.cpu_steps)} steps beside {len(spec.memory_steps)} of memorySteps",
        )


def _overrides(spec: Spec) -> Iterator[Problem]:
    for name in spec.overrides:
        if name in _ROLES:
            yield problem_at(
                f"$.overrides.{name}",
                "a job runs with the roles of its task definition",
                "leave it out",
            )
            return
    size = len(json.dumps(spec.overrides, separators=(",", ":")))
    if size + OWN_OVERRIDES > MAX_OVERRIDES:
        problem = (
            f"{size} characters of {MAX_OVERRIDES}, {OWN_OVERRIDES} of which the toolkit needs"
        )
        yield problem_at(
            "$.overrides", problem, "pass a reference, e.g. the name of an object in S3"
        )
    if not spec.overrides:
        return
    # Few jobs override anything: not in every cold start.
    from batch_jobs.override_shapes import TaskOverride

    try:
        overrides = msgspec.convert(spec.overrides, TaskOverride)
    except msgspec.ValidationError as error:
        yield shape_problem(error, "$.overrides")
        return
    seen: set[str] = set()
    for number, one in enumerate(overrides.containerOverrides or ()):
        path = f"$.overrides.containerOverrides[{number}]"
        if one.name in seen:
            yield problem_at(
                f"{path}.name", f"{one.name} is there twice", "put both into one object"
            )
        seen.add(one.name)
        for place, variable in enumerate(one.environment or ()):
            if variable.name.startswith(OWN_VARIABLES):
                yield problem_at(
                    f"{path}.environment[{place}].name",
                    f"{variable.name} is set by the toolkit",
                    f"a name that does not begin with {OWN_VARIABLES}",
                )


def _fan_out(spec: Spec) -> Iterator[Problem]:
    fan_out = spec.fan_out
    given = [name for name in ("count", "items", "lines") if getattr(fan_out, name) is not None]
    if len(given) != 1:
        yield problem_at("$.fanOut", f"has {' and '.join(given) or 'none of count, items, lines'}")
        return
    for number, item in enumerate(fan_out.items or ()):
        if len(item) > MAX_ITEM:
            problem = (
                f"{len(item)} characters of at most {MAX_ITEM}: it becomes an environment variable"
            )
            yield problem_at(
                f"$.fanOut.items[{number}]", problem, "pass a reference, e.g. a key in S3"
            )
    count = fan_out.count or len(fan_out.items or ())
    if count and spec.max_failed_shards and spec.max_failed_shards >= count:
        yield problem_at(
            "$.maxFailedShards",
            f"{spec.max_failed_shards} of {count} shards may fail: it could not fail",
            f"at most {count - 1}",
        )


def _durations(spec: Spec) -> Iterator[Problem]:
    limits, retries = spec.limits, spec.retries
    for path, text in (
        ("$.startingDeadline", spec.starting_deadline),
        ("$.limits.launch", limits.launch),
        ("$.limits.run", limits.run),
        ("$.limits.queue", limits.queue),
        ("$.alerts.lateAfter", spec.alerts.late_after),
        ("$.alerts.longAfter", spec.alerts.long_after),
    ):
        if text is not None and parse_duration(text) < _LEAST_S:
            yield problem_at(path, f"{text} is too short to keep", f"at least {_LEAST_S}s")
    if parse_duration(retries.backoff) > parse_duration(retries.max_backoff):
        yield problem_at(
            "$.retries.backoff",
            f"{retries.backoff} is longer than maxBackoff, {retries.max_backoff}",
        )
    if parse_duration(retries.max_backoff) > 86_400:
        yield problem_at(
            "$.retries.maxBackoff", f"{retries.max_backoff} is longer than a day", "at most 1d"
        )


def _dependencies(spec: Spec) -> Iterator[Problem]:
    seen: set[Dependency] = set()
    for number, one in enumerate(spec.depends_on):
        path = f"$.dependsOn[{number}]"
        if (one.job is None) == (one.run is None):
            yield problem_at(path, "exactly one of job and run is needed", '{"job": "extract"}')
        if one.job == spec.job:
            yield problem_at(
                f"{path}.job",
                "a job cannot wait for itself",
                "overlap queue keeps a job's runs in order",
            )
        if one in seen:
            yield problem_at(path, "is there twice", "leave it out")
        seen.add(one)


def _tags(spec: Spec) -> Iterator[Problem]:
    if len(spec.tags) > _MAX_TAGS:
        yield problem_at("$.tags", f"{len(spec.tags)} tags of at most {_MAX_TAGS}")
    for name in spec.tags:
        if name.lower().startswith(("aws:", "ecs-ops:")):
            yield problem_at(f"$.tags.{name}", "the prefix is reserved", "a name of your own")
        if not _TAG.fullmatch(name) or not _TAG.fullmatch(spec.tags[name]):
            problem = "has characters that ECS refuses in a tag"
            yield problem_at(
                f"$.tags.{name}", problem, "letters, digits, blanks and + - = . _ : / @"
            )
