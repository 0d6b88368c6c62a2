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
    Case(
        "SEC-01",
        ((TaskDefinition, _VALUE, "ghp_" + "a1B2" * 9),),
        given=((TaskDefinition, _VALUE, "ghp_short"),),
        at=_VALUE,
        says="variable PORT holds a token of GitHub in plain text",
    ),
    Case(
        "SEC-01",
        ((TaskDefinition, _VALUE, "xoxb-" + "1234567890-abc"),),
        at=_VALUE,
        says="variable PORT holds a token of Slack in plain text",
    ),
    Case(
        "SEC-01",
        ((TaskDefinition, _VALUE, "sk_" + "live_" + "0a1b2c3d4e5f6g7h"),),
        at=_VALUE,
        says="variable PORT holds a live key of Stripe in plain text",
    ),
    Case(
        "SEC-01",
        # The example of the IAM user guide.
        ((TaskDefinition, _VALUE, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),),
        # A commit, 40 characters too.
        given=((TaskDefinition, _VALUE, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),),
        at=_VALUE,
        says="variable PORT holds what looks like an AWS secret access key in plain text",
    ),
]
