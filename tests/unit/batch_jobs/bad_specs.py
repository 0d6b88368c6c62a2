"""Bad specs, made from the published schema, and good ones that contradict themselves."""

from __future__ import annotations

import copy
import json

from build_tools.schemas import SCHEMAS
from tests.unit.batch_jobs.builders import document

SCHEMA = json.loads((SCHEMAS / "job-v1.json").read_text(encoding="utf-8"))
WHOLE = document(
    slot="2026-01-05T09:00:00Z",
    container="app",
    capacity=[{"provider": "FARGATE_SPOT", "subnets": ["subnet-a"]}, {"launchType": "FARGATE"}],
    memorySteps=["1024", "2048"],
    cpuSteps=["512", "1024"],
    fanOut={"count": 3},
    parallelism=2,
    overlap="queue",
    queueLength=5,
    startingDeadline="2h",
    catchUp="all",
    catchUpLimit=5,
    limits={"launch": "15m", "run": "1h", "queue": "2h"},
    retries={"launch": 1, "interruption": 2, "application": 3, "backoff": "5s", "maxBackoff": "1m"},
    rules=[
        {"action": "fail", "exitCodes": [2], "reason": "x*", "stopCode": "S*", "container": "app"}
    ],
    maxFailedShards=1,
    dependsOn=[{"job": "other", "type": "nToN"}],
    priority=3,
    tags={"team": "data"},
    alerts={"on": ["failed", "refused"], "route": "a", "lateAfter": "5m", "longAfter": "1h"},
    replaceAtWarning=True,
)
CONDITION = {"action": "RETRY", "onExitCode": "13*", "onReason": "x*", "onStatusReason": "y"}
STRATEGY = {"attempts": 3, "evaluateOnExit": [CONDITION], "spotExitZero": "success"}
BATCH = document(evaluateOnExit={"attempts": 3, "conditions": [CONDITION]})
AWS = document(retryStrategy=STRATEGY)
LIST = document(evaluateOnExit=[CONDITION], retries={"application": 2})
WRONG_TYPES = {
    "string": [7, True, None, ["x"], {"x": 1}],
    "integer": ["7", 1.5, True, None, [1]],
    "boolean": ["true", 1, None],
    "array": ["x", {}, 7],
    "object": ["x", [], 7],
}


def resolved(schema, value=None):
    """The schema of a place; of several the one that the value has."""
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    choices = [resolved(choice) for choice in schema.get("anyOf", ())]
    choices = [choice for choice in choices if choice.get("type") != "null"]
    if len(choices) > 1:
        wanted = "array" if isinstance(value, list) else "object"
        choices = [choice for choice in choices if choice["type"] == wanted]
    return {**choices[0], "nullable": True} if choices else schema


def beyond(schema, kind, value):
    """Values of the right type that the schema does not allow."""
    if "enum" in schema:
        yield "nobody-knows"
    if "pattern" in schema and kind == "string":
        yield "\u00e4 !"
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "maxItems" in schema:
        yield value * (schema["maxItems"] + 1)


def variants(schema, value, path):
    """(path, wrong value) for a place in the document, and all below it."""
    schema = resolved(schema, value)
    kind = schema.get("type", "string" if "enum" in schema else "object")
    for wrong in WRONG_TYPES[kind]:
        if not (wrong is None and schema.get("nullable")):
            yield path, wrong
    yield from ((path, wrong) for wrong in beyond(schema, kind, value))
    if kind == "object" and "properties" in schema:
        yield (*path, "nobodyKnows"), 1
        for name, inner in schema["properties"].items():
            if name in value:
                yield from variants(inner, value[name], (*path, name))
    if kind == "array" and value:
        yield from variants(schema["items"], value[0], (*path, 0))


def changed(whole, path, wrong):
    copied = copy.deepcopy(whole)
    place = copied
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = wrong
    return copied


def cases():
    root = resolved(SCHEMA)
    for whole, only in ((WHOLE, None), (BATCH, "evaluateOnExit"), (AWS, "retryStrategy")):
        for path, wrong in variants(root, whole, ()):
            if path and only in (None, path[0]):
                yield path, wrong, changed(whole, path, wrong)
    for path, wrong in variants(root, LIST, ()):
        # An object in its place is another form of it.
        if path and path[0] == "evaluateOnExit" and wrong != {}:
            yield path, wrong, changed(LIST, path, wrong)
    for name in ("job", "cluster", "taskDefinition"):
        yield (name,), "missing", {key: value for key, value in WHOLE.items() if key != name}


CASES = list(cases())
CONTRADICTIONS = [
    ("$.slot", {"slot": "<aws.scheduler.scheduled-time>"}),
    ("$.slot", {"slot": "yesterday"}),
    ("$.slot", {"slot": "0001-01-01T00:00:00Z"}),
    ("$.slot", {"slot": "2026-01-05T09:00:00"}),
    ("$.slot", {"slot": "2026-01-05"}),
    ("$.key", {"key": "mine"}),
    ("$.key", {"slot": None, "key": "a b"}),
    ("$.capacity[0]", {"capacity": [{"subnets": ["subnet-a"]}]}),
    ("$.capacity[0]", {"capacity": [{"provider": "FARGATE", "launchType": "FARGATE"}]}),
    ("$.network", {"network": None}),
    ("$.memorySteps", {"memorySteps": ["2048", "1024"]}),
    ("$.memorySteps[0]", {"memorySteps": ["512"], "overrides": {"memory": "1024"}}),
    ("$.cpuSteps", {"cpuSteps": ["512"]}),
    ("$.overrides.taskRoleArn", {"overrides": {"taskRoleArn": "arn:aws:iam::1:role/admin"}}),
    ("$.overrides.executionRoleArn", {"overrides": {"executionRoleArn": "arn:aws:iam::1:role/x"}}),
    ("$.overrides.count", {"overrides": {"count": 3}}),
    ("$.overrides.containerOverrides", {"overrides": {"containerOverrides": {"name": "app"}}}),
    (
        "$.overrides.containerOverrides[0].environment[0].name",
        {
            "overrides": {
                "containerOverrides": [
                    {"name": "app", "environment": [{"name": "JOB_RUN", "value": "x"}]}
                ]
            }
        },
    ),
    (
        "$.overrides.containerOverrides[0].environment[0].value",
        {
            "overrides": {
                "containerOverrides": [{"name": "app", "environment": [{"name": "A", "value": 8}]}]
            }
        },
    ),
    (
        "$.overrides",
        {"overrides": {"containerOverrides": [{"name": "a", "command": ["x" * 8193]}]}},
    ),
    ("$.fanOut", {"fanOut": {}}),
    ("$.fanOut", {"fanOut": {"count": 3, "items": ["a"]}}),
    ("$.fanOut.items[1]", {"fanOut": {"items": ["a", "x" * 1025]}}),
    ("$.maxFailedShards", {"maxFailedShards": 3}),
    ("$.limits.run", {"limits": {"run": "30s"}}),
    ("$.retries.backoff", {"retries": {"backoff": "2m", "maxBackoff": "1m"}}),
    ("$.retries.maxBackoff", {"retries": {"maxBackoff": "2d"}}),
    ("$.rules[0]", {"rules": [{"action": "fail"}]}),
    (
        "$.rules[0].notExitCodes",
        {"rules": [{"action": "fail", "exitCodes": [1], "notExitCodes": [2]}]},
    ),
    ("$.rules[0].exitCodes", {"rules": [{"action": "fail", "exitCodes": [0]}]}),
    ("$.rules[0].exitCodes", {"rules": [{"action": "fail", "exitCodes": []}]}),
    ("$.rules[0].exitCodes[0]", {"rules": [{"action": "fail", "exitCodes": [256]}]}),
    ("$.rules[0].reason", {"rules": [{"action": "fail", "reason": "*Spot*"}]}),
    ("$.rules", {"evaluateOnExit": {"attempts": 2}, "retries": {}}),
    ("$.retries.application", {"evaluateOnExit": {"attempts": 2}, "rules": []}),
    ("$.retryStrategy", {"rules": [], "retryStrategy": STRATEGY, "evaluateOnExit": STRATEGY}),
    ("$.rules", {"retryStrategy": STRATEGY}),
    ("$.evaluateOnExit", {"rules": [], "evaluateOnExit": [CONDITION], "retries": {}}),
    ("$.evaluateOnExit", {"evaluateOnExit": [CONDITION], "retries": {"application": 10}}),
    (
        "$.evaluateOnExit.conditions",
        {"evaluateOnExit": {**STRATEGY, "conditions": [CONDITION]}, "retries": {}},
    ),
    ("$.job", {"job": "nightly\n"}),
    ("$.dependsOn[0]", {"dependsOn": [{}]}),
    ("$.dependsOn[0].job", {"dependsOn": [{"job": "nightly"}]}),
    ("$.dependsOn[1]", {"dependsOn": [{"job": "a"}, {"job": "a"}]}),
    ("$.tags.aws:x", {"tags": {"aws:x": "y"}}),
    ("$.tags.ecs-ops:job", {"tags": {"ecs-ops:job": "y"}}),
]
