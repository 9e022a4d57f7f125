"""How sure a mean over seeds is: a bootstrap whose dice are named after what is judged."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

_RESAMPLES: Final = 9999
_VALUES_MIN: Final = 2
# Below this share of their size, values differ by the rounding of a float and nothing else.
_ROUNDING: Final = 1e-12
LUCK_MAX: Final = 0.025
"""As much luck as lies beyond one end of an interval."""


def interval_of_mean(key: str, values: Sequence[float]) -> tuple[float, float] | None:
    """Bootstrap a 95 % interval (BCa) of the mean of one value per seed; None for a single value.

    The generator is seeded by ``key``, so that equal values get equal bounds in every process.
    """
    if len(values) < _VALUES_MIN:
        return None
    low, high = min(values), max(values)
    if high - low <= _ROUNDING * max(abs(low), abs(high), 1.0):
        return (low, high)
    # Imported here: it takes longer than a seed, and most runs have no interval to judge.
    import numpy as np
    from scipy.stats import bootstrap

    found = bootstrap((values,), np.mean, n_resamples=_RESAMPLES, method="BCa", rng=_generator(key))
    return (float(found.confidence_interval.low), float(found.confidence_interval.high))


def luck_of(key: str, differences: Sequence[float]) -> float:
    """Say how often differences as likely up as down would have a mean as far above zero, 0 to 1.

    Exact for a change that changes nothing, whatever the tails and however few: the differences of paired
    seeds then are as likely as their negatives. All signs are tried where they are few, else as many as
    the bootstrap has samples.
    """
    import numpy as np

    sizes = np.abs(np.asarray(differences, dtype=float))
    count = len(differences)
    ways = 1 << count
    if ways <= _RESAMPLES:
        signs = 1 - 2 * (np.arange(ways)[:, None] >> np.arange(count) & 1)
        tried, found = ways, 0
    else:
        signs = 1 - 2 * _generator(f"{key}/luck").integers(0, 2, size=(_RESAMPLES, count))
        tried, found = _RESAMPLES + 1, 1  # what was seen is one of what could have been
    reached = float(sum(differences)) - _ROUNDING * float(sizes.sum())
    found += int((signs @ sizes >= reached).sum())
    return found / tried


def _generator(key: str) -> "np.random.Generator":
    import numpy as np

    hashed = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashed, "little")))
