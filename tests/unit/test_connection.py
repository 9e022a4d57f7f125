"""A connection that is kept: greeted within its time, proven alive, never confused with the one before."""

import asyncio
from itertools import pairwise

import pytest
from scripted import Switchboard, played

from adapters.connection import Connection, Waits


class Echo:
    """A part that is welcome as soon as it hears ``welcome``, and notes everything."""

    def __init__(self):
        self.log = []
        self.connection = None

    def opened(self):
        self.log.append("opened")
        self.connection.say("hello")

    def heard(self, text):
        if text == "bad":
            raise ValueError("cannot take this in")
        self.log.append(text)
        if text == "welcome":
            self.connection.welcomed()

    def lost(self, why, was_up):
        self.log.append((why, was_up))

    def ping(self):
        return "ping"


def kept(board, session="s1", **waits):
    part = Echo()
    part.connection = Connection("public", "ws://venue", board, part, session, Waits(**waits))
    part.connection.start()
    return part, part.connection


async def up(board, number=1):
    """Have the nth connection come up; give its far end."""
    end = await board.end(number)
    await end.heard(1)
    end.say("welcome")
    return end


def test_it_is_up_once_its_part_says_so_and_delivers_in_order():
    async def main():
        board = Switchboard()
        part, connection = kept(board)
        end = await board.end()
        assert ["hello"] == await end.heard(1)
        assert not connection.is_up
        for text in ("welcome", "a", "b"):
            end.say(text)
        await asyncio.sleep(0.01)
        assert connection.is_up
        await connection.stop()
        assert end.is_left
        return part.log

    assert ["opened", "welcome", "a", "b", ("stopped", True)] == played(main)


def test_a_lost_connection_is_dialled_again_and_the_old_ones_frames_are_nobodys():
    async def main():
        board = Switchboard()
        part, connection = kept(board)
        first = await up(board)
        await asyncio.sleep(1)
        connection.break_off("found at fault")
        first.say("late word")
        second = await up(board, 2)
        await asyncio.sleep(1)
        first.say("later word")
        await asyncio.sleep(1)
        second.hang_up(1001)
        await board.end(3)
        await connection.stop()
        assert 3 == connection.epoch
        return part.log

    assert [
        *("opened", "welcome", ("found at fault", True)),
        *("opened", "welcome", ("closed 1001", True)),
        *("opened", ("stopped", False)),
    ] == played(main)


def test_pauses_double_up_to_a_bound_and_vary_with_session_and_attempt():
    async def main(session):
        board = Switchboard(*[ConnectionRefusedError()] * 9)
        _, connection = kept(board, session)
        await board.end()
        await connection.stop()
        return board.dialled_s

    def pauses(session):
        at_s = played(lambda: main(session))
        return [round(after - before, 9) for before, after in pairwise(at_s)]

    ours = pauses("s1")
    assert ours == pauses("s1")
    assert ours != pauses("s2")
    for pause, middle in zip(ours, [0.2, 0.4, 0.8, 1.6, 3.2, 4.0, 4.0, 4.0, 4.0], strict=True):
        assert 0.75 * middle <= pause <= 1.25 * middle
    assert len(dict.fromkeys(round(pause / 4.0, 6) for pause in ours[5:])) == 4


def test_a_connection_that_never_settles_is_not_dialled_in_a_frenzy():
    async def main():
        board = Switchboard()
        _, connection = kept(board)
        for number in range(1, 8):
            (await up(board, number)).hang_up()
        await connection.stop()
        return board.dialled_s

    at_s = played(main)
    assert at_s[-1] - at_s[-2] > 2.9


def test_a_connection_that_has_settled_is_dialled_again_soon():
    async def main():
        board = Switchboard(*[ConnectionRefusedError()] * 6)
        _, connection = kept(board)
        end = await up(board)
        await asyncio.sleep(15)
        lost_s = asyncio.get_running_loop().time()
        end.hang_up()
        await board.end(2)
        await connection.stop()
        return board.dialled_s[-1] - lost_s

    assert played(main) < 0.3


def test_a_greeting_that_is_not_answered_in_time_ends_the_connection():
    async def main():
        board = Switchboard()
        part, connection = kept(board)
        await board.end(2)
        await connection.stop()
        return part.log[:2], board.dialled_s[1]

    log, at_s = played(main)
    assert ["opened", ("not greeted in time", False)] == log
    assert 5.1 < at_s < 5.3


def test_a_dial_that_hangs_is_given_up():
    async def main():
        hanging = []

        async def dial(url):
            hanging.append(url)
            await asyncio.Event().wait()

        _, connection = kept(dial)
        await asyncio.sleep(11)
        await connection.stop()
        return len(hanging)

    assert 3 == played(main)


def test_a_ping_that_nothing_follows_ends_the_connection_in_time():
    async def main():
        board = Switchboard()
        part, connection = kept(board)
        end = await up(board)
        await board.end(2)
        await connection.stop()
        return end.sent, part.log[2], board.dialled_s[1]

    sent, lost, at_s = played(main)
    assert (["hello", "ping"], ("silence", True)) == (sent, lost)
    assert 30.0 < at_s < 30.5


def test_any_word_after_a_ping_is_a_sign_of_life():
    async def main():
        board = Switchboard()
        part, connection = kept(board)
        end = await up(board)
        for count in range(1, 6):
            await end.heard(1 + count)
            await asyncio.sleep(9.9)
            end.say("data")
        await asyncio.sleep(1)
        await connection.stop()
        return part.log

    assert ["opened", "welcome", *["data"] * 5] == played(main)[:7]


def test_a_frame_that_is_not_taken_in_time_ends_the_connection():
    async def main():
        board = Switchboard()
        part, connection = kept(board)
        end = await up(board)
        await asyncio.sleep(1)
        end.is_stuck = True
        assert connection.say("anything")
        await board.end(2)
        await connection.stop()
        return part.log

    assert ("cannot send", True) in played(main)


def test_frames_that_are_not_taken_do_not_pile_up():
    async def main():
        board = Switchboard()
        part, connection = kept(board)
        end = await up(board)
        await asyncio.sleep(1)
        end.is_stuck = True
        taken = sum(connection.say("anything") for _ in range(1000))
        await asyncio.sleep(0.01)
        assert not connection.say("one more")
        await connection.stop()
        return taken, part.log

    taken, log = played(main)
    assert 256 == taken
    assert ("cannot send", True) in log


def test_nothing_is_said_without_a_connection():
    async def main():
        board = Switchboard(ConnectionRefusedError())
        _, connection = kept(board)
        assert not connection.say("too early")
        await asyncio.sleep(0.01)
        assert not connection.say("in between")
        end = await up(board)
        await connection.stop()
        assert not connection.say("too late")
        return end.sent

    assert ["hello"] == played(main)


def test_a_frame_we_cannot_take_in_ends_the_connection_and_is_seen():
    async def main():
        seen = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context["exception"]))
        board = Switchboard()
        part, connection = kept(board)
        (await up(board)).say("bad")
        await board.end(2)
        await connection.stop()
        return part.log, seen

    log, seen = played(main)
    assert [ValueError] == [type(error) for error in seen]
    assert any(isinstance(entry, tuple) and "mistake of ours" in entry[0] for entry in log)


class Clumsy(Echo):
    """A part that makes a mistake the first time it is opened, or lost."""

    def __init__(self, clumsy_at):
        super().__init__()
        self.clumsy_at = clumsy_at

    def opened(self):
        super().opened()
        self.stumble("opened")

    def lost(self, why, was_up):
        super().lost(why, was_up)
        self.stumble("lost")

    def stumble(self, place):
        if place == self.clumsy_at:
            self.clumsy_at = ""
            raise KeyError(place)


@pytest.mark.parametrize("place", ["opened", "lost"])
def test_a_mistake_of_its_part_is_seen_and_leaves_us_with_a_connection(place):
    async def main():
        seen = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context["exception"]))
        board = Switchboard()
        part = Clumsy(place)
        part.connection = Connection("public", "ws://venue", board, part, "s1")
        part.connection.start()
        (await board.end()).hang_up()
        end = await up(board, 2)
        assert board.ends[0].is_left
        assert end is not board.ends[0]
        await part.connection.stop()
        return [type(mistake) for mistake in seen], part.log[:2]

    seen, log = played(main)
    assert [KeyError] == seen
    assert ["opened", ("a mistake of ours: KeyError('opened')" if place == "opened" else "closed 1006", False)] == log


def test_a_dial_that_fails_as_nobody_thought_of_is_seen_and_tried_again():
    async def main():
        seen = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(str(context["exception"])))
        board = Switchboard(*[ZeroDivisionError("dialling")] * 3)
        part, connection = kept(board)
        await up(board)
        await asyncio.sleep(0.01)
        assert connection.is_up
        await connection.stop()
        return seen, part.log

    assert (["dialling"] * 3, ["opened", "welcome", ("stopped", True)]) == played(main)


def test_a_socket_that_does_not_close_is_left():
    async def main():
        board = Switchboard()
        _, connection = kept(board)
        end = await up(board)

        async def never():
            await asyncio.Event().wait()

        end.close = never
        await connection.stop()
        return asyncio.get_running_loop().time()

    assert played(main) == pytest.approx(2.0)


def test_starting_twice_is_starting_once_and_stopping_twice_is_fine():
    async def main():
        board = Switchboard()
        _, connection = kept(board)
        connection.start()
        await board.end()
        await connection.stop()
        await connection.stop()
        return len(board.ends)

    assert 1 == played(main)
