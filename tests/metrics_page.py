"""The tables of ``docs/metrics.md``, made from what is exposed and from the rules that are shipped.

``python tests/metrics_page.py`` writes them anew; a test holds the page against them.
"""

import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "metrics.md"

if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from deployed import rules  # noqa: E402 - the script finds its neighbours first
from prometheus_client.metrics_core import Metric  # noqa: E402
from quoting import KNOBS  # noqa: E402

from adapters.exposition import families  # noqa: E402
from adapters.families import process_families  # noqa: E402
from adapters.laps import Laps  # noqa: E402
from adapters.metrics import OUTSIDE, Metrics  # noqa: E402

_ENDS = {"counter": "_total"}


def exposed() -> Iterator[Metric]:
    """Give every family there can be."""
    metrics = Metrics(KNOBS, Laps(lambda: 0), lambda: 0, dict.fromkeys(OUTSIDE, lambda: 0.0))
    return chain(families(metrics, 0), process_families())


def figures() -> str:
    """Write the table of figures."""
    table = ["| figure | kind | labels | what it is |", "|---|---|---|---|"]
    for family in exposed():
        labels = ", ".join(f"`{label}`" for label in getattr(family, "_labelnames", ()))
        name = family.name + _ENDS.get(family.type, "")
        table.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    return "\n".join(table)


def alerts() -> str:
    """Write the table of alerts."""
    table = ["| alert | | fires when | what to do |", "|---|---|---|---|"]
    for rule in rules():
        when = re.sub(r"\s+", " ", rule["expr"]).replace("|", "\\|")
        held = f" for {rule['for']}" if "for" in rule else ""
        name, how_bad = rule["alert"].removeprefix("Stormquote"), rule["labels"]["severity"]
        table.append(f"| {name} | {how_bad} | `{when}`{held} | {rule['annotations']['action']} |")
    return "\n".join(table)


def renewed(text: str) -> str:
    """Put the tables as they are now into a page."""
    for name, table in (("figures", figures()), ("alerts", alerts())):
        begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"no place for the {name}")
        text = before + begin + table + end + after
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
