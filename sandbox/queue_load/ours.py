"""The shipped function in a world, in the modes that users choose by tags."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.queue_load.shipped import Shipped, attach
from sandbox.queue_load.world import World

# The default of each: Application Auto Scaling follows our metric, or the function sets the count.
MODES: Mapping[str, tuple[str, int]] = {
    "managed_60s": ("managed", 60),
    "direct_20s": ("direct", 20),
}


def managed_or_direct(world: World, mode: str, tags: Mapping[str, str] | None = None) -> Shipped:
    """Tag the world's service as its owner would, and let the function look after it.

    The owner knows about how long a message takes; ``tags`` adds and overrides, empty values remove.
    """
    scaling, interval_s = MODES[mode]
    setting = world.setting
    usual = {
        "ecs-ops:queue": "jobs",
        "ecs-ops:latency-slo": f"{setting.slo_s:g}s",
        "ecs-ops:scaling": scaling,
        "ecs-ops:scaling-interval": f"{interval_s}s",
        "ecs-ops:processing-time": f"{max(world.load.mean_work_s, 0.001):.6g}s",
        "ecs-ops:concurrency": str(setting.slots),
        "ecs-ops:min-tasks": str(setting.minimum),
        "ecs-ops:max-tasks": str(setting.maximum),
    }
    given = {**usual, **(tags or {})}
    world.service.tags.update({tag: value for tag, value in given.items() if value})
    return attach(world)
