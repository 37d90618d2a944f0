-- migrate:up
create table connect.treatment_biomarker (
  treatment_id bigint not null references connect.treatment,
  biomarker_id bigint not null references connect.biomarker,
  patient_id bigint not null references connect.patient,
  primary key (treatment_id, biomarker_id)
);
comment on table connect.treatment_biomarker is 'The biomarkers that let a patient into the cohort of a treatment.';
create index on connect.treatment_biomarker (biomarker_id);
create index on connect.treatment_biomarker (patient_id);

call connect.protect_record('connect.treatment_biomarker',
  'exists (select from connect.treatment t where t.id = treatment_biomarker.treatment_id)');
call connect.protect_domain('connect.treatment_biomarker', 'MOLECULAR');

-- migrate:down
