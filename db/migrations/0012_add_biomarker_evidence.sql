-- migrate:up
create type connect.evidence_system as enum ('ESCAT', 'ONCOKB', 'AMP');

create table connect.biomarker_evidence (
  id bigint generated always as identity primary key,
  key uuid not null default gen_random_uuid(),
  patient_id bigint not null references connect.patient,
  biomarker_id bigint not null references connect.biomarker,
  system connect.evidence_system not null,
  level text collate "C" not null,
  drug_id bigint references connect.drug,
  tumour_type text,
  onco_tree_code text collate "C" references connect.onco_tree,
  source text not null check (source <> ''),
  literature text[] not null default '{}',
  source_key text collate "C" not null,
  import_batch_id bigint references connect.import_batch,
  unique (biomarker_id, source_key),
  check (case system
    when 'ESCAT' then level ~ '^(I[ABC]|II[AB]|III[AB]|IV[AB]|V|X)$'
    when 'ONCOKB' then level ~ '^([124]|3[AB]|R[12])$'
    when 'AMP' then level ~ '^(I[AB]|II[CD]|III|IV)$'
  end)
);
comment on table connect.biomarker_evidence is
  'How well it is known that a biomarker matters for a treatment, by one system of levels.';
comment on column connect.biomarker_evidence.level is
  '{ESCAT} IA-IC, IIA-IIB, IIIA-IIIB, IVA-IVB, V, X; {OncoKB} 1, 2, 3A, 3B, 4, R1, R2; {AMP/ASCO/CAP} IA, IB, IIC, IID, III, IV';
comment on column connect.biomarker_evidence.drug_id is 'the drug that the level is about; null: none in particular';
comment on column connect.biomarker_evidence.tumour_type is 'as recorded; null: any tumour';
comment on column connect.biomarker_evidence.onco_tree_code is '{OncoTree}; null where the type does not map';
comment on column connect.biomarker_evidence.source is 'who assigned the level, with a version where there is one';
comment on column connect.biomarker_evidence.literature is '{PubMed} ids or DOIs';
create index on connect.biomarker_evidence (patient_id);
create index on connect.biomarker_evidence (drug_id);
create index on connect.biomarker_evidence (onco_tree_code);
create index on connect.biomarker_evidence (import_batch_id);

call connect.protect_record('connect.biomarker_evidence',
  'exists (select from connect.pseudonym y where y.patient_id = biomarker_evidence.patient_id)');
call connect.protect_domain('connect.biomarker_evidence', 'MOLECULAR');

-- migrate:down
