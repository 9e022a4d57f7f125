"""The bot's machine: one thing at a time, clocks that a start anchors, a disk that keeps what was committed."""

from adapters import inbox
from sim.host.disk import Disk
from sim.host.heap import HARD, KIB, NONE, SOFT, TIGHT, Budget, Heap
from sim.host.host import INBOX_MAX, MARKET_MAX, Host
from sim.kernel import Kernel
from strategy import commands, events
from strategy.journal import EventRecord, IntentRecord


def test_what_comes_in_the_instant_a_step_is_over_waits_for_its_end():
    """Seed 1041 of a swarm: a message of that very nanosecond was taken in before the step's commands left."""
    kernel, done = Kernel(), []
    host = Host(kernel, 0)

    def work(name):
        done.append(f"{name} begins")
        kernel.at(kernel.now_ns + 10, done.append, f"{name} ends")
        return 10

    kernel.at(10, host.arrive, work, "second")
    kernel.at(0, host.arrive, work, "first")
    kernel.run(100)
    assert ["first begins", "first ends", "second begins", "second ends"] == done


def test_a_start_takes_its_time_from_the_wall_clock_even_if_that_shows_less():
    kernel = Kernel()
    host = Host(kernel, 1000)
    host.wall.step(0, -300)
    assert 1000 == host.now_ns()
    host.begin()
    assert (700, 1000, -300) == (host.now_ns(), host.steady_ns(), host.moved_ns)


def create(number: int) -> IntentRecord:
    return IntentRecord(0, commands.CreateOrder(f"s-{number}", "X", "bid0", 1, 100, 1, True, False, False, 0, 0))


def test_a_torn_journal_keeps_what_was_committed_and_ends_inside_a_line():
    for share in (0.0, 0.4, 0.999):
        disk = Disk(Kernel())
        disk.append(create(1))
        disk.commit(lambda: None)
        disk.append(create(2))
        disk.append(EventRecord(0, events.Woke()))
        kept = disk.torn(share)
        assert create(1) in kept.read.records
        assert len(kept.read.records) < 3
        assert kept.read.torn


def test_an_old_copy_knows_the_orders_of_its_time_and_no_later_ones():
    kernel = Kernel()
    disk = Disk(kernel)
    disk.keep_copies(3)
    for number in range(1, 4):
        kernel.run(number * 10)
        disk.append(create(number))
        disk.commit(lambda: None)
        disk.rotate(b"%d" % number)
    assert b"2" == disk.old(25).snapshot
    assert ["s-1", "s-2"] == list(disk.safe_ids)
    assert (b"", []) == (disk.lost().snapshot, list(disk.safe_ids))


def test_a_copy_keeps_its_own_list_of_orders_whatever_was_lost_since():
    """Seeds 3101 and 3234 of a swarm: after a second restart a count no longer named the same orders."""
    kernel = Kernel()
    disk = Disk(kernel)
    disk.keep_copies(3)
    kernel.run(10)
    disk.append(create(1))
    disk.rotate(b"1")
    disk.lost()
    kernel.run(20)
    disk.append(create(2))
    disk.commit(lambda: None)
    disk.old(15)
    assert ["s-1"] == list(disk.safe_ids)


def test_a_failing_disk_takes_nothing_and_says_so():
    disk = Disk(Kernel())
    disk.failure = "ENOSPC"
    disk.append(create(1))
    assert (False, True, []) == (disk.commit(lambda: None), disk.has_hole, disk.records)


def test_an_amend_is_safe_once_it_is_committed():
    disk = Disk(Kernel())
    amend = commands.AmendOrder("s-1", "X", 100, 1, 0, 0)
    disk.append(IntentRecord(0, amend))
    assert not disk.is_safe(amend)
    disk.commit(lambda: None)
    assert disk.is_safe(amend)


def test_levels_rise_at_a_mark_and_fall_with_room():
    heap = Heap(lambda: 0)
    assert NONE == heap.look()
    heap.budget = Budget(KIB, 2 * KIB, 3 * KIB)
    seen = []
    for used in (0, KIB, KIB - 1, KIB // 2, 2 * KIB, 3 * KIB):
        heap.unaccounted_bytes = used
        seen.append(heap.look())
    assert [NONE, SOFT, SOFT, NONE, TIGHT, HARD] == seen


def committed(disk: Disk, number: int) -> IntentRecord:
    record = create(number)
    disk.append(record)
    disk.commit(lambda: None)
    return record


def test_a_disk_that_lies_says_that_it_is_safe_and_has_what_there_was_before():
    disk = Disk(Kernel())
    honest = committed(disk, 1)
    disk.is_lying = True
    lied = committed(disk, 2)
    assert disk.is_safe(lied.command), "so it was told"
    kept = disk.torn(0.5)
    assert ((honest,), ["s-1"]) == (kept.read.records, list(disk.safe_ids))


def test_a_snapshot_that_a_disk_lied_about_is_not_there():
    disk = Disk(Kernel())
    committed(disk, 1)
    disk.rotate(b"first")
    committed(disk, 2)
    disk.is_lying = True
    committed(disk, 3)
    disk.rotate(b"second")
    committed(disk, 4)
    kept = disk.torn(0.5)
    assert (b"first", (create(2),), ["s-1", "s-2"]) == (kept.snapshot, kept.read.records, list(disk.safe_ids))


def test_an_honest_commit_takes_along_what_was_lied_about_before():
    disk = Disk(Kernel())
    committed(disk, 1)
    disk.is_lying = True
    committed(disk, 2)
    disk.is_lying = False
    committed(disk, 3)
    assert ["s-1", "s-2", "s-3"] == [one.command.client_id for one in disk.torn(0.0).read.records]


def test_a_process_that_dies_on_a_lying_disk_loses_nothing():
    disk = Disk(Kernel())
    disk.is_lying = True
    committed(disk, 1)
    assert (create(1),) == disk.whole().read.records


def test_a_bit_that_is_turned_over_is_seen_wherever_it_is_and_nothing_is_believed():
    for at in range(60):
        disk = Disk(Kernel())
        disk.rotate(b'{"a": 1}')
        for number in range(4):
            committed(disk, number)
        kept = disk.flipped(at / 60)
        is_tail = bool(kept.read.records)
        assert kept.read.records == (tuple(map(create, range(3))) if is_tail else ())
        assert is_tail == bool(kept.snapshot), "in the last line it is a torn tail, else all of it is put aside"
        remembered = [record.command.client_id for record in kept.read.records]
        assert remembered == list(disk.safe_ids), "safe is what can still be read"


def test_another_instances_file_says_whose_it_is_and_ours_is_gone():
    disk = Disk(Kernel())
    committed(disk, 1)
    kept = disk.foreign("another", b"theirs")
    assert ("another", b"theirs", {}) == (kept.owner, kept.snapshot, disk.safe_ids)


def test_a_full_inbox_lets_go_of_the_markets_words_and_never_of_a_word_about_orders():
    kernel, taken = Kernel(), []
    host = Host(kernel, 0)
    host.stand_still(10)

    def work(name):
        taken.append(name)
        return 0

    for number in range(MARKET_MAX + 3):
        host.arrive(work, number, is_market=True)
    host.arrive(work, "an order")
    assert (MARKET_MAX + 1, 3) == (host.waiting(), host.let_go)
    kernel.run(10)
    assert [*range(MARKET_MAX), "an order"] == taken
    host.arrive(work, "the next", is_market=True)
    assert ("the next", 3) == (taken[-1], host.let_go)


def test_both_hosts_let_as_many_words_wait_and_all_kinds_fit_into_what_s12_allows():
    assert (inbox.MARKET_MAX, INBOX_MAX) == (MARKET_MAX, 2 * MARKET_MAX)
