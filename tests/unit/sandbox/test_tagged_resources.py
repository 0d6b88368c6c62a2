"""The tagging API finds services, a page at a time."""

import pytest

from sandbox.errors import ApiError, UnsupportedOperation
from sandbox.tagged_resources import TaggedResources

SERVICES = {
    f"arn:aws:ecs:eu-west-1:123456789012:service/prod/s{number}": {"team": "a", "queue": "q"}
    for number in range(3)
}
UNTAGGED = {"arn:aws:ecs:eu-west-1:123456789012:service/prod/none": {}}


class Twin:
    def tagged_services(self):
        return SERVICES | UNTAGGED


def ask(**params):
    found = TaggedResources(Twin()).call(
        "GetResources", {"ResourceTypeFilters": ["ecs:service"]} | params, None
    )
    arns = [each["ResourceARN"] for each in found["ResourceTagMappingList"]]
    return arns, found["PaginationToken"]


def test_what_has_no_tag_is_not_found():
    assert ask()[0] == sorted(SERVICES)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"Key": "team"}, 3),
        ({"Key": "team", "Values": ["a", "b"]}, 3),
        ({"Key": "team", "Values": ["b"]}, 0),
        ({"Key": "stage"}, 0),
    ],
)
def test_tags_are_filtered_by_key_and_value(wanted, found):
    assert len(ask(TagFilters=[wanted])[0]) == found


def test_pages_follow_each_other():
    first, token = ask(ResourcesPerPage=2)
    second, end = ask(ResourcesPerPage=2, PaginationToken=token)
    assert [*first, *second] == sorted(SERVICES)
    assert end == ""


def test_what_is_not_simulated_is_refused():
    with pytest.raises(UnsupportedOperation):
        ask(ResourceTypeFilters=["sqs"])
    with pytest.raises(ApiError):
        ask(ResourcesPerPage=500)
