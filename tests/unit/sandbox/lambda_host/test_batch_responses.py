import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.lambda_host.batch_response import failed_ids

IDS = {"a", "b", "c"}


@pytest.mark.parametrize(
    "result",
    [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}, {"statusCode": 200}],
)
def test_an_empty_response_is_a_success(result):
    assert failed_ids(result, IDS) == set()


def test_the_named_messages_have_failed():
    result = {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}
    assert failed_ids(result, IDS) == {"a", "c"}


@pytest.mark.parametrize(
    "failure",
    [
        {"itemIdentifier": ""},
        {"itemIdentifier": None},
        {"itemIdentifier": 7},
        {"messageId": "a"},
        {"itemIdentifier": "unknown"},
        "a",
    ],
)
def test_an_identifier_that_lambda_cannot_use_fails_the_whole_batch(failure):
    result = {"batchItemFailures": [{"itemIdentifier": "a"}, failure]}
    assert failed_ids(result, IDS) == IDS


@pytest.mark.parametrize("result", ["ok", 1, [], {"batchItemFailures": "a"}])
def test_a_response_of_another_shape_fails_the_whole_batch(result):
    assert failed_ids(result, IDS) == IDS


@given(st.sets(st.sampled_from(sorted(IDS))))
def test_any_subset_can_fail(failed):
    result = {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    assert failed_ids(result, IDS) == failed
