"""The order machine, enumerated: every state meets every word, and no sequence surprises it."""

import itertools

import pytest

from strategy.order_states import IMPOSSIBLE, OURS, TRANSITIONS, State, Word


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("word", Word)
def test_every_pair_is_in_the_table_or_impossible_and_not_both(state, word):
    assert (word in TRANSITIONS[state]) is not ((state, word) in IMPOSSIBLE)


def test_only_our_own_requests_are_impossible():
    assert all(word in OURS for _, word in IMPOSSIBLE)


def test_closed_absorbs_every_late_word():
    assert {State.CLOSED} == set(TRANSITIONS[State.CLOSED].values())


def test_absent_is_left_by_every_word_that_says_it_lives():
    lives = (Word.ACCEPTED, Word.AMENDED, Word.PART_FILLED, Word.FOUND_OPEN, Word.FOUND_OPEN_EARLY)
    assert all(TRANSITIONS[State.ABSENT][word] is State.IN_DOUBT for word in lives)


def test_silence_never_ends_an_order():
    for state in (State.CREATING, State.WORKING, State.AMENDING, State.CANCELLING, State.IN_DOUBT):
        for word in (Word.SILENCE, Word.UNANSWERED, Word.ABSENT_FOR_NOW):
            assert TRANSITIONS[state][word] not in (State.CLOSED, State.ABSENT)


def test_only_a_word_that_says_so_closes():
    closing = {word for rows in TRANSITIONS.values() for word, after in rows.items() if after is State.CLOSED}
    from_open = {
        word
        for state, rows in TRANSITIONS.items()
        if state is not State.CLOSED
        for word, after in rows.items()
        if after is State.CLOSED
    }
    ends = {Word.REJECTED, Word.FULLY_FILLED, Word.CANCELLED, Word.FOUND_DONE, Word.NOT_SENT}
    assert ends == from_open
    assert ends < closing


def test_doubt_is_left_for_quoting_only_by_being_found():
    assert [Word.FOUND_OPEN] == [word for word, after in TRANSITIONS[State.IN_DOUBT].items() if after is State.WORKING]


def test_no_sequence_of_words_leads_outside_the_table():
    """All 340 thousand sequences of five words from CREATING; ours only where they are possible."""
    counted = 0
    for words in itertools.product(Word, repeat=4):
        state = State.CREATING
        for word in words:
            after = TRANSITIONS[state].get(word)
            if after is None:
                assert (state, word) in IMPOSSIBLE
                break
            assert not (state is State.CLOSED and after is not State.CLOSED)
            state = after
            counted += 1
    assert counted > 300_000


def test_every_state_can_be_reached_and_left_until_closed():
    reached = {State.CREATING}
    while True:
        more = reached | {after for state in reached for after in TRANSITIONS[state].values()}
        if more == reached:
            break
        reached = more
    assert set(State) == reached
    assert all(
        any(after is not state for after in rows.values())
        for state, rows in TRANSITIONS.items()
        if state is not State.CLOSED
    )
