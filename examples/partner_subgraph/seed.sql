-- Invented: no row stands for a publication, a stock or a recommendation.
begin;
create table evidence (
  gene text not null,
  statement text not null,
  level text not null check (level in ('A', 'B', 'C')),
  inn text,
  source text not null
);
create index evidence_gene on evidence (gene);
create table supply (
  inn text primary key,
  packages integer not null check (packages >= 0),
  counted_on text not null
);
insert into evidence values
  ('BRAF', 'Example: a change at codon 600 foretells an answer.', 'A', 'vemurafenib', 'Example 1 (invented)'),
  ('BRAF', 'Example: without a MEK inhibitor the answer is short.', 'B', 'cobimetinib', 'Example 2 (invented)'),
  ('BRCA1', 'Example: loss of both copies foretells an answer.', 'A', 'olaparib', 'Example 3 (invented)');
insert into supply values
  ('olaparib', 40, '2026-01-15'),
  ('vemurafenib', 0, '2026-01-15');
pragma user_version = 1;
commit;
