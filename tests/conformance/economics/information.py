"""What informed takers cost a maker, and that a game without them is fair, by the product's accounts."""

import math
from collections.abc import Iterator

from conformance.economics.table import Row

from sim.dice import Dice, unit
from sim.market.informed import InformedMarket, Knowledge
from sim.market.shared import SharedPit
from sim.venue.orders import VenueOrder
from strategy.closed_forms import glosten_milgrom
from strategy.edge import EdgeLedger, Figures, Traded
from strategy.instrument import MAKER, Instrument, fee_cash, make_instrument
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_S, SELL

_GM = "6 information"
_FAIR = "6 fair game"
_TICKS = 10_000
_RULES = {"size_min": "1", "size_max": "100000", "notional_min": "0", "taker_fee_bps": "0"}
# Chance of the high value of 101 (else 99), informed share; ask and bid.
_QUOTES = (
    (0.5, 0.2, 100.2, 99.8),
    (0.5, 0.1, 100.1, 99.9),
    (0.7, 0.2, 100.5556, 100.2174),
    (0.3, 0.4, 100.0, 99.3103),
)
_FULL, _QUICK = 100_000, 4_000


def instrument_of(maker_fee_bps: str = "0") -> Instrument:
    """Give a thing of four decimals and whole lots."""
    return make_instrument(symbol="GM", kind="linear", tick="0.0001", lot="1", maker_fee_bps=maker_fee_bps, **_RULES)


class Maker:
    """Stands at two prices with a lot for everybody; after each round the value is paid for what it holds."""

    def __init__(self, prior: float, informed: float, bid: float, ask: float, seed: int) -> None:
        knowledge = Knowledge(prior, informed, 99 * _TICKS, 101 * _TICKS, 1.0)
        self.ledger = EdgeLedger(instrument_of())
        self.market = InformedMarket("GM", knowledge, Dice(seed), self.traded, self.valued)
        self.ledger.on_mid(0, self.market.mid2_ticks)
        for number, (side, price) in enumerate(((BUY, bid), (SELL, ask))):
            ticks = round(price * _TICKS)
            order = VenueOrder(number, f"s-{number}", "GM", "", side, ticks, _FULL, post_only=True, reduce_only=False)
            self.market.enter(order, _FULL, 0)

    def traded(self, _market, matches, side, mid2_ticks, now_ns):
        """Take our fill into the accounts."""
        for maker, price, lots in matches:
            self.ledger.on_fill(Traded(now_ns, maker.side, price, lots, MAKER, 0, mid2_ticks))

    def valued(self, value_ticks: int, now_ns: int) -> None:
        """Settle at the value: a trade at the mid, which earns nothing."""
        held = self.ledger.lots
        self.ledger.on_mid(now_ns, 2 * value_ticks)
        side = SELL if held > 0 else BUY
        self.ledger.on_fill(Traded(now_ns, side, value_ticks, abs(held), MAKER, 0, 2 * value_ticks))
        self.ledger.on_mid(now_ns, self.market.mid2_ticks)

    def play(self, rounds: int) -> Figures:
        """Give the accounts after so many rounds."""
        for _ in range(rounds):
            self.market.do_next(self.market.next_ns)
        return self.ledger.figures(self.market.next_ns)


class FairMarket(SharedPit):
    """A mid that walks a tick up or down, and traders who only take what the mid has come to."""

    def __init__(self, dice: Dice, on_trade) -> None:
        super().__init__("FAIR", on_trade)
        self.mid, self._stream, self._step = 100 * _TICKS, dice.stream("fair"), 0

    @property
    def mid2_ticks(self) -> int:
        """Twice the walking mid."""
        return 2 * self.mid

    @property
    def next_ns(self) -> int:
        """The instant of the next step."""
        return self._step * NS_PER_S

    def do_next(self, now_ns: int) -> None:
        """Walk, and trade what has been reached."""
        self.mid += 100 if unit(self._stream.word(self._step)) < 0.5 else -100
        self._step += 1
        self._trade(now_ns, BUY, _FULL, self.mid)
        self._trade(now_ns, SELL, _FULL, self.mid)


def fair_game(maker_fee_bps: str, seed: int, steps: int) -> Figures:
    """Quote 200 ticks off the mid for so many steps of 100, anew after each fill; give the accounts."""
    instrument = instrument_of(maker_fee_bps)
    ledger = EdgeLedger(instrument)

    def traded(_market, matches, side, mid2_ticks, now_ns):
        for maker, price, lots in matches:
            fee = fee_cash(instrument, price, lots, MAKER)
            ledger.on_fill(Traded(now_ns, maker.side, price, lots, MAKER, fee, mid2_ticks))

    market = FairMarket(Dice(seed), traded)
    ledger.on_mid(0, market.mid2_ticks)
    for step in range(steps):
        if not all(resting.lots for resting in market.ours.values()) or not market.ours:
            for resting in list(market.ours.values()):
                market.leave(resting.owner)
            for number, side in enumerate((BUY, SELL)):
                ticks, name = market.mid - side * 200, f"s-{step}-{number}"
                order = VenueOrder(step, name, "FAIR", "", side, ticks, 1, post_only=True, reduce_only=False)
                market.enter(order, 1, step * NS_PER_S)
        market.do_next(step * NS_PER_S)
        ledger.on_mid(step * NS_PER_S, market.mid2_ticks)
    return ledger.figures(steps * NS_PER_S)


def rows(quick: bool) -> Iterator[Row]:
    """Give the quotes that break even, what is earned at them and at others, and the fair game."""
    rounds = _QUICK if quick else _FULL
    wider = math.sqrt(_FULL / rounds)
    for prior, informed, ask, bid in _QUOTES:
        name = f"prior {prior:g}, informed {informed:g}: "
        got_bid, got_ask = glosten_milgrom(prior, informed, 99.0, 101.0)
        yield Row(_GM, name + "ask", ask, got_ask, 0.5e-4)
        yield Row(_GM, name + "bid", bid, got_bid, 0.5e-4)
        earned = Maker(prior, informed, got_bid, got_ask, 21).play(rounds).pnl_cash / CASH_PER_QUOTE / rounds
        yield Row(_GM, name + "earned a trade at these", 0.0, earned, 0.013 * wider)
    for half, informed in ((0.3, 0.2), (0.3, 0.5)):
        figures = Maker(0.5, informed, 100 - half, 100 + half, 22).play(rounds)
        name = f"half-spread {half:g}, informed {informed:g}: "
        per_trade = CASH_PER_QUOTE * rounds
        yield Row(_GM, name + "gross", half, figures.capture_cash / per_trade, 1e-9)
        yield Row(_GM, name + "adverse", -informed, figures.inventory_cash / per_trade, 0.013 * wider)
        yield Row(_GM, name + "net", half - informed, figures.pnl_cash / per_trade, 0.013 * wider)
    yield from _fair(quick)


def _fair(quick: bool) -> Iterator[Row]:
    runs = 40 if quick else 1_000
    free = [fair_game("0", seed, 200) for seed in range(runs)]
    gains = [one.pnl_cash / CASH_PER_QUOTE for one in free]
    error = math.sqrt(sum(gain * gain for gain in gains) / runs / runs)
    yield Row(_FAIR, "mean gain without a fee", 0.0, sum(gains) / runs, 4 * error)
    yield Row(_FAIR, "capture without a fee", 0.0, float(sum(one.capture_cash for one in free)), 0.0)
    paid = [fair_game("2", seed, 200) for seed in range(runs)]
    costs = [(one.pnl_cash - other.pnl_cash) / one.traded_cash * 1e4 for one, other in zip(paid, free, strict=True)]
    yield Row(_FAIR, "a fee of 2 bps costs, bps of what was traded", -2.0, sum(costs) / runs, 1e-9)
