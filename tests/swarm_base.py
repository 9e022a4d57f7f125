"""A base of a swarm, small and of one symbol."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

BASE_TEXT = """\
schema_version: 1
name: mine
description: A base of my own.
run: {{duration_s: 60, warmup_s: 2{calm}}}
market: {{profile: synthetic, symbols: [ETHUSDT]}}
strategy: {{config: {config}, overrides: {{loop.dispatch: concurrent, spread.base_bps: 1.5}}}}
faults: [{faults}]
gates: [{{metric: fills, min: 0}}]
"""


def own_base(folder: Path, calm=", calm: {after_s: 40}", faults="") -> Path:
    path = folder / "mine.yaml"
    config = ROOT / "scenarios" / "configs" / "default.yaml"
    path.write_text(BASE_TEXT.format(calm=calm, config=config, faults=faults))
    return path
