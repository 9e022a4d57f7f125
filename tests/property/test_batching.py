"""What holds of grouping for every list of commands, venue and dispatch."""

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from strategy import batching, commands
from strategy.batching import BATCHED, CONCURRENT, SEQUENTIAL, Capability, group, tokens

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
IDS = st.integers(1, 8).map(lambda number: f"s-{number}")
SYMBOL = st.sampled_from(SYMBOLS)


def create(client_id: str, symbol: str, slot: str = "bid0") -> commands.CreateOrder:
    return commands.CreateOrder(
        client_id=client_id,
        symbol=symbol,
        slot=slot,
        side=1,
        price_ticks=1,
        size_lots=1,
        post_only=True,
        reduce_only=False,
        taking=False,
        send_by_ns=0,
        cycle_id=1,
    )


COMMANDS = st.lists(
    st.one_of(
        st.builds(create, IDS, SYMBOL, st.sampled_from(("bid0", "ask0"))),
        st.builds(lambda i, s: commands.AmendOrder(i, s, 2, 2, 0, 1), IDS, SYMBOL),
        st.builds(lambda i, s: commands.CancelOrder(i, s, 1), IDS, SYMBOL),
        st.builds(commands.CancelAll, st.sampled_from(("", *SYMBOLS))),
        st.builds(lambda i, s: commands.QueryOrder(i, s, 5), IDS, SYMBOL),
        st.builds(lambda s: commands.RequestBook(s, 5), SYMBOL),
        st.just(commands.SampleClock(5)),
    ),
    max_size=24,
)
CAPABILITY = st.builds(
    Capability,
    creates_max=st.sampled_from((1, 2, 5, 20)),
    amends_max=st.sampled_from((1, 3, 5, 20)),
    cancels_max=st.sampled_from((1, 5, 20)),
    per_item=st.booleans(),
    mixes_symbols=st.booleans(),
)
DISPATCH = st.sampled_from((SEQUENTIAL, CONCURRENT, BATCHED))


def flat(groups) -> list[commands.Command]:
    return [command for one in groups for command in one]


def numbered(asked: list[commands.Command]) -> list[tuple[int, commands.Command]]:
    """Tell equal commands apart by their number among equals, so that places can be compared."""
    seen: Counter[str] = Counter()
    named = []
    for command in asked:
        seen[repr(command)] += 1
        named.append((seen[repr(command)], command))
    return named


def must_keep_order(first: commands.Command, second: commands.Command) -> bool:
    """Say whether a later command would do harm, or nothing, ahead of the earlier one."""
    adding = (commands.CreateOrder, commands.AmendOrder)
    about = getattr(first, "client_id", "")
    if about and about == getattr(second, "client_id", ""):
        return True
    for sweep, quote in ((first, second), (second, first)):
        if isinstance(sweep, commands.CancelAll) and isinstance(quote, adding) and sweep.symbol in ("", quote.symbol):
            return True
    cancels = isinstance(first, commands.CancelOrder | commands.CancelAll)
    return cancels and isinstance(second, commands.CreateOrder) and first.symbol == second.symbol


@given(COMMANDS, CAPABILITY, DISPATCH)
def test_nothing_is_lost_and_nothing_doubled(asked, capability, dispatch):
    assert Counter(map(repr, asked)) == Counter(map(repr, flat(group(asked, capability, dispatch))))


@example(
    # A cancel that has to wait for an amend of its order holds the create back that was asked after it.
    [
        commands.AmendOrder("s-2", "BTCUSDT", 2, 2, 0, 1),
        commands.CancelOrder("s-2", "BTCUSDT", 1),
        create("s-1", "BTCUSDT"),
    ],
    Capability(),
    SEQUENTIAL,
)
@given(COMMANDS, CAPABILITY, DISPATCH)
def test_what_depends_on_order_keeps_it(asked, capability, dispatch):
    named = numbered(asked)
    place = {repr(one): at for at, one in enumerate(numbered(flat(group(asked, capability, dispatch))))}
    for at, first in enumerate(named):
        for second in named[at + 1 :]:
            if must_keep_order(first[1], second[1]):
                assert place[repr(first)] < place[repr(second)]


@given(COMMANDS, CAPABILITY, DISPATCH)
def test_a_request_is_of_one_kind_and_within_what_the_venue_takes(asked, capability, dispatch):
    for one in group(asked, capability, dispatch):
        assert 1 <= len(one) <= capability.batch_max(one[0])
        assert len({type(command) for command in one}) == 1
        if len(one) > 1:
            ids = [command.client_id for command in one]
            assert len(ids) == len(set(ids)), "two words about one order in a request have no order"
        if not capability.mixes_symbols or dispatch == SEQUENTIAL:
            assert len({getattr(command, "symbol", "") for command in one}) == 1
        if dispatch == CONCURRENT:
            assert len(one) == 1


@given(COMMANDS, CAPABILITY, DISPATCH)
def test_grouping_what_was_grouped_changes_nothing(asked, capability, dispatch):
    once = group(asked, capability, dispatch)
    assert once == group(flat(once), capability, dispatch)


@given(COMMANDS, CAPABILITY, DISPATCH)
def test_a_cancel_that_nothing_holds_back_leaves_before_every_create(asked, capability, dispatch):
    leaving = flat(group(asked, capability, dispatch))
    counts = Counter(getattr(command, "client_id", "") for command in asked)
    free = [
        at for at, one in enumerate(leaving) if isinstance(one, commands.CancelOrder) and counts[one.client_id] == 1
    ]
    creates = [at for at, one in enumerate(leaving) if isinstance(one, commands.CreateOrder)]
    assert not free or not creates or max(free) < min(creates)


@given(COMMANDS, CAPABILITY)
def test_batched_needs_no_more_requests_than_the_other_two(asked, capability):
    counts = [len(group(asked, capability, dispatch)) for dispatch in (BATCHED, SEQUENTIAL, CONCURRENT)]
    assert counts == sorted(counts)


@given(COMMANDS, CAPABILITY, DISPATCH)
def test_what_each_command_adds_is_what_all_of_them_cost(asked, capability, dispatch):
    added = sum(batching.added_tokens(asked[:at], command, capability, dispatch) for at, command in enumerate(asked))
    assert added == tokens(group(asked, capability, dispatch), capability)


@given(COMMANDS, DISPATCH)
def test_a_venue_that_counts_items_is_paid_for_every_item(asked, dispatch):
    capability = batching.of_size(20, per_item=True)
    about_orders = (commands.CreateOrder, commands.AmendOrder, commands.CancelOrder, commands.CancelAll)
    paid = tokens(group(asked, capability, dispatch), capability)
    assert paid == sum(isinstance(command, about_orders) for command in asked)


def test_four_symbols_in_each_dispatch():
    """Two amends a symbol: four requests one by one, eight at once, or a single one."""
    asked = [
        commands.AmendOrder(f"s-{number}", symbol, 1, 1, 0, 1)
        for number, symbol in enumerate(sorted(("A", "B", "C", "D") * 2))
    ]
    bybit = batching.of_size(20, per_item=True)
    lengths = {
        dispatch: [len(one) for one in group(asked, bybit, dispatch)] for dispatch in (SEQUENTIAL, CONCURRENT, BATCHED)
    }
    assert {SEQUENTIAL: [2, 2, 2, 2], CONCURRENT: [1] * 8, BATCHED: [8]} == lengths
    by_call = batching.of_size(5, per_item=False)
    groups = group(asked, by_call, BATCHED)
    assert ([5, 3], 2) == ([len(one) for one in groups], tokens(groups, by_call))
