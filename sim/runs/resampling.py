"""How sure a mean over seeds is: a bootstrap whose dice are named after what is judged."""

import hashlib
from collections.abc import Sequence
from typing import Final

_RESAMPLES: Final = 9999
_VALUES_MIN: Final = 2
# Below this share of their size, values differ by the rounding of a float and nothing else.
_ROUNDING: Final = 1e-12


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

    hashed = hashlib.blake2b(key.encode(), digest_size=8).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(hashed, "little")))
    found = bootstrap((values,), np.mean, n_resamples=_RESAMPLES, method="BCa", rng=generator)
    return (float(found.confidence_interval.low), float(found.confidence_interval.high))
