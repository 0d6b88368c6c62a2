from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_IMAGE = "containerDefinitions[0].image"

CASES = [
    Case(
        "SEC-11",
        ((TaskDefinition, _IMAGE, "registry.example:5000/shop/web"),),
        given=((TaskDefinition, _IMAGE, "registry.example:5000/shop/web:1.4.2"),),
        at=_IMAGE,
        says="registry.example:5000/shop/web has no tag, which means latest",
    ),
    Case(
        "SEC-11",
        ((TaskDefinition, _IMAGE, "nginx:latest"),),
        at=_IMAGE,
        says="nginx:latest is tagged latest",
    ),
]
