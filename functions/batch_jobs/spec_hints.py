"""What to write instead, for every field of a spec."""

from __future__ import annotations

import re

_INDEX = re.compile(r"\[[^\]]*\]")
_BY_FIELD = {
    "job": "a name of letters, digits, - and _, at most 64 long",
    "cluster": "the name or ARN of a cluster, e.g. prod",
    "taskDefinition": "family, family:revision or the ARN, e.g. report:12",
    "slot": 'in a schedule "<aws.scheduler.scheduled-time>", else a time like 2026-01-31T02:00:00Z',
    "key": "up to 128 letters, digits and _ . : / -, the same in a message that is sent again",
    "container": "the name of a container in the task definition",
    "network": '{"subnets": ["subnet-..."], "securityGroups": ["sg-..."]}',
    "subnets": 'a list of subnet ids, e.g. ["subnet-0123"]',
    "securityGroups": 'a list of at most 5 security group ids, e.g. ["sg-0123"]',
    "assignPublicIp": "true or false",
    "capacity": 'a list, tried in its order: [{"provider": "FARGATE_SPOT"}, {"provider": "FARGATE"}]',
    "provider": "the name of a capacity provider, e.g. FARGATE_SPOT",
    "launchType": "FARGATE, EC2 or EXTERNAL",
    "memorySteps": 'MiB as texts, each larger than the one before, e.g. ["2048", "4096"]',
    "cpuSteps": 'CPU units as texts, one for each of memorySteps, e.g. ["512", "1024"]',
    "overrides": "a TaskOverride as RunTask takes it, without roles",
    "containerOverrides": '[{"name": "app", "command": ["run", "--all"]}]',
    "command": 'a list of texts, e.g. ["run", "--all"]',
    "environment": '[{"name": "MODE", "value": "full"}]',
    "value": 'a text: write numbers in quotes, e.g. "8"',
    "cpu": 'of a task CPU units as a text, e.g. "1024"; of a container a whole number',
    "memory": 'of a task MiB as a text, e.g. "2048"; of a container a whole number',
    "memoryReservation": "MiB as a whole number",
    "sizeInGiB": "a whole number from 21 to 200",
    "fanOut": 'exactly one of {"count": 10}, {"items": ["a", "b"]}, {"lines": "s3://bucket/key"}',
    "count": "a whole number from 1 to 10000",
    "items": "a list of 1 to 10000 texts",
    "lines": "s3://bucket/key of a text object, one shard a line",
    "parallelism": "how many shards may run side by side: a whole number from 1 to 10000",
    "overlap": "allow, forbid, replace or queue",
    "queueLength": "how many runs may wait with overlap queue: 1 to 100",
    "startingDeadline": "a duration like 90s, 5m, 2h or 1d",
    "catchUp": "none, latest or all",
    "catchUpLimit": "how many missed slots are made up for with catchUp all: 1 to 100",
    "limits": '{"launch": "15m", "run": "6h", "queue": "1h"}',
    "launch": "in limits a duration like 15m, in retries a whole number from 0 to 100",
    "run": "in limits a duration like 6h, in dependsOn the id of a run",
    "queue": "a duration like 1h",
    "retries": '{"launch": 5, "interruption": 5, "application": 2, "backoff": "10s"}',
    "interruption": "a whole number from 0 to 100",
    "application": "a whole number from 0 to 100",
    "backoff": "a duration like 10s",
    "maxBackoff": "a duration like 5m",
    "rules": 'a list like [{"action": "fail", "exitCodes": [2]}]',
    "action": "in rules retry, fail, failRun or ignore; in evaluateOnExit RETRY or EXIT",
    "exitCodes": "a list of whole numbers from 0 to 255",
    "notExitCodes": "a list of whole numbers from 0 to 255",
    "reason": "a text, with * at its end for every text that begins so",
    "stopCode": "an ECS stop code, with * at its end for every one that begins so",
    "evaluateOnExit": "at most 5 of AWS Batch's entries beside retries.application, or "
    '{"attempts": 3, "evaluateOnExit": [{"onStatusReason": "Host EC2*", "action": "RETRY"}]}',
    "retryStrategy": "AWS Batch's: "
    '{"attempts": 3, "evaluateOnExit": [{"onStatusReason": "Host EC2*", "action": "RETRY"}]}',
    "attempts": "a whole number from 1 to 10",
    "conditions": "at most 5 of AWS Batch's evaluateOnExit entries",
    "onExitCode": "digits, with * only at the end, e.g. 13*",
    "onReason": "letters, digits, . : and blanks, with * only at the end",
    "onStatusReason": "letters, digits, . : and blanks, with * only at the end",
    "spotExitZero": "interruption or success",
    "maxFailedShards": "a whole number from 0",
    "dependsOn": 'a list like [{"job": "extract"}] or [{"job": "extract", "type": "nToN"}]',
    "type": "success or nToN",
    "priority": "a whole number from 0 to 9; 9 goes first",
    "tags": 'names and texts, e.g. {"team": "data"}',
    "alerts": '{"on": ["failed", "missed"], "route": "team-a", "lateAfter": "10m"}',
    "on": "any of failed, missed, late, long, blocked, flapping, refused, lost, quota",
    "route": "the text that a route of the alerts matches as tag",
    "lateAfter": "a duration like 10m",
    "longAfter": "a duration like 2h",
    "replaceAtWarning": "true or false",
}
_FALLBACK = "see docs/batch-jobs.md for the fields of a spec"


def hint_for(path: str, problem: str) -> str:
    """The hint for a field by its path."""
    parent, _, name = _INDEX.sub("", path).rpartition(".")
    if "unknown field" in problem and name in _BY_FIELD:
        return f"it belongs elsewhere; here: {hint_for(parent, '')}"
    if "unknown field" in problem:
        from difflib import get_close_matches

        near = get_close_matches(name, _BY_FIELD, 1)
        return f"did you mean {near[0]}?" if near else "leave it out, or " + _FALLBACK
    return _BY_FIELD.get(name) or _within(path) or _FALLBACK


def _within(path: str) -> str | None:
    """The hint of the field around, for what is inside a free-form one (tags, overrides)."""
    for name in reversed(_INDEX.sub("", path).split(".")):
        if name in _BY_FIELD:
            return _BY_FIELD[name]
    return None
