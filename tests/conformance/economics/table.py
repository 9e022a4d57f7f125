"""Published economics against what this program measures: one row a number.

    python tests/conformance/economics/table.py          every row at full size
    python tests/conformance/economics/table.py --quick  the sizes of the ordinary suite

Tolerances are four standard errors of what is measured, seeds are fixed: a row that fails has a
reason. Exit 1 when one does.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One number that somebody else computed, and ours."""

    section: str
    what: str
    expected: float
    measured: float
    tolerance: float
    is_floor: bool = False  # the measured value must only reach what is expected
    is_factor: bool = False  # the tolerance is a factor: of the same sign, and off by no more than that
    is_wrong: bool = False  # a control: it must not be where the others must be

    @property
    def holds(self) -> bool:
        """Whether the measured value is where it must be."""
        return self._is_there is not self.is_wrong

    @property
    def _is_there(self) -> bool:
        if self.is_floor:
            return self.measured >= self.expected - self.tolerance
        if self.is_factor:
            return 1 / self.tolerance <= self.measured / self.expected <= self.tolerance
        return abs(self.measured - self.expected) <= self.tolerance

    def line(self) -> str:
        """Write it as people read it."""
        verdict = "pass" if self.holds else "FAIL"
        sign = "x/" if self.is_factor else "+-"
        band = "or more" if self.is_floor else f"{'not ' if self.is_wrong else ''}{sign} {self.tolerance:.4g}"
        return f"{self.section:<14} {self.what:<58} {self.expected:>11.6g} {self.measured:>11.6g}  {band:<12} {verdict}"


# A line of text in place of a row says what could not be judged, and why.
Rows = Callable[[bool], Iterator[Row | str] | Iterator[Row]]


def sections() -> dict[str, Rows]:
    """Give every part of the table by name; a part is asked with whether to be quick."""
    from conformance.economics import bands, book, flow, formulas, information, inventory, race, recorded, worlds

    return {
        "formulas": formulas.rows,
        "book": book.rows,
        "inventory": inventory.rows,
        "information": information.rows,
        "race": race.rows,
        "flow": flow.rows,
        "worlds": worlds.rows,
        "bands": bands.rows,
        "recorded": recorded.rows,
    }


def main(arguments: list[str]) -> int:
    """Print the table; give the exit code."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--quick", action="store_true", help="the sizes of the ordinary suite")
    quick = asked.parse_args(arguments).quick
    failed = 0
    print(f"{'section':<14} {'what':<58} {'expected':>11} {'measured':>11}  {'tolerance':<12} verdict")
    for rows in sections().values():
        for row in rows(quick):
            if isinstance(row, str):
                print(row, flush=True)
                continue
            print(row.line(), flush=True)
            failed += not row.holds
    print(f"{failed} failed" if failed else "all pass")
    return 1 if failed else 0


if __name__ == "__main__":
    TESTS = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(TESTS.parent), str(TESTS)]
    sys.exit(main(sys.argv[1:]))
