"""``sim fit``: fit a profile's flow to the recorded windows it names."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from strategy.exit_codes import ExitCode

if TYPE_CHECKING:
    from sim.market.fit import Report
    from sim.scenario.profiles import Profile


@click.command("fit", short_help="Fit a profile's flow to recorded windows.")
@click.argument("profile")
@click.option(
    "--data",
    envvar="STORMQUOTE_DATA",
    type=click.Path(path_type=Path),
    help="Folder of recorded data. [env: STORMQUOTE_DATA]",
)
@click.option("--write", is_flag=True, help="Write what the fit gives into the profile, comments kept.")
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(profile: str, data: Path | None, write: bool, form: str) -> None:
    """Fit the flow of PROFILE, a name or a file, to its recorded windows, and judge it on unseen seeds.

    Every symbol whose flow says `fitted_to` is fitted, always from the same start and on the same seeds,
    so the same data give the same numbers. Takes minutes.

    Exit codes: 0 the profile holds what the fit gives (after --write it does) and every figure is within
    its band; 1 not; 2 wrong usage; 3 a file is invalid; 5 no data, or nothing to fit.
    """
    path = _path_of(profile)
    read = _read(path)
    reports = []
    for symbol, one in read.symbols.items():
        if one.flow is not None and one.flow.fitted_to is not None:
            reports.append(_fit(read, symbol, one.flow.fitted_to, data))
    if not reports:
        _skip(f"no flow of {read.name} says fitted_to")
    if write:
        _write(path, reports)
    if form == "json":
        _print_json(reports)
    else:
        for report in reports:
            _print(report)
    if not all(report.is_within and (write or report.is_as_written) for report in reports):
        sys.exit(ExitCode.FAILED)


def _path_of(profile: str) -> Path:
    """Take a file as it is, and a name as one of the profiles that come with the program."""
    from sim.scenario.load import NOWHERE
    from sim.scenario.profiles import profile_folder, why_no_profile
    from strategy.errors import OperatorError, Problem

    if profile.endswith(".yaml"):
        return Path(profile)
    words = why_no_profile(profile, profile_folder())
    if words:
        raise OperatorError([Problem(NOWHERE, profile, 0, 0, words)])
    return Path(str(profile_folder())) / f"{profile}.yaml"


def _read(path: Path) -> "Profile":
    from sim.scenario.load import read_text
    from sim.scenario.profiles import Profile
    from strategy.documents import read
    from strategy.errors import OperatorError, Problem

    problems: list[Problem] = []
    text = read_text(path, path.as_posix(), problems)
    if text is None:
        raise OperatorError(problems)
    reading = read(text, Profile, path.as_posix())
    if reading.value is None:
        raise OperatorError(reading.problems)
    return reading.value


def _fit(profile: "Profile", symbol: str, window: str, data: Path | None) -> "Report":
    from decimal import Decimal

    from sim.market.figures import figures_of, recorded_market
    from sim.market.fit import Effort, report
    from sim.market.tape.load import load
    from strategy.instrument import price_ticks_of

    if data is None or not (data / window).is_dir():
        _skip("set --data or STORMQUOTE_DATA" if data is None else f"{data / window} does not exist")
    (instrument,) = profile.instruments((symbol,))
    tape = load(data / window, tick=Decimal(instrument.tick), lot=Decimal(instrument.lot))
    flow = profile.symbols[symbol].flow
    assert flow is not None
    recorded = figures_of(*recorded_market(tape))
    return report(symbol, window, flow, recorded, price_ticks_of(instrument, flow.price), Effort())


def _skip(reason: str) -> NoReturn:
    click.echo(f"skipped: {reason}")
    sys.exit(ExitCode.NOTHING_SELECTED)


def _write(path: Path, reports: "list[Report]") -> None:
    from ruamel.yaml import YAML

    from sim.market.fit import knobs_of

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    tree = yaml.load(path.read_text(encoding="utf-8"))
    for report in reports:
        flow = tree["symbols"][report.symbol]["flow"]
        for knob, value in knobs_of(report.flow).items():
            flow[knob.part][knob.name] = int(value) if value.is_integer() else value
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)


def _print_json(reports: "list[Report]") -> None:
    import json

    from sim.market.fit import knobs_of

    def plain(report: "Report") -> dict[str, Any]:
        return {
            "symbol": report.symbol,
            "window": report.window,
            "knobs": {str(knob): value for knob, value in knobs_of(report.flow).items()},
            "moved": [str(knob) for knob, _, _ in report.moved],
            "figures": [{**row._asdict(), "within": row.is_within} for row in report.rows],
        }

    click.echo(json.dumps([plain(report) for report in reports], indent=2))


def _print(report: "Report") -> None:
    from sim.market.fit import BAND, knobs_of

    click.echo(f"{report.symbol}   fitted to {report.window}, minutes around midnight UTC")
    was = {knob: old for knob, old, _ in report.moved}
    for knob, value in knobs_of(report.flow).items():
        written = f"   (the profile has {was[knob]})" if knob in was else ""
        click.echo(f"  {knob!s:<34} {value:>10g}{written}")
    click.echo(f"  {'figure':<20} {'recorded':>10} {'unseen':>10}   within a factor of {BAND}")
    for row in report.rows:
        verdict = "yes" if row.is_within else "NO"
        click.echo(f"  {row.figure:<20} {row.recorded:>10.4g} {row.simulated:>10.4g}   {verdict}")
