"""Where the contract is played: a venue with a market that stands still, and a puppet in the bot's place.

The puppet sends what the body of a behaviour gives it, when it is told to, and notes what it hears.
Which driver stands between it and the venue is the *arm*; the body does not know.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from pits import HandPit
from small_world import small_scenario

from sim.plan import expand
from strategy import commands, events
from strategy.units import BUY, NS_PER_MS, NS_PER_S

SYMBOL = "BTCUSDT"
SELL = -BUY
# The book stands still around this, ten lots at every tick.
BID, ASK, DEPTH, LOTS = 999_990, 1_000_010, 40, 10
_NEVER = 2**62

_MARKET = (events.BookDelta, events.BookSnapshot, events.BookHeartbeat, events.PublicTrade)
# What differs between two tellings of the same thing: instants, and names that only the venue gives.
_UNTOLD = ("venue_ns", "asked_ns", "sent_ns", "venue_id", "resets_ns", "anchor_wall_ns", "fill_id", "side")


class StillPit(HandPit):
    """A hand-moved market inside a world: nothing happens in it by itself."""

    next_ns = _NEVER
    touched = False

    def advance(self, until_ns: int) -> int:
        return until_ns

    def hash_so_far(self) -> str:
        return ""


def still(instrument: Any, venue: Any) -> StillPit:
    pit = StillPit(venue, instrument.symbol)
    for depth in range(DEPTH):
        pit.rest(BUY, BID - 10 * depth, LOTS)
        pit.rest(SELL, ASK + 10 * depth, LOTS)
    return pit


class Puppet:
    """A core that does as it is told."""

    wake_at_ns = None

    def __init__(self) -> None:
        self.orders: list[commands.Command] = []
        self.heard: list[events.Event] = []
        self.estimate: Callable[[int], int] = int

    def venue_now_ns(self, now_ns: int) -> int:
        return self.estimate(now_ns)

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        self.heard.append(event)
        leaving, self.orders = tuple(self.orders), []
        return leaving


def told(event: events.Event) -> tuple[Any, ...]:
    """Give what an event says, without what no two tellings share."""
    fields = {name: value for name, value in msgspec.structs.asdict(event).items() if name not in _UNTOLD}
    if isinstance(event, events.FillsReport):
        fields["fills"] = tuple(told(fill) for fill in event.fills)
    return (type(event).__name__, *fields.values())


class Stage:
    """One world, one puppet. Seconds are the world's."""

    def __init__(self, folder: Any, make_world: Any, **kinds: Any) -> None:
        """Begin, and play until the streams are up; ``kinds`` are those of a small scenario."""
        self.puppets: list[Puppet] = []
        scenario = small_scenario(folder, 600, **kinds)
        self.world = make_world(scenario, expand(scenario, 1), self._puppet, still)
        self.world.oracle._forward = None  # a puppet's stamps are names, not times
        self.world._schedule()
        self.wait(5)
        self.hear()

    def _puppet(self, _knobs: Any) -> Puppet:
        self.puppets.append(Puppet())
        return self.puppets[-1]

    @property
    def puppet(self) -> Puppet:
        return self.puppets[-1]

    @property
    def venue(self) -> Any:
        return self.world.venue

    def now_ns(self) -> int:
        """Read the bot's clock."""
        return self.world.host.now_ns()

    def at_s(self) -> float:
        """Give the world's time."""
        return self.world.kernel.now_ns / NS_PER_S

    def wait(self, seconds: float) -> None:
        """Let the world go on."""
        self.world.kernel.run(self.world.kernel.now_ns + round(seconds * NS_PER_S))

    def send(self, *leaving: commands.Command) -> None:
        """Have the puppet give these commands, in one step, now."""
        self.puppet.orders += leaving
        self.world.driver.feed(events.OperatorSaid("do as you are told"))
        self.wait(0)

    def do(self, *leaving: commands.Command, seconds: float = 1.0) -> list[tuple[Any, ...]]:
        """Send, wait, and give what was heard meanwhile."""
        self.hear()
        self.send(*leaving)
        self.wait(seconds)
        return self.hear()

    def hear(self) -> list[tuple[Any, ...]]:
        """Give what was heard since it was last asked, the market's own words and our own aside."""
        heard, self.puppet.heard = self.puppet.heard, []
        aside = (*_MARKET, events.OperatorSaid, events.BudgetSeen)
        return [told(event) for event in heard if not isinstance(event, aside)]

    def hear_market(self) -> list[events.Event]:
        """Give the market's words since anything was last heard."""
        heard, self.puppet.heard = self.puppet.heard, []
        return [event for event in heard if isinstance(event, _MARKET)]

    def sign_with(self, estimate: Callable[[int], int]) -> None:
        """Have requests signed with another estimate of the venue's time."""
        self.puppet.estimate = estimate

    # Commands

    def create(self, client_id: str, side: int = BUY, price: int = BID - 100, lots: int = 10, **more: Any) -> Any:
        """Make a create; it rests unless told otherwise."""
        kinds = {"post_only": True, "reduce_only": False, "taking": False} | more
        send_by_ns = kinds.pop("send_by_ns", self.now_ns() + NS_PER_S)
        return commands.CreateOrder(
            client_id, SYMBOL, f"slot-{client_id}", side, price, lots, send_by_ns=send_by_ns, cycle_id=1, **kinds
        )

    def take(self, client_id: str, side: int = BUY, lots: int = 10, **more: Any) -> Any:
        """Make a create that trades at once, up to three ticks deep."""
        price = ASK + 30 if side == BUY else BID - 30
        return self.create(client_id, side, price, lots, **{"post_only": False, "taking": True} | more)

    def amend(self, client_id: str, price: int = BID - 200, lots: int = 10) -> Any:
        """Make an amend."""
        return commands.AmendOrder(client_id, SYMBOL, price, lots, self.now_ns() + NS_PER_S, 1)

    def cancel(self, client_id: str) -> Any:
        """Make a cancel."""
        return commands.CancelOrder(client_id, SYMBOL, 1)

    def query(self, client_id: str) -> Any:
        """Make a question about one order."""
        return commands.QueryOrder(client_id, SYMBOL, self.now_ns())

    def query_open(self) -> Any:
        """Make a question about all that is open."""
        return commands.QueryOpenOrders(SYMBOL, self.now_ns())

    def query_fills(self) -> Any:
        """Make a question about the fills of the last minute."""
        return commands.QueryFills(SYMBOL, self.now_ns() - 60 * NS_PER_S, self.now_ns())

    # Truth

    def trade(self, side: int, lots: int, price: int) -> None:
        """Have somebody else trade."""
        self.world.kernel.at(
            self.world.kernel.now_ns, self.venue.pits[SYMBOL].trade, side, lots, price, self.world.kernel.now_ns
        )
        self.wait(0)

    def open_ids(self) -> list[str]:
        """Give what is really open."""
        return [order.client_id for order in self.venue.open_orders()]

    def move(self, side: int, price: int, lots: int) -> None:
        """Have somebody else rest an order."""
        self.venue.pits[SYMBOL].rest(side, price, lots)


def round_trip_ms(stage: Stage) -> float:
    """Give the usual time of a request there and back, engine included."""
    links = stage.world.scenario.profile.links
    return float(links.rest_up.median_ms + links.rest_down.median_ms + stage.world.scenario.profile.venue.engine_ms)


__all__ = ["ASK", "BID", "NS_PER_MS", "SELL", "SYMBOL", "Puppet", "Stage", "round_trip_ms", "still", "told"]
