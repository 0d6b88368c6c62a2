from audit.model.scaling import ScalingPolicy
from audit.model.service import Service
from audit.model.task_definition import TaskDefinition
from audit.model.utilisation import Utilisation
from tests.unit.audit.case import REMOVED, Case

_LARGER = ((TaskDefinition, "memory", "4096"), (Utilisation, "MemoryMaximum", 80.0))
_NOT_TRACKED = ((ScalingPolicy, "#0", REMOVED),)
_ON_DEMAND = [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]

CASES = [
    Case(
        # What the scaling tracks says how many tasks run, not how large each should be.
        "CST-01",
        ((Utilisation, "MemoryMaximum", 20.0),),
        given=_LARGER,
        at="memory",
        says="1024 units and 2048 MiB would do (CPU is what the scaling tracks, so it stays), and save $",
    ),
    Case(
        "CST-01",
        ((Utilisation, "CpuP99", 10.0),),
        given=(*_NOT_TRACKED, (Utilisation, "MemoryMaximum", 20.0)),
        at="cpu",
        says="CPU reached 10 % (p99) of 1024 units, memory 20 % of 2048 MiB: 256 units and 512 MiB would do",
    ),
    Case(
        "CST-02",
        ((Utilisation, "MemoryMaximum", 95.0),),
        at="memory",
        says="memory reached 95 % of 2048 MiB: the next peak is killed; 1024 units and 3072 MiB leave room",
    ),
    Case(
        "CST-02",
        ((Utilisation, "CpuP99", 97.0),),
        given=_NOT_TRACKED,
        at="cpu",
        says="CPU reached 97 % (p99) of 1024 units, and nothing scales on it",
    ),
    Case(
        "CST-04",
        ((Utilisation, "Requests", 0),),
        at="desiredCount",
        says="its target groups got no request in 336 hours: 4 tasks wait for nothing, for $115 a month",
    ),
    Case(
        "CST-04",
        ((Utilisation, "CpuMaximum", 2.0),),
        given=((Service, "loadBalancers", []), (Utilisation, "Requests", REMOVED)),
        at="desiredCount",
        says="its CPU never reached 5 % in 336 hours",
    ),
    Case(
        "CST-05",
        ((Service, "capacityProviderStrategy", _ON_DEMAND),),
        at="capacityProviderStrategy",
        says="with 3 of them on Spot up to $61 a month less",
    ),
]
