from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_APP = "containerDefinitions[0]"
_ON_EC2 = ((TaskDefinition, "requiresCompatibilities", ["EC2"]),)


def _case(path: str, value: object, says: str, at: str = "") -> Case:
    return Case("VAL-04", ((TaskDefinition, path, value),), at=at or path, says=says)


CASES = [
    _case("ipcMode", "task", "ipcMode is set: Fargate compatible task definitions do not support"),
    _case("placementConstraints", [{"type": "memberOf"}], "do not support constraints"),
    Case(
        "VAL-04",
        ((TaskDefinition, "pidMode", "host"),),
        given=((TaskDefinition, "pidMode", "task"),),
        at="pidMode",
        says="Tasks using the Fargate launch type do not support pidMode 'host'",
    ),
    Case(
        "VAL-04",
        ((TaskDefinition, f"{_APP}.privileged", True),),
        given=((TaskDefinition, f"{_APP}.privileged", False),),
        at=f"{_APP}.privileged",
        says="app sets privileged: Fargate requires that the 'privileged' setting be 'false'",
    ),
    _case(f"{_APP}.dockerSecurityOptions", ["no-new-privileges"], "do not support dockerSecurity"),
    _case(
        f"{_APP}.links",
        ["agent"],
        "app sets links: Links are not supported when networkMode=awsvpc",
    ),
    _case(
        f"{_APP}.hostname", "app", "hostname is not supported on container when networkMode=awsvpc"
    ),
    _case(
        f"{_APP}.extraHosts", [{"hostname": "a", "ipAddress": "10.0.0.1"}], "Extra hosts are not"
    ),
    _case(f"{_APP}.dnsServers", ["10.0.0.2"], "DNS servers are not supported"),
    _case(f"{_APP}.dnsSearchDomains", ["corp"], "DNS search domains are not supported"),
    _case(f"{_APP}.disableNetworking", True, "Disable Networking is not supported"),
    Case(
        "VAL-04",
        ((TaskDefinition, f"{_APP}.links", ["agent"]),),
        given=(*_ON_EC2, (TaskDefinition, f"{_APP}.privileged", True)),
        at=f"{_APP}.links",
        says="Links are not supported",
    ),
    _case(f"{_APP}.linuxParameters.maxSwap", 0, "task definitions do not support maxSwap"),
    _case(f"{_APP}.linuxParameters.swappiness", 60, "task definitions do not support swappiness"),
    _case(f"{_APP}.linuxParameters.sharedMemorySize", 64, "do not support sharedMemorySize"),
    _case(f"{_APP}.linuxParameters.devices", [{"hostPath": "/dev/fuse"}], "do not support devices"),
    Case(
        "VAL-04",
        ((TaskDefinition, f"{_APP}.linuxParameters.capabilities.add[1]", "NET_ADMIN"),),
        given=((TaskDefinition, f"{_APP}.linuxParameters.capabilities", {"add": ["SYS_PTRACE"]}),),
        at=f"{_APP}.linuxParameters.capabilities.add[1]",
        says="NET_ADMIN is not allowed on Fargate, which only adds SYS_PTRACE",
    ),
    _case(
        f"{_APP}.resourceRequirements",
        [{"type": "GPU", "value": "1"}],
        "Tasks using the Fargate launch type do not support GPU resource requirements",
        at=f"{_APP}.resourceRequirements[0]",
    ),
]
