import json

import pytest

from sandbox.errors import SandboxError
from sandbox.stack.translate import InvalidTemplate


def deploy(account, folder, resources, **sections):
    path = folder / "template.json"
    path.write_text(json.dumps({"Resources": resources, **sections}))
    return account.deploy(path)


def test_resources_are_created_after_what_they_refer_to(account, tmp_path):
    resources = {
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": {"Fn::Sub": "${Queue.Arn} ${Other}"}},
        },
        "Queue": {"Type": "AWS::SQS::Queue", "DependsOn": "Other"},
        "Other": {"Type": "AWS::SQS::Queue"},
    }
    stack = deploy(account, tmp_path, resources)
    expected = f"{stack.attribute('Queue', 'Arn')} {stack.ref('Other')}"
    assert stack.attribute("Parameter", "Value") == expected


def test_a_circle_of_references_is_refused(account, tmp_path):
    queue = {"Type": "AWS::SQS::Queue"}
    resources = {"A": queue | {"DependsOn": "B"}, "B": queue | {"DependsOn": ["A"]}}
    with pytest.raises(InvalidTemplate, match=r"Circular dependency.*A -> B -> A"):
        deploy(account, tmp_path, resources)


def test_a_condition_decides_whether_a_resource_and_an_output_exist(account, tmp_path):
    resources = {
        "Always": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Value": {"Fn::If": ["Wanted", {"Ref": "Maybe"}, "nothing"]},
            },
        },
        "Maybe": {"Type": "AWS::SQS::Queue", "Condition": "Wanted"},
    }
    sections = {
        "Parameters": {"Flag": {"Type": "String", "Default": "no"}},
        "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "Flag"}, "yes"]}},
        "Outputs": {"Url": {"Condition": "Wanted", "Value": {"Ref": "Maybe"}}},
    }
    stack = deploy(account, tmp_path, resources, **sections)
    assert stack.attribute("Always", "Value") == "nothing"
    assert stack.outputs == {}
    with pytest.raises(SandboxError, match="no resource Maybe"):
        stack.ref("Maybe")
