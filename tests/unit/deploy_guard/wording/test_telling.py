"""What people are told of a deployment, word by word."""

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_guard import story as story_module
from deploy_guard.catalogue import CATALOGUE
from deploy_guard.causes import Diagnosis, diagnose
from deploy_guard.difference import Change
from deploy_guard.evidence.found import Evidence
from deploy_guard.evidence.log_lines import LogLines
from deploy_guard.model import Freeze, Outcome
from deploy_guard.owner_settings import OwnerSettings
from deploy_guard.telling import tell
from deploy_guard.verdict import Verdict
from ecsops.alerts import Alert
from tests.unit.deploy_guard.builders import SECRET, never_started
from tests.unit.deploy_guard.situations import SERVICE, reality, row, version
from tests.unit.deploy_guard.wording.rendering import rendered
from tests.unit.deploy_guard.wording.stories import LOG, NOW, STORIES, TASKS, of

EXPECTED = Path(__file__).with_name("told.txt")
ALERTS = {name: tell(story) for name, story in STORIES.items()}
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject has at most 100 characters,
# and ours begins with the severity.
LONGEST_TITLE = 99 - len("[warning] ")


def told(name):
    """The first three lines: the title, why, and what holds now."""
    alert = ALERTS[name]
    return [alert.title, *alert.summary.split("\n")]


def test_every_text_is_the_expected_one():
    expected = EXPECTED.read_text().split("\n=== ")
    for text, (name, alert) in zip(expected, ALERTS.items(), strict=True):
        assert f"=== {text.removeprefix('=== ').rstrip()}\n" == rendered(name, alert)


@pytest.mark.parametrize("name", STORIES)
def test_three_lines_say_it_all(name):
    title, *summary = told(name)
    assert len(title) <= LONGEST_TITLE
    assert len(summary) <= 2
    assert all(0 < len(line) <= 520 for line in summary)
    assert all(line[-1] in ".?" for line in summary)
    assert not re.search(r"None|\.\.(?!\.)|  ", "\n".join([title, *summary]))


@pytest.mark.parametrize("name", STORIES)
def test_whoever_has_to_act_is_told_what_to_do(name):
    alert = ALERTS[name]
    if alert.severity != "info":
        assert "Next: " in alert.summary
    assert alert.next_steps[-1].link.startswith("https://eu-west-1.console.aws.amazon.com/ecs/v2/")


def test_every_stage_of_a_story_has_its_words():
    documented = set(re.findall(r"``([a-z]+(?:-[a-z<>]+)*)``", story_module.Story.__doc__))
    documented -= {"stage", "at", "bad"}
    stages = {re.sub(r"^(hook|unknown)-.*", r"\1-", story.stage) for story in STORIES.values()}
    known = {name.partition("<")[0] for name in documented}
    assert stages == known


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.id)
def test_every_cause_can_be_told_with_next_to_nothing_known(cause):
    for diagnosis in (
        Diagnosis(cause.id),
        Diagnosis(cause.id, 2, 3, 2, "web", 1, "thing", "text", "arn", 3.0, None, "OOM", 1),
    ):
        alert = tell(msgspec.structs.replace(STORIES["crash at start"], diagnosis=diagnosis))
        assert cause.says in alert.title
        assert "None" not in alert.summary


def test_s01_a_rollback_is_told_as_no_success():
    alert = ALERTS["rolled back"]
    assert alert.title.startswith("prod/web: rolled back, serving web:42")
    assert (alert.severity, alert.state) == ("warning", "update")


def test_s01_all_stages_are_one_thread():
    stages = ("missing image, the toolkit rolls back", "native breaker rolls back", "rolled back")
    assert {ALERTS[name].incident for name in stages} == {f"deploy_guard:{SERVICE}:43"}
    assert len({ALERTS[name].stage for name in stages}) == 3


def test_s02_the_image_its_tag_and_the_last_three():
    line = told("missing image, the toolkit rolls back")[1]
    assert line.startswith("Tag v9 is not in repository web; the newest tags are v8, v7, v6.")


@pytest.mark.parametrize("name", ["missing image, mode notify", "missing image, dry run"])
def test_s03_the_call_that_would_be_made_is_told(name):
    assert "would run StopServiceDeployment" in told(name)[2]
    block = next(one for one in ALERTS[name].evidence if one.title == "Would run")
    assert block.lines[0].endswith("stopType=ROLLBACK")


def test_s04_the_health_check_not_the_signal():
    alert = ALERTS["load balancer health checks with exit code 143"]
    line = told("load balancer health checks with exit code 143")[1]
    assert "Target.ResponseCodeMismatch [404]" in line
    assert "97 s after their start; the grace period is 60 s" in line
    assert "143" not in alert.title + alert.summary


def test_s05_the_memory_that_changed():
    line = told("out of memory with exit code 1")[1]
    assert "ran out of memory (exit code 1)" in line
    assert "task memory 1024 -> 512" in line


def test_s11_the_first_cause_and_ecss_own_words():
    name = "first deployment, ECS found nothing to go back to"
    assert SECRET in told(name)[1]
    assert "No rollback candidate was found" in told(name)[2]
    assert ALERTS[name].severity == "critical"


def test_s15_the_hook_can_be_answered_both_ways_and_never_by_default():
    commands = [step.command for step in ALERTS["hook waits"].next_steps if step.command]
    assert [command.split("--action ")[1].split()[0] for command in commands] == [
        "CONTINUE",
        "ROLLBACK",
    ]
    assert "until 02:15 UTC" in ALERTS["hook waits"].title


def test_s18_what_stands_in_the_way_and_who_put_it_there():
    assert "frozen by ops@example.com (migration)" in told("frozen")[2]


def test_s19_failures_and_threshold_are_those_that_ecs_reports():
    assert "2 failures, the threshold is 5" in told("native breaker, the toolkit waits")[2]
    assert "5 failures, the threshold is 5" in told("native breaker rolls back")[2]


def test_s21_what_could_not_be_found_out_is_said():
    block = ALERTS["no source of evidence answers"].evidence[-1]
    assert block.lines[0] == ("log lines unavailable: AccessDeniedException on logs:GetLogEvents")


def test_two_images_of_one_task_definition_are_told_apart():
    title, _, now = told("mutable tag without opt-in")
    assert "web:43 (sha256:0c0c0c0c)" in title
    assert "web:43 (sha256:1d1d1d1d)" in now


def test_lack_of_room_offers_no_rollback():
    assert not any("Roll back" in step.text for step in ALERTS["capacity"].next_steps)


def test_it_is_critical_when_nothing_serves():
    story = STORIES["crash at start"]
    down = msgspec.structs.replace(story, reality=reality(running=0))
    assert (tell(story).severity, tell(down).severity) == ("warning", "critical")


def test_the_services_tag_routes_the_alert():
    story = STORIES["crash at start"]
    tagged = msgspec.structs.replace(story, reality=reality(tags={"ecs-ops:alerts": "payments"}))
    assert tell(tagged).route == "payments"


def test_codedeploy_is_stopped_with_its_own_command():
    mine = row(controller="CODE_DEPLOY")
    mine = msgspec.structs.replace(mine, id="d-ABC123")
    from deploy_guard.actions import StopCodeDeploy

    story = STORIES["missing image, mode notify"]
    decision = msgspec.structs.replace(story.decision, action=StopCodeDeploy("d-ABC123"))
    alert = tell(msgspec.structs.replace(story, row=mine, decision=decision))
    assert any(
        step.command == "aws deploy stop-deployment --deployment-id d-ABC123 "
        "--auto-rollback-enabled --region eu-west-1"
        for step in alert.next_steps
    )
    assert alert.resources == (SERVICE,)


def test_what_takes_more_than_a_command_is_described():
    from deploy_guard.actions import RegisterCopy
    from deploy_guard.model import Image

    copy = RegisterCopy("prod", "web", version(42).task_definition, (Image("app", "x@sha256:0c"),))
    story = STORIES["missing image, mode notify"]
    decision = msgspec.structs.replace(story.decision, action=copy)
    alert = tell(msgspec.structs.replace(story, decision=decision))
    by_hand = next(step for step in alert.next_steps if "by hand" in step.text)
    assert by_hand.command is None
    assert "RegisterTaskDefinition" in by_hand.text


secrets = st.from_regex(r"hunter[a-z0-9]{8,20}", fullmatch=True)


@given(secrets, st.sampled_from(list(STORIES)))
def test_s20_no_secret_is_told(secret, name):
    leak = f"connect failed: password={secret}"
    story = msgspec.structs.replace(
        STORIES[name],
        diagnosis=diagnose([never_started(leak)]),
        verdict=Verdict(Outcome.FAILED, NOW, version(43), version(42), says=leak),
        evidence=Evidence(logs=LogLines(LOG, "web", ("password=[redacted]",))),
        changes=(Change("web environment DB_PASSWORD", "...", "changed"),),
        decision=of(
            "failed",
            tasks=TASKS["crash"],
            settings=OwnerSettings(mode="auto", freeze=Freeze(SERVICE, "ops", leak)),
        ).decision,
    )
    alert = tell(story)
    document = json.dumps(msgspec.to_builtins(alert))
    assert isinstance(alert, Alert)
    assert secret not in document
