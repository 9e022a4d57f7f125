"""The heartbeat: what a bot says of itself, and how old that is."""

import os
from pathlib import Path

import pytest

from adapters.heartbeat import NAME, QUOTING, SIZE, Beat, Heart, SymbolState, Told, age_s, boot_id, last_beat

BEAT = Beat(
    state=QUOTING,
    mode="paper",
    session="s1",
    venue="bybit-custom",
    symbols=(SymbolState(symbol="BTCUSDT", position="0.010", open_orders=2),),
)


def test_a_beat_is_read_as_it_was_written_with_process_and_clocks(tmp_path: Path) -> None:
    heart = Heart(tmp_path)
    heart.beat(BEAT)
    found = last_beat(tmp_path)
    assert found is not None
    assert found.symbols == BEAT.symbols
    assert found.state == QUOTING
    assert found.pid == os.getpid()
    assert found.boot == boot_id()
    assert 0 <= age_s(found) < 60
    heart.close()
    assert last_beat(tmp_path) == found


def test_a_later_beat_replaces_an_earlier_and_longer_one(tmp_path: Path) -> None:
    heart = Heart(tmp_path)
    heart.beat(Beat(state=QUOTING, mode="paper", session="s" * 4000, venue="v"))
    heart.beat(BEAT)
    heart.close()
    found = last_beat(tmp_path)
    assert found is not None
    assert found.session == "s1"
    assert (tmp_path / NAME).stat().st_size == SIZE


def test_there_is_no_beat_before_the_first(tmp_path: Path) -> None:
    assert last_beat(tmp_path) is None
    heart = Heart(tmp_path)
    assert last_beat(tmp_path) is None
    heart.close()


@pytest.mark.parametrize("data", [b"", b"garbage", b"00000000 {}\n", b"a3b1b4c8 \n", b"\xff" * SIZE])
def test_what_is_no_beat_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert last_beat(tmp_path) is None


def test_half_a_beat_is_none(tmp_path: Path) -> None:
    heart = Heart(tmp_path)
    heart.beat(BEAT)
    heart.close()
    data = bytearray((tmp_path / NAME).read_bytes())
    data[40] ^= 1
    (tmp_path / NAME).write_bytes(data)
    assert last_beat(tmp_path) is None


def test_a_true_checksum_over_something_else_is_none(tmp_path: Path) -> None:
    import zlib

    (tmp_path / NAME).write_bytes(b"%08x [1]\n" % zlib.crc32(b"[1]"))
    assert last_beat(tmp_path) is None


def test_the_oldest_words_go_where_room_is_short(tmp_path: Path) -> None:
    told = tuple(Told(number, "SQ-V004", "x" * 200) for number in range(200))
    heart = Heart(tmp_path)
    heart.beat(Beat(state=QUOTING, mode="paper", session="s", venue="v", told=told))
    heart.close()
    found = last_beat(tmp_path)
    assert found is not None
    assert found.told[-1] == told[-1]
    assert 0 < len(found.told) < len(told)


def test_a_beat_of_another_boot_is_as_old_as_can_be(tmp_path: Path) -> None:
    assert age_s(Beat(state=QUOTING, mode="paper", session="s", venue="v", boot="another")) == float("inf")


def test_a_host_that_does_not_name_its_boots_still_has_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.heartbeat._BOOT", "/nowhere")
    assert boot_id() == ""


def test_a_full_disk_is_told_at_the_start_and_not_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.posix_fallocate", full)
        with pytest.raises(OSError, match="No space"):
            Heart(tmp_path)
