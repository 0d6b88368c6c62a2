"""CloudFormation tells what a stack's resources are called."""

import pytest
from botocore.exceptions import ClientError

from sandbox.account import Account

TEMPLATE = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
"""


@pytest.fixture
def stack(tmp_path):
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    with Account() as account:
        yield account.deploy(path, name="mine"), account.client("cloudformation")


def test_a_queues_physical_id_is_its_url(stack):
    deployed, cloudformation = stack
    answer = cloudformation.describe_stack_resource(StackName="mine", LogicalResourceId="Queue")
    detail = answer["StackResourceDetail"]
    assert detail["PhysicalResourceId"] == deployed.queue_url("Queue")
    assert detail["ResourceType"] == "AWS::SQS::Queue"


@pytest.mark.parametrize(
    ("name", "logical_id", "words"),
    [
        ("other", "Queue", "Stack 'other' does not exist"),
        ("mine", "Topic", "Resource Topic does not exist for stack mine"),
    ],
)
def test_what_is_not_there_is_a_validation_error(stack, name, logical_id, words):
    with pytest.raises(ClientError) as refused:
        stack[1].describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
    assert refused.value.response["Error"] == {"Code": "ValidationError", "Message": words} | {
        "Type": refused.value.response["Error"].get("Type", "Sender")
    }
