"""``live status``: what the bot does, holds and complains of."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from adapters.verbs import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.health import Status

_EVERY_S: Final = 1.0
_S_PER_MIN: Final = 60


@click.command("status", short_help="Say what the bot does, holds and complains of.")
@options.config
@options.state_dir
@click.option("--watch", is_flag=True, help="Look again every second, until Ctrl-C.")
@options.form
def command(config_path: Path, state_dir: Path | None, watch: bool, form: str) -> None:
    """Look at lock, heartbeat and bar; nothing is asked of the process or of the venue.

    Exit code 0, also where nothing runs: `running: false` says so.
    """
    import msgspec

    from adapters.health import status_of
    from adapters.salvage import salvage

    folder = state_dir or salvage(config_path).settings.state_dir
    while True:
        status = status_of(folder)
        if form == "json":
            click.echo(msgspec.json.encode(status).decode())
        else:
            if watch:
                click.clear()
            click.echo("\n".join(_lines(status)))
        if not watch:
            return
        time.sleep(_EVERY_S)


def _lines(status: "Status") -> "Iterator[str]":
    who = f", process {status.pid}" if status.pid else ""
    yield f"running: {'true' if status.running else 'false'}{who}"
    if status.barred is not None:
        yield f"barred: {status.barred}"
    yield f"guard: {f'process {status.guard_pid}' if status.guard_pid is not None else 'none'}"
    if not status.state:
        yield "heartbeat: none"
        return
    age = "before the host's last start" if status.age_s is None else f"{status.age_s:g} s ago"
    then = "" if status.running else "; nothing runs, and what follows is as of then"
    yield f"heartbeat: {status.state}, {age}{then}"
    up = f", up {status.up_s / _S_PER_MIN:.1f} min" if status.up_s is not None else ""
    yield f"session: {status.session}, {status.mode} at {status.venue}{up}"
    if status.pnl_today:
        yield f"today: {_signed(status.pnl_today)}, loss budget {status.loss_budget}"
    yield from _symbols(status)
    if status.gates:
        yield f"so far: {', '.join(f'{name} {value:g}' for name, value in status.gates.items())}"
    yield f"told in the last 10 min: {len(status.told) or 'nothing'}"
    for told in status.told:
        at = time.strftime("%H:%M:%S", time.gmtime(told.wall_ns // 1_000_000_000))
        yield f"  {at}Z {told.code} {told.words}"


def _signed(money: str) -> str:
    """Write a gain so that nobody takes it for a loss."""
    return money if money.startswith("-") else f"+{money}"


def _symbols(status: "Status") -> "Iterator[str]":
    if not status.symbols:
        return
    width = max(6, *(len(one.symbol) for one in status.symbols))
    yield f" {'symbol':<{width}}  {'position':>12}  {'bid':>12}  {'ask':>12}  open  doubt  guard"
    for one in status.symbols:
        reasons = f" {' '.join(one.reasons)}" if one.reasons else ""
        yield (
            f" {one.symbol:<{width}}  {one.position:>12}  {one.bid or '-':>12}  {one.ask or '-':>12}"
            f"  {one.open_orders:>4}  {one.in_doubt:>5}  {one.guard}{reasons}"
        )
