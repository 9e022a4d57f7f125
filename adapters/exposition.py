"""From what was counted, and what the core says when asked, to what Prometheus reads.

Nothing here runs while the bot quotes: a scrape asks, and gets one family after the other. A value that
is not known is left out, except where its absence would look like good news.

Names carry their units. Money is in quote currency, widths in bps of the mid, sizes in % of their limit.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from prometheus_client.metrics_core import Metric

from adapters.families import PREFIX, Rows, count, counter, gauge, histogram, level, rows
from adapters.metrics import BUCKETS, OUTSIDE, Metrics
from adapters.standing import Standing, SymbolStanding, standing_of
from strategy.context import HALT, HARD, LATCHED, NO_ACTION, NO_TAKING, NONE, REDUCE_ONLY, SOFT, SOFTEN, Readings
from strategy.edge import HORIZONS_NS, Figures
from strategy.errors import RefusalCode
from strategy.footprint import bounds_of
from strategy.order_states import State
from strategy.pacing import ACCOUNT, ORDERS, QUERIES
from strategy.units import CASH_PER_QUOTE, NS_PER_S, quote_from_cash

# The one name without a prefix: the same figure has the same name in a simulated run.
BREAKDOWN: Final = "latency_breakdown_ms"
_LEVELS: Final = (NONE, SOFT, HARD)
_ACTIONS: Final = (NO_ACTION, SOFTEN, NO_TAKING, REDUCE_ONLY, HALT, LATCHED)
_TRIGGERS: Final = Readings.__struct_fields__
_EDGES: Final = ("soft_enter", "soft_exit", "hard_enter", "hard_exit")


def families(metrics: Metrics, now_ns: int) -> Iterator[Metric]:
    """Make every family as of now, one after the other."""
    standing = standing_of(metrics, now_ns)
    yield from _guards(metrics, standing)
    yield from _risk(metrics, standing)
    yield from _orders(metrics, standing)
    yield from _quoting(metrics, standing)
    yield from _latency(metrics)
    yield from _venue(metrics, standing)
    yield from _process(metrics, standing)
    yield from _money(metrics, now_ns)


def _by_symbol(name: str, words: str, standing: Standing, of: Callable[[SymbolStanding], float]) -> Metric:
    return gauge(name, words, ("symbol",), rows({one.symbol: of(one) for one in standing.symbols}))


def _guards(metrics: Metrics, standing: Standing) -> Iterator[Metric]:
    """Tell the guard's word, and each trigger's reading with its thresholds."""
    symbols, guard = standing.symbols, metrics.knobs.guard
    words = "Guard level: 0 none, 1 soft, 2 hard."
    yield _by_symbol("guard_level", words, standing, lambda one: _LEVELS.index(one.verdict.level))
    ordered = {(one.symbol, action): one.verdict.action == action for one in symbols for action in _ACTIONS}
    words = "1 for the action the guard has ordered, 0 for all others."
    yield gauge("guard_action", words, ("symbol", "action"), rows(ordered))
    reasons = [(one.symbol, reason) for one in symbols for reason in one.verdict.reasons]
    words = "What each reason of the guard reads; only reasons that hold are here."
    values = {(symbol, reason.code): reason.value for symbol, reason in reasons}
    yield gauge("guard_reason_value", words, ("symbol", "reason"), rows(values))
    words = "The threshold each such reason reached, or has yet to come back to."
    thresholds = {(symbol, reason.code): reason.threshold for symbol, reason in reasons}
    yield gauge("guard_reason_threshold", words, ("symbol", "reason"), rows(thresholds))
    decided = [one for one in symbols if one.readings is not None]
    readings = {(one.symbol, name): getattr(one.readings, name) for one in decided for name in _TRIGGERS}
    words = "What each trigger read at the last decision, in its own unit."
    yield gauge("guard_reading", words, ("symbol", "trigger"), rows(readings))
    configured = {(name, edge): getattr(getattr(guard, name), edge) for name in _TRIGGERS for edge in _EDGES}
    words = "Configured thresholds of each trigger, in its own unit."
    yield gauge("guard_threshold", words, ("trigger", "edge"), rows(configured))
    yield level("halted", "Whether the operator, or the guard of any symbol, has halted us.", standing.is_halted)
    latched = any(one.verdict.action == LATCHED for one in symbols)
    yield level("latched", "Whether a spent budget keeps us from quoting until the operator clears it.", latched)


def _risk(metrics: Metrics, standing: Standing) -> Iterator[Metric]:
    """Tell what may be lost: budgets used, and the worst case of every position."""
    yield level("loss_budget_used_pct", "Loss of the UTC day in % of its budget.", standing.loss_pct)
    yield level("drawdown_budget_used_pct", "Fall from the day's peak in % of its budget.", standing.drawdown_pct)
    yield level("margin_used_pct", "Maintenance margin in % of equity; 100 is liquidation.", standing.margin_pct)
    words = "Worst case of the position in % of its limit, every order possibly alive counted."
    yield _by_symbol("position_worst_pct", words, standing, lambda one: one.worst_pct)
    words = "Worst case of the position in quote currency."
    yield _by_symbol("exposure_worst_quote", words, standing, lambda one: one.worst_quote)
    words = "Worst case of the account: the sum of all symbols (gross), and weighted by betas (net)."
    worst = {"gross": standing.gross_quote, "net": standing.net_quote}
    yield gauge("exposure_account_quote", words, ("kind",), rows(worst))
    account = metrics.knobs.account
    limits = {"gross": quote_from_cash(account.gross_cash_max), "net": quote_from_cash(account.net_cash_max)}
    yield gauge("exposure_limit_quote", "What the account's worst case may come to.", ("kind",), rows(limits))
    refusals = {code.value: standing.refusals.get(code, 0) for code in RefusalCode}
    yield counter("limit_refusals", "What our own limits said no to.", ("code",), rows(refusals))
    yield counter("alerts", "What a person was told, by error code.", ("code",), rows(metrics.alerts))


def _orders(metrics: Metrics, standing: Standing) -> Iterator[Metric]:
    """Tell what was asked, what became of it, and what is open."""
    commands = {_snake(kind): number for kind, number in metrics.commands.items()}
    yield counter("commands", "What the core asked for.", ("command",), rows(commands))
    events = {_snake(kind): number for kind, number in metrics.events.items()}
    yield counter("events", "What the core was told.", ("event",), rows(events))
    words = "What became of requests: the first verdict on each, and those without one or that never left."
    yield counter("outcomes", words, ("request", "outcome"), rows(metrics.outcomes))
    words = "Why requests were refused, not answered or not sent."
    yield counter("outcome_codes", words, ("request", "code"), rows(metrics.codes))
    states = {state.value: standing.orders.get(state.value, 0) for state in State}
    yield gauge("orders", "Orders by what we believe of them.", ("state",), rows(states))
    yield level("doubts", "Orders whose outcome is unknown.", standing.doubts)
    yield level("doubt_age_seconds", "For how long scrapes have found the oldest doubt.", standing.doubt_age_s)
    yield counter("fills", "Fills of ours, each once.", ("symbol", "liquidity"), rows(metrics.fills))


def _quoting(metrics: Metrics, standing: Standing) -> Iterator[Metric]:
    """Tell what rests in the book, why nothing does, and on what ground."""
    symbols = standing.symbols
    sides = {
        (one.symbol, side): there for one in symbols for side, there in (("bid", one.has_bid), ("ask", one.has_ask))
    }
    words = "1 where a quote of ours rests in the book, as far as we know."
    yield gauge("quoting", words, ("symbol", "side"), rows(sides))
    silent = {(one.symbol, one.no_quote_reason): 1 for one in symbols if one.no_quote_reason}
    words = "1 for the reason why a symbol is not quoted; absent where it is."
    yield gauge("not_quoting", words, ("symbol", "reason"), rows(silent))
    yield _by_symbol("width_bps", "Full width decided on.", standing, lambda one: one.width_bps)
    yield _by_symbol("mid_price", "Mid decided on.", standing, lambda one: one.mid)
    words = "Position in base currency, short is negative."
    yield _by_symbol("position_size", words, standing, lambda one: one.position_size)
    words = "Position at the mid, in quote currency."
    yield _by_symbol("position_quote", words, standing, lambda one: one.position_quote)
    yield count("decisions", "Decisions made.", standing.decisions)
    yield count("quotes", "Creates and amends that were acknowledged.", metrics.quotes)
    words = "Since the last proof of life of a symbol's feed; since the start where there was none."
    yield _by_symbol("book_age_seconds", words, standing, lambda one: one.book_age_s)
    yield _by_symbol("book_ok", "Whether the book is whole.", standing, lambda one: one.is_book_ok)
    reads, hits = standing.cache_figures
    yield count("book_cache_reads", "Books by REST that were looked up.", reads)
    yield count("book_cache_hits", "Of these, how many were fresh.", hits)


def _latency(metrics: Metrics) -> Iterator[Metric]:
    words = "Where a cycle's time goes; the components together are the cycle."
    yield histogram(BREAKDOWN, words, "component", metrics.breakdown.histograms)
    for name, words, one in (
        ("cycle_ms", "From a trigger to the last known outcome of what it caused.", metrics.cycle_ms),
        ("round_trip_ms", "From a command to the verdict on it.", metrics.round_trip_ms),
        ("step_ms", "What a step computed.", metrics.step_ms),
        ("inbox_wait_ms", "What an event waited for its step.", metrics.inbox_wait_ms),
        ("journal_commit_ms", "Until a write of the journal was safe.", metrics.commit_ms),
    ):
        yield histogram(PREFIX + name, words, "", {"": one})


def _venue(metrics: Metrics, standing: Standing) -> Iterator[Metric]:
    """Tell how the venue treats us: streams, budgets, bans, its clock."""
    words = "Whether a stream is connected, signed in and subscribed."
    yield gauge("stream_up", words, ("stream",), rows(metrics.streams))
    yield counter("stream_losses", "How often a stream was lost.", ("stream",), rows(metrics.stream_losses))
    left = {name: metrics.budgets[name].remaining for name in BUCKETS if name in metrics.budgets}
    yield gauge("budget_left", "What the venue last said is left of a rate budget.", ("bucket",), rows(left))
    pacing = metrics.knobs.pacing
    allowed = {ORDERS: pacing.orders_per_s, QUERIES: pacing.queries_per_s}
    yield gauge("budget_per_second", "What we allow ourselves.", ("bucket",), rows(allowed))
    words = "For how long the venue said it will hear nothing of us."
    yield level("ban_seconds_left", words, _ban_s(metrics, standing.now_ns))
    words = "The venue's clock less ours, at least; absent before the first sample."
    yield level("clock_offset_ms", words, standing.clock_offset_ms if metrics.clock_samples else None)
    words = "Half the width of what the venue's clock may show; infinite before the first sample."
    yield level("clock_uncertainty_ms", words, standing.clock_uncertainty_ms)
    yield count("clock_samples", "How often the venue told its time.", metrics.clock_samples)


def _ban_s(metrics: Metrics, now_ns: int) -> float:
    seen = metrics.budgets.get(ACCOUNT)
    return max(0, seen.resets_ns - now_ns) / NS_PER_S if seen is not None and not seen.remaining else 0.0


def _process(metrics: Metrics, standing: Standing) -> Iterator[Metric]:
    yield gauge("session_info", "The session of this process.", ("session",), rows({metrics.session: 1}))
    yield count("steps", "Events taken in.", metrics.steps)
    last_s = metrics.now_ns / NS_PER_S
    yield level("last_event_timestamp_seconds", "When the core last took something in, unix time.", last_s)
    yield gauge("records", "What the core keeps, by container.", ("container",), rows(standing.footprint))
    bounds = bounds_of(metrics.knobs)
    yield gauge("records_max", "What a container may ever keep.", ("container",), rows(bounds))
    for name, read in metrics.outside.items():
        yield level(name, OUTSIDE[name], _read(read))


def _read(read: Callable[[], float]) -> float | None:
    """Read what the core cannot know; a file that is not there must not take the whole page with it."""
    try:
        return read()
    except OSError:
        return None


def _money(metrics: Metrics, now_ns: int) -> Iterator[Metric]:
    """Tell what was earned since the process began, and by what."""
    figures = metrics.money.figures(now_ns)
    parts = {
        (symbol, part): quote_from_cash(cash)
        for symbol, one in figures.items()
        for part, cash in (
            ("capture", one.capture_cash),
            ("fees", one.fee_cash),
            ("funding", one.funding_cash),
            ("inventory", one.inventory_cash),
        )
    }
    words = "What was earned since the process began, by part; the parts together are the PnL."
    yield gauge("edge_quote", words, ("symbol", "part"), rows(parts))
    pnl = {symbol: quote_from_cash(one.pnl_cash) for symbol, one in figures.items()}
    yield gauge("pnl_quote", "PnL at the mid since the process began.", ("symbol",), rows(pnl))
    shares = {
        (symbol, stage): cash / CASH_PER_QUOTE
        for symbol, one in figures.items()
        for stage, cash in one.stage_cash.items()
    }
    words = "What the fills gained against the mid by each stage's share of their price."
    yield gauge("stage_quote", words, ("symbol", "stage"), rows(shares))
    horizons = [f"{horizon / NS_PER_S:g}s" for horizon in HORIZONS_NS]
    words = "How the mid moved after our fills, in our favour."
    marked = _by_horizon(figures, horizons, lambda one: one.markout_cash)
    yield gauge("markout_quote", words, ("symbol", "horizon"), marked)
    words = "The notional of the fills of which that is known."
    notional = _by_horizon(figures, horizons, lambda one: one.marked_cash)
    yield gauge("marked_quote", words, ("symbol", "horizon"), notional)
    slipped = {
        (symbol, liquidity): quote
        for symbol, purse in metrics.money.purses.items()
        for liquidity, quote in purse.slipped.items()
    }
    words = "What fills cost against the mid their price was decided at; positive is a cost."
    yield gauge("slippage_quote", words, ("symbol", "liquidity"), rows(slipped))
    traded = {
        (symbol, liquidity): quote_from_cash(cash)
        for symbol, one in figures.items()
        for liquidity, cash in (("maker", one.traded_cash - one.taker_cash), ("taker", one.taker_cash))
    }
    words = "Notional traded since the process began."
    yield gauge("traded_quote", words, ("symbol", "liquidity"), rows(traded))


def _by_horizon(figures: dict[str, Figures], horizons: Sequence[str], of: Callable[[Figures], Any]) -> Rows:
    for symbol, one in figures.items():
        for horizon, cash in zip(horizons, of(one), strict=True):
            yield (symbol, horizon), quote_from_cash(cash)


def _snake(kind: type) -> str:
    """Write a type's name as a label: ``CreateOrder`` is ``create_order``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("_")
