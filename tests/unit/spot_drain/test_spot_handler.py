"""The door reads its environment and makes its clients when it is imported."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecsops import clients
from ecsops.errors import InvalidSetting
from tests.unit.spot_drain.builders import NOW, QUEUE, REGION, event, service
from tests.unit.spot_drain.fakes import FakeBus, FakeGateway, FakeSqs, FakeTallies

CONTEXT = SimpleNamespace(
    function_name="spot-drain",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:spot-drain",
    aws_request_id="11112222-3333-4444-8555-666677778888",
)


@pytest.fixture
def load(monkeypatch):
    """Import the handler afresh, with stand-ins for the clients and this environment."""
    meta = SimpleNamespace(region_name=REGION)
    monkeypatch.setattr(clients, "client", lambda name: SimpleNamespace(name=name, meta=meta))

    def fresh(**environment: str):
        for name in ("QUEUE_URL", "TABLE_NAME", "SPOT_DRAIN_MODE", "SPOT_REBALANCE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "spot_drain.handler", raising=False)
        return importlib.import_module("spot_drain.handler")

    yield fresh
    sys.modules.pop("spot_drain.handler", None)


ENVIRONMENT = {
    "QUEUE_URL": QUEUE,
    "TABLE_NAME": "ops",
    "SPOT_DRAIN_MODE": "dry-run",
    "SPOT_REBALANCE": "off",
}


def test_the_environment_reaches_the_worker(load):
    handler = load(**ENVIRONMENT)
    assert handler._worker.aws.stack_mode == "dry-run"
    assert handler._worker.tallies.table == "ops"
    assert handler._worker.region == REGION
    assert handler._worker.queue_url == handler._backlog.queue_url == QUEUE
    assert handler._worker.aws.elbv2.name == "elbv2"
    assert handler._worker.aws.clock is time.time


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_stops_the_function_with_its_name(load, name):
    with pytest.raises(InvalidSetting, match=name):
        load(**{key: value for key, value in ENVIRONMENT.items() if key != name})


def test_a_mode_that_nobody_knows_stops_the_function(load):
    with pytest.raises(InvalidSetting, match="must be one of on, dry-run, off"):
        load(**ENVIRONMENT | {"SPOT_DRAIN_MODE": "maybe"})


def test_the_answer_names_the_messages_to_be_tried_again(load, monkeypatch, capsys):
    handler = load(**ENVIRONMENT)
    aws = FakeGateway().host(service(), tasks=[1])
    for name, fake in (
        ("aws", aws),
        ("tallies", FakeTallies()),
        ("sqs", FakeSqs()),
        ("events", FakeBus()),
    ):
        setattr(handler._worker, name, fake)
    monkeypatch.setattr(handler.time, "time", lambda: NOW)
    records = [
        {"messageId": "good", "body": json.dumps(event(1))},
        {"messageId": "bad", "body": "nonsense"},
    ]
    answer = handler.handler({"Records": records}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert aws.registered == set()
    metrics = [
        json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line
    ]
    assert metrics[0]["DrainedTasks"] == [1.0]
    assert metrics[0]["RejectedMessages"] == [1.0]


def test_a_run_with_nothing_to_count_writes_nothing():
    """In a process of its own: pytest has warning filters of its own."""
    code = (
        "from types import SimpleNamespace as Context;"
        "from spot_drain.handler import handler;"
        f"context = Context(**{vars(CONTEXT)!r});"
        "assert handler({'Records': []}, context) == {'batchItemFailures': []}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT
        | {
            "PYTHONPATH": str(Path(clients.__file__).parents[1]),
            "PATH": os.defpath,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "POWERTOOLS_SERVICE_NAME": "spot_drain",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
