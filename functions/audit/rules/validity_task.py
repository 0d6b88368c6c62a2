"""VAL: what RegisterTaskDefinition refuses in the task itself."""

from __future__ import annotations

from audit.model.size import is_fargate_size, is_no_amount, nearest_fargate_size
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdicts, failed, passed, put, rule

_MODES = ("awsvpc", "bridge", "host", "none")


@rule(
    "VAL-01",
    "The network mode exists, and on Fargate it is awsvpc",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    remedy='set "networkMode": "awsvpc"',
    anchors=("cfn-lint:E3048",),
)
def network_mode(task: TaskDefinition) -> Verdicts:
    node = task["networkMode"]
    mode = node.text() or "bridge"
    if mode not in _MODES:
        yield failed(node, f"networkMode is {mode}; ECS knows {', '.join(_MODES)}")
    elif task.fargate and mode != "awsvpc":
        given = f"is {mode}" if node.given else "is not given, which means bridge"
        yield failed(
            node,
            f"networkMode {given}: Fargate only supports network mode awsvpc",
            put(node, "awsvpc"),
        )
    else:
        yield passed(node)


@rule(
    "VAL-49",
    "Fault injection has a network that it works in",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fault-injection.html",
    remedy='set "networkMode" to awsvpc or host, or "enableFaultInjection": false',
    anchors=(),
)
def fault_injection(task: TaskDefinition) -> Verdicts:
    node = task["enableFaultInjection"]
    if not node.flag():
        return
    if task.network_mode not in ("awsvpc", "host"):
        yield failed(
            node,
            f"enableFaultInjection with network mode {task.network_mode}: fault injection works with tasks "
            "using the awsvpc or host network modes",
            put(node, False),
        )
    elif task.windows:
        yield failed(
            node, "enableFaultInjection on Windows, where it isn't available", put(node, False)
        )
    else:
        yield passed(node)


@rule(
    "VAL-02",
    "Fargate has the task's size",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html",
    remedy='set "cpu" and "memory" of the task to a pair that Fargate has',
    anchors=("cfn-lint:E3047", "cfn-lint:E3048"),
)
def fargate_size(task: TaskDefinition) -> Verdicts:
    if not task.fargate:
        return
    words = [name for name in ("cpu", "memory") if is_no_amount(task[name])]
    for name in words:
        said = f"{name} of the task is {task[name].text()!r}: Invalid '{name}' setting for task"
        yield failed(task[name], said)
    if words:
        return
    cpu, memory = task.cpu, task.memory
    for name, amount in (("cpu", cpu), ("memory", memory)):
        if amount is None:
            yield failed(task[name], f"{name} of the task is not given; Fargate requires it")
    if cpu is None or memory is None:
        return
    if is_fargate_size(cpu, memory):
        yield passed(task["cpu"], f"{cpu} CPU, {memory} MiB")
        return
    units, amount = nearest_fargate_size(cpu, memory)
    yield failed(
        task["memory"] if units == cpu else task["cpu"],
        f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory; "
        f"the next larger size is {units} CPU, {amount} memory",
        put(task["cpu"], str(units)),
        put(task["memory"], str(amount)),
    )
