"""Two runs are the same run if and only if their digests agree."""

from sim.trace import CHECKPOINT_EVERY, Trace
from strategy.events import Woke


def traced(records) -> Trace:
    trace = Trace()
    for record in records:
        trace.record(*record)
    return trace


RECORDS = [("step", at_ns, (Woke(), (at_ns, "x"))) for at_ns in range(1000)]


def test_equal_records_have_equal_digests_and_checkpoints():
    assert traced(RECORDS).digest() == traced(list(RECORDS)).digest()
    assert 1000 // CHECKPOINT_EVERY == len(traced(RECORDS).checkpoints)


def test_moving_one_record_by_a_nanosecond_changes_the_digest_from_its_checkpoint_on():
    kind, at_ns, what = RECORDS[600]
    moved = traced([*RECORDS[:600], (kind, at_ns + 1, what), *RECORDS[601:]])
    whole = traced(RECORDS)
    assert moved.digest() != whole.digest()
    same = [left == right for left, right in zip(whole.checkpoints, moved.checkpoints, strict=True)]
    assert [True, True, False] == same


def test_order_matters_and_nothing_is_glued_together():
    assert traced([("a", 1, "b"), ("c", 2, "d")]).digest() != traced([("c", 2, "d"), ("a", 1, "b")]).digest()
    assert traced([("a", 1, ("b", "c"))]).digest() != traced([("a", 1, "b"), ("a", 1, "c")]).digest()


def test_the_last_lines_are_kept_and_bounded():
    lines = traced(RECORDS).last_lines()
    assert (200, True) == (len(lines), lines[-1].startswith('["step",999,'))
