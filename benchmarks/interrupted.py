"""An account in which Spot takes many tasks at once, and what the functions did about it."""

from __future__ import annotations

from benchmarks.results import ROOT
from sandbox.account import Account
from sandbox.ecs import EcsSettings
from sandbox.trace import Entry

TEMPLATE = ROOT / "template.yaml"
OUR_RULES = (
    "SpotInterruptionRule",
    "SpotInstanceRule",
    "LifecycleHookRule",
    "ContainerInstanceRule",
    "AlertRule",
)
LATENCY_S = 0.03
WARM_UP_S, WATCH_S = 200.0, 300.0
SETTINGS = EcsSettings(native_spot_deregistration="broken")


def calls_of(account: Account, operation: str | None = None) -> list[Entry]:
    return [
        entry
        for entry in account.trace.select("call")
        if entry.get("function") and operation in (None, entry["operation"])
    ]


def delays_of(account: Account, began: float) -> list[float]:
    """How long each target took until it was out."""
    out: dict[tuple[str, str, int], float] = {}
    for call in calls_of(account, "DeregisterTargets"):
        if call["outcome"] == "ok":
            for target in call["parameters"]["Targets"]:
                key = call["parameters"]["TargetGroupArn"], target["Id"], target["Port"]
                out.setdefault(key, call["ended"] - began)
    return list(out.values())
