-- migrate:up
create type connect.specimen_kind as enum
  ('FFPE', 'FRESH_FROZEN', 'CTDNA', 'CYTOLOGY', 'BONE_MARROW', 'NORMAL_BLOOD', 'OTHER');
create type connect.timepoint as enum ('BASELINE', 'ON_TREATMENT', 'PROGRESSION', 'POST_TREATMENT', 'UNKNOWN');
create type connect.qc_status as enum ('PASSED', 'FAILED', 'INSUFFICIENT_MATERIAL');
create type connect.biomarker_kind as enum
  ('SMALL_VARIANT', 'COPY_NUMBER', 'FUSION', 'SPLICE_VARIANT', 'SIGNATURE', 'PROTEIN_EXPRESSION');
create type connect.biomarker_origin as enum ('SOMATIC', 'GERMLINE');
create type connect.copy_number_type as enum ('AMPLIFICATION', 'GAIN', 'LOSS', 'DEEP_DELETION');
create type connect.signature_kind as enum ('TMB', 'MSI', 'HRD');
create type connect.biomarker_call as enum ('HIGH', 'LOW', 'STABLE', 'POSITIVE', 'NEGATIVE', 'INDETERMINATE');

create table connect.specimen (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  diagnosis_id bigint references connect.diagnosis,
  kind connect.specimen_kind not null,
  timepoint connect.timepoint not null default 'UNKNOWN',
  ordinal integer check (ordinal >= 1),
  day integer,
  tumour_cellularity_percent double precision check (tumour_cellularity_percent between 0 and 100),
  import_batch_id bigint references connect.import_batch
);
comment on table connect.specimen is 'Tissue, plasma or blood taken from a patient.';
comment on column connect.specimen.ordinal is 'order of sampling among the patient''s specimens of tumour or plasma, from 1; null: not known';
comment on column connect.specimen.day is '[days] after treatment start; negative before';
comment on column connect.specimen.tumour_cellularity_percent is '[%] of cells that are tumour';
create index on connect.specimen (patient_id, id);
create index on connect.specimen (diagnosis_id);

create table connect.specimen_identity (
  specimen_id bigint primary key references connect.specimen,
  patient_id bigint not null references connect.patient,
  study_id bigint not null references connect.study,
  source_key text collate "C" not null check (source_key <> ''),
  collected_on date,
  unique (study_id, source_key)
);
comment on table connect.specimen_identity is 'What identifies a specimen: its id in the source and its date.';
create index on connect.specimen_identity (patient_id);

create table connect.molecular_profile (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  specimen_id bigint not null references connect.specimen,
  assay text collate "C" not null,
  panel text,
  genome_build text check (genome_build in ('GRCh37', 'GRCh38')),
  qc_status connect.qc_status,
  turnaround_days integer check (turnaround_days >= 0),
  ctdna_fraction_percent double precision check (ctdna_fraction_percent between 0 and 100),
  gene_list_complete boolean not null,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (specimen_id, source_key)
);
comment on table connect.molecular_profile is 'One assay on one specimen.';
comment on column connect.molecular_profile.turnaround_days is '[days] from specimen to report';
comment on column connect.molecular_profile.ctdna_fraction_percent is '[%] of cell-free DNA that is tumour';
comment on column connect.molecular_profile.gene_list_complete is
  'true: gene_assessed lists every gene the assay tested; false: only those known to be tested, the others are unknown';
create index on connect.molecular_profile (patient_id, id);

create table connect.gene_assessed (
  profile_id bigint not null references connect.molecular_profile,
  gene_id bigint not null references connect.gene,
  patient_id bigint not null references connect.patient,
  primary key (profile_id, gene_id)
);
comment on table connect.gene_assessed is 'The genes that a profile tested. Untested is never wild-type.';
create index on connect.gene_assessed (patient_id, gene_id);
create index on connect.gene_assessed (gene_id);

create table connect.biomarker (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  specimen_id bigint not null references connect.specimen,
  profile_id bigint references connect.molecular_profile,
  kind connect.biomarker_kind not null,
  gene_id bigint references connect.gene,
  label text collate "C" not null check (label <> ''),
  origin connect.biomarker_origin,
  hgvsg text,
  hgvsc text,
  hgvsp text,
  transcript text,
  consequence text,
  chromosome text collate "C",
  position integer check (position > 0),
  reference_allele text,
  alternate_allele text,
  vaf double precision check (vaf between 0 and 1),
  depth integer check (depth >= 0),
  copy_number_type connect.copy_number_type,
  copies double precision check (copies >= 0),
  cytoband text collate "C",
  partner_gene_id bigint references connect.gene,
  signature_kind connect.signature_kind,
  value double precision check (value not in ('NaN', 'Infinity', '-Infinity')),
  unit text,
  call connect.biomarker_call,
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (specimen_id, source_key),
  check (kind = 'SIGNATURE' or gene_id is not null),
  check (kind = 'SMALL_VARIANT'
    or num_nonnulls(hgvsg, hgvsc, hgvsp, consequence, position, reference_allele, alternate_allele, vaf) = 0),
  check ((kind = 'COPY_NUMBER') = (copy_number_type is not null)),
  check (kind = 'COPY_NUMBER' or num_nonnulls(copies, cytoband) = 0),
  check (kind = 'FUSION' or partner_gene_id is null),
  check ((kind = 'SIGNATURE') = (signature_kind is not null)),
  check (kind in ('SIGNATURE', 'PROTEIN_EXPRESSION') or num_nonnulls(value, unit, call) = 0),
  check (kind in ('SMALL_VARIANT', 'FUSION', 'SPLICE_VARIANT') or depth is null)
);
comment on table connect.biomarker is 'A finding in a specimen, of one of the kinds; the columns of other kinds are null.';
comment on column connect.biomarker.label is 'gene and change as written for people, such as BRAF p.V600E';
comment on column connect.biomarker.hgvsg is '{HGVS}';
comment on column connect.biomarker.hgvsc is '{HGVS}';
comment on column connect.biomarker.hgvsp is '{HGVS} one-letter, with p.';
comment on column connect.biomarker.transcript is '{RefSeq or Ensembl}';
comment on column connect.biomarker.consequence is '{MAF Variant_Classification} as recorded';
comment on column connect.biomarker.vaf is '[0-1] variant allele fraction';
comment on column connect.biomarker.depth is '[reads] covering the position';
comment on column connect.biomarker.copies is '[copies] in the tumour cells';
comment on column connect.biomarker.value is 'TMB [mut/Mb], MSI [% unstable sites], HRD [score], expression as in unit';
create index on connect.biomarker (patient_id, id);
create index on connect.biomarker (gene_id, patient_id);
create index on connect.biomarker (profile_id);
create index on connect.biomarker (partner_gene_id);

call connect.protect_record('connect.specimen',
  'exists (select from connect.pseudonym y where y.patient_id = specimen.patient_id)');
call connect.protect_record('connect.molecular_profile',
  'exists (select from connect.pseudonym y where y.patient_id = molecular_profile.patient_id)');
call connect.protect_record('connect.gene_assessed',
  'exists (select from connect.pseudonym y where y.patient_id = gene_assessed.patient_id)');
call connect.protect_record('connect.biomarker',
  'exists (select from connect.pseudonym y where y.patient_id = biomarker.patient_id)');
call connect.protect_identity('connect.specimen_identity');
call connect.protect_domain('connect.specimen', 'MOLECULAR');
call connect.protect_domain('connect.molecular_profile', 'MOLECULAR');
call connect.protect_domain('connect.gene_assessed', 'MOLECULAR');
call connect.protect_domain('connect.biomarker', 'MOLECULAR');

-- What the viewer may know of a gene in a patient. Runs as the viewer, over the rows they may see.
create function connect.gene_status(patient bigint, symbol text) returns text
language sql stable security invoker as $$
  select case
    when exists (
      select from connect.biomarker b join connect.gene g on g.id = b.gene_id
      where b.patient_id = $1 and g.symbol = $2 and b.kind <> 'PROTEIN_EXPRESSION') then 'ALTERED'
    when exists (
      select from connect.biomarker b join connect.gene g on g.id = b.partner_gene_id
      where b.patient_id = $1 and g.symbol = $2) then 'ALTERED'
    when exists (
      select from connect.gene_assessed a join connect.gene g on g.id = a.gene_id
      where a.patient_id = $1 and g.symbol = $2) then 'NOT_ALTERED'
    when exists (select from connect.molecular_profile p where p.patient_id = $1)
      and not exists (
        select from connect.molecular_profile p where p.patient_id = $1 and not p.gene_list_complete)
      then 'NOT_ASSESSED'
    else 'UNKNOWN'
  end
$$;
comment on function connect.gene_status is 'ALTERED, NOT_ALTERED (tested, nothing found), NOT_ASSESSED (known not to be tested) or UNKNOWN.';
grant execute on function connect.gene_status to
  connect_partner, connect_researcher, connect_clinician, connect_steward;

-- migrate:down
