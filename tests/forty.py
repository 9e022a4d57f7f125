"""A storm of forty faults, of which two are the cause of one planted bug and thirty-eight are weather.

Each seed draws another storm. Some of the weather is of the same kinds as the pair, only too mild to
be the cause, so that whole kinds cannot be told apart.
"""

import hashlib
from pathlib import Path

from small_world import CONFIG

PAIR = ("auction", "jump")
CORE = "planted.pairs:jump_then_auction"
_WEATHER = (
    "kind: ack_lost, prob: 0.1, requests: [create, amend]",
    "kind: ack_lost_not_applied, prob: 0.1",
    "kind: message_loss, links: [private], messages: [order_filled], prob: 0.4",
    "kind: message_loss, links: [rest_down, rest_up], prob: 0.1",
    "kind: latency, links: [private], base_ms: 20, tail: exponential, tail_ms: 60",
    "kind: latency_spike, links: [rest_up, rest_down], extra_p50_ms: 60, extra_p99_ms: 600",
    "kind: packet_loss, links: [rest_up, rest_down], loss: 0.3",
    "kind: reorder, links: [rest_up], window_ms: 50",
    "kind: duplicate, links: [private], prob: 0.2, after_ms: 500",
    "kind: clog, links: [rest_up, rest_down, private]",
    "kind: reset, connections: [rest], cut: applied, requests: [create], every_s: 2",
    "kind: feed_frozen",
    "kind: read_lag, lag_s: 1.5",
    "kind: applied_later, prob: 0.1, later_s: 2",
    "kind: post_only_refused_late, prob: 0.3",
    "kind: fill_duplicate, prob: 0.5, after_s: 1",
    "kind: fill_dropped, prob: 0.3",
    "kind: cancel_races_fill, prob: 0.2, told_after_s: 0.5",
    "kind: volatility, factor: 2",
    "kind: clock_offset, clock: venue_wall, offset_ms: 400",
    "kind: feed_gap, lost_messages: 6",
    "kind: clock_step, clock: venue_wall, by_ms: 900",
    "kind: clock_step, clock: venue_wall, by_ms: -700",
)
_MOMENTS = ("kind: feed_gap", "kind: clock_step")
_TEXT = """\
schema_version: 1
name: forty
description: Forty faults, two of which are the cause.
run: {{duration_s: 60, seeds: 1, calm: {{after_s: 45}}}}
market: {{profile: synthetic, symbols: [BTCUSDT]}}
strategy: {{config: {config}}}
faults:
  - {{id: auction, at_s: {auction_s}, kind: maintenance, announced_s: 1, steps: [{{regime: auction, for_s: 3}}]}}
  - {{id: jump, at_s: {jump_s}, kind: clock_step, clock: venue_wall, by_ms: 60000}}
  - {{id: mild, at_s: 3, kind: maintenance, announced_s: 1, steps: [{{regime: post_only, for_s: 1}}]}}
{weather}
gates:
  - {{metric: fills, min: 0}}
"""


def write_forty(folder: Path, seed: int) -> Path:
    """Write the storm of a seed."""

    def luck(name: str, number: int) -> float:
        drawn = hashlib.blake2b(f"{seed}/{name}/{number}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn, "big") / 2**64

    lines = []
    for number in range(37):
        kind = _WEATHER[int(luck("kind", number) * len(_WEATHER))]
        lasts = "" if kind.startswith(_MOMENTS) else f"for_s: {1 + 4 * luck('for', number):.2f}, "
        lines.append(f"  - {{id: weather-{number}, at_s: {4 + 34 * luck('at', number):.2f}, {lasts}{kind}}}")
    path = folder / f"forty-{seed}.yaml"
    pair = {"auction_s": f"{6 + 4 * luck('auction', 0):.2f}", "jump_s": f"{16 + 8 * luck('jump', 0):.2f}"}
    path.write_text(_TEXT.format(config=CONFIG, weather="\n".join(lines), **pair))
    return path
