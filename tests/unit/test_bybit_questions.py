"""The pace of a look's questions: a venue that allows few is asked one at a time, and one that shuts us out not at all."""

import asyncio
from itertools import pairwise

import httpx
import pytest
from bybit_desk import FEES, LINEAR_ROW, NOW_MS, TIDY, Desk, envelope, page
from bybit_look import ACCOUNT, BAND, FEE_RATE, KEY_INFO, LISTED, POSITION, STATUS, look
from scripted import played

from adapters.venue import VenueUnusable


class Door:
    """Lets in so many questions a second, one waiting at most; notes when each came and how many were inside."""

    def __init__(self, per_s=1, *, says_when=True) -> None:
        self.per_s, self.says_when, self.tokens, self.at_s = per_s, says_when, per_s, 0.0
        self.came_s, self.refused_s = [], []

    def __call__(self, request):
        now_s = asyncio.get_running_loop().time()
        self.tokens = min(self.per_s, self.tokens + (now_s - self.at_s) * self.per_s)
        self.at_s = now_s
        self.came_s.append(now_s)
        is_let_in = self.tokens >= 1
        self.tokens -= is_let_in
        if not is_let_in:
            self.refused_s.append(now_s)
        answer = envelope(TIDY[request.url.path]) if is_let_in else envelope({}, 10006, "Too many visits!")
        is_told = self.says_when and "x-bapi-sign" in request.headers
        headers = told(int(self.tokens), (1 - self.tokens) / self.per_s) if is_told else {}
        return httpx.Response(200, json=answer, headers=headers)


def told(left, after_s):
    return {"X-Bapi-Limit-Status": str(left), "X-Bapi-Limit-Reset-Timestamp": str(NOW_MS + int(after_s * 1000) + 1)}


@pytest.mark.parametrize("says_when", [True, False])
def test_a_venue_that_allows_one_question_a_second_is_seen_whole(says_when):
    door = Door(says_when=says_when)
    seen, _ = look(dict.fromkeys(TIDY, door))
    (warning,) = seen.warnings
    assert "refused for the rate" in warning
    assert 1 == len(door.refused_s)
    assert door.came_s[-1] < 15
    assert 1 <= min(later - sooner for sooner, later in pairwise(door.came_s[1:]))


def test_where_fewer_are_left_than_are_to_come_they_leave_one_at_a_time_and_none_is_refused():
    async def main():
        desk = Desk()
        door = Door(4)
        desk.rest.answers |= dict.fromkeys(TIDY, door)
        desk.rest.delay_s = 0.05
        try:
            return await desk.venue.look(["BTCUSDT"]), door
        finally:
            await desk.venue.close()

    seen, door = played(main)
    assert ((), []) == (seen.warnings, door.refused_s)


@pytest.mark.parametrize(("per_s", "after_s"), [(4, 30), (100, 0)])
def test_where_few_are_allowed_the_rules_are_looked_at_after_the_bots_own_questions(per_s, after_s):
    async def main():
        desk = Desk()
        door = Door(per_s)
        desk.rest.answers |= dict.fromkeys(TIDY, door)
        ends = asyncio.get_running_loop().create_task(desk.connect())
        while STATUS not in desk.rest.paths():
            await asyncio.sleep(0.01)
        await ends
        await desk.venue.close()
        return door.came_s[-1] - door.came_s[-2]

    assert after_s == pytest.approx(played(main), abs=0.5)


def test_a_question_that_is_refused_for_the_rate_is_asked_less_and_less_often_and_then_no_more():
    came_s = []

    def refused(_request):
        came_s.append(asyncio.get_running_loop().time())
        return envelope({}, 10006, "Too many visits!")

    with pytest.raises(VenueUnusable, match="too many visits"):
        look({FEE_RATE: refused})
    assert [1, 2, 4, 8, 8, 8] == pytest.approx([later - sooner for sooner, later in pairwise(came_s)])


def refusing(pattern, answers=TIDY):
    """Answer whatever is asked behind the time; R in the pattern is a refusal. Note when each question came."""
    letters, came_s = iter(pattern), []

    def answered(request):
        came_s.append(asyncio.get_running_loop().time())
        is_refused = next(letters) == "R"
        return envelope({}, 10006, "Too many visits!") if is_refused else envelope(answers[request.url.path])

    return dict.fromkeys((LISTED, FEE_RATE, ACCOUNT, KEY_INFO, BAND, POSITION), answered), came_s


def test_a_venue_that_refuses_every_second_question_is_seen_whole_and_at_a_steady_pace():
    symbols = tuple(f"{name}USDT" for name in "ABCD")
    rows = {"list": [{**LINEAR_ROW, "symbol": one} for one in symbols]}
    fees = {"list": [{**FEES, "symbol": one} for one in symbols]}
    answers, came_s = refusing("RA" * 9, TIDY | {LISTED: rows, FEE_RATE: fees})
    seen, _ = look(answers, symbols=symbols)
    (warning,) = seen.warnings
    assert "refused for the rate" in warning
    assert [1] * 17 == pytest.approx([later - sooner for sooner, later in pairwise(came_s)])


def test_a_pause_that_refusals_made_shrinks_by_a_step_with_every_answer_and_never_to_nothing():
    answers, came_s = refusing("RRRAAAARRAA")
    look(answers)
    # Answers are not saved up: behind four of them, two refusals weigh what the first two did.
    assert [1, 2, 4, 2, 1, 1, 1, 1, 2, 1] == pytest.approx([later - sooner for sooner, later in pairwise(came_s)])


def look_three_times(first, wait_s):
    """Look at a venue that says this first: at once, again, and after a wait; give the words, and how often it was asked."""

    async def main():
        desk = Desk()
        words, asked = [], [0]
        for answer, pause_s in ((first, 0), (first, wait_s), (TIDY[FEE_RATE], 0)):
            desk.rest.answers[FEE_RATE] = answer
            began_s = asyncio.get_running_loop().time()
            try:
                await desk.venue.look(["BTCUSDT"])
            except VenueUnusable as refused:
                words.append(str(refused))
            asked.append(desk.rest.paths().count(FEE_RATE))
            # Nobody waits within a look for so late a time.
            assert asyncio.get_running_loop().time() - began_s < 0.1
            await asyncio.sleep(pause_s)
        await desk.venue.close()
        return words, asked

    return played(main)


@pytest.mark.parametrize(
    ("first", "ban_s"),
    [
        (page(403), 600),
        (envelope({}, 10018, ""), 600),
        (httpx.Response(200, json=envelope({}, 10006, ""), headers=told(0, 32.7)), 32.7),
    ],
)
def test_while_our_address_is_shut_out_nothing_is_asked_and_then_it_is(first, ban_s):
    words, asked = look_three_times(first, ban_s - 1)
    assert 3 == len(words)
    assert "is not asked" in words[2]
    assert [0, 1, 1, 1] == asked
    words, asked = look_three_times(first, ban_s + 1)
    assert 2 == len(words)
    assert [0, 1, 1, 2] == asked
