-- migrate:up
create type connect.relatedness as enum ('UNRELATED', 'UNLIKELY', 'POSSIBLE', 'PROBABLE', 'DEFINITE');

create table connect.adverse_event (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  treatment_id bigint not null references connect.treatment,
  term text collate "C" not null check (term <> ''),
  ctcae_term text collate "C" check (ctcae_term <> ''),
  grade integer check (grade between 1 and 5),
  serious boolean,
  relatedness connect.relatedness,
  start_day integer,
  end_day integer check (end_day >= start_day),
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (treatment_id, source_key),
  check (grade <> 5 or serious is not false)
);
comment on table connect.adverse_event is 'Something untoward that befell a patient on a treatment, caused by it or not.';
comment on column connect.adverse_event.term is 'as recorded';
comment on column connect.adverse_event.ctcae_term is '{CTCAE v5} term; null where the recorded one does not map';
comment on column connect.adverse_event.grade is '{CTCAE v5} worst grade, 1-5; 5 is death; null: not known';
comment on column connect.adverse_event.serious is '{ICH E2A} death, danger to life, hospital, disability; null: not known';
comment on column connect.adverse_event.relatedness is 'to the treatment, as the investigator judged; null: not known';
comment on column connect.adverse_event.start_day is '[days] after treatment start';
comment on column connect.adverse_event.end_day is '[days] after treatment start; null: going on or not known';
create index on connect.adverse_event (patient_id);
create index on connect.adverse_event (import_batch_id);

call connect.protect_record('connect.adverse_event',
  'exists (select from connect.treatment t where t.id = adverse_event.treatment_id)');

-- migrate:down
