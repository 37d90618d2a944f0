"""What a patient had before: the lines that came before the one that the trial gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from db.synthetic import assumptions as a
from db.synthetic.annex import PriorTreatment, PriorTreatmentDrug
from db.synthetic.chance import Chance
from db.synthetic.record import Diagnosis, Person, Treatment

Regimen = tuple[str, tuple[str, ...]]


def _plain(*names: str) -> tuple[Regimen, ...]:
    """Write regimens of drugs that are not in the vocabulary: nothing of them maps."""
    return tuple((name, ()) for name in names)


# K: as recorded, with the drugs that the vocabulary has; in the order in which they are given.
_REGIMENS: Final[Mapping[str, tuple[Regimen, ...]]] = {
    "CRC": (
        *_plain("FOLFOX", "FOLFIRI + bevacizumab", "Trifluridine/tipiracil"),
        ("Panitumumab", ("panitumumab",)),
        ("Regorafenib", ("regorafenib",)),
    ),
    "GYN": _plain("Carboplatin + paclitaxel", "Doxorubicin", "Bevacizumab", "Topotecan"),
    "BTC": _plain("Cisplatin + gemcitabine", "FOLFOX", "FLIRI"),
    "PAN": _plain("FOLFIRINOX", "Gemcitabine + nab-paclitaxel", "Capecitabine"),
    "BREAST": (
        *_plain("EC90"),
        ("Palbociclib + letrozole", ("palbociclib",)),
        *_plain("Fulvestrant", "Capecitabine", "Eribulin"),
    ),
    "NSCLC": (
        ("Pembrolizumab + carboplatin + pemetrexed", ("pembrolizumab",)),
        *_plain("Docetaxel", "Gemcitabine"),
    ),
    "CNS": _plain("Temozolomide + radiotherapy", "Lomustine", "Bevacizumab"),
    "SARC": _plain("Doxorubicin", "Gemcitabine + docetaxel", "Trabectedin", "Pazopanib"),
    "PROST": _plain("Docetaxel", "Enzalutamide", "Cabazitaxel"),
    "CUP": _plain("Carboplatin + paclitaxel", "Gemcitabine"),
    "HN": (("Pembrolizumab", ("pembrolizumab",)), ("Cetuximab", ("cetuximab",))),
    "MEL": (
        ("Ipilimumab + nivolumab", ("ipilimumab", "nivolumab")),
        ("Pembrolizumab", ("pembrolizumab",)),
        *_plain("Dacarbazine"),
    ),
    "KIDNEY": (
        ("Ipilimumab + nivolumab", ("ipilimumab", "nivolumab")),
        ("Sunitinib", ("sunitinib",)),
    ),
    "STOMACH": (*_plain("FLOT", "Ramucirumab + paclitaxel"), ("Nivolumab", ("nivolumab",))),
}  # fmt: skip
DRUGS: Final = frozenset(
    drug for regimens in _REGIMENS.values() for _, drugs in regimens for drug in drugs
)
_LAST: Final = _plain(
    "Phase 1 trial, drug not named", "Vinorelbine", "Radiotherapy", "Methotrexate"
)


def remember(chance: Chance, person: Person, tumour: str) -> None:
    """Write the lines before; their days are known where there is a treatment to count from."""
    first = min((each.line for each in person.of(Treatment)), default=None)
    lines = chance.among(a.PRIOR_LINES) if first is None else first - 1
    diagnosis = person.of(Diagnosis)[0].key
    given = (*_REGIMENS[tumour], *_LAST)[:lines]
    ends = -chance.within(a.WASHED_OUT) if first is not None else None
    for line in range(len(given), 0, -1):
        starts = None if ends is None else ends - chance.within(a.PRIOR_LASTED)
        regimen, drugs = given[line - 1]
        _write(chance, person, diagnosis, line, regimen, drugs, starts, ends)
        ends = None if starts is None else starts - chance.within(a.BETWEEN_PRIORS)


def _write(
    chance: Chance,
    person: Person,
    diagnosis: UUID,
    line: int,
    regimen: str,
    drugs: tuple[str, ...],
    starts: int | None,
    ends: int | None,
) -> None:
    key = chance.key()
    best = chance.among(a.PRIOR_RESPONSE)
    person.add(
        PriorTreatment(
            key, person.key, diagnosis, line, regimen, starts, ends, best or None, f"P{line}"
        ),
        *(PriorTreatmentDrug(key, drug, person.key) for drug in drugs),
    )
