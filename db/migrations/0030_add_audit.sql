-- migrate:up
-- What was asked and what was answered: docs/decisions/0023. A login of its own writes it, and may
-- neither read nor change what it wrote; commands read it as connect_auditor, which cannot log in.
create procedure pg_temp.make_role(name text, attributes text) language plpgsql as $$
begin
  if not exists (select from pg_roles where rolname = name) then
    execute format('create role %I %s', name, attributes);
  end if;
exception
  when unique_violation or duplicate_object then
    null; -- another database of this cluster made it at this very moment
end
$$;
do $$
begin
  call pg_temp.make_role('connect_audit', 'nologin');
  call pg_temp.make_role('connect_audit_login', 'login');
  call pg_temp.make_role('connect_auditor', 'nologin');
  grant connect_audit to connect_audit_login;
  execute format('grant connect_auditor to %I', current_user);
  execute format('grant connect on database %I to connect_audit', current_database());
end
$$;
drop procedure pg_temp.make_role;
grant usage on schema connect to connect_audit, connect_auditor;

create type connect.decision as enum ('ANSWERED', 'REFUSED');

create table connect.audit_chain (
  id uuid primary key,
  opened_at timestamptz not null,
  key_name bytea not null check (length(key_name) = 8),
  follows uuid,
  follows_ordinal bigint check (follows_ordinal >= 0),
  digest bytea not null check (length(digest) = 32),
  check ((follows is null) = (follows_ordinal is null))
);
comment on table connect.audit_chain is
  'One process''s entries, each sealed to the one before it. A process that lost sight of what was stored goes on with another.';
comment on column connect.audit_chain.key_name is 'which key made its digests: a keyed hash of nothing';
comment on column connect.audit_chain.follows is 'the chain that the same process wrote before; null: none';
comment on column connect.audit_chain.follows_ordinal is 'how many entries of that one were known to be stored: it may have more, never fewer';
comment on column connect.audit_chain.digest is '{HMAC-SHA-256} of this row: what its first entry follows';

create table connect.audit_document (
  digest bytea primary key check (digest = sha256(content)),
  content bytea not null
);
comment on table connect.audit_document is 'The documents of operations, each once.';
comment on column connect.audit_document.content is 'UTF-8 as it came, so bytes: a text may not hold everything that a caller can send';

-- No foreign keys: each would lock a row that every process writes under, and what is missing the
-- verifier names.
create table connect.audit_entry (
  chain_id uuid not null,
  ordinal bigint not null check (ordinal >= 1),
  at timestamptz not null,
  request_id text collate "C" not null check (request_id ~ '^[0-9a-f]{32}$'),
  federated_request_id text collate "C" check (federated_request_id ~ '^[0-9a-f]{32}$'),
  issuer text collate "C" not null,
  organisation_number text collate "C" not null,
  subject text collate "C" not null,
  role connect.role,
  scope text collate "C",
  purpose text collate "C",
  door text collate "C" not null,
  operation_name text collate "C",
  document bytea check (length(document) = 32),
  variables text collate "C",
  rows_by_type text collate "C" not null,
  patients bigint[] not null,
  cells integer not null check (cells >= 0),
  release text collate "C",
  decision connect.decision not null,
  codes text[] not null,
  duration_microseconds bigint not null check (duration_microseconds >= 0),
  previous bytea not null check (length(previous) = 32),
  digest bytea not null check (length(digest) = 32),
  primary key (chain_id, ordinal)
);
comment on table connect.audit_entry is 'One request of an identified caller, and what became of it; written before the answer left.';
comment on column connect.audit_entry.ordinal is 'place in its chain, from 1, without gaps';
comment on column connect.audit_entry.at is 'when the request came';
comment on column connect.audit_entry.request_id is 'made here for the request, and returned as X-Request-Id';
comment on column connect.audit_entry.federated_request_id is 'what the gateway calls the request that this one is part of, as claimed; null: nothing was claimed';
comment on column connect.audit_entry.organisation_number is '{Brønnøysund} nine digits, as the token says';
comment on column connect.audit_entry.role is 'by the membership that opened the scope; null: there was none';
comment on column connect.audit_entry.scope is 'that was opened; where the role is null, what was asked for';
comment on column connect.audit_entry.purpose is 'that was stated, or the scope''s only one';
comment on column connect.audit_entry.door is 'the route, or the command';
comment on column connect.audit_entry.document is '{SHA-256} of the operation''s document; null: none was read';
comment on column connect.audit_entry.variables is 'as JSON; null: none were read';
comment on column connect.audit_entry.rows_by_type is 'the rows of each type that the answer held, as JSON; none where it was refused';
comment on column connect.audit_entry.patients is 'of whom those rows tell, by internal ids, sorted';
comment on column connect.audit_entry.cells is '[counts] that the answer held';
comment on column connect.audit_entry.release is 'that was asked; null: the records as they were';
comment on column connect.audit_entry.codes is 'of the answer''s errors, sorted';
comment on column connect.audit_entry.duration_microseconds is '[µs] until the answer was made';
comment on column connect.audit_entry.previous is 'the digest before it in its chain';
comment on column connect.audit_entry.digest is '{HMAC-SHA-256} of the chain and every other column but the ordinal, by a key that PostgreSQL never holds';
create index on connect.audit_entry using brin (at);

create table connect.audit_seal (
  number bigint primary key check (number >= 1),
  at timestamptz not null,
  chain_id uuid not null,
  ordinal bigint not null check (ordinal >= 0),
  head bytea not null check (length(head) = 32),
  previous bytea not null check (length(previous) = 32),
  digest bytea not null unique check (length(digest) = 32)
);
comment on table connect.audit_seal is
  'How far each chain had come, sealed together: every seal names the one before it, whichever process wrote that.';
comment on column connect.audit_seal.number is 'from 1, without gaps, over all processes';
comment on column connect.audit_seal.ordinal is '[entries] of the chain; 0 where it was opened';
comment on column connect.audit_seal.head is 'the digest of the last of them, or the chain''s';
comment on column connect.audit_seal.digest is '{HMAC-SHA-256} of this row, by the same key; the log has it too';
create index on connect.audit_seal (chain_id, ordinal);

create function connect.refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit is append-only: % of connect.% refused', lower(tg_op), tg_table_name
    using errcode = 'integrity_constraint_violation';
end
$$;
comment on function connect.refuse_audit_change is 'Refuse to change what the audit holds, whoever tries.';

create procedure connect.protect_audit(relation regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', relation);
  execute format('alter table %s force row level security', relation);
  execute format('grant select on %s to connect_steward, connect_auditor', relation);
  execute format(
    'create policy office on %s for select to connect_steward using (exists (select from connect.scope))', relation);
  execute format('create policy auditor on %s for select to connect_auditor using (true)', relation);
  execute format('create trigger append_only before update or delete or truncate on %s '
    'for each statement execute function connect.refuse_audit_change()', relation);
end
$$;
comment on procedure connect.protect_audit is 'Let the data office and the commands read; let nobody change or remove.';

create procedure connect.allow_entry(writer text) language plpgsql as $$
declare
  relation text;
begin
  foreach relation in array array['audit_entry', 'audit_document'] loop
    execute format('grant insert on connect.%I to %I', relation, writer);
    execute format('create policy %I on connect.%I for insert to %I with check (true)', 'by_' || writer, relation, writer);
  end loop;
end
$$;
comment on procedure connect.allow_entry is 'Let a role append entries and their documents, and read none.';

call connect.protect_audit('connect.audit_chain');
call connect.protect_audit('connect.audit_document');
call connect.protect_audit('connect.audit_entry');
call connect.protect_audit('connect.audit_seal');
call connect.allow_entry('connect_audit');

-- A seal names the one before it, whoever wrote that: two columns that tell of nobody.
grant insert on connect.audit_chain, connect.audit_seal to connect_audit;
grant select (number, digest) on connect.audit_seal to connect_audit;
create policy by_connect_audit on connect.audit_chain for insert to connect_audit with check (true);
create policy by_connect_audit on connect.audit_seal for insert to connect_audit with check (true);
create policy last on connect.audit_seal for select to connect_audit using (true);

-- What a command needs to say whose access it was, without an internal id.
grant select (id, kind, code) on connect.scope to connect_auditor;
grant select (scope_id, patient_id, public_id) on connect.pseudonym to connect_auditor;
grant select (organisation_number, name) on connect.partner to connect_auditor;
create policy auditor on connect.scope for select to connect_auditor using (true);
create policy auditor on connect.pseudonym for select to connect_auditor using (true);
create policy auditor on connect.partner for select to connect_auditor using (true);

revoke execute on procedure connect.protect_audit, connect.allow_entry from public;
revoke execute on function connect.refuse_audit_change from public;

-- migrate:down
