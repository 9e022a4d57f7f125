"""Why the invariants cannot see some small mistakes: of each its line, its change, and what it comes to."""

from typing import Final

# By the line as it stands and the change: a line that is written anew is looked at anew.
WHY: Final[dict[str, str]] = {
    "if not self.ok or event.seq < self.seq:: not -> nothing": (
        "a proof of life is not believed, so quotes go sooner than they must; S4 sees a gap that only a heartbeat shows"
    ),
    "self.taker_cash += value: += -> -=": "a figure of the report, by which nothing is decided",
    "self.fees_cash += fill.fee_cash: += -> =": "a figure of the report, by which nothing is decided",
}
