"""``CodeDeploy Deployment State-change Notification``.

https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html

``state`` here (SUCCESS, FAILURE, START, STOP, READY) is not the API's status (Succeeded, Failed, ...),
and the event never tells a cause.
"""

from __future__ import annotations

from ecsops.events.envelope import Detail

SOURCE, DETAIL_TYPE = "aws.codedeploy", "CodeDeploy Deployment State-change Notification"


class CodeDeployStateChange(Detail, frozen=True):
    """A CodeDeploy deployment moved on."""

    deployment_id: str
    state: str
    application: str = ""
    deployment_group: str = ""
    region: str | None = None
