from audit.model.queue import Queue
from audit.model.scaling import ScalingPolicy
from audit.model.service import Service
from tests.unit.audit.case import Case
from tests.unit.audit.cases.scaling_target import QUEUE_PER_TASK

_SPECIFICATION = "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification"
_RATIO = {"Namespace": "ECSOps", "MetricName": "RequiredRatio", "Statistic": "Average"}
_RAW = {
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Statistic": "Average",
}

_WORKS_OFF = (
    (Service, "tags[2]", {"key": "ecs-ops:queue", "value": "mails@5m orders@60s"}),
    (Service, "tags[3]", {"key": "ecs-ops:processing-time", "value": "mails@500ms orders@1.5m"}),
    (
        Queue,
        "#0",
        {"QueueArn": "arn:aws:sqs:eu-west-1:111122223333:orders", "VisibilityTimeout": "90"},
    ),
    (Queue, "#1", {"QueueArn": "arn:aws:sqs:eu-west-1:111122223333:mails"}),
)

CASES = [
    Case(
        "SCL-13",
        ((Queue, "#0.VisibilityTimeout", "89"),),
        given=_WORKS_OFF,
        at="VisibilityTimeout",
        says="orders hides a message for 89 s, but web takes 90 s for one: others work on it, too",
    ),
    Case(
        "SCL-13",
        ((Service, "tags[3].value", "31s"),),
        given=(*_WORKS_OFF, (Queue, "#0.VisibilityTimeout", "300")),
        at="VisibilityTimeout",
        says="mails hides a message for 30 s, but web takes 31 s",
    ),
    Case(
        "SCL-12",
        ((ScalingPolicy, f"#1.{_SPECIFICATION}", _RAW),),
        given=(
            (ScalingPolicy, "#1", QUEUE_PER_TASK),
            (ScalingPolicy, f"#1.{_SPECIFICATION}", _RATIO),
        ),
        at=f"{_SPECIFICATION}.MetricName",
        says="ApproximateNumberOfMessagesVisible does not fall in proportion to the tasks",
    ),
    Case(
        "SCL-12",
        (
            (ScalingPolicy, f"#1.{_SPECIFICATION}.Metrics[2].Expression", "backlog + tasks"),
            (ScalingPolicy, f"#1.{_SPECIFICATION}.Metrics[1].MetricStat.Metric", _RAW),
        ),
        given=((ScalingPolicy, "#1", QUEUE_PER_TASK),),
        at=f"{_SPECIFICATION}.Metrics",
        says="does not fall in proportion to the tasks",
    ),
]
