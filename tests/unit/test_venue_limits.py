"""How often an account may ask, and what becomes of one that asks too often."""

import pytest

from sim.venue import codes
from sim.venue.limits import Limits, Policy, TokenBucket
from sim.wire import Header
from strategy import commands
from strategy.units import NS_PER_S

S = NS_PER_S
CANCEL = commands.CancelOrder("a", "X", 0)
CREATE = commands.CreateOrder("a", "X", "bid0", 1, 1, 1, True, False, False, 0, 0)
ASK = commands.QueryOrder("a", "X", 1)
FILLS = commands.QueryFills("X", 0, 1)


def limits(**kinds) -> Limits:
    return Limits(Policy(**({"orders_per_s": 2, "burst": 4, "reads_per_s": 5} | kinds)))


def admitted(bucket: Limits, *what, now_ns: int = 0) -> list[str]:
    return [bucket.admit(command, now_ns) for command in what]


def test_a_bucket_tells_what_is_left_and_when_there_is_more():
    bucket = TokenBucket(2, 4)
    assert all(bucket.take(0) for _ in range(4))
    assert (False, 1, 0) == (bucket.take(0), bucket.refused, bucket.left(0))
    assert (S // 2, 2 * S) == (bucket.one_ns(0), bucket.full_ns(0))
    assert (2, 0, S) == (bucket.left(S), bucket.one_ns(S), bucket.full_ns(S))


def test_orders_and_questions_have_buckets_of_their_own():
    assert ["", "", "", "", "rate_limit", ""] == admitted(limits(), *[CREATE] * 5, ASK)


def test_where_everything_is_weighed_a_heavy_question_costs_an_order():
    assert ["", "rate_limit", ""] == admitted(limits(weight_per_s=6), FILLS, FILLS, CREATE)


def test_cancels_share_the_bucket_or_go_free():
    assert ["rate_limit", ""] == [
        admitted(limits(cancels_share=share), *[CREATE] * 4, CANCEL)[-1] for share in (True, False)
    ]


def test_refusals_in_a_row_make_a_ban_and_each_ban_is_twice_the_last():
    one = limits(burst=1, ban_after=3, ban_ns=4 * S, ban_ns_max=12 * S)
    assert ["", *[codes.RATE_LIMIT] * 3, codes.BANNED] == admitted(one, *[CREATE] * 5)
    assert 4 * S == one.banned_until_ns
    assert [codes.BANNED] * 2 == admitted(one, ASK, CANCEL, now_ns=1 * S), "nothing is read, and asking on counts"
    assert (1 * S + 8 * S, 2) == (one.banned_until_ns, one.bans)
    admitted(one, *[CREATE] * 3, now_ns=2 * S)
    assert 2 * S + 12 * S == one.banned_until_ns, "no longer than the longest"
    assert [""] == admitted(one, CREATE, now_ns=15 * S)


def test_refusals_far_apart_are_not_one_offence():
    one = limits(orders_per_s=1, burst=1, ban_after=2, ban_ns=S, ban_ns_max=S)
    for at_s in (0, 20, 40):
        admitted(one, CREATE, CREATE, now_ns=at_s * S)
    assert (3, 0) == (one.refusals, one.bans)


def test_cancels_that_go_free_pass_a_ban():
    one = limits(burst=1, cancels_share=False, ban_after=1, ban_ns=4 * S, ban_ns_max=4 * S)
    assert ["", codes.RATE_LIMIT, codes.BANNED, ""] == admitted(one, CREATE, CREATE, ASK, CANCEL)
    assert Header("orders", 0, 4 * S) == one.header(CREATE, codes.BANNED, 0), "whoever obeys may still cancel"


def test_a_ban_is_told_for_the_whole_account():
    one = limits(burst=1, ban_after=1, ban_ns=4 * S, ban_ns_max=4 * S)
    admitted(one, CREATE, CREATE)
    assert Header("account", 0, 3 * S) == one.header(ASK, codes.BANNED, 1 * S)


@pytest.mark.parametrize("says_when", [True, False])
def test_a_refusal_says_when_to_come_back_where_the_venue_does(says_when):
    one = limits(says_when=says_when)
    admitted(one, *[CREATE] * 5)
    assert (Header("orders", 0, S // 2) if says_when else None) == one.header(CREATE, codes.RATE_LIMIT, 0)


def test_an_answer_says_how_much_is_left_once_it_is_little():
    one = limits(burst=8)
    told = []
    for _ in range(8):
        admitted(one, CREATE)
        told.append(one.header(CREATE, "", 0))
    assert [None] * 6 == told[:6]
    assert [Header("orders", 1, 3 * S + S // 2), Header("orders", 0, 4 * S)] == told[6:]


def test_a_policy_ends_with_full_buckets_and_a_clean_record():
    one = limits()
    one.obey(Policy(orders_per_s=1, burst=1, reads_per_s=1, ban_after=1, ban_ns=9 * S, ban_ns_max=9 * S), 0)
    admitted(one, CREATE, CREATE)
    assert one.banned_until_ns
    one.relent(S)
    assert ["", "", "", "", codes.RATE_LIMIT] == admitted(one, *[CREATE] * 5, now_ns=S)
