"""ECS, a hook or an alarm ended the deployment, whatever its tasks did.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
"""

from __future__ import annotations

from deploy_guard.catalogue.cause import Cause

_HOOK_ARN = r"(arn:[\w\-]+:(?:lambda|iam):[\w\-]*:\d*:[\w:/.+=@\-]*\w)"

CAUSES = (
    Cause(
        id="HOOK_BAD_RESPONSE",
        blame="config",
        says="a lifecycle hook gave no valid answer",
        fix=(
            "Read the hook's own log: an exception in it is reported in the same words. It must "
            "return hookStatus SUCCEEDED, FAILED or IN_PROGRESS."
        ),
        service=(r"hook\(s\) failed.*(?:unable to parse the response|must not be null)",),
        subject=_HOOK_ARN,
    ),
    Cause(
        id="HOOK_PERMISSION",
        blame="config",
        says="ECS may not call a lifecycle hook",
        fix="Check the role of the hook: ecs.amazonaws.com assumes it, and it needs lambda:InvokeFunction.",
        deterministic=True,
        service=(
            r"hook\(s\) failed.*(?:unable to assume|not authorized|access ?denied|permission)",
        ),
        subject=_HOOK_ARN,
    ),
    Cause(
        id="HOOK_FAILED",
        blame="regression",
        says="a lifecycle hook refused it",
        fix="Read the hook's own log: it says why it refused.",
        service=(
            r"hook\(s\) failed|\bhook_(?:failed|timed_out)\b",
            # https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_ErrorInformation.html
            r"\bHOOK_EXECUTION_FAILURE\b",
        ),
        subject=_HOOK_ARN,
    ),
    Cause(
        id="BG_NETWORK",
        blame="config",
        says="the load balancer is not set up for blue/green",
        fix=(
            "Both target groups must be in the production listener rule, and the infrastructure role "
            "must be allowed to change it."
        ),
        deterministic=True,
        service=(r"invalid networking configuration",),
        subject=r"'?(arn:[\w\-]+:(?:elasticloadbalancing|iam):[\w\-]*:\d*:[\w:/.+=@\-]*\w)",
    ),
    Cause(
        id="ALARM",
        blame="regression",
        says="an alarm went off",
        fix="Look at the alarm's metric since the deployment began.",
        service=(
            r"alarm detected|alarm(?:s)? (?:was|were) triggered|due to .*\balarm",
            r"\bALARM_ACTIVE\b",
        ),
        subject=r"activated alarms: <([^<>]+)>",
    ),
    Cause(
        id="LIMITS",
        blame="config",
        says="minimumHealthyPercent and maximumPercent leave no room to deploy",
        fix="Raise maximumPercent or lower minimumHealthyPercent: with one task, 100 and 200 work.",
        deterministic=True,
        service=(r"unable to stop or start tasks",),
    ),
    Cause(
        id="DIGEST",
        blame="release",
        says="ECS cannot find the image's digest",
        fix="Push the image or correct the tag in the task definition, then redeploy.",
        deterministic=True,
        service=(r"(?:resolve|resolution|resolving).*\bdigest|digest.*(?:resolution|not found)",),
    ),
    Cause(
        id="NO_CANDIDATE",
        blame="symptom",
        says="there is no earlier version to go back to",
        fix="Correct the first cause and deploy again: nothing can be rolled back to.",
        service=(r"no rollback candidate",),
    ),
)
