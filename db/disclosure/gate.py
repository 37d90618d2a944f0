"""Gates: what is withheld by sizes and memberships alone, whatever the outcomes are.

Who knows the memberships can compute every gate, and learns nothing of outcomes from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from db.disclosure.parameters import Parameters


class Gate(StrEnum):
    """Name why a set of treatments cannot be a cell."""

    SMALL = "SMALL"
    NEAR = "NEAR"
    HOSPITAL = "HOSPITAL"


class Gates:
    """Admit sets one after the other, beside those that were published before."""

    def __init__(
        self,
        parameters: Parameters,
        hospitals: Sequence[str],
        before: Iterable[frozenset[int]] = (),
    ) -> None:
        self._parameters = parameters
        self._hospitals = hospitals
        self._admitted = {_bits(members) for members in before}

    def admit(self, members: frozenset[int]) -> Gate | None:
        """Admit a set, or say why not."""
        if len(members) < self._parameters.fewest:
            return Gate.SMALL
        bits = _bits(members)
        if bits not in self._admitted and any(
            (bits ^ other).bit_count() < self._parameters.fewest for other in self._admitted
        ):
            return Gate.NEAR
        of = Counter(self._hospitals[unit] for unit in members)
        rest = (len(members) - own for own in of.values())
        if any(0 < others < self._parameters.fewest_others for others in rest):
            return Gate.HOSPITAL
        self._admitted.add(bits)
        return None


def _bits(members: frozenset[int]) -> int:
    bits = 0
    for unit in members:
        bits |= 1 << unit
    return bits
