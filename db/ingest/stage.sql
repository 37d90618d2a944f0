-- What the loader copies a study into before it goes to the tables in sets. Plain text throughout:
-- the types and their checks are the tables'. Gone at the end of the transaction.
create temporary table incoming_import (
  study_id bigint not null,
  batch_id bigint not null,
  drug_id bigint,
  cohort_id bigint
) on commit drop;

create temporary table incoming_patient (
  source_key text collate "C" primary key,
  sex text,
  vital_status text,
  age_band text collate "C",
  age_years integer,
  birth_year integer,
  best_overall_response text,
  overall_survival_days integer,
  overall_survival_event text,
  treated boolean not null,
  end_day integer,
  id bigint,
  fresh boolean not null default false,
  treatment_id bigint,
  treatment_fresh boolean not null default false
) on commit drop;

create temporary table incoming_sample (
  source_key text collate "C" primary key,
  patient text collate "C" not null,
  kind text not null,
  ordinal integer,
  tumour_key text collate "C",
  tumour_code text collate "C",
  tumour_type text,
  panel text,
  genome_build text,
  tumour_cellularity_percent double precision,
  normal boolean not null,
  gene_list_complete boolean not null,
  day integer,
  timepoint text,
  patient_id bigint,
  id bigint,
  fresh boolean not null default false
) on commit drop;

create temporary table incoming_biomarker (
  sample text collate "C" not null,
  source_key text collate "C" not null,
  kind text not null,
  symbol text collate "C" not null,
  change text not null,
  origin text,
  hgvsg text,
  hgvsc text,
  hgvsp text,
  transcript text,
  consequence text,
  chromosome text collate "C",
  position integer,
  reference_allele text,
  alternate_allele text,
  vaf double precision,
  depth integer,
  copy_number_type text,
  cytoband text collate "C",
  partner text collate "C",
  primary key (sample, source_key)
) on commit drop;

create temporary table incoming_assessed (
  sample text collate "C" not null,
  symbol text collate "C" not null,
  primary key (sample, symbol)
) on commit drop;

create temporary table incoming_prior (
  patient text collate "C" not null,
  source_key text collate "C" not null,
  regimen text not null,
  start_day integer not null,
  end_day integer,
  primary key (patient, source_key)
) on commit drop;

create temporary table incoming_prior_agent (
  patient text collate "C" not null,
  source_key text collate "C" not null,
  agent text not null
) on commit drop;

create temporary table incoming_panel (
  sample text collate "C" not null,
  panel text not null,
  primary key (sample, panel)
) on commit drop;

create temporary table incoming_panel_gene (
  panel text not null,
  symbol text collate "C" not null,
  primary key (panel, symbol)
) on commit drop;

create temporary table incoming_gene (
  symbol text collate "C" primary key,
  gene_id bigint
) on commit drop;

create temporary table incoming_change (
  entity text not null,
  inserted integer not null,
  updated integer not null,
  position integer generated always as identity
) on commit drop;
