"""The roles that a call to Amazon ECS hands on: to the tasks, and to ECS itself.

Amazon ECS developer guide, "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sandbox.gateway.iam.needs import Need, Parameters

_TASKS, _ECS = "ecs-tasks.amazonaws.com", "ecs.amazonaws.com"


def passed_roles(
    parameters: Parameters,
    task_definitions: Iterable[str],
    roles_of: Callable[[str], Sequence[str]],
) -> list[Need]:
    """``iam:PassRole`` for every role in a call, and in the task definitions that it names."""
    overrides = parameters.get("overrides") or {}
    tasks = [
        source.get(member)
        for source in (parameters, overrides)
        for member in ("taskRoleArn", "executionRoleArn")
    ]
    tasks += [role for definition in task_definitions for role in roles_of(definition)]
    configuration = parameters.get("deploymentConfiguration") or {}
    infrastructure = [hook.get("roleArn") for hook in configuration.get("lifecycleHooks") or ()]
    infrastructure += [
        (each.get("advancedConfiguration") or {}).get("roleArn")
        for each in parameters.get("loadBalancers") or ()
    ]
    return [*_needs(tasks, _TASKS), *_needs(infrastructure, _ECS)]


def _needs(roles: Iterable[str | None], service: str) -> list[Need]:
    context = {"iam:passedtoservice": service}
    return [Need("iam:PassRole", role, context) for role in dict.fromkeys(roles) if role]
