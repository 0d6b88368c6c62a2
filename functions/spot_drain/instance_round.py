"""What one look at instances comes to: who is taken out, who is stopped, and when to look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from spot_drain.occupants import Occupants, Task
from spot_drain.plan import plan
from spot_drain.watching import Watched

SOON_S = 5


@dataclass(slots=True)
class Round:
    """What one look brings: tasks to take out, that ECS has moved, to stop; what to look at again."""

    leaving: list[Task] = field(default_factory=list)
    moved: list[Task] = field(default_factory=list)
    stops: list[tuple[str, Task]] = field(default_factory=list)
    planned: list[tuple[Watched, float | None]] = field(default_factory=list)
    due: list[tuple[Watched, float]] = field(default_factory=list)

    def add(self, watched: Watched, tasks: Sequence[Task], now: float) -> None:
        """Add what the plan for an instance says."""
        todo = plan(
            (task.occupant for task in tasks),
            ends_at=watched.ends_at or now,
            began_at=watched.began_at,
            left=frozenset(watched.left),
            crowd=watched.crowd,
            now=now,
        )
        if todo.has_ended:
            return
        by_arn = {task.one.task_arn: task for task in tasks}
        over = [
            task
            for arn, task in by_arn.items()
            if task.was_moved(watched.began_at) and arn not in watched.left
        ]
        self.leaving += [by_arn[arn] for arn in todo.leave]
        self.moved += over
        self.stops += [(watched.cluster_arn, by_arn[arn]) for arn in todo.stop]
        left = {*watched.left, *todo.leave, *(task.one.task_arn for task in over)}
        again = msgspec.structs.replace(watched, left=tuple(sorted(left)))
        self.planned.append((again, now + SOON_S if todo.stop else todo.next_at))

    def next_looks(self, failed: set[str], now: float) -> list[tuple[Watched, float]]:
        """What to look at again, and when; soon, where a task was not taken out after all."""
        looks = list(self.due)
        for watched, at in self.planned:
            still = failed.intersection(watched.left)
            if still:
                left = tuple(each for each in watched.left if each not in still)
                soon = min(now + SOON_S, now + SOON_S if at is None else at)
                looks.append((msgspec.structs.replace(watched, left=left), soon))
            elif at is not None:
                looks.append((watched, at))
        return looks


def in_a_crowd(watched: Sequence[Watched], occupants: Occupants) -> list[Watched]:
    """Each with how many tasks have to be stopped at the same time elsewhere."""
    stops = {
        each.key: sum(task.occupant.may_be_stopped for task in occupants.tasks.get(each.key, ()))
        for each in watched
        if each.ends_at is not None
    }
    total = sum(stops.values())
    return [
        msgspec.structs.replace(each, crowd=total - stops[each.key]) if each.key in stops else each
        for each in watched
    ]
