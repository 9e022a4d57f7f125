"""``live run``: quote on paper, in the shadow, or for real."""

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from adapters.verbs import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.clock import Clock
    from adapters.log import Log
    from adapters.settings import Settings
    from adapters.terms import Terms
    from adapters.venue import Venue
    from strategy.commands import Alert

    Opened = Callable[[Clock, Callable[[Alert], None]], Venue]

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Facts that ``ground`` looks at itself, with an ending of its own for each.
_LOOKED_AT: Final = ("instance", "bar", "journal", "budget", "metrics")


class Span(click.ParamType[float]):
    """A length of time: ``90``, ``90s``, ``30m``, ``2h``, ``1d``."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it as seconds."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", str(value))
        if found is None or float(found[1]) <= 0:
            self.fail(f"{value!r} is no length of time, such as 90s, 30m or 2h", param, ctx)
        return float(found[1]) * _SECONDS[found[2] or "s"]


class Money(click.ParamType[Decimal]):
    """Decimal text above zero."""

    name = "AMOUNT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read it exactly."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is not a decimal number", param, ctx)
        if not amount.is_finite() or amount <= 0:
            self.fail(f"{value!r} is not above zero", param, ctx)
        return amount


@click.command("run", short_help="Quote: on paper, in the shadow, or for real.")
@options.config
@options.venue
@click.option("--mode", type=click.Choice(["paper", "shadow", "real"]), default="paper", show_default=True)
@click.option("--max-loss-usdt", type=Money(), help="Real orders: the most that may be lost in one UTC day.")
@click.option("--confirm", metavar="VENUE-NAME", help="Real orders: the venue's name, typed.")
@click.option("--duration", type=Span(), help="Stop by itself after so long.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Port on 127.0.0.1; 0 serves nothing.")
@click.option("--journal", type=click.Path(path_type=Path, dir_okay=False), help="Another journal than the mode's own.")
@click.option("--log", "log_path", type=click.Path(path_type=Path, dir_okay=False), help="Another log.")
@click.option("--lift-bar", is_flag=True, help="Take the bar away that a kill or a guard has put down.")
@click.option("--clear-latch", is_flag=True, help="Quote again although a budget of the day was spent.")
@click.option("--set-journal-aside", is_flag=True, help="Begin with an empty journal where this one is damaged.")
def command(config_path: Path, venue_name: str | None, **chosen: Any) -> None:
    """Quote until Ctrl-C, `live stop`, the end of --duration, or a limit.

    paper: real market, orders on paper, filled by a queue model. shadow: the same, and nothing ever fills.
    real: orders at the venue; needs --max-loss-usdt and --confirm.

    Exit codes: 0 stopped and proven, 3 a file is invalid, 4 the core raised again and again, 10 a limit or
    the bar, 11 something is not as it must be to begin or to end, 130 Ctrl-C, stopped and proven.
    """
    from adapters.settings import load

    settings = load(config_path)
    options.must_be_about(venue_name, settings.venue_name)
    _must_be_meant(chosen, settings.venue_name)
    _preflight(settings)
    run(settings, _terms(settings, chosen), chosen["log_path"] or settings.log, _opener(settings, chosen["mode"]))


def _must_be_meant(chosen: dict[str, Any], name: str) -> None:
    if chosen["mode"] != "real":
        return
    if chosen["max_loss_usdt"] is None:
        raise click.UsageError("--mode real needs --max-loss-usdt")
    if chosen["confirm"] != name:
        raise click.UsageError(f"--mode real needs --confirm {name}")


def _preflight(settings: "Settings") -> None:
    """Refuse to start where ``live check`` would say FAIL of this host."""
    from adapters.endings import Ended
    from adapters.preflight import FAIL, host_rows
    from strategy.exit_codes import ExitCode

    failed = [row for row in host_rows(settings) if row.state == FAIL and row.check not in _LOOKED_AT]
    for row in failed:
        click.echo(f"{row.check}: {row.detail}. Fix: {row.fix}", err=True)
    if failed:
        raise Ended("SQ-O034", f"preflight failed: {', '.join(row.check for row in failed)}", ExitCode.PREFLIGHT)


def _terms(settings: "Settings", chosen: dict[str, Any]) -> "Terms":
    from adapters.terms import Terms, journal_of

    port = chosen["metrics_port"]
    return Terms(
        mode=chosen["mode"],
        journal=(chosen["journal"] or journal_of(settings, chosen["mode"])).absolute(),
        metrics_port=settings.live.metrics.port if port is None else port,
        duration_s=chosen["duration"],
        max_loss=chosen["max_loss_usdt"],
        is_lifting_bar=chosen["lift_bar"],
        is_clearing_latch=chosen["clear_latch"],
        is_setting_aside=chosen["set_journal_aside"],
    )


def _opener(settings: "Settings", mode: str) -> "Opened":
    """Give what makes a venue, real or with paper in front of it."""
    import random

    from adapters.keys import read_keys
    from adapters.paper import PaperVenue, reference_latency
    from adapters.terms import REAL, SHADOW
    from adapters.venues import make_venue

    keys = read_keys(settings.keys_dir)

    def opened(clock: "Clock", told: "Callable[[Alert], None]") -> "Venue":
        venue = make_venue(settings, keys, clock, told)
        if mode == REAL:
            return venue
        return PaperVenue(venue, clock, reference_latency(random.Random()), is_trading=mode != SHADOW)

    return opened


def run(settings: "Settings", terms: "Terms", log_path: Path, opened: "Opened") -> None:
    """Run a bot to its end in this process; raises what it ends with, ``KeyboardInterrupt`` after a Ctrl-C."""
    import asyncio
    import gc
    from contextlib import closing
    from functools import partial

    from adapters.clock import HostClock
    from adapters.ground import taken

    clock = HostClock()
    with taken(settings, terms, clock) as ground, closing(_log(log_path)) as log:
        if ground.aside is not None:
            click.echo(f"the damaged journal is kept as {ground.aside}", err=True)
        gc.collect()
        gc.freeze()  # what is there now stays: no collection looks at it again
        if asyncio.run(_until_end(settings, terms, ground, partial(opened, clock), clock, log)):
            raise KeyboardInterrupt


def _log(path: Path) -> "Log":
    import time

    from adapters.endings import Ended
    from adapters.ground import NO_GROUND
    from adapters.log import Log
    from strategy.exit_codes import ExitCode

    try:
        return Log(path, time.time_ns)
    except OSError as error:
        raise Ended(NO_GROUND, f"{path}: {error.strerror}", ExitCode.PREFLIGHT) from None


async def _until_end(
    settings: "Settings",
    terms: "Terms",
    ground: Any,
    open_venue: "Callable[[Callable[[Alert], None]], Venue]",
    clock: "Clock",
    log: "Log",
) -> bool:
    """Run the bot; True where a person interrupted it."""
    import asyncio
    import signal

    from adapters.bot import Bot
    from adapters.health import GUARD, is_held
    from adapters.terms import REAL

    bot = Bot(settings, terms, ground, open_venue, clock, log)
    interrupts: list[int] = []

    def interrupted() -> None:
        interrupts.append(1)
        bot.stop()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, bot.stop)
    loop.add_signal_handler(signal.SIGINT, interrupted)
    words = f"{terms.mode} on {settings.venue_name}: {' '.join(settings.live.symbols)}, journal {terms.journal}"
    click.echo(words, err=True)
    if terms.mode == REAL and not is_held(settings.state_dir / GUARD):
        click.echo("no guard watches over it: start `live guard` beside it", err=True)
    await bot.run()
    return bool(interrupts)
