"""What the owner of a service says with tags."""

import pytest

from deploy_guard.owner_settings import OwnerSettings, read
from tests.unit.deploy_guard.situations import SERVICE


def settings(of_definition=None, default="notify", **of_service):
    tags = {f"ecs-ops:{name.replace('_', '-')}": value for name, value in of_service.items()}
    return read(SERVICE, tags, of_definition or {}, default)


def test_without_tags_the_guard_tells_and_does_nothing():
    assert settings() == OwnerSettings()


def test_the_stack_may_set_another_mode_and_the_tag_outranks_it():
    assert settings(default="off").mode == "off"
    assert settings(default="dry-run", rollback="auto").mode == "auto"
    assert settings(default="dry-run", rollback="notify").mode == "notify"


@pytest.mark.parametrize("tag", ["auto", "dry-run"])
def test_off_stops_everything_whatever_the_tags_say(tag):
    stopped = settings(default="off", rollback=tag)
    assert stopped.mode == "notify"
    assert stopped.problems == ("the stack's DeployGuardMode is off: nothing is rolled back",)


def test_auto_is_what_iam_takes_for_auto():
    assert settings(rollback="Auto").mode == "auto"
    spaced = settings(rollback=" auto")
    assert spaced.mode == "notify"
    assert "spaces around auto" in spaced.problems[0]


def test_nonsense_falls_back_and_is_reported():
    read_anyway = settings(rollback="yes please", bake="long", irreversible="maybe")
    assert read_anyway.mode == "notify"
    assert read_anyway.bake_s == 900
    assert read_anyway.irreversible == "the service"
    assert len(read_anyway.problems) == 3


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("High CPU + 5xx of web", ("High CPU", "5xx of web")),
        # One name alone: the plus may stand on either side of it.
        ("High CPU +", ("High CPU",)),
        ("+ High  CPU", ("High CPU",)),
        ("a + + a", ("a",)),
        ("a+b C++", ("a+b", "C++")),
        ("+", ()),
    ],
)
def test_bake_alarms_whose_names_have_spaces_have_a_plus_between_them(value, names):
    assert settings(bake_alarms=value).bake_alarms == names


def test_bake_alarms_are_names_separated_by_spaces():
    assert settings(bake_alarms="errors  latency/p99").bake_alarms == ("errors", "latency/p99")
    assert settings(bake_alarms="errors latency errors").bake_alarms == ("errors", "latency")
    assert settings(bake_alarms="").bake_alarms == ()
    assert settings().bake_alarms is None


@pytest.mark.parametrize(
    ("service", "definition", "where"),
    [("on", "off", "the service"), ("off", "on", "the task definition"), ("off", "off", None)],
)
def test_s18_irreversible_may_stand_on_the_service_or_the_task_definition(
    service, definition, where
):
    found = settings({"ecs-ops:irreversible": definition}, irreversible=service)
    assert found.irreversible == where


def test_s18_a_freeze_says_where_it_comes_from_and_when_it_ends():
    frozen = settings(freeze="2026-01-31T18:00:00Z").freeze
    assert frozen.until == 1769882400
    assert "ecs-ops:freeze" in frozen.by
    assert settings(freeze="on").freeze.holds(9e12)
    assert settings(freeze="off").freeze is None
