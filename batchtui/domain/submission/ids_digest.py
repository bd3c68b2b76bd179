"""Digest the custom_ids of a part, in whatever order they come: `IdsDigest`.

The API returns results in any order, so the digest is a sum: 128 bits of BLAKE2b of each id, added up modulo 2 ** 128,
with the number of ids before it. It is kept with the part and outlives its stored requests.
"""

from __future__ import annotations

from hashlib import blake2b

_BYTES = 16
_MODULUS = 1 << (8 * _BYTES)


class IdsDigest:
    """Takes ids one by one."""

    __slots__ = ("_sum", "count")

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, custom_id: str) -> None:
        """Count one id in."""
        self.count += 1
        # An id of a results file may hold anything, half a surrogate pair too.
        hashed = blake2b(custom_id.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
        self._sum += int.from_bytes(hashed, "big")

    def taken_from(self, whole: str) -> str:
        """Return the digest of what is left of a stored one without the ids so far."""
        count, _, hexadecimal = whole.partition(":")
        return f"{int(count) - self.count}:{(int(hexadecimal, 16) - self._sum) % _MODULUS:032x}"

    def text(self) -> str:
        """Return the digest of the ids so far, as it is stored."""
        return f"{self.count}:{self._sum % _MODULUS:032x}"
