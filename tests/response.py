"""How far the mid goes on where the signals of the fair value point: in recorded windows, and in our markets.

    STORMQUOTE_DATA=DIR python tests/response.py

Every 100 ms the signals are read as the strategy would, of what was known 10 ms before; the mid's move is taken
from when an answer could be at the venue, 50 ms later, to one second later. Slopes are least squares, each signal
alone and both at once; their standard errors come from leaving out one block of the window after another. A window
whose data are not there is skipped, visibly.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sim.market.figures import Print, Quote, played_market, recorded_market  # noqa: E402
from sim.market.tape.load import load  # noqa: E402
from sim.scenario.profiles import Profile, profile_folder  # noqa: E402
from strategy.config_core import Signals  # noqa: E402
from strategy.documents import read  # noqa: E402
from strategy.instrument import price_ticks_of  # noqa: E402
from strategy.signals import TakerFlow, imbalance  # noqa: E402
from strategy.units import BPS, NS_PER_MS, NS_PER_S  # noqa: E402

SYMBOL: Final = "BTCUSDT"
FITTED: Final = ("btc_rebate", "btc_vip0")
HEARD_AFTER_NS: Final = 10 * NS_PER_MS
THERE_AFTER_NS: Final = 50 * NS_PER_MS
HORIZON_NS: Final = NS_PER_S
_EVERY_NS: Final = 100 * NS_PER_MS
_WARM_NS: Final = 10 * NS_PER_S
_BLOCKS: Final = 20
_PLAYED_S: Final = 500
_SEED: Final = 1


class Slope(NamedTuple):
    """What a signal says of the move to come, in bps per unit, and the standard error of that."""

    bps: float
    error_bps: float

    def __str__(self) -> str:
        return f"{self.bps:.4f} ± {self.error_bps:.4f}"


def slopes(quotes: Sequence[Quote], trades: Sequence[Print]) -> tuple[Slope, Slope, Slope, Slope]:
    """Give takers alone, imbalance alone, then takers and imbalance where both are known."""
    signals, moves = _samples(quotes, trades)
    takers, imbalances = _fitted(signals[:, :1], moves), _fitted(signals[:, 1:], moves)
    return (*takers, *imbalances, *_fitted(signals, moves))  # type: ignore[return-value]


def _fitted(signals: "np.ndarray", moves: "np.ndarray") -> list[Slope]:
    blocks = np.array_split(np.arange(len(moves)), _BLOCKS)
    left = np.array([_fit(np.delete(signals, block, 0), np.delete(moves, block)) for block in blocks])
    errors = np.sqrt((_BLOCKS - 1) / _BLOCKS * ((left - left.mean(0)) ** 2).sum(0))
    return [Slope(float(bps), float(error)) for bps, error in zip(_fit(signals, moves), errors, strict=True)]


def _fit(signals: "np.ndarray", moves: "np.ndarray") -> "np.ndarray":
    """Give the slopes, a mean move allowed for."""
    found: np.ndarray = np.linalg.lstsq(signals - signals.mean(0), moves - moves.mean(), rcond=None)[0]
    return found


def _samples(quotes: Sequence[Quote], trades: Sequence[Print]) -> tuple["np.ndarray", "np.ndarray"]:
    """Give both signals at every instant of a grid, and the move of the mid that followed."""
    times = np.array([quote.at_ns for quote in quotes])
    mids = np.array([quote.bid_ticks + quote.ask_ticks for quote in quotes], dtype=float)
    half_life_ns = round(Signals().takers_half_life_s * NS_PER_S)
    flow, place, signals, moves = TakerFlow(half_life_ns), 0, [], []
    for now_ns in range(quotes[0].at_ns + _WARM_NS, quotes[-1].at_ns - HORIZON_NS, _EVERY_NS):
        heard_ns = now_ns - HEARD_AFTER_NS
        while place < len(trades) and trades[place].at_ns <= heard_ns:
            flow.update(trades[place].at_ns, trades[place].side, trades[place].at_ns)
            place += 1
        then, there, later = (
            np.searchsorted(times, [heard_ns, now_ns + THERE_AFTER_NS, now_ns + HORIZON_NS], "right") - 1
        )
        seen = quotes[then]
        signals.append((flow.value(heard_ns), imbalance(seen.bid_lots, seen.ask_lots)))
        moves.append(BPS * (mids[later] - mids[there]) / mids[then])
    return np.array(signals), np.array(moves)


def markets(data: Path | None) -> Iterator[tuple[str, list[Quote], list[Print]] | str]:
    """Give the recorded window of every fitted profile, then its simulated market; text for what is skipped."""
    for name in FITTED:
        text = (Path(str(profile_folder())) / f"{name}.yaml").read_text(encoding="utf-8")
        profile = read(text, Profile, name).value
        assert profile is not None
        (instrument,), flow = profile.instruments((SYMBOL,)), profile.symbols[SYMBOL].flow
        assert flow is not None
        window = flow.fitted_to or ""
        if data is None or not (data / window).is_dir():
            yield f"skipped: no {window} in STORMQUOTE_DATA"
        else:
            tape = load(data / window, tick=Decimal(instrument.tick), lot=Decimal(instrument.lot))
            yield window, *recorded_market(tape)
        start_ticks = price_ticks_of(instrument, flow.price)
        yield name, *played_market(SYMBOL, flow, start_ticks, _SEED, _PLAYED_S)


def main() -> int:
    """Print the table."""
    data = os.environ.get("STORMQUOTE_DATA")
    print("| market | takers alone, bps each | imbalance alone, bps | takers, both known | imbalance, both known |")
    print("| --- | --- | --- | --- | --- |")
    for market in markets(Path(data) if data else None):
        if isinstance(market, str):
            print(market, file=sys.stderr)
            continue
        name, quotes, trades = market
        print(f"| {name} | {' | '.join(map(str, slopes(quotes, trades)))} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
