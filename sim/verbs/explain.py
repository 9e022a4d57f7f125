"""``sim explain``: an error code, a gate's metric, an invariant, a reason not to quote and the like, in words."""

import json
import sys
from typing import Any

import click

from strategy.exit_codes import ExitCode


@click.command("explain", short_help="Say in words what a code, a metric, an invariant or the like means.")
@click.argument("name", required=False)
@click.option("--list", "list_all", is_flag=True, help="List everything that can be explained.")
@click.option("--format", "form", type=click.Choice(["plain", "json", "markdown"]), default="plain", show_default=True)
def command(name: str | None, list_all: bool, form: str) -> None:
    """Explain NAME.

    It is an error code (SQ-C010), a metric (net_bps), an invariant (S4), a queue model (prob_power), a rare
    state that storms must reach (dead_man_fired), or a reason why the bot does not quote (private_down).
    """
    topics = _topics()
    if form == "markdown" and not list_all:
        raise click.UsageError("--format markdown writes the page of everything: it needs --list")
    if list_all:
        _list(topics, form)
        return
    if name is None:
        raise click.UsageError("say what to explain, or --list")
    topic = topics.get(name) or topics.get(name.upper()) or topics.get(name.lower())
    if topic is None:
        from strategy.hints import did_you_mean

        near = did_you_mean(name, topics) or did_you_mean(name.upper(), topics)
        click.echo(f"nothing is called {name!r}{near or '; `sim explain --list` shows all'}", err=True)
        sys.exit(ExitCode.USAGE)
    texts = [_words(topic), *([_words(topic["as_reason"])] if "as_reason" in topic else [])]
    click.echo(json.dumps(topic, indent=2) if form == "json" else "\n\n".join(texts))


def _topics() -> dict[str, dict[str, Any]]:
    """Gather everything that can be explained, as plain data."""
    from dataclasses import asdict

    from msgspec import structs

    from sim.market.tape.queue_model import MODELS
    from sim.oracle.catalogue import EVIDENCE
    from sim.oracle.sometimes import POINTS
    from sim.scenario.bounds import Bounds
    from sim.scenario.invariants import INVARIANTS
    from sim.scenario.metrics import METRICS
    from strategy.error_codes import REGISTRY
    from strategy.reasons import REASONS

    topics: dict[str, dict[str, Any]] = {}
    for code, entry in REGISTRY.items():
        topics[code] = {"kind": "error code", **asdict(entry)}
    for name, metric in METRICS.items():
        topics[name] = {"kind": "metric", **asdict(metric)}
    defaults = Bounds().model_dump()
    for code, invariant in INVARIANTS.items():
        bounds = {bound: defaults[bound] for bound in invariant.bounds}
        evidence = EVIDENCE.get(code, "Not judged yet: a run reports it as never checked.")
        topics[code] = {"kind": "invariant", **asdict(invariant), "evidence": evidence, "bounds": bounds}
    for name, model in MODELS.items():
        topics[name] = {"kind": "queue model", **structs.asdict(model)}
    for name, point in POINTS.items():
        topics[name] = {"kind": "rare state", "name": name, "meaning": point.meaning}
    for name, reason in REASONS.items():
        told = {"kind": "reason", **asdict(reason)}
        # What the guard reads may have the name of a metric: then it is both.
        topics[name] = {**topics[name], "as_reason": told} if name in topics else told
    return topics


def _list(topics: dict[str, dict[str, Any]], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(topics, indent=2))
        return
    if form == "markdown":
        from sim.verbs.explain_page import page

        click.echo(page(topics), nl=False)
        return
    width = max(len(name) for name in topics)
    for kind in ("error code", "metric", "invariant", "queue model", "rare state", "reason"):
        click.echo(f"{kind}s")
        for name, topic in topics.items():
            if topic["kind"] == kind:
                click.echo(f"  {name:<{width}}  {topic.get('title') or topic['meaning']}")


def _words(topic: dict[str, Any]) -> str:
    if topic["kind"] == "error code":
        return _code_words(topic)
    if topic["kind"] == "metric":
        good = {"higher": "higher is better", "lower": "lower is better", "neither": "neither way is better"}
        lines = [f"{topic['name']}, in {topic['unit']}: {good[topic['better']]}", "", topic["meaning"]]
        lines += ["", f"stat: {', '.join(topic['stats'])}"]
        return "\n".join([*lines, "needs: a scenario with faults"] if topic["needs_faults"] else lines)
    if topic["kind"] == "queue model":
        exponent = f"exponent: {topic['exponent']}" if topic["exponent"] else "it has no parameter"
        return "\n".join([f"{topic['name']}: {topic['meaning']}", "", exponent])
    if topic["kind"] == "rare state":
        return "\n".join([f"{topic['name']}: a rare state that storms must reach", "", topic["meaning"]])
    if topic["kind"] == "reason":
        return _reason_words(topic)
    lines = [f"{topic['code']}, {topic['title']}", "", topic["meaning"], "", f"evidence: {topic['evidence']}"]
    bounds = [f"bound: {name}, by default {value:g}" for name, value in topic["bounds"].items()]
    return "\n".join([*lines, "", *bounds] if bounds else lines)


def _reason_words(topic: dict[str, Any]) -> str:
    rows = (("meaning", topic["meaning"]), ("the system", topic["what_system_does"]), ("you", topic["what_you_do"]))
    return "\n".join([f"{topic['name']}: {topic['about']}", "", *(f"{key:<12} {text}" for key, text in rows)])


def _code_words(topic: dict[str, Any]) -> str:
    again = "no" if topic["retry_after_s"] is None else f"after {topic['retry_after_s']} s"
    rows = (
        ("cause", topic["cause"]),
        ("the system", topic["what_system_does"]),
        ("you", topic["what_you_do"]),
        ("recoverable", "yes" if topic["recoverable"] else "no"),
        ("retry", again),
    )
    return "\n".join([f"{topic['code']}: {topic['title']}", "", *(f"{key:<12} {text}" for key, text in rows)])
