"""The budgets: never more than the rate allows, and a share that only cancels may use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy.knobs import PacingKnobs
from strategy.pacing import ACCOUNT, ORDERS, QUERIES, SHUT_OUT, Bucket, make_pacing
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


def test_a_lowered_budget_stays_lowered_until_the_venue_said_it_would():
    pacing = make_pacing(KNOBS)
    pacing.seen(0, QUERIES, 1, resets_ns=3 * NS_PER_S)
    pacing.take_queries(1)
    pacing.seen(0, QUERIES, 0, resets_ns=3 * NS_PER_S)
    assert (0, 3 * NS_PER_S) == (pacing.queries_left(3 * NS_PER_S - 1), pacing.next_query_ns(NS_PER_S))
    assert 5 == pacing.queries_left(3 * NS_PER_S), "full again, as it was said"


def test_an_empty_order_budget_keeps_quotes_back_for_as_long_as_it_says_and_cancels_for_a_moment():
    pacing = make_pacing(KNOBS)
    pacing.seen(0, ORDERS, 0, resets_ns=120 * NS_PER_S)
    assert pacing.is_quiet(NS_PER_S)
    assert (300_000_000, 120 * NS_PER_S) == (pacing.next_cancel_ns(0), pacing.next_order_ns(0))
    assert not pacing.take_cancel(299_999_999)
    assert pacing.take_cancel(300_000_000)
    assert not pacing.take_order(119 * NS_PER_S)
    assert pacing.take_order(120 * NS_PER_S)


def test_a_refusal_for_the_rate_halves_it_once_for_all_that_were_under_way():
    pacing = make_pacing(KNOBS)
    pacing.refused(NS_PER_S, ORDERS, NS_PER_S // 2)
    assert (5, 13, 6) == (pacing.orders.rate_per_s, pacing.orders.burst, pacing.reserved)
    assert not pacing.take_order(NS_PER_S), "never again at once"
    assert 1_500_000_000 == pacing.next_order_ns(NS_PER_S)
    assert 6 == pacing.cancels_left(NS_PER_S), "only quotes pay for it"
    pacing.refused(NS_PER_S + 10, ORDERS, NS_PER_S - 1)
    assert 5 == pacing.orders.rate_per_s
    pacing.refused(NS_PER_S + 20, ORDERS, NS_PER_S + 5)
    assert 2_000_000_020 == pacing.next_order_ns(NS_PER_S + 20), "and longer after each further one"
    assert (2, 8, 5) == (pacing.orders.rate_per_s, pacing.orders.burst, pacing.queries.rate_per_s)


def test_the_rate_comes_back_slowly_and_stays_longest_just_below_where_it_was_refused():
    pacing = make_pacing(KNOBS)
    pacing.refused(0, ORDERS, 0)
    rates = {}
    for at_s in range(200):
        pacing.cancels_left(at_s * NS_PER_S)
        rates.setdefault(pacing.orders.rate_per_s, at_s)
    assert {5: 0, 6: 10, 7: 20, 8: 30, 9: 40, 10: 70} == rates
    assert 20 == pacing.orders.burst


def test_a_limit_that_has_moved_is_found_out():
    pacing = make_pacing(KNOBS)
    for number in range(3):
        pacing.refused(2 * number * NS_PER_S, ORDERS, 0)
    assert 1 == pacing.orders.rate_per_s
    rates = {}
    for at_s in range(4, 300):
        pacing.cancels_left(at_s * NS_PER_S)
        rates.setdefault(pacing.orders.rate_per_s, at_s - 4)
    assert {1: 0, 2: 10, 3: 40, 4: 50, 10: 110} == {rate: rates[rate] for rate in (1, 2, 3, 4, 10)}


def test_nothing_leaves_in_a_ban_and_after_it_cancels_leave_first_then_questions_then_quotes():
    pacing = make_pacing(KNOBS)
    pacing.seen(0, ACCOUNT, 0, resets_ns=120 * NS_PER_S)
    last_ns, end_ns = 120 * NS_PER_S - 1, 120 * NS_PER_S
    assert (False, False, 0) == (pacing.take_cancel(last_ns), pacing.take_order(last_ns), pacing.queries_left(last_ns))
    assert end_ns == pacing.next_cancel_ns(last_ns)
    assert end_ns < pacing.next_query_ns(last_ns) < pacing.next_order_ns(last_ns)
    assert [True] * 6 + [False] == [pacing.take_cancel(end_ns) for _ in range(7)]
    assert 0 == pacing.queries_left(end_ns)
    assert 1 == pacing.queries_left(pacing.next_query_ns(last_ns))
    assert not pacing.is_quiet(pacing.next_order_ns(last_ns))


def test_an_address_that_is_shut_out_asks_nothing_and_quotes_nothing_and_still_cancels():
    pacing = make_pacing(KNOBS)
    pacing.seen(0, SHUT_OUT, 0, 600 * NS_PER_S)
    pacing.seen(NS_PER_S, SHUT_OUT, 0, 500 * NS_PER_S)  # a shorter one shortens nothing
    later_ns = 599 * NS_PER_S
    assert (0, False, True) == (pacing.queries_left(later_ns), pacing.take_order(later_ns), pacing.is_quiet(later_ns))
    assert pacing.take_cancel(later_ns)
    assert 601 * NS_PER_S == pacing.next_order_ns(later_ns)
    assert pacing.next_query_ns(later_ns) > 600 * NS_PER_S
    assert pacing.take_order(602 * NS_PER_S)
    assert pacing.queries_left(602 * NS_PER_S)


@pytest.mark.parametrize("bucket", [ACCOUNT, SHUT_OUT])
def test_a_budget_that_is_empty_for_a_moment_is_no_ban_after_one_either(bucket):
    """Each order emptied the venue's budget of one: the order was pulled each time, as in a ban (swarm seed 30189)."""
    pacing = make_pacing(KNOBS)
    pacing.seen(0, bucket, 0, 10 * NS_PER_S)
    assert pacing.is_quiet(10 * NS_PER_S), "quotes come last after a ban"
    later_ns = 60 * NS_PER_S
    pacing.seen(later_ns, ORDERS, 0, later_ns + NS_PER_S // 12)
    assert not pacing.take_order(later_ns)
    assert not pacing.is_quiet(later_ns)
    pacing.seen(later_ns, ORDERS, 0, later_ns + 3 * NS_PER_S)
    assert pacing.is_quiet(later_ns)


def test_a_ban_of_unknown_length_is_waited_out_and_longer_each_time_up_to_a_bound():
    pacing, now_ns, waits = make_pacing(KNOBS), 0, []
    for _ in range(8):
        pacing.ban(now_ns)
        waits.append((pacing.banned_ns - now_ns) // NS_PER_S)
        now_ns = pacing.banned_ns + NS_PER_S
    assert [30, 60, 120, 240, 480, 600, 600, 600] == waits
    pacing.ban(now_ns + 3600 * NS_PER_S)
    assert 0 == pacing.bans


def test_a_ban_whose_end_was_told_lengthens_no_later_guess():
    pacing = make_pacing(KNOBS)
    pacing.ban(0)
    for _ in range(3):
        now_ns = pacing.banned_ns + NS_PER_S
        pacing.ban(now_ns, now_ns + 5 * NS_PER_S)
    now_ns = pacing.banned_ns + NS_PER_S
    pacing.ban(now_ns)
    assert now_ns + 60 * NS_PER_S == pacing.banned_ns


def test_a_ban_of_orders_alone_ends_when_the_venue_has_just_said_and_cancels_may_leave():
    now_ns = 100 * NS_PER_S
    for told_ago_ms, waits_s in ((0, 6), (20, 30)):
        pacing = make_pacing(KNOBS)
        pacing.seen(now_ns - told_ago_ms * 1_000_000, "orders", 0, now_ns + 6 * NS_PER_S)
        pacing.ban(now_ns)
        assert now_ns + waits_s * NS_PER_S == pacing.banned_ns
        assert 0 == pacing.queries_left(now_ns + NS_PER_S)
        assert not pacing.take_order(now_ns + NS_PER_S)
        assert (told_ago_ms == 0) is (pacing.cancels_left(now_ns + NS_PER_S) > 0)


def test_words_about_a_ban_that_is_known_neither_lengthen_nor_repeat_it():
    pacing = make_pacing(KNOBS)
    pacing.seen(0, ACCOUNT, 0, resets_ns=10 * NS_PER_S)
    for at_s in range(1, 10):
        pacing.ban(at_s * NS_PER_S)
    assert (10 * NS_PER_S, 0) == (pacing.banned_ns, pacing.bans)


WORDS = st.one_of(
    st.tuples(st.just("take"), st.sampled_from(["order", "cancel", "query"]), st.integers(1, 8)),
    st.tuples(st.just("seen"), st.sampled_from([ORDERS, QUERIES, ACCOUNT]), st.integers(0, 5)),
    st.tuples(st.just("refused"), st.sampled_from([ORDERS, QUERIES]), st.integers(0, 1)),
    st.tuples(st.just("ban"), st.just(""), st.integers(0, 1)),
)


@given(st.lists(st.tuples(st.integers(0, 5 * NS_PER_S), WORDS), max_size=60))
def test_no_word_makes_a_budget_negative_or_takes_the_cancels_their_share_or_lasts_for_ever(story):
    pacing, now_ns = make_pacing(KNOBS), 0
    for wait_ns, (verb, what, count) in story:
        now_ns += wait_ns
        if verb == "take":
            for _ in range(count):
                if what == "cancel":
                    assert pacing.take_cancel(now_ns) or pacing.next_cancel_ns(now_ns) > now_ns
                    assert now_ns >= pacing.banned_ns or 0 == pacing.cancels_left(now_ns)
                elif what == "query":
                    pacing.take_queries(min(1, pacing.queries_left(now_ns)))
                elif pacing.take_order(now_ns):
                    assert pacing.orders.has(now_ns) >= pacing.reserved >= 1
                    assert now_ns >= max(pacing.banned_ns, pacing.quiet_ns)
        elif verb == "seen":
            pacing.seen(now_ns, what, count, now_ns + 7 * NS_PER_S)
            if what == ORDERS:
                assert pacing.orders.has(now_ns) <= count
        elif verb == "refused":
            pacing.refused(now_ns, what, now_ns * count)
        else:
            pacing.ban(now_ns, (now_ns + 3 * NS_PER_S) * count)
        assert 0 <= pacing.orders.level <= pacing.orders.burst * NS_PER_S
        assert 0 <= pacing.queries.level <= pacing.queries.burst * NS_PER_S
        assert 1 <= pacing.orders.rate_per_s <= KNOBS.orders_per_s
        later_ns = max(pacing.next_order_ns(now_ns), pacing.next_query_ns(now_ns), pacing.next_cancel_ns(now_ns))
        assert now_ns < later_ns <= now_ns + 2 * KNOBS.ban_wait_ns_max
    healed_ns = now_ns + 2000 * NS_PER_S
    pacing.orders.has(healed_ns - 100 * NS_PER_S)
    pacing.queries.has(healed_ns - 100 * NS_PER_S)  # the rate is back; then the tokens come
    assert (14, 20, 5) == (
        sum(pacing.take_order(healed_ns) for _ in range(20)),
        pacing.orders.burst,
        pacing.queries_left(healed_ns),
    )


@given(
    st.lists(st.tuples(st.integers(0, NS_PER_S), st.integers(0, 5)), max_size=60),
    st.integers(1, 20),
    st.integers(1, 30),
)
def test_no_window_ever_sees_more_than_burst_and_rate(steps, rate, burst):
    bucket, now_ns, taken = Bucket(rate, burst, burst * NS_PER_S, burst * NS_PER_S), 0, []
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
    bucket = Bucket(rate, burst, burst * NS_PER_S, burst * NS_PER_S)
    bucket.has(now_ns)
    bucket.take(min(used, burst))
    if not bucket.has(now_ns):
        promised_ns = bucket.next_ns(now_ns)
        assert not bucket.has(promised_ns - 1)
        assert bucket.has(promised_ns)
