"""``sim tape``: what a recorded window holds, and whether its book replays to its own ticker."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from sim.market.tape.records import Tape
    from sim.market.tape.replay import Replayed
    from sim.market.tape.summary import Summary

# The exit codes this verb uses, out of the one table for all verbs.
_FAILED = 1
_BAD_FILE = 3
_NOTHING_SELECTED = 5

_DATA = click.option(
    "--data",
    envvar="STORMQUOTE_DATA",
    type=click.Path(path_type=Path),
    help="Where recorded data is; FOLDER (or a file of many markets) is relative to it. [env: STORMQUOTE_DATA]",
)
_TICK = click.option("--tick", metavar="DECIMAL", help="Price step; inferred from the data when left out.")
_LOT = click.option("--lot", metavar="DECIMAL", help="Size step; inferred from the data when left out.")
_SYMBOL = click.option("--symbol", default="", metavar="SYMBOL", help="Which market, where a recording holds several.")
_MARKET = click.option("--market", type=click.Choice(["perp", "spot"]), help="Of which kind, where it holds both.")
_FORMAT = click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)


@click.group(name="tape")
def command() -> None:
    """Recorded data: what it holds, and whether its book replays."""


@command.command()
@click.argument("folder")
@_DATA
@_TICK
@_LOT
@_SYMBOL
@_MARKET
@_FORMAT
def info(
    folder: str, data: Path | None, tick: str | None, lot: str | None, symbol: str, market: str | None, form: str
) -> None:
    """Say what the recorded window in FOLDER holds: span, counts, spread."""
    from sim.market.tape.summary import summarise

    tape = _load_or_leave(folder, data, tick, lot, symbol, market)
    summary = summarise(tape)
    if form == "json":
        _print_json(_identity(tape, folder) | {"summary": summary})
    else:
        _print_info(tape, folder, summary)


@command.command()
@click.argument("folder")
@_DATA
@_TICK
@_LOT
@_SYMBOL
@_MARKET
@_FORMAT
@click.option(
    "--allow", type=click.IntRange(min=0), default=0, help="How many messages may disagree.", show_default=True
)
def check(
    folder: str,
    data: Path | None,
    tick: str | None,
    lot: str | None,
    symbol: str,
    market: str | None,
    form: str,
    allow: int,
) -> None:
    """Replay the book in FOLDER and compare it, message by message, with the recorded best bid and ask.

    Exit code 0 when every comparable message agrees (but for --allow), 1 when not, or when book or
    trades have a gap, or book or ticker cross; 3 when the files cannot be read; 5 when there is no data.
    """
    from sim.market.tape.replay import replay

    tape = _load_or_leave(folder, data, tick, lot, symbol, market)
    found = replay(tape)
    passed = found.is_sound() and found.comparable > 0 and found.comparable - found.agreed <= allow
    if form == "json":
        _print_json(_identity(tape, folder) | {"replay": found, "allowed": allow, "passed": passed})
    else:
        _print_check(tape, folder, found, passed, allow)
    if not passed:
        sys.exit(_FAILED)


@command.command()
@click.argument("folder")
@click.argument("to", type=click.Path(path_type=Path))
@_DATA
@_TICK
@_LOT
@_SYMBOL
@_MARKET
def convert(
    folder: str, to: Path, data: Path | None, tick: str | None, lot: str | None, symbol: str, market: str | None
) -> None:
    """Write the recorded window in FOLDER as TO/tape.parquet, which every verb reads as it reads FOLDER.

    Never writes over a file that is there (exit code 2). 3 when the files cannot be read; 5 when there
    is no data.
    """
    from sim.market.tape.files import PARQUET_NAME
    from sim.market.tape.parquet_format import write_parquet

    target = to / PARQUET_NAME
    if target.exists():
        raise click.BadParameter(f"{target} is there already", param_hint="TO")
    tape = _load_or_leave(folder, data, tick, lot, symbol, market)
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"no folder can be made of {to}: {error.strerror}", param_hint="TO") from None
    write_parquet(tape, target)
    click.echo(f"{target}   {len(tape.records):,} records")


def _load_or_leave(
    folder: str, data: Path | None, tick: str | None, lot: str | None, symbol: str, market: str | None
) -> "Tape":
    from sim.market.tape.load import load
    from sim.market.tape.refusal import TapeRefused

    place = Path(folder) if data is None else data / folder
    if data is None and not place.is_absolute():
        _skip(f"{folder}: neither --data nor STORMQUOTE_DATA names a folder of recorded data")
    if not place.exists():
        _skip(f"{place} does not exist")
    try:
        tape = load(place, tick=_step("--tick", tick), lot=_step("--lot", lot), symbol=symbol, market=market or "")
    except TapeRefused as refused:
        click.echo(str(refused), err=True)
        sys.exit(_BAD_FILE)
    if market and market != tape.market:
        raise click.BadParameter(f"{folder} is of {tape.market}", param_hint="--market")
    return tape


def _skip(reason: str) -> NoReturn:
    click.echo(f"skipped: no data ({reason})")
    sys.exit(_NOTHING_SELECTED)


def _step(option: str, text: str | None) -> Any:
    from decimal import Decimal, InvalidOperation

    if text is None:
        return None
    try:
        step = Decimal(text)
    except InvalidOperation:
        raise click.BadParameter(f"{text!r} is not a decimal number", param_hint=option) from None
    if not step.is_finite() or step <= 0:
        raise click.BadParameter(f"{text} is not above zero", param_hint=option)
    return step


def _identity(tape: "Tape", folder: str) -> dict[str, Any]:
    return {
        "folder": folder,
        "format": tape.format,
        "market": tape.market,
        "symbol": tape.symbol,
        "tick": str(tape.tick),
        "lot": str(tape.lot),
        "grid_inferred": tape.grid_inferred,
        "local_unit": tape.local_unit,
        "ignored": dict(tape.ignored),
    }


def _print_json(answer: dict[str, Any]) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


def _print_head(tape: "Tape", folder: str) -> None:
    symbol = f"{tape.symbol} " if tape.symbol else ""
    origin = "inferred" if tape.grid_inferred else "stated"
    click.echo(f"{folder}   {tape.format}   {symbol}{tape.market}   local time in {tape.local_unit}")
    click.echo(f" {'grid':<16} tick {tape.tick}, lot {tape.lot} ({origin})")
    for stream, count in tape.ignored:
        what = stream if " " in stream else f"messages of stream {stream}"
        click.echo(f" {'not used':<16} {count:,} {what}")


def _print_info(tape: "Tape", folder: str, summary: "Summary") -> None:
    from datetime import UTC, datetime

    began = datetime.fromtimestamp(summary.first_local_ns // 10**9, UTC)
    lot = float(tape.lot)
    span_s = summary.span_s or 1.0
    _print_head(tape, folder)
    for name, text in (
        ("begins", f"{began:%Y-%m-%d %H:%M:%S} UTC by the recorder's clock"),
        ("span", f"{summary.span_s:,.1f} s"),
        ("snapshots", f"{summary.snapshots:,}"),
        ("depth", f"{summary.depth_messages:,} messages, {summary.depth_rows:,} rows"),
        ("best bid, ask", f"{summary.bbos:,}, {summary.bbos_crossed:,} crossed"),
        (
            "trades",
            f"{summary.trades:,} ({summary.trades / span_s:.1f}/s), {summary.trade_id_gaps:,} gaps in their ids",
        ),
        ("trade clusters", f"{summary.trade_clusters:,} ({summary.trade_clusters / span_s:.1f}/s)"),
        ("mean spread", f"{summary.mean_spread_ticks:.3f} ticks, {summary.mean_spread_bps:.3f} bps"),
        ("at one tick", f"{100 * summary.share_at_one_tick:.1f} % of the time"),
        ("mean touch size", f"{summary.mean_bid_lots * lot:.3f} bid, {summary.mean_ask_lots * lot:.3f} ask"),
    ):
        click.echo(f" {name:<16} {text}")


def _print_check(tape: "Tape", folder: str, found: "Replayed", passed: bool, allow: int) -> None:
    dropped = f"{found.dropped_before_snapshot:,} before the snapshot, {found.dropped_after_gap:,} after a gap"
    allowed = f", {allow:,} may disagree" if allow else ""
    _print_head(tape, folder)
    for name, text in (
        ("agreement", f"{found.agreed:,} of {found.comparable:,}{allowed}"),
        ("crossed", f"{found.crossed:,}"),
        ("ticker crossed", f"{found.tickers_crossed:,}"),
        ("chain gaps", f"{found.gaps:,}"),
        ("trade gaps", f"{found.trade_gaps:,}"),
        ("trades far off", f"{found.prints_far:,} of {len(tape.trades()):,}"),
        ("dropped", f"{dropped}, {found.never_synced:,} never followed by a snapshot"),
        ("verdict", "pass" if passed else "FAIL"),
    ):
        click.echo(f" {name:<16} {text}")
    for finding in found.findings:
        click.echo(f"  {finding.file}:{finding.line}: [{finding.code}] {finding.reason}")
