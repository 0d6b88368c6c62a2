from audit.model.scaling import ScalingPolicy
from tests.unit.audit.case import Case
from tests.unit.audit.cases.scaling_target import QUEUE_PER_TASK

_SPECIFICATION = "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification"
_RATIO = {"Namespace": "ECSOps", "MetricName": "RequiredRatio", "Statistic": "Average"}
_RAW = {
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Statistic": "Average",
}

CASES = [
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
