-- migrate:up
create type connect.sex as enum ('FEMALE', 'MALE');
create type connect.vital_status as enum ('ALIVE', 'DEAD');
create type connect.offer_status as enum
  ('ACCEPTED', 'DECLINED', 'NOT_ELIGIBLE', 'DETERIORATED', 'DIED', 'NO_SLOT', 'PENDING');

create table connect.import_batch (
  id bigint generated always as identity primary key,
  study_id bigint not null references connect.study,
  format text not null check (format ~ '^[a-z0-9-]+$'),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  imported_at timestamptz not null default now(),
  rows_read integer not null check (rows_read >= 0),
  rows_stored integer not null check (rows_stored >= 0),
  rows_quarantined integer not null check (rows_quarantined >= 0),
  report jsonb not null,
  check (rows_read = rows_stored + rows_quarantined)
);
comment on table connect.import_batch is 'One import, all or nothing: what was read, stored, set aside, and noticed.';
comment on column connect.import_batch.digest is '{SHA-256} of the files'' contents, in the order of their names';
comment on column connect.import_batch.report is 'findings: file, row, column, rule, value, remedy';
create index on connect.import_batch (study_id);

create table connect.quarantine (
  id bigint generated always as identity primary key,
  import_batch_id bigint not null references connect.import_batch,
  file text not null,
  row_number integer not null check (row_number >= 1),
  column_name text,
  rule text not null check (rule ~ '^[A-Z0-9_]+$'),
  value text,
  record jsonb not null
);
comment on table connect.quarantine is 'Rows that an import could not take, whole, with the reason.';
comment on column connect.quarantine.row_number is 'line of the file, from 1';
create index on connect.quarantine (import_batch_id);

create table connect.patient (
  id bigint generated always as identity primary key,
  key uuid not null unique default gen_random_uuid(),
  study_id bigint not null references connect.study,
  sex connect.sex,
  age_band text collate "C" check (age_band ~ '^([0-9]{1,2}-[0-9]{1,2}|90\+)$'),
  health_region connect.health_region,
  vital_status connect.vital_status,
  synthetic boolean not null default false,
  import_batch_id bigint references connect.import_batch
);
comment on table connect.patient is 'A person with advanced cancer, without what identifies.';
comment on column connect.patient.key is 'random; public ids are keyed hashes of it and it never leaves';
comment on column connect.patient.age_band is '[years] at enrolment, five-year band such as 60-64, or 90+';
comment on column connect.patient.synthetic is 'true: invented, nobody stands behind it';
create index on connect.patient (study_id);
create index on connect.patient (import_batch_id);

create table connect.patient_identity (
  patient_id bigint primary key references connect.patient,
  study_id bigint not null references connect.study,
  source_key text collate "C" not null check (source_key <> ''),
  site_id bigint references connect.site,
  birth_year integer check (birth_year between 1900 and 2100),
  age_at_enrolment_years integer check (age_at_enrolment_years between 0 and 120),
  enrolled_on date,
  unique (study_id, source_key)
);
comment on table connect.patient_identity is 'What identifies a patient: for stewards, and clinicians of the same site.';
comment on column connect.patient_identity.source_key is 'the patient''s id in the source';
comment on column connect.patient_identity.age_at_enrolment_years is '[years]';
create index on connect.patient_identity (site_id);

create table connect.consent (
  id bigint generated always as identity primary key,
  patient_id bigint not null references connect.patient,
  purpose connect.purpose not null check (purpose in ('RESEARCH', 'COMMERCIAL')),
  given_at timestamptz not null,
  withdrawn_at timestamptz,
  unique (patient_id, purpose, given_at),
  check (withdrawn_at > given_at)
);
comment on table connect.consent is 'What a patient allows, from when, and until when. Without a row: nothing.';

create table connect.pseudonym (
  scope_id bigint not null references connect.scope,
  patient_id bigint not null references connect.patient,
  public_id text collate "C" not null check (public_id ~ '^[0-9a-z]{16}$'),
  during tstzmultirange not null,
  primary key (patient_id, scope_id),
  unique (scope_id, public_id)
);
comment on table connect.pseudonym is
  'A patient''s id in one scope, and when consent and facts put the patient into it. Who has no row is not there.';
comment on column connect.pseudonym.public_id is 'keyed hash made by the loader from a key that PostgreSQL never holds';
comment on column connect.pseudonym.during is 'kept by triggers from consent, treatment, diagnosis, agreement, project and site';

create table connect.screening (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null unique references connect.patient,
  profiled_day integer,
  discussed_day integer,
  matched boolean,
  import_batch_id bigint references connect.import_batch
);
comment on table connect.screening is 'A patient''s way from referral to a match.';
comment on column connect.screening.profiled_day is '[days] from referral to the molecular profile';
comment on column connect.screening.discussed_day is '[days] from referral to the molecular tumour board';
comment on column connect.screening.matched is 'an actionable alteration with an open cohort was found; null: not known';

create table connect.screening_identity (
  screening_id bigint primary key references connect.screening,
  patient_id bigint not null references connect.patient,
  referred_on date
);
comment on table connect.screening_identity is 'The date that a screening''s days count from.';
create index on connect.screening_identity (patient_id);

create table connect.offer (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  screening_id bigint not null references connect.screening,
  cohort_id bigint references connect.cohort,
  offered_day integer,
  status connect.offer_status not null,
  import_batch_id bigint references connect.import_batch,
  unique (screening_id, cohort_id)
);
comment on table connect.offer is 'A treatment offered in a cohort, and whether it was taken, or why not.';
comment on column connect.offer.offered_day is '[days] from referral';
create index on connect.offer (patient_id);
create index on connect.offer (cohort_id);

create table connect.diagnosis (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  tumour_type text collate "C" not null,
  onco_tree_code text collate "C" references connect.onco_tree,
  icd10 text collate "C" check (icd10 ~ '^[A-Z][0-9]{2}(\.[0-9]{1,2})?$'),
  topography text collate "C" check (topography ~ '^C[0-9]{2}(\.[0-9])?$'),
  morphology text collate "C" check (morphology ~ '^[0-9]{4}/[0-9]$'),
  stage text collate "C" check (stage ~ '^(0|I|II|III|IV)[ABC]?[0-9]?$'),
  rare boolean,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (patient_id, source_key)
);
comment on table connect.diagnosis is 'A cancer that a patient has or had.';
comment on column connect.diagnosis.tumour_type is 'as recorded';
comment on column connect.diagnosis.onco_tree_code is '{OncoTree}; null where the recorded type does not map';
comment on column connect.diagnosis.icd10 is '{ICD-10}';
comment on column connect.diagnosis.topography is '{ICD-O-3}';
comment on column connect.diagnosis.morphology is '{ICD-O-3}';
comment on column connect.diagnosis.stage is '{TNM 8} stage group at enrolment';
comment on column connect.diagnosis.rare is 'incidence below 6 per 100,000 a year; null: not known';
create index on connect.diagnosis (onco_tree_code);

-- Who may see a patient is one lookup: a pseudonym in the viewer's scope, in force now. The scope
-- is the viewer's by its own policy, so this holds whatever the statement around it says.
call connect.protect('connect.pseudonym');
grant select (scope_id, patient_id, public_id, during) on connect.pseudonym
  to connect_partner, connect_researcher, connect_clinician;
create policy scoped on connect.pseudonym for select
  to connect_partner, connect_researcher, connect_clinician, connect_steward
  using (
    scope_id = (
      select s.id from connect.scope s where s.embargo_until is null or s.embargo_until <= now()
    )
    and during @> now()
  );

call connect.protect_record('connect.patient',
  'exists (select from connect.pseudonym y where y.patient_id = patient.id)');
revoke select (key) on connect.patient from connect_partner, connect_researcher, connect_clinician;
call connect.protect_record('connect.screening',
  'exists (select from connect.pseudonym y where y.patient_id = screening.patient_id)');
call connect.protect_record('connect.offer',
  'exists (select from connect.pseudonym y where y.patient_id = offer.patient_id)');
call connect.protect_record('connect.diagnosis',
  'exists (select from connect.pseudonym y where y.patient_id = diagnosis.patient_id)');
call connect.protect_identity('connect.patient_identity');
call connect.protect_identity('connect.screening_identity');
call connect.protect_identity('connect.consent');
call connect.protect_office('connect.import_batch');
call connect.protect_office('connect.quarantine');

-- What an agreement or a project narrows further: the cohorts.
create policy cohort_partner on connect.offer as restrictive for select to connect_partner using (
  cohort_id in (select c.cohort_id from connect.cohort_drug c join connect.agreement_drug a using (drug_id)));
create policy cohort_researcher on connect.offer as restrictive for select to connect_researcher using (
  (select p.all_cohorts from connect.project p)
  or cohort_id in (select c.cohort_id from connect.project_cohort c));

-- migrate:down
