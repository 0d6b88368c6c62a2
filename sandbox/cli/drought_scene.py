"""The demo's scene of a Spot drought: what is missing runs on demand, and is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from sandbox.cli.stage import Stage

if TYPE_CHECKING:
    from rich.console import Console
_SUFFIX = "-ecs-ops-fallback"
_DROUGHT_S, _RECOVERY_S = 1_200, 1_800


def spot_runs_dry(console: Console, stage: Stage, cluster: str, service: str) -> bool:
    """Scene: Spot takes everything and has nothing left. Whether the service had all its tasks."""
    account = stage.account
    console.print()
    title = f"Scene: Spot runs dry under {cluster}/{service}, tagged ecs-ops:spot-fallback=on"
    console.print(Text(title, style="bold"))
    ecs = account.client("ecs")
    arn = _described(ecs, cluster, service)["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "ecs-ops:spot-fallback", "value": "on"}])
    account.client("events").enable_rule(Name=stage.stack.ref("SpotFallbackSchedule"))
    began = account.clock.now()
    account.trace.clear()
    account.ecs.spot_capacity(0)
    account.ecs.interrupt(service=service)
    account.run_for(_DROUGHT_S)
    _tell(console, stage, began)
    covered = _described(ecs, cluster, service + _SUFFIX)["runningCount"]
    wanted = _described(ecs, cluster, service)["desiredCount"]
    _line(console, account.clock.now() - began, f"{covered} of {wanted} tasks run on demand")
    account.ecs.spot_capacity(None)
    _line(console, account.clock.now() - began, "Spot has capacity again")
    account.trace.clear()
    account.run_for(_RECOVERY_S)
    _tell(console, stage, began)
    back = _described(ecs, cluster, service)["runningCount"]
    left = _described(ecs, cluster, service + _SUFFIX)["desiredCount"]
    _line(console, account.clock.now() - began, f"{back} of {wanted} on Spot, {left} on demand")
    account.client("events").disable_rule(Name=stage.stack.ref("SpotFallbackSchedule"))
    return bool(covered == wanted == back and left == 0)


def _tell(console: Console, stage: Stage, began: float) -> None:
    """What the function did, afterwards: while it runs, what is printed goes to its log."""
    for entry in stage.account.trace.select("event"):
        if entry["event"]["detail-type"] == "ECS Ops Spot Fallback":
            change = entry["event"]["detail"]
            counts = f"{change['before']} -> {change['after']} on demand"
            _line(console, change["at"] - began, f"{counts}: {change['reason']}")


def _line(console: Console, seconds: float, text: str) -> None:
    console.print(f"  +{seconds / 60:5.1f} min  {text}", soft_wrap=True)


def _described(ecs: Any, cluster: str, service: str) -> dict[str, Any]:
    found = ecs.describe_services(cluster=cluster, services=[service])["services"]
    return dict(found[0]) if found else {"runningCount": 0, "desiredCount": 0}
