-- migrate:up
create type connect.payer as enum ('COMPANY', 'PUBLIC');

create table connect.treatment_funding (
  treatment_id bigint not null references connect.treatment,
  from_day integer not null check (from_day >= 0),
  patient_id bigint not null references connect.patient,
  payer connect.payer not null,
  import_batch_id bigint references connect.import_batch,
  primary key (treatment_id, from_day)
);
comment on table connect.treatment_funding is
  'Who pays for the drugs of a treatment from a day on, until the next row or the end of the treatment.';
comment on column connect.treatment_funding.from_day is '[days] after treatment start';
create index on connect.treatment_funding (patient_id);
create index on connect.treatment_funding (import_batch_id);

call connect.protect_record('connect.treatment_funding',
  'exists (select from connect.treatment t where t.id = treatment_funding.treatment_id)');

-- migrate:down
