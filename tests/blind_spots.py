"""Why the invariants cannot see some small mistakes: of each its line, its change, and what it comes to."""

from typing import Final

# By the line as it stands and the change: a line that is written anew is looked at anew.
WHY: Final[dict[str, str]] = {
    "self.fills_due[symbol] = min(at_ns, self.fills_due.get(symbol, at_ns)): min -> max": (
        "fills are read later, and soon enough: belief has `converge_s` to be truth"
    ),
    "order.must_read = False: False -> True": (
        "an order that was read is cancelled and quoted anew instead of amended: allowed, if clumsy"
    ),
    "order.amend_price_ticks = order.amend_size_lots = 0: 0 -> 1": (
        "counts as an amend to one lot, and no order is smaller: the worst case is the same"
    ),
    "sweep.asked_ns, sweep.must_cancel = now_ns, True: True -> False": (
        "a read of what a cancel-all left, if unanswered, is asked again without another one; one that shows some repeats it"
    ),
    "self.least[place] = one.beta * (one.position_lots - one.sell_lots) * one.lot_cash: Sub -> Add": (
        "too much may be wanted; `permit`, the second road, counts the account anew and lets none of it leave"
    ),
    "self._shut_out(now_ns, min(resets_ns, now_ns + _HELD_NS_MAX)): min -> max": (
        "no simulated venue shuts out questions and takes orders; only a real one's wire says so"
    ),
    "self.cuts = 0: 0 -> 1": "after a refusal one waits longer: the bot may be slower than its config, never faster",
    "if not self.ok or event.seq < self.seq:: Not dropped": (
        "a proof of life is not believed, so quotes go sooner than they must; S4 sees a gap that only a heartbeat shows"
    ),
    "self.best_ask_ticks = min(self.asks, default=0): min -> max": (
        "until the best ask moves the mid is wrong, and that costs; S4 sees it in a crossed snapshot"
    ),
    "return abs(fill.fee_cash - expected) > _ROUNDING * abs(expected) + _ROUNDING * value / BPS: Add -> Sub": (
        "a false alarm (SQ-V007): no promise speaks of one"
    ),
    "return abs(fill.fee_cash - expected) > _ROUNDING * abs(expected) + _ROUNDING * value / BPS: Sub -> Add": (
        "a false alarm (SQ-V007): no promise speaks of one"
    ),
}
