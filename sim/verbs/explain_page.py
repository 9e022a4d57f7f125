"""Everything that can be explained, as one page of Markdown."""

from collections.abc import Iterator
from typing import Any

from strategy.error_code import AREAS
from strategy.reasons import REASONS

_HEAD = """# Codes, metrics and promises

Written by `sim explain --list --format markdown`; a test keeps it current. `sim explain NAME` says one of
them. What each promise's evidence is, and which bug breaks it, is in [invariants](invariants.md).
"""


def page(topics: dict[str, dict[str, Any]]) -> str:
    """Write the page."""
    return (
        "\n".join(
            [
                _HEAD,
                *_codes(topics),
                *_metrics(topics),
                *_invariants(topics),
                *_queue_models(topics),
                *_sometimes(topics),
                *_reasons(),
            ]
        )
        + "\n"
    )


def _of_kind(topics: dict[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [topic for topic in topics.values() if topic["kind"] == kind]


def _codes(topics: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "## Error codes\n"
    yield "The letter is the area: " + ", ".join(f"{letter} {words}" for letter, words in AREAS.items()) + ".\n"
    for topic in _of_kind(topics, "error code"):
        again = "" if topic["retry_after_s"] is None else f" Worth trying again after {topic['retry_after_s']} s."
        hope = "" if topic["recoverable"] else " It cannot be recovered from."
        yield f"### {topic['code']}: {topic['title']}\n"
        yield f"{topic['cause']}\n"
        yield f"*The system:* {topic['what_system_does']}{again}{hope}\n"
        yield f"*You:* {topic['what_you_do']}\n"


def _metrics(topics: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "## Metrics of gates\n"
    yield "| metric | unit | better | statistics | meaning |"
    yield "|---|---|---|---|---|"
    for topic in _of_kind(topics, "metric"):
        needs = " Needs a scenario with faults." if topic["needs_faults"] else ""
        stats = ", ".join(topic["stats"])
        yield f"| `{topic['name']}` | {topic['unit']} | {topic['better']} | {stats} | {topic['meaning']}{needs} |"
    yield ""


def _invariants(topics: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "## Promises\n"
    yield "| promise | meaning | bounds and their defaults |"
    yield "|---|---|---|"
    for topic in _of_kind(topics, "invariant"):
        bounds = ", ".join(f"`{name}` {value:g}" for name, value in topic["bounds"].items())
        yield f"| {topic['code']} {topic['title']} | {topic['meaning']} | {bounds} |"
    yield ""


def _queue_models(topics: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "## Queue models of recorded markets\n"
    yield "Where an order of ours stands in a queue that never held it; `market.tape.queue` of a scenario names one.\n"
    yield "| model | exponent | what it says |"
    yield "|---|---|---|"
    for topic in _of_kind(topics, "queue model"):
        yield f"| `{topic['name']}` | {topic['exponent'] or ''} | {topic['meaning']} |"
    yield ""


def _sometimes(topics: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "## Rare states\n"
    yield "What an ensemble of storms must reach now and then; `sim swarm` reports those that it never did.\n"
    yield "| sometimes | noted where |"
    yield "|---|---|"
    for topic in _of_kind(topics, "rare state"):
        yield f"| `{topic['name']}` | {topic['meaning']} |"
    yield ""


def _reasons() -> Iterator[str]:
    yield "## Reasons\n"
    yield "Why the bot does not quote, or less: in alerts, `live status`, metrics and `sim replay`.\n"
    yield "| reason | of what | meaning | the system | you |"
    yield "|---|---|---|---|---|"
    for name, reason in REASONS.items():
        told = (reason.about, reason.meaning, reason.what_system_does, reason.what_you_do)
        yield f"| `{name}` | {' | '.join(told)} |"
