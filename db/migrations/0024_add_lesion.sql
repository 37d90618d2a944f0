-- migrate:up
create type connect.lesion_kind as enum ('TARGET', 'NON_TARGET', 'NEW');

-- The combined criteria are not CA-125 alone, and neither is RECIST: the three are never mixed.
alter type connect.criteria add value 'RECIST_1_1_GCIG_CA125';

-- Two independent readers are two evaluators: what each said stays apart.
alter table connect.response_assessment
  add column evaluator_id text collate "C" check (evaluator_id <> ''),
  add column accepted boolean,
  add column visit text collate "C" check (visit <> ''),
  add column method text collate "C" check (method <> '');
comment on column connect.response_assessment.evaluator_id is
  'which of several evaluators, as recorded, such as RADIOLOGIST 2; null where there is one';
comment on column connect.response_assessment.accepted is
  'the evaluator whose verdict counts where several judged; null: not said';
comment on column connect.response_assessment.visit is 'as recorded, such as WEEK 6';
comment on column connect.response_assessment.method is 'as recorded, such as PET-CT; null: not said';
grant select (evaluator_id, accepted, visit, method) on connect.response_assessment
  to connect_partner, connect_researcher, connect_clinician;

create table connect.response_component (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  treatment_id bigint not null references connect.treatment,
  assessment_id bigint not null references connect.response_assessment,
  test text collate "C" not null check (test <> ''),
  response text not null check (response <> ''),
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (assessment_id, source_key)
);
comment on table connect.response_component is
  'One part of an assessment: what was judged of the target lesions, of the bones, of new lesions.';
comment on column connect.response_component.test is
  '{SDTM RSTESTCD} such as TRGRESP, NTRGRESP, NEWLPROG, SFTSRESP, BONERESP';
comment on column connect.response_component.response is 'as recorded';
create index on connect.response_component (patient_id);
create index on connect.response_component (treatment_id);
create index on connect.response_component (import_batch_id);

create table connect.lesion (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  treatment_id bigint not null references connect.treatment,
  number text collate "C" not null check (number <> ''),
  kind connect.lesion_kind not null,
  location text collate "C" check (location <> ''),
  method text collate "C" check (method <> ''),
  evaluator connect.evaluator,
  evaluator_id text collate "C" check (evaluator_id <> ''),
  accepted boolean,
  visit text collate "C" check (visit <> ''),
  day integer,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (treatment_id, source_key)
);
comment on table connect.lesion is
  'A lesion as one evaluator identified it; the same one seen by two evaluators is two rows.';
comment on column connect.lesion.number is 'the evaluator''s own name of it, such as T01';
comment on column connect.lesion.kind is '{RECIST} as identified: TARGET, NON_TARGET or NEW';
comment on column connect.lesion.location is 'as recorded, such as LYMPH NODE';
comment on column connect.lesion.method is 'as recorded, such as CT SCAN';
comment on column connect.lesion.evaluator_id is
  'which of several evaluators, as recorded; null where there is one';
comment on column connect.lesion.accepted is
  'the evaluator whose verdict counts where several judged; null: not said';
comment on column connect.lesion.visit is 'at which it was identified, as recorded';
comment on column connect.lesion.day is '[days] after treatment start, when it was identified';
create index on connect.lesion (patient_id);
create index on connect.lesion (import_batch_id);

create table connect.lesion_measurement (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  treatment_id bigint not null references connect.treatment,
  lesion_id bigint not null references connect.lesion,
  day integer,
  visit text collate "C" check (visit <> ''),
  diameter_mm double precision check (diameter_mm >= 0 and diameter_mm < 'Infinity'),
  perpendicular_mm double precision check (perpendicular_mm >= 0 and perpendicular_mm < 'Infinity'),
  state text collate "C" check (state <> ''),
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (lesion_id, source_key),
  check (coalesce(diameter_mm, perpendicular_mm) is not null or state is not null)
);
comment on table connect.lesion_measurement is 'What one evaluator saw of a lesion at one visit.';
comment on column connect.lesion_measurement.day is '[days] after treatment start';
comment on column connect.lesion_measurement.visit is 'as recorded, such as WEEK 6';
comment on column connect.lesion_measurement.diameter_mm is '[mm] longest diameter';
comment on column connect.lesion_measurement.perpendicular_mm is
  '[mm] longest diameter across that; the short axis of a lymph node';
comment on column connect.lesion_measurement.state is
  'of a lesion that is not measured, as recorded, such as PRESENT, ABSENT, UNEQUIVOCAL PROGRESSION';
create index on connect.lesion_measurement (patient_id);
create index on connect.lesion_measurement (treatment_id);
create index on connect.lesion_measurement (import_batch_id);

call connect.protect_record('connect.response_component',
  'exists (select from connect.treatment t where t.id = response_component.treatment_id)');
call connect.protect_record('connect.lesion',
  'exists (select from connect.treatment t where t.id = lesion.treatment_id)');
call connect.protect_record('connect.lesion_measurement',
  'exists (select from connect.treatment t where t.id = lesion_measurement.treatment_id)');

-- migrate:down
