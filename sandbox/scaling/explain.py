"""Why a service has as many tasks as it has: what the function remembers of its last look, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ecsops.arns import parse_arn
from ecsops.durations import format_duration
from queue_scaling.state import ServiceState
from sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True)
class Explained:
    """One service and what is known of it."""

    arn: str
    state: ServiceState

    @property
    def label(self) -> str:
        """Cluster and service."""
        parsed = parse_arn(self.arn)
        return f"{parsed.cluster}/{parsed.name}"


def find(states: Mapping[str, ServiceState], service: str, cluster: str | None) -> Explained:
    """The service by name, ``CLUSTER/SERVICE`` or ARN; raises ``SandboxError`` that says what to do."""
    if "/" in service and not service.startswith("arn:"):
        cluster, _, service = service.rpartition("/")
    found = []
    for arn, state in sorted(states.items()):
        parsed = parse_arn(arn)
        if arn == service or (parsed.name == service and cluster in (None, parsed.cluster)):
            found.append(Explained(arn, state))
    if not found:
        raise SandboxError(
            f"{service!r} is not known to queue scaling: does the service have the tag ecs-ops:queue? "
            "New services are found within five minutes; ecs-ops scaling check says what is wrong"
        )
    if len(found) > 1:
        names = ", ".join(each.label for each in found)
        raise SandboxError(f"{service!r} is in several clusters: {names}; say which with --cluster")
    return found[0]


def text(explained: Explained, now: float) -> str:
    """A few lines, top down: inputs, formula with numbers, limits, decision, last change."""
    state = explained.state
    age = format_duration(max(0.0, now - state.at))
    lines = [f"{explained.label}, looked at {age} ago"]
    if not state.explanation:
        lines.append("  never assessed: ecs-ops scaling check says what is wrong with its tags")
    lines += [f"  {line}" for line in state.explanation]
    if state.told:
        lines.append("  its tags cannot be used at the moment, nothing scales it: see the alert")
    if state.managed:
        lines.append(f"  managed: minimum, maximum, cooldown {state.managed.replace(':', ', ')}")
    if state.lifted:
        lines.append(f"  lifted: MinCapacity is {state.lifted} until as many tasks are running")
    if state.change is not None:
        change = state.change
        moment = datetime.fromtimestamp(change.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        lines.append(f"last change, {moment}: {change.before} -> {change.after}, {change.reason}")
    return "\n".join(lines)


def document(explained: Explained, now: float) -> dict[str, object]:
    """The same for machines."""
    state = explained.state
    change = state.change
    return {
        "service": explained.arn,
        "age_s": round(max(0.0, now - state.at), 1),
        "required": state.required,
        "running": state.running,
        "desired": state.desired,
        "queue_latency_s": state.latency_s,
        "slo_s": state.slo_s,
        "explanation": list(state.explanation),
        "last_change": None
        if change is None
        else {
            "at": change.at,
            "before": change.before,
            "after": change.after,
            "reason": change.reason,
        },
    }
