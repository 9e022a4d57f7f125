"""A recorded window of four short files, sound and with a message from before its snapshot; and ways to spoil one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sim.market.tape.refusal import TapeRefused
from strategy.errors import Problem

T = 1680652700
FILES = {
    "snapshot": f"""local_ts_ns,exch_ts_ms,last_update_id,side,price,qty
{T}200000000,{T}190,100,B,10.1,5.000
{T}200000000,{T}190,100,A,10.2,4.001
""",
    "depth": f"""local_ts_ns,exch_ts_ms,first_id,last_id,prev_last_id,side,price,qty
{T}100000000,{T}090,90,94,89,B,10.1,9.000
{T}300000000,{T}290,95,103,94,B,10.1,2.000
{T}400000000,{T}390,104,110,103,A,10.3,1.500
""",
    "bbo": f"""local_ts_ns,exch_ts_ms,update_id,bid_px,bid_qty,ask_px,ask_qty
{T}295000000,{T}285,102,10.1,2.000,10.2,4.001
{T}395000000,{T}385,109,10.1,2.000,10.2,4.001
""",
    "trades": f"""local_ts_ns,exch_ts_ms,trade_id,price,qty,aggressor
{T}294000000,{T}285,1,10.1,3.000,S
""",
}


def write_window(folder: Path) -> Path:
    """Write the files into a folder that is made."""
    folder.mkdir()
    for part, text in FILES.items():
        (folder / f"{part}.csv").write_text(text)
    return folder


def edited(lines: Sequence[str], line: int, old: str, new: str) -> list[str]:
    """Change one line of a recording, counted from 1; what is changed must stand in it."""
    assert old in lines[line - 1]
    return [*lines[: line - 1], lines[line - 1].replace(old, new, 1), *lines[line:]]


def refused(read: Callable[..., Any], *what: Any, words: str | None = None, **kinds: Any) -> Problem:
    """Have something read that is no tape; give why it was refused."""
    with pytest.raises(TapeRefused, match=words) as told:
        read(*what, **kinds)
    return told.value.problem
