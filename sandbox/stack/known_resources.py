"""What IAM has to know of the account's resources: their tags, and the roles that a task brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError

if TYPE_CHECKING:
    from sandbox.autoscaling import AutoScaling
    from sandbox.caller import Caller
    from sandbox.cloud_map import CloudMap
    from sandbox.codedeploy import CodeDeploy
    from sandbox.ec2 import AutoScalingGroups
    from sandbox.ecs import EcsTwin
    from sandbox.elb import TargetGroups
    from sandbox.events.queues import Queues


class KnownResources:
    """Looks resources up in the simulators, without passing the door."""

    def __init__(
        self,
        ecs: EcsTwin,
        targets: TargetGroups,
        code_deploy: CodeDeploy,
        queues: Queues,
        scaling: AutoScaling,
        operator: Caller,
    ) -> None:
        """Ask these."""
        self._ecs = ecs
        self._targets = targets
        self._code_deploy = code_deploy
        self._queues = queues
        self._scaling = scaling
        self._operator = operator
        self.groups: AutoScalingGroups | None = None
        self.cloud_map: CloudMap | None = None

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """The tags of a resource, None when there is none with that ARN."""
        parts = arn.split(":")
        find = {
            "application-autoscaling": self._scaling.tags_of,
            "autoscaling": self._of_auto_scaling_group,
            "codedeploy": self._of_code_deploy,
            "ecs": self._of_ecs,
            "elasticloadbalancing": self._of_target_group,
            "servicediscovery": self._of_registry,
            "sqs": self._of_queue,
        }.get(parts[2] if len(parts) > 2 else "")
        try:
            return find(arn) if find else None
        except ApiError:
            return None

    def roles_of(self, task_definition: str) -> list[str]:
        """The task role and the execution role of a task definition."""
        wanted = {"taskDefinition": task_definition}
        try:
            found = self._ask(self._ecs, "DescribeTaskDefinition", wanted)["taskDefinition"]
        except ApiError:
            return []
        return [found[name] for name in ("taskRoleArn", "executionRoleArn") if found.get(name)]

    def _of_ecs(self, arn: str) -> dict[str, str]:
        answer = self._ask(self._ecs, "ListTagsForResource", {"resourceArn": arn})
        return {tag["key"]: tag["value"] for tag in answer.get("tags", [])}

    def _of_target_group(self, arn: str) -> dict[str, str]:
        answer = self._ask(self._targets, "DescribeTags", {"ResourceArns": [arn]})
        described = answer["TagDescriptions"][0]["Tags"]
        return {tag["Key"]: tag["Value"] for tag in described}

    def _of_code_deploy(self, arn: str) -> dict[str, str]:
        answer = self._ask(self._code_deploy, "ListTagsForResource", {"ResourceArn": arn})
        return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}

    def _of_auto_scaling_group(self, arn: str) -> dict[str, str] | None:
        name = arn.rpartition("autoScalingGroupName/")[2]
        return self.groups.tags_of(name) if self.groups else None

    def _of_registry(self, arn: str) -> dict[str, str] | None:
        if self.cloud_map is None:
            return None
        return _pairs(
            self._ask(self.cloud_map, "ListTagsForResource", {"ResourceARN": arn})["Tags"]
        )

    def _of_queue(self, arn: str) -> dict[str, str] | None:
        queue = self._queues.find(arn)
        return dict(queue.tags) if queue else None

    def _ask(
        self,
        simulator: EcsTwin | TargetGroups | CodeDeploy | CloudMap,
        operation: str,
        params: dict[str, Any],
    ) -> dict[str, Any]:
        return simulator.call(operation, params, self._operator)


def _pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
