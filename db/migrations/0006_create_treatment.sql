-- migrate:up
create type connect.response as enum ('CR', 'PR', 'SD', 'PD', 'NE');
create type connect.evaluability as enum ('EVALUABLE', 'NOT_EVALUABLE', 'TOO_EARLY');
create type connect.end_reason as enum
  ('PROGRESSION', 'TOXICITY', 'DEATH', 'PATIENT_CHOICE', 'PHYSICIAN_CHOICE', 'COMPLETED', 'OTHER');
create type connect.criteria as enum
  ('RECIST_1_1', 'IRECIST', 'RANO', 'LUGANO', 'IMWG', 'PCWG3', 'GCIG_CA125');
create type connect.evaluator as enum ('INVESTIGATOR', 'INDEPENDENT');
create type connect.outcome_source as enum ('REPORTED', 'DERIVED');
create type connect.benefit as enum ('YES', 'NO', 'NOT_EVALUABLE', 'TOO_EARLY');
create type connect.event as enum ('EVENT', 'CENSORED', 'UNKNOWN');

create table connect.treatment (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  cohort_id bigint references connect.cohort,
  line integer check (line >= 1),
  ecog integer check (ecog between 0 and 5),
  end_day integer check (end_day >= 0),
  end_reason connect.end_reason,
  evaluability connect.evaluability,
  not_evaluable_reason text,
  import_batch_id bigint references connect.import_batch,
  check (not_evaluable_reason is null or evaluability = 'NOT_EVALUABLE')
);
comment on table connect.treatment is 'One enrolment of a patient: a regimen, mostly in a cohort. Day 0 is its start.';
comment on column connect.treatment.line is 'line of treatment for advanced disease, from 1';
comment on column connect.treatment.ecog is '{ECOG} performance status at start, 0-5';
comment on column connect.treatment.end_day is '[days] after treatment start; null: going on or not known';
comment on column connect.treatment.evaluability is 'for benefit at week 16; null: not known';
create index on connect.treatment (patient_id, id);
create index on connect.treatment (cohort_id, patient_id);

create table connect.treatment_identity (
  treatment_id bigint primary key references connect.treatment,
  patient_id bigint not null references connect.patient,
  source_key text collate "C" not null,
  started_on date,
  unique (patient_id, source_key)
);
comment on table connect.treatment_identity is 'The date that a treatment''s days count from, and its id in the source.';

create table connect.treatment_drug (
  treatment_id bigint not null references connect.treatment,
  drug_id bigint not null references connect.drug,
  patient_id bigint not null references connect.patient,
  primary key (treatment_id, drug_id)
);
comment on table connect.treatment_drug is 'The drugs that were given; none where not known.';
create index on connect.treatment_drug (drug_id);
create index on connect.treatment_drug (patient_id);

create table connect.response_assessment (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  treatment_id bigint not null references connect.treatment,
  day integer,
  week integer generated always as (floor(day / 7.0)::integer) stored,
  criteria connect.criteria not null,
  evaluator connect.evaluator,
  target_sum_mm double precision check (target_sum_mm >= 0 and target_sum_mm < 'Infinity'),
  change_from_baseline double precision check (change_from_baseline >= -100 and change_from_baseline < 'Infinity'),
  change_from_nadir double precision check (change_from_nadir >= -100 and change_from_nadir < 'Infinity'),
  new_lesion boolean,
  response text,
  normalised_response connect.response,
  confirmed boolean,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (treatment_id, source_key)
);
comment on table connect.response_assessment is 'One evaluation of the tumour by one set of criteria.';
comment on column connect.response_assessment.day is '[days] after treatment start';
comment on column connect.response_assessment.week is '[weeks] completed after treatment start';
comment on column connect.response_assessment.target_sum_mm is '[mm] sum of diameters of the target lesions';
comment on column connect.response_assessment.change_from_baseline is '[%] of the target sum, -100 is disappearance';
comment on column connect.response_assessment.change_from_nadir is '[%] of the target sum';
comment on column connect.response_assessment.response is 'as recorded';
comment on column connect.response_assessment.normalised_response is '{RECIST} CR, PR, SD, PD, NE; null where the recorded one does not map';
create index on connect.response_assessment (patient_id);

create table connect.outcome (
  treatment_id bigint primary key references connect.treatment,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  source connect.outcome_source not null,
  rule_set text,
  best_overall_response connect.response,
  best_confirmed_response connect.response,
  clinical_benefit_16w connect.benefit,
  progression_free_survival_days integer check (progression_free_survival_days >= 0),
  progression_free_survival_event connect.event,
  overall_survival_days integer check (overall_survival_days >= 0),
  overall_survival_event connect.event,
  duration_of_response_days integer check (duration_of_response_days >= 0),
  duration_of_response_event connect.event,
  import_batch_id bigint references connect.import_batch,
  check ((source = 'DERIVED') = (rule_set is not null)),
  check (progression_free_survival_days is null or progression_free_survival_event is not null),
  check (overall_survival_days is null or overall_survival_event is not null),
  check (duration_of_response_days is null or duration_of_response_event is not null)
);
comment on table connect.outcome is 'What came of a treatment: as reported by the source, or derived by a versioned rule set.';
comment on column connect.outcome.best_overall_response is '{RECIST} not confirmed';
comment on column connect.outcome.clinical_benefit_16w is 'CR, PR or SD at week 16; NE is never PD, too early is never NO';
comment on column connect.outcome.progression_free_survival_days is '[days] from treatment start';
comment on column connect.outcome.overall_survival_days is '[days] from treatment start, or as the source counts';
comment on column connect.outcome.duration_of_response_days is '[days] from first response';
create index on connect.outcome (patient_id);

-- A treatment is there when its patient is, and for a partner or a project only in its cohorts.
-- What hangs on a treatment is there when the treatment is.
call connect.protect_record('connect.treatment',
  'exists (select from connect.pseudonym y where y.patient_id = treatment.patient_id)');
create policy cohort_partner on connect.treatment as restrictive for select to connect_partner using (
  cohort_id in (select c.cohort_id from connect.cohort_drug c join connect.agreement_drug a using (drug_id)));
create policy cohort_researcher on connect.treatment as restrictive for select to connect_researcher using (
  (select p.all_cohorts from connect.project p)
  or cohort_id in (select c.cohort_id from connect.project_cohort c));
call connect.protect_record('connect.treatment_drug',
  'exists (select from connect.treatment t where t.id = treatment_drug.treatment_id)');
call connect.protect_record('connect.response_assessment',
  'exists (select from connect.treatment t where t.id = response_assessment.treatment_id)');
call connect.protect_record('connect.outcome',
  'exists (select from connect.treatment t where t.id = outcome.treatment_id)');
call connect.protect_identity('connect.treatment_identity');

-- migrate:down
