from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

CASES = [
    Case(
        "CST-03",
        ((TaskDefinition, "runtimePlatform.cpuArchitecture", REMOVED),),
        at="runtimePlatform.cpuArchitecture",
        says="cpuArchitecture is X86_64 (the default)",
    ),
]
