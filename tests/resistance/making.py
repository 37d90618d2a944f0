"""Cases as short as they can be written."""

from __future__ import annotations

from itertools import count
from typing import Any

from db.resistance.case import PLASMA, TISSUE, Call, Case, Specimen

_NUMBERS = count(1)


def variant(gene: str, change: str, vaf: float | None = 0.2, **more: Any) -> Call:
    """Call a small variant by its protein change."""
    hgvsp = f"p.{change}"
    return Call(
        next(_NUMBERS), "SMALL_VARIANT", gene, hgvsp, hgvsp=hgvsp, vaf=vaf, **{"depth": 1000} | more
    )


def copies(gene: str, type_: str) -> Call:
    """Call a copy number."""
    direction = "more" if type_ in {"AMPLIFICATION", "GAIN"} else "fewer"
    return Call(next(_NUMBERS), "COPY_NUMBER", gene, direction, copy_number_type=type_)


def fusion(gene: str, partner: str) -> Call:
    """Call a fusion."""
    return Call(next(_NUMBERS), "FUSION", gene, partner, partner=partner)


def tissue(day: int | None, *calls: Call, assessed: str = "", **more: Any) -> Specimen:
    """Take tissue, with the genes that it was tested for beside those called."""
    return Specimen(
        next(_NUMBERS), TISSUE, day, assessed=frozenset(assessed.split()), calls=calls, **more
    )


def plasma(day: int | None, *calls: Call, assessed: str = "", **more: Any) -> Specimen:
    """Take plasma."""
    return Specimen(
        next(_NUMBERS), PLASMA, day, assessed=frozenset(assessed.split()), calls=calls, **more
    )


def progressing(*specimens: Specimen, **more: Any) -> Case:
    """Give a treatment with a response and progression on day 200."""
    known: dict[str, Any] = {
        "drugs": ("dabrafenib",),
        "progression_day": 200,
        "progressed": True,
        "best_response": "PR",
    }
    return Case(1, specimens=specimens, **known | more)
