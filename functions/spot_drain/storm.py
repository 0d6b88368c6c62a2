"""One alert per service and storm: what was interrupted, who drained it, what is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ecsops.alerts import Alert, NextStep, Severity, Table
from ecsops.arns import parse_arn, target_group_name
from ecsops.wording import agreeing, counted
from spot_drain.verdict import Verdict

CAPABILITY = "spot_drain"
# The tally's sets of tasks by zone, capacity provider and size. An item holds 400 KB: ids are short.
PLACE = "at|"
SHORT_ID = 12
# A storm is over when nothing has been added for this long, or it is told in instalments.
QUIET_S = 40
INSTALMENT_S = 300


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a service's storm. Task ids by verdict; times in epoch seconds.

    ``plain`` tasks had no target group to leave, ``absent`` ones were in none of theirs, ``would``
    are tasks that a dry run left alone, ``moved`` were stopped by ECS in order before it came to
    that. ``places``: short task ids and the seconds that were left, by place; ``in_flight``: short
    ids of tasks whose connections still drained at the second look.
    """

    service_arn: str
    first_at: int
    last_at: int
    native: frozenset[str] = frozenset()
    backstop: frozenset[str] = frozenset()
    unattributed: frozenset[str] = frozenset()
    stuck: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    would: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    in_flight: frozenset[str] = frozenset()
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)
    groups: frozenset[str] = field(default=frozenset())
    notes: frozenset[str] = field(default=frozenset())
    routes: frozenset[str] = field(default=frozenset())

    @property
    def tasks(self) -> frozenset[str]:
        """Every interrupted task of the storm."""
        return (
            self.native
            | self.backstop
            | self.unattributed
            | self.stuck
            | self.moved
            | self.absent
            | self.plain
            | self.would
        )

    @property
    def incident(self) -> str:
        """The key under which everything about this storm is told."""
        return storm_incident(self.service_arn, self.first_at)

    @property
    def route(self) -> str | None:
        """Who should be told; whichever sorts first, should the tag have changed within a storm."""
        return min(self.routes, default=None)

    def is_over(self, now: float) -> bool:
        """Whether it is time to tell: it has gone quiet, or has lasted for an instalment."""
        return now - self.last_at >= QUIET_S or now - self.first_at >= INSTALMENT_S


NAMES: dict[Verdict, str] = {
    Verdict.NATIVE: "native",
    Verdict.BACKSTOP: "backstop",
    Verdict.UNATTRIBUTED: "unattributed",
    Verdict.STUCK: "stuck",
    Verdict.ABSENT: "absent",
}


def storm_alert(tally: Tally) -> Alert:
    """The report of a storm."""
    cluster, service = _names(tally.service_arn)
    return Alert(
        incident=tally.incident,
        stage=f"storm-{tally.last_at}",
        severity=_severity(tally),
        state="resolved" if not tally.stuck else "open",
        at=tally.last_at,
        capability=CAPABILITY,
        title=_title(tally, cluster, service),
        summary=_summary(tally),
        cluster=cluster,
        service=service,
        route=tally.route,
        evidence=(_table(tally),),
        next_steps=_next_steps(tally),
        resources=(tally.service_arn,),
    )


def stuck_alert(
    service_arn: str,
    first_at: int,
    left: dict[str, tuple[str, ...]],
    now: float,
    route: str | None = None,
) -> Alert:
    """Sent at once: tasks that are about to die and still get requests. ``left``: group -> targets."""
    cluster, service = _names(service_arn)
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


def storm_incident(service_arn: str, first_at: int) -> str:
    """The key under which everything about a storm is told."""
    return f"{CAPABILITY}/{service_arn}/{first_at}"


def unstuck_alert(
    service_arn: str, first_at: int, left: int, now: float, route: str | None = None
) -> Alert:
    """The end of ``stuck_alert``: no dying target is in rotation, or nobody looks any more."""
    cluster, service = _names(service_arn)
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


def _title(tally: Tally, cluster: str, service: str) -> str:
    what = f"{cluster}/{service}: Spot took {counted(len(tally.tasks), 'task')}"
    if tally.stuck:
        return f"{what}; {len(tally.stuck)} died in rotation"
    if tally.would:
        return f"{what} (dry run)"
    if tally.plain == tally.tasks:
        return f"{what}; {'nothing was drained' if tally.notes else 'no load balancer to drain'}"
    if tally.unattributed:
        return f"{what}; {len(tally.unattributed)} left rotation late or by {_selves(tally.unattributed)}"
    if tally.absent:
        was = agreeing(len(tally.absent), "was", "were")
        return f"{what}; {len(tally.absent)} {was} in no target group when the toolkit came"
    left = agreeing(len(tally.tasks), "it left its", "all left their")
    return f"{what}; {left} load balancers in time"


def _summary(tally: Tally) -> str:
    window = f"{_clock(tally.first_at)}-{_clock(tally.last_at)} UTC"
    sentences = [f"{window}: Spot interrupted {counted(len(tally.tasks), 'task')}{_where(tally)}."]
    if tally.moved:
        sentences.append(f"ECS had stopped {len(tally.moved)} in order before it came to that.")
    if tally.native:
        sentences.append(f"ECS itself had taken {len(tally.native)} out of rotation.")
    if tally.backstop:
        sentences.append(
            f"{len(tally.backstop)} still got requests when the toolkit came, and "
            f"{agreeing(len(tally.backstop), 'was', 'were')} taken out."
        )
    if tally.unattributed:
        sentences.append(
            f"{len(tally.unattributed)} left rotation, but not by the toolkit's doing: its own "
            "attempt failed, or the first look did."
        )
    if tally.absent:
        sentences.append(
            f"{len(tally.absent)} "
            + agreeing(len(tally.absent), "was in none of its", "were in none of their")
            + " target groups when the toolkit came: not registered yet, or out before."
        )
    if tally.in_flight:
        sentences.append(
            f"{len(tally.in_flight)} still answered requests that were on their way a few seconds "
            "later, and got the time for it."
        )
    if tally.stuck:
        sentences.append(f"{len(tally.stuck)} could not be taken out.")
    if tally.would:
        sentences.append(
            f"Dry run: the toolkit would have taken {len(tally.would)} out, and did nothing."
        )
    if tally.plain:
        sentences.append(f"{len(tally.plain)} had no target group.")
    return " ".join((*sentences, *sorted(tally.notes)))


def _table(tally: Tally) -> Table:
    rows = (
        ("interrupted", str(len(tally.tasks))),
        ("drained by ECS", str(len(tally.native))),
        ("drained by the toolkit", str(len(tally.backstop))),
        *((("stopped by ECS in time", str(len(tally.moved))),) if tally.moved else ()),
        ("still registered", str(len(tally.stuck))),
        *((("least time left", f"{least} s"),) if (least := least_left(tally)) is not None else ()),
        ("target groups", ", ".join(sorted(map(target_group_name, tally.groups))) or "none"),
    )
    return Table("Draining", ("what", "tasks"), rows)


def _next_steps(tally: Tally) -> tuple[NextStep, ...]:
    if tally.stuck:
        return (NextStep("Check 5xx of the target groups in this window, and docs/spot-drain.md."),)
    if tally.would:
        return (
            NextStep(
                "Let the toolkit act on this service:",
                command=(
                    f"aws ecs tag-resource --resource-arn {tally.service_arn} "
                    "--tags key=ecs-ops:spot-drain,value=on"
                ),
            ),
        )
    if any("|FARGATE_SPOT|" in place for place in tally.places) or not tally.places:
        return (NextStep("Nothing to do: ECS starts replacements on FARGATE_SPOT by itself."),)
    return (NextStep("Nothing to do: ECS starts replacements where the cluster has room."),)


def least_left(tally: Tally) -> int | None:
    """The shortest time that any task had left when it was out of rotation."""
    left = [text.partition(":")[2] for ids in tally.places.values() for text in ids]
    return min((int(text) for text in left if text.isdigit()), default=None)


def _where(tally: Tally) -> str:
    zones = Counter[str]()
    for place, ids in tally.places.items():
        zones[place.split("|")[0]] += len(ids)
    named = [f"{number} in {zone}" for zone, number in sorted(zones.items()) if zone]
    return f" ({', '.join(named)})" if named else ""


def _severity(tally: Tally) -> Severity:
    if tally.stuck:
        return "critical"
    return "warning" if tally.notes or tally.unattributed else "info"


def _deregister_command(group: str, targets: tuple[str, ...]) -> str:
    pairs = " ".join(
        f"Id={target.rpartition(':')[0]},Port={target.rpartition(':')[2]}" for target in targets
    )
    return f"aws elbv2 deregister-targets --target-group-arn {group} --targets {pairs}"


def _names(service_arn: str) -> tuple[str, str]:
    arn = parse_arn(service_arn)
    return arn.cluster or "default", arn.name


def _selves(tasks: frozenset[str]) -> str:
    return agreeing(len(tasks), "itself", "themselves")


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
