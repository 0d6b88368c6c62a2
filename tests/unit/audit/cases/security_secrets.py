from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_VALUE = "containerDefinitions[0].environment[0].value"
_NAME = "containerDefinitions[0].environment[0].name"

CASES = [
    Case(
        "SEC-01",
        ((TaskDefinition, _NAME, "DB_PASSWORD"),),
        given=((TaskDefinition, _VALUE, "hunter2"),),
        at=_VALUE,
        says="variable DB_PASSWORD holds a secret, as its name says, in plain text",
    ),
    Case(
        "SEC-01",
        ((TaskDefinition, _VALUE, "postgres://shop:hunter2@db.internal/shop"),),
        given=((TaskDefinition, _VALUE, "postgres://db.internal/shop"),),
        at=_VALUE,
        says="variable PORT holds a URL with a password in plain text",
    ),
    Case(
        "SEC-01",
        ((TaskDefinition, _NAME, "API_TOKEN"), (TaskDefinition, _VALUE, "s3cr3t-t0ken")),
        given=((TaskDefinition, _NAME, "API_TOKEN"), (TaskDefinition, _VALUE, "${API_TOKEN}")),
        at=_VALUE,
        says="variable API_TOKEN holds a secret",
    ),
]
