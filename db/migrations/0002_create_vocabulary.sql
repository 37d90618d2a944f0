-- migrate:up
create type connect.health_region as enum ('SOR_OST', 'VEST', 'MIDT', 'NORD');

create table connect.gene (
  id bigint generated always as identity primary key,
  symbol text collate "C" not null unique check (symbol ~ '^[A-Za-z0-9][A-Za-z0-9._@/-]*$'),
  hgnc_id text collate "C" unique check (hgnc_id ~ '^HGNC:[0-9]+$'),
  name text
);
comment on table connect.gene is 'A human gene. Symbols that HGNC does not approve are kept as recorded, without an id.';
comment on column connect.gene.symbol is '{HGNC} approved symbol, or the symbol as recorded where it has none';
comment on column connect.gene.hgnc_id is '{HGNC} identifier, HGNC:n; null where the symbol is not in the vocabulary';
comment on column connect.gene.name is '{HGNC} approved name';

create table connect.gene_former_symbol (
  former_symbol text collate "C" primary key,
  gene_id bigint not null references connect.gene
);
comment on table connect.gene_former_symbol is '{HGNC} withdrawn symbols that stand for exactly one approved one.';
create index on connect.gene_former_symbol (gene_id);

create table connect.onco_tree (
  code text collate "C" primary key check (code ~ '^[A-Z0-9_]+$'),
  name text not null,
  tissue_code text collate "C" not null references connect.onco_tree deferrable initially deferred
);
comment on table connect.onco_tree is '{OncoTree} tumour types, a subset.';
comment on column connect.onco_tree.tissue_code is '{OncoTree} code of the tissue: the first level of the tree';
create index on connect.onco_tree (tissue_code);

create table connect.drug (
  id bigint generated always as identity primary key,
  inn text collate "C" not null unique check (inn = lower(inn) and inn <> ''),
  atc text collate "C" check (atc ~ '^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$')
);
comment on table connect.drug is 'A medicine.';
comment on column connect.drug.inn is '{INN} international nonproprietary name, lower case';
comment on column connect.drug.atc is '{ATC} fifth-level code; null where WHO has given none. Neither complete nor unique.';

create table connect.drug_target (
  drug_id bigint not null references connect.drug,
  gene_id bigint not null references connect.gene,
  primary key (drug_id, gene_id)
);
comment on table connect.drug_target is 'The genes whose products a drug acts on.';
create index on connect.drug_target (gene_id);

-- migrate:down
