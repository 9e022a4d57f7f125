"""The command ``sim``. Only click is imported here; a verb's module is loaded when it is spoken."""

import importlib
import signal
import sys
import traceback
from difflib import get_close_matches
from typing import Final

import click

from sim import __version__, pipes
from strategy.exit_codes import ExitCode

_VERBS: Final = {
    "run": "Run scenarios over seeds and judge their gates.",
    "compare": "Compare two runs, paired by seed.",
    "swarm": "Draw a storm from each seed, run them all, group what failed.",
    "shrink": "Make a failing seed as small as it can be.",
    "sweep": "Try a grid of settings, or random ones, over seeds.",
    "calibrate": "Search weights, judge them on held-out seeds, propose a config.",
    "replay": "Run a kept seed, or a live journal, again; prove it, look into it.",
    "fork": "The same world with a fault taken out or put in: what that changes.",
    "runs": "List, pin and delete run folders.",
    "check": "Validate scenario and config files; run nothing.",
    "serve": "Serve a scenario's venue on loopback, REST and streams.",
    "tape": "Look into recorded market data and prove its book.",
    "fit": "Fit a profile's flow to recorded windows.",
    "faults": "List the faults, or one fault's fields and example.",
    "explain": "Say in words what a code, a metric, an invariant or the like means.",
    "schema": "Print or write the JSON Schema of a kind of file.",
    "migrate": "Raise scenario and config files to the current version.",
}


class _Verbs(click.Group):
    """A group that knows its verbs by name and imports one only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command: click.Command = importlib.import_module(f"sim.verbs.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _VERBS and not args[0].startswith("-"):
            near = get_close_matches(args[0], _VERBS, n=1)
            hint = f", did you mean '{near[0]}'?" if near else f"; verbs are {', '.join(_VERBS)}"
            raise click.UsageError(f"no verb '{args[0]}'{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(_VERBS.items()))


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stormquote")
def sim() -> None:
    """Drive the market maker through a simulated exchange and judge what it did."""


def main() -> None:
    """Run ``sim`` and leave with the documented exit code, whatever happens."""
    # Who ends a run by a time limit wants what had finished as much as who presses Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pipes.watch()
    try:
        _speak()
    finally:
        # Here, where a reader who has left can still be noticed in order.
        if sys.stdout is not None:  # closed from the start, `>&-`
            sys.stdout.flush()


def _speak() -> None:
    try:
        sim.main(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as failure:  # noqa: BLE001 - the last frame: every failure gets a code and a line
        sys.exit(_told(failure))


def _told(failure: Exception) -> int:
    """Print a failure as people and scripts expect it, and give its exit code."""
    from strategy.errors import OperatorError, StormquoteError

    if isinstance(failure, OperatorError):
        click.echo(str(failure), err=True)
        return ExitCode.BAD_FILE
    if not isinstance(failure, StormquoteError):
        traceback.print_exception(failure)
    code = getattr(failure, "code", "SQ-S001")
    click.echo(f"error[{code}]: {str(failure) or type(failure).__name__}", err=True)
    return ExitCode.INTERNAL
