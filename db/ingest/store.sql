-- From the staging tables to the records: one statement per kind, in the order they depend. Each
-- inserts what is new, changes only what differs, and notes how many of either. Ids and keys of
-- records that are there already stay.

with added as (
  insert into connect.patient
    (id, study_id, sex, age_band, vital_status, synthetic, import_batch_id)
  overriding system value
  select i.id, m.study_id, i.sex::connect.sex, i.age_band,
    i.vital_status::connect.vital_status, y.synthetic, m.batch_id
  from incoming_patient i cross join incoming_import m join connect.study y on y.id = m.study_id
  where i.fresh
  returning true as fresh
), changed as (
  update connect.patient p
  set sex = i.sex::connect.sex, age_band = i.age_band,
    vital_status = i.vital_status::connect.vital_status,
    import_batch_id = (select batch_id from incoming_import)
  from incoming_patient i
  where p.id = i.id and not i.fresh
    and (p.sex::text, p.age_band, p.vital_status::text)
      is distinct from (i.sex, i.age_band, i.vital_status)
  returning false as fresh
), stored as (select fresh from added union all select fresh from changed)
insert into incoming_change (entity, inserted, updated)
select 'patient', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with stored as (
  insert into connect.patient_identity as y
    (patient_id, study_id, source_key, birth_year, age_at_enrolment_years)
  select i.id, m.study_id, i.source_key, i.birth_year, i.age_years
  from incoming_patient i cross join incoming_import m
  on conflict (patient_id) do update
  set birth_year = excluded.birth_year, age_at_enrolment_years = excluded.age_at_enrolment_years
  where (y.birth_year, y.age_at_enrolment_years)
    is distinct from (excluded.birth_year, excluded.age_at_enrolment_years)
  returning (xmax = 0) as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'patient_identity', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with stored as (
  insert into connect.diagnosis as d
    (patient_id, source_key, tumour_type, onco_tree_code, import_batch_id)
  select distinct on (s.patient_id, s.tumour_key)
    s.patient_id, s.tumour_key, s.tumour_type, o.code, (select batch_id from incoming_import)
  from incoming_sample s left join connect.onco_tree o on o.code = s.tumour_code
  where s.tumour_key is not null
  order by s.patient_id, s.tumour_key, s.source_key
  on conflict (patient_id, source_key) do update
  set (tumour_type, onco_tree_code, import_batch_id)
    = row(excluded.tumour_type, excluded.onco_tree_code, excluded.import_batch_id)
  where (d.tumour_type, d.onco_tree_code)
    is distinct from (excluded.tumour_type, excluded.onco_tree_code)
  returning (xmax = 0) as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'diagnosis', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

-- Without a timeline, the day and the timepoint that an earlier one gave stay.
with incoming as (
  select s.id, s.fresh, s.patient_id, d.id as diagnosis_id, s.kind::connect.specimen_kind as kind,
    s.ordinal, s.tumour_cellularity_percent, s.day, s.timepoint::connect.timepoint as timepoint
  from incoming_sample s
  left join connect.diagnosis d on d.patient_id = s.patient_id and d.source_key = s.tumour_key
), added as (
  insert into connect.specimen
    (id, patient_id, diagnosis_id, kind, ordinal, tumour_cellularity_percent, day, timepoint,
      import_batch_id)
  overriding system value
  select id, patient_id, diagnosis_id, kind, ordinal, tumour_cellularity_percent, day,
    coalesce(timepoint, 'UNKNOWN'), (select batch_id from incoming_import)
  from incoming where fresh
  returning true as fresh
), changed as (
  update connect.specimen s
  set diagnosis_id = i.diagnosis_id, kind = i.kind, ordinal = i.ordinal,
    tumour_cellularity_percent = i.tumour_cellularity_percent,
    day = coalesce(i.day, s.day), timepoint = coalesce(i.timepoint, s.timepoint),
    import_batch_id = (select batch_id from incoming_import)
  from incoming i
  where s.id = i.id and not i.fresh
    and (s.diagnosis_id, s.kind, s.ordinal, s.tumour_cellularity_percent, s.day, s.timepoint)
      is distinct from (i.diagnosis_id, i.kind, i.ordinal, i.tumour_cellularity_percent,
        coalesce(i.day, s.day), coalesce(i.timepoint, s.timepoint))
  returning false as fresh
), stored as (select fresh from added union all select fresh from changed)
insert into incoming_change (entity, inserted, updated)
select 'specimen', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with stored as (
  insert into connect.specimen_identity (specimen_id, patient_id, study_id, source_key)
  select s.id, s.patient_id, m.study_id, s.source_key
  from incoming_sample s cross join incoming_import m where s.fresh
  returning true as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'specimen_identity', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

-- A profile for every specimen of tumour or plasma that was sequenced: its panel is named or
-- something was called in it. Its list is complete where the study brings the lists of its panels.
with stored as (
  insert into connect.molecular_profile as p
    (patient_id, specimen_id, source_key, assay, panel, genome_build, gene_list_complete,
      import_batch_id)
  select s.patient_id, s.id, 'sequencing', 'Panel sequencing', s.panel, s.genome_build,
    s.gene_list_complete, (select batch_id from incoming_import)
  from incoming_sample s
  where not s.normal
    and (s.panel is not null
      or exists (select from incoming_assessed a where a.sample = s.source_key))
  on conflict (specimen_id, source_key) do update
  set (panel, genome_build, gene_list_complete, import_batch_id)
    = row(excluded.panel, excluded.genome_build, excluded.gene_list_complete,
      excluded.import_batch_id)
  where (p.panel, p.genome_build, p.gene_list_complete)
    is distinct from (excluded.panel, excluded.genome_build, excluded.gene_list_complete)
  returning (xmax = 0) as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'molecular_profile', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

-- A gene that left a complete list was not tested: it must not be taken for unaltered.
delete from connect.gene_assessed a
using incoming_sample s, connect.molecular_profile p
where p.specimen_id = s.id and p.source_key = 'sequencing' and a.profile_id = p.id
  and s.gene_list_complete
  and not exists (
    select from incoming_assessed i join incoming_gene g on g.symbol = i.symbol
    where i.sample = s.source_key and g.gene_id = a.gene_id);

with stored as (
  insert into connect.gene_assessed (profile_id, gene_id, patient_id)
  select distinct p.id, g.gene_id, s.patient_id
  from incoming_assessed a
  join incoming_sample s on s.source_key = a.sample
  join connect.molecular_profile p on p.specimen_id = s.id and p.source_key = 'sequencing'
  join incoming_gene g on g.symbol = a.symbol
  on conflict do nothing
  returning true as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'gene_assessed', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with stored as (
  insert into connect.biomarker as b
    (patient_id, specimen_id, source_key, import_batch_id, profile_id, kind, gene_id, label,
      origin, copy_number_type, hgvsg, hgvsc, hgvsp, transcript, consequence, chromosome,
      position, reference_allele, alternate_allele, vaf, depth, cytoband, partner_gene_id)
  select s.patient_id, s.id, i.source_key, (select batch_id from incoming_import), p.id,
    i.kind::connect.biomarker_kind,
    g.id, case when i.kind = 'FUSION' and o.symbol is null
      then g.symbol || ' fusion, partner not determined'
      else coalesce(o.symbol || '::', '') || g.symbol || ' ' || i.change end, i.origin::connect.biomarker_origin,
    i.copy_number_type::connect.copy_number_type, i.hgvsg, i.hgvsc, i.hgvsp, i.transcript,
      i.consequence, i.chromosome, i.position, i.reference_allele, i.alternate_allele, i.vaf,
      i.depth, i.cytoband, o.id
  from incoming_biomarker i
  join incoming_sample s on s.source_key = i.sample
  join incoming_gene n on n.symbol = i.symbol
  join connect.gene g on g.id = n.gene_id
  left join incoming_gene m on m.symbol = i.partner
  left join connect.gene o on o.id = m.gene_id
  left join connect.molecular_profile p on p.specimen_id = s.id and p.source_key = 'sequencing'
  on conflict (specimen_id, source_key) do update
  set (profile_id, kind, gene_id, label, origin, copy_number_type, hgvsg, hgvsc, hgvsp,
    transcript, consequence, chromosome, position, reference_allele, alternate_allele, vaf,
    depth, cytoband, partner_gene_id, import_batch_id)
    = row(excluded.profile_id, excluded.kind, excluded.gene_id, excluded.label, excluded.origin,
      excluded.copy_number_type, excluded.hgvsg, excluded.hgvsc, excluded.hgvsp,
      excluded.transcript, excluded.consequence, excluded.chromosome, excluded.position,
      excluded.reference_allele, excluded.alternate_allele, excluded.vaf, excluded.depth,
      excluded.cytoband, excluded.partner_gene_id, excluded.import_batch_id)
  where (b.profile_id, b.kind, b.gene_id, b.label, b.origin, b.copy_number_type, b.hgvsg,
    b.hgvsc, b.hgvsp, b.transcript, b.consequence, b.chromosome, b.position, b.reference_allele,
    b.alternate_allele, b.vaf, b.depth, b.cytoband, b.partner_gene_id)
    is distinct from (excluded.profile_id, excluded.kind, excluded.gene_id, excluded.label,
      excluded.origin, excluded.copy_number_type, excluded.hgvsg, excluded.hgvsc,
      excluded.hgvsp, excluded.transcript, excluded.consequence, excluded.chromosome,
      excluded.position, excluded.reference_allele, excluded.alternate_allele, excluded.vaf,
      excluded.depth, excluded.cytoband, excluded.partner_gene_id)
  returning (xmax = 0) as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'biomarker', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

-- A cohort, a drug or an end that is not told this time stays as it is.
with added as (
  insert into connect.treatment (id, patient_id, cohort_id, end_day, import_batch_id)
  overriding system value
  select i.treatment_id, i.id, m.cohort_id, i.end_day, m.batch_id
  from incoming_patient i cross join incoming_import m where i.treatment_fresh
  returning true as fresh
), changed as (
  update connect.treatment t
  set cohort_id = coalesce(m.cohort_id, t.cohort_id), end_day = coalesce(i.end_day, t.end_day),
    import_batch_id = m.batch_id
  from incoming_patient i cross join incoming_import m
  where t.id = i.treatment_id and not i.treatment_fresh
    and (t.cohort_id, t.end_day)
      is distinct from (coalesce(m.cohort_id, t.cohort_id), coalesce(i.end_day, t.end_day))
  returning false as fresh
), stored as (select fresh from added union all select fresh from changed)
insert into incoming_change (entity, inserted, updated)
select 'treatment', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with stored as (
  insert into connect.treatment_identity (treatment_id, patient_id, source_key)
  select i.treatment_id, i.id, '1' from incoming_patient i where i.treatment_fresh
  returning true as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'treatment_identity', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with removed as (
  delete from connect.treatment_drug d using incoming_patient i, incoming_import m
  where d.treatment_id = i.treatment_id and m.drug_id is not null and d.drug_id <> m.drug_id
), stored as (
  insert into connect.treatment_drug (treatment_id, drug_id, patient_id)
  select i.treatment_id, m.drug_id, i.id
  from incoming_patient i cross join incoming_import m
  where i.treatment_id is not null and m.drug_id is not null
  on conflict do nothing
  returning true as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'treatment_drug', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

-- An outcome that a rule set derived is not overwritten by what the study reports.
with stored as (
  insert into connect.outcome as o
    (treatment_id, patient_id, source, best_overall_response, overall_survival_days,
      overall_survival_event, import_batch_id)
  select i.treatment_id, i.id, 'REPORTED', i.best_overall_response::connect.response,
    i.overall_survival_days, i.overall_survival_event::connect.event, (select batch_id from
      incoming_import)
  from incoming_patient i where i.treatment_id is not null
  on conflict (treatment_id) do update
  set (best_overall_response, overall_survival_days, overall_survival_event, import_batch_id)
    = row(excluded.best_overall_response, excluded.overall_survival_days,
      excluded.overall_survival_event, excluded.import_batch_id)
  where (o.best_overall_response, o.overall_survival_days, o.overall_survival_event)
    is distinct from (excluded.best_overall_response, excluded.overall_survival_days,
      excluded.overall_survival_event)
    and o.source = 'REPORTED'
  returning (xmax = 0) as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'outcome', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with stored as (
  insert into connect.prior_treatment as p
    (patient_id, diagnosis_id, regimen, start_day, end_day, source_key, import_batch_id)
  select i.id, (select min(d.id) from connect.diagnosis d where d.patient_id = i.id
      having count(*) = 1), r.regimen, r.start_day, r.end_day, r.source_key, m.batch_id
  from incoming_prior r join incoming_patient i on i.source_key = r.patient
  cross join incoming_import m
  on conflict (patient_id, source_key) do update
  set (diagnosis_id, regimen, start_day, end_day, import_batch_id)
    = row(excluded.diagnosis_id, excluded.regimen, excluded.start_day, excluded.end_day,
      excluded.import_batch_id)
  where (p.diagnosis_id, p.regimen, p.start_day, p.end_day)
    is distinct from (excluded.diagnosis_id, excluded.regimen, excluded.start_day, excluded.end_day)
  returning (xmax = 0) as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'prior_treatment', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;

with stored as (
  insert into connect.prior_treatment_drug (prior_treatment_id, drug_id, patient_id)
  select distinct p.id, d.id, p.patient_id
  from incoming_prior_agent a
  join incoming_patient i on i.source_key = a.patient
  join connect.prior_treatment p on (p.patient_id, p.source_key) = (i.id, a.source_key)
  join connect.drug d on d.inn = lower(a.agent)
  on conflict do nothing
  returning true as fresh
)
insert into incoming_change (entity, inserted, updated)
select 'prior_treatment_drug', count(*) filter (where fresh), count(*) filter (where not fresh)
from stored;
