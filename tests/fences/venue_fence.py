"""What only a venue's own folder may know: its name, addresses, field names and codes.

Holes it has: a habit of a venue that is written in our own words goes unseen.
"""

import re

# Names and addresses; headers; fields of its messages; topics; reasons; codes of its tables.
_SHAPES = re.compile(
    r"""bybit|bytick
    |x-?bapi|/v5/
    |\b(?:ret_?code|ret_?msg|ret_?ext_?info|order_?link_?id|position_?idx|cum_?exec_?qty|smp_?type|order_?filter)\b
    |(?-i:\b(?:execId|execType|nextPageCursor|recvWindow|timeInForce|publicTrade|priceLimit)\b)
    |\borderbook\.
    |(?-i:\bEC_[A-Z]|\bCancelBy[A-Z])
    |\b(?:100(?:0[0-9]|1[0-9]|2[0-9])|1[17]0\d{3})\b(?!_)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def complaints(source: str) -> list[str]:
    """List what a file knows of the venue, line by line."""
    return [
        f"line {number}: {found.group()}"
        for number, line in enumerate(source.splitlines(), start=1)
        for found in _SHAPES.finditer(line)
    ]
