"""An alert as the file of expected texts shows it."""

from __future__ import annotations

from collections.abc import Iterator

from ecsops.alerts import Alert


def rendered(name: str, alert: Alert) -> str:
    return "\n".join(_lines(name, alert)) + "\n"


def _lines(name: str, alert: Alert) -> Iterator[str]:
    yield f"=== {name}"
    yield f"[{alert.severity}, {alert.state}] {alert.title}"
    yield from alert.summary.split("\n")
    for step in alert.next_steps:
        yield f"-> {step.text}"
        yield from (f"   {line}" for line in (step.command, step.link) if line)
    if alert.evidence:
        yield "evidence: " + ", ".join(block.title for block in alert.evidence)
