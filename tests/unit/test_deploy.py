"""What is shipped for whoever runs it: rules, dashboard and units name only what is there, and work."""

import json
import re
import subprocess
import sys
import zipfile
from itertools import combinations

import pytest
from deployed import DEPLOY, board, chosen, panels, rules, stories, yaml
from measured import storm_page
from metrics_page import renewed
from prometheus_client.parser import text_string_to_metric_families
from promql import selectors, suits
from tools import promtool, tool

from adapters.cli import live
from strategy.context import Readings
from strategy.exit_codes import ExitCode

FILES = sorted(path.name for path in DEPLOY.iterdir())
# What Prometheus itself makes.
OF_PROMETHEUS = ("up", "ALERTS")
UNITS = ("stormquote-live.service", "stormquote-guard.service")


def asked():
    """Every expression of rules and dashboard, with where it stands."""
    expressions = [(rule["alert"], rule["expr"]) for rule in rules()]
    return expressions + [(panel["title"], chosen(target["expr"])) for panel in panels() for target in panel["targets"]]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Every sample of a bot in a storm: its name and its labels, as Prometheus keeps them."""
    page = storm_page(tmp_path_factory.mktemp("storm")).decode()
    return [
        (sample.name, {**sample.labels, "job": "stormquote", "instance": "bot"})
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]


def test_every_figure_that_rules_and_dashboard_name_exists(samples):
    missing = [
        (where, name, wanted)
        for where, expression in asked()
        for name, wanted in selectors(expression)
        if name not in OF_PROMETHEUS and not any(name == has and suits(labels, wanted) for has, labels in samples)
    ]
    assert not missing


def test_every_figure_that_exists_is_shown(samples):
    read = {name for _, expression in asked() for name, _ in selectors(expression)}
    read |= {name.removesuffix("_bucket") + part for name in read for part in ("_sum", "_count")}
    ours = {name for name, _ in samples if name.startswith(("stormquote_", "latency_"))}
    assert sorted(ours - read) == []


def test_what_an_expression_reads_is_found_in_it():
    expression = (
        'time() - sum by (job, le) (rate(up{job="a", le=~"b.*"}[5m])) / on (job) group_left () fees > 2 or -Inf'
    )
    assert [("up", {"job": ("=", "a"), "le": ("=~", "b.*")}), ("fees", {})] == selectors(expression)
    (_, wanted), _ = selectors(expression)
    assert suits({"job": "a", "le": "bc"}, wanted)
    assert not suits({"job": "a", "le": "c"}, wanted)
    assert not suits({"le": "bc"}, wanted)
    assert suits({}, {"job": ("!=", "a")})


def test_rules_say_how_bad_it_is_and_what_to_do():
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(dict.fromkeys(names))
    for rule in rules():
        assert rule["alert"].startswith("Stormquote")
        assert rule["labels"]["severity"] in ("page", "warn")
        assert sorted(rule["annotations"]) == ["action", "summary"]


def test_every_rule_fires_in_a_story_and_is_silent_on_a_good_day():
    calm, *storms = stories()
    fired = [
        label
        for story in storms
        for question in story["promql_expr_test"]
        for sample in question["exp_samples"]
        for label in re.findall(r'alertname="(\w+)"', sample["labels"])
    ]
    assert sorted(rule["alert"] for rule in rules()) == sorted(dict.fromkeys(fired))
    there = {re.match(r"\w+", series["series"])[0] for series in calm["input_series"]}
    assert {name for rule in rules() for name, _ in selectors(rule["expr"])} == there
    assert all(question["exp_samples"] == [] for question in calm["promql_expr_test"])


def test_stories_tell_of_figures_that_exist(samples):
    for story in stories():
        for series in story["input_series"]:
            ((name, wanted),) = selectors(series["series"])
            labels = wanted.keys() - {"job", "instance"}
            assert name in OF_PROMETHEUS or any(name == has and labels <= there.keys() for has, there in samples), name


def test_promtool_takes_rules_config_and_stories():
    assert "SUCCESS: 36 rules found" in promtool("check", "rules", DEPLOY / "alerts.yml")
    assert "SUCCESS" in promtool("check", "config", DEPLOY / "prometheus.yml")
    assert "SUCCESS" in promtool("test", "rules", DEPLOY / "alerts_test.yml")


@pytest.mark.parametrize(
    "before, after",
    [("== 0", "== 2"), ("for: 15s", "for: 25s"), (">= 50", ">= 56"), ("> 0.3", "> 0.9"), ("unless on", "and on")],
)
def test_a_rule_that_is_wrong_is_found_by_the_stories(tmp_path, before, after):
    text = (DEPLOY / "alerts.yml").read_text()
    assert before in text
    (tmp_path / "alerts.yml").write_text(text.replace(before, after))
    (tmp_path / "alerts_test.yml").write_text((DEPLOY / "alerts_test.yml").read_text())
    with pytest.raises(subprocess.CalledProcessError):
        promtool("test", "rules", tmp_path / "alerts_test.yml")


def test_promtool_understands_every_question_of_the_dashboard(tmp_path):
    questions = [
        {"record": f"question_{number}", "expr": chosen(target["expr"])}
        for number, (panel, target) in enumerate((panel, target) for panel in panels() for target in panel["targets"])
    ]
    path = tmp_path / "questions.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": questions}]}))
    assert f"SUCCESS: {len(questions)} rules found" in promtool("check", "rules", path)


def test_panels_stand_beside_each_other_and_each_asks_something():
    everything = board()["panels"]
    assert len(everything) == len(dict.fromkeys(panel["id"] for panel in everything))
    places = [panel["gridPos"] for panel in everything]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
    for panel in panels():
        refs = [target["refId"] for target in panel["targets"]]
        assert refs
        assert len(refs) == len(dict.fromkeys(refs))
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


def lost(ours, theirs, place="dashboard"):
    """Give what is not in their version, or is otherwise there, by its place."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        pairs = [(f"{place}.{name}", value, theirs.get(name)) for name, value in ours.items()]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{place}[{number}]", *pair) for number, pair in enumerate(zip(ours, theirs, strict=True))]
    else:
        return [] if ours == theirs else [place]
    return [each for where, one, other in pairs for each in lost(one, other, where)]


@pytest.mark.filterwarnings("ignore:Prefer using dashboardv2")
def test_grafanas_own_model_loses_nothing_of_the_dashboard():
    pytest.importorskip("grafana_foundation_sdk", reason="no grafana-foundation-sdk, which the extra dev has")
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    def as_grafana_has_it(dashboard):
        return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))

    assert [] == lost(board(), as_grafana_has_it(board()))
    misspelt = board()
    misspelt["panels"][1]["gridPoss"] = misspelt["panels"][1].pop("gridPos")
    assert ["dashboard.panels[1].gridPoss"] == lost(misspelt, as_grafana_has_it(misspelt))


def test_the_dashboard_uses_the_variables_it_has():
    text = (DEPLOY / "dashboard.json").read_text()
    has = {variable["name"] for variable in board()["templating"]["list"]}
    used = {first or second for first, second in re.findall(r"\$(?:\{(\w+)\}|(\w+))", text)}
    assert has == used - {"__rate_interval", "__all"}


def test_the_example_scrapes_the_port_that_is_served_and_reads_the_rules():
    from adapters.scrape import LOOPBACK, PORT

    example = yaml("prometheus.yml")
    (job,) = example["scrape_configs"]
    assert ("stormquote", [f"{LOOPBACK}:{PORT}"]) == (job["job_name"], job["static_configs"][0]["targets"])
    assert all((DEPLOY / name).is_file() for name in example["rule_files"])


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_units(tmp_path, unit):
    """Except for the program, which is not there before it is installed."""
    analyze = tool("systemd-analyze")
    for name in UNITS:
        text = re.sub(r"^(Exec\w+=)\S+", rf"\1{sys.executable}", (DEPLOY / name).read_text(), flags=re.MULTILINE)
        (tmp_path / name).write_text(text)
    said = subprocess.run([analyze, "verify", "--man=no", tmp_path / unit], capture_output=True, text=True, timeout=60)
    assert (0, "") == (said.returncode, said.stderr)


def test_the_units_say_only_what_the_program_understands():
    """In what they run, and in what their comments tell a person to run."""
    said = [
        line.removeprefix("#").split()
        for unit in UNITS
        for line in (DEPLOY / unit).read_text().splitlines()
        if re.match(r"Exec\w+=|#   live ", line)
    ]
    assert 4 == len(said)
    for words in said:
        verb, options = words[1], [word for word in words if word.startswith("--")]
        command = live.get_command(None, verb)
        known = [name for parameter in command.params for name in parameter.opts]
        assert "--config" in options
        assert not [option for option in options if option not in known]


def test_a_bot_that_a_person_must_look_after_is_not_started_again():
    text = (DEPLOY / "stormquote-live.service").read_text()
    listed = re.search(r"^RestartPreventExitStatus=(.*)$", text, re.MULTILINE)[1].split()
    needs_a_person = (ExitCode.USAGE, ExitCode.BAD_FILE, ExitCode.LIMIT_STOPPED, ExitCode.PREFLIGHT)
    assert [str(code.value) for code in needs_a_person] == listed


def test_a_venue_that_is_away_at_the_start_uses_up_no_life():
    text = (DEPLOY / "stormquote-live.service").read_text()
    (looks,) = re.findall(r"^ExecStartPre=\S+ (.*) --config", text, re.MULTILINE)
    assert "check --offline" == looks


def test_the_wheel_carries_them_all(repository, tmp_path):
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(words, cwd=repository, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    packed = zipfile.ZipFile(wheel).namelist()
    assert [f"adapters/deploy/{name}" for name in FILES] == sorted(
        name for name in packed if name.startswith("adapters/deploy/")
    )


def test_the_page_of_figures_and_alerts_is_up_to_date(repository):
    """``python tests/metrics_page.py`` writes it anew."""
    text = (repository / "docs" / "metrics.md").read_text()
    assert text == renewed(text)
    assert [name for name in Readings.__struct_fields__ if f"`{name}`" not in text] == []
    with pytest.raises(ValueError, match="no place for the alerts"):
        renewed(text.replace("<!-- alerts -->", ""))
