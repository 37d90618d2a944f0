"""The parameters of publishing, which are published themselves."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from typing import Any, Final

ALGORITHM: Final = "joint-audit-1"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Hold how careful publishing is."""

    fewest: int = 5
    """k: treatments in a cell, and by which two published sets must differ if they do."""
    fewest_others: int = 3
    """m: treatments that must remain in a cell without those of any one hospital."""
    drop: float = 0.15
    """The share of measures that the key leaves out."""
    band: int = 2
    """Counts up to it, and as near to all, are told as a band."""

    def as_json(self) -> dict[str, Any]:
        """Give them as JSON has them."""
        return asdict(self)

    def told(self, true: int, size: int) -> tuple[int, int]:
        """Give the class of a count, by which it is told: itself, or a band at either end."""
        if size < 2 * self.band + 2:
            half = size // 2
            return (0, half) if true <= half else (half + 1, size)
        if true <= self.band:
            return 0, self.band
        if true >= size - self.band:
            return size - self.band, size
        return true, true

    def dropped(self, key: bytes, *names: str) -> bool:
        """Tell whether the key leaves something out."""
        digest = hmac.digest(key, "\0".join(names).encode(), "sha256")
        return int.from_bytes(digest[:8], "big") / 2**64 < self.drop
