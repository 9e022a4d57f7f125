"""``live reconcile``: what the journal and the venue know of each other."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from emptied import FullVenue
from kept import Kept, hurt_in_the_middle, state_with
from live_files import write_live
from quoting import INSTRUMENT

from adapters import reconciling, venues
from adapters.endings import Ended
from adapters.venue import Seen, VenueUnusable
from adapters.verbs import reconcile
from adapters.visit import Visit
from strategy import commands, events
from strategy.exit_codes import ExitCode

S = 10**9


def fill(fill_id: str, lots: int = 5, venue_ns: int | None = None) -> events.OrderFilled:
    at_ns = time.time_ns() - 3600 * S if venue_ns is None else venue_ns
    return events.OrderFilled("s-1", "BTCUSDT", 1, fill_id, 100, lots, lots, "maker", 0, at_ns)


class Told(FullVenue):
    """A venue that tells fills and a position besides its open orders."""

    def __init__(self, lots: int = 0, fills: tuple[events.OrderFilled, ...] = (), **open_ids) -> None:
        super().__init__(**open_ids)
        self.lots, self.fills = lots, fills

    async def look(self, symbols):
        return Seen((INSTRUMENT,), time.time_ns(), (), None if self.lots is None else {"BTCUSDT": self.lots})

    def _say(self, one):
        match one[0]:
            case commands.QueryFills(symbol, since_ns, asked_ns):
                told = tuple(one for one in self.fills if one.venue_ns >= since_ns)
                return [events.FillsReport(symbol, asked_ns, told, 1)]
        return super()._say(one)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    init = Visit.__init__

    def hasty(self, *parts):
        init(self, *parts)
        self.settle_s = 0.0

    monkeypatch.setattr(Visit, "__init__", hasty)


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, venue: FullVenue, state, *words: str) -> Result:
    path = write_live(folder)
    (folder / "state").mkdir(exist_ok=True)
    journal = folder / "state" / "journal.sqlite"
    if state is not None:
        Kept(journal, state).close()
    monkeypatch.setattr(venues, "make_venue", lambda settings, keys, clock, told: venue)
    return CliRunner().invoke(reconcile.command, ["--config", str(path), *words])


def found(result: Result) -> set[tuple[str, str]]:
    assert isinstance(result.exception, Ended), result.output
    assert ("SQ-O035", ExitCode.PREFLIGHT) == (result.exception.code, result.exception.exit_code)
    return {(row["check"], row["detail"]) for row in json.loads(result.stdout)["rows"]}


def test_where_they_agree_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = fill("f1")
    venue = Told(5, (one,), BTCUSDT=("s-1", "s-2"))
    state = state_with(5, resting=("s-1",), doubtful=("s-2",), fills={"f1": one.venue_ns})
    result = run(monkeypatch, tmp_path, venue, state)
    assert (ExitCode.OK, True) == (result.exit_code, "journal and venue agree about BTCUSDT" in result.output)


def test_an_order_in_doubt_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ExitCode.OK == run(monkeypatch, tmp_path, Told(), state_with(doubtful=("s-2",))).exit_code


def test_every_kind_of_difference_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Told(12, (fill("f2", 4),), BTCUSDT=("venue:9",))
    state = state_with(5, resting=("s-1",), fills={"f1": time.time_ns() - 60 * S})
    assert {
        ("unknown order", "BTCUSDT venue:9"),
        ("order gone", "BTCUSDT s-1"),
        ("lacking fill", "BTCUSDT f2"),
        ("unknown fill", "f1"),
        ("position", "BTCUSDT 0.005 in the journal, 0.012 at the venue"),
    } == found(run(monkeypatch, tmp_path, venue, state, "--format", "json"))


def test_a_fill_that_the_journal_lacks_explains_its_position(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Told(9, (fill("f2", 4),))
    assert {("lacking fill", "BTCUSDT f2")} == found(
        run(monkeypatch, tmp_path, venue, state_with(5), "--format", "json")
    )


def test_fills_older_than_the_journal_remembers_or_the_look_reaches_are_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At the edge of a day the two may see different ones: clocks are not the same.
    day_old, at_the_edge = time.time_ns() - 25 * 3600 * S, time.time_ns() - 24 * 3600 * S + 30 * S
    state = state_with(5, fills={"f1": day_old, "f2": at_the_edge})
    last = fill("f0")
    state.orders.fills_forgotten_ns = last.venue_ns
    older = fill("f-1", venue_ns=last.venue_ns - 1)
    assert ExitCode.OK == run(monkeypatch, tmp_path, Told(5, (older, last)), state).exit_code


def test_what_a_second_look_does_not_show_was_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Told(0, BTCUSDT=("venue:9",))
    say = venue.at_once

    def once(one):
        said = say(one)
        if isinstance(one[0], commands.QueryOpenOrders):
            venue.open.clear()
        return said

    venue.at_once = once
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue, state_with()).exit_code


def test_the_last_look_comes_when_nothing_can_be_under_way_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(span_s: float) -> None:
        slept.append(span_s)

    class Late(Visit):
        def __init__(self, *parts):
            super().__init__(*parts)
            self.settle_s = 4.0

    monkeypatch.setattr("adapters.visit.Visit", Late)
    monkeypatch.setattr(reconciling.asyncio, "sleep", sleep)
    found(run(monkeypatch, tmp_path, Told(0, BTCUSDT=("venue:9",)), state_with(), "--format", "json"))
    assert [2.0, 2.0] == [one for one in slept if one]


def test_unknown_orders_are_cancelled_when_asked_for_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = Told(0, BTCUSDT=("s-1", "venue:9"))
    result = run(monkeypatch, tmp_path, venue, state_with(resting=("s-1",)), "--fix")
    assert (ExitCode.OK, {"BTCUSDT": ("s-1",)}) == (result.exit_code, venue.open), result.output
    assert "CancelAll" not in venue.kinds


def test_unknown_orders_that_stay_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Told(0, BTCUSDT=("venue:9",))
    say = venue.at_once
    venue.at_once = lambda one: [] if isinstance(one[0], commands.CancelOrder) else say(one)
    assert {("unknown order", "BTCUSDT venue:9")} == found(
        run(monkeypatch, tmp_path, venue, state_with(), "--fix", "--format", "json")
    )


def test_without_fix_nothing_is_sent_but_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Told(0, BTCUSDT=("venue:9",))
    found(run(monkeypatch, tmp_path, venue, state_with(), "--format", "json"))
    assert {"SampleClock", "QueryOpenOrders", "QueryFills"} == set(venue.kinds)


def test_a_venue_that_does_not_answer_is_no_agreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Told()
    say = venue.at_once
    venue.at_once = lambda one: [] if isinstance(one[0], commands.QueryFills) else say(one)
    state = state_with(fills={"f1": time.time_ns() - 60 * S})
    assert {("unread", "BTCUSDT the venue did not answer")} == found(
        run(monkeypatch, tmp_path, venue, state, "--format", "json")
    )


def test_cancels_that_cannot_be_seen_through_are_no_agreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Told(0, BTCUSDT=("venue:9",))
    say = venue.at_once

    def mute(one):
        is_after = "CancelOrder" in venue.kinds and isinstance(one[0], commands.QueryOpenOrders)
        return [] if is_after else say(one)

    venue.at_once = mute
    assert isinstance(run(monkeypatch, tmp_path, venue, state_with(), "--fix").exception, VenueUnusable)


def test_balances_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ExitCode.OK == run(monkeypatch, tmp_path, Told(None), state_with(5)).exit_code


@pytest.mark.parametrize(
    ("content", "code"), [(None, "SQ-O015"), (b"", "SQ-O015"), (b"this was never a database" * 100, "SQ-O010")]
)
def test_without_a_journal_there_is_nothing_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, code: str
) -> None:
    if content is not None:
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "journal.sqlite").write_bytes(content)
    result = run(monkeypatch, tmp_path, Told(), None)
    assert isinstance(result.exception, Ended)
    assert (code, ExitCode.PREFLIGHT) == (result.exception.code, result.exception.exit_code)


def test_a_journal_that_a_start_would_refuse_agrees_with_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    journal = tmp_path / "state" / "journal.sqlite"
    kept = Kept(journal, state_with())
    for number in range(200):
        kept.hear(number, fill(f"{number}"))
    kept.turn(300, state_with())
    kept.close()
    assert ExitCode.OK == run(monkeypatch, tmp_path, Told(), None).exit_code
    hurt_in_the_middle(journal)
    result = run(monkeypatch, tmp_path, Told(), None)
    assert isinstance(result.exception, Ended)
    assert ("SQ-O010", ExitCode.PREFLIGHT) == (result.exception.code, result.exception.exit_code)


def test_every_kind_says_what_mends_it() -> None:
    kinds = {value for name, value in vars(reconciling).items() if name.isupper() and isinstance(value, str)}
    assert kinds >= set(reconciling._MENDS)
    assert 6 == len(reconciling._MENDS)
