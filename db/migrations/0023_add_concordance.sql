-- migrate:up
-- What a finding that a rule set proposed rests on. Such a finding is suspected until a person has
-- judged it: the check holds whoever writes.
create type connect.finding_basis as enum
  ('SAME_MATERIAL', 'MIXED_MATERIAL', 'UNDATED_SERIES', 'UNPAIRED', 'NO_SECOND_SPECIMEN');
alter table connect.resistance_finding
  add column rule_set text collate "C" check (rule_set <> ''),
  add column basis connect.finding_basis,
  add check ((rule_set is null) = (basis is null)),
  add check (rule_set is null or curated or status = 'SUSPECTED');
comment on column connect.resistance_finding.rule_set is 'the rules that proposed it; null: reported by a source or a person';
comment on column connect.resistance_finding.basis is 'which specimens the rules compared; null: not proposed by rules';
grant select (rule_set, basis) on connect.resistance_finding to connect_partner, connect_researcher, connect_clinician;

alter table connect.paired_evidence
  add column change connect.biomarker_change,
  add check (change is null or tested_in_both);
comment on column connect.paired_evidence.change is
  'between the two specimens; null: cannot be told, or not worked out by rules';
grant select (change) on connect.paired_evidence to connect_partner, connect_researcher, connect_clinician;

create table connect.concordance (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  tissue_specimen_id bigint not null references connect.specimen,
  plasma_specimen_id bigint not null references connect.specimen,
  days_apart integer not null check (days_apart >= 0),
  genes_assessed_in_both integer not null check (genes_assessed_in_both > 0),
  altered_in_both text[] not null default '{}',
  altered_in_tissue_only text[] not null default '{}',
  altered_in_plasma_only text[] not null default '{}',
  rule_set text collate "C" not null check (rule_set <> ''),
  unique (plasma_specimen_id, tissue_specimen_id)
);
comment on table connect.concordance is
  'Plasma beside tissue of the same patient, taken near each other: what either shows of the genes assessed in both.';
comment on column connect.concordance.days_apart is '[days] between the two';
comment on column connect.concordance.genes_assessed_in_both is '[genes]';
comment on column connect.concordance.altered_in_both is '{HGNC} genes with the same small variant in both';
comment on column connect.concordance.altered_in_tissue_only is '{HGNC} genes with a small variant that the plasma does not show';
comment on column connect.concordance.altered_in_plasma_only is '{HGNC} genes with a small variant that the tissue does not show';
comment on column connect.concordance.rule_set is 'the rules that compared them';
create index on connect.concordance (patient_id);
create index on connect.concordance (tissue_specimen_id);

call connect.protect_record('connect.concordance',
  'exists (select from connect.pseudonym y where y.patient_id = concordance.patient_id)');
call connect.protect_domain('connect.concordance', 'MOLECULAR');

-- migrate:down
