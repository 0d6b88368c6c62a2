import pytest

from sandbox.errors import ApiError
from sandbox.events.pattern import validate

REFUSED = {
    "Filter is not an object": [],
    '"source" must be an object or an array': {"source": "aws.ecs"},
    "Empty arrays are not allowed": {"source": []},
    "Empty objects are not allowed": {"detail": {}},
    "Match value must be String, number, true, false, or null": {"source": [["aws.ecs"]]},
    "Unrecognized match type regex": {"source": [{"regex": ".*"}]},
    "Only one key allowed in match expression": {"source": [{"prefix": "a", "suffix": "b"}]},
    "prefix match pattern must be a string": {"source": [{"prefix": 1}]},
    "exists match pattern must be either true or false": {"source": [{"exists": "true"}]},
    "Unrecognized numeric range operator": {"n": [{"numeric": ["!=", 1]}]},
    "must be numeric": {"n": [{"numeric": [">", "1"]}]},
    "Bottom must be less than top": {"n": [{"numeric": [">", 5, "<", 5]}]},
    "expected a lower bound": {"n": [{"numeric": ["<", 5, ">", 1]}]},
    "between -5e+09 and 5e+09": {"n": [{"numeric": [">", 6e9]}]},
    "value of comparison missing": {"n": [{"numeric": [">", 1, "<"]}]},
    "Malformed CIDR": {"ip": [{"cidr": "10.0.0.0/33"}]},
    "one '/' required": {"ip": [{"cidr": "10.0.0.1"}]},
    "Consecutive wildcard characters": {"s": [{"wildcard": "a**b"}]},
    "Invalid escape character in wildcard": {"s": [{"wildcard": "a\\b"}]},
    "mixed not allowed": {"s": [{"anything-but": ["a", 1]}]},
    "Unsupported anything-but pattern": {"s": [{"anything-but": {"cidr": "10.0.0.0/8"}}]},
    "reserved fieldName": {"$or": [{"a": {"prefix": ["x"]}}, {"b": [1]}]},
}


@pytest.mark.parametrize(("reason", "pattern"), REFUSED.items(), ids=REFUSED)
def test_a_pattern_that_aws_refuses_is_refused_with_the_reason(reason, pattern):
    with pytest.raises(ApiError, match="InvalidEventPatternException") as caught:
        validate(pattern)
    assert reason in caught.value.message
