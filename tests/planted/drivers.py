"""S9, S13, S14: bugs of the driver around an honest core. ``into`` puts them into a world."""

from strategy import commands
from strategy.core import Core
from strategy.units import NS_PER_MS


class SendsFirst(Core):
    """Its driver sends, and writes down what it has sent."""

    @staticmethod
    def into(world) -> None:
        commit = world.host.disk.commit

        def too_late(then, *args):
            then(*args)
            world.kernel.at(world.kernel.now_ns + NS_PER_MS, commit, lambda: None)
            return True

        world.host.disk.commit = too_late


class ReadsWallClock(Core):
    """Its driver tells it the time of the wall clock."""

    @staticmethod
    def into(world) -> None:
        world.host.now_ns = lambda: world.host.wall.read(world.kernel.now_ns)


class StampsByWallClock(Core):
    """Puts another clock's time on what it asks."""

    @staticmethod
    def into(world) -> None:
        step = world.core.step

        def stamped(now_ns, event):
            off_ns = world.host.wall.read(world.kernel.now_ns) - now_ns
            return tuple(
                one
                if not hasattr(one, "asked_ns")
                else type(one)(**{**_fields(one), "asked_ns": one.asked_ns + off_ns})
                for one in step(now_ns, event)
            )

        world.core.step = stamped


class SpeaksFromGrave(Core):
    """Its process ends, and what waited in it is sent all the same."""

    @staticmethod
    def into(world) -> None:
        ended = world.driver.ended

        def one_more() -> None:
            ended()
            world.driver.calls.send((commands.CancelAll(""),))

        world.driver.ended = one_more


def _fields(command) -> dict[str, object]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


sends_first = SendsFirst
reads_wall_clock = ReadsWallClock
stamps_by_wall_clock = StampsByWallClock
speaks_from_grave = SpeaksFromGrave
