from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsops.arns import (
    Arn,
    parse_arn,
    region_of_instance,
    service_arn,
    target_group_name,
    zone_of_instance,
)
from ecsops.errors import InvalidMessage

LONG = "arn:aws:ecs:eu-west-1:123456789012:service/prod/web"
SHORT = "arn:aws:ecs:eu-west-1:123456789012:service/web"
_field = st.text(st.characters(exclude_characters=":", codec="utf-8"), max_size=12)


def test_a_long_service_arn_names_its_cluster():
    arn = parse_arn(LONG)
    assert (arn.kind, arn.cluster, arn.name) == ("service", "prod", "web")


def test_a_short_service_arn_names_no_cluster():
    arn = parse_arn(SHORT)
    assert (arn.kind, arn.cluster, arn.name) == ("service", None, "web")


def test_a_resource_may_hold_colons():
    arn = parse_arn("arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web:*")
    assert arn.kind == "log-group"
    assert arn.resource == "log-group:/ecs/web:*"


@pytest.mark.parametrize(
    "text",
    ["", "arn", "arn:aws:ecs:eu-west-1:123456789012", "arn:aws:ecs:eu-west-1:1:", "a:b:c:d:e:f"],
)
def test_what_is_no_arn_is_rejected_with_the_path_of_its_field(text):
    with pytest.raises(InvalidMessage) as caught:
        parse_arn(text, "$.detail.taskArn")
    assert caught.value.path == "$.detail.taskArn"


def test_a_long_text_that_is_no_arn_is_quoted_only_in_part():
    with pytest.raises(InvalidMessage) as caught:
        parse_arn("x" * 1_000_000)
    assert len(str(caught.value)) < 200


@given(st.tuples(_field, _field, _field, _field, _field.filter(bool)))
def test_what_is_joined_with_colons_reads_back_the_same(parts):
    assert parse_arn(":".join(("arn", *parts))) == Arn(*parts)


@pytest.mark.parametrize(
    ("field", "region", "zone"),
    [
        ("us-east-1b", "us-east-1", "us-east-1b"),
        ("us-east-1", "us-east-1", None),
        ("us-gov-west-1a", "us-gov-west-1", "us-gov-west-1a"),
        ("us-west-2-lax-1a", "us-west-2", "us-west-2-lax-1a"),
        ("", "", None),
    ],
)
def test_the_region_field_of_an_instance_may_hold_a_zone(field, region, zone):
    arn = parse_arn(f"arn:aws:ec2:{field}:123456789012:instance/i-0c9b8a7d6e5f40312")
    assert region_of_instance(arn) == region
    assert zone_of_instance(arn) == zone


def test_the_instance_arn_of_a_spot_warning_has_no_account():
    arn = parse_arn("arn:aws:ec2:us-east-1b:instance/i-0c9b8a7d6e5f40312")
    assert (arn.account, arn.kind, arn.name) == ("", "instance", "i-0c9b8a7d6e5f40312")
    assert region_of_instance(arn) == "us-east-1"


def test_a_service_arn_is_built_in_the_partition_of_its_cluster():
    cluster = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/prod"
    assert service_arn(cluster, "web") == "arn:aws-cn:ecs:cn-north-1:123456789012:service/prod/web"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/0123456789abcdef", "web"),
        ("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/x/1", None),
        ("nonsense", None),
        ("targetgroup", None),
    ],
)
def test_a_target_group_is_called_by_its_name(arn, name):
    assert target_group_name(arn) == (name or arn)
