"""``live report --day``: what a UTC day brought, and by what."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from adapters.verbs import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.day import Day, SymbolDay
    from strategy.instrument import Instrument

_EPOCH: Final = date(1970, 1, 1)
_S_PER_H: Final = 3600


class Date(click.ParamType[date]):
    """A UTC day: ``2026-01-05``."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it."""
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no day, such as 2026-01-05", param, ctx)


@click.command("report", short_help="Tell a UTC day: what was earned, and by what.")
@options.config
@options.state_dir
@click.option("--day", is_flag=True, default=True, help="The report of a day; there is no other.")
@click.option("--date", "on", type=Date(), help="Which UTC day.  [default: today]")
@click.option("--mode", type=click.Choice(["paper", "shadow", "real"]), default="real", show_default=True)
@options.journal
@options.form
def command(
    config_path: Path,
    state_dir: Path | None,
    day: bool,
    on: date | None,
    mode: str,
    journal: Path | None,
    form: str,
) -> None:
    """Read the journal, also while the bot runs; the venue is not asked.

    Exit codes: 0, 3 a file is invalid, 5 the journal holds nothing of that day, 11 it cannot be read.
    """
    from adapters.day import day_of
    from adapters.endings import Ended
    from adapters.journal_reader import JournalReader
    from adapters.salvage import salvage
    from adapters.terms import journal_of
    from strategy.exit_codes import ExitCode
    from strategy.journal_table import Damaged

    settings = salvage(config_path, state_dir).settings
    path = journal or journal_of(settings, mode)
    when = on or datetime.now(UTC).date()
    try:
        with JournalReader(path) as reader:
            told = day_of(reader, (when - _EPOCH).days)
            instruments = {one.instrument.symbol: one.instrument for one in reader.knobs().symbols}
    except Damaged as damaged:
        raise Ended(damaged.code, str(damaged), ExitCode.PREFLIGHT) from None
    if not told.from_ns:
        raise Ended("SQ-O015", f"{path} holds nothing of {when}", ExitCode.NOTHING_SELECTED)
    if form == "json":
        import json

        click.echo(json.dumps(_plain(when, told, instruments), indent=2))
    else:
        click.echo("\n".join(_lines(when, told, instruments)))


def _plain(when: date, day: "Day", instruments: "dict[str, Instrument]") -> dict[str, Any]:
    """Put a day into numbers: money in quote currency, sizes as text."""
    from strategy.units import NS_PER_S, quote_from_cash

    symbols = {symbol: _plain_symbol(one, instruments[symbol], day) for symbol, one in day.symbols.items()}
    fills = sum(one.fills for one in day.symbols.values())
    sent = day.cancelled + sum(one.creates + one.amends for one in day.symbols.values())
    return {
        "date": when.isoformat(),
        "from": _at(day.from_ns),
        "until": _at(day.until_ns),
        "ran_s": round(day.ran_ns / NS_PER_S, 3),
        "processes": day.processes,
        "total": quote_from_cash(day.total_cash),
        "drawdown": quote_from_cash(day.drawdown_cash),
        "order_to_trade": round(sent / fills, 3) if fills else None,
        "cancelled": day.cancelled,
        "symbols": symbols,
        "notes": [{"at": _at(one.wall_ns), "who": one.who, "words": one.words} for one in day.notes],
    }


def _plain_symbol(one: "SymbolDay", instrument: "Instrument", day: "Day") -> dict[str, Any]:
    from strategy.instrument import size_text
    from strategy.units import PCT, quote_from_cash

    cash = {
        "capture": one.capture_cash,
        "fees": one.fee_cash,
        "funding": one.funding_cash,
        "inventory": one.inventory_cash,
        "total": one.total_cash,
        "maker_volume": one.maker_cash,
        "taker_volume": one.taker_cash,
    }
    lots = {"first": one.first_lots, "least": one.least_lots, "most": one.most_lots, "last": one.last_lots}
    return {
        **{name: quote_from_cash(value) for name, value in cash.items()},
        "fills": one.fills,
        "creates": one.creates,
        "amends": one.amends,
        "two_sided_pct": round(PCT * one.two_sided_ns / day.ran_ns, 2) if day.ran_ns else None,
        "position": {name: size_text(instrument, value) for name, value in lots.items()},
    }


def _lines(when: date, day: "Day", instruments: "dict[str, Instrument]") -> "Iterator[str]":
    said = _plain(when, day, instruments)
    ran = f"{said['ran_s'] / _S_PER_H:.2f} h in {day.processes} processes"
    yield f"{when} UTC   {said['from'][11:19]} .. {said['until'][11:19]}   ran {ran}"
    yield ""
    symbols = said["symbols"]
    yield f" {'':<14}" + "".join(f"{symbol:>16}" for symbol in symbols) + f"{'all':>16}"
    for name in ("capture", "fees", "funding", "inventory", "total", "maker_volume", "taker_volume"):
        yield _line(name, [one[name] for one in symbols.values()], lambda value: f"{value:,.2f}")
    for name in ("fills", "creates", "amends"):
        yield _line(name, [one[name] for one in symbols.values()], str)
    cells = ("-" if one["two_sided_pct"] is None else f"{one['two_sided_pct']:.2f} %" for one in symbols.values())
    yield f" {'two-sided':<14}" + "".join(f"{cell:>16}" for cell in cells)
    for name in ("first", "least", "most", "last"):
        cells = (one["position"][name] for one in symbols.values())
        yield f" {f'position {name}':<14}" + "".join(f"{cell:>16}" for cell in cells)
    yield ""
    ratio = "no fill" if said["order_to_trade"] is None else f"{said['order_to_trade']:.1f}"
    yield f" order to trade {ratio} (with {day.cancelled} orders cancelled)   drawdown {said['drawdown']:,.2f}"
    for note in said["notes"]:
        yield f" {note['at'][11:19]} {note['who']}: {note['words']}"


def _line(name: str, values: list[Any], write: "Callable[[Any], str]") -> str:
    cells = "".join(f"{write(value):>16}" for value in (*values, sum(values)))
    return f" {name.replace('_', ' '):<14}{cells}"


def _at(ns: int) -> str:
    from strategy.units import NS_PER_S

    return datetime.fromtimestamp(ns / NS_PER_S, UTC).isoformat(timespec="milliseconds")
