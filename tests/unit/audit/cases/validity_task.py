from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

CASES = [
    Case(
        "VAL-01",
        ((TaskDefinition, "networkMode", "bridge"),),
        at="networkMode",
        says="networkMode is bridge: Fargate only supports network mode awsvpc",
    ),
    Case(
        "VAL-01",
        ((TaskDefinition, "networkMode", REMOVED),),
        at="networkMode",
        says="not given, which means bridge",
    ),
    Case(
        "VAL-01",
        ((TaskDefinition, "networkMode", "default"),),
        at="networkMode",
        says="ECS knows awsvpc, bridge, host, none",
    ),
    Case(
        "VAL-02",
        ((TaskDefinition, "memory", "9999"),),
        at="cpu",
        says="No Fargate configuration exists for given values: 1024 CPU, 9999 memory",
    ),
    Case(
        "VAL-02",
        ((TaskDefinition, "cpu", ".5 vCPU"),),
        given=((TaskDefinition, "cpu", "1 vcpu"), (TaskDefinition, "memory", "8GB")),
        at="cpu",
        says="No Fargate configuration exists for given values: 512 CPU, 8192 memory",
        also=("VAL-17",),
    ),
    Case(
        "VAL-02",
        ((TaskDefinition, "memory", REMOVED),),
        at="memory",
        says="memory of the task is not given",
    ),
]
