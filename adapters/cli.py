"""The command ``live``. Only click is imported here; a verb's module is loaded when it is spoken."""

import importlib
import sys
import traceback
from difflib import get_close_matches
from typing import Final

import click

from strategy.exit_codes import ExitCode

_VERBS: Final = {
    "check": "Look whether everything is there to trade; send no order.",
    "run": "Quote: on paper, in the shadow, or for real.",
    "status": "Say what the bot does, holds and complains of.",
    "stop": "Cancel the bot's orders, then leave; the position stays.",
    "flatten": "Cancel, then trade the position to zero.",
    "kill": "Cancel everything at the venue, bar new orders, end the process.",
    "guard": "Watch the heartbeat; cancel everything when it falls silent.",
    "reconcile": "Compare the journal with the venue.",
    "report": "Tell a UTC day: what was earned, and by what.",
}


class _Verbs(click.Group):
    """Verbs are known by name; one is imported only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _VERBS:
            return None
        command: click.Command = importlib.import_module(f"adapters.verbs.{cmd_name}").command
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
@click.version_option(package_name="stormquote", prog_name="stormquote")
def live() -> None:
    """Quote on a venue's wire, and be able to stop at once, always."""


def main() -> None:
    """Run ``live`` and leave with the documented exit code, whatever happens."""
    try:
        live.main(standalone_mode=False)
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
    from adapters.endings import Ended
    from adapters.venue import VenueUnusable
    from strategy.errors import OperatorError, StormquoteError

    if isinstance(failure, Ended):
        exit_code = failure.exit_code
    elif isinstance(failure, OperatorError):
        click.echo(str(failure), err=True)
        many = "1 mistake" if len(failure.problems) == 1 else f"{len(failure.problems)} mistakes"
        click.echo(f"error[{failure.problems[0].code}]: {many} in the files", err=True)
        return ExitCode.BAD_FILE
    elif isinstance(failure, VenueUnusable):
        exit_code = ExitCode.PREFLIGHT
    else:
        exit_code = ExitCode.INTERNAL
        if not isinstance(failure, StormquoteError):
            traceback.print_exception(failure)
    code = getattr(failure, "code", "SQ-S001")
    click.echo(f"error[{code}]: {str(failure) or type(failure).__name__}", err=True)
    return exit_code
