-- migrate:up
create type connect.resistance_kind as enum ('PRIMARY', 'ACQUIRED');
create type connect.resistance_status as enum ('SUSPECTED', 'LIKELY', 'CONFIRMED', 'REFUTED');
create type connect.resistance_mechanism as enum (
  'ON_TARGET_SECONDARY_MUTATION', 'ON_TARGET_AMPLIFICATION', 'ON_TARGET_SPLICE', 'ON_TARGET_LOSS', 'REVERSION',
  'BYPASS_RTK', 'BYPASS_MAPK', 'BYPASS_PI3K', 'BYPASS_CELL_CYCLE', 'BYPASS_OTHER', 'DOWNSTREAM',
  'LINEAGE_TRANSFORMATION', 'IMMUNE_EVASION', 'PHARMACOLOGICAL', 'CLONAL_REPLACEMENT',
  'UNKNOWN_PROFILED', 'NOT_PROFILED');
create type connect.biomarker_change as enum ('EMERGENT', 'LOST', 'RISING', 'PERSISTING');

create table connect.resistance_finding (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  treatment_id bigint not null references connect.treatment,
  drug_id bigint references connect.drug,
  kind connect.resistance_kind not null,
  mechanism connect.resistance_mechanism not null,
  status connect.resistance_status not null,
  day_after_progression integer,
  literature text[] not null default '{}',
  curated boolean not null default false,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (treatment_id, source_key)
);
comment on table connect.resistance_finding is
  'How a tumour became resistant to a treatment, or that it was profiled without an answer, or not profiled.';
comment on column connect.resistance_finding.day_after_progression is '[days] from progression to the specimen; negative before';
comment on column connect.resistance_finding.literature is '{PubMed} ids or DOIs';
comment on column connect.resistance_finding.curated is 'true: a person judged it; a derivation never overwrites it';
create index on connect.resistance_finding (patient_id);
create index on connect.resistance_finding (drug_id);

create table connect.finding_biomarker (
  finding_id bigint not null references connect.resistance_finding,
  biomarker_id bigint not null references connect.biomarker,
  patient_id bigint not null references connect.patient,
  change connect.biomarker_change not null,
  primary key (finding_id, biomarker_id)
);
comment on table connect.finding_biomarker is 'The biomarkers that a finding names, and how they changed.';
create index on connect.finding_biomarker (biomarker_id);
create index on connect.finding_biomarker (patient_id);

create table connect.paired_evidence (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  finding_id bigint not null references connect.resistance_finding,
  biomarker_id bigint not null references connect.biomarker,
  baseline_specimen_id bigint references connect.specimen,
  comparator_specimen_id bigint references connect.specimen,
  vaf_before double precision check (vaf_before between 0 and 1),
  vaf_after double precision check (vaf_after between 0 and 1),
  tested_in_both boolean not null,
  unique (finding_id, biomarker_id, baseline_specimen_id, comparator_specimen_id)
);
comment on table connect.paired_evidence is 'One biomarker in two specimens of the same patient.';
comment on column connect.paired_evidence.vaf_before is '[0-1] in the baseline specimen; null: not tested there';
comment on column connect.paired_evidence.vaf_after is '[0-1] in the comparator specimen; null: not tested there';
comment on column connect.paired_evidence.tested_in_both is 'the gene was assessed in both specimens; otherwise nothing emerged or vanished';
create index on connect.paired_evidence (patient_id);
create index on connect.paired_evidence (biomarker_id);
create index on connect.paired_evidence (baseline_specimen_id);
create index on connect.paired_evidence (comparator_specimen_id);

call connect.protect_record('connect.resistance_finding',
  'exists (select from connect.treatment t where t.id = resistance_finding.treatment_id)');
call connect.protect_record('connect.finding_biomarker',
  'exists (select from connect.resistance_finding f where f.id = finding_biomarker.finding_id)');
call connect.protect_record('connect.paired_evidence',
  'exists (select from connect.resistance_finding f where f.id = paired_evidence.finding_id)');
call connect.protect_domain('connect.resistance_finding', 'RESISTANCE');
call connect.protect_domain('connect.finding_biomarker', 'MOLECULAR');
call connect.protect_domain('connect.paired_evidence', 'MOLECULAR');

-- migrate:down
