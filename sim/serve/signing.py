"""Who may speak: one key, and signatures verified over the exact bytes that came."""

import hashlib
import hmac
from typing import Final

import msgspec

_DIGEST: Final = "sha256"


class Key(msgspec.Struct, frozen=True):
    """A key and its secret, as the venue gave them out."""

    name: str
    secret: str

    def has_signed(self, message: bytes, signature: str) -> bool:
        """Say whether a signature (lower-case hex) is this key's over these bytes."""
        wanted = hmac.digest(self.secret.encode(), message, _DIGEST).hex()
        return hmac.compare_digest(wanted.encode(), signature.encode(errors="replace"))


def key_of(seed: int) -> Key:
    """Make the key of a served scenario: another for every seed, and never one of a real venue."""
    name, secret = (
        hashlib.blake2b(f"{what} {seed}".encode(), digest_size=16).hexdigest() for what in ("key", "secret")
    )
    return Key(f"sim{name[:15]}", secret)
