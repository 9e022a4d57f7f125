"""A moment as a person reads it: faults first, then the book, the orders, and what led to them."""

import sys
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sim.replay import moment
from sim.replay.fork import Fork
from sim.replay.rerun import Proof
from sim.replay.timeline import record_words
from sim.runs.console import number

_LEVEL_STYLE: Final = {"NONE": "green", "SOFT": "yellow", "HARD": "bold red"}
_KIND_STYLE: Final = {"fault": "magenta", "broken": "bold red", "guard": "yellow", "venue": "cyan", "bot": "bold"}
_NEXT_FAULTS: Final = 4
_AROUND: Final = 10
_LOG_WIDTH: Final = 170
_RECORD_SHOWN: Final = 300
_BROKEN_SHOWN: Final = 3


def print_moment(talk: Console, seen: moment.Moment) -> None:
    """Print everything at one instant."""
    head = f"\n[bold]{seen.scenario}[/] seed {seen.seed}   t = {seen.at_s:.6f} s   {seen.wall_utc}"
    talk.print(head, highlight=False)
    if seen.ended:
        talk.print(f" [yellow]the run ends here[/]: {escape(seen.ended)}", highlight=False)
    for one in seen.broken:
        talk.print(f" [bold red]{one.code} broken[/] at {one.at_s:.3f} s: {escape(one.detail)}", highlight=False)
        talk.print(f"   evidence  {escape(one.evidence)}", highlight=False)
    _print_faults(talk, seen.faults)
    _print_bot(talk, seen.bot)
    _print_budgets(talk, seen.budgets)
    for symbol in seen.symbols:
        _print_symbol(talk, symbol)
    _print_orders(talk, seen.orders)
    _print_in_flight(talk, seen.in_flight)


def print_lines(talk: Console, lines: Iterable[moment.Line]) -> None:
    """Print a time line."""
    for one in lines:
        style = _KIND_STYLE.get(one.kind, "")
        kind = f"[{style}]{one.kind:<6}[/]" if style else f"{one.kind:<6}"
        talk.print(f"{one.at_s:14.6f}  {kind}  {escape(one.text)}", highlight=False, soft_wrap=True)


def print_proof(talk: Console, proof: Proof) -> None:
    """Print how far the run is proven to be the one that was kept."""
    counted = f"{proof.checkpoints} of {proof.of} checkpoints"
    if proof.differs:
        talk.print(f"\n[bold red]not the run that was kept[/]: {escape(proof.differs)}", highlight=False)
    elif proof.is_whole:
        talk.print(f"\nproven: the run that was kept, {counted}, digest {proof.digest}", highlight=False)
    else:
        talk.print(f"\nproven up to here by {counted}; the rest was not run", highlight=False)


def print_fork(found: Fork) -> None:
    """Print what a fork did, after what is proven of it."""
    talk = console()
    head = f"\n[bold]{found.scenario}[/] seed {found.seed}   {', '.join(found.changed)}, from t = {found.from_s:g} s on"
    talk.print(head, highlight=False)
    print_proof(talk, found.proof)
    if found.wrong:
        talk.print(f"[bold red]nothing follows from it[/]: {escape(found.wrong)}", highlight=False)
    else:
        shared = f"shared  {found.shared_records:,} records before the change"
        talk.print(f"{shared}; others propose the same for {found.flow_s:g} s", highlight=False)
    parting = found.parting
    if parting is None:
        talk.print("parted  nowhere: the change made no difference", highlight=False)
    else:
        talk.print(f"parted  at t = {parting.at_s:.6f} s", highlight=False)
        for name, line in (("then", parting.then), ("now", parting.now)):
            shown = escape(record_words(line)[:_RECORD_SHOWN]) if line else "nothing at that instant"
            talk.print(f"  {name:<5} {shown}", highlight=False, soft_wrap=True)
    table = _table("figure", "then", "now", "change", right=("then", "now", "change"))
    for one in found.figures:
        change = "-" if one.then is None or one.now is None else number(one.now - one.then)
        table.add_row(one.metric, *("-" if value is None else number(value) for value in (one.then, one.now)), change)
    talk.print()
    talk.print(table)
    for name, ending in (("then", found.then), ("now", found.now)):
        told = ", ".join(f"{one.code} broke at {one.at_s:.3f} s" for one in ending.broken[:_BROKEN_SHOWN])
        if told or ending.error:
            talk.print(f" {name:<5} ended at {ending.at_s:.3f} s: {escape(told or ending.error)}", highlight=False)


def console() -> Console:
    """Open what is printed on: a terminal as wide as it is, a log wide enough for a table."""
    return Console(width=None if sys.stdout.isatty() else _LOG_WIDTH)


def _table(*heads: str, right: Iterable[str] = ()) -> Table:
    table = Table(box=None, pad_edge=True, header_style="dim")
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left")
    return table


def _print_faults(talk: Console, faults: Iterable[moment.FaultSeen]) -> None:
    active = [one for one in faults if one.is_active]
    ahead = sorted((one for one in faults if not one.is_active), key=lambda one: one.start_s)
    for one in active:
        said = " ".join(f"{key}={value}" for key, value in one.params.items())
        until = "for ever" if one.end_s is None else f"until {one.end_s:g} s"
        talk.print(
            f" [magenta]fault[/]  {one.id} ({one.kind}) since {one.start_s:g} s, {until}, bit {one.bites} times"
            f"   [dim]{escape(said)}[/]",
            highlight=False,
        )
    if not active:
        talk.print(" fault  none", highlight=False)
    if ahead:
        told = ", ".join(f"{one.id} ({one.kind}) at {one.start_s:g} s" for one in ahead[:_NEXT_FAULTS])
        more = f", and {len(ahead) - _NEXT_FAULTS} more" if len(ahead) > _NEXT_FAULTS else ""
        talk.print(f" [dim]ahead  {told}{more}[/]", highlight=False)


def _print_bot(talk: Console, bot: moment.BotSeen) -> None:
    state = f"process {bot.boot} lives" if bot.is_alive else f"[bold red]process {bot.boot} is dead[/]"
    links = ", ".join(f"{name} {'up' if is_up else '[red]down[/]'}" for name, is_up in bot.connections.items())
    talk.print(
        f" bot    {state}, {bot.steps:,} steps, {bot.waiting} waiting, {bot.under_way} requests under way   {links}",
        highlight=False,
    )
    clocks = (
        f"its clock {bot.clock_off_ms:+.1f} ms, its wall {bot.wall_off_ms:+.1f}, venue {bot.venue_clock_off_ms:+.1f}"
    )
    pnl = "" if bot.pnl_today_usdt is None else f"   PnL today {bot.pnl_today_usdt:,.2f} USDT"
    doubts = "" if bot.doubts is None else f", {bot.doubts} orders in doubt"
    talk.print(f" clocks {clocks} beyond true time{pnl}{doubts}", highlight=False)
    for words in bot.facts:
        talk.print(f" [yellow]fact[/]   {escape(words)}", highlight=False)
    if bot.refusals:
        talk.print(f" [dim]limits {', '.join(f'{code} {n}' for code, n in bot.refusals.items())}[/]", highlight=False)


def _print_budgets(talk: Console, budgets: Iterable[moment.BucketSeen]) -> None:
    parts = [
        f"{one.name} {one.tokens} of {one.burst}, {one.per_s}/s"
        + (f", {one.kept_for_cancels} only for cancels" if one.kept_for_cancels else "")
        + (f", [yellow]held until {one.held_until_s:.3f} s[/]" if one.held_until_s is not None else "")
        for one in budgets
    ]
    if parts:
        talk.print(f" pacing {'; '.join(parts)}", highlight=False)


# One symbol


def _print_symbol(talk: Console, seen: moment.SymbolSeen) -> None:
    fair = "" if seen.fair is None else f", fair {seen.fair:.2f}"
    talk.print(f"\n[bold]{seen.symbol}[/]   {seen.regime}   mid {seen.mid:g} ticks{fair}", highlight=False)
    held = seen.holding
    talk.print(
        f" held   {held.position} in truth, {_or_unknown(held.believed_position)} believed"
        f"   cash {held.cash_usdt:,.4f}, {_money(held.believed_cash_usdt)} believed",
        highlight=False,
    )
    if seen.is_book_believed is not None:
        state = "" if seen.is_book_believed else "   [yellow]which it does not trust: a gap[/]"
        talk.print(f" book   the bot's best {seen.believed_bid} / {seen.believed_ask}{state}", highlight=False)
    table = _table("", "price", "lots", "ours, and what stands before it", right=("price", "lots"))
    for level in reversed(seen.asks[:_AROUND]):
        table.add_row("[red]ask[/]", level.price, f"{level.lots:,}", _ours(level))
    table.add_section()
    for level in seen.bids[:_AROUND]:
        table.add_row("[green]bid[/]", level.price, f"{level.lots:,}", _ours(level))
    talk.print(table)
    far = [(name, level) for name, side in (("ask", seen.asks), ("bid", seen.bids)) for level in side[_AROUND:]]
    for name, level in far:
        if level.ours:
            talk.print(f"  further {name} {level.price}: {_ours(level)}", highlight=False)
    _print_decisions(talk, seen)


def _ours(level: moment.Level) -> str:
    return "; ".join(
        f"[bold]{one.client_id}[/] {one.lots:,} behind {one.ahead_lots:,}"
        + ("" if one.believed_ahead_lots is None else f" (believes {one.believed_ahead_lots:,.0f})")
        for one in level.ours
    )


def _print_decisions(talk: Console, seen: moment.SymbolSeen) -> None:
    """Print the last decisions: what each stage added to bid and ask, in ticks from the mid."""
    if not seen.decisions:
        talk.print(" decided nothing yet", highlight=False)
        return
    stages = list(dict.fromkeys(part.stage for one in seen.decisions for part in one.parts))
    table = _table("decided", "mid", *stages, "bid", "ask", "width_bps", "guard", right=("decided", "mid", "width_bps"))
    for one in seen.decisions:
        parts = {part.stage: f"{part.bid_ticks:+.2f} / {part.ask_ticks:+.2f}" for part in one.parts}
        style = _LEVEL_STYLE.get(one.level, "")
        guard = f"[{style}]{one.level}[/] {one.action if one.level != 'NONE' else ''}".rstrip()
        quote = (one.bid or "-", one.ask or "-") if not one.no_quote else (f"[yellow]{escape(one.no_quote)}[/]", "")
        shares = [parts.get(stage, "") for stage in stages]
        table.add_row(f"{one.at_s:.6f}", f"{one.mid_ticks:g}", *shares, *quote, f"{one.width_bps:.3g}", guard)
    talk.print(table)
    last = seen.decisions[-1]
    for reason in last.reasons:
        talk.print(
            f"   guard  {reason.code} {number(reason.value)}, threshold {number(reason.threshold)}", highlight=False
        )
    for move in last.moves:
        talk.print(f"   moves  {escape(move)}", highlight=False)


# Orders and messages


def _print_orders(talk: Console, orders: Iterable[moment.OrderSeen]) -> None:
    table = _table("order", "slot", "side", "truth", "belief", "")
    for one in orders:
        differs = f"[bold yellow]{escape(one.differs)}[/]" if one.differs else ""
        table.add_row(one.client_id, one.slot, one.side, _side(one.truth), _side(one.belief), differs)
    talk.print()
    if table.row_count:
        talk.print(table)
    else:
        talk.print(" orders none, in truth and in belief", highlight=False)


def _side(side: moment.Side | None) -> str:
    return "-" if side is None else f"{side.state} {side.size} @ {side.price}, {side.filled} filled"


def _print_in_flight(talk: Console, messages: Iterable[moment.InFlight]) -> None:
    table = _table("on its way", "what", "about", "sent", "arrives", right=("sent", "arrives"))
    for one in messages:
        table.add_row(one.link, one.kind, one.about, f"{one.sent_s:.6f}", f"{one.arrives_s:.6f}")
    if table.row_count:
        talk.print()
        talk.print(table)
    else:
        talk.print("\n no message is on its way", highlight=False)


def _or_unknown(text: str | None) -> str:
    return "nothing" if text is None else text


def _money(value: float | None) -> str:
    return "nothing" if value is None else f"{value:,.4f}"
