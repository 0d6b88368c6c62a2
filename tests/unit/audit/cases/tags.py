from audit.model.service import Cluster, Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

CASES = [
    Case("TAG-01", ((TaskDefinition, "tags", []),), at="tags", says="web:7 has no tags"),
    Case("TAG-03", ((Service, "tags", []),), at="tags", says="web has no tags"),
    Case("TAG-04", ((Cluster, "tags", []),), at="tags", says="prod has no tags"),
    Case(
        "TAG-02",
        ((Service, "propagateTags", "NONE"),),
        at="propagateTags",
        says="propagateTags is NONE",
    ),
    Case(
        "TAG-02",
        ((Service, "enableECSManagedTags", False),),
        at="enableECSManagedTags",
        says="enableECSManagedTags is false",
    ),
]
