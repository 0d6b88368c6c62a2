from audit.model.scaling import ScalableTarget
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"
_SECRET = {"name": "TOKEN", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/token"}

CASES = [
    Case("VAL-28", ((TaskDefinition, "family", "web service"),), at="family", says="'web service'"),
    Case(
        "VAL-29",
        ((TaskDefinition, f"{_APP}.environment", [{"name": "TOKEN", "value": "x"}]),),
        given=((TaskDefinition, f"{_APP}.secrets", [_SECRET]),),
        at=f"{_APP}.secrets[0].name",
        says="TOKEN is given twice: The secret name must be unique",
    ),
    Case(
        "VAL-30",
        ((TaskDefinition, "tags[0].key", "aws:team"),),
        given=((TaskDefinition, "status", REMOVED),),
        at="tags[0]",
        says="begins with aws:, which is reserved",
    ),
    Case(
        "VAL-31",
        ((Service, "loadBalancers", []),),
        given=((Service, "status", REMOVED),),
        at="healthCheckGracePeriodSeconds",
        says="healthCheckGracePeriodSeconds is 120 and there is no load balancer",
    ),
    Case(
        "VAL-32",
        ((ScalableTarget, "MinCapacity", 30),),
        at="MinCapacity",
        says="MinCapacity 30, MaxCapacity 20",
    ),
]
