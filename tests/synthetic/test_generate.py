from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from db.outcome.derive import derive
from db.outcome.history import Assessment, History
from db.synthetic import assumptions as a
from db.synthetic import record as r
from db.synthetic.alteration import BACKGROUND, MARKERS, RESISTANCE
from db.synthetic.catalogue import AGREEMENTS, PARTNERS, SCOPES, SITES, check_digit
from db.synthetic.cohort import COHORTS, SHOWN, of_code
from db.synthetic.course import recist
from db.synthetic.generate import generate
from db.synthetic.history import DRUGS
from db.synthetic.panel import GENES, PANELS
from db.synthetic.tumour import SUBTYPES
from db.synthetic.verdict import write

VOCABULARY = Path(__file__).resolve().parents[2] / "db" / "vocabulary"
PANEL = {panel.name: panel.genes for panel in PANELS}


def rows(people: list[r.Person], kind: type[Any]) -> list[Any]:
    return [row for person in people for row in person.records.get(kind, ())]


@pytest.fixture(scope="module")
def people() -> list[r.Person]:
    return list(generate(1200, 1))


def test_a_seed_gives_the_same_patients() -> None:
    assert list(generate(90, 7)) == list(generate(90, 7))
    assert list(generate(90, 7)) != list(generate(90, 8))


@pytest.mark.parametrize("seed", [1, 2, 3, 42])
def test_few_patients_have_all_of_it(seed: int) -> None:
    few = list(generate(120, seed))
    assert {p.health_region for p in rows(few, r.Patient)} == set(a.REGION)
    entered = [tuple(t.cohort for t in p.of(r.Treatment)) for p in few]
    assert set(SHOWN) <= set(entered)
    agreed = {drug: g.code for g in AGREEMENTS for drug in g.drugs}
    twice = [p for p in few if len(p.records.get(r.Treatment, ())) == 2]
    assert twice
    for person in twice:
        drugs = [of_code(t.cohort).drugs for t in rows([person], r.Treatment)]
        assert len({agreed[names[0]] for names in drugs}) == 2


@pytest.mark.parametrize("patients", [1, 2, 7, 30, 60])
def test_any_number_of_patients_can_be_invented(patients: int) -> None:
    assert [p.of(r.PatientIdentity)[0].source_key for p in generate(patients, 3)] == [
        f"SYN-{number:06d}" for number in range(1, patients + 1)
    ]


@pytest.mark.parametrize("seed", range(1, 21))
def test_few_patients_have_all_kinds(seed: int) -> None:
    few = list(generate(120, seed))
    assert len({b.kind for b in rows(few, r.Biomarker)}) == 6


def test_all_kinds_of_biomarker_and_their_genes_are_listed(people: list[r.Person]) -> None:
    found = rows(people, r.Biomarker)
    assert {b.kind for b in found} == {
        *("SMALL_VARIANT", "COPY_NUMBER", "FUSION", "SPLICE_VARIANT", "SIGNATURE"),
        "PROTEIN_EXPRESSION",
    }
    profiles = {p.key: p for p in rows(people, r.Profile)}
    for biomarker in found:
        profile = profiles[biomarker.profile]
        assert profile.qc_status == "PASSED"
        assert profile.specimen == biomarker.specimen
        assert biomarker.gene is None or biomarker.gene in PANEL[profile.panel]
    assert {p.qc_status for p in profiles.values()} == set(a.QC)


def test_the_treated_carry_the_marker_of_their_cohort(people: list[r.Person]) -> None:
    for person in people:
        carried = {b.label for b in rows([person], r.Biomarker)}
        high = {b.signature_kind for b in rows([person], r.Biomarker) if b.call == "HIGH"}
        diagnoses = {d.onco_tree_code for d in rows([person], r.Diagnosis)}
        for treatment in rows([person], r.Treatment):
            cohort = of_code(treatment.cohort)
            assert cohort.onco_tree_code in diagnoses
            if cohort.marker == "HYPERMUTATED":
                assert "TMB" in high
            else:
                assert carried & {alteration.label for alteration in MARKERS[cohort.marker]}


def test_measurements_agree_with_themselves() -> None:
    series = defaultdict[tuple[Any, str], list[r.Assessment]](list)
    for person in generate(15_000, 2):
        for assessment in person.of(r.Assessment):
            if assessment.criteria == "RECIST_1_1":
                series[assessment.treatment, assessment.evaluator].append(assessment)
    assert len(series) > 2000
    responses = Counter[str]()
    for visits in series.values():
        first, *later = sorted(visits, key=lambda v: v.day)
        assert first.day < 0
        assert first.normalised_response is None
        baseline = nadir = first.target_sum_mm
        assert baseline is not None
        assert nadir is not None
        for visit in later:
            responses[visit.normalised_response or ""] += 1
            if visit.normalised_response == "NE":
                assert visit.target_sum_mm is None
                continue
            size = visit.target_sum_mm
            assert size is not None
            assert visit.change_from_baseline == round(100 * (size - baseline) / baseline, 2)
            change = round(100 * (size - nadir) / nadir, 2) if nadir else None
            assert visit.change_from_nadir == change
            if visit.new_lesion or (size >= 1.2 * nadir and size - nadir >= 5):
                expected = "PD"
            elif size == 0:
                expected = "CR"
            else:
                expected = "PR" if size <= 0.7 * baseline + 1e-9 else "SD"
            assert visit.normalised_response == expected
            assert visit.response in ({"PD", "POD"} if expected == "PD" else {expected})
            nadir = min(nadir, size)
    assert set(responses) == {"CR", "PR", "SD", "PD", "NE"}


@pytest.mark.parametrize(
    ("size", "nadir", "response"),
    [(70, 70, "PR"), (71, 71, "SD"), (0, 40, "CR"), (48, 40, "PD"), (47, 40, "PR"), (23, 19, "PR")],
)
def test_recist_at_its_limits(size: int, nadir: int, response: str) -> None:
    assert recist(size, 100, nadir, new_lesion=False) == response
    assert recist(size, 100, nadir, new_lesion=True) == "PD"


def test_outcomes_are_what_the_rules_say_of_the_records(people: list[r.Person]) -> None:
    started = {t.treatment: t.started_on for t in rows(people, r.TreatmentIdentity)}
    assessed = defaultdict[Any, list[r.Assessment]](list)
    for row in rows(people, r.Assessment):
        assessed[row.treatment].append(row)
    treatments = {t.key: t for t in rows(people, r.Treatment)}
    used = defaultdict[Any, set[Any]](set)
    for link in rows(people, r.OutcomeAssessment):
        used[link.treatment].add(link.response_assessment)
    benefits = Counter[str]()
    for outcome in rows(people, r.Outcome):
        treatment, seen = treatments[outcome.treatment], assessed[outcome.treatment]
        derived = derive(
            History(
                tuple(
                    Assessment(
                        n, v.day, v.criteria, v.evaluator, v.response, v.normalised_response,
                        v.new_lesion,
                    )
                    for n, v in enumerate(seen)
                ),
                treatment.route, treatment.end_day, treatment.end_reason,
                treatment.next_therapy_day, treatment.death_day,
                "ALIVE" if treatment.death_day is None else "DEAD",
                treatment.last_known_alive_day,
                (outcome.data_cut_off - started[treatment.key]).days,
            )
        )  # fmt: skip
        assert outcome == write(outcome.key, treatment.patient, treatment.key, derived)
        assert treatment.evaluability == outcome.evaluability
        assert used[treatment.key] == {seen[n].key for n in derived.assessments}
        benefits[outcome.clinical_benefit_16w] += 1
        assert treatment.end_day is None or treatment.end_day <= (treatment.death_day or 10**6)
    assert set(benefits) == {"YES", "NO", "NOT_EVALUABLE", "TOO_EARLY"}


def test_drugs_are_given_as_the_vocabulary_says() -> None:
    with (VOCABULARY / "drug.csv").open(encoding="utf-8", newline="") as file:
        routes = {row["inn"]: row["route"] for row in csv.DictReader(file)}
    for cohort in COHORTS:
        assert {routes[drug] for drug in cohort.drugs} == {cohort.route}


def test_offers_consents_and_identity(people: list[r.Person]) -> None:
    offers = rows(people, r.Offer)
    assert {"ACCEPTED", "DECLINED", "NOT_ELIGIBLE", "DETERIORATED"} <= {o.status for o in offers}
    accepted = {(o.patient, o.cohort) for o in offers if o.status == "ACCEPTED"}
    assert accepted == {(t.patient, t.cohort) for t in rows(people, r.Treatment)}
    consents = rows(people, r.Consent)
    for purpose, share in (("RESEARCH", 0.92), ("COMMERCIAL", 0.75)):
        asked = {c.patient for c in consents if c.purpose == purpose}
        assert abs(len(asked) / len(people) - share) < 0.04
    withdrawn = [c.withdrawn_at.year for c in consents if c.withdrawn_at is not None]
    assert min(withdrawn) < 2027
    assert max(withdrawn) > 2030
    sites = {s.code: s.health_region for s in SITES}
    regions = {p.key: p.health_region for p in rows(people, r.Patient)}
    identities = rows(people, r.PatientIdentity)
    assert all(sites[i.site] == regions[i.patient] for i in identities)
    assert {i.site for i in identities} == set(sites)


def test_every_name_of_the_catalogue_is_in_the_vocabulary() -> None:
    def listed(name: str, column: str) -> set[str]:
        with (VOCABULARY / name).open(encoding="utf-8", newline="") as file:
            return {row[column] for row in csv.DictReader(file)}

    ways = [way for drug in RESISTANCE.values() for way in drug]
    alterations = [x for group in (*BACKGROUND.values(), *MARKERS.values(), ways) for x in group]
    named = {x.gene for x in alterations} | {x.partner_gene for x in alterations} - {None}
    assert named <= GENES | {"CD74", "EML4", "KIF5B"}
    assert named | GENES <= listed("gene.csv", "symbol")
    assert DRUGS | {d for c in COHORTS for d in c.drugs} <= listed("drug.csv", "inn")
    codes = {(s.onco_tree_code, s.tissue_code) for s in SUBTYPES.values()}
    with (VOCABULARY / "onco_tree.csv").open(encoding="utf-8", newline="") as file:
        tissues = {row["code"]: row["tissue_code"] for row in csv.DictReader(file)}
    assert all(tissues[code] == tissue for code, tissue in codes)


def test_organisation_numbers_cannot_exist() -> None:
    numbers = [partner.organisation_number for partner in PARTNERS]
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert number.startswith("999")
        assert check_digit(number[:8]) != int(number[8])
    companies = [partner for partner in PARTNERS if partner.sector == "INDUSTRY"]
    assert all(partner.name.endswith("(fictional)") for partner in companies)
    assert {scope.kind for scope in SCOPES} == {"AGREEMENT", "PROJECT", "SITE", "CONSORTIUM"}
