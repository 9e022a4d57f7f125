"""Questions are asked once at a time, and again when nobody answers."""

from strategy.reads import Reads


def test_a_wanted_question_is_due_at_its_time_and_the_sooner_wins():
    reads = Reads()
    reads.want("clock", 10)
    reads.want("clock", 20)
    assert ([], ["clock"], 10) == (reads.due(9), reads.due(10), reads.next_ns())
    reads.want("clock", 5)
    assert 5 == reads.next_ns()


def test_a_question_in_flight_is_due_again_only_after_its_patience():
    reads = Reads()
    reads.want("clock", 10)
    reads.asked("clock", 10, wait_ns=50, wait_ns_max=400)
    assert ([], ["clock"]) == (reads.due(59), reads.due(60))


def test_an_answer_ends_a_question_or_sets_the_next():
    reads = Reads()
    reads.asked("clock", 10, wait_ns=50, wait_ns_max=400)
    assert reads.answered("clock", 10, again_ns=100)
    assert (True, 100) == (reads.is_wanted("clock"), reads.next_ns())
    reads.asked("clock", 100, wait_ns=60, wait_ns_max=400)
    assert reads.answered("clock", 100, again_ns=None)
    assert (False, None) == (reads.is_wanted("clock"), reads.next_ns())


def test_an_answer_to_an_older_question_is_not_the_answer():
    reads = Reads()
    reads.asked("clock", 10, wait_ns=50, wait_ns_max=400)
    reads.asked("clock", 60, wait_ns=50, wait_ns_max=400)
    assert not reads.answered("clock", 10, again_ns=None)
    assert reads.is_wanted("clock")


def test_a_postponed_question_keeps_its_place_in_the_queue():
    reads = Reads()
    reads.want("a", 1)
    reads.want("b", 1)
    reads.postpone("a", 5)
    assert (["b"], ["a", "b"]) == (reads.due(1), reads.due(5))


def test_a_question_nobody_answers_is_asked_less_and_less_often_until_somebody_does():
    reads, now, waits = Reads(), 0, []
    for _ in range(6):
        reads.asked("margin", now, wait_ns=50, wait_ns_max=400)
        waits.append(reads.next_ns() - now)
        now = reads.next_ns()
    assert [50, 100, 200, 400, 400, 400] == waits
    reads.hasten(now - 10)
    assert ["margin"] == reads.due(now - 10)
    reads.asked("margin", now, wait_ns=50, wait_ns_max=400)
    reads.answered("margin", now, again_ns=now + 1000)
    reads.hasten(now)
    assert now + 1000 == reads.next_ns(), "an answered question is not hastened"
