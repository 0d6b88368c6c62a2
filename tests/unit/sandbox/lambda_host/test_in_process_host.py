import logging
import os
import sys
import textwrap

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.account import Account
from sandbox.faults import CallFault
from tests.unit.sandbox.lambda_host.queue_worker import write_stack

TWO_FUNCTIONS = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, CodeUri: code/, Timeout: 5}
Resources:
  First:
    Type: AWS::Serverless::Function
    Properties: {Handler: shared.handler, Environment: {Variables: {WHO: first}}}
  Second:
    Type: AWS::Serverless::Function
    Properties:
      Handler: shared.handler
      Environment: {Variables: {WHO: second}}
      Policies: [{Statement: [{Effect: Allow, Action: "sqs:ListQueues", Resource: "*"}]}]
"""

SHARED = """
import logging, os
import boto3

seen = []
logging.getLogger("toolkit").addHandler(logging.StreamHandler())
sqs = boto3.client("sqs")

def handler(event, context):
    seen.append(os.environ["WHO"])
    key = sqs._request_signer._credentials.access_key
    return {"seen": seen, "key": key, "handlers": len(logging.getLogger("toolkit").handlers)}
"""


def deploy(account, folder, code, **changes):
    account.deploy(write_stack(folder, code, **changes))


def two_functions(account, folder, code=SHARED):
    (folder / "code").mkdir()
    (folder / "code" / "shared.py").write_text(textwrap.dedent(code))
    (folder / "template.yaml").write_text(TWO_FUNCTIONS)
    return account.deploy(folder / "template.yaml")


def test_a_handler_sees_lambdas_environment_and_context(account, tmp_path):
    code = """
    import os

    def handler(event, context):
        names = ["GREETING", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "_HANDLER",
                 "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_EXECUTION_ENV"]
        return {
            "environment": {name: os.environ[name] for name in names},
            "leaks": "PYTEST_CURRENT_TEST" in os.environ,
            "request": context.aws_request_id,
            "left": context.get_remaining_time_in_millis(),
            "arn": context.invoked_function_arn,
            "memory": context.memory_limit_in_mb,
        }
    """
    deploy(account, tmp_path, code)
    invocation = account.invoke("Worker", {})
    result = invocation.result
    name = account.stacks["ecs-ops"].function("Worker").name
    assert result["environment"] == {
        "GREETING": "hello",
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "_HANDLER": "worker.handler",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    }
    assert result["leaks"] is False
    assert result["request"] == invocation.request_id
    assert result["left"] == 10_000
    assert result["arn"].endswith(f":function:{name}")
    assert result["memory"] == "256"


def test_two_functions_share_no_module_state_credentials_or_loggers(account, tmp_path):
    stack = two_functions(account, tmp_path)
    answers = [account.invoke(name, {}).result for name in ("First", "Second", "First")]
    assert [answer["seen"] for answer in answers] == [["first"], ["second"], ["first", "first"]]
    assert [answer["key"] for answer in answers] == [
        stack.function(name).credentials.access_key for name in ("First", "Second", "First")
    ]
    assert [answer["handlers"] for answer in answers] == [1, 1, 1]


def test_functions_share_no_module_when_another_checkout_of_the_code_is_on_the_path(
    account, tmp_path, monkeypatch
):
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "shared.py").write_text("raise RuntimeError('the other checkout')")
    monkeypatch.syspath_prepend(tmp_path / "another")
    two_functions(account, tmp_path)
    assert account.invoke("First", {}).result["seen"] == ["first"]
    assert account.invoke("Second", {}).result["seen"] == ["second"]


def test_the_process_is_as_before_after_an_invocation(account, tmp_path):
    before = dict(os.environ), sys.path[:], logging.root, boto3.DEFAULT_SESSION
    two_functions(account, tmp_path)
    account.invoke("First", {})
    assert "shared" not in sys.modules
    assert (dict(os.environ), sys.path[:], logging.root, boto3.DEFAULT_SESSION) == before


def test_the_first_invocation_is_cold_and_recycling_makes_it_cold_again(account, tmp_path):
    deploy(
        account,
        tmp_path,
        "count = []\ndef handler(e, c):\n    count.append(1)\n    return len(count)\n",
    )
    runs = [account.invoke("Worker", {}) for _ in range(2)]
    account.recycle()
    runs.append(account.invoke("Worker", {}))
    assert [(run.cold, run.result) for run in runs] == [(True, 1), (False, 2), (True, 1)]


def test_prints_logs_and_metrics_end_in_the_trace(account, tmp_path):
    code = """
    import json, logging

    def handler(event, context):
        print("plain")
        logging.getLogger().warning("careful")
        emf = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [
            {"Namespace": "N", "Dimensions": [["service"]], "Metrics": [{"Name": "M", "Unit": "Count"}]}]},
            "service": "w", "M": [2.0]}
        print(json.dumps(emf))
    """
    deploy(account, tmp_path, code, function="LoggingConfig: {LogFormat: JSON}")
    account.invoke("Worker", {})
    lines = account.trace.select("log")
    assert lines[0]["line"] == "plain"
    assert lines[1]["record"]["level"] == "WARNING"
    assert lines[1]["record"]["message"] == "careful"
    assert account.metrics.values("M", service="w") == [2.0]
    assert account.trace.select("metric")[0]["namespace"] == "N"


def test_an_exception_becomes_lambdas_error(account, tmp_path):
    deploy(account, tmp_path, "def handler(event, context):\n    raise ValueError('no')\n")
    invocation = account.invoke("Worker", {})
    assert invocation.error["errorType"] == "ValueError"
    assert invocation.error["errorMessage"] == "no"
    assert "worker.py" in invocation.error["stackTrace"][0]
    assert any("ValueError" in line for line in invocation.logs)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import does_not_exist\n", "Runtime.ImportModuleError"),
        ("handler: int\n", "Runtime.HandlerNotFound"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError"),
        ("1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_imported_fails_every_invocation(account, tmp_path, code, error):
    deploy(account, tmp_path, code)
    runs = [account.invoke("Worker", {}) for _ in range(2)]
    assert [(run.error["errorType"], run.cold) for run in runs] == [(error, True)] * 2


def test_a_result_that_is_no_json_is_an_error(account, tmp_path):
    deploy(account, tmp_path, "def handler(event, context):\n    return object()\n")
    assert account.invoke("Worker", {}).error["errorType"] == "Runtime.MarshalError"


def test_a_response_above_six_megabytes_is_an_error(account, tmp_path):
    deploy(account, tmp_path, "def handler(event, context):\n    return 'x' * 7_000_000\n")
    assert account.invoke("Worker", {}).error["errorType"] == "Function.ResponseSizeTooLarge"


CALL_SQS = """
import os
import boto3

sqs = boto3.client("sqs")

def handler(event, context):
    for _ in range(event["calls"]):
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody="x", DelaySeconds=900)
    return "done"
"""


def test_the_duration_is_what_the_calls_took(tmp_path):
    with Account(latency_s=0.5) as account:
        deploy(account, tmp_path, CALL_SQS)
        assert account.invoke("Worker", {"calls": 3}).duration_ms == pytest.approx(1500)


def test_calls_that_take_longer_than_the_time_limit_time_the_function_out(tmp_path):
    with Account(latency_s=1.0) as account:
        deploy(account, tmp_path, CALL_SQS)
        invocation = account.invoke("Worker", {"calls": 11})
        assert invocation.error["errorType"] == "Sandbox.Timedout"
        assert "Task timed out after 10.00 seconds" in invocation.error["errorMessage"]
        assert invocation.duration_ms == pytest.approx(10_000)
        assert account.invoke("Worker", {"calls": 1}).cold


def messages(account):
    return [call["parameters"] for call in account.trace.select("call", operation="SendMessage")]


def test_a_function_whose_time_is_over_makes_no_call_any_more(tmp_path):
    with Account(latency_s=3.0) as account:
        deploy(account, tmp_path, CALL_SQS)
        invocation = account.invoke("Worker", {"calls": 9})
        assert invocation.error["errorType"] == "Sandbox.Timedout"
        # The fourth was on its way when the ten seconds were over: it arrived.
        assert len(messages(account)) == 4
        assert account.invoke("Worker", {"calls": 1}).ok
        assert len(messages(account)) == 5


def test_no_thread_of_it_makes_a_call_either(tmp_path):
    code = """
    import os
    from concurrent.futures import ThreadPoolExecutor

    import boto3

    sqs = boto3.client("sqs")

    def handler(event, context):
        def send(number):
            sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=str(number))

        with ThreadPoolExecutor(2) as workers:
            list(workers.map(send, range(20)))
    """
    with Account(latency_s=3.0) as account:
        deploy(account, tmp_path, code)
        assert account.invoke("Worker", {}).error["errorType"] == "Sandbox.Timedout"
        assert [one["MessageBody"] for one in messages(account)] == list("01234567")


def test_a_crash_ends_the_environment(tmp_path):
    crash = CallFault("crash-after", service="sqs", operation="SendMessage", nth=1)
    with Account(faults=[crash]) as account:
        deploy(account, tmp_path, CALL_SQS)
        assert account.invoke("Worker", {"calls": 1}).error["errorType"] == "Runtime.ExitError"
        again = account.invoke("Worker", {"calls": 1})
        assert (again.result, again.cold) == ("done", True)


def test_a_call_that_the_role_does_not_allow_is_denied(account, tmp_path):
    code = """
    import boto3

    def handler(event, context):
        boto3.client("sqs").list_queues()
    """
    two_functions(account, tmp_path, code)
    assert account.invoke("First", {}).error["errorType"] == "ClientError"
    assert account.invoke("Second", {}).ok
    outcomes = [call["outcome"] for call in account.trace.select("call", operation="ListQueues")]
    assert outcomes == ["denied", "ok"]


def test_a_function_is_invoked_through_the_lambda_api(account, tmp_path):
    deploy(account, tmp_path, "def handler(event, context):\n    return event['n'] + 1\n")
    name = account.stacks["ecs-ops"].function("Worker").name
    client = account.client("lambda")
    answer = client.invoke(FunctionName=name, Payload=b'{"n": 1}')
    assert answer["Payload"].read() == b"2"
    failed = client.invoke(FunctionName=name, Payload=b"{}")
    assert failed["FunctionError"] == "Unhandled"
    assert client.get_function_configuration(FunctionName=name)["MemorySize"] == 256
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.invoke(FunctionName="other")
