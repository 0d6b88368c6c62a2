"""AWS CodeDeploy, as far as it deploys Amazon ECS services."""

from sandbox.codedeploy.service import CodeDeploy

__all__ = ["CodeDeploy"]
