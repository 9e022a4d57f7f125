"""Replay the book of a tape by the venue's documented rule, and compare it with its own ticker.

The rule: hold depth messages back until the snapshot; drop those it already contains
(``u < lastUpdateId`` on perpetuals, ``u <= lastUpdateId`` on spot); the first one applied must
reach over the snapshot's id; every later one must name the one before it. A message that does
not is a gap: the book is lost, and messages are held back until the next snapshot.

The proof: after each message the best bid and ask, price and size, must equal the last ticker
whose update id is not above the message's. Ids decide, not arrival: the streams race. A ticker that
was sampled apart from the book is compared with what stood between its two messages (``sampled``).
"""

from itertools import pairwise
from typing import Final

import msgspec

from sim.market.tape.book import TapeBook
from sim.market.tape.prints import held
from sim.market.tape.records import L3, PERP, Tape, TapeBbo, TapeDelta, TapeRecord, TapeSnapshot
from sim.market.tape.refusal import CHAIN_GAP, CROSSED, NOT_A_TAPE, WRONG_UNIT, TapeRefused
from sim.market.tape.sampled import Sampled

# Findings are counted without end, but of each code only this many are kept in words.
FINDINGS_MAX: Final = 10
DISAGREED: Final = "disagreed"


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong with the tape: a code, the place (relative to its folder) and the reason."""

    code: str
    file: str
    line: int
    reason: str


class Replayed(msgspec.Struct):
    """What a replay found. Every depth message is in exactly one of the first four counts.

    ``agreed`` of ``comparable`` messages ended with the best prices and sizes of the ticker;
    before the first ticker nothing is comparable. ``prints_far``: trades where nobody can have traded.
    """

    applied: int = 0
    dropped_before_snapshot: int = 0
    dropped_after_gap: int = 0
    never_synced: int = 0
    gaps: int = 0
    crossed: int = 0
    snapshots_ignored: int = 0
    comparable: int = 0
    agreed: int = 0
    tickers_out_of_order: int = 0
    tickers_crossed: int = 0
    trade_gaps: int = 0
    prints_far: int = 0
    findings: list[Finding] = []

    def is_sound(self) -> bool:
        """Say whether book and trades were whole, and neither book nor ticker ever crossed."""
        wrong = self.gaps or self.crossed or self.tickers_crossed or self.trade_gaps or self.prints_far
        return self.applied > 0 and not wrong


class Replayer:
    """Follow the rule over records in the order received. ``book`` is valid while ``is_synced``."""

    def __init__(self, tape: Tape) -> None:
        self.book = TapeBook()
        self.is_synced = False
        self.found = Replayed()
        # The deltas applied, in order: a consumer replays exactly these.
        self.applied: list[TapeDelta] = []
        self.start: TapeSnapshot | None = None
        self._tape = tape
        self._last_id = 0
        self._awaits_first = False
        self._had_gap = False
        self._held: list[TapeDelta] = []
        bbos = [bbo for bbo in tape.bbos() if not bbo.since_id]
        self._sampled = Sampled([bbo for bbo in tape.bbos() if bbo.since_id], tells_all=tape.level == L3)
        ids = [bbo.update_id for bbo in bbos]
        self.found.tickers_out_of_order = sum(later < earlier for earlier, later in pairwise(ids))
        self._bbos: list[TapeBbo] = sorted(bbos, key=lambda bbo: bbo.update_id)
        self._next_bbo = 0

    def run(self) -> Replayed:
        """Replay the whole tape."""
        for record in self._tape.records:
            if type(record) is TapeDelta:
                self.on_delta(record)
            elif type(record) is TapeSnapshot:
                self.on_snapshot(record)
        self.found.never_synced = len(self._held)
        self._judge_sampled()
        self._look_at_tickers()
        self._look_at_trades()
        return self.found

    def _judge_sampled(self) -> None:
        for ticker, agrees in self._sampled.judged():
            self.found.comparable += 1
            self.found.agreed += agrees
            if not agrees:
                stood = f"the book never stood so from {ticker.since_id} to {ticker.update_id}"
                self._note(DISAGREED, ticker, f"ticker {self._words_of(ticker)}, {stood}")

    def _look_at_tickers(self) -> None:
        for bbo in self._tape.bbos():
            if bbo.bid_ticks >= bbo.ask_ticks:
                self.found.tickers_crossed += 1
                bid, ask = self._words((bbo.bid_ticks, bbo.bid_lots)), self._words((bbo.ask_ticks, bbo.ask_lots))
                self._note(CROSSED, bbo, f"the ticker is crossed: bid {bid}, ask {ask}")

    def _look_at_trades(self) -> None:
        for before, trade in pairwise(sorted(self._tape.trades(), key=lambda trade: trade.trade_id)):
            if trade.trade_id != before.trade_id + 1:
                self.found.trade_gaps += 1
                self._note(CHAIN_GAP, trade, f"trade {trade.trade_id} does not follow {before.trade_id}")
        tick = self._tape.tick
        for one in held(self._tape):
            if one.is_far:
                self.found.prints_far += 1
                best = f"{one.low_ticks * tick} and {one.high_ticks * tick}"
                price = one.trade.price_ticks * tick
                self._note(WRONG_UNIT, one.trade, f"price {price} where the best were within {best} for a second")

    def on_snapshot(self, snapshot: TapeSnapshot) -> None:
        """Start the book from a snapshot; one that is older than a whole book tells nothing new."""
        if self.is_synced and snapshot.last_update_id <= self._last_id:
            self.found.snapshots_ignored += 1
            return
        self.start = self.start or snapshot
        self.book.fill(snapshot)
        self.is_synced = self._awaits_first = True
        self._last_id = snapshot.last_update_id
        self._note_crossing(snapshot)
        self._sampled.stood(self._last_id, self.book)
        held, self._held = self._held, []
        for delta in held:
            self.on_delta(delta)

    def on_delta(self, delta: TapeDelta) -> None:
        """Apply one message, or hold it back, or drop it, by the rule; then compare."""
        if not self.is_synced:
            self._held.append(delta)
            return
        if self._awaits_first:
            if self._is_contained(delta):
                self._count_dropped()
                return
            follows = self._reaches_over(delta)
            wanted = f"reach over the snapshot's {self._last_id}"
        else:
            follows = delta.prev_last_id == self._last_id
            wanted = f"follow {self._last_id}"
        if not follows:
            self._lose_book(delta, wanted)
            return
        self._awaits_first = False
        self._last_id = delta.last_id
        self.book.apply(delta)
        self.found.applied += 1
        self.applied.append(delta)
        self._note_crossing(delta)
        self._compare(delta)

    def _count_dropped(self) -> None:
        if self._had_gap:
            self.found.dropped_after_gap += 1
        else:
            self.found.dropped_before_snapshot += 1

    def _is_contained(self, delta: TapeDelta) -> bool:
        if self._tape.market == PERP:
            return delta.last_id < self._last_id
        return delta.last_id <= self._last_id

    def _reaches_over(self, delta: TapeDelta) -> bool:
        if self._tape.market == PERP:
            return delta.first_id <= self._last_id or delta.prev_last_id == self._last_id
        return delta.first_id <= self._last_id + 1

    def _lose_book(self, delta: TapeDelta, wanted: str) -> None:
        self.found.gaps += 1
        reason = f"depth message {delta.first_id}..{delta.last_id} (previous {delta.prev_last_id}) does not {wanted}"
        self._note(CHAIN_GAP, delta, reason)
        self.is_synced = False
        self._had_gap = True
        self._held.append(delta)

    def _note_crossing(self, record: TapeDelta | TapeSnapshot) -> None:
        if self.book.is_crossed():
            self.found.crossed += 1
            bid, ask = self.book.best_bid(), self.book.best_ask()
            self._note(CROSSED, record, f"the book is crossed: bid {self._words(bid)}, ask {self._words(ask)}")

    def _compare(self, delta: TapeDelta) -> None:
        self._sampled.stood(delta.last_id, self.book)
        bbos, at = self._bbos, self._next_bbo
        while at < len(bbos) and bbos[at].update_id <= delta.last_id:
            at += 1
        self._next_bbo = at
        if at == 0:
            return
        self.found.comparable += 1
        ticker = bbos[at - 1]
        bid, ask = self.book.best_bid(), self.book.best_ask()
        if bid == (ticker.bid_ticks, ticker.bid_lots) and ask == (ticker.ask_ticks, ticker.ask_lots):
            self.found.agreed += 1
            return
        book = f"book {self._words(bid)} / {self._words(ask)}"
        self._note(DISAGREED, delta, f"{book}, ticker {self._words_of(ticker)} ({self._tape.where(ticker)})")

    def _words_of(self, ticker: TapeBbo) -> str:
        bid, ask = (ticker.bid_ticks, ticker.bid_lots), (ticker.ask_ticks, ticker.ask_lots)
        return f"{self._words(bid)} / {self._words(ask)}"

    def _words(self, level: tuple[int, int] | None) -> str:
        if level is None:
            return "nothing"
        return f"{level[1] * self._tape.lot} at {level[0] * self._tape.tick}"

    def _note(self, code: str, record: TapeRecord, reason: str) -> None:
        if sum(kept.code == code for kept in self.found.findings) < FINDINGS_MAX:
            self.found.findings.append(Finding(code, self._tape.files[record.source], record.line, reason))


def replay(tape: Tape) -> Replayed:
    """Replay a tape and count what it shows; nothing raises, findings are values."""
    return Replayer(tape).run()


def refuse_unsound(tape: Tape, found: Replayed) -> None:
    """Refuse a tape whose book has gaps or crosses: no market can be made of it."""
    for finding in found.findings:
        if finding.code in (CHAIN_GAP, CROSSED):
            raise TapeRefused(finding.code, f"{tape.folder}/{finding.file}", finding.line, finding.reason)
    if not found.is_sound():
        raise TapeRefused(NOT_A_TAPE, tape.folder, 0, "no depth message could be applied to a snapshot")
