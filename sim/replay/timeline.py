"""What happened from one instant to another, line by line in the order of true time.

fault   a fault begins or ends
wire    a message is sent on a link, and when it arrives, or that it is lost
venue   the venue does something with our orders: the truth, whether or not anybody hears of it
step    the bot takes a word in, and what it answers
order   what the bot believes of an order changes
guard   the guard's level, its action or its reasons change
bot     a process starts, dies, runs out of memory
broken  an invariant breaks
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from sim.plan import PlannedFault
from sim.replay.moment import Line
from sim.trace import STEP
from sim.wire import PUBLIC, Message, kind_of
from sim.world import World
from strategy import commands, events
from strategy.context import GuardVerdict
from strategy.units import NS_PER_MS, NS_PER_S

_LINES_MAX: Final = 100_000
_PUBLIC_WORDS: Final = (events.BookDelta, events.BookSnapshot, events.BookHeartbeat, events.PublicTrade)
_NAMES: Final = ("client_id", "symbol")
# What a line about a record leaves out: it is said already, or says nothing to a person.
_SILENT: Final = frozenset({"client_id", "symbol", "cycle_id", "send_by_ns", "venue_ns", "asked_ns", "bids", "asks"})


class Timeline:
    """Takes down what happens while a world runs. ``wants`` says of which instants, in true time."""

    def __init__(self, world: World, wants: Callable[[int], bool]) -> None:
        """Look on from now; market data is left out unless a step answers it."""
        self._world, self._wants = world, wants
        self._lines: list[tuple[int, Line]] = []
        self._verdicts: dict[str, GuardVerdict] = {}
        self._states: dict[str, str] = {}
        self._broken = 0
        self.is_cut = False
        world.link_watchers.append(self._on_link)
        world.trace.heard = self._on_record
        said, world.venue.private = world.venue.private, self._on_truth
        self._say: Callable[[events.Event], None] = said

    def lines(self) -> tuple[Line, ...]:
        """Give what was taken down, faults included, in the order of time."""
        now_ns = self._world.kernel.now_ns
        told = [(at_ns, line) for at_ns, line in self._fault_lines() if at_ns <= now_ns and self._wants(at_ns)]
        return tuple(line for _, line in sorted([*told, *self._lines], key=lambda one: one[0]))

    def _note(self, kind: str, text: str, about: Iterable[str] = ()) -> None:
        now_ns = self._world.kernel.now_ns
        if not self._wants(now_ns):
            return
        if len(self._lines) >= _LINES_MAX:
            self.is_cut = True
            return
        self._lines.append((now_ns, Line(now_ns / NS_PER_S, kind, text, tuple(dict.fromkeys(filter(None, about))))))

    # What it hears

    def _on_link(self, link: str, message: Message, sent_ns: int, arrives_ns: int | None) -> None:
        if link == PUBLIC and not message.client_id:
            return
        fate = "lost" if arrives_ns is None else f"arrives in {(arrives_ns - sent_ns) / NS_PER_MS:.1f} ms"
        carried = getattr(message.body, "commands", None)
        about = [getattr(one, "client_id", "") for one in carried or message.body or ()] if _is_many(message) else []
        words = " ".join(part for part in (message.symbol, message.client_id) if part)
        many = f"{len(about)} in one " if len(about) > 1 else ""
        self._note("wire", f"{link:<10} {many}{message.kind} {words}  {fate}", [message.client_id, *about])

    def _on_truth(self, event: events.Event) -> None:
        self._note("venue", words_of(event), [getattr(event, "client_id", "")])
        self._say(event)
        self._look_for_breaches()

    def _on_record(self, kind: str, _now_ns: int, what: Any) -> None:
        if kind == STEP:
            event, leaving = what
            self._step(event, leaving)
        elif kind not in ("market", "end"):
            self._note("bot", f"{kind} {_record_words(what)}".rstrip())
        self._look_for_breaches()

    def _step(self, event: events.Event, leaving: tuple[commands.Command, ...]) -> None:
        is_quiet = isinstance(event, (*_PUBLIC_WORDS, events.Woke))
        if leaving or not is_quiet:
            about = [getattr(one, "client_id", "") for one in (event, *leaving)]
            about += getattr(event, "client_ids", ())
            about += [fill.client_id for fill in getattr(event, "fills", ())]
            self._note("step", _step_words(event, leaving), about)
        self._look_at_orders()
        self._look_at_guard()

    def _look_at_orders(self) -> None:
        belief = getattr(self._world.driver.core, "belief", None)
        if belief is None:
            return
        for order in belief().orders:
            before = self._states.get(order.client_id, "")
            if order.state != before:
                self._states[order.client_id] = order.state
                if before or order.state != "CLOSED":
                    self._note("order", f"{order.client_id} {before or 'new'} -> {order.state}", [order.client_id])

    def _look_at_guard(self) -> None:
        last_context = getattr(self._world.driver.core, "last_context", None)
        if last_context is None:
            return
        for symbol in self._world.scenario.market.traded:
            context = last_context(symbol)
            before = self._verdicts.get(symbol, GuardVerdict())
            if context is None or _gist(context.verdict) == _gist(before):
                continue
            self._verdicts[symbol] = context.verdict
            reasons = ", ".join(f"{one.code} {one.value:.3g}" for one in context.verdict.reasons)
            self._note("guard", f"{symbol} {context.verdict.level} {context.verdict.action}  {reasons}".rstrip())

    def _look_for_breaches(self) -> None:
        for one in self._world.oracle.breaches[self._broken :]:
            self._broken += 1
            self._note("broken", f"{one.code} {one.detail} ({one.evidence})")

    def _fault_lines(self) -> Iterable[tuple[int, Line]]:
        for fault in self._world.plan.faults:
            yield fault.start_ns, Line(fault.start_ns / NS_PER_S, "fault", f"{fault_words(fault)} begins")
            yield fault.end_ns, Line(fault.end_ns / NS_PER_S, "fault", f"{fault.id} is over")


def fault_words(fault: PlannedFault) -> str:
    """Write a fault on one line: what it is called, its kind, and what was said of it."""
    said = [f"{key}={value}" for key, value in fault.params.items() if value not in (None, [], "")]
    return f"{fault.id} ({fault.kind}{' ' if said else ''}{' '.join(said)})"


def words_of(record: Any) -> str:
    """Write an event or a command on one line, without what only programs read."""
    names = " ".join(str(value) for name in _NAMES if (value := getattr(record, name, "")))
    fields = [] if isinstance(record, _PUBLIC_WORDS) else [*getattr(record, "__struct_fields__", ())]
    said = [f"{name}={_short(getattr(record, name))}" for name in fields if name not in _SILENT]
    return " ".join(part for part in (kind_of(record), names, *said) if part)


def record_words(line: str) -> str:
    """Write a record of the trace, given as its line of JSON, as a time line has it, without its instant."""
    kind, _, what = msgspec.json.decode(line)
    if kind != STEP:
        return f"{kind} {what if isinstance(what, str) else msgspec.json.encode(what).decode()}"
    event, leaving = msgspec.convert(what, tuple[events.Event, tuple[commands.Command, ...]])
    return f"{kind} {_step_words(event, leaving)}"


def _step_words(event: events.Event, leaving: tuple[commands.Command, ...]) -> str:
    said = "; ".join(words_of(one) for one in leaving)
    return words_of(event) + (f"  ->  {said}" if said else "")


def _short(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{len(value)}]" if value and not isinstance(value[0], str) else ",".join(map(str, value))
    return str(value)


def _record_words(what: Any) -> str:
    return words_of(what) if hasattr(what, "__struct_fields__") else str(what)


def _is_many(message: Message) -> bool:
    return hasattr(message.body, "commands") or isinstance(message.body, tuple | list)


def _gist(verdict: GuardVerdict) -> tuple[Any, ...]:
    return verdict.level, verdict.action, tuple(one.code for one in verdict.reasons)
