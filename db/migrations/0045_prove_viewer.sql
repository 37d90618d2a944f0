-- migrate:up
-- A statement proves that what its viewer was told a while ago still holds: nothing was written since
-- (the version) and no moment passed at which something begins or ends (the next moment).
create table connect.viewer_version (
  single boolean primary key default true check (single),
  version uuid not null
);
comment on table connect.viewer_version is
  'One row. Its version is another one after each transaction that changed memberships, scopes or organisations.';
comment on column connect.viewer_version.version is 'random: a state that was restored has its own again, and no other';
insert into connect.viewer_version (version) values (gen_random_uuid());

-- When the transaction commits, so that a long one keeps nobody else from changing something.
create function connect.renew_viewer_version() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
begin
  update connect.viewer_version set version = gen_random_uuid();
  return null;
end
$$;
comment on function connect.renew_viewer_version is 'Say that what viewers were told may hold no more.';
create constraint trigger told_viewer after insert or update or delete on connect.membership
  deferrable initially deferred for each row execute function connect.renew_viewer_version();
create constraint trigger told_viewer after insert or update or delete on connect.scope
  deferrable initially deferred for each row execute function connect.renew_viewer_version();
create constraint trigger told_viewer after insert or update or delete on connect.partner
  deferrable initially deferred for each row execute function connect.renew_viewer_version();

-- As its owner: what begins later the caller does not see yet, and is told of nothing but its moment.
create function connect.next_moment() returns timestamptz language sql stable security definer
  set search_path = pg_catalog, pg_temp as $$
  select min(moment)
  from connect.membership m
  join connect.scope s on s.id = m.scope_id,
    unnest(array[m.valid_from, m.revoked_at, s.valid_from, s.valid_to, s.embargo_until]) moment
  where m.issuer = current_setting('app.issuer', true)
    and m.organisation_number = current_setting('app.organisation', true)
    and m.subject = current_setting('app.subject', true)
    and moment > now()
$$;
comment on function connect.next_moment is
  'When something that the caller holds begins, ends or is no longer embargoed; null: never.';
grant create on schema connect to connect_loader;
alter function connect.renew_viewer_version() owner to connect_loader;
alter function connect.next_moment() owner to connect_loader;
revoke create on schema connect from connect_loader;
revoke execute on function connect.renew_viewer_version, connect.next_moment from public;
grant execute on function connect.next_moment to connect_identity;

alter table connect.viewer_version enable row level security;
alter table connect.viewer_version force row level security;
grant select, update on connect.viewer_version to connect_loader;
grant select on connect.viewer_version to connect_partner, connect_researcher,
  connect_authority, connect_clinician, connect_steward, connect_identity;
-- As every reference: there for who has a scope.
create policy reference on connect.viewer_version for select to connect_partner, connect_researcher,
  connect_authority, connect_clinician, connect_steward, connect_identity
  using (exists (select from connect.scope));

-- migrate:down
