"""S8, L3, L9: quotes that meet, quotes off the grid, no quotes at all, quotes that only add."""

from msgspec.structs import replace

from strategy import commands, events
from strategy.belief import Belief
from strategy.core import Core
from strategy.knobs import Knobs
from strategy.stages.guard import latch
from strategy.units import BUY

from .wrapped import Commands, Wrapped


class CrossesItself(Wrapped):
    """Bids at the price of its own ask."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.asks: dict[str, int] = {}

    def say(self, now_ns, leaving: Commands) -> Commands:
        said: Commands = ()
        for command in leaving:
            if isinstance(command, commands.CreateOrder):
                if command.side == BUY and command.symbol in self.asks:
                    command = replace(command, price_ticks=self.asks[command.symbol])
                elif command.side != BUY:
                    self.asks[command.symbol] = command.price_ticks
            said += (command,)
        return said


class TooSmall(Wrapped):
    """Sends sizes below the least the instrument takes."""

    def say(self, now_ns, leaving: Commands) -> Commands:
        return tuple(
            replace(command, size_lots=0) if isinstance(command, commands.CreateOrder) else command
            for command in leaving
        )


class MayTake(Wrapped):
    """Quotes without post-only: what the market has come to meet is taken, at the taker's fee."""

    def say(self, now_ns, leaving: Commands) -> Commands:
        return tuple(
            replace(command, post_only=False) if isinstance(command, commands.CreateOrder) else command
            for command in leaving
        )


class Mute:
    """Never says anything, and believes that all is well."""

    wake_at_ns = None

    def __init__(self, knobs: Knobs) -> None:
        self.core = Core(knobs)

    def step(self, now_ns: int, event: events.Event) -> Commands:
        return ()

    def belief(self) -> Belief:
        return self.core.belief()


class GivesUp(Wrapped):
    """Quotes until its first doubt, then cancels what it has and never comes back."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.has_given_up = False

    def hear(self, now_ns, event):
        if not self.has_given_up and self.core.belief().doubts:
            self.has_given_up = True
            return events.Stopping()
        return event


def halts_for_good(knobs: Knobs) -> Core:
    """Leave no halt, whatever comes after what made it: the guard's word, and no ground for it."""
    return Core(replace(knobs, guard=replace(knobs.guard, halt_ns=10**18)))


class Latches(Wrapped):
    """Takes its first doubt for a budget that is spent."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.has_latched = False

    def hear(self, now_ns, event):
        if not self.has_latched and self.core.belief().doubts:
            self.has_latched = True
            for desk in self.core._state.desks:
                desk.memory = latch(desk.memory)
        return event


def loves_what_it_has(knobs: Knobs) -> Core:
    """Lean the wrong way: the more is held the more eagerly it is added to, and no inventory is too much."""
    never = replace(knobs.guard.inventory, soft_enter=1e9, soft_exit=1e9, hard_enter=1e9, hard_exit=1e9)
    skew = replace(knobs.skew, slope_bps_per_pct=-knobs.skew.slope_bps_per_pct, skew_bps_max=20.0)
    placement = replace(knobs.placement, taking=False)
    guard = replace(knobs.guard, inventory=never)
    return Core(replace(knobs, guard=guard, skew=skew, placement=placement))


crosses_itself = CrossesItself
too_small = TooSmall
may_take = MayTake
mute = Mute
gives_up = GivesUp
latches = Latches
