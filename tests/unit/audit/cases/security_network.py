from audit.model.load_balancing import LoadBalancer
from audit.model.service import Service
from audit.model.surroundings import SecurityGroup
from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_PUBLIC = "networkConfiguration.awsvpcConfiguration.assignPublicIp"
_GROUPS = "networkConfiguration.awsvpcConfiguration.securityGroups"
_ON_EC2 = ((TaskDefinition, "requiresCompatibilities", ["EC2"]),)

CASES = [
    Case(
        "NET-01",
        ((TaskDefinition, "networkMode", "host"),),
        given=_ON_EC2,
        at="networkMode",
        says="networkMode is host: tasks share the instance's security groups and see its whole network",
        severity="MEDIUM",
    ),
    Case(
        "NET-01",
        ((TaskDefinition, "networkMode", "bridge"),),
        given=_ON_EC2,
        at="networkMode",
        says="networkMode is bridge: tasks share",
        severity="LOW",
    ),
    Case(
        "NET-02",
        ((Service, _PUBLIC, "ENABLED"),),
        at=_PUBLIC,
        says="every task of web has an address on the internet",
    ),
    Case(
        "NET-02",
        (
            (
                Service,
                "taskSets",
                [{"networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "ENABLED"}}}],
            ),
        ),
        at="taskSets[0].networkConfiguration.awsvpcConfiguration.assignPublicIp",
        says="assignPublicIp is ENABLED",
    ),
    Case(
        "NET-03",
        ((LoadBalancer, "SecurityGroups", ["sg-tasks"]),),
        at=_GROUPS,
        says="sg-tasks is the group of web as well as of the tasks",
    ),
    Case(
        "NET-04",
        ((SecurityGroup, "#1.IpPermissions[0].IpRanges", [{"CidrIp": "0.0.0.0/0"}]),),
        at="IpPermissions[0]",
        says="sg-tasks admits 0.0.0.0/0 on port 8080",
    ),
    Case(
        "NET-04",
        ((SecurityGroup, "#1.IpPermissions[0].Ipv6Ranges", [{"CidrIpv6": "::/0"}]),),
        at="IpPermissions[0]",
        says="sg-tasks admits ::/0",
    ),
]
