"""A part of the stories on real sockets, in real time."""

import pytest
from conformance.body import BEHAVIOURS
from conformance.expected_wired import WIRED
from conformance.real_stage import RealStage

QUICK = ("a_maker_is_filled_in_parts", "an_order_is_cancelled", "one_of_a_batch_is_refused", "the_stamp_is_too_old")
DEEP = (
    "a_create_rests",
    "a_create_takes",
    "a_post_only_create_would_take",
    "an_id_is_used_twice",
    "an_immediate_order_finds_nobody",
    "an_order_is_moved",
    "an_order_to_reduce_reduces",
    "a_batch_is_taken_whole",
    "everything_is_cancelled",
    "one_asks_what_became_of_orders",
    "the_book_is_followed",
)


@pytest.mark.parametrize("name", (*QUICK, *DEEP))
def test_on_real_sockets(tmp_path, name, is_deep):
    if not is_deep and name not in QUICK:
        pytest.skip("slow: with --chaos")
    stage = RealStage(tmp_path)
    try:
        assert WIRED[name] == BEHAVIOURS[name].play(stage)
    finally:
        stage.close()
