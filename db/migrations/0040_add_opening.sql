-- migrate:up
-- What a membership opens: a scope, for each purpose that may be stated there. Every policy asks who
-- is asking, once for each table of a statement; it asked membership and scope under their own
-- policies and now asks one row. Moments are columns and compared with now(): the clock opens and
-- closes with no write in between. See docs/decisions/0028.
create table connect.opening (
  membership_id bigint not null references connect.membership on delete cascade,
  purpose text collate "C" not null,
  role connect.role not null,
  issuer text collate "C" not null,
  organisation_number text collate "C" not null,
  subject text collate "C" not null,
  scope_id bigint not null references connect.scope on delete cascade,
  namespace text collate "C" not null,
  asks connect.purpose,
  data_domains connect.data_domain[] not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  embargo_until timestamptz,
  primary key (membership_id, purpose)
);
comment on table connect.opening is 'What a membership opens: a scope, for a purpose. Kept by a trigger from membership and scope.';
comment on column connect.opening.purpose is 'what is stated; empty: nothing is, in a scope with one purpose';
comment on column connect.opening.asks is
  'the purpose whose consent may be asked for beside the one that the scope always asks for';
comment on column connect.opening.valid_from is 'when both the membership and the scope have begun';
comment on column connect.opening.valid_to is 'when the first of both ends';
create index on connect.opening (subject, namespace, purpose);
create index on connect.opening (scope_id);
call connect.protect('connect.opening');
grant select on connect.opening to
  connect_partner, connect_researcher, connect_authority, connect_clinician;

-- All openings of a scope are made anew: they follow from the scope and its memberships alone. The
-- lock lets writers of one scope take turns, and each sees what the one before it wrote.
create function connect.keep_opening() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
declare
  opened bigint := to_jsonb(new) ->> tg_argv[0];
begin
  perform from connect.scope s where s.id = opened for no key update;
  delete from connect.opening o where o.scope_id = opened;
  insert into connect.opening (membership_id, purpose, role, issuer, organisation_number, subject,
    scope_id, namespace, asks, data_domains, valid_from, valid_to, embargo_until)
  select m.id, p.stated, m.role, m.issuer, m.organisation_number, m.subject, s.id, s.namespace,
    nullif(p.purpose, case s.kind when 'AGREEMENT' then 'COMMERCIAL'::connect.purpose
      when 'PROJECT' then 'RESEARCH'::connect.purpose end),
    s.data_domains, greatest(m.valid_from, s.valid_from), least(m.revoked_at, s.valid_to),
    s.embargo_until
  from connect.membership m
  join connect.scope s on s.id = m.scope_id
  cross join lateral (
    select u.purpose::text as stated, u.purpose from unnest(s.purposes) u (purpose)
    union
    select '', s.purposes[1] where cardinality(s.purposes) = 1) p
  where m.scope_id = opened
    and (m.role::text, s.kind::text) in (('PARTNER', 'AGREEMENT'), ('RESEARCHER', 'PROJECT'),
      ('CLINICIAN', 'SITE'), ('STEWARD', 'CONSORTIUM'), ('AUTHORITY', 'CONSORTIUM'));
  return null;
end
$$;
comment on function connect.keep_opening is 'Keep what the memberships of a scope open.';
grant create on schema connect to connect_loader;
alter function connect.keep_opening() owner to connect_loader;
revoke create on schema connect from connect_loader;
create trigger kept_opening after insert or update on connect.membership
  for each row execute function connect.keep_opening('scope_id');
create trigger kept_opening after update on connect.scope
  for each row execute function connect.keep_opening('id');

-- So a membership stays in its scope: one that moved would leave what it opened behind.
create function connect.keep_membership() returns trigger language plpgsql as $$
begin
  if new.scope_id <> old.scope_id then
    raise exception 'a membership cannot move to another scope' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
comment on function connect.keep_membership is 'Refuse to move a membership to another scope.';
create trigger keep_membership before update of scope_id on connect.membership
  for each row execute function connect.keep_membership();

-- Those that are there already.
set local role connect_loader;
update connect.membership set revoked_at = revoked_at;
reset role;

-- A viewer is who the settings say, in the role of the login, in the scope and for the purpose that
-- they name, now. There is at most one row, and everything else depends on it. No setting stands in
-- a subquery here: an index compares it once, and each subquery would be set up with every policy.
do $$
declare
  kind text;
begin
  foreach kind in array array['partner', 'researcher', 'authority', 'clinician', 'steward'] loop
    execute format($policy$
      create policy own_%1$s on connect.opening for select to connect_%1$s using (
        role = %2$L
        and issuer = current_setting('app.issuer', true)
        and organisation_number = current_setting('app.organisation', true)
        and subject = current_setting('app.subject', true)
        and namespace = current_setting('app.scope', true)
        and purpose = coalesce(current_setting('app.purpose', true), '')
        and valid_from <= now() and (valid_to is null or valid_to > now()))
    $policy$, kind, upper(kind));
    execute format('drop policy own_%s on connect.scope', kind);
  end loop;
end
$$;
create policy own on connect.scope for select
  to connect_partner, connect_researcher, connect_authority, connect_clinician, connect_steward
  using (id = (select o.scope_id from connect.opening o));

-- The planner has no statistics under row security and takes a bare `during @> now()` for one row in
-- two hundred; of a case it supposes half, and then joins as it should.
alter policy scoped on connect.pseudonym using (
  scope_id = (
    select o.scope_id from connect.opening o where o.embargo_until is null or o.embargo_until <= now()
  )
  and case when during @> now() then
    case (select o.asks from connect.opening o)
      when 'RESEARCH' then research @> now()
      when 'COMMERCIAL' then commercial @> now()
      else true
    end
  else false end
);

create or replace procedure connect.protect_reference(relation regclass) language plpgsql as $$
begin
  call connect.protect(relation);
  execute format('grant select on %s to connect_partner, connect_researcher, connect_authority, connect_clinician', relation);
  execute format(
    'create policy reference on %s for select '
    'to connect_partner, connect_researcher, connect_authority, connect_clinician, connect_steward '
    'using (exists (select from connect.opening))', relation);
end
$$;

create or replace procedure connect.protect_domain(relation regclass, domain text) language plpgsql as $$
begin
  execute format(
    'create policy domain on %s as restrictive for select to connect_partner, connect_researcher '
    'using ((select %L = any (o.data_domains::text[]) from connect.opening o))', relation, domain);
end
$$;

do $$
declare
  policy record;
begin
  for policy in
    select p.polname as name, p.polrelid::regclass as relation,
      substring(pg_get_expr(p.polqual, p.polrelid) from '''(\w+)''::text') as domain
    from pg_policy p where p.polname in ('reference', 'domain')
  loop
    execute format('alter policy %I on %s using (%s)', policy.name, policy.relation,
      case when policy.name = 'reference' then 'exists (select from connect.opening)'
      else format('(select %L = any (o.data_domains::text[]) from connect.opening o)', policy.domain) end);
  end loop;
end
$$;

-- migrate:down
