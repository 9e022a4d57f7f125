"""From what a world wrote down to the figures gates are judged by, named as in the registry.

A figure without a sample is left out, and a gate on it fails. The warm-up counts nowhere: the
book-keeping starts at its end, with the position held then valued at the mid of then.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from sim.measures import SAMPLE_NS, Chosen
from sim.runs.edge_parts import EdgeFill, EdgePart, Split, windows_of
from sim.runs.equity import drawdown_cash
from sim.runs.job import Stats
from sim.world import World
from strategy.edge import EdgeLedger, Traded, ratios, weighted_stats
from strategy.instrument import move_cash
from strategy.units import NS_PER_MS, NS_PER_S, PCT, quote_from_cash

# A gap in the quotes that is open when the run ends is only a gap while it is shorter than this.
_GONE_NS: Final = 20 * NS_PER_S
_UNKNOWN: Final = Chosen(0, ())
_S_PER_HOUR: Final = 3600
_Folded = tuple[Split, list[tuple[int, int]]]


class Earned(msgspec.Struct, frozen=True):
    """The figures of one run, what was earned part by part, and fill by fill."""

    metrics: dict[str, Stats]
    parts: tuple[EdgePart, ...]
    fills: list[EdgeFill]


def metrics_of(world: World) -> dict[str, Stats]:
    """Make every figure of one run that has a sample."""
    return earned_in(world).metrics


def earned_in(world: World) -> Earned:
    """Make every figure of one run that has a sample, and the parts they are made of."""
    warm_ns = round(world.scenario.run.warmup_s * NS_PER_S)
    end_ns = world.kernel.now_ns
    folded = {symbol: _folded(world, symbol, warm_ns) for symbol in world.standing}
    parts = tuple(part for split, _ in folded.values() for part in split.parts(end_ns))
    fills = sorted((fill for split, _ in folded.values() for fill in split.fills()), key=lambda fill: fill.at_s)
    return Earned(_metrics(world, folded, warm_ns, end_ns), parts, fills)


def _metrics(world: World, folded: dict[str, _Folded], warm_ns: int, end_ns: int) -> dict[str, Stats]:
    ledgers = {symbol: split.ledger for symbol, (split, _) in folded.items()}
    made: dict[str, Stats] = dict(ratios(tuple(ledger.figures(end_ns) for ledger in ledgers.values())))
    made |= _money(world, ledgers, end_ns)
    made |= _per_hour(made, end_ns - warm_ns)
    made["drawdown_usdt"] = _one(
        quote_from_cash(drawdown_cash({symbol: course for symbol, (_, course) in folded.items()}))
    )
    made |= _standing(world)
    made |= _traffic(world, end_ns, int(made["fills"]["value"]))
    return made


def ledger_of(world: World, symbol: str, warm_ns: int) -> EdgeLedger:
    """Fold the fills and mids of one symbol, in order of time, from the end of the warm-up at ``warm_ns``."""
    return _folded(world, symbol, warm_ns)[0].ledger


def _folded(world: World, symbol: str, warm_ns: int) -> _Folded:
    """Give the ledger of a symbol, split, and its PnL without funding after each mid and fill."""
    instrument = world.venue.instruments[symbol]
    ledger = EdgeLedger(instrument)
    fills = [fill for fill in world.venue.fills if fill.event.symbol == symbol]
    ledger.lots = sum(fill.event.side * fill.event.size_lots for fill in fills if fill.true_ns < warm_ns)
    mids = [(at_ns, mid2) for at_ns, mid2 in world.mids[symbol] if at_ns >= warm_ns]
    counted = [fill for fill in fills if fill.true_ns >= warm_ns]
    starts = [(at_ns, mid2) for at_ns, mid2 in world.mids[symbol] if at_ns < warm_ns][-1:] or mids[:1]
    if starts:
        # What was held before is bought at the mid of now: the past is neither gain nor loss.
        ledger.mid2_ticks = starts[0][1]
        ledger.cash = -move_cash(instrument, ledger.lots, ledger.mid2_ticks)
    split = Split(ledger, windows_of(world.plan, symbol))
    # At one instant the mid is first: a fill has its own, just before its aggressor's first match.
    told = [(at_ns, 0, index) for index, (at_ns, _) in enumerate(mids)]
    told += [(fill.true_ns, 1, index) for index, fill in enumerate(counted)]
    funded = [
        (at_ns, one.cash)
        for at_ns, one in zip(world.venue.funded_ns, world.venue.funded, strict=True)
        if one.symbol == symbol and at_ns >= warm_ns
    ]
    told += [(at_ns, 2, index) for index, (at_ns, _) in enumerate(funded)]
    course: list[tuple[int, int]] = []
    for at_ns, kind, index in sorted(told):
        if kind == 0:
            split.on_mid(*mids[index])
        elif kind == 1:
            split.on_fill(_traded(world, counted[index]))
        else:
            split.on_funding(*funded[index])
            continue
        course.append((at_ns, ledger.pnl_cash - ledger.funding))
    return split, course


def _traded(world: World, fill: object) -> Traded:
    event, mid2, true_ns = fill.event, fill.mid2_ticks, fill.true_ns  # type: ignore[attr-defined]
    measures = world.measures
    chosen = measures.chosen_at_fill.get(event.fill_id) or measures.chosen.get(event.client_id, _UNKNOWN)
    return Traded(
        at_ns=true_ns,
        side=event.side,
        price_ticks=event.price_ticks,
        size_lots=event.size_lots,
        liquidity=event.liquidity,
        fee_cash=event.fee_cash,
        mid2_ticks=mid2,
        decided_mid2_ticks=chosen.mid2_ticks,
        shares=chosen.shares,
    )


def _money(world: World, ledgers: dict[str, EdgeLedger], end_ns: int) -> dict[str, Stats]:
    figures = {symbol: ledger.figures(end_ns) for symbol, ledger in ledgers.items()}
    left = max(
        PCT * abs(world.venue.position_lots(one.instrument.symbol)) / one.position_lots_max
        for one in world.knobs.symbols
    )
    return {
        "pnl_usdt": _one(quote_from_cash(sum(one.pnl_cash for one in figures.values()))),
        "traded_notional_usdt": _one(quote_from_cash(sum(one.traded_cash for one in figures.values()))),
        "end_inventory_pct": _one(left),
    }


def _per_hour(made: dict[str, Stats], counted_ns: int) -> dict[str, Stats]:
    """Make the figures that do not grow with the length of a run; one that ended in its warm-up has none."""
    if counted_ns <= 0:
        return {}
    hours = counted_ns / (_S_PER_HOUR * NS_PER_S)
    return {
        "net_usdt_per_h": _one(made["pnl_usdt"]["value"] / hours),
        "fills_per_h": _one(made["fills"]["value"] / hours),
    }


def _standing(world: World) -> dict[str, Stats]:
    """Make the figures of what stood in the book: the worst symbol speaks for all."""
    shares = [PCT * one.two_sided / one.samples for one in world.standing.values() if one.samples]
    made = {"two_sided_uptime_pct": _one(min(shares))} if shares else {}
    made["stale_quote_s"] = _one(sum(one.stale for one in world.standing.values()) * SAMPLE_NS / NS_PER_S)
    recoveries = _recoveries_s(world)
    if recoveries:
        made["recovery_s"] = stats_of(recoveries)
    held = [*world.oracle.recoveries_ns.values()]
    if held and None not in held:
        made["recovered_s"] = _one(max(ns for ns in held if ns is not None) / NS_PER_S)
    return made


def _recoveries_s(world: World) -> list[float]:
    """Say for each fault, and each restart, how long after its end both quotes of every symbol were back.

    A gap that is still open at the end and no longer short means that they never were, whatever was
    quoted in between. What had not ended when the run did says nothing.
    """
    found, end_ns = [], world.kernel.now_ns
    hit = _hit_to_the_end(world)
    open_ns = {
        symbol: one.one_sided_since_ns
        for symbol, one in world.standing.items()
        if one.one_sided_since_ns is not None and symbol not in hit
    }
    is_gone = any(end_ns - since_ns > _GONE_NS for since_ns in open_ns.values())
    healed = [min(fault.end_ns, world.plan.calm_ns or fault.end_ns) for fault in world.plan.faults]
    for heal_ns in (*healed, *world.process.restarts_ns):
        if heal_ns > end_ns:
            continue
        back_ns = end_ns if is_gone else heal_ns
        for symbol, one in world.standing.items():
            gaps = [*one.gaps, *((since_ns, end_ns) for name, since_ns in open_ns.items() if name == symbol)]
            back_ns = max([back_ns, *(until for since, until in gaps if since <= heal_ns < until)])
        found.append((back_ns - heal_ns) / NS_PER_S)
    return found


def _hit_to_the_end(world: World) -> dict[str, None]:
    """Name the symbols under a fault that outlasts the run: nobody can ask for their quotes."""
    lasting = [fault for fault in world.plan.faults if fault.end_ns > world.kernel.now_ns]
    named = [fault.params.get("symbols") or [*world.standing] for fault in lasting]
    return dict.fromkeys(symbol for symbols in named for symbol in symbols)


def _traffic(world: World, end_ns: int, fills: int) -> dict[str, Stats]:
    measures = world.measures
    made = {
        "quotes": _one(float(measures.loop.quotes)),
        "quotes_per_s": _one(measures.loop.quotes * NS_PER_S / max(end_ns, 1)),
        "halts": _one(float(measures.halts)),
        "doubts": _one(float(measures.doubts)),
        "memory_kills": _one(float(world.process.kills)),
        "restarts": _one(float(max(0, world.driver.boots - 1))),
        "refused_stamps": _one(float(world.venue.refused_stamps)),
        "bans": _one(float(world.venue.limits.bans_in_all)),
    }
    looked_up, hits = getattr(world.driver.core, "cache_figures", (0, 0))
    if looked_up:
        made["cache_hit_pct"] = _one(PCT * hits / looked_up)
    if measures.exposure_pct_max is not None:
        made["max_exposure_pct"] = _one(measures.exposure_pct_max)
    if fills:
        made["order_to_trade"] = _one(measures.requests / fills)
    for name, samples in (
        ("round_trip_ms", measures.loop.round_trips_ms),
        ("cycle_ms", measures.loop.lengths_ms()),
        ("doubt_s", [ms * NS_PER_MS / NS_PER_S for ms in measures.doubts_ms]),
        ("quote_age_ms", measures.ages_ms),
    ):
        if samples:
            made[name] = stats_of(samples)
    return made


def _one(value: float) -> Stats:
    return {"value": value}


def stats_of(samples: Sequence[float]) -> Stats:
    """Give mean, percentiles and maximum of samples (not empty)."""
    return weighted_stats([(value, 1) for value in samples])
