from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_SIZE = "ephemeralStorage.sizeInGiB"

CASES = [
    Case(
        "VAL-18",
        ((TaskDefinition, _SIZE, 20),),
        given=((TaskDefinition, _SIZE, 21),),
        at=_SIZE,
        says="sizeInGiB is 20 GiB: EphemeralStorage size should be at least 21",
    ),
    Case(
        "VAL-18",
        ((TaskDefinition, _SIZE, 201),),
        given=((TaskDefinition, _SIZE, 200),),
        at=_SIZE,
        says="sizeInGiB is 201 GiB: EphemeralStorage size should be at most 200",
    ),
    Case(
        "VAL-18",
        ((TaskDefinition, "requiresCompatibilities", ["EC2"]),),
        given=((TaskDefinition, _SIZE, 100),),
        at="ephemeralStorage",
        says="Tasks using the EC2 launch type do not support EphemeralStorage",
    ),
    Case(
        "VAL-18",
        ((Service, "platformVersion", "1.3.0"),),
        given=((Service, "platformVersion", "1.4.0"),),
        at="platformVersion",
        says="platformVersion of web is 1.3.0, retired in 2026: no task starts on it",
    ),
]
