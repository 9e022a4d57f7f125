"""S1 over the whole account, and the order rules of S8: judged at the instant a command leaves."""

import pytest
from msgspec.structs import replace
from quoting import INSTRUMENT, NOW_NS, SYMBOL
from watching import ACCOUNT, BUY, FEED, ORDERS, SELL

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.findings import Findings
from sim.oracle.sending import Sending
from sim.oracle.tolerance import tolerance_of
from sim.scenario.bounds import Bounds
from strategy import commands, events
from strategy.knobs import AccountKnobs, SymbolKnobs

# One lot of the first is worth 100, one lot of the second 200, whatever the unit.
MARK = 1000
LOT_CASH = MARK * INSTRUMENT.cash_per_ticklot
ONE = SYMBOL
TWO = replace(SYMBOL, instrument=replace(INSTRUMENT, symbol="ETHUSDT"), beta=0.5)
ROOMY = replace(ACCOUNT, gross_cash_max=10**6 * LOT_CASH, net_cash_max=10**6 * LOT_CASH)


class Desk:
    """Sending with two symbols, a fresh book for each, and nothing else."""

    def __init__(self, account: AccountKnobs = ROOMY, first: SymbolKnobs = ONE) -> None:
        symbols = (first, TWO)
        tolerance = tolerance_of(Bounds(mark_slack_pct=10.0), ORDERS, FEED)
        self.findings = Findings()
        self.evidence = Evidence(tuple(one.instrument for one in symbols), tolerance.proof_ns, tolerance.lag_ns)
        feeds = {one.instrument.symbol: Feed(1 << 62, seq=1, is_whole=True, proof_ns=NOW_NS) for one in symbols}
        feeds["BTCUSDT"].mark_ticks, feeds["ETHUSDT"].mark_ticks = MARK, 2 * MARK
        self.sending = Sending(self.evidence, feeds, symbols, account, tolerance, self.findings)
        self.number = 0

    def create(
        self, side: int, size_lots: int, symbol: str = "BTCUSDT", price: int = 0, reduce_only: bool = False
    ) -> str:
        """Send one more quote, each in a slot of its own and far from the others; give its id."""
        self.number += 1
        client_id = f"s-{self.number}"
        price = price or MARK - 10 * side
        self.sending.create(
            NOW_NS,
            commands.CreateOrder(
                client_id,
                symbol,
                f"slot{self.number}",
                side,
                price,
                size_lots,
                True,
                reduce_only,
                False,
                NOW_NS + ORDERS.send_within_ns,
                1,
            ),
        )
        return client_id

    def amend(self, client_id: str, size_lots: int, price: int) -> None:
        command = commands.AmendOrder(client_id, "BTCUSDT", price, size_lots, NOW_NS + ORDERS.send_within_ns, 1)
        self.sending.amend(NOW_NS, command)

    def hold(self, lots: int, symbol: str = "BTCUSDT") -> None:
        self.evidence.money[symbol].position_lots = lots

    @property
    def codes(self) -> list[str]:
        return [breach.code for breach in self.findings.breaches]


def limited(*, gross: int = 10**6, net: int = 10**6) -> Desk:
    """Limits in lots of the first symbol; the slack for marks is a tenth."""
    return Desk(replace(ROOMY, gross_cash_max=gross * LOT_CASH, net_cash_max=net * LOT_CASH))


def test_gross_sums_the_worst_of_every_symbol():
    desk = limited(gross=50)
    desk.create(BUY, 15)
    desk.create(SELL, 20, "ETHUSDT")  # worth forty of the first: fifty-five is the limit and its slack
    assert [] == desk.codes
    desk.create(BUY, 1)
    assert ["S1"] == desk.codes
    assert "a gross of 1.120 times its limit" in desk.findings.breaches[0].detail


def test_gross_counts_the_worse_side_of_a_symbol_and_not_both():
    desk = limited(gross=50)
    desk.create(BUY, 55)
    desk.create(SELL, 55)
    assert [] == desk.codes


def test_gross_counts_what_is_held_with_what_may_be_added():
    desk = limited(gross=50)
    desk.hold(-30)
    desk.create(SELL, 25)
    assert [] == desk.codes
    desk.create(SELL, 1)
    assert ["S1"] == desk.codes


def test_what_was_too_much_before_is_no_fault_of_an_order_that_adds_nothing_to_it():
    desk = limited(gross=50)
    desk.hold(-80)
    desk.create(BUY, 160)  # may turn it round to the same size, and no further
    assert [] == desk.codes
    desk.create(BUY, 1)
    assert ["S1"] == desk.codes


def test_net_weighs_by_beta_and_takes_all_buys_or_all_sells():
    desk = limited(net=50)
    desk.create(BUY, 35)
    desk.create(BUY, 20, "ETHUSDT")  # worth forty, beta one half: twenty
    assert [] == desk.codes
    desk.create(BUY, 1)
    assert ["S1"] == desk.codes
    assert " net " in desk.findings.breaches[0].detail


def test_net_lets_opposite_positions_hedge():
    desk = limited(net=50)
    desk.hold(-40, "ETHUSDT")
    desk.create(BUY, 95)
    assert [] == desk.codes


def test_net_counts_sells_below_what_is_held():
    desk = limited(net=50)
    desk.hold(-30)
    desk.create(SELL, 25)
    assert [] == desk.codes
    desk.create(SELL, 1)
    assert ["S1"] == desk.codes


def test_an_order_that_exactly_flattens_is_no_risk_and_one_lot_more_is():
    desk = limited()
    desk.hold(90)
    desk.sending.heard(events.OperatorSaid("halt"))
    desk.create(SELL, 90)
    assert [] == desk.codes
    desk.create(SELL, 1)
    assert ["S9"] == desk.codes


def test_an_amend_adds_what_it_grows_by_and_a_smaller_one_nothing():
    desk = limited()
    client_id = desk.create(BUY, 90)
    desk.amend(client_id, 100, MARK - 10)
    assert [] == desk.codes
    desk.sending.heard(events.OperatorSaid("halt"))
    desk.amend(client_id, 95, MARK - 10)
    desk.amend(client_id, 100, MARK - 10)
    assert [] == desk.codes
    desk.amend(client_id, 101, MARK - 10)
    assert ["S9", "S1"] == desk.codes


def test_an_amend_of_an_order_that_only_reduces_is_no_risk():
    desk = limited()
    client_id = desk.create(BUY, 90, reduce_only=True)
    desk.sending.heard(events.Stopping())
    desk.amend(client_id, 150, MARK - 10)
    assert [] == desk.codes


def test_an_amend_is_a_makers_and_passes_in_post_only():
    desk = limited()
    client_id = desk.create(BUY, 10)
    desk.sending.heard(events.RegimeChanged("BTCUSDT", "post_only", 0))
    desk.amend(client_id, 10, MARK - 9)
    assert [] == desk.codes


@pytest.mark.parametrize(("price", "reduce_only", "codes"), [(499, False, ["S8"]), (500, False, []), (499, True, [])])
def test_s8_the_least_notional_binds_what_does_not_reduce(price, reduce_only, codes):
    least = replace(INSTRUMENT, notional_min_cash=500 * 10 * INSTRUMENT.cash_per_ticklot)
    desk = Desk(first=replace(ONE, instrument=least))
    desk.create(BUY, 10, price=price, reduce_only=reduce_only)
    assert codes == desk.codes


@pytest.mark.parametrize(("size_lots", "codes"), [(4, ["S8"]), (5, []), (50, []), (51, ["S8"])])
def test_s8_sizes_run_from_the_least_to_the_most(size_lots, codes):
    desk = Desk(first=replace(ONE, instrument=replace(INSTRUMENT, lots_min=5, lots_max=50)))
    desk.create(BUY, size_lots)
    assert codes == desk.codes
