"""What a worker is given and what it gives back: plain records that cross a process border."""

import msgspec

from sim.oracle.identity import Identity
from sim.runs.edge_parts import EdgePart
from sim.scenario.load import Ready

# A metric of one seed: the value of each statistic it has, such as {"value": 1.2, "p95": 3.0}.
Stats = dict[str, float]


class Job(msgspec.Struct, frozen=True):
    """One scenario, one seed. ``core`` is ``module:factory``, empty for our own core.

    ``through`` names the arm that stands between core and venue; empty: the simulated driver.
    ``without`` names faults that are taken out of the plan: everything else is as it was.
    ``with_fills``: every fill is wanted, one by one.
    """

    scenario: Ready
    seed: int
    core: str = ""
    through: str = ""
    data_dir: str = ""
    until_s: float | None = None
    without: tuple[str, ...] = ()
    with_fills: bool = False
    junk: int = 0  # objects allocated beforehand: addresses must not matter


class BreachSeen(msgspec.Struct, frozen=True):
    """An invariant that did not hold: which, when (simulated), and what was seen.

    ``states`` and ``place`` tell it from other failures of the same invariant.
    """

    code: str
    at_s: float
    detail: str
    states: str = ""
    place: str = ""

    @property
    def identity(self) -> Identity:
        """Say what another failure must have to be this one."""
        return Identity(self.code, self.states, self.place)


class SeedResult(msgspec.Struct, frozen=True):
    """Everything of one seed that the verdict needs. No wall time except ``wall_s``, kept apart.

    ``error`` is empty unless the strategy or the world raised; ``last_events`` then (and after a
    breach) holds the end of the trace as text. ``skipped`` says why nothing ran; ``refused`` what
    is wrong with a file that only the run itself reads, a tape.

    ``was_cut``: a broken promise ended it early, so that its figures are those of a part of the run.

    ``excused_s``: how long each promise could not be asked for, summed over its subjects, by reason in
    ``excused_why_s``; ``waited_s`` how long it was looked at in all; ``asked_s`` is the longest stretch
    for which one that has a bound could be asked for, and ``held`` names those that held at some look. ``lost`` says
    what cut every read for ever, so that the run as a whole is excused from converging. ``recovered_s``:
    how long after the calm each promise of liveness first held; None where it never did. ``bites``: how
    often each fault that had begun changed anything. ``sometimes`` and ``regime_states``: how often each rare
    state was reached, and each pair of a regime and the state of an order. ``flow`` is the digest of what
    others proposed, which no fault and nothing of ours may change. ``edge`` are the parts of what was earned,
    ``fills`` the fills it was earned with, a line of JSON each, where they are wanted.
    """

    name: str
    seed: int
    digest: str = ""
    checkpoints: tuple[str, ...] = ()
    metrics: dict[str, Stats] = {}
    edge: tuple[EdgePart, ...] = ()
    fills: bytes = b""
    breaches: tuple[BreachSeen, ...] = ()
    costs: tuple[BreachSeen, ...] = ()
    checks: dict[str, int] = {}
    excused_s: dict[str, float] = {}
    excused_why_s: dict[str, dict[str, float]] = {}
    waited_s: dict[str, float] = {}
    asked_s: dict[str, float] = {}
    held: tuple[str, ...] = ()
    was_cut: bool = False
    lost: str = ""
    recovered_s: dict[str, float | None] = {}
    bites: dict[str, int] = {}
    flow: str = ""
    sometimes: dict[str, int] = {}
    regime_states: dict[str, int] = {}
    plan: bytes = b""
    error: str = ""
    error_code: str = ""
    error_at_s: float = 0.0
    last_events: tuple[str, ...] = ()
    skipped: str = ""
    refused: str = ""
    simulated_s: float = 0.0
    wall_s: float = 0.0
