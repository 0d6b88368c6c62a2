from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_APP = "containerDefinitions[0]"
_ON_EC2 = ((TaskDefinition, "requiresCompatibilities", ["EC2"]),)

CASES = [
    Case(
        "SEC-03",
        ((TaskDefinition, f"{_APP}.user", REMOVED),),
        at=f"{_APP}.user",
        says='"user" is not given: app runs as the image says',
    ),
    Case(
        "SEC-03",
        ((TaskDefinition, f"{_APP}.user", "0:0"),),
        at=f"{_APP}.user",
        says='"user" is 0:0: app runs as root',
    ),
    Case(
        "SEC-03",
        ((TaskDefinition, f"{_APP}.user", "root:staff"),),
        at=f"{_APP}.user",
        says="app runs as root",
    ),
    Case(
        "SEC-04",
        ((TaskDefinition, f"{_APP}.readonlyRootFilesystem", False),),
        at=f"{_APP}.readonlyRootFilesystem",
        says="readonlyRootFilesystem is false",
    ),
    Case(
        "SEC-05",
        ((TaskDefinition, f"{_APP}.mountPoints", []),),
        at=f"{_APP}.mountPoints",
        says="app can write nowhere",
    ),
    Case(
        "SEC-09",
        ((TaskDefinition, f"{_APP}.privileged", True),),
        given=_ON_EC2,
        at=f"{_APP}.privileged",
        says="app is privileged",
    ),
    Case(
        "SEC-09",
        ((TaskDefinition, "pidMode", "host"),),
        given=_ON_EC2,
        at="pidMode",
        says="pidMode is host",
    ),
    Case(
        "SEC-09",
        ((TaskDefinition, "volumes[0].host", {"sourcePath": "/var/run/docker.sock"}),),
        given=(*_ON_EC2, (TaskDefinition, "volumes[0].host", {"sourcePath": "/data"})),
        at="volumes[0].host.sourcePath",
        says="a volume is /var/run/docker.sock of the instance",
    ),
    Case(
        "SEC-09",
        ((TaskDefinition, f"{_APP}.linuxParameters.capabilities", {"add": ["SYS_ADMIN"]}),),
        given=_ON_EC2,
        at=f"{_APP}.linuxParameters.capabilities.add[0]",
        says="app has the capability SYS_ADMIN",
    ),
]
