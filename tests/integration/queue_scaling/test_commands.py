"""``ecs-ops scaling`` as people type it, in an account that it takes for the user's own."""

from __future__ import annotations

import json
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.cli import main, scaling
from sandbox.cli.exit_code import ExitCode
from tests.integration.conftest import TEMPLATE as SHIPPED
from tests.integration.queue_scaling.test_bad_input import BAD, make_bad_sources

GOOD = ["--tag", "queue=orders", "--tag", "latency-slo=60s"]


@pytest.fixture
def own(shop, monkeypatch):
    """The account, with a queue, as the commands see it, at its time."""
    monkeypatch.setattr(boto3, "client", shop.account.client)
    monkeypatch.setattr(scaling, "time", SimpleNamespace(time=shop.account.clock.now))
    shop.url = shop.queue(visibility_s=30)
    return shop


def test_explain_prints_inputs_formula_and_the_last_change(own, capsys):
    own.service(scaling="direct", seen=False)
    own.send(own.url, 60)
    own.minutes(3)
    assert main(["scaling", "explain", "prod/worker"]) == ExitCode.DONE
    told = capsys.readouterr().out
    assert "orders: 60 waiting, 0 in flight" in told
    assert "orders: drain 60 x 10 s / (60 s SLO x 0.5) -> 20.00 slots" in told
    assert "last change, 2026-01-05 09:01" in told
    assert "1 -> 20, 20 required" in told
    assert main(["scaling", "explain", "worker", "--cluster", "prod", "--json"]) == ExitCode.DONE
    document = json.loads(capsys.readouterr().out)
    assert (document["required"], document["desired"]) == (20, 20)


def test_explain_says_what_to_do_about_a_service_that_is_not_known(own, capsys):
    assert main(["scaling", "explain", "nobody"]) == ExitCode.FAILED
    assert "does the service have the tag ecs-ops:queue?" in capsys.readouterr().err


@pytest.mark.parametrize(("tags", "tag", "value"), BAD.values(), ids=BAD)
def test_check_finds_before_a_deployment_what_the_function_would_tell(
    own, monkeypatch, capsys, tags, tag, value
):
    make_bad_sources(own)
    monkeypatch.setattr(boto3, "client", own.client_of_function)
    given = {"queue": "orders", "latency-slo": "60s"} | {
        name.replace("_", "-"): text for name, text in tags.items()
    }
    options = [part for name, text in given.items() for part in ("--tag", f"{name}={text}")]
    assert main(["scaling", "check", *options]) == ExitCode.FAILED
    assert f"problem: tag {tag}={value!r}: " in capsys.readouterr().out


def test_check_of_fine_tags_says_what_they_mean(own, capsys):
    assert main(["scaling", "check", *GOOD]) == ExitCode.DONE
    assert "orders within 60 s; mode metric, every 60 s, 0 to any number of tasks" in (
        capsys.readouterr().out
    )


def test_check_gives_advice_that_needs_the_queue(own, capsys):
    assert main(["scaling", "check", *GOOD, "--tag", "processing-time=90s"]) == ExitCode.DONE
    told = capsys.readouterr().out
    assert "the visibility timeout of 30 s is shorter than a message takes (90 s)" in told
    assert "one message takes 90 s, the SLO is 60 s" in told


@pytest.mark.parametrize("wrong", ["ecs-ops:max-task", "ecs-ops:max_tasks", "max-taks"])
def test_check_sees_a_tag_whose_name_is_misspelt(capsys, wrong):
    """The function cannot tell it from a tag of another tool, and ignores it."""
    assert main(["scaling", "check", "--offline", *GOOD, "--tag", f"{wrong}=5"]) == ExitCode.DONE
    assert "do you mean ecs-ops:max-tasks?" in capsys.readouterr().out


def test_check_takes_a_queues_url_for_where_the_service_will_be(capsys):
    url = "https://sqs.eu-north-1.amazonaws.com/210987654321/orders"
    tags = ["--tag", f"queue={url}", "--tag", "latency-slo=60s"]
    assert main(["scaling", "check", "--offline", *tags]) == ExitCode.DONE
    assert "orders within 60 s" in capsys.readouterr().out


def test_check_says_what_it_may_not_look_at(own, monkeypatch, capsys):
    def denied(**_):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Call")

    client = own.account.client
    for service, operation in (
        ("application-autoscaling", "describe_scaling_policies"),
        ("resourcegroupstaggingapi", "get_resources"),
    ):
        fake = SimpleNamespace(
            get_paginator=lambda name, operation=operation: SimpleNamespace(
                paginate=denied if name == operation else None
            )
        )
        monkeypatch.setattr(
            boto3,
            "client",
            lambda name, service=service, fake=fake: fake if name == service else client(name),
        )
        planned = [*GOOD, "--tag", "scaling=direct", "--tag", "max-tasks=9"]
        options = planned if service == "application-autoscaling" else []
        assert main(["scaling", "check", *options]) == ExitCode.FAILED
        told = capsys.readouterr()
        assert "AccessDeniedException" in told.out + told.err


def test_check_of_what_is_deployed_finds_it_by_tag_and_sees_policies_of_others(own, capsys):
    own.service("good", seen=False)
    own.service("bad", latency_slo="soon", seen=False)
    autoscaling = own.account.client("application-autoscaling")
    named = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/prod/good",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    autoscaling.register_scalable_target(**named, MinCapacity=1, MaxCapacity=4)
    autoscaling.put_scaling_policy(
        **named,
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={"AdjustmentType": "ChangeInCapacity"},
    )
    assert main(["scaling", "check"]) == ExitCode.FAILED
    told = capsys.readouterr().out
    assert "prod/bad: cannot be scaled" in told
    assert "prod/good: orders within 60 s" in told
    assert main(["scaling", "check", "prod/good", "--tag", "scaling=managed"]) == ExitCode.FAILED
    assert "has scaling policies of its own (steps)" in capsys.readouterr().out


def test_check_of_a_service_that_is_not_there(own, capsys):
    own.service("somebody", seen=False)
    assert main(["scaling", "check", "prod/nobody"]) == ExitCode.FAILED
    assert "prod/nobody: no such service" in capsys.readouterr().err


@pytest.mark.parametrize(("protected", "code"), [(2, ExitCode.DONE), (3, ExitCode.FAILED)])
def test_the_sweep_finds_tasks_that_protect_themselves_and_do_nothing(own, capsys, protected, code):
    own.service("other", seen=False)
    own.service("worker", count=4, task_protection="on")
    own.send(own.url, 2)
    own.take(own.url, 2)
    own.protect(protected, minutes=15)
    assert main(["scaling", "protection"]) == code
    told = capsys.readouterr().out
    assert f"prod/worker: {protected} protected tasks, 2 messages in flight" in told
    assert "other" not in told
    assert ("3 tasks are protected, 2 messages are in flight" in told) is (protected == 3)


def test_the_sweep_finds_what_is_protected_for_longer_than_a_message_takes(own, capsys):
    own.service("worker", count=4, task_protection="on")
    own.send(own.url, 2)
    own.take(own.url, 2)
    (task,) = own.protect(1, minutes=180)
    assert main(["scaling", "protection", "prod/worker"]) == ExitCode.FAILED
    assert f"{task}, 10800 s more: protected for longer" in capsys.readouterr().out
    assert main(["scaling", "protection", "prod/worker", "--longest", "4h"]) == ExitCode.DONE


TEMPLATE = """
Resources:
  Worker:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: worker
      TaskDefinition: worker:1
      Tags:
        - { Key: "ecs-ops:queue", Value: orders }
        - { Key: "ecs-ops:latency-slo", Value: soon }
"""


def test_check_reads_templates_without_an_account(capsys, tmp_path, monkeypatch):
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    assert main(["scaling", "check", "--offline", "--file", str(file)]) == ExitCode.FAILED
    told = capsys.readouterr().out
    assert "default/worker: cannot be scaled" in told
    assert "tag ecs-ops:latency-slo='soon'" in told


EXAMPLE = str(SHIPPED.parent / "examples" / "workload" / "template.yaml")


def test_check_asks_for_what_a_template_leaves_open(capsys, tmp_path):
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE.replace("Value: orders", "Value: !GetAtt Orders.Nobody"))
    offline = ["scaling", "check", "--offline", "--file", str(file), "--tag", "latency-slo=60s"]
    assert main(offline) == ExitCode.FAILED
    assert "worker: tag ecs-ops:queue: " in capsys.readouterr().err
    assert main([*offline, "--tag", "queue=orders"]) == ExitCode.DONE
    assert "default/worker: orders within 60 s" in capsys.readouterr().out


def test_a_queue_that_comes_with_the_template_cannot_be_looked_at_yet(own, capsys):
    assert main(["scaling", "check", "--file", EXAMPLE]) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "orders-worker: Orders comes with the template" in told
    assert main(["scaling", "check", "--file", EXAMPLE, "--offline"]) == ExitCode.DONE
    assert main(["scaling", "check", "--file", EXAMPLE, "--tag", "queue=orders"]) == ExitCode.DONE
    assert "default/orders-worker: orders within 60 s; mode metric" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--offline"], "give some with --file or --tag"),
        (["--offline", "--tag", "queue"], "expected KEY=VALUE"),
        (["--offline", "prod/worker", *GOOD], "leave SERVICE out"),
        (["prod/worker", "--file", str(SHIPPED)], "leave SERVICE out"),
        (["--offline", "--file", "/no/such.yaml"], "cannot be read"),
        (["--file", str(SHIPPED)], "template.yaml has the tag ecs-ops:queue"),
        (["arn:aws:ecs:eu-west-1:123456789012:service/short"], "with its cluster in it"),
    ],
)
def test_what_is_typed_wrongly_is_answered_with_what_to_type(own, capsys, options, says):
    assert main(["scaling", "check", *options]) == ExitCode.FAILED
    assert says in capsys.readouterr().err
