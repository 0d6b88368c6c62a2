"""What a person is woken with, as it arrives at the sink: the first three lines have to be enough."""

from __future__ import annotations

from datetime import datetime

import pytest

from sandbox.ecs import App
from tests.integration.conftest import web
from tests.integration.deploy_guard.observed import REPOSITORY, SECRET, Observed, observed

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcDEF123456"


def test_s02_s03_a_missing_image(operate):
    guard = observed(operate)
    guard.push("v6", "v7", "v8")
    guard.release(image=f"{REPOSITORY}:v9", seconds=300)
    title, why, next_ = told(guard)
    assert title == "prod/web: web:2 failed, the image does not exist"
    assert why.startswith("Tag v9 is not in repository app; the newest tags are v8, v7, v6.")
    assert "web:1 still serves with 2 tasks." in next_
    assert "The toolkit would run StopServiceDeployment to go back to web:1" in next_
    assert "aws ecs stop-service-deployment --service-deployment-arn" in mail(guard)
    assert guard.writes() == []
    assert guard.orders() == []


def test_s04_health_checks_that_fail_with_exit_code_143(operate):
    guard = observed(operate, service=web(grace_period="30s"))
    guard.release(app=App.unhealthy(404), seconds=400)
    title, why, next_ = told(guard)
    assert title == "prod/web: web:2 failed, load balancer health checks fail"
    assert why.startswith(
        "Target group web calls the tasks unhealthy: Target.ResponseCodeMismatch [404]. ECS stopped them"
    )
    assert f"ECS stopped them {ran_for(guard)} s after their start; the grace period is 30 s" in why
    assert "correct the health check's path or its expected codes" in next_
    assert "SIGTERM" not in mail(guard)


def ran_for(guard):
    """Seconds from start to stop of the task that was stopped first."""
    tasks = [entry["event"]["detail"] for entry in guard.world.trace.select("event")]
    stopped = [one for one in tasks if "ELB health" in (one.get("stoppedReason") or "")]
    first = min(stopped, key=lambda one: one["stoppingAt"])
    began, ended = (datetime.fromisoformat(first[name]) for name in ("startedAt", "stoppingAt"))
    return round((ended - began).total_seconds())


def test_s05_out_of_memory_with_exit_code_1(operate):
    guard = observed(operate, service=web(memory=1024))
    guard.release(app=App.out_of_memory(), memory="512", seconds=200)
    title, why, next_ = told(guard)
    assert title == "prod/web: web:2 failed, out of memory"
    assert "Container app ran out of memory (exit code 1) after 20 s" in why
    assert "this version changes task memory 1024 -> 512" in why
    assert "Raise the memory of the container and the task" in next_


def test_a_missing_secret(operate):
    guard = observed(operate)
    guard.release(app=App.without_secret(SECRET), seconds=100)
    title, why, next_ = told(guard)
    assert title == "prod/web: web:2 failed, a secret does not exist"
    assert f"A secret does not exist: {SECRET}." in why
    assert "Compare valueFrom in the task definition with what exists" in next_
    assert f"aws secretsmanager describe-secret --secret-id {SECRET}" in mail(guard)


def test_s11_a_first_deployment_says_why_its_tasks_stopped(operate):
    guard = observed(operate, service=web("other"))
    first_deployment(guard, tags=[{"key": "ecs-ops:rollback", "value": "auto"}])
    none = "no rollback candidate: no version has ever proven good"
    assert ["way back", none] in rules_against(guard)
    (noted,) = guard.audit()
    assert (noted.state, noted.executed, noted.why) == ("REFUSED", False, none)
    title, why, next_ = told(guard)
    assert title == "prod/web: first deployment failed (web:1), the image does not exist"
    assert why.startswith("Tag v1 is not in repository app")
    assert (
        "Nothing serves: it is the first version, so there is none to go back to; 0 of 2" in next_
    )
    assert guard.alerts()[0]["severity"] == "critical"
    assert guard.orders() == []
    assert guard.writes() == []


def rules_against(guard):
    """The rows of the first alert's table of what stands against a rollback."""
    tables = [one for one in guard.alerts()[0]["evidence"] if one["title"] == "Against a rollback"]
    return [row for table in tables for row in table["rows"]]


def test_s11_a_first_deployment_that_ecs_gives_up_keeps_its_cause_beside_ecss_own_words(operate):
    guard = observed(operate, service=web("other"))
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    first_deployment(guard, seconds=1500, deploymentConfiguration=breaker)
    first, last = guard.alerts()
    assert first["stage"] == "failed"
    assert (last["stage"], last["severity"]) == ("rollback-failed", "critical")
    assert last["title"] == "prod/web: first deployment failed (web:1), the image does not exist"
    assert 'ECS says "No rollback candidate was found to run the rollback".' in last["summary"]
    assert "app:v1 could not be pulled: the image does not exist." in last["summary"]
    # The stopped reason of the task, not of the service deployment.
    assert "CannotPullContainerError" in str(last["evidence"])
    assert guard.orders() == []
    assert guard.writes() == []


SECRETS = ("hunter2", "AKIAIOSFODNN7EXAMPLE", JWT, "s3cr3t-value")
QUOTED = ("password=hunter2", "key AKIAIOSFODNN7EXAMPLE", f"jwt {JWT}")


def with_secrets_in_its_log():
    return App.crash(*QUOTED, "KeyError: 'DATABASE_URL'", after_s=3)


def with_secrets_in_its_reason():
    why = 'exec: "serve": executable file not found in $PATH'
    return App(start_failure=f"CannotStartContainerError: {' '.join(QUOTED)}: {why}")


@pytest.mark.parametrize(
    ("app", "readable"),
    [
        (with_secrets_in_its_log, "KeyError: 'DATABASE_URL'"),
        (with_secrets_in_its_reason, "executable file not found"),
    ],
)
def test_s20_no_secret_arrives_anywhere(operate, app, readable):
    """Whatever leaves a function: calls, their parameters, log lines, mails; with the executor at work."""
    guard = Observed(operate())
    guard.tag(rollback="auto")
    environment = [{"name": "DB_PASSWORD", "value": "s3cr3t-value"}]
    guard.release(app=app(), environment=environment, seconds=600)
    assert "DB_PASSWORD" in mail(guard)
    assert readable in mail(guard)
    (order,) = guard.orders()
    assert order.kind == "act"
    assert [row.state for row in guard.audit()] == ["REQUESTED", "ATTEMPT"]
    calls = [call for call in guard.world.calls() if call["function"]]
    # What each half writes, and the order that goes between them.
    assert {"UpdateItem", "PutItem", "SendMessageBatch", "PutEvents", "TransactWriteItems"} <= {
        call["operation"] for call in calls
    }
    logged = [entry.fields for entry in guard.world.trace.select("log")]
    for secret in SECRETS:
        told = [call["operation"] for call in calls if secret in str(call["parameters"])]
        assert told == []
        assert secret not in str(guard.mails())
        assert secret not in str(logged)


def test_a_name_that_came_stays_readable(operate):
    guard = observed(operate)
    environment = [{"name": "DB_PASSWORD", "value": "s3cr3t-value"}]
    guard.release(app=App.crash(after_s=3), environment=environment, seconds=200)
    (diff,) = [one for one in guard.alerts()[0]["evidence"] if one["kind"] == "diff"]
    assert ["app environment DB_PASSWORD", "none", "added"] in diff["changes"]


def first_deployment(guard, seconds=300, **fields):
    """A service whose first version has never run."""
    container = {"name": "app", "image": f"{REPOSITORY}:v1"}
    guard.ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )
    guard.push("v0")
    guard.ecs.create_service(
        cluster="prod",
        serviceName="web",
        desiredCount=2,
        taskDefinition="web",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-0a0a0a0a0a0a0a0a0"]}},
        **fields,
    )
    guard.account.run_for(seconds)


def told(guard):
    """Title, why, and what to do: of the first mail."""
    message = mail(guard)
    subject = guard.mails()[0]["Subject"]
    title = subject.partition("] ")[2]
    found = message.split("\n")
    alert = guard.alerts()[0]
    assert alert["title"] == title
    why, next_ = alert["summary"].split("\n")
    # They come first, before any evidence.
    assert found.index(why) < 4
    assert found.index(next_) < 5
    return title, why, next_


def mail(guard):
    return guard.mails()[0]["Message"]
