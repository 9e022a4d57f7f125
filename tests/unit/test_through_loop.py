"""An event loop on the kernel's time: what asyncio promises holds, and nothing real is within reach."""

import asyncio
import gc

import httpx
import pytest

from sim.clocks import Clock
from sim.kernel import Kernel
from sim.through.loop import OutOfThisWorld, VirtualLoop
from strategy.errors import OurMistake

S = 10**9


def played(main, until_s=100, **kinds):
    """Run ``main(log)`` as the only task of a world; give what it noted."""
    kernel, log = Kernel(), []
    loop = VirtualLoop(kernel, **kinds)
    loop.create_task(main(log))
    kernel.run(until_s * S)
    assert [] == loop.pending()
    loop.close()
    return log


def test_sleeping_moves_the_worlds_time_and_none_else():
    async def main(log):
        loop = asyncio.get_running_loop()
        for seconds in (0, 0.001, 1.5, 0.1):
            await asyncio.sleep(seconds)
            log.append(loop.time())

    assert [0.0, 0.001, 1.501, 1.601] == played(main)


def test_a_timeout_ends_what_takes_too_long_and_spares_what_does_not():
    async def main(log):
        try:
            async with asyncio.timeout(2):
                await asyncio.Event().wait()
        except TimeoutError:
            log.append(asyncio.get_running_loop().time())
        async with asyncio.timeout(2):
            await asyncio.sleep(1)
        log.append(await asyncio.wait_for(asyncio.sleep(1, "done"), 5))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(9), 3)
        log.append(asyncio.get_running_loop().time())

    assert [2.0, "done", 7.0] == played(main)


def test_queues_events_locks_and_gathered_tasks_pass_things_on_in_order():
    async def worker(name, queue, log):
        while (item := await queue.get()) is not None:
            log.append((name, item))

    async def main(log):
        queue, lock, event = asyncio.Queue(), asyncio.Lock(), asyncio.Event()
        workers = [asyncio.create_task(worker(name, queue, log)) for name in "ab"]
        for item in (1, 2, 3, None, None):
            await queue.put(item)
        await asyncio.gather(*workers)
        asyncio.get_running_loop().call_later(1, event.set)
        async with lock:
            await event.wait()
        log.append(asyncio.get_running_loop().time())

    assert [("a", 1), ("a", 2), ("a", 3), 1.0] == played(main)


def test_a_cancelled_task_cleans_up_and_says_that_it_was_cancelled():
    async def held(log):
        try:
            await asyncio.sleep(50)
        finally:
            await asyncio.sleep(1)
            log.append("cleaned up")

    async def main(log):
        task = asyncio.create_task(held(log))
        await asyncio.sleep(2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        log.append(asyncio.get_running_loop().time())

    assert ["cleaned up", 3.0] == played(main)


def test_a_timer_that_was_cancelled_does_not_ring():
    async def main(log):
        loop = asyncio.get_running_loop()
        loop.call_later(1, log.append, "cancelled").cancel()
        loop.call_at(loop.time() - 5, log.append, "past: now")
        await asyncio.sleep(3)

    assert ["past: now"] == played(main)


def test_the_loop_reads_the_hosts_clock_and_rings_by_it():
    kernel, rang = Kernel(), []
    clock = Clock(local_ns=7 * S, drift_ppb=-(10**8))  # a tenth too slow
    loop = VirtualLoop(kernel, clock)
    loop.call_later(0.9, lambda: rang.append((loop.time(), kernel.now_ns)))
    kernel.run(2 * S)
    assert [(0.9, S)] == rang


def test_a_busy_processor_runs_late_what_was_due_and_in_order():
    kernel, rang, free_ns = Kernel(), [], [0]
    loop = VirtualLoop(kernel, free_ns=lambda: free_ns[0])
    for at_s in (1, 2, 3, 4):
        loop.call_at(at_s, lambda at_s=at_s: rang.append((at_s, kernel.now_ns // S)))
    kernel.at(S + 1, lambda: free_ns.__setitem__(0, 3 * S + 5))
    kernel.run(10 * S)
    assert [(1, 1), (2, 3), (3, 3), (4, 4)] == rang


def test_a_callback_that_makes_the_processor_busy_holds_up_the_next():
    kernel, rang, free_ns = Kernel(), [], [0]
    loop = VirtualLoop(kernel, free_ns=lambda: free_ns[0])

    def work():
        rang.append(kernel.now_ns)
        free_ns[0] = kernel.now_ns + 10

    for _ in range(3):
        loop.call_soon(work)
    kernel.run(S)
    assert [0, 10, 20] == rang


def test_what_the_world_brings_in_is_dealt_with_before_the_world_goes_on():
    kernel, log = Kernel(), []
    loop = VirtualLoop(kernel)
    heard = loop.create_future()

    async def main():
        log.append(await heard)

    loop.create_task(main())
    kernel.at(5, loop.enter, heard.set_result, "word")
    kernel.at(5, log.append, "later at that instant")
    kernel.run(S)
    assert ["word", "later at that instant"] == log


def test_what_somebody_is_called_for_once_the_processor_is_free_is_not_lost():
    free_ns = [0]
    kernel, heard = Kernel(), []
    loop = VirtualLoop(kernel, free_ns=lambda: free_ns[0])

    async def fails():
        free_ns[0] = 5 * S
        raise ValueError("late")

    task = loop.create_task(fails())
    task.add_done_callback(lambda one: heard.append(str(one.exception())))
    kernel.run(S)
    assert task.done()
    loop.check()
    assert [] == heard
    kernel.run(6 * S)
    assert ["late"] == heard
    loop.check()


def _run_and_collect(kernel, loop):
    kernel.run(2 * S)
    gc.collect()
    loop.check()


def test_what_a_task_raises_and_nobody_awaits_ends_the_run():
    kernel = Kernel()
    loop = VirtualLoop(kernel)

    async def failing():
        await asyncio.sleep(1)
        raise KeyError("nobody looks")

    loop.create_task(failing())
    with pytest.raises(KeyError, match="nobody looks"):
        _run_and_collect(kernel, loop)


def test_what_a_callback_raises_ends_the_run_at_once():
    kernel = Kernel()
    loop = VirtualLoop(kernel)
    loop.call_later(1, int, "no number")
    with pytest.raises(ValueError, match="no number"):
        kernel.run(2 * S)
    assert S == kernel.now_ns


def test_a_handler_may_be_told_instead():
    kernel, told = Kernel(), []
    loop = VirtualLoop(kernel)
    loop.set_exception_handler(lambda _loop, context: told.append(type(context["exception"])))
    assert loop.get_exception_handler() is not None
    loop.call_soon(int, "no number")
    kernel.run(S)
    assert [ValueError] == told


def test_turning_in_a_circle_is_found_out():
    async def spinning(_log):
        while True:
            await asyncio.sleep(0)

    with pytest.raises(OurMistake, match="never lets time pass"):
        played(spinning)


def test_generators_are_closed_as_they_are_dropped_and_at_the_end():
    async def counting(log, name):
        try:
            yield 1
            yield 2
        finally:
            log.append(name)

    async def main(log):
        async for _ in counting(log, "dropped"):
            break
        await asyncio.sleep(1)
        kept = counting(log, "kept")
        await anext(kept)
        await asyncio.get_running_loop().shutdown_asyncgens()
        await asyncio.get_running_loop().shutdown_default_executor()

    assert ["dropped", "kept"] == played(main)


def test_killed_it_runs_nothing_more_and_tells_nobody():
    kernel, log = Kernel(), []
    loop = VirtualLoop(kernel)

    async def main():
        try:
            await asyncio.sleep(10)
            log.append("lived on")
        finally:
            log.append(("unwound at", kernel.now_ns // S))
            await asyncio.sleep(1)
            log.append("cleaned up")

    loop.create_task(main())
    loop.call_later(6, log.append, "rang")
    kernel.at(5 * S, loop.kill)
    kernel.run(20 * S)
    loop.call_soon(log.append, "said to the dead")
    loop.enter(log.append, "said to the dead")
    loop.call_exception_handler({"message": "nobody hears"})
    kernel.run(30 * S)
    assert [("unwound at", 5)] == log
    assert (True, False) == (loop.is_closed(), loop.is_running())


def test_killed_in_the_middle_of_a_callback_it_is_over_when_that_ends():
    kernel, log = Kernel(), []
    loop = VirtualLoop(kernel)
    loop.call_soon(lambda: (loop.kill(), log.append("to its end")))
    loop.call_soon(log.append, "after it")
    kernel.run(S)
    assert ["to its end"] == log


@pytest.mark.parametrize(
    "reach",
    [
        lambda loop: loop.run_in_executor(None, print),
        lambda loop: loop.call_soon_threadsafe(print),
        lambda loop: loop.getaddrinfo("host", 1),
        lambda loop: loop.create_connection(asyncio.Protocol, "127.0.0.1", 1),
        lambda loop: loop.subprocess_exec(asyncio.SubprocessProtocol, "true"),
        lambda loop: loop.add_reader(0, print),
        lambda loop: loop.add_signal_handler(2, print),
        lambda loop: loop.set_task_factory(asyncio.Task),
        lambda loop: loop.run_forever(),
        lambda loop: loop.run_until_complete(loop.create_future()),
        lambda loop: loop.stop(),
    ],
)
def test_nothing_real_is_within_reach(reach):
    with pytest.raises(OutOfThisWorld, match="simulated world"):
        reach(VirtualLoop(Kernel()))


def test_small_answers():
    loop = VirtualLoop(Kernel())
    loop.set_debug(True)
    loop.set_task_factory(None)
    assert (False, None, None) == (loop.get_debug(), loop.get_task_factory(), loop.get_exception_handler())


class Echo(httpx.AsyncBaseTransport):
    """Answers a while after it was asked."""

    async def handle_async_request(self, request):
        await asyncio.sleep(0.25)
        return httpx.Response(200, content=await request.aread(), request=request)


def test_an_http_client_works_on_it():
    async def main(log):
        async with httpx.AsyncClient(transport=Echo()) as client:
            answers = await asyncio.gather(*(client.post("http://venue/", content=str(n)) for n in range(3)))
            log += [answer.text for answer in answers]
            log.append(asyncio.get_running_loop().time())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.get("http://venue/")

    assert ["0", "1", "2", 0.25] == played(main)


def test_threads_asked_for_by_a_library_are_refused():
    async def main(_log):
        with pytest.raises(OutOfThisWorld):
            await asyncio.to_thread(print)

    played(main)
