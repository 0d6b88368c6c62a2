"""What there is to tell about a cover: each thing once, and its end."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from ecsops.wording import agreeing, counted
from spot_fallback.control import Control, missing
from spot_fallback.model import Cover, Primary, Shadow
from spot_fallback.owed import News, NewsKind, Owed

WAITED_TOO_LONG_S = 600.0
IDLE_TOO_LONG_S = 120.0
_TOLD_AT_MOST = 12
_TROUBLE = ("unable", "failed", "unhealthy", "error")
# What is over with each end: the beginnings of the keys under which it was told.
_ENDS: dict[NewsKind, tuple[str, ...]] = {
    "restored": (
        "covering-", "grown-", "capped-", "on-demand-", "long-", "edited-", "deleted-", "failed", "idle-",
    ),
    "runs": ("idle-", "on-demand-"),
    "waited": ("waiting-",),
    "mended": ("problem-", "taken-"),
    "would-not": ("would-",),
}  # fmt: skip

# Incidents beside that of the cover itself: how what they are about begins.
_ABOUT = {
    "problem": "settings-",
    "taken": "settings-",
    "waiting": "waiting-",
    "would": "dry-run-",
}


def unseen(told: tuple[str, ...], news: list[News]) -> tuple[tuple[News, ...], tuple[str, ...]]:
    """The news that were not told before, and what has been told now; an end makes its own old."""
    fresh = tuple(each for each in news if each.key not in told)
    over = tuple(prefix for each in fresh for prefix in _ENDS.get(each.kind, ()))
    keys = (*told, *(each.key for each in fresh if each.kind not in _ENDS))
    return fresh, tuple(key for key in keys if not (over and key.startswith(over)))[-_TOLD_AT_MOST:]


def of_a_look(
    primary: Primary, shadow: Shadow, cover: Cover, wished: Control, now: float
) -> list[News]:
    """What a look at a service that can be covered has to tell."""
    found = _of_the_cover(primary, shadow, cover, wished, now)
    waiting = wished.cover.waiting_since
    if waiting and now - waiting >= WAITED_TOO_LONG_S:
        text = f"{missing(primary.deficit)} and not covered: {wished.reason}"
        found.append(News("waiting", f"waiting-{waiting:.0f}", text, f"waiting-{waiting:.0f}"))
    if not waiting and (since := _since(cover, "waiting")):
        text = "what was missing is covered now, or runs on Spot again"
        found.append(News("waited", f"waited-{since}", text, f"waiting-{since}"))
    return found + mended(cover) + would_not(cover)


def unable(cover: Cover, problems: tuple[str, ...], now: float) -> list[News]:
    """A service that cannot be covered; who mends it is told so."""
    text = "; ".join(problems)
    since = _since(cover, "problem", "taken") or f"{now:.0f}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return [News("problem", f"problem-{since}-{digest}", text, f"settings-{since}")]


def taken(cover: Cover, text: str, now: float) -> list[News]:
    """A service of somebody else has the cover's name."""
    since = _since(cover, "problem", "taken") or f"{now:.0f}"
    return [News("taken", f"taken-{since}", text, f"settings-{since}")]


def mended(cover: Cover) -> list[News]:
    """The end of either."""
    since = _since(cover, "problem", "taken")
    text = "its cover works again"
    return [News("mended", f"mended-{since}", text, f"settings-{since}")] if since else []


def would(cover: Cover, target: int, text: str, now: float) -> list[News]:
    """What a dry run does not do."""
    since = _since(cover, "would") or f"{now:.0f}"
    return [News("would", f"would-{since}-{target}", text, f"dry-run-{since}")]


def would_not(cover: Cover) -> list[News]:
    """There is nothing any more that a dry run does not do, or it is none any more."""
    since = _since(cover, "would")
    text = "dry run: nothing would have to be changed any more"
    return [News("would-not", f"would-not-{since}", text, f"dry-run-{since}")] if since else []


def lasting(primary: Primary, since: float, tasks: int, now: float) -> list[News]:
    """A cover that is paid for longer than people wanted, once a day; whether or not it may be changed."""
    lasted = now - since if since and tasks else 0.0
    if lasted <= primary.settings.longest_s:
        return []
    day = int(lasted // primary.settings.longest_s)
    text = f"the cover of {counted(tasks, 'task')} has lasted for {counted(round(lasted / 3600), 'hour')}"
    return [News("long", f"long-{since:.0f}-{day}", text)]


def still_open(cover: Cover) -> list[str]:
    """What the incidents are about of which people were told, and of no end."""
    abouts = {
        _ABOUT[kind] + rest.partition("-")[0] if kind in _ABOUT else f"{cover.since:.0f}"
        for kind, _, rest in (key.partition("-") for key in cover.told)
    }
    return sorted(abouts)


def owing(owed: Owed, cover: Cover, news: list[News]) -> Cover:
    """The cover with what has to be told of this moment, if anything."""
    fresh, told = unseen(cover.told, news)
    owes = bool(fresh) or owed.before != owed.target
    return replace(cover, told=told, owed=replace(owed, news=fresh) if owes else None)


def settled(cover: Cover, shadow: Shadow) -> tuple[Cover, Owed | None]:
    """What an earlier run owed and may not have told, if it came true; else it is decided anew."""
    owed = cover.owed
    if owed is None:
        return cover, None
    if owed.target == shadow.desired:
        return paid(cover, owed), owed
    untrue = {each.key for each in owed.news}
    told = tuple(key for key in cover.told if key not in untrue)
    return replace(cover, owed=None, told=told), None


def paid(cover: Cover, owed: Owed) -> Cover:
    """What was owed has been told. A cover whose end people know is over: the next is another."""
    over = any(each.kind == "restored" for each in owed.news)
    return replace(cover, owed=None, since=0.0 if over else cover.since)


def _of_the_cover(
    primary: Primary, shadow: Shadow, cover: Cover, wished: Control, now: float
) -> list[News]:
    found = []
    since = f"{wished.cover.since:.0f}"
    if wished.target > shadow.desired:
        kind: NewsKind = "grown" if shadow.desired else "covering"
        found.append(News(kind, f"{kind}-{wished.target}", wished.reason))
    if cover.confirmed and shadow.desired != cover.target:
        found.append(_edited(shadow, cover, wished))
    most = primary.settings.most
    if most is not None and wished.cover.since and primary.deficit > most:
        short = f"{counted(primary.deficit, 'task')} {agreeing(primary.deficit, 'finds', 'find')}"
        text = f"{short} no Spot capacity, and only {most} may be covered"
        found.append(News("capped", f"capped-{since}", text))
    found += _idle(shadow, cover, wished, now)
    found += lasting(primary, wished.cover.since, wished.target, now)
    if shadow.desired and not wished.target:
        found.append(_restored(cover, "all tasks run on Spot again"))
    elif not wished.target and any(key.startswith(_ENDS["restored"]) for key in cover.told):
        found.append(_restored(cover, "no task needs a cover any more"))
    return found


def _idle(shadow: Shadow, cover: Cover, wished: Control, now: float) -> list[News]:
    """A cover that was asked for and does not serve; for what finds no place there is a word of its own."""
    if not wished.target:
        return []
    since = wished.cover.idle_at
    if now - wished.cover.on_demand_short_at < WAITED_TOO_LONG_S:
        if _since(cover, "on-demand"):
            return []
        text = "the cover's tasks find no place either: they cannot start"
        key = f"on-demand-{wished.cover.on_demand_short_at:.0f}"
        return [News("on-demand-short", key, text)]
    if since and now - since >= IDLE_TOO_LONG_S:
        run = f"{shadow.running} {agreeing(shadow.running, 'runs', 'run')}"
        text = f"of the cover's {counted(shadow.desired, 'task')} {run}{_says(shadow)}"
        return [News("idle", f"idle-{since:.0f}", text)]
    began = _since(cover, "idle", "on-demand")
    if began and shadow.running >= shadow.desired:
        all_run = f"all {shadow.desired} tasks of the cover run"
        text = agreeing(shadow.desired, "the cover's task runs", all_run)
        return [News("runs", f"runs-{began}", text)]
    return []


def _says(shadow: Shadow) -> str:
    """The newest of ECS's messages that is no routine."""
    for event in shadow.shape.get("events") or ():
        text = event.get("message", "")
        if any(word in text for word in _TROUBLE):
            return f'; ECS says "{text}"'
    return ""


def _edited(shadow: Shadow, cover: Cover, wished: Control) -> News:
    was = f"somebody set the cover from {cover.target} to {counted(shadow.desired, 'task')}"
    then = (
        f"the toolkit sets it to {wished.target}"
        if wished.target != shadow.desired
        else "it stays so until fewer are needed, and then gets smaller as any cover does"
    )
    return News("edited", f"edited-{shadow.desired}", f"{was}; {then}")


def _restored(cover: Cover, text: str) -> News:
    return News("restored", f"restored-{cover.since:.0f}", text)


def _since(cover: Cover, *kinds: str) -> str:
    """When the incident began of which such a thing was told; empty: none was."""
    for key in cover.told:
        for kind in kinds:
            if key.startswith(f"{kind}-"):
                return key.removeprefix(f"{kind}-").partition("-")[0]
    return ""
