-- migrate:up
-- Releases are published jointly: who was published of before must be known again. The digest is
-- keyed, and the key is a file that PostgreSQL never sees: see docs/decisions/0034.
alter table connect.analysis_row add column linkage text collate "C" check (linkage ~ '^[0-9a-f]{32}$');
comment on column connect.analysis_row.linkage is
  'keyed digest of the treatment, the same in every release; null: frozen before there was one';
create unique index on connect.analysis_row (release_id, linkage);

-- migrate:down
