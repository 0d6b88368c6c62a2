import json

import pytest

from sandbox.errors import UnsupportedResource
from sandbox.stack.deploy import CreationFailed
from sandbox.stack.translate import InvalidTemplate


def deploy(account, folder, resources, parameters=None, **sections):
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "worker.py").write_text("def handler(event, context):\n    return 1\n")
    path = folder / "template.json"
    path.write_text(json.dumps({"Resources": resources, **sections}))
    return account.deploy(path, parameters)


def function(**changes):
    properties = {
        "Handler": "worker.handler",
        "Runtime": "python3.13",
        "CodeUri": "code/",
        "MemorySize": 256,
    }
    return {"Type": "AWS::Serverless::Function", "Properties": properties | changes}


SAM = {"Transform": "AWS::Serverless-2016-10-31"}


def test_every_supported_type_is_created_and_can_be_read_back(account, tmp_path):
    resources = {
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Namespace": "N",
                "MetricName": "M",
                "Statistic": "Sum",
                "Period": "60",
                "EvaluationPeriods": "1",
                "Threshold": "0",
                "ComparisonOperator": "GreaterThanThreshold",
                "AlarmActions": [{"Ref": "Topic"}],
                "ActionsEnabled": "false",
            },
        },
        "Composite": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {"AlarmRule": 'ALARM("errors")', "ActionsEnabled": "false"},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "ops"}},
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@b.c"},
        },
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": 120,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                    "maxReceiveCount": 5,
                },
            },
        },
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
                "SSESpecification": {"SSEEnabled": True},
            },
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": "14"}},
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "/ops/mode", "Type": "String", "Value": "on"},
        },
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "token", "SecretString": "s"},
        },
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Board": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardName": "ops", "DashboardBody": '{"widgets": []}'},
        },
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}},
    }
    stack = deploy(account, tmp_path, resources)
    alarms = account.client("cloudwatch").describe_alarms(
        AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    assert alarms["CompositeAlarms"][0]["AlarmName"] == stack.ref("Composite")
    alarm = alarms["MetricAlarms"][0]
    assert (alarm["AlarmName"], alarm["Period"], alarm["ActionsEnabled"]) == (
        stack.ref("Alarm"),
        60,
        False,
    )
    assert alarm["AlarmActions"] == [stack.ref("Topic")]
    found = account.client("sqs").get_queue_attributes(
        QueueUrl=stack.queue_url("Queue"), AttributeNames=["All"]
    )["Attributes"]
    assert found["VisibilityTimeout"] == "120"
    assert json.loads(found["RedrivePolicy"])["deadLetterTargetArn"] == stack.attribute(
        "Dead", "Arn"
    )
    ttl = account.client("dynamodb").describe_time_to_live(TableName=stack.ref("Table"))
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "expires"
    group = account.client("logs").describe_log_groups()["logGroups"][0]
    assert (group["logGroupName"], group["retentionInDays"]) == (stack.ref("Logs"), 14)
    assert account.client("ssm").get_parameter(Name="/ops/mode")["Parameter"]["Value"] == "on"
    secret = account.client("secretsmanager").get_secret_value(SecretId=stack.ref("Secret"))
    assert secret["SecretString"] == "s"
    assert account.client("s3").list_buckets()["Buckets"][0]["Name"] == stack.ref("Bucket")
    subscriptions = account.client("sns").list_subscriptions_by_topic(TopicArn=stack.ref("Topic"))
    assert subscriptions["Subscriptions"][0]["Endpoint"] == "a@b.c"
    assert [bus["Name"] for bus in account.client("events").list_event_buses()["EventBuses"]] == [
        "default",
        "orders",
    ]


@pytest.mark.parametrize(
    ("resource", "detail"),
    [
        ({"Type": "AWS::StepFunctions::StateMachine"}, "StateMachine"),
        ({"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}, "property FifoQueue"),
        ({"Type": "AWS::SQS::Queue", "CreationPolicy": {}}, "member CreationPolicy"),
        (
            {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "ScheduleExpression": "rate(1 minute)",
                    "FlexibleTimeWindow": {"Mode": "OFF", "Colour": "red"},
                    "Target": {"Arn": "arn:aws:sqs:eu-west-1:1:q", "RoleArn": "r"},
                },
            },
            "FlexibleTimeWindow.Colour",
        ),
        (
            {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventPattern": {"source": ["a"]},
                    "Targets": [{"Id": "1", "Arn": "arn:aws:states:eu-west-1:1:stateMachine:x"}],
                },
            },
            "does not deliver events to arn:aws:states",
        ),
        (
            {
                "Type": "AWS::SNS::Subscription",
                "Properties": {"TopicArn": "t", "Protocol": "https", "Endpoint": "https://x"},
            },
            "Protocol https",
        ),
    ],
)
def test_what_the_sandbox_cannot_create_stops_the_deployment_by_name(
    account, tmp_path, resource, detail
):
    with pytest.raises(UnsupportedResource, match=detail) as caught:
        deploy(account, tmp_path, {"Culprit": resource})
    assert caught.value.logical_id == "Culprit"


def test_what_aws_refuses_stops_the_deployment_by_name(account, tmp_path):
    rule = {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": "a"}}}
    with pytest.raises(CreationFailed, match=r"Culprit.*InvalidEventPatternException"):
        deploy(account, tmp_path, {"Culprit": rule})


def test_a_missing_required_property_is_named(account, tmp_path):
    with pytest.raises(CreationFailed, match=r"Culprit.*PolicyDocument"):
        deploy(account, tmp_path, {"Culprit": {"Type": "AWS::SQS::QueuePolicy", "Properties": {}}})


def test_a_sam_function_gets_its_role_rule_and_permission(account, tmp_path):
    event = {"Type": "EventBridgeRule", "Properties": {"Pattern": {"source": ["shop"]}}}
    resources = {"Worker": function(Events={"Order": event})}
    stack = deploy(account, tmp_path, resources, **SAM)
    made = stack.function("Worker")
    assert made.memory_mb == 256
    assert made.role_arn == stack.attribute("WorkerRole", "Arn")
    assert stack.rules() == [stack.ref("WorkerOrder")]
    account.put_event({"source": "shop", "detail-type": "x", "detail": {}})
    account.settle()
    assert account.trace.select("invocation")[0]["result"] == 1


def test_the_parameters_reach_the_translator_and_the_environment(account, tmp_path):
    resources = {
        "Worker": function(
            Timeout={"Ref": "Seconds"},
            Environment={"Variables": {"SECONDS": {"Ref": "Seconds"}, "FLAG": True}},
        )
    }
    parameters = {"Seconds": {"Type": "Number", "Default": 5}}
    stack = deploy(account, tmp_path, resources, {"Seconds": "7"}, Parameters=parameters, **SAM)
    made = stack.function("Worker")
    assert made.timeout_s == 7
    assert made.variables == {"SECONDS": "7", "FLAG": "true"}


def test_a_managed_policy_without_known_content_is_refused(account, tmp_path):
    resources = {"Worker": function(Policies=["arn:aws:iam::aws:policy/AdministratorAccess"])}
    with pytest.raises(UnsupportedResource, match="AdministratorAccess"):
        deploy(account, tmp_path, resources, **SAM)


def test_a_template_that_sam_refuses_is_refused_with_its_reason(account, tmp_path):
    with pytest.raises(InvalidTemplate, match=r"Worker|Handler|Runtime"):
        deploy(account, tmp_path, {"Worker": {"Type": "AWS::Serverless::Function"}}, **SAM)


def test_an_unknown_section_is_refused(account, tmp_path):
    with pytest.raises(InvalidTemplate, match="section Rules"):
        deploy(account, tmp_path, {}, Rules={})
