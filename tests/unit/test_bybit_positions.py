"""What is held, as the venue says when it is looked at."""

import asyncio
from typing import Any

import pytest
from bybit_desk import FLAT, Desk

from adapters.venue import Seen, VenueUnusable


def seen(**answers: Any) -> Seen:
    async def look() -> Seen:
        desk = Desk(**answers)
        return await desk.venue.look(["BTCUSDT"])

    return asyncio.run(look())


def held(side: str, size: str) -> dict[str, Any]:
    return {"/v5/position/list": {"list": [FLAT | {"side": side, "size": size}]}}


@pytest.mark.parametrize(("side", "size", "lots"), [("", "0", 0), ("Buy", "0.015", 15), ("Sell", "0.2", -200)])
def test_a_position_is_signed_lots(side: str, size: str, lots: int) -> None:
    assert {"BTCUSDT": lots} == seen(**held(side, size)).positions


@pytest.mark.parametrize(("side", "size"), [("Buy", "0.0155"), ("Both", "1"), ("Buy", "much")])
def test_a_position_that_cannot_be_read_is_none(side: str, size: str) -> None:
    with pytest.raises(VenueUnusable, match="the position in BTCUSDT"):
        seen(**held(side, size))


def test_hedge_mode_is_not_spoken() -> None:
    with pytest.raises(VenueUnusable, match="one-way"):
        seen(**{"/v5/position/list": {"list": [FLAT | {"positionIdx": 1}]}})


def test_what_costs_margin_is_warned_of() -> None:
    row = FLAT | {"tradeMode": 1, "leverage": "1"}
    words = seen(**{"/v5/position/list": {"list": [row]}}).warnings
    assert ["BTCUSDT: margin is isolated; set it to cross"] == [one for one in words if "isolated" in one]
    assert any("leverage is 1" in one for one in words)
