"""What may be cut of a run that missed a gate: not what makes it miss by itself.

Every run that is short enough has too few fills, and so has every market in which nobody trades. Where a run
that is over at once misses the gate in the same way, only faults are cut. Elsewhere, where faults are the
cause, a smaller run counts only if it would not miss the gate without them.
"""

from typing import Final

from sim.runs.failing import Failure
from sim.shrink import drafts
from sim.shrink.drafts import Draft
from sim.shrink.trials import Trials

# So long that there is a run to judge, and so short that nothing comes of it.
_AT_ONCE_S: Final = 0.1


def hold_to_cause(trials: Trials, draft: Draft, failure: Failure) -> str:
    """Hold cuts to what a missed gate is missed by; say why only faults may be cut, empty where all may."""
    if not failure.metric:
        return ""
    # What no sample is of is in no shorter run either.
    if failure.is_absent:
        return "a shorter run has no sample either"
    at_once = drafts.with_run(_without_faults(draft), duration_s=_AT_ONCE_S, warmup_s=None, calm=None)
    if trials.same(trials.look(at_once)) is not None:
        return "a run that is over at once fails so too"
    bare = trials.look(_without_faults(draft))
    if bare is not None and trials.same(bare) is None:
        trials.control = _without_faults
    return ""


def _without_faults(draft: Draft) -> Draft:
    return drafts.with_faults(draft, ())
