import pytest

from sandbox.stack.intrinsics import Created, Scope, references
from sandbox.stack.translate import InvalidTemplate


@pytest.fixture
def scope():
    return Scope(
        pseudo={"AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"},
        parameters={"Stage": "prod", "Zones": ["a", "b"], "Empty": ""},
        mappings={"Sizes": {"prod": {"memory": 512}}},
        conditions={
            "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "IsEmpty": {"Fn::Equals": [{"Ref": "Empty"}, ""]},
            "Neither": {
                "Fn::Not": [{"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsEmpty"}]}]
            },
            "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsEmpty"}]},
        },
        created={"Queue": Created("https://queue", {"Arn": "arn:queue"})},
    )


CASES = [
    ({"Ref": "Stage"}, "prod"),
    ({"Ref": "AWS::Region"}, "eu-west-1"),
    ({"Ref": "Queue"}, "https://queue"),
    ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:queue"),
    ({"Fn::GetAtt": "Queue.Arn"}, "arn:queue"),
    (
        {"Fn::Sub": "${Stage}-${AWS::Region}-${Queue}-${Queue.Arn}"},
        "prod-eu-west-1-https://queue-arn:queue",
    ),
    ({"Fn::Sub": "${!Literal}"}, "${Literal}"),
    ({"Fn::Sub": ["${x}/${Stage}", {"x": {"Ref": "Queue"}}]}, "https://queue/prod"),
    ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-prod"),
    ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b"),
    ({"Fn::Select": [1, {"Ref": "Zones"}]}, "b"),
    ({"Fn::Split": [":", "a:b"]}, ["a", "b"]),
    ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}, 512),
    ({"Fn::If": ["IsProd", "yes", "no"]}, "yes"),
    ({"Fn::If": ["Neither", "yes", "no"]}, "no"),
    ({"Fn::If": ["Both", "yes", "no"]}, "yes"),
    ({"Fn::Base64": "hi"}, "aGk="),
    ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
    ([1, {"Fn::If": ["Neither", 2, {"Ref": "AWS::NoValue"}]}], [1]),
    ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
]


@pytest.mark.parametrize(("value", "expected"), CASES, ids=[str(case[0])[:60] for case in CASES])
def test_a_value_resolves(scope, value, expected):
    assert scope.resolve(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"Ref": "Nobody"}, "unresolved reference Nobody"),
        ({"Fn::GetAtt": ["Queue", "Colour"]}, "no attribute Colour"),
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue"),
        ({"Fn::Transform": {}}, "Fn::Transform"),
        ({"Fn::Select": [5, ["a"]]}, "nonexistent value at index 5"),
        ({"Fn::FindInMap": ["Sizes", "dev", "memory"]}, "no value at dev"),
        ({"Fn::If": ["Nope", 1, 2]}, "unresolved condition Nope"),
    ],
)
def test_what_cannot_be_resolved_is_refused(scope, value, reason):
    with pytest.raises(InvalidTemplate, match=reason):
        scope.resolve(value)


def test_references_are_found_wherever_they_are():
    value = {
        "a": {"Fn::Sub": ["${x}-${B}-${C.Arn}-${!D}-${AWS::Region}", {"x": {"Ref": "E"}}]},
        "b": [{"Fn::GetAtt": "F.Arn"}, {"Fn::If": ["Cond", {"Ref": "G"}, 1]}],
    }
    assert set(references(value)) == {"B", "C", "AWS::Region", "E", "F", "G"}
