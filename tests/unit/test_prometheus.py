"""A real Prometheus scrapes the page, as shipped, and answers everything that rules and dashboard ask of it."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from deployed import chosen, panels, rules
from measured import storm_page
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from scraping import prometheus
from tools import tool

from adapters.scrape import Scrapes

PATIENCE_S = 40.0
SCRAPES = 4


class Growing:
    """The page of a storm, on which everything that counts grows from scrape to scrape."""

    def __init__(self, page: bytes) -> None:
        self.page, self.times = page.decode(), 0
        self.samples = sum(len(family.samples) for family in self.collect())

    def collect(self) -> Iterator[Metric]:
        self.times += 1
        for family in text_string_to_metric_families(self.page):
            if family.type in ("counter", "histogram"):
                grown = [sample._replace(value=(sample.value + 1) * self.times) for sample in family.samples]
                family.samples = grown if family.type == "counter" else _whole(grown, family.samples, self.times)
            yield family


def _whole(grown: list[Any], samples: list[Any], times: int) -> list[Any]:
    """Let a histogram grow and stay one: its buckets only rise."""
    return [one._replace(value=was.value * times) for one, was in zip(grown, samples, strict=True)]


async def answer(client: httpx.AsyncClient, path: str, **words: str) -> Any:
    said = (await client.get(path, params=words)).raise_for_status().json()
    assert said["status"] == "success", said
    return said["data"]


async def scraped_often(client: httpx.AsyncClient, door: Scrapes) -> None:
    """Wait until it is up, has scraped a few times and judged every rule."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await asyncio.sleep(0.1)
            try:
                judged = [rule["lastEvaluation"] for rule in await all_rules(client)]
            except httpx.HTTPError:
                continue
            if door.scrapes >= SCRAPES and judged and not any(when.startswith("0001") for when in judged):
                return


async def all_rules(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return [rule for group in (await answer(client, "/rules"))["groups"] for rule in group["rules"]]


async def questions(client: httpx.AsyncClient) -> list[tuple[str, str, list[dict[str, str]]]]:
    """Ask everything the dashboard asks: the expression, how its lines are named, what labels came back."""
    asked = []
    for target in (target for panel in panels() for target in panel["targets"]):
        result = await answer(client, "/query", query=chosen(target["expr"]))
        asked.append((target["expr"], target["legendFormat"], [row["metric"] for row in result["result"]]))
    return asked


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What Prometheus says of a bot in a storm."""
    tool("prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    growing = Growing(storm_page(folder))

    async def main() -> dict[str, Any]:
        door = Scrapes(growing.collect)
        await door.open(port=0)
        with prometheus(folder, door.port) as url:
            async with httpx.AsyncClient(base_url=url) as client:
                await scraped_often(client, door)
                said = {
                    "targets": (await answer(client, "/targets"))["activeTargets"],
                    "samples": (await answer(client, "/query", query="scrape_samples_scraped"))["result"],
                    "spread": (await answer(client, "/query", query='stormquote_width_bps{symbol="BTCUSDT"}'))[
                        "result"
                    ],
                    "questions": await questions(client),
                    "rules": await all_rules(client),
                }
        await door.close()
        return said

    return asyncio.run(main()) | {"page": growing}


def test_it_takes_every_sample_of_the_page(told):
    (target,) = told["targets"]
    assert ("up", "") == (target["health"], target["lastError"])
    (row,) = told["samples"]
    assert told["page"].samples == int(row["value"][1]) > 500


def test_a_figure_arrives_as_it_was_on_the_page(told):
    (row,) = told["spread"]
    assert {"job": "stormquote", "symbol": "BTCUSDT"}.items() <= row["metric"].items()
    line = re.search(r'^stormquote_width_bps\{symbol="BTCUSDT"\} (\S+)$', told["page"].page, re.MULTILINE)
    assert float(line[1]) == float(row["value"][1])


def test_every_panel_has_something_to_show_under_the_names_it_uses(told):
    for expression, legend, found in told["questions"]:
        assert found, expression
        for label in re.findall(r"\{\{(\w+)\}\}", legend):
            assert all(label in labels for labels in found), (expression, label)


def test_every_rule_can_be_judged(told):
    assert sorted(rule["alert"] for rule in rules()) == sorted(rule["name"] for rule in told["rules"])
    assert all((rule["health"], rule.get("lastError", "")) == ("ok", "") for rule in told["rules"])


def test_what_it_tells_of_a_storm_is_whole_sentences(told):
    alerts = {rule["name"]: rule["alerts"] for rule in told["rules"] if rule["alerts"]}
    assert {"StormquoteBarred", "StormquoteGuardHard", "StormquoteBookOld", "StormquoteStreamDown"} <= alerts.keys()
    for each in (alert for found in alerts.values() for alert in found):
        for words in each["annotations"].values():
            assert "<no value>" not in words
            assert "error" not in words
            assert words.endswith(".")
