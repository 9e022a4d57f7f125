"""Chance without a shared stream: every draw is named by what it is for.

A keyed draw is a hash of (seed, key); a ``Stream`` is a counter-addressable sequence of 64-bit
words, hashed block by block. Nobody's luck moves when somebody else is added, removed or drinks
more. The transforms are our own, because a library's distributions change with its version.
"""

import hashlib
import math
import struct
from typing import Final

# A seed is a number that any language and any file can hold.
SEED_MAX: Final = 2**63 - 1
_BLOCK_WORDS: Final = 512
_BLOCK: Final = struct.Struct(f"<{_BLOCK_WORDS}Q")
_PAIR: Final = struct.Struct("<2Q")
_BLOCK_SHIFT: Final = _BLOCK_WORDS.bit_length() - 1
_BLOCK_MASK: Final = _BLOCK_WORDS - 1
_SEED_BYTES: Final = 16
# A float has 53 bits of precision: more of a word would round up to 1.0.
_UNIT_SHIFT: Final = 11
_UNIT_SCALE: Final = 2.0**-53


def _canonical(key: tuple[int | str, ...]) -> bytes:
    """Write a key so that no two keys look the same: the type and the length of each part go first."""
    return b"".join(
        b"i%d:%d" % (len(b"%d" % part), part) if isinstance(part, int) else b"s%d:" % len(part.encode()) + part.encode()
        for part in key
    )


def unit(word: int) -> float:
    """Turn a word into a float in [0, 1)."""
    return (word >> _UNIT_SHIFT) * _UNIT_SCALE


def exponential_ns(word: int, mean_ns: float) -> int:
    """Turn a word into an exponential waiting time, whole nanoseconds, rounded down."""
    return int(-math.log(1.0 - unit(word)) * mean_ns)


def geometric(word: int, mean: float) -> int:
    """Turn a word into a count 0, 1, 2, … with the given mean."""
    return int(math.log(1.0 - unit(word)) / math.log(mean / (1.0 + mean))) if mean > 0 else 0


def normal(first: int, second: int) -> float:
    """Turn two words into a standard normal (Box and Muller, 1958)."""
    return math.sqrt(-2.0 * math.log(1.0 - unit(first))) * math.cos(math.tau * unit(second))


def lognormal_ns(first: int, second: int, median_ns: int, sigma: float) -> int:
    """Turn two words into a lognormal time around its median; constant when ``sigma`` is 0."""
    return int(median_ns * math.exp(sigma * normal(first, second))) if sigma else median_ns


class Stream:
    """Words 0, 1, 2, … of one purpose; any of them can be had at any time."""

    __slots__ = ("_block", "_prefix", "_words")

    def __init__(self, prefix: bytes) -> None:
        """Take the hashed name of the purpose."""
        self._prefix = prefix
        self._block = -1
        self._words: tuple[int, ...] = ()

    def word(self, index: int) -> int:
        """Give word ``index``, 64 bits."""
        if index >> _BLOCK_SHIFT != self._block:
            self._load(index >> _BLOCK_SHIFT)
        return self._words[index & _BLOCK_MASK]

    def words(self, index: int, count: int) -> tuple[int, ...]:
        """Give ``count`` words from ``index``, which is a multiple of ``count``, a power of two."""
        if index >> _BLOCK_SHIFT != self._block:
            self._load(index >> _BLOCK_SHIFT)
        start = index & _BLOCK_MASK
        return self._words[start : start + count]

    def _load(self, block: int) -> None:
        data = hashlib.shake_128(self._prefix + block.to_bytes(8, "little")).digest(_BLOCK.size)
        self._words = _BLOCK.unpack(data)
        self._block = block


class Dice:
    """All the chance of one run. The same seed and key give the same draw in every process."""

    def __init__(self, seed: int) -> None:
        """Take the seed: a whole number from 0 to ``SEED_MAX``."""
        self.seed = seed
        self._key = seed.to_bytes(_SEED_BYTES, "little")

    def pair(self, *key: int | str) -> tuple[int, int]:
        """Give two 64-bit words for a key."""
        first, second = _PAIR.unpack(hashlib.blake2b(_canonical(key), key=self._key, digest_size=16).digest())
        return first, second

    def u64(self, *key: int | str) -> int:
        """Give a 64-bit word for a key."""
        return self.pair(*key)[0]

    def unit(self, *key: int | str) -> float:
        """Give a float in [0, 1) for a key."""
        return unit(self.pair(*key)[0])

    def stream(self, *label: int | str) -> Stream:
        """Open the sequence of words of a purpose."""
        return Stream(hashlib.blake2b(_canonical(label), key=self._key, digest_size=32).digest())
