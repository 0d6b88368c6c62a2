"""Dying tasks that still get requests: told at once, and told as over."""

from __future__ import annotations

from ecsops.alerts import Alert, NextStep, Table
from ecsops.arns import target_group_name
from ecsops.wording import agreeing, counted
from spot_drain.storm import CAPABILITY, names_of, storm_incident


def stuck_alert(
    service_arn: str,
    first_at: int,
    left: dict[str, tuple[str, ...]],
    now: float,
    route: str | None = None,
) -> Alert:
    """Sent at once: tasks that are about to die and still get requests. ``left``: group -> targets."""
    cluster, service = names_of(service_arn)
    targets = sorted({target for targets in left.values() for target in targets})
    return Alert(
        incident=storm_incident(service_arn, first_at),
        stage="stuck-" + ",".join(targets)[:200],
        severity="critical",
        state="open",
        at=now,
        capability=CAPABILITY,
        title=f"{cluster}/{service}: {counted(len(targets), 'dying target')} still in rotation",
        summary=(
            f"Spot is taking tasks of service {service} away, and {counted(len(targets), 'target')} "
            "could not be taken out of the load balancer after three attempts. Requests sent there "
            "will fail until the health check notices."
        ),
        cluster=cluster,
        service=service,
        route=route,
        evidence=(
            Table(
                "Still registered",
                ("target group", "targets"),
                tuple((target_group_name(g), ", ".join(t)) for g, t in sorted(left.items())),
            ),
        ),
        next_steps=tuple(
            NextStep("Take them out by hand:", command=_deregister_command(group, targets))
            for group, targets in sorted(left.items())
        ),
        resources=(service_arn, *sorted(left)),
    )


def unstuck_alert(
    service_arn: str, first_at: int, left: int, now: float, route: str | None = None
) -> Alert:
    """The end of ``stuck_alert``: no dying target is in rotation, or nobody looks any more."""
    cluster, service = names_of(service_arn)
    return Alert(
        incident=storm_incident(service_arn, first_at),
        stage="unstuck",
        severity="info",
        state="resolved",
        at=now,
        capability=CAPABILITY,
        title=f"{cluster}/{service}: "
        + (
            f"{counted(left, 'target')} stayed registered"
            if left
            else "no target of a dead task is in rotation any more"
        ),
        summary=(
            f"Hours after Spot took its tasks, {counted(left, 'target')} of service {service} "
            f"{agreeing(left, 'is', 'are')} still registered. Another task may have the address by now; if "
            "none has, the health check keeps requests away. The toolkit looks no longer."
            if left
            else f"All targets that service {service}'s dying tasks left behind are out."
        ),
        cluster=cluster,
        service=service,
        route=route,
        resources=(service_arn,),
    )


def _deregister_command(group: str, targets: tuple[str, ...]) -> str:
    pairs = " ".join(
        f"Id={target.rpartition(':')[0]},Port={target.rpartition(':')[2]}" for target in targets
    )
    return f"aws elbv2 deregister-targets --target-group-arn {group} --targets {pairs}"
