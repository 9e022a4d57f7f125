"""However acknowledgements and rows interleave, in the end an order is believed to stand where it stands.

The venue carries out one request after the other and pushes a row for each; rows arrive in order, and
answers whenever they like. Some answers are lost. Some orders are put to another price than asked.
"""

import json

from bybit_wire import NOW_NS, PERPS, create, frame, order_row, reply
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.bybit.answers import outcome_of
from adapters.bybit.memory import Memory
from adapters.bybit.private import PrivateStream
from adapters.bybit.requests import call_of
from strategy.commands import AmendOrder
from strategy.events import OrderAccepted, OrderAmended

MS = 1_000_000
START_MS = 1_700_000_000_000
GRID = PERPS.grids["BTCUSDT"]
PRICES = (650_000, 650_001, 650_002)


class Venue:
    """What was asked, where the order was put, and what is under way to us."""

    def __init__(self):
        self.now_ms = START_MS
        self.asked = []
        self.rows = []
        self.acks = []
        self.stands = 0

    def ask(self, price, moved_by, ack_after_ms):
        self.now_ms += 1
        self.stands = price + moved_by
        cycle_id = len(self.asked)
        command = AmendOrder("s-1", "BTCUSDT", price, 10, 0, cycle_id) if cycle_id else create("s-1", price_ticks=price)
        self.asked.append(command)
        text = GRID.price_text(self.stands)
        row = order_row(price=text, createdTime=str(START_MS), updatedTime=str(self.now_ms))
        self.rows.append(frame(topic="order", data=[row]))
        self.acks.append((command, self.now_ms + ack_after_ms))
        return command


class Bot:
    """What the core makes of the words: the later word wins, by the venue's clock."""

    def __init__(self):
        self.memory = Memory()
        self.stream = PrivateStream(PERPS, self.memory)
        self.price, self.word_ns, self.is_known = 0, 0, False

    def hear(self, events):
        for event in events:
            if isinstance(event, OrderAccepted) and not self.is_known:
                self.price, self.is_known = event.price_ticks, True
            if isinstance(event, OrderAmended) and event.venue_ns >= self.word_ns:
                self.price, self.word_ns, self.is_known = event.price_ticks, event.venue_ns, True

    def ack(self, command, at_ms):
        answer = reply({"orderId": "v-1", "orderLinkId": "s-1"})
        answer = type(answer)(200, "", {}, json.dumps(json.loads(answer.body) | {"time": at_ms}).encode())
        call = call_of(PERPS, (command,), NOW_NS)
        self.hear(outcome_of(PERPS, self.memory, (command,), call, answer, NOW_NS).events)


ASKS = st.lists(
    st.tuples(st.sampled_from(PRICES), st.sampled_from((0, 0, 0, 5)), st.integers(0, 3), st.booleans()),
    min_size=1,
    max_size=6,
)


@given(ASKS, st.randoms(use_true_random=False), st.booleans())
@example([(650_000, 0, 1, False), (650_001, 0, 1, False)], None, True)
@example([(650_000, 5, 1, False), (650_000, 5, 1, False)], None, True)
@example([(650_000, 5, 1, False), (650_001, 0, 1, False)], None, True)
def test_an_order_is_believed_to_stand_where_it_stands(asks, dice, rows_are_late):
    venue, bot = Venue(), Bot()
    for price, moved_by, ack_after_ms, is_lost in asks:
        bot.memory.leaving((venue.ask(price, moved_by, ack_after_ms),))
        command, at_ms = venue.acks.pop()
        for _ in range(0 if dice is None or rows_are_late else dice.randint(0, len(venue.rows))):
            bot.hear(bot.stream.heard(venue.rows.pop(0)).events)
        if not is_lost:
            bot.ack(command, at_ms)
            # What is asked after an answer is carried out after it.
            venue.now_ms = max(venue.now_ms, at_ms)
    for text in venue.rows:
        bot.hear(bot.stream.heard(text).events)
    assert bot.price == venue.stands
