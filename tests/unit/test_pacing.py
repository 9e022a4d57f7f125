"""The budgets: never more than the rate allows, and a share that only cancels may use."""

from hypothesis import given
from hypothesis import strategies as st

from strategy.knobs import PacingKnobs
from strategy.pacing import QUERIES, Bucket, make_pacing
from strategy.units import NS_PER_S

KNOBS = PacingKnobs(orders_per_s=10, burst=20, cancel_share_pct=30, queries_per_s=5)


def test_creates_leave_the_cancels_share_alone():
    pacing = make_pacing(KNOBS)
    assert 6 == pacing.reserved
    assert [True] * 14 + [False] == [pacing.take_order(0) for _ in range(15)]
    assert [True] * 6 + [False] == [pacing.take_cancel(0) for _ in range(7)]


def test_moves_that_can_wait_leave_some_for_those_that_cannot():
    pacing = make_pacing(KNOBS)
    assert [True] * 10 + [False] == [pacing.take_order(0, spare=4) for _ in range(11)]
    assert pacing.take_order(0)


def test_tokens_come_back_at_the_rate_and_it_says_when():
    pacing = make_pacing(KNOBS)
    while pacing.take_cancel(0):
        pass
    assert (100_000_000, 700_000_000) == (pacing.next_cancel_ns(0), pacing.next_order_ns(0))
    assert 1_100_000_000 == pacing.next_order_ns(0, spare=4)
    assert not pacing.take_cancel(99_999_999)
    assert pacing.take_cancel(100_000_000)


def test_questions_have_a_bucket_of_their_own():
    pacing = make_pacing(KNOBS)
    assert 5 == pacing.queries_left(0)
    pacing.take_queries(5)
    assert (0, True) == (pacing.queries_left(0), pacing.take_order(0))
    assert 1 == pacing.queries_left(NS_PER_S // 5)


def test_the_venues_word_lowers_a_budget_and_never_raises_it():
    pacing = make_pacing(KNOBS)
    pacing.seen(0, "orders", 7)
    assert [True, False] == [pacing.take_order(0) for _ in range(2)]
    pacing.seen(0, "orders", 100)
    assert not pacing.take_order(0)
    pacing.seen(0, QUERIES, 1)
    assert 1 == pacing.queries_left(0)


@given(
    st.lists(st.tuples(st.integers(0, NS_PER_S), st.integers(0, 5)), max_size=60),
    st.integers(1, 20),
    st.integers(1, 30),
)
def test_no_window_ever_sees_more_than_burst_and_rate(steps, rate, burst):
    bucket, now_ns, taken = Bucket(rate, burst, burst * NS_PER_S), 0, []
    for wait_ns, wanted in steps:
        now_ns += wait_ns
        for _ in range(wanted):
            if bucket.has(now_ns):
                bucket.take(1)
                taken.append(now_ns)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            window_ns = taken[last] - taken[first]
            assert last - first + 1 <= burst + window_ns * rate / NS_PER_S + 1e-9


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 40), st.integers(0, 10**10))
def test_the_next_token_is_there_when_promised_and_not_before(rate, burst, used, now_ns):
    bucket = Bucket(rate, burst, burst * NS_PER_S)
    bucket.has(now_ns)
    bucket.take(min(used, burst))
    if not bucket.has(now_ns):
        promised_ns = bucket.next_ns(now_ns)
        assert not bucket.has(promised_ns - 1)
        assert bucket.has(promised_ns)
