"""What was earned, from what the bot itself sees: when a ledger opens, which mid a fill had, what is booked once."""

import pytest
from quoting import INSTRUMENT, KNOBS, MID_TICKS, NOW_NS, book_at, calm

from adapters.money import Money, Purse
from strategy import events
from strategy.edge import EdgeLedger
from strategy.units import BPS, CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

NAME = INSTRUMENT.symbol
LOT_CASH = INSTRUMENT.cash_per_ticklot


def purse():
    return Purse(EdgeLedger(INSTRUMENT, pending=[], slips=[], stages={}))


def context(mid_ticks, **changes):
    return calm(**book_at(mid_ticks - 1, mid_ticks + 1), **changes)


def fill(number=1, lots=2, price=MID_TICKS, side=1, liquidity="maker", venue_ns=NOW_NS, symbol=NAME):
    return events.OrderFilled("s-1", symbol, side, f"f-{number}", price, lots, lots, liquidity, -7, venue_ns)


def opened(mid_ticks=MID_TICKS, **changes):
    money = Money(KNOBS)
    money.purses[NAME].on_mid(NOW_NS, NOW_NS - NS_PER_S, context(mid_ticks, **changes))
    return money


def test_a_ledger_opens_with_the_first_decision_that_nothing_forbids():
    one = purse()
    one.on_mid(NOW_NS, NOW_NS, context(100, blocked="stream_down", position_lots=5))
    assert not one.is_open
    one.on_mid(NOW_NS, NOW_NS, context(200, position_lots=5))
    assert one.is_open
    figures = one.ledger.figures(NOW_NS)
    assert (0, 0, 0) == (figures.pnl_cash, figures.inventory_cash, figures.capture_cash)
    one.on_mid(NOW_NS + 1, NOW_NS + 1, context(203, position_lots=5))
    assert 3 * 5 * LOT_CASH == one.ledger.figures(NOW_NS).pnl_cash


def test_what_is_filled_before_that_is_what_the_ledger_opens_with():
    money = Money(KNOBS)
    assert money.hear(fill())
    money.book(NOW_NS)
    assert 0 == money.figures(NOW_NS)[NAME].fills
    assert not money.hear(fill()), "and it is known"


def test_the_mid_of_a_fill_is_the_last_before_the_venues_instant():
    one = purse()
    for number, mid in enumerate((100, 110, 110, 120)):
        one.on_mid(NOW_NS + number, number * NS_PER_MS, context(mid))
    assert [200, 200, 220, 220, 240] == [
        one.mid2_before(at_ns) for at_ns in (0, NS_PER_MS, NS_PER_MS + 1, 3 * NS_PER_MS, 4 * NS_PER_MS)
    ]


def test_a_fill_that_crossed_our_decision_cost_what_the_mid_had_moved():
    money = opened()
    money.choose("s-1", context(MID_TICKS))
    money.purses[NAME].on_mid(NOW_NS, NOW_NS, context(MID_TICKS - 10))
    money.hear(fill(lots=2, price=MID_TICKS - 1, venue_ns=NOW_NS + 1))
    money.book(NOW_NS)
    figures = money.figures(NOW_NS)[NAME]
    assert (-9 * 2 * LOT_CASH, -7) == (figures.capture_cash, figures.fee_cash)
    assert figures.pnl_cash == figures.capture_cash + figures.fee_cash + figures.inventory_cash
    slipped = money.purses[NAME].slipped
    notional = (MID_TICKS - 1) * 2 * LOT_CASH / CASH_PER_QUOTE
    assert slipped["maker"] == pytest.approx(10 / BPS * notional)
    assert (0.0, []) == (slipped["taker"], money.purses[NAME].ledger.slips)


def test_a_fill_of_an_order_nobody_chose_has_no_slippage():
    money = opened()
    money.hear(fill())
    money.book(NOW_NS)
    assert (1, 0.0) == (money.figures(NOW_NS)[NAME].fills, money.purses[NAME].slipped["maker"])


def test_fills_and_funding_of_others_symbols_are_not_ours():
    money = opened()
    assert money.hear(fill(symbol="DOGEUSDT"))
    money.book(NOW_NS)
    money.on_funding(events.FundingPaid("DOGEUSDT", "p-1", 500, NOW_NS))
    figures = money.figures(NOW_NS)
    assert [NAME] == list(figures)
    assert (0, 0) == (figures[NAME].fills, figures[NAME].funding_cash)


def test_a_funding_payment_is_booked_once():
    money = opened()
    for _ in range(3):
        money.on_funding(events.FundingPaid(NAME, "p-1", 500, NOW_NS))
    money.on_funding(events.FundingPaid(NAME, "p-2", -200, NOW_NS))
    figures = money.figures(NOW_NS)[NAME]
    assert (300, 300) == (figures.funding_cash, figures.pnl_cash)


def test_the_price_that_is_forgotten_first_is_the_one_chosen_longest_ago():
    money = opened()
    for number in range(1024):
        money.choose(f"s-{number}", context(MID_TICKS))
    money.choose("s-0", context(MID_TICKS))
    money.choose("s-new", context(MID_TICKS))
    assert 1024 == len(money._chosen)
    assert "s-0" in money._chosen
    assert "s-1" not in money._chosen


def test_a_process_that_lives_for_weeks_keeps_no_more_than_one_of_an_hour():
    money = opened()
    kept = []
    for number in range(12_000):
        now_ns = NOW_NS + number * 100 * NS_PER_MS
        money.purses[NAME].on_mid(now_ns, now_ns, context(MID_TICKS + number % 7))
        money.choose(f"s-{number}", context(MID_TICKS))
        money.hear(fill(number, venue_ns=now_ns))
        money.book(now_ns)
        money.on_funding(events.FundingPaid(NAME, f"p-{number}", 1, now_ns))
        if number in (6_000, 11_999):
            one = money.purses[NAME]
            kept.append((len(one._mids), len(one.ledger.pending), len(one.ledger.slips), len(money._chosen)))
            kept[-1] += (len(money._fill_ids), len(money._funding_ids))
    assert kept[0] == kept[1]
    assert 12_000 == money.figures(now_ns)[NAME].fills
