-- migrate:up
-- Every record has a name in its source, so that the same file again is the same record. Offers had
-- none; those that are there get one of their own.
alter table connect.offer
  add column source_key text collate "C" not null default gen_random_uuid()::text check (source_key <> ''),
  add unique (screening_id, source_key);
comment on column connect.offer.source_key is 'the offer''s id in the source';

-- migrate:down
