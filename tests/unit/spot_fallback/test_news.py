"""What is told, that it ends, and that a process that dies takes no message with it."""

from __future__ import annotations

from msgspec.structs import replace

from spot_fallback.control import control
from spot_fallback.model import Cover, Evidence
from spot_fallback.news import of_a_look, settled, unseen
from spot_fallback.plan import plan
from spot_fallback.telling import alerts_of, event_of
from tests.unit.spot_fallback.shapes import NOW, absent, primary, remembered, shadow

SHORT = Evidence(spot_at=NOW)
QUIET = Evidence()
DEPLOYING = [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]


def looked(one, cover_service, cover=None, evidence=QUIET, now=NOW, dry_run=False):
    return plan(one, cover_service, cover or Cover(), evidence, now, dry_run=dry_run)


def told(result, one):
    owed = result.cover.owed
    return [(a.incident, a.state) for a in alerts_of(owed, one)] if owed else []


def one_incident(*results, one=None):
    """The incident's states, if all was told in one."""
    said = [each for result in results for each in told(result, one or primary(10))]
    assert len({incident for incident, _ in said}) == 1
    return [state for _, state in said]


def test_what_was_decided_and_not_told_is_told_by_the_next_look_in_the_same_words():
    one = primary(10, 6, 6)
    dead = looked(one, absent(), evidence=SHORT)
    cover, unpaid = settled(dead.cover, shadow(4))
    assert unpaid == dead.cover.owed
    assert cover.owed is None
    assert (event_of(unpaid, one).before, event_of(unpaid, one).after) == (0, 4)
    assert alerts_of(unpaid, primary(10, 9, 9)) == alerts_of(dead.cover.owed, one)


def test_what_was_decided_and_not_done_is_decided_and_told_anew():
    one = primary(10, 6, 6)
    dead = looked(one, absent(), evidence=SHORT)
    cover, unpaid = settled(dead.cover, absent())
    assert unpaid is None
    again = looked(one, absent(), cover, SHORT, NOW + 60)
    assert [each.kind for each in again.news] == ["covering"]


def test_a_look_that_finds_nothing_new_owes_nothing():
    assert looked(primary(10), absent()).cover.owed is None


def test_copies_of_a_change_have_one_id_and_changes_have_their_own():
    one = primary(10, 6, 6)
    first = looked(one, absent(), evidence=SHORT)
    more = looked(primary(10, 4, 4), shadow(4), remembered(4, version=1), SHORT)
    assert event_of(first.cover.owed, one).id != event_of(more.cover.owed, one).id


def test_waiting_ends_when_nothing_is_missing_any_more():
    one = primary(10, 4, 4, deployments=DEPLOYING)
    first = looked(one, absent(), evidence=SHORT)
    late = looked(one, absent(), first.cover, Evidence(spot_at=NOW + 600), NOW + 600)
    over = looked(primary(10, deployments=DEPLOYING), absent(), late.cover, now=NOW + 700)
    assert one_incident(late, over) == ["open", "resolved"]
    assert told(looked(primary(10), absent(), over.cover, now=NOW + 800), one) == []


def test_a_deployment_that_goes_on_when_nothing_is_missing_is_no_waiting():
    one = primary(10, deployments=DEPLOYING)
    first = looked(primary(10, 4, 4, deployments=DEPLOYING), absent(), evidence=SHORT)
    later = looked(one, absent(), first.cover, Evidence(spot_at=NOW + 600), NOW + 600)
    assert later.news == ()


def test_a_name_that_was_taken_and_is_free_again_is_told_as_mended():
    taken = looked(primary(10, 6, 6), shadow(1, tags=[]), evidence=SHORT)
    free = looked(primary(10), absent(), taken.cover, now=NOW + 600)
    assert one_incident(taken, free) == ["open", "resolved"]


def test_a_dry_run_ends_its_own_incident():
    would = looked(primary(10, 6, 6), absent(), evidence=SHORT, dry_run=True)
    over = looked(primary(10), absent(), would.cover, now=NOW + 900, dry_run=True)
    assert one_incident(would, over) == ["open", "resolved"]
    again = looked(primary(10, 6, 6), absent(), over.cover, Evidence(spot_at=NOW + 999), NOW + 999)
    assert [each.kind for each in again.news] == ["covering"]


def test_the_second_dry_shortage_is_another_incident():
    would = looked(primary(10, 6, 6), absent(), evidence=SHORT, dry_run=True)
    over = looked(primary(10), absent(), would.cover, now=NOW + 900, dry_run=True)
    short = Evidence(spot_at=NOW + 999)
    again = looked(primary(10, 6, 6), absent(), over.cover, short, NOW + 999, dry_run=True)
    assert told(would, primary(10))[0] != told(again, primary(10))[0]


def test_the_same_wrong_tag_a_second_time_is_another_incident():
    wrong = primary(10, tags={"ecs-ops:spot-fallback": "yess"})
    first = looked(wrong, absent())
    over = looked(primary(10), absent(), first.cover, now=NOW + 60)
    again = looked(wrong, absent(), over.cover, now=NOW + 120)
    assert one_incident(first, over) == ["open", "resolved"]
    assert told(first, wrong) != told(again, wrong)


def test_what_else_is_wrong_belongs_to_the_same_incident():
    first = looked(primary(10, tags={"ecs-ops:spot-fallback": "yess"}), absent())
    other = primary(10, deploymentController={"type": "EXTERNAL"})
    second = looked(other, absent(), first.cover, now=NOW + 60)
    assert one_incident(first, second) == ["open", "open"]


def test_who_raises_the_cover_reads_what_becomes_of_it():
    result = looked(primary(10, 6, 6), shadow(6), remembered(4, shortage_at=NOW - 10))
    [news] = result.news
    assert (news.kind, result.target) == ("edited", 6)
    assert "from 4 to 6 tasks; it stays so until fewer are needed" in news.text


def test_mending_the_settings_ends_nothing_that_was_told_of_the_cover():
    cover = remembered(4, told=("covering-4", "problem-1-ab"), shortage_at=NOW)
    result = looked(primary(10, 6, 6), shadow(4), cover)
    assert [each.kind for each in result.news] == ["mended"]
    assert result.cover.told == ("covering-4",)


def _looked(cover_service, cover, now):
    wished = control(primary(10, 6, 6, now=now), cover_service, cover, Evidence(spot_at=now), now)
    return wished.cover, of_a_look(primary(10, 6, 6, now=now), cover_service, cover, wished, now)


def test_a_cover_that_does_not_run_is_told_in_ecss_words_and_so_is_its_end():
    said = [{"message": "(service web) is unable to consistently start tasks successfully."}]
    dead = shadow(4, runningCount=0, events=said)
    cover, news = _looked(dead, remembered(4, raised_at=NOW - 179), NOW)
    assert (cover.idle_at, news) == (0.0, [])
    cover, news = _looked(dead, cover, NOW + 60)
    assert (cover.idle_at, news) == (NOW + 60, [])
    cover, [idle] = _looked(dead, cover, NOW + 180)
    assert idle.kind == "idle"
    assert "4 tasks 0 run" in idle.text
    assert "unable to consistently start" in idle.text
    told = replace(cover, told=(idle.key,))
    cover, news = _looked(dead, told, NOW + 240)
    assert unseen(told.told, news)[0] == ()
    _, [runs] = _looked(shadow(4), cover, NOW + 300)
    assert runs.kind == "runs"
    assert unseen(told.told, [runs])[1] == ()


def test_a_cover_that_finds_no_place_has_a_word_of_its_own():
    no_place = remembered(4, raised_at=NOW - 900, idle_at=NOW - 600, on_demand_short_at=NOW - 60)
    _, news = _looked(shadow(4, runningCount=0), no_place, NOW)
    assert [each.kind for each in news] == ["on-demand-short"]
