"""What rows said has traded against what executions told: each counted once, and nothing grows."""

from adapters.bybit.tally import FILLS_MAX, ORDERS_MAX, Tally


def test_an_order_lacks_what_its_executions_did_not_tell():
    tally = Tally(100)
    tally.shown("s-1", 101, 30, 200)
    assert ("", "s-1") == (tally.lacking(200), tally.lacking(201))
    tally.told("s-1", "e1", 10)
    tally.told("s-1", "e1", 10)
    assert "s-1" == tally.lacking(201)
    tally.told("s-1", "e2", 20)
    assert "" == tally.lacking(201)


def test_a_row_that_is_older_takes_nothing_back():
    tally = Tally(100)
    tally.shown("s-1", 101, 30, 200)
    tally.shown("s-1", 101, 10, 150)
    tally.told("s-1", "e1", 10)
    assert "s-1" == tally.lacking(201)


def test_executions_may_come_first():
    tally = Tally(100)
    tally.told("s-1", "e1", 30)
    tally.shown("s-1", 101, 30, 200)
    assert "" == tally.lacking(300)


def test_orders_from_before_the_connection_are_not_counted():
    tally = Tally(100)
    tally.shown("s-1", 100, 30, 200)
    assert "" == tally.lacking(300)


def test_it_is_bounded():
    tally = Tally(0)
    for number in range(2 * ORDERS_MAX):
        tally.shown(f"s-{number}", 1, 1, 1)
    assert ORDERS_MAX == len(tally)
    for number in range(2 * FILLS_MAX):
        tally.told("s-a", f"e-{number}", 3)
    tally.shown("s-a", 1, 6 * FILLS_MAX, 1)
    tally.told("s-a", f"e-{2 * FILLS_MAX - 1}", 3)
    # Those that were heard of first are forgotten first.
    assert f"s-{ORDERS_MAX + 1}" == tally.lacking(2)
