"""What a workflow of GitHub shows beside the files: one line per thing that is not as it should be."""

from collections.abc import Iterator, Sequence

from sim.runs.folder import FAILURE, cases_of
from sim.runs.judge import WARN
from sim.runs.summary import ScenarioSummary


def annotations_of(summaries: Sequence[ScenarioSummary]) -> Iterator[str]:
    """Write an error per gate, invariant or seed that failed, a warning per gate that warns, a notice per skip."""
    for summary in summaries:
        for name, message, kind in cases_of(summary):
            if kind == FAILURE:
                yield _line("error", summary, name, f"{message}\nagain: {summary.repeat}")
            elif kind:
                yield _line("notice", summary, name, message)
        for gate in summary.gates:
            if gate.verdict == WARN:
                got = "no sample" if gate.got is None else f"got {gate.got:g}"
                yield _line("warning", summary, f"gate {gate.gate}", f"{gate.limit}: {got}: {gate.why}")


def _line(level: str, summary: ScenarioSummary, name: str, message: str) -> str:
    title, file = property_of(f"{summary.name}, {name}"), property_of(summary.source)
    return f"::{level} file={file},title={title}::{escaped(message)}"


def property_of(text: str) -> str:
    """Write the value of a property of an annotation: it ends at a comma, its name at a colon."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def escaped(text: str) -> str:
    """Write what would end the line, or be read as something else, by its number."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
