import pytest

from sandbox.stack.translate import InvalidTemplate
from tests.unit.sandbox.lambda_host.queue_worker import ECHO, write_stack


def test_a_deployment_with_too_short_a_visibility_timeout_is_refused(account, tmp_path):
    path = write_stack(tmp_path, ECHO)
    path.write_text(path.read_text().replace("Timeout: 10", "Timeout: 60", 1))
    with pytest.raises(InvalidTemplate, match="30 seconds is less than Function timeout: 60"):
        account.deploy(path)


def test_a_role_that_may_not_receive_is_refused(account, tmp_path):
    path = write_stack(tmp_path, ECHO)
    text = path.read_text()
    role = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    text = text.replace(
        "      Policies:", "      Role: !GetAtt WorkerRole.Arn\n      Policies:", 1
    ).replace(
        "  Jobs:\n    Type: AWS::SQS",
        "  WorkerRole:\n    Type: AWS::IAM::Role\n    Properties:\n"
        f"      AssumeRolePolicyDocument: {{Statement: []}}\n      ManagedPolicyArns: [{role}]\n"
        "  Jobs:\n    Type: AWS::SQS",
        1,
    )
    path.write_text(text)
    with pytest.raises(InvalidTemplate, match="permissions to call ReceiveMessage on SQS"):
        account.deploy(path)


def test_a_batch_size_above_ten_needs_a_window(account, tmp_path):
    path = write_stack(tmp_path, ECHO, mapping="BatchSize: 11")
    with pytest.raises(InvalidTemplate, match="greater than 10"):
        account.deploy(path)
