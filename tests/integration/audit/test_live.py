"""The audit of an account through the shipped template: schedule, changes, reports, rights."""

from __future__ import annotations

import json

import pytest

from audit.memory import Memory
from sandbox.cli import main
from sandbox.cli.exit_code import ExitCode
from sandbox.faults import CallFault
from sandbox.world import check_world
from tests.integration.conftest import web


@pytest.fixture
def operate(operate):
    """The account of every other test, with the audit on."""

    def build(*services, parameters=None, audit="on", **options):
        return operate(*services, parameters={"AuditMode": audit} | (parameters or {}), **options)

    return build


SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


def sweep(world):
    """Run the daily audit now; what the alerts then told people."""
    body = json.dumps(SCHEDULED)
    world.account.client("sqs").send_message(
        QueueUrl=world.stack.queue_url("AuditQueue"), MessageBody=body
    )
    world.account.run_for(120)


def forget(world):
    """What the audits of the world's own creation found: it came with CloudTrail's events."""
    s3, bucket = world.account.client("s3"), world.stack.ref("AuditBucket")
    s3.delete_object(Bucket=bucket, Key="memory/findings.json.z")


def digests(world):
    return [
        json.loads(entry["Detail"])
        for call in world.calls("PutEvents", outcome="ok")
        for entry in call["parameters"]["Entries"]
        if json.loads(entry["Detail"]).get("capability") == "audit"
    ]


def objects(world):
    s3, bucket = world.account.client("s3"), world.stack.ref("AuditBucket")
    return {
        each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
        for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    }


@pytest.fixture
def swept(operate):
    """A service that has been audited once."""
    world = operate([web(target_groups=[{"name": "web", "deregistration_delay": "300s"}])])
    forget(world)
    sweep(world)
    return world


def test_the_daily_audit_leaves_a_report_and_tells_once(swept):
    kept = objects(swept)
    (page,) = [key for key in kept if key.endswith("audit.html")]
    checks = json.loads(kept[page.replace(".html", ".json")])["checks"]
    assert b"<h2>Service web</h2>" in kept[page]
    assert ("X-01", "FAIL") in {(each["rule"], each["outcome"]) for each in checks}
    (told,) = digests(swept)
    assert told["title"].startswith("Audit: ")
    assert len(swept.mails()) == 1

    sweep(swept)

    assert len(digests(swept)) == 1, "nothing is new on the second day"


def test_the_schedule_of_the_template_starts_it(operate):
    world = operate(parameters={"AuditSchedule": "rate(1 day)"})
    world.account.run_for(86_400)
    assert any(key.endswith("audit.html") for key in objects(world))


def test_a_change_tells_only_what_it_introduced(swept):
    ecs = swept.account.client("ecs")
    ecs.update_service(cluster="prod", service="web", desiredCount=3)
    swept.account.run_for(180)
    assert len(digests(swept)) == 1, "what is wrong with the service was wrong before"

    container = {"name": "app", "image": "app:1", "stopTimeout": 60}
    ecs.register_task_definition(
        family="web-next",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    swept.account.run_for(180)

    _, told = digests(swept)
    assert told["title"].startswith("Audit of a change: ")
    rows = told["evidence"][0]["rows"]
    assert {row[2] for row in rows} == {"web-next:1"}
    assert "LOG-01" in {row[1] for row in rows}


def test_a_denied_read_is_unknown_and_no_finding(operate):
    world = operate(
        [web(target_groups=[{"name": "web", "deregistration_delay": "300s"}])],
        faults=[
            CallFault("error", operation="DescribeTargetGroups", code="AccessDenied", status=403)
        ],
    )
    forget(world)
    sweep(world)
    (document,) = [json.loads(v) for k, v in objects(world).items() if k.endswith(".json")]
    (check,) = [each for each in document["checks"] if each["rule"] == "X-01"]
    assert check["outcome"] == "UNKNOWN"
    assert "elasticloadbalancing:DescribeTargetGroups was denied" in check["message"]
    assert document["notes"] == ["not read: elasticloadbalancing:DescribeTargetGroups was denied"]


def test_a_queue_that_hides_messages_too_short_is_found(operate):
    tags = {"ecs-ops:queue": "orders@60s gone", "ecs-ops:processing-time": "45s"}
    world = operate([web(tags=tags)])
    world.account.client("sqs").create_queue(
        QueueName="orders", Attributes={"VisibilityTimeout": "30"}
    )
    sweep(world)
    (document,) = [json.loads(v) for k, v in objects(world).items() if k.endswith(".json")]
    checks = [each for each in document["checks"] if each["rule"] == "SCL-13"]
    assert [(each["outcome"], each["message"]) for each in checks] == [
        (
            "FAIL",
            "orders hides a message for 30 s, but web takes 45 s for one: others work on it, too",
        ),
        ("UNKNOWN", "queue gone does not exist"),
    ]


def test_the_function_only_reads_and_writes_nothing_but_its_report(swept):
    calls = [call for call in swept.calls() if call["function"] == swept.stack.ref("AuditFunction")]
    assert {call["outcome"] for call in calls} == {"ok"} or {
        (call["operation"], call["error"]) for call in calls if call["outcome"] != "ok"
    } <= {("ListAttachedRolePolicies", "NoSuchEntity")}
    reads = ("Describe", "List", "Get")
    writes = {call["operation"] for call in calls if not call["operation"].startswith(reads)}
    assert writes == {"PutObject", "PutEvents"}


def test_a_new_service_is_told_by_its_creation(operate):
    world = operate(world=False)
    web_world = {"clusters": [{"name": "prod", "services": [web()]}]}
    check_world(web_world, "test").build(world.account)
    world.account.run_for(180)

    told = digests(world)
    assert told
    assert all(each["title"].startswith("Audit of a change: ") for each in told)


def test_switched_off_nothing_starts_it(operate):
    world = operate(parameters={"AuditSchedule": "rate(1 day)"}, audit="off")
    world.account.run_for(86_400)
    assert objects(world) == {}


def test_what_is_not_understood_ends_in_the_dead_letter_queue(operate):
    world = operate()
    world.account.client("sqs").send_message(
        QueueUrl=world.stack.queue_url("AuditQueue"), MessageBody='{"detail-type": "Who knows"}'
    )
    world.account.run_for(4000)
    assert len(world.dead_letters("AuditDeadLetterQueue")) == 1


def test_two_audits_at_once_forget_nothing(operate):
    """The memory is written on the condition that nobody else has written it in between."""
    from audit.archive import Archive
    from audit.memory import after_change
    from tests.unit.audit.test_memory import finding, report

    world = operate()
    forget(world)
    archive = Archive(world.account.client("s3"), world.stack.ref("AuditBucket"))
    other = Archive(world.account.client("s3"), world.stack.ref("AuditBucket"))
    tries = []

    def slow(memory: Memory) -> Memory:
        if not tries:
            other.remember(lambda now: after_change(now, report(finding("X-04"))))
        tries.append(memory)
        return after_change(memory, report(finding("X-01")))

    archive.remember(slow)

    (known,) = archive.memory().known.values()
    assert [mark.partition(":")[0] for mark in known] == ["X-01", "X-04"]
    assert len(tries) == 2


def _signed_in(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def test_the_command_audits_the_account_with_the_users_own_credentials(
    operate, capsys, tmp_path, monkeypatch
):
    operate([web(), web("api")])
    _signed_in(monkeypatch)
    file = tmp_path / "audit.json"

    code = main(["audit", "--service", "w*", "--rule", "DEP-*", "--report", f"json={file}"])

    assert code == ExitCode.FAILED
    assert "HIGH DEP-01" in capsys.readouterr().out
    assert {each["resource"] for each in json.loads(file.read_text())["checks"]} == {"web"}


def test_a_service_that_is_not_there_is_said(operate, capsys, monkeypatch):
    operate()
    _signed_in(monkeypatch)
    assert main(["audit", "--service", "nothing"]) == ExitCode.FAILED
    assert "no service matches" in capsys.readouterr().err
