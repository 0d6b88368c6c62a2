"""Plans and fan-out items, which never change: read once per process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from batch_jobs.ledger import Ledger
from batch_jobs.rows import Items, Plan, items_key, plan_key

ITEMS_PER_PAGE = 60  # an item of the table holds 400 KB, a fan-out item up to 6 KB as JSON
_MOST = 500


@dataclass(slots=True)
class Plans:
    """Remembers what it has read."""

    ledger: Ledger
    known: dict[str, Plan] = field(default_factory=dict)
    pages: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)

    def get(self, runs: Iterable[str]) -> dict[str, Plan]:
        """The plans of those runs that have one."""
        wanted = set(runs)
        new = wanted - self.known.keys()
        if new:
            if len(self.known) > _MOST:
                self.known.clear()
            found = self.ledger.get_many([plan_key(run) for run in new], Plan)
            self.known |= {versioned.row.run: versioned.row for versioned in found.values()}
        return {run: self.known[run] for run in wanted if run in self.known}

    def item(self, plan: Plan, shard: int) -> str | None:
        """A shard's item; None where shards are only counted."""
        if plan.spec.fan_out.items is not None:
            return plan.spec.fan_out.items[shard]
        if not plan.pages:
            return None
        page = (plan.run, shard // ITEMS_PER_PAGE)
        if page not in self.pages:
            if len(self.pages) > _MOST:
                self.pages.clear()
            key = items_key(*page)
            self.pages[page] = self.ledger.get_many([key], Items)[key].row.items
        return self.pages[page][shard % ITEMS_PER_PAGE]
