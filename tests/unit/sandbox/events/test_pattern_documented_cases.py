"""The rules of the EventBridge user guide, one case each."""

import pytest

from sandbox.events.pattern import matches

EVENT = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "ECS Task State Change",
    "source": "aws.ecs",
    "account": "123456789012",
    "time": "2026-01-05T09:00:00Z",
    "region": "eu-west-1",
    "resources": ["arn:task/a", "arn:task/b"],
    "detail": {
        "lastStatus": "RUNNING",
        "empty": "",
        "nothing": None,
        "flag": True,
        "count": 300,
        "ratio": 0.5,
        "address": "10.0.0.33",
        "address6": "2001:db8::7",
        "path": "dir/a*b.png",
        "none": [],
        "tags": {"Name": "web"},
        "containers": [
            {"name": "web", "exitCode": 0, "ports": [{"port": 80}]},
            {"name": "sidecar", "exitCode": 137, "ports": [{"port": 9000}]},
        ],
        "matrix": [[{"x": 1, "y": 2}], [{"x": 3, "y": 4}]],
    },
}


def detail(**conditions):
    return {"detail": conditions}


MATCHING = {
    "a value out of a list": {"source": ["aws.ec2", "aws.ecs"]},
    "every named field, and other fields do not matter": {
        "source": ["aws.ecs"],
        "detail": {"lastStatus": ["RUNNING"]},
    },
    "an event array meets the list": {"resources": ["arn:task/b", "arn:task/c"]},
    "null": detail(nothing=[None]),
    "the empty string": detail(empty=[""]),
    "a boolean": detail(flag=[True]),
    "a number": detail(count=[300]),
    "exists on a leaf": detail(lastStatus=[{"exists": True}]),
    "exists on an explicit null": detail(nothing=[{"exists": True}]),
    "absent": detail(missing=[{"exists": False}]),
    "an intermediate node counts as absent": detail(tags=[{"exists": False}]),
    "an array of objects counts as absent": detail(containers=[{"exists": False}]),
    "an empty array counts as absent": detail(none=[{"exists": False}]),
    "absent or a value": detail(missing=["x", {"exists": False}]),
    "a prefix": {"time": [{"prefix": "2026-01-"}]},
    "a prefix in any case": detail(lastStatus=[{"prefix": {"equals-ignore-case": "run"}}]),
    "a suffix": detail(path=[{"suffix": ".png"}]),
    "a suffix in any case": detail(path=[{"suffix": {"equals-ignore-case": ".PNG"}}]),
    "equals in any case": detail(lastStatus=[{"equals-ignore-case": "running"}]),
    "anything but a value": detail(lastStatus=[{"anything-but": "STOPPED"}]),
    "anything but a list": detail(lastStatus=[{"anything-but": ["STOPPED", "PENDING"]}]),
    "anything but numbers": detail(count=[{"anything-but": [100, 200]}]),
    "anything but a prefix": detail(lastStatus=[{"anything-but": {"prefix": "STOP"}}]),
    "anything but prefixes": detail(lastStatus=[{"anything-but": {"prefix": ["ST", "PE"]}}]),
    "anything but a suffix": detail(path=[{"anything-but": {"suffix": ".jpg"}}]),
    "anything but a wildcard": detail(path=[{"anything-but": {"wildcard": "*/lib/*"}}]),
    "anything but in any case": detail(
        lastStatus=[{"anything-but": {"equals-ignore-case": ["stopped", "Pending"]}}]
    ),
    "anything but, when one element of an array is something else": {
        "resources": [{"anything-but": "arn:task/a"}]
    },
    "a range": detail(count=[{"numeric": [">", 0, "<=", 300]}]),
    "numeric equality compares values": detail(count=[{"numeric": ["=", 3.0e2]}]),
    "an IPv4 block": detail(address=[{"cidr": "10.0.0.0/24"}]),
    "an IPv6 block": detail(address6=[{"cidr": "2001:db8::/32"}]),
    "a wildcard": detail(path=[{"wildcard": "dir/*.png"}]),
    "a wildcard with an escaped star": detail(path=[{"wildcard": "dir/a\\*b.*"}]),
    "one branch of $or": {"$or": [{"source": ["aws.ec2"]}, {"region": ["eu-west-1"]}]},
    "$or below a field, with an and inside": detail(
        **{
            "$or": [
                {"lastStatus": ["STOPPED"]},
                {"lastStatus": ["RUNNING"], "count": [{"numeric": [">=", 300]}]},
            ]
        }
    ),
    "nested $or": detail(
        **{"$or": [{"x": [1]}, {"flag": [True], "$or": [{"y": [1]}, {"count": [300]}]}]}
    ),
    "a field of any object in an array": detail(containers={"exitCode": [137]}),
    "two fields of the same object in an array": detail(
        containers={"name": ["sidecar"], "exitCode": [{"anything-but": [0]}]}
    ),
    "arrays inside objects inside arrays": detail(containers={"ports": {"port": [9000]}}),
    "arrays of arrays": detail(matrix={"x": [3], "y": [4]}),
    "absent in every object of an array": detail(containers={"reason": [{"exists": False}]}),
    "a dotted name means the path": {"detail.tags.Name": ["web"]},
}

NOT_MATCHING = {
    "another case": {"source": ["AWS.ECS"]},
    "a missing field": detail(missing=["x"]),
    "anything but on a missing field": detail(missing=[{"anything-but": "x"}]),
    "null is not the empty string": detail(empty=[None]),
    "null is not a missing field": detail(missing=[None]),
    "a boolean is not its text": detail(flag=["true"]),
    "a boolean is not a number": detail(flag=[1]),
    "a number is not its text": detail(count=["300"]),
    "300 is not 300.0: numbers compare as text": detail(count=[300.0]),
    "exists on an intermediate node": detail(tags=[{"exists": True}]),
    "exists on an empty array": detail(none=[{"exists": True}]),
    "absent but present": detail(lastStatus=[{"exists": False}]),
    "a prefix on a number": detail(count=[{"prefix": "3"}]),
    "anything but the value itself": detail(count=[{"anything-but": 300}]),
    "anything but, when every element is refused": {
        "resources": [{"anything-but": ["arn:task/a", "arn:task/b"]}]
    },
    "out of range": detail(count=[{"numeric": ["<", 300]}]),
    "numeric on text": detail(lastStatus=[{"numeric": [">", 0]}]),
    "a boolean is no number": detail(flag=[{"numeric": [">", 0]}]),
    "another block": detail(address=[{"cidr": "10.0.1.0/24"}]),
    "text that is no address": detail(lastStatus=[{"cidr": "0.0.0.0/0"}]),
    "an escaped star is a star": {"time": [{"wildcard": "2026\\*"}]},
    "a wildcard covers the whole value": detail(path=[{"wildcard": "a*b.png"}]),
    "fields of different objects in one array": detail(
        containers={"name": ["web"], "exitCode": [137]}
    ),
    "fields of different objects in nested arrays": detail(matrix={"x": [1], "y": [4]}),
    "no branch of $or": {"$or": [{"source": ["aws.ec2"]}, {"region": ["us-east-1"]}]},
    "$or as the name of a field": {"$or": {"source": ["aws.ecs"]}},
}


@pytest.mark.parametrize("pattern", MATCHING.values(), ids=MATCHING)
def test_a_documented_pattern_matches(pattern):
    assert matches(pattern, EVENT)


@pytest.mark.parametrize("pattern", NOT_MATCHING.values(), ids=NOT_MATCHING)
def test_a_documented_pattern_does_not_match(pattern):
    assert not matches(pattern, EVENT)
