"""Protein changes in HGVS: always with `p.`, amino acids in one letter."""

from __future__ import annotations

import re

_THREE = "AlaArgAsnAspCysGlnGluGlyHisIleLeuLysMetPheProSerThrTrpTyrValSecPylTerXaa"
_ONE = "ARNDCQEGHILKMFPSTWYVUO*X"
_LETTER = {_THREE[3 * at : 3 * at + 3]: letter for at, letter in enumerate(_ONE)}
_AMINO_ACID = re.compile("|".join(_LETTER))


def protein(short: str | None, long: str | None) -> str | None:
    """Give the protein change; the short form is preferred, the long one is shortened."""
    recorded = short or long
    if recorded is None:
        return None
    change = recorded.rpartition(":")[2].removeprefix("p.")
    return "p." + _AMINO_ACID.sub(lambda match: _LETTER[match[0]], change) if change else None
