"""What a person, or a workflow, sees of a swarm."""

import sys
from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table

from sim.runs.annotations import escaped, property_of
from sim.runs.console import number
from sim.runs.engine import Gathered
from sim.swarm.failures import Failure
from sim.swarm.report import EXCUSED_MAX_PCT, Coverage, Report
from strategy.exit_codes import ExitCode

_LOG_WIDTH: Final = 160
_SEEDS_SHOWN: Final = 8
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


def line_of(failure: Failure) -> str:
    """Write a failure on one line that ends with the command which shows it again."""
    when = "at the end" if failure.at_s is None else f"t = {failure.at_s:.3f} s"
    return f"seed {failure.seed}  {failure.identity}  {when}  {failure.detail}  again: {failure.again}"


def print_report(report: Report) -> None:
    """Print failures by group, then what was excused, then which storms there were."""
    talk = Console(width=None if sys.stdout.isatty() else _LOG_WIDTH)
    for group in report.groups:
        shown = ", ".join(map(str, group.seeds[:_SEEDS_SHOWN])) + (" …" if len(group.seeds) > _SEEDS_SHOWN else "")
        many = f"{len(group.seeds)} seed" + ("s" if len(group.seeds) != 1 else "")
        talk.print(f"\n[bold red]{many}[/]  {group.identity}", highlight=False)
        first = group.first
        when = "at the end" if first.at_s is None else f"t = {first.at_s:.3f} s"
        talk.print(f"  first    seed {first.seed}, {when}: {first.detail}", highlight=False, markup=False)
        talk.print(f"  seeds    {shown}", highlight=False)
        talk.print(f"  again    {first.again}", highlight=False, markup=False, soft_wrap=True)
        smaller = first.again.replace("sim run", "sim shrink", 1)
        talk.print(f"  smaller  {smaller}", highlight=False, markup=False, soft_wrap=True)
    _print_excused(talk, report)
    _print_judged(talk, report)
    _print_kinds(talk, report)
    _print_coverage(talk, report.coverage)


def _print_coverage(talk: Console, coverage: Coverage) -> None:
    """Print the rare states, those first that nobody reached: of them the swarm proves nothing."""
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("sometimes")
    table.add_column("times", justify="right")
    for name in sorted(coverage.sometimes, key=lambda name: (coverage.sometimes[name] > 0, name)):
        times = coverage.sometimes[name]
        none = "no such fault" if name in coverage.out_of_reach else "never"
        table.add_row(name, f"{times:,}" if times else none, style="" if times else "yellow")
    talk.print()
    talk.print(table)
    pairs = len(coverage.regime_states) + len(coverage.regime_states_never)
    talk.print(f"\nregime x order state  {len(coverage.regime_states)} of {pairs} reached", highlight=False)
    told = f"{coverage.kind_pairs} of {coverage.kind_pairs_of}"
    talk.print(f"pairs of fault kinds  {told} bit in one run", highlight=False)


def _print_excused(talk: Console, report: Report) -> None:
    if not report.rows:
        return
    colour = "bold red" if report.is_excused_too_often else "green"
    told = f"{len(report.excused)} of {len(report.rows)} runs, {number(report.excused_pct)} %"
    talk.print(f"\nexcused  [{colour}]{told}[/] (at most {EXCUSED_MAX_PCT:g} %)", highlight=False)
    for excuse in report.excused:
        talk.print(f"  seed {excuse.seed}: {excuse.why}", highlight=False, markup=False)


def _print_judged(talk: Console, report: Report) -> None:
    """Print in how many runs each promise was judged, all those that always were in one line."""
    runs = len(report.rows)
    if not runs:
        return
    always = [code for code, one in report.judged.items() if one.runs == runs]
    talk.print(f"\njudged   in all of {runs} runs: {', '.join(always) or 'no promise'}", highlight=False)
    for code, one in sorted(report.judged.items(), key=lambda item: -item[1].runs):
        if one.runs < runs:
            why = f"; in {one.short} {one.why_not}" if one.short else ""
            told = f"in {one.runs} run{'s' * (one.runs > 1)}" if one.runs else "[yellow]in no run[/]"
            talk.print(f"  {code:<4} {told}{why}", highlight=False)


def _print_kinds(talk: Console, report: Report) -> None:
    if not report.kinds:
        return
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("fault")
    for head in ("drawn", "in runs", "bit in"):
        table.add_column(head, justify="right")
    for kind, one in report.kinds.items():
        style = "" if one.bit else "yellow"
        table.add_row(kind, str(one.faults), str(one.runs), str(one.bit) if one.bit else "never", style=style)
    talk.print()
    talk.print(table)


def annotations_of(report: Report) -> Iterator[str]:
    """Write an error of a workflow for each group, a warning for what was never reached, a notice for each excuse."""
    for group in report.groups:
        first = group.first
        title = property_of(f"{len(group.seeds)} of {report.asked} runs: {group.identity}")
        words = f"seed {first.seed}: {first.detail}\nseeds {', '.join(map(str, group.seeds))}\nagain: {first.again}"
        yield f"::error title={title}::{escaped(words)}"
    if report.coverage.never:
        yield f"::warning title=never reached::{escaped(', '.join(report.coverage.never))}"
    for excuse in report.excused:
        yield f"::notice title={property_of(f'seed {excuse.seed} excused')}::{escaped(excuse.why)}"


def last_line(report: Report, gathered: Gathered, reused: int, took_s: float, wall_s: float, code: ExitCode) -> str:
    """Sum it up: how much was run, how much failed, how fast it was, and how it ends."""
    done = f"{len(report.rows)} of {report.asked} runs" + (f" ({reused} were there already)" if reused else "")
    done += f", {len(report.failed_seeds)} seeds failed in {len(report.groups)} ways" if report.failures else ""
    done += f"; nothing could run: {report.skipped}" if report.skipped else ""
    done += f"; {len(gathered.lost)} lost with their worker {gathered.why}".rstrip() if gathered.lost else ""
    done += "; interrupted, what had finished is written" if gathered.interrupted else ""
    fresh = len(report.rows) - reused
    simulated_s = sum(row.simulated_s for row in report.rows)
    if fresh > 0 and took_s > 0:
        done += f"   {fresh / took_s * _MINUTE_S:.1f} seeds a minute"
    if wall_s > 0:
        done += f", {simulated_s / wall_s:.0f} simulated hours per core-hour"
    return f"\n{done}   in {took_s:.0f} s   exit {int(code)}"
