"""A stored seed, run again step by step and proven on its way by the digests that were kept of it.

The world is built from the plan and never copied. Whoever looks on may stop it at any instant: where a
run is cut changes nothing. Checkpoints are compared as they are made, the digest when it is over.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from sim.plan import Plan
from sim.replay.stored import Stored
from sim.runs.job import Job
from sim.runs.recipe import Unreadable
from sim.runs.seed import open_world
from sim.trace import CHECKPOINT_EVERY
from sim.world import Outcome, World
from strategy.errors import StormquoteError
from strategy.units import NS_PER_S

DIFFERS: Final = "SQ-S043"


class NoTape(StormquoteError):
    """The recorded market that the run was made in is not here."""

    code = "SQ-S101"


class Proof(msgspec.Struct, frozen=True):
    """How far a run is proven to be the one that was kept: so many checkpoints, and its digest if it is whole.

    ``differs`` says where it is not; empty where nothing differed so far.
    """

    checkpoints: int
    of: int
    is_whole: bool
    digest: str
    differs: str = ""


class Rerun:
    """One run, made again."""

    def __init__(self, stored: Stored, data_dir: str) -> None:
        """Build the world; nothing moves yet. Raises ``NoTape``, and what building a world raises."""
        self.stored = stored
        self.world = world_of(stored, stored.plan, data_dir)
        self._agreed = 0
        self._differs = ""
        self._before_ns = 0
        self.outcome: Outcome | None = None
        self.world.begin()

    @property
    def now_ns(self) -> int:
        """True time, from the start of the run."""
        return self.world.kernel.now_ns

    @property
    def is_over(self) -> bool:
        """Say whether the run goes no further."""
        return self.world.is_over

    def advance(self, until_ns: int, is_there: Callable[[], bool] | None = None) -> bool:
        """Run up to and including an instant; ``is_there`` is asked after each event and may end it sooner.

        Says whether ``is_there`` did.
        """
        world = self.world
        while not world.is_over and self.now_ns < until_ns:
            second_ns = min(until_ns, (self.now_ns // NS_PER_S + 1) * NS_PER_S)
            next_ns = second_ns if is_there is None else int(min(second_ns, world.kernel.next_ns))
            world.advance(max(next_ns, self.now_ns + 1))
            self._compare()
            if is_there is not None and is_there():
                return True
        return False

    def finish(self) -> Proof:
        """Run to the end and compare the digest of it all; raises ``Unreadable`` where checkpoints are missing."""
        self.advance(self.stored.plan.duration_ns)
        self.outcome = self.world.end()
        self._compare()
        kept, made = self.stored, self.outcome
        there, whole = len(kept.checkpoints), len(made.checkpoints)
        if not self._differs and there < whole and made.digest == kept.digest:
            file = kept.folder / "checkpoints.txt"
            raise Unreadable(
                f"{file} was cut short: it holds {there} of {whole} checkpoints, and the digest is the same"
            )
        if not self._differs and len(made.checkpoints) != len(kept.checkpoints):
            count = f"it comes to {len(made.checkpoints)} checkpoints, {len(kept.checkpoints)} were kept"
            same = "the same" if made.digest == kept.digest else f"{made.digest}, kept was {kept.digest}"
            self._differs = f"{count}; all that both have agree; the digest is {same}"
        elif not self._differs and made.digest != kept.digest:
            self._differs = f"the digest is {made.digest}, kept was {kept.digest}; all checkpoints there are agree"
        return self.proof()

    def proof(self) -> Proof:
        """Say how far the run is proven until now."""
        made, differs = self.outcome, self._differs
        so_far, kept = len(self.world.trace.checkpoints), len(self.stored.checkpoints)
        if not differs and so_far > kept:
            differs = f"it has come to {so_far} checkpoints until here, only {kept} were kept in all"
        digest = made.digest if made is not None else self.world.trace.digest()
        return Proof(self._agreed, kept, made is not None, digest, differs)

    def _compare(self) -> None:
        made, kept = self.world.trace.checkpoints, self.stored.checkpoints
        while not self._differs and self._agreed < min(len(made), len(kept)):
            if made[self._agreed] != kept[self._agreed]:
                first = self._agreed * CHECKPOINT_EVERY
                between = f"between t = {self._before_ns / NS_PER_S:.3f} s and {self.now_ns / NS_PER_S:.3f} s"
                self._differs = f"the traces part in records {first} to {first + CHECKPOINT_EVERY}, {between}"
                return
            self._agreed += 1
            self._before_ns = self.now_ns


def world_of(stored: Stored, planned: Plan, data_dir: str) -> World:
    """Build the world of a stored run with a plan, its own or another; raises ``NoTape``."""
    recipe = stored.recipe
    job = Job(recipe.scenario, planned.seed, recipe.core, recipe.through, data_dir)
    world = open_world(job, planned)
    if isinstance(world, str):
        raise NoTape(f"{stored.folder}: {world}")
    return world
