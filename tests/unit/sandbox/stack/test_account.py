import time
from pathlib import Path

import boto3
import pytest

from sandbox.account import Account
from sandbox.stack.translate import parameters_of, translate

ROOT = Path(__file__).resolve().parents[4]


def test_inside_the_account_time_stands_still_until_it_is_told_to_move():
    with Account() as account:
        assert time.time() == 1_767_603_600.0
        account.run_for(60)
        assert time.time() == 1_767_603_660.0
    assert time.time() > 1_767_603_660.0


def test_two_accounts_after_each_other_share_nothing():
    with Account() as account:
        account.client("sqs").create_queue(QueueName="left-over")
    with Account() as account:
        assert "QueueUrls" not in account.client("sqs").list_queues()


def test_any_client_of_the_process_talks_to_the_account():
    with Account() as account:
        url = account.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        own = boto3.client(
            "sqs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
        )
        assert own.list_queues()["QueueUrls"] == [url]


def test_what_ecs_emits_arrives_on_the_default_bus():
    with Account() as account:
        account.client("ecs").create_cluster(clusterName="prod", capacityProviders=["FARGATE"])
        account.client("ecs").register_task_definition(
            family="web",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "web", "image": "web:1"}],
        )
        network = {"awsvpcConfiguration": {"subnets": ["subnet-0a0a0a0a0a0a0a0a0"]}}
        account.client("ecs").run_task(
            cluster="prod", taskDefinition="web", launchType="FARGATE", networkConfiguration=network
        )
        account.run_for(120)
        events = [entry["event"] for entry in account.trace.select("event")]
        assert {event["source"] for event in events} == {"aws.ecs"}
        assert "RUNNING" in [event["detail"].get("lastStatus") for event in events]


def test_the_shipped_template_deploys_and_its_functions_start():
    with Account() as account:
        stack = account.deploy(ROOT / "template.yaml")
        for logical_id in stack.of_type("AWS::Lambda::Function"):
            invocation = account.invoke(logical_id, {"Records": []})
            assert invocation.ok, invocation.error


def test_a_second_account_with_the_same_template_does_not_translate_it_again(monkeypatch):
    def run():
        with Account() as account:
            account.deploy(ROOT / "template.yaml")
            account.put_event({"source": "aws.ecs", "detail-type": "x", "detail": {}})
            account.settle()

    def refuse(*_):
        raise AssertionError("translated, or parsed, once more")

    run()
    monkeypatch.setattr("sandbox.stack.translate._translated", refuse)
    monkeypatch.setattr("sandbox.stack.translate._parsed", refuse)
    run()


def test_the_translation_is_kept_until_the_template_changes(tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text("Parameters: {A: {Type: String}}\nResources: {Q: {Type: 'AWS::SQS::Queue'}}\n")
    cache = tmp_path / "cache"
    first = translate(path, {"A": "1"}, "eu-west-1", cache)
    assert translate(path, {"A": "1"}, "eu-west-1", cache) == first
    assert parameters_of(path, cache) == {"A": {"Type": "String"}}
    assert len(list(cache.iterdir())) == 2
    path.write_text(path.read_text().replace("Q:", "R:"))
    assert list(translate(path, {"A": "1"}, "eu-west-1", cache)["Resources"]) == ["R"]


def test_an_account_that_fails_to_open_gives_the_process_its_time_back(monkeypatch):
    monkeypatch.setattr("sandbox.account.Queues", None)
    with pytest.raises(TypeError), Account():
        pass
    assert time.time() > 1_767_603_600.0 + 86_400
