"""Every code a market maker meets is sorted, with its source; what is not known is in doubt."""

import re

import pytest
from bybit_wire import NOW_NS, PAIRS, PERPS, amend, cancel, create, reply

from adapters.bybit import words
from adapters.bybit.answers import BAN_NS, Reply, outcome_of
from adapters.bybit.codes import MEANINGS
from adapters.bybit.errors import meaning_of, meaning_of_status
from adapters.bybit.memory import Memory
from adapters.bybit.requests import call_of
from adapters.bybit.words import Verdict
from sim.serve.codes import _CONTRACTS as SERVED
from sim.serve.codes import verdict
from strategy import commands, events
from strategy.instrument import LINEAR, SPOT
from strategy.pacing import ACCOUNT, BANNED, ORDERS, QUERIES, RATE_LIMIT
from strategy.setbacks import TIMESTAMP

SUCCESS, REFUSED, IN_DOUBT = Verdict.SUCCESS, Verdict.REFUSED, Verdict.IN_DOUBT
SLOW_DOWN, STOP = Verdict.SLOW_DOWN, Verdict.STOP

# What the venue's documentation and its users' issues say of each code that matters.
SORTED = [
    ((0,), SUCCESS, "0"),
    ((110025, 110026, 110043, 34040), SUCCESS, words.NOT_MODIFIED),
    ((10001,), REFUSED, words.BAD_REQUEST),
    ((10002,), REFUSED, TIMESTAMP),
    ((110001, 170213, 170143), REFUSED, words.GONE),
    ((110008, 110010, 170139, 170142), REFUSED, words.GONE),
    ((110079, 170191, 170212), REFUSED, words.BUSY),
    ((110003, 30208, 30209, 110120, 110121), REFUSED, words.PRICE_BAND),
    ((170132, 170133, 170193, 170194, 170371, 170372), REFUSED, words.PRICE_BAND),
    ((110004, 110006, 110007, 110012, 110044, 110045, 110052, 170033, 170131), REFUSED, words.MARGIN),
    ((110017,), REFUSED, words.REDUCE_ONLY),
    ((110020, 170810), REFUSED, words.TOO_MANY_ORDERS),
    ((110072, 170141), REFUSED, words.DUPLICATE_ID),
    ((110094, 170140, 170134, 170137, 170136, 170124), REFUSED, words.BAD_SIZE),
    ((170217, 110103), REFUSED, words.POST_ONLY),
    ((170218,), REFUSED, words.WOULD_CROSS),
    ((10003, 10004, 10005, 10010, 33004), STOP, words.KEY),
    ((10024, 10027, 110066, 170031), STOP, words.NOT_ALLOWED),
    ((429, 10006, 10403, 10429, 20003, 170005), SLOW_DOWN, RATE_LIMIT),
    ((10018,), SLOW_DOWN, BANNED),
]
DOUBTFUL = (10000, 10014, 10016, 10019, 20006, 170007, 170146, 170147, 170001, 170032, 500000)
# After these a connector in wide use asks what became of the order: none of them may be a refusal.
AMBIGUOUS = (429, 10000, 10006, 10016, 10019, 10403, 10429, 170001, 170005, 170007, 170032, 20003, 20006, 500000)
CODES = [(code, verdict, word) for codes, verdict, word in SORTED for code in codes]


@pytest.mark.parametrize("code,verdict,word", CODES, ids=[str(code) for code, *_ in CODES])
def test_a_code_that_matters_is_sorted(code, verdict, word):
    meaning = meaning_of(code)
    assert (meaning.verdict, meaning.word) == (verdict, word)


@pytest.mark.parametrize("code", DOUBTFUL)
def test_an_unknown_outcome_is_in_doubt_under_its_own_number(code):
    assert (meaning_of(code).verdict, meaning_of(code).word) == (IN_DOUBT, str(code))


@pytest.mark.parametrize("code", AMBIGUOUS)
def test_what_may_have_been_done_is_never_a_refusal(code):
    assert meaning_of(code).verdict in (IN_DOUBT, SLOW_DOWN)


def test_every_code_says_what_it_means_and_who_says_so():
    assert len(MEANINGS) > 150
    for code, meaning in MEANINGS.items():
        assert meaning.text.strip(), code
        assert meaning.word.strip(), code
        assert meaning.source.startswith(("docs v5/", "nautilus_trader")), code


def test_a_code_stands_in_one_row_only():
    from adapters.bybit.codes import _GROUPS

    assert sum(len(rows) for *_, rows in _GROUPS) == len(MEANINGS)


@pytest.mark.parametrize("code", [1, -7, 99999, 110999, 2**62])
def test_a_code_we_do_not_know_is_in_doubt(code):
    assert (meaning_of(code).verdict, meaning_of(code).word) == (IN_DOUBT, str(code))


@pytest.mark.parametrize(
    "status,verdict,word",
    [
        (401, STOP, words.KEY),
        (403, SLOW_DOWN, BANNED),
        (429, SLOW_DOWN, RATE_LIMIT),
        (404, IN_DOUBT, words.DOWN),
        (500, IN_DOUBT, words.DOWN),
        (502, IN_DOUBT, words.DOWN),
        (503, IN_DOUBT, words.DOWN),
        (504, IN_DOUBT, words.DOWN),
        (201, IN_DOUBT, words.DOWN),
    ],
)
def test_a_status_other_than_200_is_sorted_too(status, verdict, word):
    meaning = meaning_of_status(status)
    assert meaning is not None
    assert (meaning.verdict, meaning.word) == (verdict, word)
    assert meaning.source


def test_a_status_of_200_leaves_the_word_to_the_body():
    assert meaning_of_status(200) is None


def outcome(one, answer, market=PERPS):
    return outcome_of(market, Memory(), one, call_of(market, one, NOW_NS), answer, NOW_NS)


WRITES = [
    (create(), events.OrderRejected, events.CREATE),
    (amend(), events.AmendRefused, events.AMEND),
    (cancel(), events.CancelRefused, events.CANCEL),
]


@pytest.mark.parametrize("command,refusal,request_", WRITES, ids=[name for *_, name in WRITES])
def test_each_code_on_each_order_request_has_one_consequence(command, refusal, request_):
    for code, meaning in MEANINGS.items():
        result = outcome((command,), reply({}, code))
        (told,) = result.events
        if meaning.verdict in (REFUSED, STOP):
            assert isinstance(told, refusal), code
            assert told.code == meaning.word
        elif meaning.verdict is SUCCESS and (code == 0 or isinstance(command, commands.AmendOrder)):
            assert isinstance(told, events.OrderAccepted | events.OrderAmended | events.CancelTaken), code
        else:
            assert told == events.Unanswered(request_, "s-1", "BTCUSDT", meaning.word)
        assert bool(result.stop) == (meaning.verdict is STOP), code


@pytest.mark.parametrize("command,refusal,request_", WRITES, ids=[name for *_, name in WRITES])
def test_an_unknown_code_leaves_an_order_request_in_doubt(command, refusal, request_):
    (told,) = outcome((command,), reply({}, 424242)).events
    assert told == events.Unanswered(request_, "s-1", "BTCUSDT", "424242")


def test_a_question_that_is_refused_is_a_question_without_an_answer():
    (told,) = outcome((commands.QueryOrder("s-1", "BTCUSDT", 7),), reply({}, 10001)).events
    assert told == events.Unanswered(events.QUERY, "s-1", "BTCUSDT", words.BAD_REQUEST)


@pytest.mark.parametrize("market", [PERPS, PAIRS], ids=["linear", "spot"])
def test_codes_of_items_are_the_items_own(market):
    """The envelope says 0; what became of each order stands beside it."""
    items = [(0, "v-1"), (110072, ""), (10006, ""), (424242, ""), (10003, ""), (0, "v-6")]
    one = tuple(create(f"s-{number}") for number in range(1, 7))
    acks = [
        {"orderId": venue_id, "orderLinkId": command.client_id}
        for command, (_, venue_id) in zip(one, items, strict=True)
    ]
    codes = [{"code": code, "msg": "words"} for code, _ in items]
    result = outcome(one, reply({"list": acks}, ext={"list": codes}), market)
    accepted, duplicate, fast, unknown, stopped, last = result.events
    assert (accepted.client_id, accepted.venue_id) == ("s-1", "v-1")
    assert (duplicate.client_id, duplicate.code) == ("s-2", words.DUPLICATE_ID)
    assert fast == events.Unanswered(events.CREATE, "s-3", "BTCUSDT", RATE_LIMIT)
    assert unknown == events.Unanswered(events.CREATE, "s-4", "BTCUSDT", "424242")
    assert (stopped.client_id, stopped.code) == ("s-5", words.KEY)
    assert (last.client_id, last.venue_id) == ("s-6", "v-6")
    assert result.stop == "key invalid"


def test_a_code_of_the_envelope_is_every_items():
    told = outcome((create("s-1"), create("s-2")), reply({}, 10006)).events
    assert told == tuple(events.Unanswered(events.CREATE, name, "BTCUSDT", RATE_LIMIT) for name in ("s-1", "s-2"))


@pytest.mark.parametrize("answer", [Reply(403, "text/html", {}, b"<html>"), reply({}, 10018)], ids=["status", "code"])
def test_a_ban_is_told_with_its_length(answer):
    result = outcome((create(),), answer)
    assert result.aside == (events.BudgetSeen(ACCOUNT, 0, NOW_NS + BAN_NS),)
    assert result.events == (events.Unanswered(events.CREATE, "s-1", "BTCUSDT", BANNED),)


@pytest.mark.parametrize(
    "command,bucket", [(create(), ORDERS), (cancel(), ORDERS), (commands.QueryFills("BTCUSDT", 0, 7), QUERIES)]
)
def test_a_limit_says_which_budget_it_is_of(command, bucket):
    answer = reply({}, 10006, X_Bapi_Limit_Status="0", X_BAPI_LIMIT_RESET_TIMESTAMP=str(1_700_000_001_250))
    assert outcome((command,), answer).aside == (events.BudgetSeen(bucket, 0, NOW_NS + 750_000_000),)


# The served venue was written apart from the adapter: where both know a word, they must mean the same by a code.
# On its wire some words share a number with others, or have none of their own.
BLURRED = {
    (LINEAR, "down"): "10016",
    (SPOT, "down"): "10016",
    (LINEAR, "bad_size"): words.BAD_REQUEST,
    (LINEAR, "off_grid"): words.BAD_REQUEST,
    (SPOT, "off_grid"): words.BAD_SIZE,
    (LINEAR, "cancel_only"): words.CLOSED,
    (LINEAR, "halted"): words.CLOSED,
    (SPOT, "cancel_only"): words.CLOSED,
    (SPOT, "halted"): words.CLOSED,
    (SPOT, "auction"): words.CLOSED,
}


@pytest.mark.parametrize("category", [LINEAR, SPOT])
def test_the_served_venue_means_the_same_by_its_codes(category):
    told = {word: meaning_of(verdict(word, category).code).word for word in SERVED}
    assert told == {word: BLURRED.get((category, word), word) for word in SERVED}


def test_every_code_that_the_served_venue_sends_is_known(repository):
    texts = [path.read_text(encoding="utf-8") for path in sorted((repository / "sim" / "serve").glob("*.py"))]
    sent = {int(code) for text in texts for code in re.findall(r"Verdict\(\s*(\d+)", text)}
    # Leverage is set by a person; signing in twice is small talk.
    assert sent - set(MEANINGS) == {110013, 20001}
    assert len(sent) > 30
