"""CST: the same for less."""

from __future__ import annotations

from audit.model.node import Unknown
from audit.model.price import LISTED, month_of
from audit.model.task_definition import TaskDefinition
from audit.rule import Profile, Severity, Verdicts, failed, passed, rule


@rule(
    "CST-03",
    "Tasks on Fargate run on ARM where they can",
    on=TaskDefinition,
    severity=Severity.INFO,
    profile=Profile.COST,
    source="https://aws.amazon.com/fargate/pricing/",
    remedy='build the image for linux/arm64 and set "runtimePlatform.cpuArchitecture" to "ARM64"',
    anchors=(),
)
def arm(task: TaskDefinition) -> Verdicts:
    if not task.fargate or task.windows:
        return
    node = task["runtimePlatform"]["cpuArchitecture"]
    if (node.text() or "X86_64") == "ARM64":
        yield passed(node)
    else:
        given = "" if node.given else " (the default)"
        yield failed(
            node,
            f"cpuArchitecture is X86_64{given}: ARM64 costs a fifth less per vCPU and GB on Fargate"
            f"{_saving(task)}",
        )


def _saving(task: TaskDefinition) -> str:
    try:
        tasks = sum(service.desired_count for service in task.services)
        dollars = (month_of(task, arm=False) - month_of(task, arm=True)) * tasks
    except Unknown:
        return ""  # only the wording depends on it
    return f": ${dollars:.0f} a month for {tasks} tasks ({LISTED})" if tasks else ""
