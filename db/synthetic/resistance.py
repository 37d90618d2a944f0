"""What drives a progression, whether or not anyone looks, and whose proposals a person judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import asyncpg

from db.synthetic import assumptions as a
from db.synthetic.alteration import RESISTANCE, Alteration
from db.synthetic.chance import Chance
from db.synthetic.course import Course

# In turn, so that few findings have every status; all of a treatment are judged together, as the
# rules leave a treatment alone that anybody judged.
_JUDGE: Final = """
update connect.resistance_finding f set status = j.status::connect.resistance_status, curated = true
from (
  select t.id, ($2::text[])[
    1 + (row_number() over (order by t.id) - 1) % cardinality($2::text[])] as status
  from connect.treatment t
  join connect.patient p on p.id = t.patient_id
  where p.study_id = $1 and exists (
    select from connect.resistance_finding f where f.treatment_id = t.id
      and f.mechanism not in ('UNKNOWN_PROFILED', 'NOT_PROFILED'))
) j
where j.id = f.treatment_id and j.status <> 'SUSPECTED'
"""


class Escape(NamedTuple):
    """What drives a progression."""

    alteration: Alteration
    subclonal_before: bool


def escape(
    chance: Chance, drug: str, course: Course, carried: Iterable[Alteration], *, shown: bool
) -> Escape | None:
    """Choose what drives a progression; None: nothing that an assay could find.

    Where it is to be shown, it is the first that can be.
    """
    acquired = course.controlled
    found = a.MECHANISM_FOUND_ACQUIRED if acquired else a.MECHANISM_FOUND_PRIMARY
    there = frozenset(carried)
    known = [each for each in RESISTANCE[drug] if each not in there and _can_follow(each, there)]
    if not known or not (shown or chance.happens(found)):
        return None
    return Escape(
        known[0] if shown else chance.choice(known),
        subclonal_before=not acquired or chance.happens(a.SUBCLONAL_BEFORE_ACQUIRED),
    )


def _can_follow(alteration: Alteration, carried: frozenset[Alteration]) -> bool:
    """Tell whether there is a frame to restore, where an alteration would restore one."""
    return alteration.consequence != "In_Frame_Del" or any(
        (each.gene, each.consequence) == (alteration.gene, "Frame_Shift_Indel") for each in carried
    )


async def judge(connection: asyncpg.Connection[asyncpg.Record], study_id: int) -> None:
    """Judge most of what the rules explained, as a person would; the caller is connect_loader."""
    await connection.execute(_JUDGE, study_id, list(a.JUDGED))
