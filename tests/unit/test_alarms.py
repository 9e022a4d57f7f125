"""A person is told once an episode, and not more than once a minute of one that flaps."""

from strategy import alarms
from strategy.alarms import Alarms
from strategy.error_codes import REGISTRY
from strategy.units import NS_PER_S


def told(alarm: Alarms) -> list[str]:
    return [one.detail for one in alarm.take()]


def test_an_episode_is_told_once():
    alarm = Alarms()
    for at_s in range(300):
        alarm.note(at_s * NS_PER_S, alarms.BANNED, True, f"at {at_s}")
    assert ["at 0"] == told(alarm)
    assert [] == told(alarm)


def test_the_next_episode_is_told_again_but_one_that_flaps_only_once_a_minute():
    alarm = Alarms()
    for at_s in range(120):
        alarm.note(at_s * NS_PER_S, alarms.BANNED, at_s % 2 == 0, f"at {at_s}")
    assert ["at 0", "at 60"] == told(alarm)


def test_an_episode_that_begins_soon_after_the_last_and_lasts_is_told_once_a_minute_has_passed():
    alarm = Alarms()
    for at_s in range(300):
        alarm.note(at_s * NS_PER_S, alarms.NO_WAY, at_s < 5 or at_s >= 20, f"at {at_s}")
    assert ["at 0", "at 60"] == told(alarm)


def test_symbols_and_codes_have_episodes_of_their_own():
    alarm = Alarms()
    alarm.note(0, alarms.NO_WAY, True, "one", "BTCUSDT")
    alarm.note(0, alarms.NO_WAY, True, "two", "ETHUSDT")
    alarm.happened(0, alarms.STRANGER, "three")
    alarm.happened(1, alarms.STRANGER, "four")
    assert ["one", "two", "three"] == told(alarm)


def test_every_code_is_registered():
    codes = [value for value in vars(alarms).values() if isinstance(value, str) and value.startswith("SQ-")]
    assert sorted(alarms.CODES) == sorted(codes)
    assert all(code in REGISTRY for code in codes)
