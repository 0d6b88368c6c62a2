from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import Case

_APP = "containerDefinitions[0]"
_CHECK = f"{_APP}.healthCheck"
_POLICY = "containerDefinitions[1].restartPolicy"
_ON_EC2 = ((TaskDefinition, "requiresCompatibilities", ["EC2"]),)


def _range(field: str, good: int, bad: int, says: str) -> Case:
    path = f"{_CHECK}.{field}"
    return Case(
        "VAL-14",
        ((TaskDefinition, path, bad),),
        given=((TaskDefinition, path, good),),
        at=path,
        says=says,
        severity="ERROR",
    )


CASES = [
    _range("interval", 300, 301, "app has interval 301; 5 to 300 are possible"),
    _range("timeout", 2, 1, "app has timeout 1; 2 to 60 are possible"),
    _range("retries", 10, 11, "app has retries 11; 1 to 10 are possible"),
    _range("startPeriod", 300, 301, "app has startPeriod 301; 0 to 300 are possible"),
    _range("startPeriod", 0, -1, "app has startPeriod -1"),
    Case(
        "VAL-14",
        ((TaskDefinition, f"{_CHECK}.timeout", 10),),
        given=((TaskDefinition, f"{_CHECK}.timeout", 9),),
        at=f"{_CHECK}.timeout",
        says="timeout 10 s >= interval 10 s",
        severity="LOW",
    ),
    Case(
        "VAL-14",
        ((TaskDefinition, f"{_CHECK}.command", ["curl", "-f", "http://localhost/"]),),
        at=f"{_CHECK}.command",
        says="the health check of app is curl ...: it must begin with CMD or CMD-SHELL",
    ),
    Case(
        "VAL-14",
        ((TaskDefinition, f"{_CHECK}.command", ["CMD"]),),
        at=f"{_CHECK}.command",
        says="the health check of app is CMD without a command",
    ),
    Case(
        "VAL-14",
        ((TaskDefinition, f"{_CHECK}.command", []),),
        at=f"{_CHECK}.command",
        says="the health check of app has no command",
    ),
    Case(
        "VAL-14",
        ((TaskDefinition, f"{_CHECK}.command", ["CMD-SHELL", "curl", "-f", "http://localhost/"]),),
        given=((TaskDefinition, f"{_CHECK}.command", ["CMD-SHELL", "curl -f http://localhost/"]),),
        at=f"{_CHECK}.command",
        says="has 3 words after CMD-SHELL: the shell runs only 'curl'",
        severity="HIGH",
    ),
    Case(
        "VAL-15",
        ((TaskDefinition, f"{_APP}.stopTimeout", 121),),
        given=((TaskDefinition, f"{_APP}.stopTimeout", 120),),
        at=f"{_APP}.stopTimeout",
        says="stopTimeout 121 s of app > 120 s: Tasks using the Fargate launch type must have a container",
    ),
    Case(
        "VAL-15",
        ((TaskDefinition, f"{_APP}.stopTimeout", 1),),
        given=(*_ON_EC2, (TaskDefinition, f"{_APP}.stopTimeout", 600)),
        at=f"{_APP}.stopTimeout",
        says="stopTimeout 1 s of app < 2 s: Granular stop timeout on container 'app' must be at least 2",
    ),
    Case(
        "VAL-15",
        ((TaskDefinition, f"{_APP}.startTimeout", 121),),
        given=((TaskDefinition, f"{_APP}.startTimeout", 2),),
        at=f"{_APP}.startTimeout",
        says="startTimeout 121 s of app > 120 s",
    ),
    Case(
        "VAL-15",
        ((TaskDefinition, f"{_POLICY}.restartAttemptPeriod", 59),),
        given=((TaskDefinition, f"{_POLICY}.restartAttemptPeriod", 60),),
        at=f"{_POLICY}.restartAttemptPeriod",
        says="restartAttemptPeriod is 59 s: the 'restartAttemptPeriod' setting for container 'agent' must",
    ),
    Case(
        "VAL-15",
        ((TaskDefinition, f"{_POLICY}.ignoredExitCodes", list(range(51))),),
        given=((TaskDefinition, f"{_POLICY}.ignoredExitCodes", list(range(50))),),
        at=f"{_POLICY}.ignoredExitCodes",
        says="agent ignores 51 exit codes > 50",
    ),
]
