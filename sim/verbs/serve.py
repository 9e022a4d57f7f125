"""``sim serve``: the simulated venue on loopback, for any client that speaks the real one's wire."""

import ipaddress
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.dice import SEED_MAX

if TYPE_CHECKING:
    from sim.serve.server import Server
    from sim.serve.wire import Served

_MAX = "max"


def _speed(_ctx: click.Context, _param: click.Parameter, value: str) -> float:
    """Read how many simulated seconds pass in a real one; ``max`` is 0: as fast as the machine goes."""
    if value == _MAX:
        return 0.0
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter(f"{value!r} is neither a number above 0 nor 'max'")
    return speed


@click.command("serve", short_help="Serve a scenario's venue on loopback, REST and streams.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("-s", "--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, help="Seed of the world.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0: any that is free.")
@click.option("--control-port", type=click.IntRange(0, 65535), default=0, help="Port of faults, truth and time.")
@click.option("--speed", callback=_speed, default="1", show_default=True, help="Simulated seconds a second, or 'max'.")
@click.option("--start", type=click.Choice(["now", "scenario"]), default="now", show_default=True, help="Its clock.")
@click.option("--allow-remote", is_flag=True, help="Listen on an address that others can reach.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
def command(
    scenario: Path,
    seed: int,
    host: str,
    port: int,
    control_port: int,
    speed: float,
    start: str,
    allow_remote: bool,
    data_dir: str,
) -> None:
    """Serve the venue of SCENARIO as Bybit's v5 wire, with every fault of the scenario on it.

    The first line on stdout is JSON: http, ws, key, secret, control. SIGTERM or Ctrl-C ends it. Faults
    of the bot's own host are left out: the bot is yours. Exit codes: 0 ended, 3 the file is invalid.
    """
    import asyncio

    if not allow_remote and not _is_loopback(host):
        raise click.UsageError(f"{host} is not loopback: whoever reaches it trades; say --allow-remote if you mean it")
    from sim.serve.server import Server

    asyncio.run(_serve(Server(_served(scenario, seed, start, data_dir), speed), host, port, control_port))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _served(path: Path, seed: int, start: str, data_dir: str) -> "Served":
    import time

    from msgspec.structs import replace

    from sim import plan
    from sim.scenario.load import load_scenarios
    from sim.serve.wire import Served

    (scenario,) = load_scenarios([path])
    pits = None
    if scenario.market.tape is not None:
        from sim.market.tape.pit import open_tape

        pits = open_tape(scenario, data_dir)
        if isinstance(pits, str):
            raise click.UsageError(pits)
    # Nobody knows when a served venue ends: every fault that begins is to end as well.
    planned = replace(plan.expand(scenario, seed), duration_ns=2**62)
    start_ns = time.time_ns() if start == "now" else scenario.run.start_wall_ns
    return Served(scenario, planned, start_ns, pits)


async def _serve(server: "Server", host: str, port: int, control_port: int) -> None:
    import asyncio
    import signal

    import msgspec

    try:
        addresses = await server.listen(host, port, control_port)
    except OSError as error:
        await server.close()
        raise click.UsageError(f"cannot listen: {error.strerror}; port 0 is any that is free") from None
    loop, running = asyncio.get_running_loop(), asyncio.create_task(server.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    click.echo(msgspec.json.encode(addresses).decode())
    sys.stdout.flush()
    if server.left_out:
        click.echo(f"left out, for they are of the bot's own host: {', '.join(server.left_out)}", err=True)
    try:
        await running
    except asyncio.CancelledError:
        click.echo("ended", err=True)
    finally:
        await server.close()
