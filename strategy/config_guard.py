"""The guard's part of the config: one row per trigger, with the thresholds of both levels."""

from collections.abc import Iterator

from pydantic import Field

from strategy.file_model import CONTRADICTION, AboveZero, Complaint, FromZero, Share, Written, relation


class Thresholds(Written):
    """Enter and exit of both levels, in the unit the trigger's own name ends in.

    A level is left at a lower value than it is entered, so that it cannot flap.
    """

    soft_enter: FromZero
    """SOFT begins at this value."""
    soft_exit: FromZero
    """SOFT ends at this value."""
    hard_enter: FromZero
    """HARD begins at this value."""
    hard_exit: FromZero
    """HARD ends at this value."""

    @relation("soft_enter", "soft_exit", "hard_enter", "hard_exit")
    def _do_not_cross(self) -> Iterator[Complaint]:
        yield from _exit_below_enter("soft", self.soft_exit, self.soft_enter)
        yield from _exit_below_enter("hard", self.hard_exit, self.hard_enter)
        yield from _soft_before_hard(self.soft_enter, self.hard_enter)


class LatchedThresholds(Written):
    """As the others, but HARD has no exit: only the operator clears it."""

    soft_enter: FromZero
    """SOFT begins at this value."""
    soft_exit: FromZero
    """SOFT ends at this value."""
    hard_enter: FromZero
    """HARD begins at this value and stays until a person clears it."""

    @relation("soft_enter", "soft_exit", "hard_enter")
    def _do_not_cross(self) -> Iterator[Complaint]:
        yield from _exit_below_enter("soft", self.soft_exit, self.soft_enter)
        yield from _soft_before_hard(self.soft_enter, self.hard_enter)


def _exit_below_enter(level: str, leave: float, enter: float) -> Iterator[Complaint]:
    if leave >= enter:
        words = f"crossed thresholds: {level}_exit ({leave:g}) must be below {level}_enter ({enter:g})"
        yield Complaint(CONTRADICTION, (f"{level}_exit",), words)


def _soft_before_hard(soft: float, hard: float) -> Iterator[Complaint]:
    if soft > hard:
        words = f"crossed thresholds: soft_enter ({soft:g}) must not be above hard_enter ({hard:g})"
        yield Complaint(CONTRADICTION, ("soft_enter",), words)


def _row(soft_enter: float, soft_exit: float, hard_enter: float, hard_exit: float) -> Thresholds:
    return Thresholds(soft_enter=soft_enter, soft_exit=soft_exit, hard_enter=hard_enter, hard_exit=hard_exit)


def _latched_row(soft_enter: float, soft_exit: float, hard_enter: float) -> LatchedThresholds:
    return LatchedThresholds(soft_enter=soft_enter, soft_exit=soft_exit, hard_enter=hard_enter)


class Guard(Written):
    """When to quote less (SOFT) and when to stop (HARD), per symbol and for the account."""

    volatility_bps_per_sqrt_s: Thresholds = _row(3.0, 2.4, 6.0, 4.8)
    """Time-weighted volatility, in bps per square root of a second. HARD: only reduce."""
    round_trip_ms: Thresholds = _row(300, 240, 450, 360)
    """Order round trip, 95th percentile of the window, in milliseconds. HARD: halt."""
    pnl_deviation_sigma: Thresholds = _row(1.5, 1.0, 2.5, 1.5)
    """Loss against its own window, in standard deviations; gains never count. HARD: only reduce."""
    inventory_pct: Thresholds = _row(60, 50, 90, 80)
    """Position, in percent of the symbol's limit. HARD: only reduce."""
    taker_fills_count: Thresholds = _row(12, 8, 20, 12)
    """Fills we took in the window `signals.takes_window_s`. HARD: no taking."""
    feed_silence_ms: Thresholds = _row(500, 200, 2000, 500)
    """Silence of the feed beyond its expected interval, in milliseconds. HARD: halt."""
    rejects_pct: Thresholds = _row(20, 10, 50, 20)
    """Requests refused in the window `signals.rejects_window_s`, in percent. HARD: halt."""
    doubts_count: Thresholds = _row(1, 0, 3, 0)
    """Orders whose fate is unknown. HARD: halt."""
    clock_uncertainty_ms: Thresholds = _row(200, 100, 500, 250)
    """How far the estimated venue clock may be off, in milliseconds. HARD: halt."""
    margin_pct: Thresholds = _row(50, 40, 80, 60)
    """Maintenance margin, in percent of equity; 100 is liquidation. HARD: only reduce."""
    loss_pct: LatchedThresholds = _latched_row(50, 40, 100)
    """Today's loss (UTC), in percent of `account.loss_budget`. HARD is latched."""
    drawdown_pct: LatchedThresholds = _latched_row(50, 40, 100)
    """Fall from the day's peak, in percent of `account.drawdown_budget`. HARD is latched."""
    dwell_ms: FromZero = 1000
    """The least time a level is held before it may be left, in milliseconds."""
    halt_ms: AboveZero = 2000
    """The least time a halt lasts, in milliseconds; after it, healthy inputs must be seen."""
    soft_size_factor: Share = Field(default=0.5, gt=0)
    """SOFT multiplies the quoted size by this."""
    soft_widen_bps: FromZero = 0.3
    """SOFT adds this to the full width, in bps."""
