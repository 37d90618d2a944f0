-- migrate:up
create type connect.board_outcome as enum
  ('OPTION_FOUND', 'NO_ACTIONABLE', 'INSUFFICIENT_MATERIAL', 'GERMLINE_REFERRAL');

create table connect.tumour_board_review (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  held_day integer,
  outcome connect.board_outcome not null,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (patient_id, source_key)
);
comment on table connect.tumour_board_review is
  'One discussion of a patient by the national molecular tumour board, which lists options and recommends none.';
comment on column connect.tumour_board_review.held_day is '[days] from referral';
create index on connect.tumour_board_review (import_batch_id);

create table connect.tumour_board_review_identity (
  tumour_board_review_id bigint primary key references connect.tumour_board_review,
  patient_id bigint not null references connect.patient,
  held_on date
);
comment on table connect.tumour_board_review_identity is 'The date of a discussion.';
create index on connect.tumour_board_review_identity (patient_id);

create table connect.therapeutic_option (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  review_id bigint not null references connect.tumour_board_review,
  biomarker_id bigint references connect.biomarker,
  cohort_id bigint references connect.cohort,
  evidence_system connect.evidence_system,
  evidence_level text collate "C",
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (review_id, source_key),
  check ((evidence_system is null) = (evidence_level is null)),
  check (case evidence_system
    when 'ESCAT' then evidence_level ~ '^(I[ABC]|II[AB]|III[AB]|IV[AB]|V|X)$'
    when 'ONCOKB' then evidence_level ~ '^([124]|3[AB]|R[12])$'
    when 'AMP' then evidence_level ~ '^(I[AB]|II[CD]|III|IV)$'
  end)
);
comment on table connect.therapeutic_option is 'A treatment that a board listed for a biomarker.';
comment on column connect.therapeutic_option.biomarker_id is 'null where the option rests on no single biomarker';
comment on column connect.therapeutic_option.cohort_id is 'the cohort of the trial that gives it; null: outside of one';
comment on column connect.therapeutic_option.evidence_level is '{ESCAT} {OncoKB} {AMP/ASCO/CAP} level on the day of the discussion';
create index on connect.therapeutic_option (patient_id);
create index on connect.therapeutic_option (biomarker_id);
create index on connect.therapeutic_option (cohort_id);
create index on connect.therapeutic_option (import_batch_id);

create table connect.therapeutic_option_drug (
  option_id bigint not null references connect.therapeutic_option,
  drug_id bigint not null references connect.drug,
  patient_id bigint not null references connect.patient,
  primary key (option_id, drug_id)
);
comment on table connect.therapeutic_option_drug is 'The drugs of an option.';
create index on connect.therapeutic_option_drug (drug_id);
create index on connect.therapeutic_option_drug (patient_id);

call connect.protect_record('connect.tumour_board_review',
  'exists (select from connect.pseudonym y where y.patient_id = tumour_board_review.patient_id)');
call connect.protect_identity('connect.tumour_board_review_identity');
call connect.protect_record('connect.therapeutic_option',
  'exists (select from connect.pseudonym y where y.patient_id = therapeutic_option.patient_id)');
call connect.protect_record('connect.therapeutic_option_drug',
  'exists (select from connect.therapeutic_option o where o.id = therapeutic_option_drug.option_id)');
call connect.protect_domain('connect.tumour_board_review', 'MOLECULAR');
call connect.protect_domain('connect.therapeutic_option', 'MOLECULAR');
call connect.protect_domain('connect.therapeutic_option_drug', 'MOLECULAR');

-- As with offers: a company is not told of other companies' options, nor of those outside cohorts.
create policy cohort_partner on connect.therapeutic_option as restrictive for select to connect_partner using (
  cohort_id in (select c.cohort_id from connect.cohort_drug c join connect.agreement_drug a using (drug_id)));
create policy cohort_researcher on connect.therapeutic_option as restrictive for select to connect_researcher using (
  (select p.all_cohorts from connect.project p)
  or cohort_id in (select c.cohort_id from connect.project_cohort c));

-- migrate:down
