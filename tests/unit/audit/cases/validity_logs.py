from audit.model.task_definition import TaskDefinition
from tests.unit.audit.case import REMOVED, Case

_LOG = "containerDefinitions[0].logConfiguration"
_OPTIONS = f"{_LOG}.options"
_ROUTER = "containerDefinitions[1].firelensConfiguration"
_ROUTED = (
    (TaskDefinition, _LOG, {"logDriver": "awsfirelens"}),
    (TaskDefinition, _ROUTER, {"type": "fluentbit"}),
)
_ON_EC2 = ((TaskDefinition, "requiresCompatibilities", ["EC2"]),)

CASES = [
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_OPTIONS}.awslogs-group", REMOVED),),
        at=f"{_OPTIONS}.awslogs-group",
        says="app has no awslogs-group: Log driver awslogs requires options: awslogs-group",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_OPTIONS}.awslogs-region", ""),),
        at=f"{_OPTIONS}.awslogs-region",
        says="Log driver awslogs requires options: awslogs-region",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, "requiresCompatibilities", ["EC2", "FARGATE"]),),
        given=(*_ON_EC2, (TaskDefinition, f"{_OPTIONS}.awslogs-stream-prefix", REMOVED)),
        at=f"{_OPTIONS}.awslogs-stream-prefix",
        says="Fargate requires log configuration options to include awslogs-stream-prefix",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_LOG}.logDriver", "json-file"),),
        at=f"{_LOG}.logDriver",
        says="app: json-file is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens]",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_LOG}.logDriver", "syslogd"),),
        given=(*_ON_EC2, (TaskDefinition, f"{_LOG}.logDriver", "syslog")),
        at=f"{_LOG}.logDriver",
        says="syslogd is not a valid log driver",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_LOG}.logDriver", "journald"),),
        given=(
            (TaskDefinition, "requiresCompatibilities", ["MANAGED_INSTANCES"]),
            (TaskDefinition, f"{_LOG}.logDriver", "json-file"),
        ),
        at=f"{_LOG}.logDriver",
        says="Must be one of [awslogs, splunk, awsfirelens, json-file]",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_LOG}.logDriver", REMOVED),),
        at=f"{_LOG}.logDriver",
        says="app has a logConfiguration without logDriver",
        also=("VAL-20",),
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_OPTIONS}.mode", "nonblocking"),),
        at=f"{_OPTIONS}.mode",
        says="app has log mode nonblocking; there are blocking and non-blocking",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_OPTIONS}.awslogs-multiline-pattern", "^\\d"),),
        given=((TaskDefinition, f"{_OPTIONS}.awslogs-datetime-format", "%Y"),),
        at=f"{_OPTIONS}.awslogs-multiline-pattern",
        says="only one of them is possible",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, _ROUTER, REMOVED),),
        given=_ROUTED,
        at=f"{_LOG}.logDriver",
        says="app: When awsfirelens log driver is specified in log configuration, a firelens",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, "containerDefinitions[0].firelensConfiguration", {"type": "fluentd"}),),
        given=_ROUTED,
        at=_ROUTER,
        says="2 containers have a firelensConfiguration (app, agent); a task has one log router",
    ),
    Case(
        "VAL-06",
        ((TaskDefinition, f"{_ROUTER}.options.config-file-type", "s3"),),
        given=(*_ROUTED, (TaskDefinition, f"{_ROUTER}.options", {"config-file-type": "file"})),
        at=f"{_ROUTER}.options.config-file-type",
        says="tasks hosted on Fargate only support the file configuration file type",
    ),
]
