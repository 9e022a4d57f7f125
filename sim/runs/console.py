"""What a person sees of a run: progress, then the gates first, then one line per scenario."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sim.runs.costs import Interaction
from sim.runs.job import SeedResult
from sim.runs.judge import FAIL, NOT_COMPARED, NOT_JUDGED, PASS, WARN, GateVerdict
from sim.runs.pairing import PAIRS_MIN
from sim.runs.parting import WHOLE, means_by
from sim.runs.summary import SO_FAR, ScenarioSummary
from sim.runs.viability import NOT_SHOWN, VIABLE

_STYLE: Final = {PASS: "green", FAIL: "bold red", WARN: "yellow", NOT_JUDGED: "yellow", NOT_COMPARED: "yellow"}
_STYLED: Final = {FAIL: "[bold red]FAIL[/]", PASS: "[green]pass[/]"}
_WORDS: Final = {FAIL: "[bold red]FAILED[/]", PASS: "[green]passed[/]", SO_FAR: "[green]passed[/] [yellow]so far[/]"}
# How many of the reasons that excused a promise are told.
_REASONS_MAX: Final = 2
_MINUTE_S: Final = 60
# Only a run of one seed can be made smaller.
_ONE_SEED: Final = re.compile(r" --seed \d+(?= |$)")
_INVARIANT_DETAIL_MAX: Final = 3
_PLACES: Final = 6


@contextmanager
def progress(console: Console, totals: dict[str, int], *, bars: bool) -> Iterator[Callable[[SeedResult], None]]:
    """Show how far each scenario is: bars on a terminal, nothing but the final lines elsewhere.

    Without bars a scenario prints one plain line when its last seed ends: never a bar in a log.
    """
    left = dict(totals)
    if not bars:

        def tell(result: SeedResult) -> None:
            left[result.name] -= 1
            if not left[result.name]:
                console.print(f"{result.name}: {totals[result.name]} of {totals[result.name]} seeds", highlight=False)

        yield tell
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        tasks = {name: shown.add_task(name, total=total) for name, total in totals.items()}
        yield lambda result: shown.advance(tasks[result.name])


def print_scenario(console: Console, summary: ScenarioSummary, look: str = "") -> None:
    """Print one scenario: its gates, each with limit and measured value, and what broke.

    ``look`` is the command that shows the worst case.
    """
    if summary.skipped:
        console.print(f"\n[bold]{summary.name}[/]   [yellow]skipped[/]: {summary.skipped}", highlight=False)
        return
    if summary.is_unrun:
        console.print(f"\n[bold]{summary.name}[/]   [yellow]not run[/]", highlight=False)
        return
    word = _WORDS.get(summary.verdict, f"[bold yellow]{summary.verdict}[/]")
    word = f"{word} [yellow]{SO_FAR}[/]" if summary.missing and summary.failed else word
    length = _length(summary.duration_s)
    seeds = f"{len(summary.results)} seed" + ("s" if len(summary.results) != 1 else "")
    head = f"\n[bold]{summary.name}[/]   {length} x {seeds}   {word}   digest {summary.digest}"
    console.print(head, highlight=False)
    console.print(_gate_table(summary.gates))
    _print_reasons(console, summary.gates)
    _print_edge(console, summary)
    _print_controls(console, summary)
    _print_viability(console, summary)
    _print_invariants(console, summary, look)
    _print_excused(console, summary)
    _print_bites(console, summary)
    _print_costs(console, summary)
    _print_errors(console, summary)


def _gate_table(gates: Sequence[GateVerdict]) -> Table:
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("gate")
    compared = any(gate.baseline is not None for gate in gates)
    for name in ("limit", "got", "95% interval", "worst seed", *(["baseline"] if compared else [])):
        table.add_column(name, justify="right")
    table.add_column("")
    for gate in gates:
        got = "none" if gate.got is None else number(gate.got)
        interval = f"{number(gate.interval[0])} .. {number(gate.interval[1])}" if gate.interval else "-"
        worst = "-" if gate.worst is None else f"{number(gate.worst)} (s{gate.worst_seed:02d})"
        verdict = f"[{_STYLE[gate.verdict]}]{gate.verdict}[/]"
        if gate.got is None:
            verdict += f" {gate.why}"
        before = "-" if gate.baseline is None else number(gate.baseline)
        table.add_row(gate.gate, gate.limit, got, interval, worst, *([before] if compared else []), verdict)
    return table


def _print_reasons(console: Console, gates: Sequence[GateVerdict]) -> None:
    """Print why the limits are there that were missed, and what a drop came from."""
    for gate in gates:
        if gate.verdict in (FAIL, WARN) and gate.got is not None and gate.why:
            console.print(f"   {gate.gate}: {gate.why}", highlight=False, markup=False)


def _print_edge(console: Console, summary: ScenarioSummary) -> None:
    """Print where the result came from: the identity in bps of traded notional, means over seeds."""
    parts = [
        _mean(summary.results, name)
        for name in ("capture_bps", "fees_bps", "inventory_bps", "net_bps", "net_ex_fees_bps")
    ]
    if "-" in parts:
        return
    capture, fees, inventory, net, ex_fees = parts
    funding = _mean(summary.results, "funding_bps")
    inventory += f" + funding {funding}" if funding not in ("-", "0") else ""
    after = " ".join(_mean(summary.results, f"markout_{horizon}_bps") for horizon in ("100ms", "1s", "5s", "30s"))
    console.print(
        f" edge bps     capture {capture} + fees {fees} + inventory {inventory} = net {net}   ex fees {ex_fees}\n"
        f" markout bps  after 0.1, 1, 5, 30 s: {after}",
        highlight=False,
    )
    _print_parts(console, summary)


def _print_parts(console: Console, summary: ScenarioSummary) -> None:
    """Print what each symbol and fault window earned, and each stage captured; where there is but one, nothing."""
    parts = {result.seed: result.edge for result in summary.results if result.edge}
    for key, unit in (("symbol", "USDT"), ("window", "USDT"), ("stage", "bps")):
        means = means_by(parts, key)
        whole = means.pop(WHOLE, 0.0)
        if len(means) > 1:
            # A unit of cash is far below what anybody reads.
            told = " + ".join(f"{name} {number(round(value, _PLACES))}" for name, value in means.items())
            line = f" {f'by {key}':<12} {unit}: {told} = {number(round(whole, _PLACES))}"
            console.print(line, highlight=False, markup=False, soft_wrap=True)


def _print_controls(console: Console, summary: ScenarioSummary) -> None:
    """Print what every control came to in the same worlds, and which promise it broke."""
    for name, control in summary.controls.items():
        told = "   ".join(
            f"{metric} {_mean(control.results, metric)}"
            for metric in ("net_bps", "net_ex_fees_bps", "net_usdt_per_h", "fills_per_h")
        )
        console.print(f" control      {name}: {told}", highlight=False)
        for code, one in control.invariants.items():
            if one.broken:
                console.print(
                    f"   [bold red]{code} broken[/] in {one.broken} seeds of it; {one.first}", highlight=False
                )


def _print_viability(console: Console, summary: ScenarioSummary) -> None:
    """Print whether trading here pays, and by which figures that is known."""
    found = summary.viability
    if found is None:
        return
    least = f" more than {number(found.least)}" if found.least else ""
    style = "green" if found.verdict == VIABLE else "bold yellow"
    why = f": {found.why}" if found.why else ""
    console.print(f" viability    [{style}]{found.verdict}[/]{why}", highlight=False)
    for name, one in {"strategy": found.strategy, **found.controls}.items():
        mean = "none" if one.mean is None else number(one.mean)
        interval = f"   {number(one.interval[0])} .. {number(one.interval[1])}" if one.interval else ""
        told = f"   {name}: {mean} {found.unit}{interval}   {one.verdict}{least if one.verdict != NOT_SHOWN else ''}"
        console.print(told, highlight=False)


def _print_invariants(console: Console, summary: ScenarioSummary, look: str) -> None:
    firsts: dict[str, float] = {}
    for breach in (breach for result in summary.results for breach in result.breaches):
        firsts.setdefault(breach.code, breach.at_s)
    # What broke first comes first: the rest may follow from it.
    broken = {code: summary.invariants[code] for code in sorted(firsts, key=lambda code: firsts[code])}
    judged = [code for code, one in summary.invariants.items() if one.checks or one.broken]
    silent = [code for code in summary.invariants if code not in judged]
    checks = sum(one.checks for one in summary.invariants.values())
    told = f" invariants   {len(judged) - len(broken)} of {len(judged)} hold   {checks:,} checks"
    console.print(told + (f"   not judged here: {', '.join(silent)}" if silent else ""), highlight=False)
    for code, one in summary.invariants.items():
        if one.judged.why_not:
            many = f" in {one.judged.short} of {len(summary.results)} seeds" if code in judged else ""
            console.print(f"   {code} not judged{many}: {one.judged.why_not}", highlight=False)
    for code, one in list(broken.items())[:_INVARIANT_DETAIL_MAX]:
        console.print(f"   [bold red]{code} broken[/] in {one.broken} seeds; {one.first}", highlight=False)
        which = ", ".join(f"{told} ({times} times)" if times > 1 else told for told, times in one.identities.items())
        console.print(f"   which    {which}", highlight=False, markup=False)
        console.print(f"   explain  sim explain {code}", highlight=False)
    if summary.failed:
        if look:
            console.print(f"   look     {look}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"   again    {summary.repeat}", highlight=False)
        if _ONE_SEED.search(summary.repeat) and "--until" not in summary.repeat:
            console.print(f"   smaller  {summary.repeat.replace('sim run', 'sim shrink', 1)}", highlight=False)


def _print_excused(console: Console, summary: ScenarioSummary) -> None:
    """Print how fast the promises held again after the calm, and what could not be asked for."""
    if summary.recovery:
        parts = [
            f"{code} {number(one.median_s)}, worst {number(one.worst_s)}"
            if one.median_s is not None and one.worst_s is not None
            else f"{code} not in every seed"
            for code, one in summary.recovery.items()
        ]
        console.print(f" recovered s  median: {'; '.join(parts)}", highlight=False)
    line = excused_line(summary)
    if line:
        console.print(f" excused      {line}", highlight=False)


def excused_line(summary: ScenarioSummary) -> str:
    """Say which runs could not converge and for how long each promise could not be asked for; empty: none."""
    excused = summary.excused
    parts = [f"{code} for {number(seconds)} s{_share(code, summary)}" for code, seconds in excused.seconds.items()]
    if excused.lost_seeds:
        lost = f"{len(excused.lost_seeds)} of {len(summary.results)} runs ({excused.why})"
        return ", ".join([lost, *parts])
    return ", ".join([f"0 of {len(summary.results)} runs", *parts]) if parts else ""


def _share(code: str, summary: ScenarioSummary) -> str:
    """Say what part of its time a promise was excused, and mostly why."""
    excused = summary.excused
    reasons = list(excused.reasons.get(code, ()))
    told = "; ".join(reasons[:_REASONS_MAX]) + ("; and others" if len(reasons) > _REASONS_MAX else "")
    share = f", {number(excused.shares_pct[code])} % of its time" if code in excused.shares_pct else ""
    return share + (f" ({told})" if told else "")


def _print_bites(console: Console, summary: ScenarioSummary) -> None:
    """Print how many faults changed anything, and name those that never did: they are no part of the storm."""
    never = [fault for fault, times in summary.bites.items() if not times]
    if summary.bites:
        told = f" faults       {len(summary.bites) - len(never)} of {len(summary.bites)} bit"
        told += f"   [yellow]never, in no seed: {', '.join(never)}[/]" if never else ""
        console.print(told, highlight=False)


def _print_costs(console: Console, summary: ScenarioSummary) -> None:
    """Print what each fault costs, the dearest first; sums are not claimed to add up."""
    costs = summary.costs
    if costs is None:
        return
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("cost of the fault")
    for name in ("USDT", "95% interval", "worst seed", "stale quote s", "fills", "seeds"):
        table.add_column(name, justify="right")
    for one in (*costs.faults, *([costs.storm] if costs.storm is not None else [])):
        interval = "-" if one.interval is None else f"{number(one.interval[0])} .. {number(one.interval[1])}"
        worst = f"{number(one.worst_usdt)} (s{one.worst_seed:02d})"
        name = f"{one.fault} ({one.kind})" if one.kind else f"[bold]{one.fault}[/]"
        table.add_row(
            name, number(one.usdt), interval, worst, number(one.stale_quote_s), number(one.fills), str(one.seeds)
        )
    console.print(table)
    if costs.interaction is not None:
        console.print(f"   interaction {interaction_told(costs.interaction)}", highlight=False)
    if costs.left_out:
        seeds = ", ".join(map(str, costs.left_out))
        console.print(f"   [yellow]not compared in seeds {seeds}[/]: a run ended early", highlight=False)


def interaction_told(found: Interaction) -> str:
    """Write what a storm costs beyond its faults, and no more of why than the seeds show."""
    usdt = f"{number(found.usdt)} USDT"
    if found.interval is None:
        return f"{usdt} in one seed: not shown, one is no pattern"
    told = f"{usdt}, {number(found.interval[0])} .. {number(found.interval[1])} over {found.seeds} seeds"
    if found.shown:
        does = "make each other worse" if found.shown > 0 else "hide each other"
        return f"{told}: faults {does}, so their costs do not add up"
    few = f"; it takes {PAIRS_MIN} seeds at least" if found.seeds < PAIRS_MIN else ""
    return f"{told}: not shown that faults act on each other{few}"


def _print_errors(console: Console, summary: ScenarioSummary) -> None:
    for result in summary.all_results:
        if result.refused:
            console.print(result.refused, highlight=False, markup=False)
        if result.error:
            who = "" if result.name == summary.name else f"{result.name} "
            console.print(
                f"   [bold red]{who}seed {result.seed} raised[/] at t = {result.error_at_s:.3f} s; "
                f"everything was cancelled at the venue; digest {result.digest[:8]} and last events kept",
                highlight=False,
            )
            console.print("     " + result.error.strip().splitlines()[-1], highlight=False, markup=False)
    if summary.missing:
        colour = "bold red" if summary.lost else "yellow"
        seeds = ", ".join(map(str, summary.missing))
        console.print(f"   [{colour}]no result for seeds {seeds}[/]", highlight=False)


def print_overview(console: Console, summaries: Sequence[ScenarioSummary], walls: dict[str, float]) -> None:
    """Print one line per scenario; ``walls`` are seconds of computing, for the speed column."""
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("scenario")
    for name in ("seeds", "gates", "invariants", "net_bps", "ex fees", "fills", "speed"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in summaries:
        table.add_row(*_overview_row(one, walls.get(one.name, 0.0)))
    console.print()
    console.print(table)


def _overview_row(one: ScenarioSummary, wall_s: float) -> list[str]:
    if one.skipped or one.is_unrun:
        return [one.name, *["-"] * 7, f"[yellow]{one.verdict}[/]"]
    passed = sum(gate.verdict == PASS for gate in one.gates)
    warned = sum(gate.verdict == WARN for gate in one.gates)
    gates = f"{passed} of {len(one.gates)}" + (f", {warned} warn" if warned else "")
    judged = [invariant for invariant in one.invariants.values() if invariant.checks or invariant.broken]
    held = sum(not invariant.broken for invariant in judged)
    simulated_s = sum(result.simulated_s for result in one.results)
    speed = f"{simulated_s / wall_s:,.0f}x" if wall_s else "-"
    return [
        one.name,
        str(len(one.results)),
        gates,
        f"{held} of {len(judged)}",
        _mean(one.results, "net_bps"),
        _mean(one.results, "net_ex_fees_bps"),
        _mean(one.results, "fills"),
        speed,
        _STYLED.get(one.verdict, f"[yellow]{one.verdict}[/]"),
    ]


def _mean(results: Sequence[SeedResult], metric: str) -> str:
    values = [result.metrics[metric]["value"] for result in results if "value" in result.metrics.get(metric, {})]
    return number(sum(values) / len(values)) if values else "-"


def number(value: float) -> str:
    """Write a number with three figures or so, whole when it is."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - where decimals stop helping


def _length(duration_s: float) -> str:
    return f"{duration_s / _MINUTE_S:g} min" if duration_s >= _MINUTE_S else f"{duration_s:g} s"
