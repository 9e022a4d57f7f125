"""Print the table of ``docs/tapes.md``: ``make crosscheck``, with ``STORMQUOTE_DATA`` and ``STORMQUOTE_HFTBACKTEST``."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from compat.crosscheck import comparison, theirs
from compat.crosscheck.comparison import LARGER, ONE_LOT, Compared

from sim.market.tape.queue_model import EXACT, PROB_POWER, PROB_UNIFORM, RISK_AVERSE

_WINDOWS = ("binance_usdm_btcusdt_20230404-05", "binance_usdm_btcusdt_20240718-19", "bitstamp_l3_btcusd_20150501")
_CASES = ((PROB_POWER, ONE_LOT), (PROB_UNIFORM, ONE_LOT), (RISK_AVERSE, ONE_LOT), (PROB_POWER, LARGER))


def row(name: str, found: Compared) -> str:
    """Write one comparison as a row."""
    why = ", ".join(f"{'+'.join(rules)} {count}" for rules, count in sorted(found.classes.items()))
    sizes = ", ".join(str(size) for size in sorted({order.size_lots for order in found.case.orders}))
    cells = [
        name, found.case.model.name, sizes, f"{len(found.case.orders)}", f"{found.same}", why or "–",
        f"{len(found.unexplained)}", f"{len(found.ours.fills)} / {len(found.theirs.fills)}",
        f"{found.ours.position_lots} / {found.theirs.position_lots}",
        f"{found.ours.cash_ticklots} / {found.theirs.cash_ticklots}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main(end_s: float, windows: tuple[str, ...]) -> int:
    """Compare on the windows; 1 when a difference stays unexplained, 5 when there is nothing to compare."""
    data = os.environ.get("STORMQUOTE_DATA", "")
    reason = theirs.why_not() or ("" if data else "STORMQUOTE_DATA is not set")
    if reason:
        print(f"skipped: {reason}")
        return 5
    print(
        "| window | model | order size, lots | orders | same | differ, by rule | unexplained | fills | position, lots | cash, tick·lots |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    failed = False
    for folder in windows:
        seen = comparison.window(Path(data) / folder, end_s)
        listed = ((EXACT, ONE_LOT),) if "l3" in folder else _CASES
        cases = [comparison.case(seen, model, sizes) for model, sizes in listed]
        with tempfile.TemporaryDirectory() as work:
            for found in comparison.compare(seen, cases, Path(work)):
                print(row(folder.rpartition("_")[2], found), flush=True)
                failed = failed or bool(found.unexplained or found.not_ours)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1e9, tuple(sys.argv[2:]) or _WINDOWS))
