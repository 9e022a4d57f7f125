"""Where the wire tells a story otherwise than the venue in process: why, and how."""

from conformance.expected import EXPECTED

WIRED = {
    **EXPECTED,
    # the last execution names no total: nothing left may also be a cancelled order.
    "a_maker_is_filled_in_parts": [
        ("OrderAccepted", "a", 1000000, 10),
        ("OrderFilled", "a", "BTCUSDT", 1000000, 4, 4, "maker", 500000000000000),
        ("OrderFilled", "a", "BTCUSDT", 1000000, 6, 6, "maker", 750000000000000),
        ("open",),
    ],
    # a request is taken before it is carried out: the answer is no verdict, the stream's word is.
    "an_order_is_cancelled": [
        ("CancelTaken", "a"),
        ("OrderCancelled", "a", 0, "by_client"),
        ("open",),
    ],
    # the same.
    "a_partly_filled_order_is_cancelled": [
        ("CancelTaken", "a"),
        ("OrderCancelled", "a", 4, "by_client"),
        ("open",),
    ],
    # the same.
    "a_batch_is_taken_whole": [
        ("CancelTaken", "a"),
        ("CancelTaken", "b"),
        ("CancelTaken", "c"),
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
    # the same.
    "one_of_a_batch_is_refused": [
        ("CancelRefused", "x", "gone"),
        ("CancelTaken", "a"),
        ("CancelTaken", "c"),
        ("OrderAccepted", "a", 999990, 10),
        ("OrderAccepted", "c", 999970, 10),
        ("OrderCancelled", "a", 0, "by_client"),
        ("OrderCancelled", "c", 0, "by_client"),
        ("OrderRejected", "b", "duplicate_id"),
        ("open", "b"),
    ],
    # a post-only order that would take is taken on, and cancelled at once.
    "a_post_only_create_would_take": [
        ("OrderAccepted", "a", 1000010, 10),
        ("OrderCancelled", "a", 0, "would_cross"),
        ("open",),
    ],
    # a size of nothing is no size to the wire's parser.
    "a_size_is_too_small": [
        ("OrderRejected", "a", "bad_request"),
        ("open",),
    ],
    # who was shut out asks nothing more over REST for as long as the venue demands.
    "the_account_is_banned": [
        ("Unanswered", "create", "a", "BTCUSDT", "banned"),
        ("Unanswered", "query", "a", "BTCUSDT", "shut_out"),
        ("open",),
    ],
    # the venue's own code is told.
    "a_create_is_turned_away_and_carried_out_later": [
        ("OrderAccepted", "a", 999890, 10),
        ("Unanswered", "create", "a", "BTCUSDT", "10016"),
        ("open", "a"),
    ],
    # the venue's own code is told.
    "a_venue_that_is_down_says_busy": [
        ("OrderReport", "a", "open", 999890, 10, 0),
        ("OrderReport", "b", "missing", 0, 0, 0),
        ("Unanswered", "create", "b", "BTCUSDT", "10016"),
        ("Unanswered", "query", "a", "BTCUSDT", "down"),
        ("open", "a"),
    ],
    # orders and questions are on two connections: one that dies leaves the other's to its own patience.
    "a_venue_that_is_down_says_nothing": [
        ("OrderReport", "a", "open", 999890, 10, 0),
        ("OrderReport", "b", "missing", 0, 0, 0),
        ("StreamDown", "private"),
        ("StreamDown", "public"),
        ("StreamUp", "private"),
        ("StreamUp", "public"),
        ("Unanswered", "create", "b", "BTCUSDT", "timeout"),
        ("Unanswered", "query", "a", "BTCUSDT", "timeout"),
        ("open", "a"),
    ],
    # a frame that was given to a stream may have left.
    "the_connection_breaks_queued": [
        ("OrderReport", "a", "missing", 0, 0, 0),
        ("Unanswered", "create", "a", "BTCUSDT", "reset"),
        ("open",),
    ],
    # a book is asked for by subscribing again, and comes as the stream's own.
    "one_asks_the_time_the_margin_and_the_book": [
        ("clock", True),
        ("margin", (50000000000000000000, 0)),
    ],
    # best prices prove life only every three seconds.
    "the_public_stream_breaks_and_begins_with_a_book": [
        ("StreamDown",),
        (True,),
    ],
}

OVER_REST = {
    **WIRED,
    # the create was refused by a door that shut behind it: the question never leaves.
    "the_account_is_banned": [
        ("NotSent", "query", "a", "BTCUSDT", "shut_out"),
        ("Unanswered", "create", "a", "BTCUSDT", "banned"),
        ("open",),
    ],
    # a gateway's page of HTML has no code.
    "a_create_is_turned_away_and_carried_out_later": EXPECTED["a_create_is_turned_away_and_carried_out_later"],
    "a_venue_that_is_down_says_busy": EXPECTED["a_venue_that_is_down_says_busy"],
}
