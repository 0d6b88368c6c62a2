"""VAL: ephemeral storage, and the platform version that storage and tasks need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, put, rule

# API reference, EphemeralStorage: "The minimum supported value is 21 GiB and the maximum [...] is 200 GiB".
_SMALLEST_GIB, _LARGEST_GIB = 21, 200
# Developer guide, "AWS Fargate Linux platform version deprecation": from 15 June 2026 on no task starts on
# 1.3.0, which never had EFS or ephemeral storage above 20 GiB either.
_OLDEST_LINUX = (1, 4)
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?", re.ASCII)


@rule(
    "VAL-18",
    "Ephemeral storage is on Fargate, 21 to 200 GiB, and the platform version still starts tasks",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-versions-retired.html",
    remedy='set "ephemeralStorage.sizeInGiB" to 21-200, or leave it out for 20 GiB; set "platformVersion" of '
    'the service to "LATEST"',
    anchors=(),
)
def storage(task: TaskDefinition) -> Verdicts:
    services = [each for each in task.services if each["platformVersion"].given]
    if not task["ephemeralStorage"].given and not (services and task.fargate):
        return ()
    parts: list[TaskDefinition | Service] = [task, *services]
    where = task["ephemeralStorage"]
    return examine(parts, lambda part: _wrong(part, task), clean=where)


def _wrong(part: TaskDefinition | Service, task: TaskDefinition) -> Iterator[Verdict]:
    if isinstance(part, Service):
        yield from _retired(part, task)
    elif part["ephemeralStorage"].given:
        yield from _ephemeral(part)


def _ephemeral(task: TaskDefinition) -> Iterator[Verdict]:
    node = task["ephemeralStorage"]
    size = node["sizeInGiB"].whole()
    instances = task.compatibilities & {"EC2", "EXTERNAL"}
    if instances and not task.fargate:
        where = ", ".join(sorted(instances))
        yield failed(
            node,
            f"ephemeralStorage with requiresCompatibilities {where}: Tasks using the {where} launch type do "
            "not support EphemeralStorage",
            drop(node),
        )
    elif size is None or not _SMALLEST_GIB <= size <= _LARGEST_GIB:
        at = "at most 200" if size and size > _LARGEST_GIB else "at least 21"
        yield failed(
            node["sizeInGiB"],
            f"sizeInGiB is {'not given' if size is None else f'{size} GiB'}: EphemeralStorage size should be "
            f"{at}",
            put(node["sizeInGiB"], _LARGEST_GIB if size and size > _LARGEST_GIB else _SMALLEST_GIB),
        )


def _retired(service: Service, task: TaskDefinition) -> Iterator[Verdict]:
    node = service["platformVersion"]
    version = node.text() or "LATEST"
    numbers = _VERSION.fullmatch(version)
    if task.windows or not numbers or (int(numbers[1]), int(numbers[2])) >= _OLDEST_LINUX:
        return
    yield failed(
        node,
        f"platformVersion of {service.label} is {version}, retired in 2026: no task starts on it; 1.4.0 and "
        "later have EFS, more ephemeral storage and everything else",
        put(node, "LATEST"),
        place=service,
    )
