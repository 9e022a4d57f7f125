"""Funding that no stream told is found with the fills that are read afterwards, as at a real venue."""

from heard import played

from sim.venue.reads import funding_beside
from strategy import commands, events

# Away while it is settled: the process has no private stream for four seconds.
AWAY = "{at_s: 14.5, for_s: 4, kind: dns_outage, connections: [private]}"
SHOCKS = ", ".join(f"{{at_s: {at_s}, kind: funding_shock, rate_bps: 30}}" for at_s in (15, 16, 17, 18))


def test_funding_settled_while_the_private_stream_was_away_is_booked_once(tmp_path):
    world, heard, _ = played(tmp_path, f"{AWAY}, {SHOCKS}", seconds=40)
    missed = [paid for paid in world.venue.funded if paid.cash]
    assert missed, "there was a position"
    told = [what for _, _, what in heard.log if isinstance(what, events.FundingPaid)]
    assert [] == [paid for paid in missed if paid not in told]
    (one,) = world.core.belief().symbols
    assert (world.venue.position_lots("BTCUSDT"), world.venue.cash("BTCUSDT")) == (one.position_lots, one.cash)
    assert [] == world.oracle.breaches


def paid(symbol: str, venue_ns: int) -> events.FundingPaid:
    return events.FundingPaid(symbol, f"{symbol}-{venue_ns}", 1, venue_ns)


def test_a_read_shows_the_funding_of_its_symbol_and_its_time():
    funded = [
        (true_ns, paid(symbol, true_ns)) for symbol, true_ns in (("A", 4), ("A", 5), ("B", 6), ("A", 9), ("A", 10))
    ]
    assert (paid("A", 5), paid("A", 9)) == funding_beside(funded, commands.QueryFills("A", 5, 1), 9)


def test_what_was_settled_before_the_venues_clock_was_set_back_is_shown_all_the_same():
    funded = [(100, paid("A", 100)), (101, paid("A", 51))]
    assert (paid("A", 100), paid("A", 51)) == funding_beside(funded, commands.QueryFills("A", 50, 1), 102)


def test_a_new_process_is_told_of_funding_from_before_the_step(tmp_path):
    step = "{at_s: 17, kind: clock_step, clock: venue_wall, by_ms: -200000}"
    lost = "{at_s: 18, kind: crash, restart_after_s: 1, journal: lost}"
    shock = "{at_s: 15, kind: funding_shock, rate_bps: 30}"
    world, _, _ = played(tmp_path, f"{shock}, {step}, {lost}", seconds=40)
    assert [paid for paid in world.venue.funded if paid.cash]
    (one,) = world.core.belief().symbols
    assert (world.venue.position_lots("BTCUSDT"), world.venue.cash("BTCUSDT")) == (one.position_lots, one.cash)
