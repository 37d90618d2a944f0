"""What stands around the trial: prior lines, the board, who pays, adverse events, evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import asyncpg
import pytest

from db.release.verify import verify
from db.synthetic import annex as x
from db.synthetic import assumptions as a
from db.synthetic import record as r
from db.synthetic.alteration import MARKERS
from db.synthetic.catalogue import CONTRIBUTIONS
from db.synthetic.cohort import of_code
from db.synthetic.generate import generate
from db.synthetic.release import VERSION, publish
from tests.synthetic.test_generate import rows
from tests.world import Database


@pytest.fixture(scope="module")
def people() -> list[r.Person]:
    return list(generate(1200, 1))


def test_prior_lines_end_before_the_first_treatment(people: list[r.Person]) -> None:
    responses = Counter[str | None]()
    for person in people:
        prior = sorted(person.of(x.PriorTreatment), key=lambda each: each.line)
        assert [each.line for each in prior] == list(range(1, len(prior) + 1))
        assert len({each.regimen for each in prior}) == len(prior)
        responses.update(each.best_response for each in prior)
        lines = sorted(each.line for each in person.of(r.Treatment))
        assert not lines or lines[0] == len(prior) + 1
        after = None
        for each in prior:
            assert (each.start_day is None) == (each.end_day is None) == (not lines)
            if each.start_day is not None and each.end_day is not None:
                assert after is None or each.start_day > after
                assert each.start_day < each.end_day < 0
                after = each.end_day
    assert set(responses) == {"CR", "PR", "SD", "PD", None}


def test_the_board_leads_to_the_offers(people: list[r.Person]) -> None:
    outcomes = Counter[str]()
    for person in people:
        (screening,), (referral,) = person.of(r.Screening), person.of(r.ScreeningIdentity)
        reviews = {each.key: each for each in person.of(x.Review)}
        held = {each.tumour_board_review: each.held_on for each in person.of(x.ReviewIdentity)}
        assert set(held) == set(reviews)
        outcomes.update(each.outcome for each in reviews.values())
        first = min(reviews.values(), key=lambda each: each.held_day)
        assert first.held_day == screening.discussed_day
        for key, day in held.items():
            assert (day - referral.referred_on).days == reviews[key].held_day
        found = [key for key, each in reviews.items() if each.outcome == "OPTION_FOUND"]
        assert bool(found) == screening.matched
        options = person.of(x.Option)
        assert sorted(each.review for each in options) == sorted(found)
        listed = {each.cohort: reviews[each.review].held_day for each in options}
        for offer in person.of(r.Offer):
            assert listed[offer.cohort] < offer.offered_day
        germline = any(each.origin == "GERMLINE" for each in person.of(r.Biomarker))
        assert germline == any(each.outcome == "GERMLINE_REFERRAL" for each in reviews.values())
        passed = any(each.qc_status == "PASSED" for each in person.of(r.Profile))
        if not passed:
            assert {each.outcome for each in reviews.values()} == {"INSUFFICIENT_MATERIAL"}
    assert set(outcomes) == {
        *("OPTION_FOUND", "NO_ACTIONABLE", "INSUFFICIENT_MATERIAL", "GERMLINE_REFERRAL")
    }


def test_options_and_treatments_rest_on_the_marker_of_their_cohort(
    people: list[r.Person],
) -> None:
    unseen = 0
    for person in people:
        biomarkers = {each.key: each for each in person.of(r.Biomarker)}
        taken = {each.specimen: each.collected_on for each in person.of(r.SpecimenIdentity)}
        started = {each.treatment: each.started_on for each in person.of(r.TreatmentIdentity)}
        levels = defaultdict[Any, dict[str, str]](dict)
        for each in person.of(x.BiomarkerEvidence):
            levels[each.biomarker][each.system] = each.level
            assert each.source == a.EVIDENCE_SOURCE
        matched = defaultdict[Any, set[Any]](set)
        for link in person.of(x.TreatmentBiomarker):
            matched[link.treatment].add(link.biomarker)
        for option in person.of(x.Option):
            cohort = of_code(option.cohort)
            if option.biomarker is None:  # below what plasma shows, where tissue failed
                unseen += 1
                continue
            _of_marker(biomarkers[option.biomarker], cohort.marker)
            assert levels[option.biomarker] == a.EVIDENCE[cohort.marker]
            assert levels[option.biomarker][option.evidence_system] == option.evidence_level
        for treatment in person.of(r.Treatment):
            unseen += not matched[treatment.key]
            for key in matched[treatment.key]:
                _of_marker(biomarkers[key], of_code(treatment.cohort).marker)
                assert taken[biomarkers[key].specimen] <= started[treatment.key]
    assert unseen < len(rows(people, x.Option)) / 50


def _of_marker(biomarker: r.Biomarker, marker: str) -> None:
    if marker == "HYPERMUTATED":
        assert (biomarker.kind, biomarker.call) == ("SIGNATURE", "HIGH")
    else:
        assert biomarker.label in {alteration.label for alteration in MARKERS[marker]}


def test_the_public_pays_after_sixteen_weeks_of_benefit(people: list[r.Person]) -> None:
    benefit = {each.treatment: each.clinical_benefit_16w for each in rows(people, r.Outcome)}
    paid = defaultdict[Any, list[tuple[int, str]]](list)
    for each in rows(people, x.Funding):
        paid[each.treatment].append((each.from_day, each.payer))
    assert set(paid) == {each.key for each in rows(people, r.Treatment)}
    later = 0
    for treatment in rows(people, r.Treatment):
        assert paid[treatment.key][0] == (0, "COMPANY")
        rest = paid[treatment.key][1:]
        assert rest in ([], [(112, "PUBLIC")])
        ended = treatment.end_day is not None and treatment.end_day <= 112
        assert bool(rest) == (benefit[treatment.key] == "YES" and not ended)
        later += bool(rest)
    assert later


def test_adverse_events_fall_within_the_treatment(people: list[r.Person]) -> None:
    treatments = {each.key: each for each in rows(people, r.Treatment)}
    lived = {each.treatment: each for each in rows(people, r.Outcome)}
    found = rows(people, x.AdverseEvent)
    by = defaultdict[Any, list[x.AdverseEvent]](list)
    for event in found:
        by[event.treatment].append(event)
        treatment, outcome = treatments[event.treatment], lived[event.treatment]
        assert 0 <= event.start_day <= outcome.overall_survival_days
        assert treatment.end_day is None or event.start_day <= treatment.end_day
        if event.end_day is not None:
            assert event.start_day <= event.end_day <= outcome.overall_survival_days
        if event.grade == 5:
            assert (treatment.end_reason, event.serious) == ("DEATH", True)
            assert event.end_day == event.start_day == treatment.end_day
        assert event.grade < 4 or event.serious
    for key, treatment in treatments.items():
        if treatment.end_reason == "TOXICITY":
            assert any(each.grade in {3, 4} and each.relatedness == "PROBABLE" for each in by[key])
    assert {each.grade for each in found} == {1, 2, 3, 4, 5}
    assert {each.relatedness for each in found} == set(a.RELATEDNESS)
    assert any(each.ctcae_term is None for each in found)
    assert any(each.ctcae_term not in {None, each.term} for each in found)


def test_what_is_added_leaves_the_patients_as_they_were() -> None:
    """Their own chance draws for the annex: it may grow without a new patient."""
    person = next(generate(1, 1))
    assert person.of(r.Patient)[0].key == person.key
    kinds = set(x.Annex.__args__)
    assert kinds & set(person.records)
    assert not kinds & {r.Patient, r.Biomarker, r.Treatment}


async def test_what_is_published_names_its_source(reader: asyncpg.Connection) -> None:
    published = {each.cohort for each in CONTRIBUTIONS if each.published}
    rest = {each.cohort for each in CONTRIBUTIONS if not each.published}
    assert (len(published), len(rest), published & rest) == (1, 1, set())
    stored = await reader.fetch(
        "select c.code, k.trial, k.published, k.literature from connect.cohort_contribution k "
        "join connect.cohort c on c.id = k.cohort_id"
    )
    assert len(stored) == len(CONTRIBUTIONS)
    assert {row["code"] for row in stored if row["published"]} == published
    assert all(row["literature"] for row in stored if row["published"])


async def test_the_release_is_frozen_once_and_published(reader: asyncpg.Connection) -> None:
    query = (
        "select r.version, r.cut_off, r.published, count(s) as rows from connect.data_release r "
        "left join connect.screening_row s on s.release_id = r.id group by r.id"
    )
    (release,) = await reader.fetch(query)
    assert tuple(release)[:3] == (VERSION, a.CUT_OFF, True)
    assert release["rows"] > 0
    assert not (await verify(reader, VERSION)).differences
    await publish(reader)
    assert await reader.fetch(query) == [release]


async def test_nobody_who_consents_is_in_no_release(database: Database) -> None:
    connection = await asyncpg.connect(database.url)
    await publish(connection)
    assert await connection.fetchval("select count(*) from connect.data_release") == 0
    await connection.close()


async def test_drugs_follow_from_the_cohort_and_the_regimen(reader: asyncpg.Connection) -> None:
    wrong = await reader.fetchval(
        "select count(*) from connect.therapeutic_option o full join connect.cohort_drug c "
        "using (cohort_id) left join connect.therapeutic_option_drug d "
        "on (d.option_id, d.drug_id) = (o.id, c.drug_id) where o.id is not null and "
        "d.drug_id is null"
    )
    assert wrong == 0
    drugs = await reader.fetch(
        "select p.regimen, d.inn from connect.prior_treatment p "
        "join connect.prior_treatment_drug l on l.prior_treatment_id = p.id "
        "join connect.drug d on d.id = l.drug_id"
    )
    assert drugs
    assert all(row["inn"] in row["regimen"].lower() for row in drugs)


async def test_terms_are_a_copy_of_the_scopes(loader: asyncpg.Connection) -> None:
    copied = (
        "select count(*) from connect.scope s full join connect.scope_term t on t.scope_id = s.id "
        "where (s.code, s.kind, s.agreement_id, s.project_id, s.valid_from, s.valid_to, "
        "s.embargo_until, s.purposes, s.data_domains) is distinct from (t.code, t.kind, "
        "t.agreement_id, t.project_id, t.valid_from, t.valid_to, t.embargo_until, t.purposes, "
        "t.data_domains) or s.id is null or t.scope_id is null"
    )
    assert await loader.fetchval("select count(*) from connect.scope_term") > 5
    assert await loader.fetchval(copied) == 0
    await loader.execute(
        "update connect.scope set embargo_until = now(), data_domains = '{}' where code ~ '^AGR'"
    )
    assert await loader.fetchval(copied) == 0


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'CONSORTIUM', agreement_id = null",
        "code = 'AGR-X'",
        "agreement_id = agreement_id + 99",
    ],
)
async def test_a_scope_stays_what_it_is_for(loader: asyncpg.Connection, change: str) -> None:
    """Its pseudonyms are ids of what it is for; made another's, it would show the former's."""
    refused = asyncpg.IntegrityConstraintViolationError
    with pytest.raises(refused, match="cannot become another's"):
        await loader.execute(f"update connect.scope set {change} where code = 'AGR-ALP-01'")
