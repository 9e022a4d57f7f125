"""How commands leave: grouped as the venue allows, at the pace the config names, each with an outcome."""

import pytest
from small_world import small_world

from sim.calls import Calls
from sim.clocks import Clock
from sim.host.host import Host
from sim.kernel import Kernel
from strategy import commands, events
from strategy.batching import of_size
from strategy.units import NS_PER_MS

MS = NS_PER_MS


class Wire:
    """A link that remembers what was put on it, and when."""

    def __init__(self, kernel) -> None:
        self._kernel, self.messages = kernel, []

    def send(self, message, _deliver) -> None:
        self.messages.append((self._kernel.now_ns // MS, message))


class Open:
    """A connection that is always there."""

    def __init__(self) -> None:
        self.is_up, self.heard_ns = True, 1 << 62


class Desk:
    """Calls on a wire that answers when told."""

    def __init__(self, dispatch: str, batch: int = 20) -> None:
        self.kernel, self.told, self.over = Kernel(), [], []
        self.host = Host(self.kernel, 0)
        self.wire = Wire(self.kernel)
        capability = of_size(batch, per_item=True)
        self.calls = Calls(
            self.kernel, self.host, self.wire, lambda message: None, self.told.append, Open(), capability, dispatch
        )
        self.calls.over = lambda carried, sent_ns, now_ns: self.over.append((len(carried), now_ns - sent_ns))

    def at(self, ms: float, call, *args) -> None:
        self.kernel.at(int(ms * MS), call, *args)

    def answer(self, place: int, answers=()) -> None:
        """Answer the request that left in this place."""
        message = self.wire.messages[place][1]
        self.calls.answered(type(message)(message.kind, message.symbol, message.client_id, answers, message.number))

    def run(self, ms: float = 10_000) -> None:
        self.kernel.run(int(ms * MS))

    @property
    def left(self):
        return [
            (ms, message.kind, [getattr(one, "client_id", "") for one in message.body.commands])
            for ms, message in self.wire.messages
        ]


def amend(number: int, symbol: str, send_by_ms: float = 10_000) -> commands.AmendOrder:
    return commands.AmendOrder(f"s-{number}", symbol, 1, 1, int(send_by_ms * MS), 1)


def cancel(number: int, symbol: str = "A") -> commands.CancelOrder:
    return commands.CancelOrder(f"s-{number}", symbol, 1)


FOUR = [amend(number, symbol) for number, symbol in enumerate("AABBCCDD")]


def test_batched_puts_a_kind_into_one_request():
    desk = Desk("batched")
    desk.at(0, desk.calls.send, FOUR)
    desk.run(1)
    assert [(0, "amend", [f"s-{number}" for number in range(8)])] == desk.left
    message = desk.wire.messages[0][1]
    assert ("", "") == (message.symbol, message.client_id)


def test_concurrent_puts_every_command_into_a_request_of_its_own_at_once():
    desk = Desk("concurrent")
    desk.at(0, desk.calls.send, FOUR)
    desk.run(1)
    assert [(0, "amend", [f"s-{number}"]) for number in range(8)] == desk.left


def test_sequential_sends_a_symbol_when_the_outcome_of_the_one_before_is_known():
    desk = Desk("sequential")
    desk.at(0, desk.calls.send, FOUR)
    desk.at(60, desk.answer, 0)
    desk.at(100, desk.answer, 1)
    desk.run(200)
    assert [(0, ["s-0", "s-1"]), (60, ["s-2", "s-3"]), (100, ["s-4", "s-5"])] == [(ms, ids) for ms, _, ids in desk.left]
    assert [(2, 60 * MS), (2, 40 * MS)] == desk.over


def test_no_verdict_is_an_outcome_too_and_the_next_leaves():
    desk = Desk("sequential")
    desk.at(0, desk.calls.send, FOUR[:4])
    desk.run(5_500)
    assert [0, 5_000] == [ms for ms, _, _ in desk.left]
    assert ["s-0", "s-1"] == [one.client_id for one in desk.told if isinstance(one, events.Unanswered)]


def test_what_waits_past_its_time_is_said_never_to_have_left_and_as_soon_as_that_is_so():
    desk = Desk("sequential")
    desk.at(0, desk.calls.send, [amend(0, "A"), amend(1, "B", 30), amend(2, "B", 200), amend(3, "C", 40)])
    seen = []
    desk.at(41, lambda: seen.extend(desk.told))
    desk.at(60, desk.answer, 0)
    desk.run(300)
    never = [(one.client_id, one.reason) for one in seen]
    assert [("s-1", "send_by passed"), ("s-3", "send_by passed")] == never
    assert [["s-0"], ["s-2"]] == [ids for _, _, ids in desk.left]


def test_a_cancel_never_waits_behind_quotes_and_a_question_neither():
    desk = Desk("sequential")
    desk.at(0, desk.calls.send, FOUR)
    desk.at(10, desk.calls.send, [cancel(20), commands.QueryOrder("s-21", "A", 0), *FOUR[:1]])
    desk.run(20)
    assert [(0, "amend"), (10, "cancel"), (10, "query")] == [(ms, kind) for ms, kind, _ in desk.left]


def test_what_is_cancelled_in_line_never_leaves_and_its_cancel_does():
    desk = Desk("sequential")
    desk.at(0, desk.calls.send, FOUR)
    desk.at(10, desk.calls.send, [cancel(3, "B"), commands.CancelAll("D")])
    desk.at(60, desk.answer, 0)
    desk.at(90, desk.answer, 3)
    desk.run(100)
    assert [["s-0", "s-1"], ["s-3"], ["s-2"], ["s-4", "s-5"]] == [
        ids for _, kind, ids in desk.left if kind != "cancel_all"
    ]
    never = [(one.client_id, one.reason) for one in desk.told]
    assert [(f"s-{number}", "cancelled in line") for number in (6, 7, 3)] == never


def test_a_process_that_dies_takes_what_waits_with_it():
    desk = Desk("sequential")
    desk.at(0, desk.calls.send, FOUR)
    desk.at(10, desk.calls.forget)
    desk.at(20, desk.answer, 0)
    desk.run()
    assert (1, [], ()) == (len(desk.left), desk.told, tuple(desk.calls.under_way()))


def test_each_item_of_a_batch_has_an_answer_of_its_own(tmp_path):
    """Two symbols quoted in one request; the venue refuses one of them and takes the rest."""
    world = small_world(tmp_path, seconds=3, symbols="[BTCUSDT, ETHUSDT]")
    refused = []
    plain = world.venue._why_reject

    def pick(command):
        if command.symbol == "ETHUSDT" and not refused:
            refused.append(command.client_id)
            return "by_hand"
        return plain(command)

    world.venue._why_reject = pick
    told = []
    answered = world.driver.calls.answered
    world.driver.calls.answered = lambda message: (told.append(message), answered(message))
    assert world.run().error == ""
    batch = next(message.body for message in told if len(message.body) > 2)
    kinds = [type(answer).__name__ for answer in batch]
    assert ("OrderRejected", refused[:1]) == (kinds[2], [one.client_id for one in batch if one.client_id in refused])
    assert kinds.count("OrderAccepted") == len(batch) - 1


@pytest.mark.parametrize("dispatch", ["sequential", "concurrent", "batched"])
def test_the_venue_sees_as_many_requests_as_the_dispatch_makes(tmp_path, dispatch):
    world = small_world(tmp_path, seconds=5, symbols="[BTCUSDT, ETHUSDT]", overrides=f"loop.dispatch: {dispatch}")
    sizes = []
    arrive = world.gateway.arrive
    world.driver.calls._arrive = lambda message: (sizes.append(len(message.body.commands)), arrive(message))
    assert world.run().error == ""
    assert (max(sizes) == 1, max(sizes) > 2) == (dispatch == "concurrent", dispatch == "batched")


def test_clocks_that_drift_do_not_keep_a_queue_waiting_for_ever():
    desk = Desk("sequential")
    desk.host.mono = Clock(0, drift_ppb=-100_000)
    desk.at(0, desk.calls.send, [amend(0, "A"), amend(1, "B", 30)])
    desk.run(40)
    assert ["s-1"] == [one.client_id for one in desk.told]


class Dying(Open):
    """A connection on which nothing is heard any more."""

    def __init__(self) -> None:
        super().__init__()
        self.heard_ns = -1

    def break_off(self, why) -> None:
        self.is_up = False
        self.lost(why)


def by_the_host(desk, take):
    """Have what is told taken in as a process does: in its turn, by its host."""
    desk.calls._feed = lambda event: desk.host.arrive(lambda one: take(one) or 0, event)


def test_what_never_left_is_known_before_an_alarm_of_the_same_instant():
    """An order may leave until its book is too old, and then an alarm rings: the live driver knows first what left."""
    desk = Desk("sequential")
    by_the_host(desk, desk.told.append)
    desk.at(0, desk.calls.send, [amend(0, "A"), amend(1, "B", 30)])
    desk.at(20, desk.kernel.at, 30 * MS + 1, desk.host.arrive, lambda word: desk.told.append(word) or 0, "alarm")
    desk.run(40)
    assert ["s-1", "alarm"] == [getattr(one, "client_id", one) for one in desk.told]


def test_what_a_connection_that_is_given_up_leads_to_does_not_leave_by_it():
    desk = Desk("batched")
    connection = desk.calls.connection = Dying()
    connection.lost = desk.calls._lost

    def ask(event):
        desk.told.append(event)
        if isinstance(event, events.Unanswered):
            desk.calls.send([commands.QueryOrder(event.client_id, "A", 0)])

    by_the_host(desk, ask)
    desk.at(0, desk.calls.send, [amend(0, "A")])
    desk.run(5_100)
    assert ["amend"] == [kind for _, kind, _ in desk.left]
    assert ["timeout", "no_connection"] == [getattr(one, "code", "") or one.reason for one in desk.told]


def test_whose_turn_it_is_goes_once_the_words_of_the_one_before_are_taken_in():
    desk = Desk("sequential")
    by_the_host(desk, desk.told.append)
    desk.at(0, desk.calls.send, FOUR[:4])
    desk.at(50, desk.host.stand_still, 100 * MS)
    desk.at(60, desk.answer, 0, (events.OrderAmended("s-0", 1, 1, 0),))
    desk.run(200)
    assert [0, 100] == [ms for ms, _, _ in desk.left]


def test_who_finds_no_connection_keeps_his_turn_until_he_is_told():
    desk = Desk("sequential")
    desk.calls.connection.is_up = False
    by_the_host(desk, desk.told.append)
    desk.at(0, desk.calls.send, [amend(0, "A"), amend(1, "B")])
    desk.at(0, setattr, desk.calls.connection, "is_up", True)
    desk.run(1)
    assert ["s-0"] == [one.client_id for one in desk.told]
    assert [["s-1"]] == [ids for _, _, ids in desk.left]
