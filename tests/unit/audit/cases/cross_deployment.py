from audit.model.service import Service
from tests.unit.audit.case import Case

_MAXIMUM = "deploymentConfiguration.maximumPercent"
_MINIMUM = "deploymentConfiguration.minimumHealthyPercent"

CASES = [
    Case(
        "X-04",
        ((Service, "desiredCount", 1),),
        given=((Service, _MINIMUM, 50), (Service, _MAXIMUM, 100)),
        at=_MAXIMUM,
        says="with desiredCount 1, minimumHealthyPercent 50 keeps 1 and maximumPercent 100 allows 1",
        also=("X-09",),
    ),
    Case(
        "X-04",
        ((Service, _MAXIMUM, 150),),
        given=((Service, "desiredCount", 1),),
        at=_MAXIMUM,
        says="minimumHealthyPercent 100 keeps 1 and maximumPercent 150 allows 1",
    ),
]
