"""What went wrong around a bot, as far as its own words show it: each finding is a fault of a scenario.

Only the bot's evidence counts. Whether a request without an answer was carried out is told by what was
heard of its order later; a stream that was down was cut for as long as it stayed so.
"""

from collections.abc import Iterable
from typing import Any, Final

from strategy import commands, events
from strategy.journal import EventRecord, IntentRecord, Record
from strategy.pacing import BANNED, RATE_LIMIT
from strategy.units import NS_PER_MS, NS_PER_S

Fault = dict[str, Any]

# Troubles of one kind with less than this between them are one fault.
_TOGETHER_NS: Final = 5 * NS_PER_S
_LASTS_S_MIN: Final = 0.5
_FROZEN_NS_MIN: Final = 2 * NS_PER_S
_UP_NS_MIN: Final = NS_PER_S
_STEP_NS_MIN: Final = 200 * NS_PER_MS
_BAN_S: Final = 5.0
_JOURNAL_REFUSED: Final = "journal_refused"
_BOOKS: Final = (events.BookSnapshot, events.BookDelta, events.BookHeartbeat)
_EXISTS: Final = (events.OrderAccepted, events.OrderAmended, events.OrderCancelled, events.OrderFilled)
_ANSWERS: Final = (
    *(events.OrderReport, events.OpenOrdersReport, events.FillsReport, events.CancelAllAnswered),
    *(events.ClockSampled, events.MarginSeen, events.OrderAccepted, events.OrderAmended),
)
# So many requests in a row without one answer: it is the way to the venue that was cut.
_IN_A_ROW: Final = 3
_REQUESTS: Final = frozenset({events.CREATE, events.AMEND, events.CANCEL})


class Episodes:
    """Instants of one kind of trouble, gathered into stretches."""

    def __init__(self) -> None:
        """Start with none."""
        self.stretches: list[list[int]] = []

    def note(self, now_ns: int) -> None:
        """Take in one instant, not before the last."""
        if self.stretches and now_ns - self.stretches[-1][-1] < _TOGETHER_NS:
            self.stretches[-1].append(now_ns)
        else:
            self.stretches.append([now_ns])


class Seen:
    """Takes in the records of a journal, process by process, and gives the faults that they show."""

    def __init__(self) -> None:
        """Start with a quiet world."""
        self._faults: list[tuple[int, Fault, int]] = []  # when, what, how long (0: an instant)
        self._down_ns: dict[str, int] = {}
        # Requests in the order they are heard of: when they left, what they asked, of which order, answered or not.
        self._requests: list[tuple[int, str, str, bool]] = []
        self._exists: dict[str, None] = {}
        self._limited, self._banned, self._full = Episodes(), Episodes(), Episodes()
        self._silent: list[int] = []  # when requests left that were given up since the last answer
        self._cut: list[tuple[int, int]] = []  # from when to when no request was answered
        self._fills: dict[str, bool] = {}  # by id: whether the private stream told it
        self._twice_ns: list[int] = []
        self._missed: dict[str, int] = {}  # fills that only a read told, so far: when it did
        self._private_up_ns = 0  # since when the private stream has been up, 0 while it is not
        self._book_ns: dict[str, int] = {}
        self._seq: dict[str, int] = {}
        self._gaps: dict[str, list[tuple[int, int]]] = {}  # by symbol: when, and how many messages were missing
        self._deltas: dict[str, list[int]] = {}
        self._ahead_ns: int | None = None
        self._last_ns = 0
        self._sent_ns: dict[str, int] = {}
        self.round_trips_ns: list[int] = []

    @property
    def was_cut_off(self) -> bool:
        """Say whether for a while no request was answered, so that what became of orders was not known."""
        return bool(self._cut)

    def begin(self, now_ns: int) -> None:
        """Hear that a process begins: what came before it ended as it stood, if anything did."""
        if self._last_ns:
            self._faults.append((self._last_ns, {"kind": "crash", "restart_after_s": _s(now_ns - self._last_ns)}, 0))
        self._down_ns, self._book_ns, self._seq, self._ahead_ns = {}, {}, {}, None
        self._private_up_ns = 0

    def hear(self, record: Record) -> None:
        """Take in one record."""
        now_ns = self._last_ns = record.now_ns
        match record:
            case IntentRecord(command=commands.CreateOrder() | commands.AmendOrder() as command):
                self._sent_ns.setdefault(command.client_id, now_ns)
            case EventRecord():
                self._event(now_ns, record.event)
            case _:
                pass

    def _event(self, now_ns: int, event: events.Event) -> None:
        if isinstance(event, _EXISTS):
            self._exists[event.client_id] = None
            sent_ns = self._sent_ns.pop(event.client_id, 0)
            if sent_ns and isinstance(event, events.OrderAccepted | events.OrderAmended):
                request = events.CREATE if isinstance(event, events.OrderAccepted) else events.AMEND
                self._requests.append((sent_ns, request, event.client_id, True))
                self.round_trips_ns.append(now_ns - sent_ns)
        if isinstance(event, _ANSWERS):
            self._heard_from(now_ns)
        match event:
            case events.StreamDown():
                self._down_ns.setdefault(event.stream, now_ns)
                self._private_up_ns = 0 if event.stream == events.PRIVATE else self._private_up_ns
            case events.StreamUp():
                self._up(now_ns, event.stream)
            case events.Unanswered():
                self._unanswered(now_ns, event)
            case events.NotSent(reason=reason) if reason == _JOURNAL_REFUSED:
                self._full.note(now_ns)
            case events.OrderReport(status=status) if status != events.MISSING:
                self._exists[event.client_id] = None
            case events.OrderFilled():
                if self._fills.get(event.fill_id):
                    self._twice_ns.append(now_ns)
                self._fills[event.fill_id] = True
                self._missed.pop(event.fill_id, None)
            case events.FillsReport():
                self._fills_read(now_ns, event)
            case events.ClockSampled():
                self._clock(now_ns, event)
            case _ if isinstance(event, _BOOKS):
                self._book(now_ns, event)
            case _:
                pass

    def _up(self, now_ns: int, stream: str) -> None:
        down_ns = self._down_ns.pop(stream, 0)
        if down_ns:
            fault: Fault = {"kind": "dns_outage", "connections": [stream]}
            self._faults.append((down_ns, fault, max(1, now_ns - down_ns)))
        if stream == events.PUBLIC:
            self._book_ns, self._seq = {}, {}
        elif stream == events.PRIVATE:
            self._private_up_ns = now_ns

    def _unanswered(self, now_ns: int, event: events.Unanswered) -> None:
        if event.code == BANNED:
            self._banned.note(now_ns)
        elif event.code == RATE_LIMIT:
            self._limited.note(now_ns)
        else:
            self._silent.append(event.sent_ns or now_ns)
        if event.request in _REQUESTS and event.code not in (BANNED, RATE_LIMIT):
            sent_ns = self._sent_ns.pop(event.client_id, 0)
            self._requests.append((event.sent_ns or sent_ns or now_ns, event.request, event.client_id, False))

    def _heard_from(self, now_ns: int) -> None:
        """Hear an answer: what went unanswered before it, all of it, was sent while the way was cut."""
        if len(self._silent) >= _IN_A_ROW:
            self._cut.append((min(self._silent), now_ns))
        self._silent = []

    def _fills_read(self, now_ns: int, event: events.FillsReport) -> None:
        for fill in event.fills:
            # Only what traded while the stream was up should have been told by it.
            traded_ns = fill.venue_ns - (self._ahead_ns or 0)
            if fill.fill_id not in self._fills and 0 < self._private_up_ns < traded_ns - _UP_NS_MIN:
                self._missed[fill.fill_id] = now_ns
            self._fills.setdefault(fill.fill_id, False)

    def _clock(self, now_ns: int, event: events.ClockSampled) -> None:
        ahead_ns = event.venue_ns - (event.asked_ns + now_ns) // 2
        unsure_ns = now_ns - event.asked_ns
        if self._ahead_ns is not None and abs(ahead_ns - self._ahead_ns) > _STEP_NS_MIN + unsure_ns:
            by_ms = round((ahead_ns - self._ahead_ns) / NS_PER_MS)
            self._faults.append((now_ns, {"kind": "clock_step", "clock": "venue_wall", "by_ms": by_ms}, 0))
        self._ahead_ns = ahead_ns

    def _book(self, now_ns: int, event: Any) -> None:
        symbol = event.symbol
        silent_ns = now_ns - self._book_ns.get(symbol, now_ns)
        if silent_ns >= _FROZEN_NS_MIN:
            self._faults.append((now_ns - silent_ns, {"kind": "feed_frozen", "symbols": [symbol]}, silent_ns))
        if isinstance(event, events.BookDelta):
            self._deltas.setdefault(symbol, []).append(now_ns)
            lost = event.prev_seq - self._seq.get(symbol, event.prev_seq)
            if lost > 0 and silent_ns < _FROZEN_NS_MIN:
                self._gaps.setdefault(symbol, []).append((now_ns, lost))
        self._book_ns[symbol], self._seq[symbol] = now_ns, event.seq

    # What it comes to

    def faults(self, first_ns: int, last_ns: int) -> list[Fault]:
        """Give what was seen between two instants, in order, in seconds from the first."""
        for stream, down_ns in self._down_ns.items():
            self._faults.append((down_ns, {"kind": "dns_outage", "connections": [stream]}, last_ns - down_ns))
        self._heard_from(last_ns)
        found = [*self._faults, *self._cuts(), *self._by_gaps(), *self._lost_answers()]
        found += [*self._by_rate(), *self._by_disk(), *self._by_fills()]
        found.sort(key=lambda one: one[0])
        within = [one for one in found if first_ns <= one[0] < last_ns]
        return [_placed(fault, at_ns - first_ns, lasts_ns) for at_ns, fault, lasts_ns in within]

    def _cuts(self) -> Iterable[tuple[int, Fault, int]]:
        whole: list[tuple[int, int]] = []
        for from_ns, to_ns in sorted(self._cut):
            if whole and from_ns <= whole[-1][1]:
                whole[-1] = (whole[-1][0], max(to_ns, whole[-1][1]))
            else:
                whole.append((from_ns, to_ns))
        for from_ns, to_ns in whole:
            yield from_ns, {"kind": "partition", "links": ["rest_up", "rest_down"]}, to_ns - from_ns

    def _by_gaps(self) -> Iterable[tuple[int, Fault, int]]:
        """Tell a gap from a feed that loses messages again and again."""
        for symbol, gaps in self._gaps.items():
            lost_at = dict(gaps)
            instants = Episodes()
            for now_ns, _ in gaps:
                instants.note(now_ns)
            for stretch in instants.stretches:
                lost = sum(lost_at[now_ns] for now_ns in stretch)
                if len(stretch) < _IN_A_ROW:
                    for now_ns in stretch:
                        yield now_ns, {"kind": "feed_gap", "lost_messages": lost_at[now_ns], "symbols": [symbol]}, 0
                    continue
                heard = sum(stretch[0] <= now_ns <= stretch[-1] for now_ns in self._deltas[symbol])
                fault = {"kind": "message_loss", "links": ["public"], "prob": round(lost / (lost + heard), 3)}
                yield stretch[0], fault | {"messages": ["book_delta"]}, stretch[-1] - stretch[0]

    def _lost_answers(self) -> Iterable[tuple[int, Fault, int]]:
        """Name the answers that were lost by their number: in another run they would not leave at the same instants."""
        cuts = self._cut
        requests = sorted(
            one for one in self._requests if not any(from_ns <= one[0] <= to_ns for from_ns, to_ns in cuts)
        )
        for kind, was_applied in (("ack_lost", True), ("ack_lost_not_applied", False)):
            mine = Episodes()
            for sent_ns, _, client_id, is_answered in requests:
                if not is_answered and (client_id in self._exists) == was_applied:
                    mine.note(sent_ns)
            for stretch in mine.stretches:
                within = [one for one in requests if stretch[0] <= one[0] <= stretch[-1]]
                lost = [not one[3] and (one[2] in self._exists) == was_applied for one in within]
                kinds = list(dict.fromkeys(one[1] for one, is_lost in zip(within, lost, strict=True) if is_lost))
                counted = [is_lost for one, is_lost in zip(within, lost, strict=True) if one[1] in kinds]
                nth = [number for number, is_lost in enumerate(counted, start=1) if is_lost]
                lasts_ns = stretch[-1] - stretch[0] + _TOGETHER_NS
                yield stretch[0] - NS_PER_MS, {"kind": kind, "nth": nth, "requests": kinds}, lasts_ns

    def _by_rate(self) -> Iterable[tuple[int, Fault, int]]:
        """Find how many requests were too many; a ban that no refusal came before is not for what we did."""
        for stretch in self._limited.stretches:
            lasts_s = max(_LASTS_S_MIN, _s(stretch[-1] - stretch[0]))
            taken = sum(stretch[0] <= one[0] <= stretch[-1] for one in self._requests if one[3])
            rate = max(1, round(taken / lasts_s))
            fault: Fault = {"kind": "rate_limit", "orders_per_s": rate, "burst": rate}
            if any(0 <= ban[0] - stretch[-1] < _TOGETHER_NS for ban in self._banned.stretches):
                fault["ban_after"] = len(stretch)
            yield stretch[0], fault, round(lasts_s * NS_PER_S)
        for ban in self._banned.stretches:
            if not any(0 <= ban[0] - stretch[-1] < _TOGETHER_NS for stretch in self._limited.stretches):
                lasts_s = max(_BAN_S, _s(ban[-1] - ban[0]))
                fault = {"kind": "rate_limit", "orders_per_s": 1, "burst": 1, "banned": True, "ban_s": lasts_s}
                yield ban[0], fault, round(lasts_s * NS_PER_S)

    def _by_disk(self) -> Iterable[tuple[int, Fault, int]]:
        for stretch in self._full.stretches:
            yield stretch[0], {"kind": "disk_full"}, stretch[-1] - stretch[0]

    def _by_fills(self) -> Iterable[tuple[int, Fault, int]]:
        for kind, instants in (
            ("fill_duplicate", self._twice_ns),
            ("fill_dropped", [*self._missed.values()]),
        ):
            if instants:
                prob = round(min(1.0, len(instants) / max(1, len(self._fills))), 3)
                yield instants[0], {"kind": kind, "prob": max(0.001, prob)}, instants[-1] - instants[0]


def _placed(fault: Fault, after_ns: int, lasts_ns: int) -> Fault:
    placed = {"at_s": _s(after_ns), **fault}
    if lasts_ns or fault["kind"] in _LASTING:
        placed["for_s"] = max(_LASTS_S_MIN, _s(lasts_ns))
    return placed


_LASTING: Final = frozenset(
    {"message_loss", "ack_lost", "ack_lost_not_applied", "rate_limit", "disk_full", "fill_duplicate", "fill_dropped"}
)


def _s(span_ns: int) -> float:
    return round(span_ns / NS_PER_S, 3)
