-- migrate:up
create table connect.prior_treatment (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  diagnosis_id bigint references connect.diagnosis,
  line integer check (line >= 1),
  regimen text collate "C" not null check (regimen <> ''),
  start_day integer check (start_day < 0),
  end_day integer check (end_day >= start_day),
  best_response connect.response,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (patient_id, source_key)
);
comment on table connect.prior_treatment is
  'A treatment that a patient had before the first one that is recorded as a treatment of the study.';
comment on column connect.prior_treatment.diagnosis_id is 'the cancer that it was for; null where not known';
comment on column connect.prior_treatment.line is 'line of treatment for advanced disease, from 1';
comment on column connect.prior_treatment.regimen is 'as recorded; what of it maps to {ATC} is in prior_treatment_drug';
comment on column connect.prior_treatment.start_day is '[days] after the start of the first treatment of the study: negative';
comment on column connect.prior_treatment.end_day is '[days] after the start of the first treatment of the study; null: not known';
comment on column connect.prior_treatment.best_response is '{RECIST} best response; null where not recorded or not mapped';
create index on connect.prior_treatment (diagnosis_id);
create index on connect.prior_treatment (import_batch_id);

create table connect.prior_treatment_drug (
  prior_treatment_id bigint not null references connect.prior_treatment,
  drug_id bigint not null references connect.drug,
  patient_id bigint not null references connect.patient,
  primary key (prior_treatment_id, drug_id)
);
comment on table connect.prior_treatment_drug is 'The drugs of a regimen that are in the vocabulary.';
create index on connect.prior_treatment_drug (drug_id);
create index on connect.prior_treatment_drug (patient_id);

call connect.protect_record('connect.prior_treatment',
  'exists (select from connect.pseudonym y where y.patient_id = prior_treatment.patient_id)');
call connect.protect_record('connect.prior_treatment_drug',
  'exists (select from connect.pseudonym y where y.patient_id = prior_treatment_drug.patient_id)');

-- migrate:down
