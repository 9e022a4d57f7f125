"""From a world that stands still to the records of a moment: truth from the venue, belief from the core."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from sim.plan import NEVER_NS
from sim.replay import moment
from sim.replay.onlooker import Onlooker
from sim.venue.orders import VenueOrder
from sim.world import World
from strategy.belief import Belief, OrderBelief
from strategy.book import Book
from strategy.context import Move, QuoteContext
from strategy.health import Health
from strategy.instrument import Instrument, price_text, size_text
from strategy.pacing import Bucket, Pacing
from strategy.queue import QueuePlace
from strategy.units import BUY, NS_PER_MS, NS_PER_S, SELL, quote_from_cash

_DEPTH: Final = 10
_ENDED_SHOWN: Final = 4
_SIDES: Final = {BUY: "buy", SELL: "sell", 0: "?"}
# What truth and belief call the same thing.
_ALIVE: Final = frozenset({"CREATING", "WORKING", "AMENDING", "CANCELLING", "IN_DOUBT"})


class _Desk(msgspec.Struct):
    symbol: str
    book: Book
    places: dict[str, QueuePlace]


class _Memory(msgspec.Struct):
    """Of a core's snapshot, what is shown: read back, so that asking it changes nothing."""

    desks: list[_Desk]
    pacing: Pacing
    health: Health
    refusals: dict[str, int]


def moment_of(world: World, onlooker: Onlooker, ended: str = "") -> moment.Moment:
    """Look at a world as it stands."""
    now_ns = world.kernel.now_ns
    belief, memory = _belief(world), _memory(world)
    desks = {desk.symbol: desk for desk in memory.desks} if memory is not None else {}
    return moment.Moment(
        scenario=world.scenario.name,
        seed=world.plan.seed,
        at_s=now_ns / NS_PER_S,
        wall_utc=datetime.fromtimestamp((world.start_wall_ns + now_ns) / NS_PER_S, UTC).isoformat(
            timespec="milliseconds"
        ),
        ended=ended,
        symbols=tuple(
            _symbol(world, symbol, belief, desks.get(symbol), onlooker.decisions[symbol])
            for symbol in world.scenario.market.traded
        ),
        orders=_orders(world, belief),
        in_flight=tuple(_in_flight(one) for one in onlooker.on_the_way()),
        faults=_faults(world, now_ns),
        budgets=() if memory is None else _budgets(memory.pacing, world.host.now_ns(), world.start_wall_ns),
        bot=_bot(world, belief, memory),
        broken=tuple(
            moment.Broken(one.code, (one.now_ns - world.start_wall_ns) / NS_PER_S, one.detail, one.evidence)
            for one in world.oracle.breaches
        ),
    )


def _belief(world: World) -> Belief | None:
    asked = getattr(world.driver.core, "belief", None) if world.driver.is_alive else None
    return asked() if asked is not None else None


def _memory(world: World) -> _Memory | None:
    """Read what a core remembers, where it is one of ours and lives."""
    snapshot = getattr(world.driver.core, "snapshot", None) if world.driver.is_alive else None
    if snapshot is None:
        return None
    try:
        return msgspec.json.decode(snapshot(), type=_Memory)
    except msgspec.DecodeError:
        return None  # another core, with another memory


# Symbols


def _symbol(
    world: World,
    symbol: str,
    belief: Belief | None,
    desk: _Desk | None,
    decisions: Sequence[tuple[int, QuoteContext]],
) -> moment.SymbolSeen:
    pit, instrument = world.venue.pits[symbol], world.venue.instruments[symbol]
    ours = _ours(world, symbol, desk)
    bids, asks = pit.levels(_DEPTH)
    book = desk.book if desk is not None else None
    return moment.SymbolSeen(
        symbol=symbol,
        regime=str(world.venue.regime[symbol]),
        mid=pit.book.mid2_ticks / 2,
        fair=pit.fair_ticks,
        bids=_levels(instrument, bids, ours.get(BUY, {}), -1),
        asks=_levels(instrument, asks, ours.get(SELL, {}), 1),
        believed_bid=None if book is None else price_text(instrument, book.best_bid_ticks),
        believed_ask=None if book is None else price_text(instrument, book.best_ask_ticks),
        is_book_believed=None if book is None else book.ok,
        holding=_holding(world, symbol, belief),
        decisions=tuple(_decision(instrument, at_ns, context) for at_ns, context in decisions),
    )


def _ours(world: World, symbol: str, desk: _Desk | None) -> dict[int, dict[int, list[moment.Mine]]]:
    """Give our orders on the book by side and price, those in front first."""
    found: dict[int, dict[int, list[moment.Mine]]] = {}
    pit = world.venue.pits[symbol]
    for order in world.venue.open_orders():
        if order.symbol != symbol or order.client_id not in pit.ours:
            continue
        place = desk.places.get(order.client_id) if desk is not None else None
        believed = None if place is None or place.price_ticks != order.price_ticks else place.ahead_lots
        mine = moment.Mine(order.client_id, order.leaves_lots, pit.ahead_lots(order), believed)
        found.setdefault(order.side, {}).setdefault(order.price_ticks, []).append(mine)
    for levels in found.values():
        for queue in levels.values():
            queue.sort(key=lambda one: one.ahead_lots)
    return found


def _levels(
    instrument: Instrument, shown: Sequence[tuple[int, int]], ours: Mapping[int, list[moment.Mine]], turn: int
) -> tuple[moment.Level, ...]:
    """Give the best levels, and those further away on which something of ours rests."""
    lots = dict(shown) | {price: 0 for price in ours if price not in dict(shown)}
    return tuple(
        moment.Level(price_text(instrument, price), lots[price], tuple(ours.get(price, ())))
        for price in sorted(lots, key=lambda price: turn * price)
    )


def _holding(world: World, symbol: str, belief: Belief | None) -> moment.Holding:
    instrument, venue = world.venue.instruments[symbol], world.venue
    believed = next((one for one in belief.symbols if one.symbol == symbol), None) if belief is not None else None
    return moment.Holding(
        size_text(instrument, venue.position_lots(symbol)),
        None if believed is None else size_text(instrument, believed.position_lots),
        quote_from_cash(venue.cash(symbol)),
        None if believed is None else quote_from_cash(believed.cash),
    )


def _decision(instrument: Instrument, at_ns: int, context: QuoteContext) -> moment.Decision:
    verdict = context.verdict
    return moment.Decision(
        at_s=at_ns / NS_PER_S,
        mid_ticks=context.mid2_ticks / 2,
        bid=price_text(instrument, context.wanted_bid.price_ticks) if context.wanted_bid is not None else "",
        ask=price_text(instrument, context.wanted_ask.price_ticks) if context.wanted_ask is not None else "",
        width_bps=context.width_bps,
        parts=tuple(moment.Part(one.stage, one.bid_ticks, one.ask_ticks) for one in context.shares),
        level=verdict.level,
        action=verdict.action,
        reasons=tuple(moment.Reason(one.code, one.value, one.threshold) for one in verdict.reasons),
        no_quote=context.no_quote_reason,
        moves=tuple(_move(instrument, one) for one in context.moves),
    )


def _move(instrument: Instrument, move: Move) -> str:
    size, price = size_text(instrument, move.size_lots), price_text(instrument, move.price_ticks)
    return f"{move.kind} {move.slot} {size} @ {price}" + (f" ({move.reason})" if move.reason else "")


# Orders


def _orders(world: World, belief: Belief | None) -> tuple[moment.OrderSeen, ...]:
    """Give every order that is alive for the venue or for the bot, and the last few that were."""
    believed = {one.client_id: one for one in belief.orders} if belief is not None else {}
    alive = [one.client_id for one in believed.values() if one.state in _ALIVE]
    ended = [one.client_id for one in believed.values() if one.state not in _ALIVE][-_ENDED_SHOWN:]
    ids = dict.fromkeys([*(one.client_id for one in world.venue.open_orders()), *alive, *ended])
    return tuple(_order(world, one, world.venue.orders.get(one), believed.get(one)) for one in ids)


def _order(world: World, client_id: str, truth: VenueOrder | None, belief: OrderBelief | None) -> moment.OrderSeen:
    known: Any = truth if truth is not None else belief
    instrument = world.venue.instruments[known.symbol]
    told = None if truth is None else _side(instrument, truth, truth.state)
    thought = None if belief is None else _side(instrument, belief, belief.state)
    return moment.OrderSeen(
        client_id,
        known.symbol,
        belief.slot if belief is not None else known.slot,
        _SIDES[known.side],
        told,
        thought,
        _differs(told, thought, is_heard=world.driver.is_alive),
    )


def _side(instrument: Instrument, order: VenueOrder | OrderBelief, state: str) -> moment.Side:
    return moment.Side(
        state,
        price_text(instrument, order.price_ticks),
        size_text(instrument, order.size_lots),
        size_text(instrument, order.filled_lots),
    )


def _differs(truth: moment.Side | None, belief: moment.Side | None, *, is_heard: bool) -> str:
    """Name what the bot is wrong about, or cannot know yet."""
    if belief is None:
        return "unknown to the bot" if truth is not None and is_heard else ""
    is_open, is_alive = truth is not None and truth.state == "open", belief.state in _ALIVE
    parts = ["alive" if is_open != is_alive else ""]
    if truth is not None:
        parts += [name for name in ("price", "size", "filled") if getattr(truth, name) != getattr(belief, name)]
    return ", ".join(part for part in parts if part)


# Between them


def _in_flight(one: Any) -> moment.InFlight:
    message = one.message
    about = " ".join(part for part in (message.symbol, message.client_id) if part)
    return moment.InFlight(one.link, message.kind, about, one.sent_ns / NS_PER_S, one.arrives_ns / NS_PER_S)


def _faults(world: World, now_ns: int) -> tuple[moment.FaultSeen, ...]:
    """Give the faults of the plan, those that are over left out."""
    return tuple(
        moment.FaultSeen(
            id=one.id,
            kind=one.kind,
            start_s=one.start_ns / NS_PER_S,
            end_s=None if one.end_ns >= NEVER_NS else one.end_ns / NS_PER_S,
            is_active=one.start_ns <= now_ns,
            bites=world.bites.get(one.id, 0),
            params={key: value for key, value in one.params.items() if value not in (None, [], "")},
        )
        for one in world.plan.faults
        if one.end_ns > now_ns
    )


def _budgets(pacing: Pacing, now_ns: int, start_ns: int) -> tuple[moment.BucketSeen, ...]:
    buckets: tuple[tuple[str, Bucket, int], ...] = (
        ("orders", pacing.orders, pacing.quiet_ns),
        ("queries", pacing.queries, pacing.banned_ns),
    )
    return tuple(
        moment.BucketSeen(
            name,
            bucket.has(now_ns),
            bucket.burst,
            bucket.rate_per_s,
            bucket.kept,
            (until_ns - start_ns) / NS_PER_S if (until_ns := max(bucket.held_ns, closed_ns)) > now_ns else None,
        )
        for name, bucket, closed_ns in buckets
    )


# The bot


def _bot(world: World, belief: Belief | None, memory: _Memory | None) -> moment.BotSeen:
    now_ns, host = world.kernel.now_ns, world.host
    true_wall_ns = world.start_wall_ns + now_ns
    facts = [] if memory is None else _facts(memory.health)
    return moment.BotSeen(
        is_alive=world.driver.is_alive,
        boot=world.driver.boots,
        steps=world.driver.steps,
        waiting=host.waiting(),
        under_way=world.driver.under_way(),
        clock_off_ms=(host.now_ns() - true_wall_ns) / NS_PER_MS,
        wall_off_ms=(host.wall.read(now_ns) - true_wall_ns) / NS_PER_MS,
        venue_clock_off_ms=(world.venue.clock.read(now_ns) - true_wall_ns) / NS_PER_MS,
        connections={name: bool(line.alive()) for name, line in world.lines.items()},
        facts=tuple(facts),
        pnl_today_usdt=None if belief is None else quote_from_cash(belief.pnl_today_cash),
        doubts=None if belief is None else belief.doubts,
        refusals={} if memory is None else memory.refusals,
    )


def _facts(health: Health) -> list[str]:
    """Say which facts keep the bot from quoting."""
    said = {
        "not started": not health.session,
        "stopping": health.stopping,
        "halted by the operator": health.halted,
        "flattening": health.flattening,
        "public stream down": not health.public_up,
        f"private stream {'unsteady' if health.private.is_there else 'down'}": not health.private_up,
        "memory short": bool(health.memory_level),
    }
    unread = [f"open orders of {symbol} unread" for symbol in health.unread]
    unread += [f"fills of {symbol} unread" for symbol in health.fills_unread]
    return [words for words, is_so in said.items() if is_so] + unread
