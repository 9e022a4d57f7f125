"""An incident as a folder: a scenario file, the config it ran with, and the market as it was heard.

The scenario asks what the live process had to hold: the invariants, the limits, no ban, no refused
stamp, no doubt that lasted, and no loss beyond the day's budget. A process that broke one of them does
so again; one that is mended does not. Faults are what its words show, not what was really the cause.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, Final

from sim.incident.seen import Seen
from sim.incident.tape import Span, Taping
from sim.journal_file import JournalFile, NotAJournal
from sim.scenario.writing import yaml_of
from strategy import journal_table as table
from strategy.config import Config
from strategy.documents import read
from strategy.errors import OperatorError
from strategy.instrument import Instrument, size_text
from strategy.journal import EventRecord, Record
from strategy.knobs import Knobs
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

SCENARIO: Final = "incident.yaml"
CONFIG: Final = "config.yaml"
TAPE: Final = "tape"
_PROFILE: Final = "btc_rebate"
_PPM_PER_BPS: Final = 100
_SECONDS_MIN: Final = 2.0
_NAME_MAX: Final = 40
_CONVERGE_S: Final = 5.0


def write_incident(journal: JournalFile, folder: Path, symbol: str = "") -> Path:
    """Write the scenario of a journal and what it names; give its path.

    ``symbol`` empty: the first that was quoted. Raises ``NotAJournal`` where there is no market in it, and
    ``Damaged``.
    """
    boot = journal.boots[-1]
    knobs = table.knobs_of(boot)
    known = {one.instrument.symbol: one for one in knobs.symbols}
    chosen = known.get(symbol or knobs.symbols[0].instrument.symbol)
    if chosen is None:
        raise NotAJournal(f"{journal.path}: {symbol} was not quoted, only {', '.join(known)}")
    config = _config(journal, boot)
    taping, seen = Taping(chosen.instrument), Seen()
    for record in _records(journal, seen):
        seen.hear(record)
        if isinstance(record, EventRecord):
            taping.hear(record)
    span = taping.write(folder / TAPE)
    if span is None or span.last_ns - span.first_ns < _SECONDS_MIN * NS_PER_S:
        raise NotAJournal(f"{journal.path}: no market of {_SECONDS_MIN:.0f} s is in it")
    (folder / CONFIG).write_text(yaml_of(config), encoding="utf-8")
    name = re.sub(r"[^a-z0-9-]+", "-", f"incident-{boot.session}".lower())[:_NAME_MAX]
    scenario = _scenario(name, boot, knobs, chosen.instrument, span, seen)
    (folder / SCENARIO).write_text(yaml_of(scenario), encoding="utf-8")
    return folder / SCENARIO


def _records(journal: JournalFile, seen: Seen) -> Iterator[Record]:
    """Give every record that is there, process by process."""
    for boot in journal.boots:
        is_first = True
        for head, end in journal.segments(boot.boot):
            for row in journal.rows(head.first_seq, end):
                record = table.record_of(row)
                if is_first:
                    seen.begin(record.now_ns)
                    is_first = False
                yield record


def _config(journal: JournalFile, boot: table.Boot) -> dict[str, Any]:
    """Read the config of a process as plain data."""
    text = journal.config(boot.boot)
    if not text:
        raise NotAJournal(f"{journal.path}: process {boot.boot} kept no config")
    reading = read(text.decode(), Config, f"{journal.path}: config of process {boot.boot}")
    if reading.value is None or reading.tree is None:
        raise OperatorError(reading.problems)
    return dict(reading.value.model_dump(exclude_none=True))


def _scenario(
    name: str, boot: table.Boot, knobs: Knobs, instrument: Instrument, span: Span, seen: Seen
) -> dict[str, Any]:
    lasts_s = (span.last_ns - span.first_ns) // (NS_PER_S // 10) / 10
    faults = seen.faults(span.first_ns, span.first_ns + round((lasts_s - 0.2) * NS_PER_S))
    run: dict[str, Any] = {"duration_s": lasts_s, "seeds": 1, "start_utc": _utc(span.first_ns)}
    if faults:
        run["calm"] = {"after_s": _calm_s(faults, lasts_s), "mode": "all_heal"}
    return {
        "schema_version": 1,
        "name": name,
        "description": f"What process {boot.session} ({boot.mode}) went through, as far as its journal shows.",
        "tags": ["incident"],
        "run": run,
        "market": {
            "tape": {"folder": TAPE, "profile": _PROFILE, "symbol": instrument.symbol},
            "overrides": _overrides(knobs, instrument, seen),
        },
        "strategy": {"config": CONFIG},
        **({"faults": faults} if faults else {}),
        "gates": _gates(knobs, seen),
    }


def _calm_s(faults: list[dict[str, Any]], lasts_s: float) -> float:
    """Say when the last fault is over; where none is, it is told to end before the run does."""
    end_s: float = max(fault["at_s"] + fault.get("for_s", fault.get("restart_after_s", 0.0)) for fault in faults)
    latest_s: float = max(fault["at_s"] for fault in faults) + 0.1
    return round(max(latest_s, min(end_s + 0.1, lasts_s - min(_CONVERGE_S, lasts_s / 4))), 3)


def _gates(knobs: Knobs, seen: Seen) -> list[dict[str, Any]]:
    budget = float(Decimal(knobs.account.loss_budget_cash) / CASH_PER_QUOTE)
    gates: list[dict[str, Any]] = [
        {"metric": "max_exposure_pct", "max": 100},
        {"metric": "bans", "max": 0},
        {"metric": "refused_stamps", "max": 0},
        {"metric": "pnl_usdt", "min": -budget, "why": "the budget of a day"},
    ]
    if seen.was_cut_off:
        doubt_s = knobs.orders.doubt_alert_ns / NS_PER_S
        why = "a person is told of a doubt that lasts longer"
        gates.append({"metric": "doubt_s", "stat": "max", "max": doubt_s, "why": why})
    return gates


def _overrides(knobs: Knobs, instrument: Instrument, seen: Seen) -> dict[str, Any]:
    """Make the profile's market the one that was quoted: grid, fees, rates, and how long an answer took."""
    at = f"symbols.{instrument.symbol}.instrument"
    rules = {
        "kind": instrument.kind,
        "tick": instrument.tick,
        "lot": instrument.lot,
        "size_min": size_text(instrument, instrument.lots_min),
        "size_max": size_text(instrument, instrument.lots_max),
        "notional_min": str(Decimal(instrument.notional_min_cash) / CASH_PER_QUOTE),
        "maker_fee_bps": str(Decimal(instrument.maker_fee_ppm) / _PPM_PER_BPS),
        "taker_fee_bps": str(Decimal(instrument.taker_fee_ppm) / _PPM_PER_BPS),
        "source": "the venue, as the journal has it",
    }
    overrides: dict[str, Any] = {f"{at}.{key}": value for key, value in rules.items()}
    overrides["rates.batch_max"] = knobs.capability.creates_max
    overrides["rates.orders_per_s"] = knobs.pacing.orders_per_s
    overrides["rates.burst"] = knobs.pacing.burst
    if seen.round_trips_ns:
        one_way_ms = round(median(seen.round_trips_ns) / 2 / NS_PER_MS, 3)
        overrides |= {f"links.{link}.median_ms": one_way_ms for link in ("rest_up", "rest_down")}
    return overrides


def _utc(now_ns: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(now_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
