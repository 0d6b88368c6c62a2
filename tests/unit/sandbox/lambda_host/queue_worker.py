"""A stack of one function behind one queue; the test writes the function's code."""

import json
import textwrap

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      CodeUri: code/
      Handler: worker.handler
      Timeout: 10
      MemorySize: 256
      Environment: {Variables: {QUEUE_URL: !Ref Jobs, GREETING: hello}}
      FUNCTION
      Policies:
        - Statement:
            - Effect: Allow
              Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:SendMessage]
              Resource: !GetAtt Jobs.Arn
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            MAPPING
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 30
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Dead:
    Type: AWS::SQS::Queue
"""
PARTIAL = "FunctionResponseTypes: [ReportBatchItemFailures]"


def write_stack(folder, code, *, mapping=PARTIAL, function=""):
    """Put template and code into a folder; give the template's path."""
    source = folder / "code"
    source.mkdir(exist_ok=True)
    (source / "worker.py").write_text(textwrap.dedent(code))
    lines = [
        line
        for line in TEMPLATE.splitlines()
        if (mapping or "MAPPING" not in line) and (function or "FUNCTION" not in line)
    ]
    text = "\n".join(lines).replace("MAPPING", mapping).replace("FUNCTION", function)
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def send(account, stack, *bodies, queue="Jobs", delay=0):
    for body in bodies:
        account.client("sqs").send_message(
            QueueUrl=stack.queue_url(queue), MessageBody=json.dumps(body), DelaySeconds=delay
        )


def batches(account):
    """The bodies that the invocations got, as the handler echoes them."""
    return [entry["result"]["got"] for entry in account.trace.select("invocation")]


def dead_bodies(account, stack):
    answer = account.client("sqs").receive_message(
        QueueUrl=stack.queue_url("Dead"), MaxNumberOfMessages=10
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


ECHO = """
import json

def handler(event, context):
    return {"got": [json.loads(record["body"]) for record in event["Records"]]}
"""
