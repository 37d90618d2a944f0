-- migrate:up
-- The data office writes over a login of its own, the only one of the API that may: partners,
-- agreements, projects, their terms, memberships and consents. It acts for a steward whom the
-- settings name, as reading does, and without them it sees and writes nothing.
do $$
begin
  if not exists (select from pg_roles where rolname = 'connect_office') then
    create role connect_office nologin;
  end if;
  if not exists (select from pg_roles where rolname = 'connect_office_login') then
    create role connect_office_login login;
  end if;
exception
  when unique_violation or duplicate_object then
    null; -- another database of this cluster made it at this very moment
end
$$;
grant connect_office to connect_office_login;
do $$
begin
  execute format('grant connect on database %I to connect_office', current_database());
end
$$;
grant usage on schema connect to connect_office;

-- The steward's own policies once more, as a question: a policy on membership cannot ask it of
-- membership and scope, since asking would apply that policy again.
create function connect.is_office() returns boolean language sql stable security definer
  set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from connect.membership m join connect.scope s on s.id = m.scope_id
    where m.role = 'STEWARD'
      and m.issuer = current_setting('app.issuer', true)
      and m.organisation_number = current_setting('app.organisation', true)
      and m.subject = current_setting('app.subject', true)
      and m.valid_from <= now() and (m.revoked_at is null or m.revoked_at > now())
      and s.kind = 'CONSORTIUM'
      and s.namespace = current_setting('app.scope', true)
      and s.valid_from <= now() and (s.valid_to is null or s.valid_to > now())
      and coalesce(nullif(current_setting('app.purpose', true), ''),
        case when cardinality(s.purposes) = 1 then s.purposes[1]::text end) = any (s.purposes::text[]))
$$;
comment on function connect.is_office is
  'Whether the settings name a steward, with a membership, scope and purpose valid now.';
grant execute on function connect.is_office() to connect_office, connect_steward;

-- A person may hold a scope again after a revocation, never twice at once. There is no range of
-- texts, so who and which scope are compared by a hash: two that share one refuse each other.
alter table connect.membership
  add column key text collate "C" not null unique default replace(gen_random_uuid()::text, '-', ''),
  drop constraint membership_issuer_organisation_number_subject_scope_id_key,
  add constraint membership_once exclude using gist (
    int8range(
      hashtextextended(issuer || ' ' || organisation_number || ' ' || subject, scope_id),
      hashtextextended(issuer || ' ' || organisation_number || ' ' || subject, scope_id), '[]') with &&,
    tstzrange(valid_from, case when revoked_at > valid_from then revoked_at
      when revoked_at is not null then valid_from end) with &&);
create index on connect.membership (issuer, organisation_number, subject);
comment on column connect.membership.key is 'random; by it a membership is named outside';
comment on column connect.membership.revoked_at is 'when it ends; rows are never removed';

-- What a membership is of can be read for every kind of scope, not only for contracts.
alter table connect.scope_term
  add column code text collate "C" unique,
  add column kind connect.scope_kind,
  drop constraint scope_term_check;
comment on table connect.scope_term is 'Copy of the terms of scopes for reading, kept by a trigger.';

create or replace function connect.keep_term() returns trigger language plpgsql as $$
begin
  insert into connect.scope_term as t (scope_id, code, kind, agreement_id, project_id, valid_from,
    valid_to, embargo_until, purposes, data_domains)
  values (new.id, new.code, new.kind, new.agreement_id, new.project_id, new.valid_from,
    new.valid_to, new.embargo_until, new.purposes, new.data_domains)
  on conflict (scope_id) do update
  set (code, kind, agreement_id, project_id, valid_from, valid_to, embargo_until, purposes, data_domains)
    = row(excluded.code, excluded.kind, excluded.agreement_id, excluded.project_id,
      excluded.valid_from, excluded.valid_to, excluded.embargo_until, excluded.purposes,
      excluded.data_domains);
  return null;
end
$$;
set local role connect_loader;
insert into connect.scope_term (scope_id, code, kind, agreement_id, project_id, valid_from, valid_to,
  embargo_until, purposes, data_domains)
select id, code, kind, agreement_id, project_id, valid_from, valid_to, embargo_until, purposes,
  data_domains
from connect.scope
on conflict (scope_id) do update set code = excluded.code, kind = excluded.kind;
reset role;
alter table connect.scope_term
  alter column code set not null,
  alter column kind set not null,
  add check ((kind = 'AGREEMENT') = (agreement_id is not null)),
  add check ((kind = 'PROJECT') = (project_id is not null));
alter table connect.membership add foreign key (scope_id) references connect.scope_term;

-- A steward reads the memberships of all.
create policy office on connect.membership for select to connect_steward
  using ((select connect.is_office()));

-- What the triggers keep follows from facts that no writer but the loader may read, so they keep it
-- as the loader, whoever writes. They take no argument, return nothing, and decide nothing.
grant create on schema connect to connect_loader;
alter function connect.refresh_patient() security definer set search_path = pg_catalog, pg_temp;
alter function connect.refresh_scope() security definer set search_path = pg_catalog, pg_temp;
alter function connect.keep_term() security definer set search_path = pg_catalog, pg_temp;
alter function connect.refresh_patient() owner to connect_loader;
alter function connect.refresh_scope() owner to connect_loader;
alter function connect.keep_term() owner to connect_loader;
alter function connect.is_office() owner to connect_loader;
revoke create on schema connect from connect_loader;

-- What the office reads to check what it writes.
grant select on connect.partner, connect.agreement, connect.agreement_drug, connect.project,
  connect.project_cohort, connect.project_tumour_type, connect.scope, connect.membership,
  connect.consent to connect_office;
grant select (id, code, partner_id) on connect.site to connect_office;
grant select (id, inn) on connect.drug to connect_office;
grant select (id, code) on connect.cohort to connect_office;
grant select (code) on connect.onco_tree to connect_office;
grant select (scope_id, patient_id, public_id) on connect.pseudonym to connect_office;
do $$
declare
  relation text;
begin
  foreach relation in array array['partner', 'agreement', 'agreement_drug', 'project',
    'project_cohort', 'project_tumour_type', 'scope', 'membership', 'consent', 'site', 'drug',
    'cohort', 'onco_tree'] loop
    execute format('create policy office_read on connect.%I for select to connect_office '
      'using ((select connect.is_office()))', relation);
  end loop;
end
$$;
create policy office_read on connect.pseudonym for select to connect_office using (
  (select connect.is_office())
  and scope_id = (select s.id from connect.scope s where s.namespace = current_setting('app.scope', true)));

-- What it writes, column by column. Nothing is ever removed: agreements and projects end,
-- memberships are revoked, consents withdrawn, and what has ended stays as it was.
grant insert (code, organisation_number, name, sector), update (name, sector)
  on connect.partner to connect_office;
grant insert (code, partner_id, model, patients_agreed, weeks_company_pays),
  update (model, patients_agreed, weeks_company_pays) on connect.agreement to connect_office;
grant insert (agreement_id, drug_id) on connect.agreement_drug to connect_office;
grant insert (code, title, partner_id, all_cohorts, all_tumour_types), update (title)
  on connect.project to connect_office;
grant insert (project_id, cohort_id) on connect.project_cohort to connect_office;
grant insert (project_id, onco_tree_code) on connect.project_tumour_type to connect_office;
grant insert (kind, code, agreement_id, project_id, valid_from, valid_to, embargo_until, purposes, data_domains),
  update (valid_to, embargo_until, purposes, data_domains) on connect.scope to connect_office;
grant insert (role, issuer, organisation_number, subject, scope_id, valid_from, revoked_at),
  update (revoked_at) on connect.membership to connect_office;
grant insert (patient_id, purpose, given_at), update (withdrawn_at) on connect.consent to connect_office;

create policy office_add on connect.partner for insert to connect_office
  with check ((select connect.is_office()));
create policy office_change on connect.partner for update to connect_office
  using ((select connect.is_office())) with check ((select connect.is_office()));
create policy office_add on connect.agreement for insert to connect_office
  with check ((select connect.is_office()));
create policy office_change on connect.agreement for update to connect_office
  using ((select connect.is_office()) and not exists (
    select from connect.scope s where s.agreement_id = agreement.id and s.valid_to <= now()));
create policy office_add on connect.agreement_drug for insert to connect_office
  with check ((select connect.is_office()) and not exists (
    select from connect.scope s
    where s.agreement_id = agreement_drug.agreement_id and s.valid_to <= now()));
create policy office_add on connect.project for insert to connect_office
  with check ((select connect.is_office()));
create policy office_change on connect.project for update to connect_office
  using ((select connect.is_office()) and not exists (
    select from connect.scope s where s.project_id = project.id and s.valid_to <= now()));
create policy office_add on connect.project_cohort for insert to connect_office
  with check ((select connect.is_office()) and not exists (
    select from connect.scope s
    where s.project_id = project_cohort.project_id and s.valid_to <= now()));
create policy office_add on connect.project_tumour_type for insert to connect_office
  with check ((select connect.is_office()) and not exists (
    select from connect.scope s
    where s.project_id = project_tumour_type.project_id and s.valid_to <= now()));
create policy office_add on connect.scope for insert to connect_office
  with check ((select connect.is_office()) and kind in ('AGREEMENT', 'PROJECT'));
create policy office_change on connect.scope for update to connect_office
  using ((select connect.is_office()) and kind in ('AGREEMENT', 'PROJECT')
    and (valid_to is null or valid_to > now()))
  with check ((select connect.is_office()) and (valid_to is null or valid_to >= now()));
-- A role fits the kind of its scope, and who acts under a contract or at a site is of its organisation.
create policy office_add on connect.membership for insert to connect_office
  with check ((select connect.is_office())
    and valid_from >= now() and (revoked_at is null or revoked_at > valid_from)
    and exists (
      select from connect.scope s
      left join connect.agreement a on a.id = s.agreement_id
      left join connect.project j on j.id = s.project_id
      left join connect.site t on t.id = s.site_id
      left join connect.partner p on p.id = coalesce(a.partner_id, j.partner_id, t.partner_id)
      where s.id = membership.scope_id and (s.valid_to is null or s.valid_to > now())
        and s.kind::text = case membership.role
          when 'PARTNER' then 'AGREEMENT'
          when 'RESEARCHER' then 'PROJECT'
          when 'CLINICIAN' then 'SITE'
          else 'CONSORTIUM' end
        and (s.kind = 'CONSORTIUM' or p.organisation_number = membership.organisation_number)));
create policy office_change on connect.membership for update to connect_office
  using ((select connect.is_office()) and (revoked_at is null or revoked_at > now()))
  with check ((select connect.is_office()) and revoked_at >= now());
create policy office_add on connect.consent for insert to connect_office
  with check ((select connect.is_office()) and given_at <= now());
create policy office_change on connect.consent for update to connect_office
  using ((select connect.is_office()) and (withdrawn_at is null or withdrawn_at > now()))
  with check ((select connect.is_office()) and withdrawn_at <= now());

-- A change brings its audit entry in its own transaction; commands write as the loader.
call connect.allow_entry('connect_office');
call connect.allow_entry('connect_loader');

-- migrate:down
