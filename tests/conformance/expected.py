"""The stories as the venue tells them in process: what every arm must tell, but for listed differences."""

EXPECTED = {
    "a_create_rests": [
        ("OrderAccepted", "a", 999890, 10),
        ("open", "a"),
    ],
    "a_create_takes": [
        ("OrderAccepted", "a", 1000040, 10),
        ("OrderFilled", "a", "BTCUSDT", 1000010, 10, 10, "taker", -3750037500000000),
        ("open",),
    ],
    "a_maker_is_filled_in_parts": [
        ("OrderAccepted", "a", 1000000, 10),
        ("OrderFilled", "a", "BTCUSDT", 1000000, 4, 4, "maker", 500000000000000),
        ("OrderFilled", "a", "BTCUSDT", 1000000, 6, 10, "maker", 750000000000000),
        ("open",),
    ],
    "an_order_is_moved": [
        ("OrderAmended", "a", 999940, 7),
        ("open", "a"),
    ],
    "an_order_is_cancelled": [
        ("OrderCancelled", "a", 0, "by_client"),
        ("open",),
    ],
    "a_partly_filled_order_is_cancelled": [
        ("OrderCancelled", "a", 4, "by_client"),
        ("open",),
    ],
    "a_cancel_meets_a_fill_on_its_way": [
        ("CancelRefused", "a", "gone"),
        ("OrderFilled", "a", "BTCUSDT", 1000000, 10, 10, "maker", 1250000000000000),
        ("open",),
    ],
    "an_amend_meets_a_fill_on_its_way": [
        ("AmendRefused", "a", "gone"),
        ("OrderFilled", "a", "BTCUSDT", 1000000, 10, 10, "maker", 1250000000000000),
        ("open",),
    ],
    "an_id_is_used_twice": [
        ("OrderRejected", "a", "duplicate_id"),
        ("open", "a"),
    ],
    "an_order_that_is_gone_is_cancelled_and_moved": [
        ("AmendRefused", "a", "gone"),
        ("CancelRefused", "a", "gone"),
        ("open",),
    ],
    "an_order_nobody_knows_is_cancelled_and_moved": [
        ("AmendRefused", "never", "gone"),
        ("CancelRefused", "never", "gone"),
        ("open",),
    ],
    "a_post_only_create_would_take": [
        ("OrderRejected", "a", "would_cross"),
        ("open",),
    ],
    "a_post_only_order_is_moved_into_the_market": [
        ("AmendRefused", "a", "would_cross"),
        ("open", "a"),
    ],
    "a_post_only_create_is_refused_late": [
        ("OrderAccepted", "a", 999890, 10),
        ("OrderCancelled", "a", 0, "would_cross"),
        ("open",),
    ],
    "an_immediate_order_finds_nobody": [
        ("OrderAccepted", "a", 999990, 10),
        ("OrderCancelled", "a", 0, "not_filled"),
        ("open",),
    ],
    "an_order_for_all_or_nothing_gets_nothing": [
        ("OrderAccepted", "a", 1000010, 100),
        ("OrderCancelled", "a", 0, "not_filled"),
        ("open",),
    ],
    "an_order_to_reduce_has_nothing_to_reduce": [
        ("OrderRejected", "a", "reduce_only"),
        ("open",),
    ],
    "an_order_to_reduce_reduces": [
        ("OrderAccepted", "b", 999960, 10),
        ("OrderFilled", "b", "BTCUSDT", 999990, 10, 10, "taker", -3749962500000000),
        ("open",),
    ],
    "a_size_is_too_small": [
        ("OrderRejected", "a", "bad_size"),
        ("open",),
    ],
    "everything_is_cancelled": [
        ("CancelAllAnswered", ""),
        ("OrderCancelled", "a", 0, "by_client"),
        ("OrderCancelled", "b", 0, "by_client"),
        ("OrderCancelled", "c", 0, "by_client"),
        ("open",),
    ],
    "a_symbol_is_cancelled": [
        ("CancelAllAnswered", "BTCUSDT"),
        ("OrderCancelled", "a", 0, "by_client"),
        ("OrderCancelled", "b", 0, "by_client"),
        ("open",),
    ],
    "a_batch_is_taken_whole": [
        ("OrderAccepted", "a", 999990, 10),
        ("OrderAccepted", "b", 999980, 10),
        ("OrderAccepted", "c", 999970, 10),
        ("OrderAmended", "a", 999790, 10),
        ("OrderAmended", "b", 999789, 10),
        ("OrderAmended", "c", 999788, 10),
        ("OrderCancelled", "a", 0, "by_client"),
        ("OrderCancelled", "b", 0, "by_client"),
        ("OrderCancelled", "c", 0, "by_client"),
        ("open",),
    ],
    "one_of_a_batch_is_refused": [
        ("CancelRefused", "x", "gone"),
        ("OrderAccepted", "a", 999990, 10),
        ("OrderAccepted", "c", 999970, 10),
        ("OrderCancelled", "a", 0, "by_client"),
        ("OrderCancelled", "c", 0, "by_client"),
        ("OrderRejected", "b", "duplicate_id"),
        ("open", "b"),
    ],
    "every_item_of_a_batch_is_busy": [
        ("OrderRejected", "a", "busy"),
        ("OrderRejected", "b", "busy"),
        ("open",),
    ],
    "the_rate_limit_is_met": [
        ("OrderAccepted", "a", 999890, 10),
        ("OrderAccepted", "b", 999890, 10),
        ("Unanswered", "create", "c", "BTCUSDT", "rate_limit"),
        ("open", "a", "b"),
    ],
    "the_tail_of_a_batch_meets_the_rate_limit": [
        ("OrderAccepted", "a", 999980, 10),
        ("OrderAccepted", "b", 999980, 10),
        ("Unanswered", "create", "c", "BTCUSDT", "rate_limit"),
        ("open", "a", "b"),
    ],
    "the_account_is_banned": [
        ("Unanswered", "create", "a", "BTCUSDT", "banned"),
        ("Unanswered", "query", "a", "BTCUSDT", "banned"),
        ("open",),
    ],
    "the_stamp_is_too_old": [
        ("OrderRejected", "a", "timestamp"),
        ("open",),
    ],
    "the_stamp_is_ahead": [
        ("CancelRefused", "a", "timestamp"),
        ("OrderRejected", "a", "timestamp"),
        ("open",),
    ],
    "a_create_has_waited_too_long": [
        ("NotSent", "create", "a", "BTCUSDT", "send_by passed"),
        ("open",),
    ],
    "the_journal_refuses": [
        ("CancelRefused", "b", "gone"),
        ("NotSent", "create", "a", "BTCUSDT", "journal_refused"),
        ("open",),
    ],
    "a_create_is_lost": [
        ("Unanswered", "create", "a", "BTCUSDT", "timeout"),
        ("open",),
    ],
    "the_answer_to_a_create_is_lost": [
        ("Unanswered", "create", "a", "BTCUSDT", "timeout"),
        ("open", "a"),
    ],
    "the_answer_to_a_cancel_is_lost": [
        ("Unanswered", "cancel", "a", "BTCUSDT", "timeout"),
        ("open",),
    ],
    "the_answer_to_an_amend_is_lost": [
        ("Unanswered", "amend", "a", "BTCUSDT", "timeout"),
        ("open", "a"),
    ],
    "the_answer_to_a_batch_is_lost": [
        ("Unanswered", "create", "a", "BTCUSDT", "timeout"),
        ("Unanswered", "create", "b", "BTCUSDT", "timeout"),
        ("open", "a", "b"),
    ],
    "an_answer_comes_when_nobody_waits_any_more": [
        ("OrderAccepted", "a", 999890, 10),
        ("Unanswered", "create", "a", "BTCUSDT", "timeout"),
        ("open", "a"),
    ],
    "a_create_is_turned_away_and_carried_out_later": [
        ("OrderAccepted", "a", 999890, 10),
        ("Unanswered", "create", "a", "BTCUSDT", "down"),
        ("open", "a"),
    ],
    "the_connection_breaks_queued": [
        ("NotSent", "create", "a", "BTCUSDT", "no_connection"),
        ("OrderReport", "a", "missing", 0, 0, 0),
        ("open",),
    ],
    "the_connection_breaks_on_the_wire": [
        ("OrderReport", "a", "missing", 0, 0, 0),
        ("Unanswered", "create", "a", "BTCUSDT", "reset"),
        ("open",),
    ],
    "the_connection_breaks_applied": [
        ("OrderAccepted", "a", 999890, 10),
        ("OrderReport", "a", "open", 999890, 10, 0),
        ("Unanswered", "create", "a", "BTCUSDT", "reset"),
        ("open", "a"),
    ],
    "the_connection_breaks_response_on_the_wire": [
        ("OrderAccepted", "a", 999890, 10),
        ("OrderReport", "a", "open", 999890, 10, 0),
        ("Unanswered", "create", "a", "BTCUSDT", "reset"),
        ("open", "a"),
    ],
    "a_venue_that_is_down_says_busy": [
        ("OrderReport", "a", "open", 999890, 10, 0),
        ("OrderReport", "b", "missing", 0, 0, 0),
        ("Unanswered", "create", "b", "BTCUSDT", "down"),
        ("Unanswered", "query", "a", "BTCUSDT", "down"),
        ("open", "a"),
    ],
    "a_venue_that_is_down_says_nothing": [
        ("OrderReport", "a", "open", 999890, 10, 0),
        ("OrderReport", "b", "missing", 0, 0, 0),
        ("StreamDown", "private"),
        ("StreamDown", "public"),
        ("StreamUp", "private"),
        ("StreamUp", "public"),
        ("Unanswered", "create", "b", "BTCUSDT", "reset"),
        ("Unanswered", "query", "a", "BTCUSDT", "timeout"),
        ("open", "a"),
    ],
    "a_venue_that_is_down_refuses_and_forgets": [
        ("NotSent", "create", "b", "BTCUSDT", "no_connection"),
        ("NotSent", "query", "a", "BTCUSDT", "no_connection"),
        ("OrderReport", "a", "missing", 0, 0, 0),
        ("OrderReport", "b", "missing", 0, 0, 0),
        ("StreamDown", "private"),
        ("StreamDown", "public"),
        ("StreamUp", "private"),
        ("StreamUp", "public"),
        ("open",),
    ],
    "one_asks_what_became_of_orders": [
        ("FillsReport", "BTCUSDT", (("OrderFilled", "took", "BTCUSDT", 1000010, 10, 10, "taker", -3750037500000000),)),
        ("OpenOrdersReport", "BTCUSDT", ("rests",)),
        ("OrderReport", "never", "missing", 0, 0, 0),
        ("OrderReport", "rests", "open", 999890, 10, 0),
        ("OrderReport", "took", "done", 1000040, 10, 10),
        ("OrderReport", "went", "done", 999970, 10, 0),
        ("open", "rests"),
    ],
    "one_asks_the_time_the_margin_and_the_book": [
        ("clock", True),
        ("margin", (50000000000000000000, 0)),
        ("BTCUSDT", (999990, 10), (1000010, 10), 40, 40),
    ],
    "one_asks_by_which_rules_it_is_traded": [
        ("BTCUSDT", 1, 1, 1, 100000, 5000000000000000),
        ("BTCUSDT", 10, 3, 3, 99999, 5000000000000000),
    ],
    "a_read_shows_the_past": [
        ("OpenOrdersReport", "BTCUSDT", ()),
        ("OrderAccepted", "a", 999890, 10),
        ("OrderReport", "a", "missing", 0, 0, 0),
        ("open", "a"),
    ],
    "the_private_stream_breaks": [
        ("StreamDown", "private"),
        ("StreamUp", "private"),
        ("open", "a"),
    ],
    "the_public_stream_breaks_and_begins_with_a_book": [
        ("BookHeartbeat", "StreamDown"),
        (True,),
    ],
    "an_update_of_the_book_is_lost": [
        ("gaps", 1),
        ("changed", 999966, 3),
    ],
    "the_book_is_followed": [
        ("changed", (999985, 3), (999990, 6)),
        ("traded", (999990, 4, -1)),
    ],
    "a_fill_is_told_twice": [
        ("fills", 2, 1),
    ],
    "a_fill_is_never_told_and_read_afterwards": [
        ("OrderAccepted", "a", 1000040, 10),
        ("FillsReport", "BTCUSDT", (("OrderFilled", "a", "BTCUSDT", 1000010, 10, 10, "taker", -3750037500000000),)),
    ],
    "a_process_dies_and_another_begins": [
        ("heard", "Started", "StreamUp"),
        ("OrderReport", "a", "open", 999890, 10, 0),
        ("OrderReport", "b", "open", 999890, 10, 0),
        ("open", "a", "b"),
    ],
}
