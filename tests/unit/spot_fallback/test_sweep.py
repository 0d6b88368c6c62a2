"""Only covers are swept away, whatever anybody writes into tags."""

from __future__ import annotations

import dataclasses
from unittest.mock import Mock

import pytest

from ecsops.errors import CallFailed
from spot_fallback.model import Cover
from spot_fallback.plan import Delete
from spot_fallback.sweep import Sweeper
from tests.unit.spot_fallback.shapes import (
    ARN,
    CLUSTER,
    COVER_ARN,
    NOW,
    cover_shape,
    described,
    tag_list,
)

PLACES = {"web": described(tags={"ecs-ops:spot-fallback": "off"})}


def sweeper(shadow_shape):
    services = PLACES | {shadow_shape["serviceName"]: shadow_shape}
    aws = Mock()
    aws.describe.side_effect = lambda places: (
        {place: services[place[1]] for place in places if place[1] in services},
        {},
    )
    store = Mock()
    store.read.return_value = {ARN: Cover(target=2, confirmed=True, version=7)}
    return Sweeper(aws, store, Mock())


def test_the_cover_of_a_service_that_wants_none_is_deleted():
    swept = sweeper(cover_shape(2))
    assert swept.sweep([COVER_ARN], NOW) == []
    [called] = swept.aws.perform.call_args_list
    assert called.args == (Delete("prod", "web-ecs-ops-fallback"),)


def test_what_was_remembered_goes_with_the_cover():
    """Else the tag's return would tell that somebody set the cover to nothing."""
    swept = sweeper(cover_shape(2))
    swept.sweep([COVER_ARN], NOW)
    swept.store.write.assert_called_once_with(ARN, Cover(version=7), NOW)


def test_a_cover_whose_service_cannot_be_read_is_kept_and_looked_at_again():
    swept = sweeper(cover_shape(2))
    read = swept.aws.describe.side_effect

    def throttled(places):
        if ("prod", "web") not in places:
            return read(places)
        error = CallFailed("DescribeServices", "ThrottlingException", "slow")
        return {}, dict.fromkeys(places, error)

    swept.aws.describe.side_effect = throttled
    assert swept.sweep([COVER_ARN], NOW) == [COVER_ARN]
    swept.aws.perform.assert_not_called()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_dry_run_deletes_no_cover(dry_run):
    swept = dataclasses.replace(sweeper(cover_shape(2)), dry_run=dry_run)
    swept.sweep([COVER_ARN], NOW)
    assert swept.aws.perform.called != dry_run


@pytest.mark.parametrize(
    "owner", ["", "nonsense", "arn:aws:ecs:eu-west-1:123456789012:service/web"]
)
def test_a_tag_that_names_no_service_stops_nothing_and_deletes_nothing(owner):
    swept = sweeper(cover_shape(2, tags=tag_list({"ecs-ops:fallback-for": owner})))
    assert swept.sweep([COVER_ARN], NOW) == []
    swept.aws.perform.assert_not_called()


def test_a_service_without_the_covers_name_is_not_deleted():
    other = cover_shape(2, serviceName="api", tags=tag_list({"ecs-ops:fallback-for": ARN}))
    swept = sweeper(other)
    assert swept.sweep([f"{CLUSTER.replace('cluster', 'service')}/api"], NOW) == []
    swept.aws.perform.assert_not_called()
