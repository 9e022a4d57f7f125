"""The bounds invariants need: the one table of their defaults. A scenario may set any of them."""

from strategy.file_model import AboveZero, Written


class Bounds(Written):
    """How old, how long, how much: what an invariant allows before it is broken."""

    mark_slack_pct: AboveZero = 1.0
    """S1: how far the last price seen may be from the one the core values positions at, in percent."""
    silence_slack_ms: AboveZero = 50
    """S3: from the core's own deadline for an answer to its absence being a doubt, in milliseconds."""
    quote_age_ms_max: AboveZero = 2500
    """S4, S16: the greatest age of the inputs a quote may be sent on, in milliseconds."""
    staleness_cancel_ms: AboveZero = 500
    """S4, S16: from staleness being knowable to an attempted cancel, in milliseconds."""
    converge_s: AboveZero = 30
    """L1: from the calm to belief equal to truth, in seconds."""
    doubt_s: AboveZero = 30
    """L2: from the calm to no order in doubt, in seconds."""
    requote_s: AboveZero = 60
    """L3: from the calm to quotes on both sides, in seconds."""
    clear_s: AboveZero = 60
    """L4: from the calm to no resting order where health is out of reach, in seconds."""
    quiet_s: AboveZero = 60
    """L5: from the calm to an ordinary number of requests, in seconds."""
    ban_s: AboveZero = 180
    """L6: from the end of a ban to ordinary requests, in seconds."""
    restart_s: AboveZero = 30
    """L7: from a restart to ready or closed, in seconds."""
    shutdown_s: AboveZero = 15
    """L8: from a shutdown being asked to its end, in seconds."""
    unwind_s: AboveZero = 120
    """L9: from the calm to inventory below its soft mark, in seconds.

    What L3 gives for quotes to be back, and as much again to trade what lies between where taking ends and the soft
    mark: two quotes of the default config. Who needs longer than that is not unwinding.
    """
