"""The log of a live bot: a line a fact, bounded, private, and never in anybody's way."""

import json
import stat

from adapters.log import Log


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_fact_is_a_line_with_its_time_and_nobody_else_may_read_it(tmp_path):
    path = tmp_path / "new" / "live.ndjson"
    log = Log(path, lambda: 1_767_571_200_250_000_000)
    log.tell("fill", price="1.5", lots=3)
    log.close()
    assert [{"at": "2026-01-05T00:00:00.250+00:00", "price": "1.5", "lots": 3, "event": "fill"}] == lines(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_it_goes_on_where_it_was_and_a_full_file_makes_room_once(tmp_path):
    path = tmp_path / "live.ndjson"
    for number in range(3):
        log = Log(path, lambda: 0, bytes_max=1000)
        for _ in range(10):
            log.tell("fact", number=number, text="x" * 20)
        log.close()
    assert path.stat().st_size < 1200
    kept = [*lines(tmp_path / "live.ndjson.1"), *lines(path)]
    assert {2} <= {line["number"] for line in kept}
    assert 2 == len(list(tmp_path.iterdir()))


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(tmp_path):
    log = Log(tmp_path / "live.ndjson", lambda: 0)
    log.close()
    log.tell("fact")
    assert 1 == log.lost
