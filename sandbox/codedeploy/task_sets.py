"""What CodeDeploy does to an ECS service: it adds task sets, promotes them and removes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.codedeploy.app_spec import AppSpec
from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.caller import Caller
    from sandbox.codedeploy.model import Group, Shape
    from sandbox.ecs import EcsTwin
    from sandbox.elb import TargetGroups

PASSED_ON = ("networkConfiguration", "launchType", "capacityProviderStrategy", "serviceRegistries")


class ServiceTaskSets:
    """The task sets of the services that deployment groups deploy to."""

    def __init__(self, ecs: EcsTwin, targets: TargetGroups, caller: Caller) -> None:
        """``caller`` is CodeDeploy's own identity."""
        self._ecs = ecs
        self._targets = targets
        self._caller = caller

    def service(self, group: Group) -> Shape:
        """Find the service of a group; only one of the CODE_DEPLOY controller will do."""
        named = group.settings["ecsServices"][0]
        asked = {"cluster": named["clusterName"], "services": [named["serviceName"]]}
        found = self._call("DescribeServices", asked)["services"]
        if not found or found[0]["deploymentController"]["type"] != "CODE_DEPLOY":
            message = f"The ECS service {named['serviceName']} cannot be used by CodeDeploy."
            raise ApiError("InvalidECSServiceException", message)
        service: Shape = found[0]
        return service

    def primary(self, group: Group) -> Shape:
        """Tell which task set serves."""
        sets: list[Shape] = self.service(group)["taskSets"]
        return next(each for each in sets if each["status"] == "PRIMARY")

    def add(self, group: Group, spec: AppSpec, deployment_id: str) -> str:
        """Start the replacement in the other target group; answer its ARN."""
        serving = self.primary(group)
        balancer = {
            "targetGroupArn": self._other_target_group(group, serving),
            "containerName": spec.container,
            "containerPort": spec.port,
        }
        passed = {name: serving[name] for name in PASSED_ON if serving.get(name)}
        params = {**self._names(group), **passed, "taskDefinition": spec.task_definition}
        params |= {"loadBalancers": [balancer], "scale": {"value": 100.0, "unit": "PERCENT"}}
        params["externalId"] = deployment_id
        if spec.platform_version:
            params["platformVersion"] = spec.platform_version
        return str(self._call("CreateTaskSet", params)["taskSet"]["taskSetArn"])

    def find(self, group: Group, arn: str | None) -> Shape | None:
        """Find a task set that is still there."""
        sets = self.service(group)["taskSets"]
        return next((each for each in sets if each["taskSetArn"] == arn), None)

    def promote(self, group: Group, arn: str) -> None:
        """Give a task set the traffic."""
        self._call("UpdateServicePrimaryTaskSet", {**self._names(group), "primaryTaskSet": arn})

    def remove(self, group: Group, arn: str | None) -> None:
        """Delete a task set with its tasks, if it is still there."""
        if self.find(group, arn):
            self._call("DeleteTaskSet", {**self._names(group), "taskSet": arn, "force": True})

    def _other_target_group(self, group: Group, serving: Shape) -> str:
        pair = group.settings["loadBalancerInfo"]["targetGroupPairInfoList"][0]["targetGroups"]
        names = {"Names": [each["name"] for each in pair]}
        answer = self._targets.call("DescribeTargetGroups", names, self._caller)
        used = {each.get("targetGroupArn") for each in serving["loadBalancers"]}
        arns = [str(each["TargetGroupArn"]) for each in answer["TargetGroups"]]
        return next(arn for arn in arns if arn not in used)

    def _names(self, group: Group) -> Shape:
        named = group.settings["ecsServices"][0]
        return {"cluster": named["clusterName"], "service": named["serviceName"]}

    def _call(self, operation: str, params: dict[str, Any]) -> Any:
        return self._ecs.call(operation, params, self._caller)
