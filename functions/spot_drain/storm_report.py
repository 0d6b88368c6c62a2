"""The alert of a storm, one for each service: what was interrupted, who drained it, what is left to do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from ecsops.alerts import Alert, NextStep, Severity, Table
from ecsops.arns import target_group_name
from ecsops.wording import agreeing, counted
from spot_drain.storm import CAPABILITY, Tally, names_of


def storm_alert(tally: Tally) -> Alert:
    """The report of a storm."""
    cluster, service = names_of(tally.service_arn)
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


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def _selves(tasks: frozenset[str]) -> str:
    return agreeing(len(tasks), "itself", "themselves")
