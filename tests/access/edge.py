"""Rows at the edges of the rules, which the synthetic set has few of or none."""

from __future__ import annotations

import asyncpg

# Contracts that are over, under embargo, narrow, or without molecular data.
_CONTRACTS = """
insert into connect.agreement (code, partner_id, model)
select c.code, p.id, 'DRUG_SUPPLY' from connect.partner p,
  (values ('AGR-OVER-01'), ('AGR-EARLY-01'), ('AGR-HUSH-01'), ('AGR-CLIN-01')) c (code)
where p.code = 'SKAGEN';
insert into connect.agreement_drug
select a.id, d.drug_id from connect.agreement a, connect.agreement_drug d
join connect.agreement o on o.id = d.agreement_id
where a.code ~ '^AGR-(OVER|EARLY|HUSH|CLIN)-01$' and o.code in ('AGR-OLA-01', 'AGR-DAB-01');
insert into connect.scope
  (kind, code, agreement_id, valid_from, valid_to, embargo_until, purposes, data_domains)
select 'AGREEMENT', a.code, a.id,
  case when a.code ~ 'EARLY' then now() + interval '1 year' else now() - interval '2 years' end,
  case when a.code ~ 'OVER' then now() - interval '1 day' end,
  case when a.code ~ 'HUSH' then now() + interval '1 year' end,
  '{COMMERCIAL}', case when a.code ~ 'CLIN' then '{RESISTANCE}'::connect.data_domain[]
  else '{MOLECULAR,RESISTANCE}' end
from connect.agreement a where a.code ~ '^AGR-(OVER|EARLY|HUSH|CLIN)-01$';
insert into connect.project (code, title, partner_id, all_cohorts, all_tumour_types)
select c.code, 'At the edge', p.id, c.cohorts, c.tumours from connect.partner p,
  (values ('PRJ-LIST-01', false, false), ('PRJ-ALL-01', true, true)) c (code, cohorts, tumours)
where p.code = 'UIB';
insert into connect.project_cohort
select j.id, c.id from connect.project j, connect.cohort c
where j.code = 'PRJ-LIST-01' and c.id % 2 = 0;
insert into connect.project_tumour_type
select j.id, o.code from connect.project j, connect.onco_tree o
where j.code = 'PRJ-LIST-01' and o.code <> o.tissue_code and o.tissue_code in ('LUNG', 'BOWEL');
insert into connect.scope (kind, code, project_id, valid_from, purposes, data_domains)
select 'PROJECT', j.code, j.id, now() - interval '1 year', '{RESEARCH}',
  case when j.code ~ 'ALL' then '{}'::connect.data_domain[]
  else '{MOLECULAR,RESISTANCE}' end
from connect.project j where j.code in ('PRJ-LIST-01', 'PRJ-ALL-01');
"""
# More treatments, in any cohort or none, of patients whose consents begin, end, and come back.
_PATIENTS = """
insert into connect.diagnosis (patient_id, tumour_type, onco_tree_code, source_key)
select p.id, 'second', (array['LUAD', 'COAD', 'BRCA', null])[1 + p.id % 4], 'edge'
from connect.patient p
where p.id % 3 = 0 and (p.id % 4 = 3 or exists (select from connect.onco_tree
  where code = (array['LUAD', 'COAD', 'BRCA', null])[1 + p.id % 4]));
insert into connect.treatment (patient_id, cohort_id, line, not_evaluable_reason, evaluability)
select p.id, case when p.id % 5 > 0 then c.id end, 9, 'too ill', 'NOT_EVALUABLE'
from connect.patient p join connect.cohort c on c.id % 7 = p.id % 7 where p.id % 2 = 0;
insert into connect.treatment_identity (treatment_id, patient_id, source_key, started_on)
select t.id, t.patient_id, 'edge-' || t.id, date '2024-02-29' from connect.treatment t
where t.line = 9;
insert into connect.treatment_drug (treatment_id, drug_id, patient_id)
select t.id, d.drug_id, t.patient_id from connect.treatment t join connect.cohort_drug d
using (cohort_id) where t.line = 9;
insert into connect.response_assessment (patient_id, treatment_id, day, criteria, source_key)
select t.patient_id, t.id, 60, 'RANO', 'edge' from connect.treatment t where t.line = 9;
insert into connect.response_assessment (patient_id, treatment_id, day, criteria, evaluator,
  evaluator_id, accepted, visit, method, source_key)
select t.patient_id, t.id, 61, 'RECIST_1_1_GCIG_CA125', 'INDEPENDENT', 'RADIOLOGIST 2',
  t.id % 2 = 0, 'WEEK 9', 'PET-CT', 'edge reader'
from connect.treatment t where t.line = 9;
insert into connect.response_component (patient_id, treatment_id, assessment_id, test, response,
  source_key)
select a.patient_id, a.treatment_id, a.id, c.test, 'NON-CR/NON-PD', c.test
from connect.response_assessment a, (values ('NTRGRESP'), ('BONERESP')) c (test)
where a.source_key = 'edge reader';
insert into connect.lesion (patient_id, treatment_id, number, kind, location, method, evaluator,
  evaluator_id, accepted, visit, day, source_key)
select t.patient_id, t.id, 'T01', 'TARGET', 'LYMPH NODE', 'CT SCAN', 'INDEPENDENT',
  'RADIOLOGIST 1', true, 'SCREENING', -7, 'edge'
from connect.treatment t where t.line = 9;
insert into connect.lesion_measurement (patient_id, treatment_id, lesion_id, day, visit,
  diameter_mm, perpendicular_mm, state, source_key)
select l.patient_id, l.treatment_id, l.id, d.day, 'VISIT', 30 - d.day, 11.5, 'PRESENT', d.day::text
from connect.lesion l, (values (-7), (21)) d (day);
insert into connect.outcome (treatment_id, patient_id, source, rule_set, best_overall_response,
  best_confirmed_response, overall_survival_days, overall_survival_event)
select t.id, t.patient_id, 'DERIVED', 'edge-1', 'PR', 'SD', t.id, 'EVENT'
from connect.treatment t where t.line = 9;
insert into connect.resistance_finding (patient_id, treatment_id, drug_id, kind, mechanism, status,
  literature, source_key, day_after_progression, curated, rule_set, basis)
select t.patient_id, t.id, d.drug_id, 'ACQUIRED', 'REVERSION', 'LIKELY', '{10.1/x,"a, b"}', 'edge',
  -t.id, true, 'edge-1', 'SAME_MATERIAL'
from connect.treatment t
left join lateral (select * from connect.treatment_drug where treatment_id = t.id limit 1) d on true
where t.line = 9;
insert into connect.finding_biomarker
select f.id, b.id, f.patient_id, 'RISING' from connect.resistance_finding f
join lateral (select * from connect.biomarker where patient_id = f.patient_id order by id limit 2) b
on true where f.source_key = 'edge';
insert into connect.paired_evidence (patient_id, finding_id, biomarker_id, baseline_specimen_id,
  comparator_specimen_id, vaf_before, vaf_after, tested_in_both, change)
select f.patient_id, f.finding_id, f.biomarker_id, b.specimen_id, b.specimen_id, 0.1, 0.7, true,
  'RISING'
from connect.finding_biomarker f join connect.biomarker b on b.id = f.biomarker_id
where f.change = 'RISING';
insert into connect.offer (patient_id, screening_id, cohort_id, offered_day, status)
select s.patient_id, s.id, case when s.id % 3 > 0 then 1 + s.id % 9 end, 12, 'NO_SLOT'
from connect.screening s where s.id % 4 = 0
on conflict do nothing;
"""
_CONSENTS = """
update connect.consent set withdrawn_at = now() - interval '1 hour' where patient_id % 6 = 1;
insert into connect.consent (patient_id, purpose, given_at)
select distinct patient_id, purpose, now() - interval '1 minute' from connect.consent
where patient_id % 12 = 1;
update connect.consent set given_at = now() + interval '1 year'
where patient_id % 6 = 2 and withdrawn_at is null;
delete from connect.consent where patient_id % 6 = 3 and purpose = 'COMMERCIAL';
insert into connect.consent (patient_id, purpose, given_at)
select p.id, 'COMMERCIAL', now() - interval '1 day' from connect.patient p
where p.id % 6 = 4 and not exists (
  select from connect.consent c where c.patient_id = p.id and c.purpose = 'COMMERCIAL');
"""
# What hangs on patients, treatments and cohorts, of the kinds that nobody has imported yet.
_RECORDS = """
insert into connect.prior_treatment (patient_id, diagnosis_id, line, regimen, start_day, end_day,
  best_response, source_key)
select d.patient_id, case when d.id % 3 > 0 then d.id end, 1, 'FOLFOX', -90, -9, 'PR',
  'edge-' || d.id
from connect.diagnosis d
on conflict do nothing;
insert into connect.prior_treatment_drug
select t.id, d.id, t.patient_id from connect.prior_treatment t
join connect.drug d on d.id in (1 + t.id % 7, 9 + t.id % 5)
on conflict do nothing;
insert into connect.biomarker_evidence (patient_id, biomarker_id, system, level, drug_id,
  tumour_type, onco_tree_code, source, literature, source_key)
select b.patient_id, b.id, 'ESCAT', 'IA', 1 + b.id % 9, 'any', (select min(code) from
  connect.onco_tree), 'edge 1', '{10.1/y}', 'edge' from connect.biomarker b where b.id % 2 = 0
on conflict do nothing;
insert into connect.tumour_board_review (patient_id, held_day, outcome, source_key)
select id, id, 'OPTION_FOUND', 'edge' from connect.patient
on conflict do nothing;
insert into connect.tumour_board_review_identity
select id, patient_id, date '2023-01-01' + id::int from connect.tumour_board_review
on conflict do nothing;
insert into connect.therapeutic_option (patient_id, review_id, biomarker_id, cohort_id,
  evidence_system, evidence_level, source_key)
select r.patient_id, r.id, (select min(id) from connect.biomarker where patient_id = r.patient_id),
  c.id, 'AMP', 'IA', 'edge-' || coalesce(c.id, 0)
from connect.tumour_board_review r cross join (
  select id from connect.cohort union all select null) c where (r.id + coalesce(c.id, 0)) % 3 = 0
on conflict do nothing;
insert into connect.therapeutic_option_drug
select o.id, d.drug_id, o.patient_id from connect.therapeutic_option o
join connect.cohort_drug d using (cohort_id)
on conflict do nothing;
insert into connect.treatment_funding (treatment_id, from_day, patient_id, payer)
select t.id, f.day, t.patient_id, f.payer from connect.treatment t,
  (values (0, 'COMPANY'::connect.payer), (112, 'PUBLIC')) f (day, payer)
on conflict do nothing;
insert into connect.adverse_event (patient_id, treatment_id, term, ctcae_term, grade, serious,
  relatedness, start_day, end_day, source_key)
select t.patient_id, t.id, 'tired', 'Fatigue', 2, true, 'POSSIBLE', t.id, t.id + 1, 'edge'
from connect.treatment t
on conflict do nothing;
insert into connect.concordance (patient_id, tissue_specimen_id, plasma_specimen_id, days_apart,
  genes_assessed_in_both, altered_in_both, altered_in_tissue_only, altered_in_plasma_only, rule_set)
select s.patient_id, s.id, s.id, s.id % 31, 1 + s.id % 40, '{KRAS}', '{"a, b",TP53}',
  case when s.id % 2 = 0 then '{BRAF}' else '{}' end::text[], 'edge-1'
from connect.specimen s where s.id % 3 = 0
on conflict do nothing;
insert into connect.treatment_biomarker
select t.id, b.id, t.patient_id from connect.treatment t join lateral (
  select id from connect.biomarker where patient_id = t.patient_id order by id limit 2) b on true
on conflict do nothing;
insert into connect.cohort_contribution
  (cohort_id, trial, patients_treated, counted_on, published, literature)
select c.id, t.trial, c.id, '2024-01-01', t.published, '{10.1/z}' from connect.cohort c,
  (values ('DRUP', true), ('ProTarget', false)) t (trial, published)
on conflict do nothing;
"""
# Values for the columns that the synthetic set leaves empty.
_VALUES = """
update connect.study set title = coalesce(title, code);
update connect.drug set atc = coalesce(atc, 'L01XK01') where id % 2 = 0;
update connect.diagnosis set icd10 = 'C18.9', topography = 'C18.9', morphology = '8140/3',
  stage = 'IVA', rare = id % 4 = 0 where id % 2 = 0;
update connect.specimen set anatomic_site = 'liver ' || id,
  tumour_cellularity_percent = 1.0 / (1 + id % 97) where id % 2 = 0;
update connect.specimen_identity set collected_on = date '2020-01-01' + specimen_id::int
where specimen_id % 2 = 0;
update connect.molecular_profile set panel = 'panel ' || id, genome_build = 'GRCh37',
  qc_status = 'PASSED', turnaround_days = id, ctdna_fraction_percent = id / 1000.0 where id % 2 = 0;
update connect.biomarker set hgvsg = 'g.' || id, hgvsc = 'c.' || id, transcript = 'NM_' || id,
  consequence = 'Missense', chromosome = '7', position = id, reference_allele = 'A',
  alternate_allele = 'TT', vaf = 1.0 / (1 + id), depth = id
where kind = 'SMALL_VARIANT' and id % 2 = 0;
update connect.biomarker set copies = id / 3.0, cytoband = '17q' || id
where kind = 'COPY_NUMBER' and id % 2 = 0;
update connect.biomarker set depth = id where kind in ('FUSION', 'SPLICE_VARIANT') and id % 2 = 0;
insert into connect.biomarker (patient_id, specimen_id, kind, gene_id, label, value, unit, call,
  depth, source_key)
select s.patient_id, s.id, k.kind, 1 + s.id % 100, 'edge ' || s.id,
  case when k.kind = 'PROTEIN_EXPRESSION' then s.id / 7.0 end,
  case when k.kind = 'PROTEIN_EXPRESSION' then '%' end,
  case when k.kind = 'PROTEIN_EXPRESSION' then 'HIGH'::connect.biomarker_call end,
  case when k.kind = 'SPLICE_VARIANT' then s.id end, 'edge-' || k.kind
from connect.specimen s,
  (values ('PROTEIN_EXPRESSION'::connect.biomarker_kind), ('SPLICE_VARIANT')) k (kind)
where s.id % 3 = 0;
insert into connect.biomarker (patient_id, specimen_id, kind, gene_id, partner_gene_id, label,
  depth, source_key)
select s.patient_id, s.id, 'FUSION', 1 + s.id % 50, 60 + s.id % 50, 'fusion', s.id, 'edge-f'
from connect.specimen s where s.id % 3 = 1;
insert into connect.biomarker (patient_id, specimen_id, kind, signature_kind, label, value, unit,
  call, source_key)
select s.patient_id, s.id, 'SIGNATURE', 'MSI', 'MSI', s.id / 9.0, '%', 'LOW', 'edge-s'
from connect.specimen s where s.id % 3 = 2;
insert into connect.biomarker_evidence (patient_id, biomarker_id, system, level, source, source_key)
select patient_id, id, 'ESCAT', 'IA', 'edge 2', 'edge' from connect.biomarker
where source_key = 'edge-SPLICE_VARIANT';
update connect.treatment set ecog = 1, end_day = id, end_reason = 'TOXICITY' where id % 2 = 0;
update connect.response_assessment set evaluator = 'INDEPENDENT', target_sum_mm = id / 10.0,
  change_from_baseline = -id / 1000.0, change_from_nadir = id / 7.0, new_lesion = id % 4 = 0,
  response = 'as was', normalised_response = 'SD', confirmed = id % 4 = 0 where id % 2 = 0;
update connect.outcome set clinical_benefit_16w = 'YES', progression_free_survival_days = 100,
  progression_free_survival_event = 'CENSORED', duration_of_response_event = 'UNKNOWN'
where treatment_id % 2 = 0;
update connect.outcome set duration_of_response_days = 40, duration_of_response_event = 'EVENT'
where treatment_id % 3 = 0;
update connect.outcome set best_overall_response_reason = 'RESPONSE',
  best_confirmed_response_reason = 'RESPONSE_NOT_CONFIRMED', best_immune_response = 'IUPD',
  best_immune_response_reason = 'UNCONFIRMED_PROGRESSION', best_confirmed_immune_response = 'ISD',
  best_confirmed_immune_response_reason = 'STABLE', clinical_benefit_16w_reason = 'DISEASE_CONTROL',
  evaluability = 'EVALUABLE', evaluability_reason = 'ONE_CYCLE', overall_survival_reason = 'DEATH',
  progression_free_survival_reason = 'NEXT_THERAPY', duration_of_response_reason = 'MISSED_VISITS',
  criteria = 'IRECIST', evaluator = 'INDEPENDENT', data_cut_off = '2024-06-01'
where source = 'DERIVED' and treatment_id % 4 > 0;
insert into connect.outcome_assessment
select a.treatment_id, a.id, a.patient_id from connect.response_assessment a
join connect.outcome o using (treatment_id) where o.source = 'DERIVED' on conflict do nothing;
update connect.study set data_cut_off = '2024-06-01';
update connect.treatment set route = 'INTRAVENOUS', death_day = 40 + id, next_therapy_day = id,
  last_known_alive_day = 30 + id where id % 2 = 0;
update connect.treatment set evaluability_rule_set = 'edge-1'
where id % 3 = 0 and evaluability is not null;
update connect.biomarker set gene_id = 7 where kind = 'SIGNATURE' and id % 2 = 0;
update connect.biomarker set origin = 'GERMLINE' where id % 3 > 0;
insert into connect.quarantine (import_batch_id, file, row_number, rule, record)
select id, 'x.csv', 1, 'BROKEN', '{}' from connect.import_batch;
update connect.patient set import_batch_id = null where id % 2 = 0;
"""
_AUDIT = """
insert into connect.audit_chain (id, opened_at, key_name, digest)
values (gen_random_uuid(), now(), '\\x0000000000000000', sha256('chain'));
insert into connect.audit_document values (sha256('{ viewer { role } }'), '{ viewer { role } }');
insert into connect.audit_entry
select c.id, 1, now(), repeat('0', 32), null, 'https://issuer.example', '999999999', 'somebody',
  'PARTNER', 'AGR-OLA-01', 'COMMERCIAL', '/graphql', null, d.digest, '{}', '{}', '{}', 0, null,
  'ANSWERED', '{}', 1, c.digest, sha256('entry')
from connect.audit_chain c, connect.audit_document d;
insert into connect.audit_seal
select 1, now(), c.id, 0, c.digest, sha256('before'), sha256('seal') from connect.audit_chain c;
"""
# Of each role one alone, one of all, and one that has ended.
_OPERATIONS = """
insert into connect.stored_operation (name, version, document, roles, added_at)
select lower(r::text), 1, '{ viewer { role } }', array[r], '2024-01-01'
from unnest(enum_range(null::connect.role)) r;
insert into connect.stored_operation (name, version, document, roles, added_at, ended_at) values
  ('all', 1, '{ viewer { role } }', enum_range(null::connect.role), '2024-01-01', '2024-02-01'),
  ('all', 2, '{ releases { totalCount } }', enum_range(null::connect.role), '2024-02-01', null);
"""
# A release whose lines are told, and one whose lines are not yet.
_PUBLICATIONS = """
insert into connect.data_release (version, cut_off, frozen_at, manifest_digest)
select v, '2024-01-01', '2024-02-01', repeat('e', 64)
from unnest('{EDGE-OPEN,EDGE-SHUT}'::text[]) v;
insert into connect.published_grouping
select r.id, 'COHORT', '{COHORT}' from connect.data_release r where r.version ~ '^EDGE';
insert into connect.published_cell
select r.id, 'COHORT', c.id, array[c.code], 20 + c.id, 10, 10, 3, 3, c.id, c.id
from connect.data_release r, connect.cohort c where r.version ~ '^EDGE' and c.id < 8;
insert into connect.published_stage
select r.id, c.code, 'EXPANSION' from connect.data_release r, connect.cohort c
where r.version ~ '^EDGE' and c.id % 2 = 0;
insert into connect.publication_report
select v.release_id, v.grouping_name, v.place, 'PATIENTS', 'EXACT' from connect.published_cell v;
insert into connect.publication
  (release_id, published_at, lattice, parameters, algorithm, digest, signature, key_id)
select r.id, '2024-03-01', '["COHORT"]', '{}', 'edge', repeat('d', 64), 's', 'k'
from connect.data_release r where r.version ~ '^EDGE';
insert into connect.publication_draft (release_id, inputs, family, step, line)
select r.id, repeat('a', 64), 'RESPONSE', 0, '{}' from connect.data_release r
where r.version = 'EDGE-SHUT';
update connect.data_release set published = true where version = 'EDGE-OPEN';
"""
_STEPS = (_CONTRACTS, _PATIENTS, _CONSENTS, _VALUES, _RECORDS, _AUDIT, _OPERATIONS, _PUBLICATIONS)


async def sharpen(connection: asyncpg.Connection) -> None:
    """Add what the rules turn on; pseudonyms of the new scopes are the caller's to make."""
    for step in _STEPS:
        await connection.execute(step)
