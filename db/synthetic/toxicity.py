"""Adverse events: what such drugs are known for, and what ended a treatment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from db.synthetic import assumptions as a
from db.synthetic.annex import AdverseEvent
from db.synthetic.chance import Chance
from db.synthetic.cohort import of_code
from db.synthetic.record import Outcome, Person, Treatment

# K: terms of {CTCAE v5}.
_ANY: Final = ("Fatigue", "Nausea", "Diarrhea", "Anorexia", "Constipation", "Abdominal pain")
_OF_DRUG: Final[Mapping[str, tuple[str, ...]]] = {
    "olaparib": ("Anemia", "Platelet count decreased", "Neutrophil count decreased", "Vomiting"),
    "dabrafenib": ("Fever", "Chills", "Rash maculo-papular", "Arthralgia"),
    "trametinib": ("Rash acneiform", "Edema limbs", "Ejection fraction decreased"),
    "trastuzumab": ("Infusion related reaction", "Ejection fraction decreased"),
    "pertuzumab": ("Rash maculo-papular", "Mucositis oral"),
    "atezolizumab": ("Hypothyroidism", "Pneumonitis", "Colitis", "Pruritus"),
    "alpelisib": ("Hyperglycemia", "Rash maculo-papular", "Mucositis oral"),
    "pemigatinib": ("Hyperphosphatemia", "Dry eye", "Alopecia"),
    "entrectinib": ("Dysgeusia", "Dizziness", "Weight gain"),
    "capmatinib": ("Edema limbs", "Creatinine increased", "Vomiting"),
    "imatinib": ("Periorbital edema", "Muscle cramp", "Edema limbs"),
    "niraparib": ("Platelet count decreased", "Anemia", "Hypertension", "Insomnia"),
    "vemurafenib": ("Photosensitivity", "Arthralgia", "Rash maculo-papular"),
    "cobimetinib": ("CPK increased", "Retinopathy"),
    "alectinib": ("Myalgia", "Edema limbs", "Blood bilirubin increased"),
    "selpercatinib": ("Hypertension", "Dry mouth", "Alanine aminotransferase increased"),
    "vismodegib": ("Muscle cramp", "Alopecia", "Dysgeusia"),
    "erlotinib": ("Rash acneiform", "Paronychia"),
    "ribociclib": (
        "Neutrophil count decreased",
        "Electrocardiogram QT corrected interval prolonged",
    ),
    "neratinib": ("Vomiting", "Rash maculo-papular"),
    "ivosidenib": ("Electrocardiogram QT corrected interval prolonged", "Arthralgia"),
    "sotorasib": ("Alanine aminotransferase increased", "Arthralgia"),
    "everolimus": ("Mucositis oral", "Hyperglycemia", "Pneumonitis"),
    "nivolumab": ("Hypothyroidism", "Pruritus", "Colitis"),
}
# As some sites write them; the last is no term of the vocabulary, and maps to none.
_WRITTEN: Final[Mapping[str, str]] = {
    "Diarrhea": "Diarrhoea", "Fatigue": "Tiredness", "Edema limbs": "Swollen ankles",
    "Fever": "Pyrexia", "Anemia": "Anaemia",
}  # fmt: skip
_UNMAPPED: Final = "Feeling cold after infusion"


def suffer(chance: Chance, person: Person) -> None:
    """Write what befell a patient on each treatment: after its start, and never after death."""
    lived = {each.treatment: each.overall_survival_days or 0 for each in person.of(Outcome)}
    for treatment in person.of(Treatment):
        _of(chance, person, treatment, lived[treatment.key])


def _of(chance: Chance, person: Person, treatment: Treatment, lived: int) -> None:
    last = min(lived, treatment.end_day if treatment.end_day is not None else lived)
    known = {term for drug in of_code(treatment.cohort).drugs for term in _OF_DRUG[drug]}
    terms = sorted(known | set(_ANY))
    chance.shuffle(terms)
    events = list[tuple[str, int, str, int]]()
    if treatment.end_reason == "TOXICITY":
        day = max(0, last - chance.within((0, 7)))
        events.append((terms.pop(), 3 + chance.happens(0.2), "PROBABLE", day))
    if treatment.end_reason == "DEATH" and chance.happens(a.DEATH_AS_EVENT):
        events.append(("Death NOS", 5, "UNLIKELY", last))
    for _ in range(chance.among(a.ADVERSE_EVENTS)):
        related = chance.among(a.RELATEDNESS)
        events.append((terms.pop(), chance.among(a.GRADE), related, chance.within((0, last))))
    for number, (term, grade, related, start) in enumerate(events, start=1):
        end: int | None = start if grade == 5 else start + chance.within(a.EVENT_LASTS)
        serious = grade >= 4 or (grade == 3 and chance.happens(a.SERIOUS_OF_GRADE_3))
        recorded, mapped = term, term
        if chance.happens(a.WRITTEN_OTHERWISE):
            recorded = _WRITTEN.get(term, term)
        elif grade == 1 and chance.happens(a.UNMAPPED):
            recorded, mapped = _UNMAPPED, ""
        person.add(
            AdverseEvent(
                chance.key(), person.key, treatment.key, recorded, mapped or None, grade, serious,
                related, start, end if end is not None and end <= lived else None, f"E{number}",
            )
        )  # fmt: skip
