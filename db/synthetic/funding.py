"""Who pays: the company for sixteen weeks, then the public for those with benefit."""

from __future__ import annotations

from db.synthetic import assumptions as a
from db.synthetic.annex import Funding
from db.synthetic.record import Outcome, Person, Treatment


def fund(person: Person) -> None:
    """Write who pays for each treatment from when."""
    benefit = {each.treatment: each.clinical_benefit_16w for each in person.of(Outcome)}
    day = 7 * a.COMPANY_PAYS_WEEKS
    for treatment in person.of(Treatment):
        person.add(Funding(treatment.key, 0, person.key, "COMPANY"))
        goes_on = treatment.end_day is None or treatment.end_day > day
        if benefit[treatment.key] == "YES" and goes_on:
            person.add(Funding(treatment.key, day, person.key, "PUBLIC"))
