"""What it costs to be watched, as a ratio to the steps that are watched; in processor time of this thread."""

import time
from itertools import chain

from measured import measured_world

from adapters.exposition import families
from adapters.families import process_families
from adapters.scrape import render

WATCHED = ("delivered", "sent", "left", "stepped")


class Timed:
    """Sums up what calls of some methods take."""

    def __init__(self) -> None:
        self.spent_ns = self.calls = 0

    def over(self, owner, *names):
        for name in names:
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, call):
        def timed(*arguments):
            started_ns = time.thread_time_ns()
            try:
                return call(*arguments)
            finally:
                self.spent_ns += time.thread_time_ns() - started_ns
                self.calls += 1

        return timed


def test_being_watched_costs_less_than_half_a_step_and_a_scrape_holds_nobody_up(tmp_path):
    world, metrics = measured_world(tmp_path, 60, symbols="[BTCUSDT, ETHUSDT]")
    watching, stepping = Timed(), Timed()
    watching.over(metrics, *WATCHED)
    start = world.driver.start

    def started(core):
        stepping.over(core, "step")
        start(core)

    world.driver.start = started
    assert "" == world.run().error
    step_ns, watch_ns = (one.spent_ns / stepping.calls for one in (stepping, watching))

    now_ns, families_ns = world.host.now_ns(), []
    for family in chain(families(metrics, now_ns), process_families()):
        started_ns = time.thread_time_ns()
        render(iter((family,)))
        families_ns.append(time.thread_time_ns() - started_ns)
    print(
        f"\n{stepping.calls} steps of {step_ns / 1e3:.1f} us, watched for {watch_ns / 1e3:.1f} us each; "
        f"a scrape {sum(families_ns) / 1e6:.1f} ms, at most {max(families_ns) / 1e6:.2f} ms at a time"
    )
    assert watch_ns < 0.5 * step_ns
    assert max(families_ns) < 60 * step_ns
