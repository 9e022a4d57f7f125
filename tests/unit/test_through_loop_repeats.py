"""An event loop on the kernel's time goes the same way twice: in one process, cut in two, in any process."""

import asyncio
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from scripted import played

from sim.kernel import Kernel
from sim.through.loop import VirtualLoop

S = 10**9

_STEP = st.tuples(st.integers(0, 5), st.integers(0, 3))


async def _program(log, name, steps, queue):
    """Sleep, pass things on, spawn: whatever the steps say."""
    for place, (wait, what) in enumerate(steps):
        await asyncio.sleep(wait / 10)
        log.append((name, place, round(asyncio.get_running_loop().time() * 10)))
        if what == 1:
            queue.put_nowait((name, place))
        elif what == 2:
            try:
                async with asyncio.timeout(0.1):
                    log.append(("got", name, await queue.get()))
            except TimeoutError:
                log.append(("nothing", name))
        elif what == 3:
            asyncio.get_running_loop().call_later(wait / 10, log.append, ("rang", name, place))


async def _programs(log, programs):
    queue = asyncio.Queue()
    await asyncio.gather(*(_program(log, name, steps, queue) for name, steps in enumerate(programs)))
    await asyncio.sleep(1)


def _noted(programs):
    log = []
    played(lambda: _programs(log, programs))
    return log


@given(st.lists(st.lists(_STEP, max_size=8), min_size=1, max_size=5))
def test_the_same_program_goes_the_same_way_twice_and_time_never_goes_back(programs):
    first = _noted(programs)
    assert first == _noted(programs)
    times = [entry[2] for entry in first if isinstance(entry[0], int)]
    assert sorted(times) == times


@given(st.lists(st.lists(_STEP, max_size=6), min_size=1, max_size=4))
def test_a_run_cut_in_two_is_the_same_run(programs):
    def cut():
        kernel, log = Kernel(), []
        VirtualLoop(kernel).create_task(_programs(log, programs))
        for until in range(0, 60, 7):
            kernel.run(until * S // 10)
        kernel.run(100 * S)
        return log

    assert _noted(programs) == cut()


_SCRIPT = """
import asyncio, random
from sim.kernel import Kernel
from sim.through.loop import VirtualLoop
kernel, log = Kernel(), []
loop = VirtualLoop(kernel)
junk = [object() for _ in range({junk})]

async def one(name):
    for n in range(4):
        await asyncio.sleep((ord(name) * 7 + n * 3) % 5 / 10)
        log.append(name + str(n))

async def main():
    done, _ = await asyncio.wait([asyncio.ensure_future(one(name)) for name in "abcdef"])
    await asyncio.gather(*(one(name) for name in "xyz"))

loop.create_task(main())
kernel.run(10**11)
print(" ".join(log))
"""


def test_the_same_order_in_any_process_with_any_hash_seed():
    told = []
    for seed, junk in (("0", 0), ("1", 5000), ("4711", 77)):
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT.format(junk=junk)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )
        told.append(done.stdout)
    assert 6 * 4 + 3 * 4 == len(told[0].split())
    assert [told[0]] * 3 == told
