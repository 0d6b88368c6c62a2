import json

from tests.unit.sandbox.lambda_host.queue_worker import dead_bodies

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      CodeUri: code/
      Handler: worker.handler
      EventInvokeConfig:
        MaximumRetryAttempts: RETRIES
        DestinationConfig:
          OnFailure: {Type: SQS, Destination: !GetAtt Dead.Arn}
      Events:
        Order: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}}}
  Dead: {Type: AWS::SQS::Queue}
"""
FAILS_TWICE = """
runs = []

def handler(event, context):
    runs.append(1)
    if len(runs) < 3:
        raise RuntimeError("not yet")
    return event["detail"]
"""


def deploy(account, folder, code, retries=2):
    (folder / "code").mkdir()
    (folder / "code" / "worker.py").write_text(code)
    (folder / "template.yaml").write_text(TEMPLATE.replace("RETRIES", str(retries)))
    return account.deploy(folder / "template.yaml")


def order():
    return {"source": "shop", "detail-type": "Order", "detail": {"n": 1}}


def test_a_rule_invokes_a_function_and_lambda_retries_after_one_and_two_minutes(account, tmp_path):
    deploy(account, tmp_path, FAILS_TWICE)
    account.put_event(order())
    account.settle()
    runs = account.trace.select("invocation")
    assert [run.at - runs[0].at for run in runs] == [0, 60, 180]
    assert runs[2]["result"] == {"n": 1}
    assert account.trace.select("dead_letter") == []


def test_when_the_retries_are_used_up_the_event_goes_to_the_failure_destination(account, tmp_path):
    stack = deploy(account, tmp_path, "def handler(event, context):\n    1 / 0\n", retries=1)
    account.put_event(order())
    account.settle()
    (record,) = dead_bodies(account, stack)
    assert record["requestPayload"]["detail"] == {"n": 1}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"]["errorType"] == "ZeroDivisionError"


def test_without_a_permission_the_rule_may_not_invoke_the_function(account, tmp_path):
    stack = deploy(account, tmp_path, FAILS_TWICE)
    account.functions.policies[stack.function("Worker").name]["Statement"].clear()
    account.put_event(order())
    account.settle()
    assert account.trace.select("invocation") == []
    assert account.trace.select("dead_letter")[0]["error_code"] == "NO_PERMISSIONS"


def test_an_event_invocation_through_the_api_answers_at_once(account, tmp_path):
    stack = deploy(account, tmp_path, "def handler(event, context):\n    return event\n")
    account.client("lambda").invoke(
        FunctionName=stack.function("Worker").name,
        InvocationType="Event",
        Payload=json.dumps({"n": 2}).encode(),
    )
    assert account.trace.select("invocation") == []
    account.settle()
    assert account.trace.select("invocation")[0]["result"] == {"n": 2}
