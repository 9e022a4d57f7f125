"""The verbs that speak of files: check, explain, faults, schema, migrate."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.market.tape.queue_model import MODELS
from sim.oracle.sometimes import POINTS
from sim.scenario.faults import KINDS, ROOMS
from sim.scenario.invariants import INVARIANTS
from sim.scenario.metrics import METRICS
from sim.search.asked import read_study
from sim.verbs import check, explain, faults, migrate, schema
from strategy.error_codes import REGISTRY
from strategy.errors import OperatorError
from strategy.exit_codes import ExitCode
from strategy.reasons import REASONS

ROOT = Path(__file__).parents[2]
CONFIG = 'schema_version: 2\nname: c\nsymbols: {BTCUSDT: {quote_size: "0.010", position_max: "0.1"}}\n'
OLD = 'schema_version: 1\nname: c\nsizes: {BTCUSDT: "0.010"}  # mine\nlimits: {position_max: {BTCUSDT: "0.1"}}\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(verb: object, *words: str) -> Result:
    return CliRunner().invoke(verb.command, list(words))  # type: ignore[attr-defined]


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_check_says_ok_for_every_right_file() -> None:
    write("all/c.yaml", CONFIG)
    write("all/p.yaml", (ROOT / "sim/data/profiles/btc_rebate.yaml").read_text(encoding="utf-8"))
    result = run(check, "all")
    assert result.output == "ok  all/c.yaml  config c\nok  all/p.yaml  profile btc_rebate\n"
    assert result.exit_code == ExitCode.OK


def test_check_shows_mistakes_with_carets_and_ends_with_a_code() -> None:
    result = run(check, write("c.yaml", CONFIG + "spraed: 1\n"), write("d.yaml", CONFIG), "gone.yaml")
    assert result.stdout == (
        "ok  d.yaml  config c\n"
        "c.yaml:4:1: error[SQ-C010]: unknown key 'spraed', did you mean 'spread'?\n"
        "     4 | spraed: 1\n"
        "       | ^\n"
        "gone.yaml: error[SQ-C001]: no such file\n"
    )
    assert result.stderr == "error[SQ-C010]: 2 mistakes in 2 of 3 files\n"
    assert result.exit_code == ExitCode.BAD_FILE


def test_check_speaks_json() -> None:
    result = run(check, "--format", "json", write("c.yaml", CONFIG + "spraed: 1\n"))
    said = json.loads(result.stdout)
    assert said["files"] == [{"file": "c.yaml", "kind": "config", "name": "", "ok": False}]
    assert [(each["code"], each["line"], each["col"]) for each in said["problems"]] == [("SQ-C010", 4, 1)]


def test_check_of_nothing_selects_nothing() -> None:
    Path("empty").mkdir()
    assert run(check, "empty").exit_code == ExitCode.NOTHING_SELECTED
    assert run(check).exit_code == ExitCode.USAGE


def test_check_reads_a_scenario_with_all_it_names() -> None:
    write_scenario()
    assert run(check, "s.yaml").output == "ok  s.yaml  scenario demo\n"


STUDY = (
    "schema_version: 1\nname: widths\nscenarios: [s.yaml]\ntrain: 1-3\nholdout: 101-108\n"
    "objective: {metric: net_bps}\nparameters:\n  spread.base_bps: {low: 0.7, high: 2.4}\n"
)


def write_scenario(more: str = "") -> None:
    write("configs/c.yaml", CONFIG)
    write(
        "s.yaml",
        "schema_version: 1\nname: demo\ndescription: d\nrun: {duration_s: 10}\n"
        "market: {profile: btc_rebate, symbols: [BTCUSDT]}\nstrategy: {config: configs/c.yaml}\n"
        f"gates: [{{metric: fills, min: 1}}]\n{more}",
    )


def test_check_reads_a_study_with_all_it_names() -> None:
    write_scenario()
    assert run(check, write("study.yaml", STUDY)).output == "ok  study.yaml  study widths\n"


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("spread.base_bps", "spread.base_bpz", "8:3", "unknown key 'base_bpz'"),
        ("low: 0.7", "low: -0.7", "8:3", "at -0.7:"),
        ("spread.base_bps: {low: 0.7, high: 2.4}", "model: {low: 1, high: 4}", "8:3", "at 1:"),
        ("spread.base_bps: {low: 0.7", "run.duration_s: {low: 0.7", "8:3", "no config has it"),
        ("[s.yaml]", "[s.yaml, gone.yaml]", "3:21", "no such file: gone.yaml"),
    ],
)
def test_check_does_not_pass_a_study_that_cannot_be_carried_out(old: str, new: str, place: str, words: str) -> None:
    write_scenario()
    assert old in STUDY
    path = write("study.yaml", STUDY.replace(old, new))
    result = run(check, path)
    assert result.exit_code == ExitCode.BAD_FILE
    assert result.stdout.startswith(f"study.yaml:{place}: error[SQ-")
    assert words in result.stdout
    assert "| " + " " * (int(place.partition(":")[2]) - 1) + "^" in result.stdout
    with pytest.raises(OperatorError) as refused:
        read_study(Path(path), None, None, None)
    assert all(problem.render() in result.stdout for problem in refused.value.problems)


def test_check_says_no_ok_to_a_study_whose_scenario_is_wrong() -> None:
    write_scenario(more="gatez: 1\n")
    result = run(check, "--format", "json", write("study.yaml", STUDY))
    assert result.exit_code == ExitCode.BAD_FILE
    assert [False] == [one["ok"] for one in json.loads(result.stdout)["files"]]


def test_the_committed_files_are_right() -> None:
    result = run(check, str(ROOT / "scenarios"), str(ROOT / "sim" / "data" / "profiles"))
    assert result.exit_code == ExitCode.OK, result.output


@pytest.mark.parametrize("name", [*REGISTRY, *METRICS, *INVARIANTS, *MODELS, *POINTS, *REASONS])
def test_everything_listed_can_be_explained(name: str) -> None:
    result = run(explain, name)
    assert result.exit_code == ExitCode.OK
    assert result.output.startswith(name)
    kinds = {"error code", "metric", "invariant", "queue model", "rare state", "reason"}
    assert json.loads(run(explain, name, "--format", "json").output)["kind"] in kinds


def test_explain_words() -> None:
    assert run(explain, "sq-g001").output == (
        "SQ-G001: A gate names an unknown metric\n"
        "\n"
        "cause        No metric has that name, so the gate could never fail.\n"
        "the system   Nothing starts. Every mistake found in every file is listed, each with its place.\n"
        "you          Use the nearest name in the message, or look at `sim explain --list`.\n"
        "recoverable  yes\n"
        "retry        no\n"
    )
    assert run(explain, "recovery_s").output == (
        "recovery_s, in s: lower is better\n"
        "\n"
        "From the end of a fault to quotes on both sides.\n"
        "\n"
        "stat: value, p50, p95, p99, max\n"
        "needs: a scenario with faults\n"
    )
    assert run(explain, "l1").output == (
        "L1, belief is truth\n\nWhat the core believes is what the venue holds.\n\n"
        "evidence: After the calm every word can be asked for, but a fill that no list shows yet and nobody was told "
        "of: time in which belief is truth but for such fills is excused. Broken without a pause for the whole "
        "bound.\n\n"
        "bound: converge_s, by default 30\n"
    )
    assert run(explain, "regime").output == (
        "regime: why a symbol is not quoted\n"
        "\n"
        "meaning      The venue says that the symbol trades in a way that takes no quotes: an auction, a halt, a closure.\n"
        "the system   Its quotes are taken off, and nothing is placed until the venue says that it is open or post-only.\n"
        "you          Nothing: quoting comes back by itself.\n"
    )


def test_the_committed_page_of_codes_is_current() -> None:
    page = run(explain, "--list", "--format", "markdown").output
    is_current = (ROOT / "docs" / "error-codes.md").read_text(encoding="utf-8") == page
    assert is_current, "run: sim explain --list --format markdown > docs/error-codes.md"
    assert all(f"### {code}: " in page for code in REGISTRY)
    assert all(f"| `{metric}` | " in page for metric in METRICS)
    assert all(f"| {code} " in page for code in INVARIANTS)
    assert all(f"| `{name}` | {reason.about} | " in page for name, reason in REASONS.items())


def test_the_page_is_of_everything() -> None:
    assert run(explain, "S4", "--format", "markdown").exit_code == ExitCode.USAGE


def test_explain_lists_all_and_helps_with_a_misspelling() -> None:
    listed = run(explain, "--list").output
    assert all(name in listed for name in (*REGISTRY, *METRICS, *INVARIANTS, *MODELS, *POINTS, *REASONS))
    assert set(json.loads(run(explain, "--list", "--format", "json").output)) == {
        *REGISTRY,
        *METRICS,
        *INVARIANTS,
        *MODELS,
        *POINTS,
        *REASONS,
    }
    near = run(explain, "net_bp")
    assert (near.stderr, near.exit_code) == ("nothing is called 'net_bp', did you mean 'net_bps'?\n", ExitCode.USAGE)
    assert "--list` shows all" in run(explain, "~~~~").stderr
    assert run(explain).exit_code == ExitCode.USAGE


@pytest.mark.parametrize("kind", KINDS)
def test_faults_shows_each_kind_with_every_field(kind: str) -> None:
    result = run(faults, kind)
    assert result.exit_code == ExitCode.OK
    assert result.output.startswith(f"{kind}: ")
    assert all(f"  {name} " in result.output for name in KINDS[kind].model_fields if name != "kind")
    fields = json.loads(run(faults, kind, "--format", "json").output)["fields"]
    assert all(field["meaning"] for field in fields)
    assert next(field["unit"] for field in fields if field["field"] == "at_s") == "seconds"


def test_faults_lists_all_and_helps_with_a_misspelling() -> None:
    output = run(faults).output
    assert [line.split()[0] for line in output.splitlines() if line.startswith("  ")] == list(KINDS)
    assert all(f"\n{about}\n" in f"\n{output}" for about in ROOMS), "each room says what it is about"
    assert [each["kind"] for each in json.loads(run(faults, "--format", "json").output)] == list(KINDS)
    wrong = run(faults, "ack_los")
    assert (wrong.stderr, wrong.exit_code) == ("unknown kind 'ack_los', did you mean 'ack_lost'?\n", ExitCode.USAGE)
    assert "unknown kind 'zzz'; `sim faults` lists all\n" == run(faults, "zzz").stderr


def test_the_committed_schemas_are_current() -> None:
    result = run(schema, "--check")
    assert (result.output, result.exit_code) == ("", ExitCode.OK)


def test_a_schema_has_descriptions_and_no_made_up_titles() -> None:
    said = json.loads(run(schema, "scenario").output)
    assert said["title"] == "stormquote scenario, version 1"
    assert said["additionalProperties"] is False
    run_model = said["$defs"]["Run"]["properties"]
    assert "title" not in run_model["seeds"]
    assert run_model["seeds"]["description"] == "How many seeds, a count: 32 means the seeds 1 to 32."
    assert said["$defs"]["Gate"]["properties"]["metric"]["enum"] == list(METRICS)
    assert sorted(said["properties"]["faults"]["items"]["discriminator"]["mapping"]) == sorted(KINDS)


def test_schemas_are_written_and_a_stale_one_is_told() -> None:
    assert run(schema, "--write", "--folder", "out").output.split() == [
        f"out/{kind}.schema.json" for kind in ("scenario", "config", "profile", "live", "study", "summary")
    ]
    assert run(schema, "--check", "--folder", "out").exit_code == ExitCode.OK
    write("out/config.schema.json", "{}")
    stale = run(schema, "--check", "--folder", "out")
    assert stale.stderr == "error[SQ-C031]: out/config.schema.json is out of date; run `sim schema --write`\n"
    assert stale.exit_code == ExitCode.BAD_FILE
    assert run(schema, "config", "--write", "--folder", "out").output == "out/config.schema.json\n"


def test_schema_needs_to_know_what_to_do() -> None:
    assert run(schema).exit_code == ExitCode.USAGE
    assert run(schema, "--check", "--write").exit_code == ExitCode.USAGE


def test_migrate_raises_an_old_file_and_keeps_its_comments() -> None:
    result = run(migrate, write("c.yaml", OLD), write("d.yaml", CONFIG))
    assert result.exit_code == ExitCode.OK
    assert result.output == (
        "c.yaml: version 1 to 2\n"
        "  sizes and limits.position_max became symbols\n"
        "  limits became account\n"
        "d.yaml: version 2, current\n"
    )
    assert "# mine" in Path("c.yaml").read_text(encoding="utf-8")
    assert run(check, "c.yaml").exit_code == ExitCode.OK


def test_migrate_stops_where_it_is_told_and_never_lowers() -> None:
    old, new = write("c.yaml", OLD), write("d.yaml", CONFIG)
    assert run(migrate, "--to", "1", old).output == "c.yaml: version 1, current\n"
    assert run(migrate, "--to", "2", old).output.startswith("c.yaml: version 1 to 2\n")
    assert run(migrate, "--to", "9", old).output == "c.yaml: version 2, current\n"
    lowered = run(migrate, "--to", "1", new)
    assert isinstance(lowered.exception, OperatorError)
    assert [each.code for each in lowered.exception.problems] == ["SQ-C020"]
    assert run(migrate, "--to", "0", old).exit_code == ExitCode.USAGE


def test_migrate_can_look_without_writing() -> None:
    name = write("c.yaml", OLD)
    assert run(migrate, "--check", name).exit_code == ExitCode.BAD_FILE
    shown = run(migrate, "--diff", name)
    assert "-schema_version: 1\n+schema_version: 2\n" in shown.output
    assert Path(name).read_text(encoding="utf-8") == OLD
    assert run(migrate, "--check", write("d.yaml", CONFIG)).exit_code == ExitCode.OK


def test_migrate_writes_nothing_when_one_file_is_wrong() -> None:
    name = write("c.yaml", OLD)
    result = run(migrate, name, "gone.yaml", write("d.yaml", "a: ["))
    assert isinstance(result.exception, OperatorError)
    assert [each.code for each in result.exception.problems] == ["SQ-C001", "SQ-C002"]
    assert Path(name).read_text(encoding="utf-8") == OLD
