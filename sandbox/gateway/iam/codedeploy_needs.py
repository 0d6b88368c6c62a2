"""Actions and resources of AWS CodeDeploy.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS CodeDeploy";
what CreateDeployment needs besides: the policy in the README of
aws-actions/amazon-ecs-deploy-task-definition.
"""

from __future__ import annotations

from sandbox.gateway.iam.needs import Need, Parameters, Scope, operations

_ON_GROUPS = operations(
    "BatchGetDeploymentGroups BatchGetDeployments CreateDeployment CreateDeploymentGroup "
    "DeleteDeploymentGroup GetDeployment GetDeploymentGroup ListDeployments UpdateDeploymentGroup"
)
_ON_APPLICATIONS = operations(
    "CreateApplication DeleteApplication GetApplication GetApplicationRevision ListDeploymentGroups "
    "RegisterApplicationRevision"
)
_ON_ARNS = operations("ListTagsForResource TagResource UntagResource")
_DEFAULT_CONFIG = "CodeDeployDefault.ECSAllAtOnce"


def codedeploy_needs(operation: str, scope: Scope, parameters: Parameters) -> list[Need]:
    """The needs of one call; a deployment's id does not tell its group: any group has to be allowed."""
    application = str(parameters.get("applicationName", "*"))
    if operation in _ON_GROUPS:
        group = parameters.get("deploymentGroupName")
        resource = f"deploymentgroup:{application}/{group}" if group else "deploymentgroup:*"
        found = [Need(f"codedeploy:{operation}", scope.arn("codedeploy", resource))]
        return found + _of_creation(scope, parameters) if operation == "CreateDeployment" else found
    if operation in _ON_APPLICATIONS:
        arn = scope.arn("codedeploy", f"application:{application}")
        return [Need(f"codedeploy:{operation}", arn)]
    if operation in _ON_ARNS:
        return [Need(f"codedeploy:{operation}", str(parameters.get("ResourceArn")))]
    return [Need(f"codedeploy:{operation}", "*")]


def _of_creation(scope: Scope, parameters: Parameters) -> list[Need]:
    config = parameters.get("deploymentConfigName") or _DEFAULT_CONFIG
    application = parameters.get("applicationName")
    return [
        Need(
            "codedeploy:GetDeploymentConfig", scope.arn("codedeploy", f"deploymentconfig:{config}")
        ),
        Need(
            "codedeploy:RegisterApplicationRevision",
            scope.arn("codedeploy", f"application:{application}"),
        ),
    ]
