"""What a cold start may do: counted, not timed, so that the test never depends on the machine."""

import json

import pytest

from tests.e2e.shipped import FUNCTIONS

NEVER = {
    *("pydantic", "aws_xray_sdk", "requests", "jinja2", "apprise", "yaml", "boto3", "s3transfer"),
    *("slack_sdk", "tzdata", "zoneinfo", "asyncio", "botocore.docs.bcdoc", "html.parser"),
    *("xml.dom", "sqlite3", "unittest", "aws_lambda_powertools.utilities.data_classes"),
    *("aws_lambda_powertools.utilities.parser", "aws_lambda_powertools.utilities.batch"),
}
# Clients made while starting, and modules loaded in all: what was measured and a little room.
# boto3 with one client loads 387 modules.
CLIENTS = {
    "SpotDrainFunction": {"ecs", "elbv2", "dynamodb", "sqs", "events"},
    "AuditFunction": {"events", "s3"},
    "BatchSubmitFunction": {"ecs", "dynamodb", "sqs", "events"},
    "BatchLaunchFunction": {"ecs", "dynamodb", "sqs", "events"},
    "BatchTrackFunction": {"ecs", "dynamodb", "sqs", "events"},
    "DeployGuardFunction": {"ecs", "dynamodb", "sqs", "events"},
    "SpotFallbackFunction": {"ecs", "dynamodb", "events"},
    "QueueScalingFunction": {"ecs", "cloudwatch", "dynamodb", "sqs", "events"},
    "AlertsFunction": {"dynamodb", "sqs"},
    "SelfTestFunction": {"events", "sqs", "sns", "dynamodb"},
    "DashboardFunction": {"ecs", "cloudwatch"},
    "DeployGuardExecutorFunction": {"ecs", "dynamodb", "events"},
    "DeployGuardHookFunction": {"ecs", "dynamodb"},
}
MODULES = {
    "SpotDrainFunction": 395,
    "AuditFunction": 435,
    "BatchSubmitFunction": 425,
    "BatchLaunchFunction": 410,
    "BatchTrackFunction": 405,
    "DeployGuardFunction": 468,
    "SpotFallbackFunction": 395,
    "QueueScalingFunction": 415,
    "AlertsFunction": 395,
    "SelfTestFunction": 380,
    "DashboardFunction": 400,
    "DeployGuardExecutorFunction": 455,
    "DeployGuardHookFunction": 420,
}
START = """
import json, sys
import botocore.session
sessions, clients = [], []
make_session, make_client = botocore.session.Session.__init__, botocore.session.Session.create_client
def count_session(self, *args, **kwargs):
    sessions.append(self)
    make_session(self, *args, **kwargs)
def note_client(self, service_name, *args, **kwargs):
    clients.append(service_name)
    return make_client(self, service_name, *args, **kwargs)
botocore.session.Session.__init__ = count_session
botocore.session.Session.create_client = note_client
import gc
import ecsops
collected = sum(one["collections"] for one in gc.get_stats())
import {module}
print(json.dumps(dict(modules=sorted(sys.modules), sessions=len(sessions), clients=clients,
                      collections=sum(one["collections"] for one in gc.get_stats()) - collected)))
"""


@pytest.fixture(params=FUNCTIONS)
def function(request):
    return request.param


@pytest.fixture
def started(run_python, function):
    return json.loads(run_python(function, START.replace("{module}", FUNCTIONS[function].module)))


def test_every_function_has_a_budget():
    assert set(CLIENTS) == set(MODULES) == set(FUNCTIONS)


def test_heavy_packages_stay_out(started):
    assert NEVER.isdisjoint(started["modules"])


def test_there_is_one_session_and_one_client_per_declared_service(started, function):
    assert started["sessions"] == 1
    assert len(started["clients"]) == len(set(started["clients"]))
    assert set(started["clients"]) == CLIENTS[function]


def test_no_more_modules_than_budgeted(started, function):
    assert len(started["modules"]) <= MODULES[function], len(started["modules"])


def test_no_garbage_is_collected_once_the_kernel_is_loaded(started):
    assert started["collections"] == 0
