from audit.model.load_balancing import LoadBalancer
from audit.model.scaling import ScalingPolicy
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_IN = "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown"

CASES = [
    Case(
        "X-02",
        ((TaskDefinition, "containerDefinitions[1].stopTimeout", 61),),
        given=((TaskDefinition, "containerDefinitions[1].stopTimeout", 60),),
        at="containerDefinitions",
        says="stopping takes app 60 + agent 61 = 121 s, a Spot interruption leaves 120 s: agent is killed",
    ),
    Case(
        "X-07",
        ((LoadBalancer, "Attributes[0].Value", "61"),),
        given=((LoadBalancer, "Attributes[0].Value", "60"),),
        at="Attributes[0].Value",
        says="load balancer web lets a request wait 61 s, but target group web cuts it 60 s",
    ),
    Case(
        "X-07",
        ((TaskDefinition, "containerDefinitions[0].environment[0].value", "45"),),
        given=(
            (TaskDefinition, "containerDefinitions[0].environment[0].name", "KEEPALIVE_SECONDS"),
            (TaskDefinition, "containerDefinitions[0].environment[0].value", "46"),
        ),
        at="containerDefinitions[0].environment[0].value",
        says="KEEPALIVE_SECONDS is 45 s, the load balancer keeps connections 45 s",
    ),
    Case(
        "X-11",
        ((ScalingPolicy, _IN, 129),),
        given=((ScalingPolicy, _IN, 130),),
        at=_IN,
        says="ScaleInCooldown 129 s, but deregistration 60 + stopping 70 = 130 s",
    ),
]
