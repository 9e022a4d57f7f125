"""Whatever the venue does, every request ends exactly once, with one word for each of its commands, in their order."""

import asyncio
import json

from bybit_desk import NOW_MS, TIDY, Desk, NobodyThere, Reset, Silence, create, envelope, greet, name_of, page
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import played

from strategy import commands, events
from strategy.pacing import ACCOUNT

BTC = "BTCUSDT"
ANSWERS = {
    "fine": {"list": [], "orderId": "v", "success": "1", "timeNano": f"{NOW_MS}000000"},
    "refused": envelope({}, 110001, "not exists"),
    "slow down": envelope({}, 10006, "Too many visits!"),
    "a stop": envelope({}, 10003, "key"),
    "unknown": envelope({}, 987_654, "?"),
    "rubbish": b'{"retCode":',
    "wrong type": b'{"retCode":"0","result":7}',
    "a page": page(502),
    "a ban": page(403),
    "reset": Reset(),
    "silence": Silence(),
    "nobody": NobodyThere(),
}
# An aside comes before the words about a request's own commands.
ASIDE = (events.BudgetSeen, events.FundingPaid)


def cancel(name):
    return commands.CancelOrder(name, BTC, 1)


def amend(name):
    return commands.AmendOrder(name, BTC, 1000, 50, 2**62, 1)


REQUESTS = {
    "create": lambda name, _now_ns: (create(name),),
    "late create": lambda name, now_ns: (create(name, send_by_ns=now_ns + 10**8),),
    "creates": lambda name, _now_ns: (create(f"{name}a"), create(f"{name}b", price_ticks=5000), create(f"{name}c")),
    "amend": lambda name, _now_ns: (amend(name),),
    "cancels": lambda name, _now_ns: (cancel(f"{name}a"), cancel(f"{name}b")),
    "cancel all": lambda _name, _now_ns: (commands.CancelAll(""),),
    "order": lambda name, now_ns: (commands.QueryOrder(name, BTC, now_ns),),
    "open": lambda _name, now_ns: (commands.QueryOpenOrders(BTC, now_ns),),
    "fills": lambda _name, now_ns: (commands.QueryFills(BTC, 0, now_ns),),
    "book": lambda _name, now_ns: (commands.RequestBook(BTC, now_ns),),
    "clock": lambda _name, now_ns: (commands.SampleClock(now_ns),),
    "margin": lambda _name, now_ns: (commands.QueryMargin(now_ns),),
}
STREAMS = st.sampled_from(["public", "private", "trade"])
STEPS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(sorted(REQUESTS))),
    st.tuples(st.just("send"), st.sampled_from(sorted(REQUESTS))),
    st.tuples(st.just("rest"), st.sampled_from(sorted(ANSWERS))),
    st.tuples(st.just("trade"), st.sampled_from(["ack", "refuse", "short", "strange", "nobody's"])),
    st.tuples(st.just("break"), STREAMS),
    st.tuples(st.just("stick"), STREAMS),
    st.tuples(st.just("greet"), STREAMS),
    st.tuples(st.just("band"), st.just("")),
    st.tuples(st.just("wait"), st.sampled_from(["0.01", "0.3", "2", "6"])),
)


class Mad:
    """A venue that does what a list of steps says."""

    def __init__(self):
        self.desk = Desk()
        self.asked = []
        self.answers = []
        self.ends = {}

    async def play(self, steps):
        self.ends = await self.desk.connect()
        await self.band("", 0)
        for number, (verb, what) in enumerate(steps):
            await getattr(self, verb)(what, number)
            await asyncio.sleep(0)
        await self.desk.venue.close()
        assert len(self.asked) == len(self.answers)
        for one, said in zip(self.asked, self.answers, strict=True):
            assert said is not None, f"{one} was never answered"
            self.check(one, said)

    def check(self, one, said):
        words = [word for word in said if not isinstance(word, ASIDE)]
        assert len(one) == len(words), (one, said)
        assert list(said[-len(one) :]) == words
        for command, word in zip(one, words, strict=True):
            assert getattr(command, "client_id", "") == getattr(word, "client_id", getattr(command, "client_id", ""))
        assert not [word for word in said if isinstance(word, events.BudgetSeen) and word.bucket == ACCOUNT]

    async def send(self, what, number):
        one = REQUESTS[what](f"s-{number}", self.desk.clock.now_ns())
        place = len(self.asked)
        self.asked.append(one)
        self.answers.append(None)

        def answered(said):
            assert self.answers[place] is None, f"{one} was answered twice"
            self.answers[place] = said

        self.desk.venue.send(one, self.desk.clock.now_ns(), answered)

    async def rest(self, what, _number):
        asked = [path for path in (*TIDY, *ORDERS) if path != "/v5/system/status"]
        self.desk.rest.answers |= dict.fromkeys(asked, ANSWERS[what])

    async def trade(self, what, _number):
        end = self.ends["trade"]
        frames = [json.loads(text) for text in end.sent if '"order.' in text]
        if not frames:
            return
        frame = frames[-1]
        items = frame["args"][0].get("request", [frame["args"][0]])
        acks = [{"orderId": "v", "orderLinkId": one["orderLinkId"]} for one in items]
        codes = [{"code": 110007 if what == "refuse" else 0, "msg": ""} for _ in items]
        told = {"reqId": frame["reqId"], "retCode": 0, "retMsg": "", "op": frame["op"], "data": acks[0]}
        if "request" in frame["args"][0]:
            told |= {"data": {"list": acks[1:] if what == "short" else acks}, "retExtInfo": {"list": codes}}
        elif what == "refuse":
            told["retCode"] = 110007
        if what == "strange":
            told["data"] = 7
        if what == "nobody's":
            told["reqId"] = "q0"
        end.say(json.dumps(told))
        await asyncio.sleep(0.001)

    async def break_(self, what, _number):
        self.ends[what].hang_up()
        await asyncio.sleep(0.001)

    async def stick(self, what, _number):
        self.ends[what].is_stuck = True

    async def greet(self, what, _number):
        """Take the newest connection of a stream, where there is a new one."""
        newest = [end for end in self.desk.board.ends if name_of(end) == what][-1]
        if newest is not self.ends[what] and newest.sent:
            self.ends[what] = newest
            if what != "private":
                await greet(newest)

    async def band(self, _what, _number):
        data = {"symbol": BTC, "buyLmt": "110.0", "sellLmt": "90.0"}
        self.ends["public"].say(json.dumps({"topic": f"priceLimit.{BTC}", "ts": NOW_MS, "data": data}))
        await asyncio.sleep(0.001)

    async def wait(self, what, _number):
        await asyncio.sleep(float(what))


setattr(Mad, "break", Mad.break_)
ORDERS = [
    *(f"/v5/order/{verb}" for verb in ("create", "amend", "cancel", "cancel-all", "realtime", "history")),
    *(f"/v5/order/{verb}-batch" for verb in ("create", "amend", "cancel")),
    *("/v5/execution/list", "/v5/market/orderbook", "/v5/account/wallet-balance"),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25), st.sampled_from(sorted(ANSWERS)))
def test_every_request_ends_exactly_once_whatever_the_venue_does(steps, first):
    async def main():
        mad = Mad()
        mad.desk.rest.answers |= dict.fromkeys(ORDERS, ANSWERS[first])
        mistakes = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, told: mistakes.append(told))
        await mad.play(steps)
        assert [] == mistakes

    played(main)
