"""``sim compare``: what changed between two runs, paired by seed."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strategy.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from sim.runs.pairing import Effect
    from sim.runs.recorded import RecordedCost, RecordedViability


@click.command("compare", short_help="Compare two runs, paired by seed.")
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Only this figure, such as cycle_ms.p95.")
@click.option(
    "--by",
    type=click.Choice(["fault", "symbol", "window", "hour", "stage"]),
    help="What each symbol, fault window or hour earned, each stage captured, or each fault cost (`--fault-costs`).",
)
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(before: Path, after: Path, metrics: tuple[str, ...], by: str | None, form: str) -> None:
    """Compare run B with run A: figures of the same seeds, mean change, 95 % interval, verdict.

    A and B are run folders, their summary.json, or baselines. Every scenario that both hold is
    compared; figures that are the same in every seed are counted, not listed.

    With --by, parts of what was earned: they sum to the whole to the last unit of cash. A window names the
    faults that were on; a stage what its share of the price captured. What each fault cost does not sum up.

    Exit codes: 0 compared, whatever came of it; 2 wrong usage; 7 not comparable.
    """
    from sim.runs.comparing import compare_runs, costs_by_fault
    from sim.runs.parting import compare_parts
    from sim.runs.recorded import NotComparable, read_run

    if by is not None and metrics:
        raise click.UsageError(f"--by {by} tells figures of its own: it takes no --metric")
    wanted = [_figure(text) for text in metrics]
    try:
        runs = read_run(before), read_run(after)
        if by == "fault":
            _print_costs(costs_by_fault(*runs), form)
            return
        if by is not None:
            _print_parts(compare_parts(*runs, by), by, form)
            return
        found = compare_runs(*runs, wanted)
    except NotComparable as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        sys.exit(ExitCode.BASELINE)
    if form == "json":
        told = [_plain(name, effects, [run[name].viability for run in runs]) for name, effects in found.items()]
        click.echo(json.dumps(told, indent=2))
        return
    for name, effects in found.items():
        _print(name, effects, is_chosen=bool(wanted))
        for label, run in zip("AB", runs, strict=True):
            viability = run[name].viability
            if viability is not None:
                click.echo(f" {label} is {viability.verdict}" + (f": {viability.why}" if viability.why else ""))


def _figure(text: str) -> tuple[str, str]:
    """Read ``net_bps`` or ``cycle_ms.p95``; anything else is wrong usage."""
    from sim.scenario.metrics import METRICS
    from strategy.hints import did_you_mean

    name, _, stat = text.partition(".")
    if name not in METRICS:
        raise click.BadParameter(f"unknown metric {name!r}{did_you_mean(name, METRICS)}", param_hint="--metric")
    stats = METRICS[name].stats
    if (stat or "value") not in stats:
        raise click.BadParameter(f"{name} has no {stat!r}, only {', '.join(stats)}", param_hint="--metric")
    return name, stat or "value"


def _print_costs(costs: "dict[str, dict[str, tuple[RecordedCost | None, RecordedCost | None]]]", form: str) -> None:
    """Print what each fault cost in A and in B; a dash where a run does not have it."""
    import msgspec
    from rich.console import Console
    from rich.table import Table

    from sim.runs.console import number

    if form == "json":
        click.echo(json.dumps(msgspec.to_builtins(costs), indent=2))
        return
    talk = Console(width=None if sys.stdout.isatty() else 140)
    for name, faults in costs.items():
        table = Table(box=None, pad_edge=True, header_style="dim")
        table.add_column("fault")
        for head in ("A USDT", "95% interval", "B USDT", "95% interval", "A stale s", "B stale s"):
            table.add_column(head, justify="right")
        for fault, sides in faults.items():
            cells = [text for one in sides for text in _cost_cells(one)]
            stale = ["-" if one is None else number(one.stale_quote_s) for one in sides]
            table.add_row(fault, *cells, *stale)
        talk.print(f"\n[bold]{name}[/]", highlight=False)
        talk.print(table)


def _cost_cells(one: "RecordedCost | None") -> tuple[str, str]:
    from sim.runs.console import number

    if one is None:
        return "-", "-"
    return number(one.usdt), f"{number(one.interval[0])} .. {number(one.interval[1])}" if one.interval else "-"


def _print_parts(found: "dict[str, list[Effect]]", by: str, form: str) -> None:
    """Print what changed in each part, and in the whole they sum to."""
    import msgspec

    from sim.runs.parting import part_of

    if form == "json":
        told = [
            {
                "scenario": name,
                "by": by,
                "parts": [
                    {"part": part_of(one, name, by), **msgspec.to_builtins(one), "verdict": one.verdict}
                    for one in effects
                ],
            }
            for name, effects in found.items()
        ]
        click.echo(json.dumps(told, indent=2))
        return
    for name, effects in found.items():
        unit = "capture, bps" if by == "stage" else "PnL, USDT"
        _print_table(name, effects, f"{by}: {unit}", partial(part_of, scenario=name, key=by))


def _plain(name: str, effects: "list[Effect]", viability: "list[RecordedViability | None]") -> dict[str, Any]:
    import msgspec

    return {
        "scenario": name,
        "viability": [None if one is None else one.verdict for one in viability],
        "effects": [{**msgspec.to_builtins(effect), "verdict": effect.verdict} for effect in effects],
    }


def _print(name: str, effects: "list[Effect]", *, is_chosen: bool) -> None:
    from sim.runs.pairing import EQUAL

    shown = [effect for effect in effects if is_chosen or effect.verdict != EQUAL]
    talk = _print_table(
        name, shown, "figure", lambda one: one.metric if one.stat == "value" else f"{one.metric} {one.stat}"
    )
    if len(shown) > 1:
        talk.print(" each interval by itself: of twenty figures that did not change, one moves by luck", style="dim")
    same = len(effects) - len(shown)
    if same:
        talk.print(f" {same} figures are the same in every seed", highlight=False)


def _print_table(name: str, shown: "list[Effect]", head: str, called: "Callable[[Effect], str]") -> "Console":
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from sim.runs.console import number
    from sim.runs.pairing import BETTER, WORSE

    style = {BETTER: "green", WORSE: "bold red"}
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column(head)
    for head in ("A", "B", "change", "95% interval", "seeds"):
        table.add_column(head, justify="right")
    table.add_column("")
    for one in shown:
        table.add_row(
            escape(called(one)),
            number(one.before),
            number(one.after),
            number(one.change),
            f"{number(one.interval[0])} .. {number(one.interval[1])}" if one.interval else "-",
            str(len(one.seeds)),
            f"[{style.get(one.verdict, 'default')}]{one.verdict}[/]",
        )
    talk = Console(width=None if sys.stdout.isatty() else 140)
    talk.print(f"\n[bold]{name}[/]", highlight=False)
    if shown:
        talk.print(table)
    return talk
