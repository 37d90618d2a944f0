-- migrate:up
-- The terms of agreements and projects, for who may read the contract. Policies look a viewer's
-- scope up in connect.scope and must find their own alone, so the data office cannot read the
-- others' there. This is a copy for reading that a trigger keeps, in the transaction that changes
-- a scope; nothing is decided by it.
create table connect.scope_term (
  scope_id bigint primary key references connect.scope on delete cascade,
  agreement_id bigint unique references connect.agreement,
  project_id bigint unique references connect.project,
  valid_from timestamptz not null,
  valid_to timestamptz,
  embargo_until timestamptz,
  purposes connect.purpose[] not null,
  data_domains connect.data_domain[] not null,
  check (num_nonnulls(agreement_id, project_id) = 1)
);
comment on table connect.scope_term is 'Copy of the terms of agreements'' and projects'' scopes, kept by a trigger.';
comment on column connect.scope_term.embargo_until is 'no record leaves before';
comment on column connect.scope_term.data_domains is 'the kinds of record that are included beside the clinical ones';

create function connect.keep_term() returns trigger language plpgsql as $$
begin
  delete from connect.scope_term t
  where t.scope_id = new.id and num_nonnulls(new.agreement_id, new.project_id) = 0;
  insert into connect.scope_term as t
    (scope_id, agreement_id, project_id, valid_from, valid_to, embargo_until, purposes, data_domains)
  select new.id, new.agreement_id, new.project_id, new.valid_from, new.valid_to, new.embargo_until,
    new.purposes, new.data_domains
  where num_nonnulls(new.agreement_id, new.project_id) = 1
  on conflict (scope_id) do update
  set (agreement_id, project_id, valid_from, valid_to, embargo_until, purposes, data_domains)
    = row(excluded.agreement_id, excluded.project_id, excluded.valid_from, excluded.valid_to,
      excluded.embargo_until, excluded.purposes, excluded.data_domains);
  return null;
end
$$;
comment on function connect.keep_term is 'Copy the terms of the scope that a statement changed.';

create trigger kept_term after insert or update on connect.scope
  for each row execute function connect.keep_term();

call connect.protect_office('connect.scope_term');
grant select on connect.scope_term to connect_partner, connect_researcher;
create policy own_partner on connect.scope_term for select to connect_partner
  using (agreement_id = (select s.agreement_id from connect.scope s));
create policy own_researcher on connect.scope_term for select to connect_researcher
  using (project_id = (select s.project_id from connect.scope s));

-- What is there already, as the loader: the owner is bound by row security and would find nothing.
set local role connect_loader;
insert into connect.scope_term
  (scope_id, agreement_id, project_id, valid_from, valid_to, embargo_until, purposes, data_domains)
select id, agreement_id, project_id, valid_from, valid_to, embargo_until, purposes, data_domains
from connect.scope where kind in ('AGREEMENT', 'PROJECT');
reset role;

-- migrate:down
