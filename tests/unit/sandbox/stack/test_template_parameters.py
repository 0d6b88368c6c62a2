import pytest

from sandbox.stack.parameters import resolve_parameters
from sandbox.stack.translate import InvalidTemplate

DECLARED = {
    "Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
    "Memory": {"Type": "Number", "Default": 512, "MinValue": 128, "MaxValue": 10240},
    "Topics": {"Type": "CommaDelimitedList", "Default": ""},
    "Email": {
        "Type": "String",
        "Default": "a@b.c",
        "AllowedPattern": r".+@.+",
        "MaxLength": 20,
        "ConstraintDescription": "must be an address",
    },
}


def test_defaults_fill_in_and_lists_are_split():
    assert resolve_parameters(DECLARED, {"Topics": "a, b"}) == {
        "Stage": "dev",
        "Memory": "512",
        "Topics": ["a", "b"],
        "Email": "a@b.c",
    }
    assert resolve_parameters(DECLARED, {})["Topics"] == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"Stage": "test"}, "must be one of"),
        ({"Memory": "64"}, "not less than 128"),
        ({"Memory": "20000"}, "not greater than 10240"),
        ({"Memory": "much"}, "must be a number"),
        ({"Email": "nobody"}, "must be an address"),
        ({"Email": "a@" + "b" * 30}, "must be an address"),
        ({"Other": "x"}, "do not exist in the template"),
    ],
)
def test_a_value_that_cloudformation_refuses_is_refused(given, reason):
    with pytest.raises(InvalidTemplate, match=reason):
        resolve_parameters(DECLARED, given)


def test_a_parameter_without_default_must_be_given():
    with pytest.raises(InvalidTemplate, match=r"Name.*must have values"):
        resolve_parameters({"Name": {"Type": "String"}}, {})


def test_a_parameter_from_the_parameter_store_is_refused():
    declared = {"Vpc": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/vpc"}}
    with pytest.raises(InvalidTemplate, match="does not resolve parameter Vpc"):
        resolve_parameters(declared, {})
