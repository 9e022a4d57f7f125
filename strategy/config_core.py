"""The part of the config that keeps the machine honest: clocks, orders, budgets, freshness."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from strategy.file_model import (
    CONTRADICTION,
    AboveZero,
    Complaint,
    CountAboveZero,
    DecimalAboveZero,
    FromZero,
    Written,
    ordered,
    relation,
)


class Loop(Written):
    """How often to decide, and how commands travel."""

    decide_every_ms: AboveZero = 100
    """The least time between two scheduled decisions of a symbol, in milliseconds; danger is answered at once."""
    dispatch: Literal["sequential", "concurrent", "batched"] = "batched"
    """How the driver sends the commands of one step."""


class Account(Written):
    """What all symbols share, as decimal text in quote currency."""

    gross_notional_max: DecimalAboveZero = "100000"
    """The most that may be exposed in all, every symbol counted without its sign."""
    net_notional_max: DecimalAboveZero = "60000"
    """The most that may be exposed one way, symbols weighted by their `beta`."""
    loss_budget: DecimalAboveZero = "500"
    """What may be lost in one UTC day before trading stops for good; kept across restarts."""
    drawdown_budget: DecimalAboveZero = "400"
    """What may be lost from the day's peak before trading stops for good."""

    @relation("gross_notional_max", "net_notional_max")
    def _net_within_gross(self) -> Iterator[Complaint]:
        if float(self.net_notional_max) > float(self.gross_notional_max):
            words = f"net_notional_max ({self.net_notional_max}) must be at most gross_notional_max"
            yield Complaint(CONTRADICTION, ("net_notional_max",), f"{words} ({self.gross_notional_max})")


class Orders(Written):
    """Deadlines of the order machine: silence is a question, and these say when it is asked."""

    ack_wait_ms_max: AboveZero = 600
    """How long an answer may take before the order is in doubt, in milliseconds."""
    query_every_ms: AboveZero = 500
    """How often an order in doubt is asked about, in milliseconds."""
    query_ms_max: AboveZero = 4000
    """The longest pause between two questions when nobody answers, in milliseconds: each is twice the last."""
    send_within_ms: AboveZero = 150
    """A create that has not left our host after this time is not sent at all, in milliseconds."""
    window_ms: AboveZero = 1000
    """The venue's receive window for creates, in milliseconds: a late quote is a stale quote."""
    read_lag_ms_max: AboveZero = 3000
    """How long a read at the venue may lag behind its books, in milliseconds."""
    margin_ms: AboveZero = 3000
    """Added to a create's own validity before its absence is believed, in milliseconds."""
    audit_every_s: AboveZero = 15.0
    """How often a healthy order is asked about anyway, in seconds."""
    open_orders_every_s: AboveZero = 15.0
    """How often the orders open at the venue are compared with ours, in seconds."""
    forget_after_s: AboveZero = 120.0
    """How long an absent order is still asked about, slowly, in seconds."""
    closed_kept_max: CountAboveZero = 2000
    """How many closed orders are remembered, so that late words find them."""
    doubt_alert_s: AboveZero = 60.0
    """A person is told of an order that has been in doubt for longer, in seconds."""

    @relation("read_lag_ms_max", "margin_ms")
    def _margin_covers_lag(self) -> Iterator[Complaint]:
        if self.margin_ms < self.read_lag_ms_max:
            words = f"margin_ms ({self.margin_ms:g}) must be at least read_lag_ms_max ({self.read_lag_ms_max:g})"
            yield Complaint(CONTRADICTION, ("margin_ms",), f"{words}, or a lagging read would pass for absence")

    @relation("send_within_ms", "ack_wait_ms_max")
    def _sent_before_missed(self) -> Iterator[Complaint]:
        limits = {"send_within_ms": self.send_within_ms, "ack_wait_ms_max": self.ack_wait_ms_max}
        yield from ordered("send_within_ms", limits, strictly=False)

    @relation("query_every_ms", "query_ms_max")
    def _pauses_grow(self) -> Iterator[Complaint]:
        limits = {"query_every_ms": self.query_every_ms, "query_ms_max": self.query_ms_max}
        yield from ordered("query_every_ms", limits, strictly=False)


class Regimes(Written):
    """What to do about trading regimes: closures announced ahead, and refusals that tell of one."""

    lead_s: AboveZero = 3.0
    """How long before an announced closure our quotes are gone, in seconds."""
    grace_s: AboveZero = 30.0
    """How long after its announced end a closure that never came is waited for, in seconds."""
    refused_pause_s: AboveZero = 5.0
    """How long a symbol is left alone after a refusal for its regime, in seconds."""


class Pacing(Written):
    """The account's own rate budget; what the venue allows may be more, never less."""

    orders_per_s: CountAboveZero = 10
    """Creates, amends and cancels together, per second."""
    burst: CountAboveZero = 20
    """How many of them may go at once."""
    cancel_share_pct: int = Field(default=30, ge=1, le=90)
    """The share of the budget that only cancels may use, in percent."""
    queries_per_s: CountAboveZero = 5
    """Questions about orders and books, per second."""
    recover_every_s: AboveZero = 10.0
    """After the venue refused our rate, which halves it, one request a second is added this often, in seconds."""
    ban_wait_s: AboveZero = 30.0
    """How long nothing is sent after a ban of unknown length, in seconds; twice as long each time it repeats."""
    ban_wait_s_max: AboveZero = 600.0
    """The longest such wait, in seconds."""

    @relation("ban_wait_s", "ban_wait_s_max")
    def _wait_within_bound(self) -> Iterator[Complaint]:
        limits = {"ban_wait_s": self.ban_wait_s, "ban_wait_s_max": self.ban_wait_s_max}
        yield from ordered("ban_wait_s", limits, strictly=False)


class Signals(Written):
    """Half-lives and windows of the estimators; all weigh by time, not by number of updates."""

    volatility_half_life_s: AboveZero = 30.0
    """Half-life of volatility, in seconds."""
    liquidity_half_life_s: AboveZero = 120.0
    """Half-life of a symbol's usual liquidity, in seconds."""
    liquidity_bps: AboveZero = 5.0
    """How far from the mid liquidity counts, in bps."""
    markout_s: AboveZero = 1.0
    """How long after a fill its markout is taken, in seconds."""
    markout_half_life_s: AboveZero = 60.0
    """Half-life of the average markout, in seconds."""
    pnl_window_s: AboveZero = 300.0
    """Window that PnL is compared with, in seconds."""
    round_trip_window_s: AboveZero = 30.0
    """Window of order round trips, in seconds."""
    rejects_window_s: AboveZero = 30.0
    """Window of refused requests, in seconds."""
    takes_window_s: AboveZero = 900.0
    """Window of fills we took, in seconds."""
    takers_half_life_s: AboveZero = 0.5
    """Half-life of the count of takers that moves the fair value, in seconds."""


class Feed(Written):
    """What freshness means: a quiet market is not a stale one."""

    expected_interval_ms: AboveZero = 500
    """The longest silence a healthy feed of one symbol shows, heartbeats included, in milliseconds."""
    age_ms_max: AboveZero = 2500
    """Nothing is quoted on a book whose last proof of life is older, in milliseconds."""
    cache_ttl_ms: FromZero = 100
    """How long a book read over REST serves decisions, in milliseconds; 0 switches the cache off."""
    book_wait_ms_max: AboveZero = 1000
    """How long an asked book may take before it is asked for again, in milliseconds."""
    clock_every_s: AboveZero = 10.0
    """How often the venue's clock is asked, in seconds."""
    margin_every_s: AboveZero = 10.0
    """How often the account's margin is asked, in seconds."""
    retreat_after_s: AboveZero = 5.0
    """Without a stream, a book or an answer for longer, every order is taken off by whatever path works, in seconds.

    A symbol of which a stream that is up says nothing for longer is fetched as if there were none.
    """
    steady_after_s: AboveZero = 5.0
    """A private stream that fell twice in a row before it had lasted so long is down until it has, in seconds."""
    poll_fills_s: AboveZero = 2.0
    """How often fills and orders are read while the private stream is down, in seconds."""

    @relation("expected_interval_ms", "age_ms_max")
    def _age_covers_interval(self) -> Iterator[Complaint]:
        limits = {"expected_interval_ms": self.expected_interval_ms, "age_ms_max": self.age_ms_max}
        yield from ordered("expected_interval_ms", limits)
