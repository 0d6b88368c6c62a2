"""How many launches, and whose."""

from hypothesis import given
from hypothesis import strategies as st

from batch_jobs.pace import QUOTAS, Candidate, filled, share
from batch_jobs.rows import Buckets

FULL = filled(Buckets(at=0.0), 0.0)


def test_20_calls_at_once_then_20_a_second():
    shares, left = share([Candidate("a", "a", 5, "FARGATE", 1000)], FULL, 100)
    assert shares == {"a": 20}
    assert share([Candidate("a", "a", 5, "FARGATE", 1000)], filled(left, 0.0), 100)[0] == {}
    assert share([Candidate("a", "a", 5, "FARGATE", 1000)], filled(left, 0.5), 100)[0] == {"a": 10}


def test_jobs_take_turns_however_many_shards_they_have():
    big, small = Candidate("big", "big", 5, "FARGATE", 9_999), Candidate("s", "s", 5, "FARGATE", 4)
    assert share([big, small], FULL, 100)[0] == {"big": 16, "s": 4}


def test_the_higher_priority_goes_first():
    low, high = Candidate("low", "low", 1, "FARGATE", 50), Candidate("h", "h", 9, "FARGATE", 15)
    assert share([low, high], FULL, 100)[0] == {"h": 15, "low": 5}


def test_who_waits_longest_is_first():
    runs = [Candidate(n, f"job-{n}", 5, "FARGATE", 1, served=float(n)) for n in range(30)]
    assert set(share(list(reversed(runs)), FULL, 100)[0]) == set(range(20))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 9),
            st.sampled_from(["FARGATE", "FARGATE_SPOT", "EC2"]),
            st.integers(0, 60),
        ),
        max_size=12,
    ),
    st.floats(0, 10),
)
def test_never_more_than_the_buckets_hold_nor_than_anybody_wants(wants, later):
    candidates = [
        Candidate(n, f"j{job}", priority, kind, ready)
        for n, (job, priority, kind, ready) in enumerate(wants)
    ]
    shares, left = share(candidates, FULL, 100)
    assert all(shares[n] <= candidates[n].ready for n in shares)
    assert sum(shares.values()) <= 100
    assert all(level >= 0 for level in left.levels.values())
    assert all(filled(left, later).levels[name] <= most for name, (most, _) in QUOTAS.items())
    if not shares:
        assert all(one.ready == 0 for one in candidates)
