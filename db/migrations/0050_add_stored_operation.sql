-- migrate:up
-- Operations that are kept here and asked for by name: docs/decisions/0031. A version is a document
-- and the roles that may run it; it never changes, and ends when another one takes its place.
create table connect.stored_operation (
  id bigint generated always as identity primary key,
  name text collate "C" not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$'),
  version integer not null check (version >= 1),
  document text collate "C" not null check (length(document) between 1 and 200000),
  roles connect.role[] not null check (cardinality(roles) >= 1),
  added_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz check (ended_at >= added_at),
  unique (name, version)
);
comment on table connect.stored_operation is 'GraphQL operations that are asked for by name, each version once.';
comment on column connect.stored_operation.version is 'of this name, from 1';
comment on column connect.stored_operation.document is '{GraphQL} one query with its fragments';
comment on column connect.stored_operation.roles is 'who may run it';
comment on column connect.stored_operation.ended_at is 'when another version took its place, or it was retired; null: in force';
create unique index on connect.stored_operation (name) where ended_at is null;

call connect.protect_office('connect.stored_operation');
do $$
declare
  kind text;
begin
  foreach kind in array array['partner', 'researcher', 'authority', 'clinician'] loop
    execute format('grant select on connect.stored_operation to %I', 'connect_' || kind);
    execute format($policy$
      create policy own_%1$s on connect.stored_operation for select to connect_%1$s using (
        %2$L = any (roles) and ended_at is null and exists (select from connect.scope))
    $policy$, kind, upper(kind));
  end loop;
end
$$;

create function connect.keep_operation() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.ended_at is null
    and to_jsonb(new) - 'ended_at' = to_jsonb(old) - 'ended_at' then
    return new;
  end if;
  raise exception 'a stored operation stays as it is: % refused', lower(tg_op)
    using errcode = 'integrity_constraint_violation';
end
$$;
comment on function connect.keep_operation is 'Refuse to change a version, but for its end, or to remove one.';
create trigger keep_operation before update or delete on connect.stored_operation
  for each row execute function connect.keep_operation();
create trigger keep_operations before truncate on connect.stored_operation
  for each statement execute function connect.keep_operation();

-- migrate:down
