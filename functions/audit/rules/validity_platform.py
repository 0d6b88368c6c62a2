"""VAL: settings that Fargate, or the network mode awsvpc, does not have."""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.node import Node
from audit.model.task_definition import Container, TaskDefinition
from audit.rule import Profile, Severity, Verdict, Verdicts, drop, examine, failed, rule

# What the API answers. In awsvpc the task has one network namespace, which no container may change.
_IN_AWSVPC = {
    "links": "Links are not supported when networkMode=awsvpc",
    "extraHosts": "Extra hosts are not supported on container when networkMode=awsvpc",
    "dnsServers": "DNS servers are not supported on container when networkMode=awsvpc",
    "dnsSearchDomains": "DNS search domains are not supported on container when networkMode=awsvpc",
    "disableNetworking": "Disable Networking is not supported on container when networkMode=awsvpc",
    "hostname": "hostname is not supported on container when networkMode=awsvpc",
}
_ON_FARGATE = {
    "privileged": "Fargate requires that the 'privileged' setting be 'false'",
    "dockerSecurityOptions": "Fargate compatible task definitions do not support dockerSecurityOptions",
}
# API reference, LinuxParameters: "If you're using tasks that use the Fargate launch type, the ... parameter
# isn't supported"; initProcessEnabled, capabilities and (since January 2026) tmpfs are.
_LINUX = ("devices", "sharedMemorySize", "maxSwap", "swappiness")
_CAPABILITY = "SYS_PTRACE"
_TASK = {
    "ipcMode": "Fargate compatible task definitions do not support ipcMode",
    "placementConstraints": "Fargate compatible task definitions do not support constraints",
}


@rule(
    "VAL-04",
    "Fargate and awsvpc have every setting that is made",
    on=TaskDefinition,
    severity=Severity.ERROR,
    profile=Profile.VALIDITY,
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    remedy='remove the field, or run the task on EC2 ("requiresCompatibilities": ["EC2"])',
    anchors=("cfn-lint:E3048",),
)
def settings_of_fargate(task: TaskDefinition) -> Verdicts:
    if not task.fargate and task.network_mode != "awsvpc":
        return ()
    where = task["requiresCompatibilities" if task.fargate else "networkMode"]
    parts: list[TaskDefinition | Container] = [task, *task.containers]
    return examine(parts, _refused, clean=where)


def _refused(part: TaskDefinition | Container) -> Iterator[Verdict]:
    if isinstance(part, Container):
        yield from _of_container(part)
    elif part.fargate:
        for field, answer in _TASK.items():
            if part[field].in_use:
                yield failed(part[field], f"{field} is set: {answer}", drop(part[field]))
        if part["pidMode"].text() == "host":
            node = part["pidMode"]
            answer = "Tasks using the Fargate launch type do not support pidMode 'host'"
            yield failed(node, f"pidMode is host: {answer}", drop(node))


def _of_container(container: Container) -> Iterator[Verdict]:
    answers = _IN_AWSVPC | (_ON_FARGATE if container.task_definition.fargate else {})
    for field, answer in answers.items():
        if container[field].in_use:
            yield _removed(container, container[field], answer)
    if not container.task_definition.fargate:
        return
    linux = container["linuxParameters"]
    for field in _LINUX:
        if linux[field].in_use:
            answer = f"Fargate compatible task definitions do not support {field}"
            yield _removed(container, linux[field], answer)
    for item in linux["capabilities"]["add"].items():
        if item.text() != _CAPABILITY:
            answer = f"{item.text()} is not allowed on Fargate, which only adds {_CAPABILITY}"
            yield failed(item, f"{container.label} adds a capability: {answer}")
    for item in container["resourceRequirements"].items():
        if item["type"].text() == "GPU":
            answer = "Tasks using the Fargate launch type do not support GPU resource requirements"
            yield failed(item, f"{container.label} requires a GPU: {answer}")


def _removed(container: Container, node: Node, answer: str) -> Verdict:
    return failed(node, f"{container.label} sets {node.path[-1]}: {answer}", drop(node))
