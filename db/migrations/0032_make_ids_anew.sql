-- migrate:up
-- Ids belong to a namespace: the scope's code, and after each rotation a number more. The viewer's
-- setting app.scope names it, so a request that was identified before a rotation sees nothing after.
alter table connect.scope
  add column generation integer not null default 0 check (generation >= 0),
  add column namespace text collate "C" not null unique generated always as
    (code || case when generation = 0 then '' else '.' || generation::text end) stored;
comment on column connect.scope.generation is 'how often the scope''s ids were made anew';
comment on column connect.scope.namespace is
  'what its ids are made of beside the keys: the code, and the generation where there is one';

-- A purpose is stated (app.purpose) or is the scope's only one; a scope is open for its purposes
-- alone. Patients consent to research and to commercial use: what is stated asks for that consent,
-- beside the one that an agreement or a project asks for in any case. See docs/decisions/0026.
do $$
declare
  kind text;
  holds text;
begin
  for kind, holds in values
    ('partner', 'AGREEMENT'), ('researcher', 'PROJECT'), ('clinician', 'SITE'),
    ('steward', 'CONSORTIUM'), ('authority', 'CONSORTIUM')
  loop
    execute format($policy$
      alter policy own_%1$s on connect.scope using (
        namespace = (select current_setting('app.scope', true))
        and kind = %2$L
        and valid_from <= now() and (valid_to is null or valid_to > now())
        and coalesce(
          (select nullif(current_setting('app.purpose', true), '')),
          case when cardinality(purposes) = 1 then purposes[1]::text end) = any (purposes::text[])
        and id in (select m.scope_id from connect.membership m))
    $policy$, kind, holds);
  end loop;
end
$$;

alter table connect.pseudonym
  add column research tstzmultirange,
  add column commercial tstzmultirange;
comment on column connect.pseudonym.research is
  'when the patient consented to research, in a scope with that purpose; null: the scope has it not, or is a project, which always asks';
comment on column connect.pseudonym.commercial is
  'when the patient consented to commercial use, in a scope with that purpose; null: the scope has it not, or is an agreement, which always asks';
grant select (research, commercial) on connect.pseudonym to connect_clinician;

alter policy scoped on connect.pseudonym using (
  scope_id = (
    select s.id from connect.scope s where s.embargo_until is null or s.embargo_until <= now()
  )
  and during @> now()
  and case (
    select case s.kind when 'AGREEMENT' then nullif(p.stated, 'COMMERCIAL')
      when 'PROJECT' then nullif(p.stated, 'RESEARCH') else p.stated end
    from connect.scope s,
      lateral (select coalesce(nullif(current_setting('app.purpose', true), ''), s.purposes[1]::text)) p (stated))
    when 'RESEARCH' then research @> now()
    when 'COMMERCIAL' then commercial @> now()
    else true
  end
);

create function connect.consented(patient bigint, purpose connect.purpose) returns tstzmultirange
language sql stable as $$
  select range_agg(tstzrange(c.given_at, c.withdrawn_at))
  from connect.consent c where c.patient_id = $1 and c.purpose = $2
$$;
comment on function connect.consented is 'When a patient consented to a purpose; null: never.';
grant execute on function connect.consented to connect_loader;

create or replace view connect.scope_fact with (security_invoker = true) as
  select s.id as scope_id, p.id as patient_id, tstzmultirange(tstzrange(null, null)) as during,
    case when 'RESEARCH' = any (s.purposes) then connect.consented(p.id, 'RESEARCH') end as research,
    case when 'COMMERCIAL' = any (s.purposes) then connect.consented(p.id, 'COMMERCIAL') end as commercial
  from connect.scope s cross join connect.patient p
  where s.kind = 'CONSORTIUM'
union all
  select s.id, i.patient_id, tstzmultirange(tstzrange(null, null)),
    case when 'RESEARCH' = any (s.purposes) then connect.consented(i.patient_id, 'RESEARCH') end,
    case when 'COMMERCIAL' = any (s.purposes) then connect.consented(i.patient_id, 'COMMERCIAL') end
  from connect.scope s join connect.patient_identity i on i.site_id = s.site_id
union all
  select s.id, c.patient_id, range_agg(tstzrange(c.given_at, c.withdrawn_at)),
    case when 'RESEARCH' = any (s.purposes) then connect.consented(c.patient_id, 'RESEARCH') end,
    null::tstzmultirange
  from connect.scope s
  join connect.consent c on c.purpose = 'COMMERCIAL'
  where exists (
    select from connect.agreement_drug a
    join connect.cohort_drug d on d.drug_id = a.drug_id
    join connect.treatment t on t.cohort_id = d.cohort_id
    where a.agreement_id = s.agreement_id and t.patient_id = c.patient_id)
  group by s.id, c.patient_id
union all
  select s.id, c.patient_id, range_agg(tstzrange(c.given_at, c.withdrawn_at)),
    null::tstzmultirange,
    case when 'COMMERCIAL' = any (s.purposes) then connect.consented(c.patient_id, 'COMMERCIAL') end
  from connect.scope s
  join connect.project j on j.id = s.project_id
  join connect.consent c on c.purpose = 'RESEARCH'
  where (j.all_cohorts or exists (
      select from connect.project_cohort k join connect.treatment t on t.cohort_id = k.cohort_id
      where k.project_id = j.id and t.patient_id = c.patient_id))
    and (j.all_tumour_types or exists (
      select from connect.project_tumour_type y
      join connect.onco_tree o on y.onco_tree_code in (o.code, o.tissue_code)
      join connect.diagnosis d on d.onco_tree_code = o.code
      where y.project_id = j.id and d.patient_id = c.patient_id))
  group by s.id, c.patient_id;

-- Whoever makes pseudonyms listens on connect_scope: a fact that changed may have put a patient into
-- a scope. Nothing is said with it, since any login may listen.
create or replace function connect.refresh_patient() returns trigger language plpgsql as $$
begin
  -- Two transactions that change facts of one patient take turns: the second sees the first's.
  perform from connect.patient p where p.id in (select c.patient_id from changed c) order by p.id for no key update;
  update connect.pseudonym y
  set during = coalesce(f.during, '{}'), research = f.research, commercial = f.commercial
  from connect.pseudonym o
  left join connect.scope_fact f on f.scope_id = o.scope_id and f.patient_id = o.patient_id
  where o.patient_id in (select c.patient_id from changed c)
    and (y.scope_id, y.patient_id) = (o.scope_id, o.patient_id)
    and (y.during, y.research, y.commercial)
      is distinct from (coalesce(f.during, '{}'), f.research, f.commercial);
  perform pg_notify('connect_scope', '');
  return null;
end
$$;

create or replace function connect.refresh_scope() returns trigger language plpgsql as $$
begin
  lock table connect.pseudonym in share row exclusive mode;
  update connect.pseudonym y
  set during = coalesce(f.during, '{}'), research = f.research, commercial = f.commercial
  from connect.pseudonym o
  join connect.scope s on s.id = o.scope_id and (s.kind in ('AGREEMENT', 'PROJECT')
    or s.purposes && '{RESEARCH,COMMERCIAL}' or num_nonnulls(o.research, o.commercial) > 0)
  left join connect.scope_fact f on f.scope_id = o.scope_id and f.patient_id = o.patient_id
  where (y.scope_id, y.patient_id) = (o.scope_id, o.patient_id)
    and (y.during, y.research, y.commercial)
      is distinct from (coalesce(f.during, '{}'), f.research, f.commercial);
  perform pg_notify('connect_scope', '');
  return null;
end
$$;
comment on function connect.refresh_scope is
  'Keep the pseudonyms of scopes when what they cover or are for changes.';

-- What a clock decides of a scope, its kinds of record and its ids put nobody in or out.
drop trigger kept on connect.scope;
create trigger kept
  after insert or delete or update of kind, agreement_id, project_id, site_id, purposes on connect.scope
  for each statement execute function connect.refresh_scope();

create function connect.tell_scope() returns trigger language plpgsql as $$
begin
  perform pg_notify('connect_scope', '');
  return null;
end
$$;
comment on function connect.tell_scope is 'Say that a scope may have got a patient.';
create trigger told after insert on connect.patient
  for each statement execute function connect.tell_scope();

-- Scopes that were for more than they ask for have pseudonyms that do not know it yet.
set local role connect_loader;
update connect.pseudonym y set research = f.research, commercial = f.commercial
from connect.scope_fact f, connect.scope s
where (f.scope_id, f.patient_id) = (y.scope_id, y.patient_id) and s.id = y.scope_id
  and s.purposes && '{RESEARCH,COMMERCIAL}'
  and (y.research, y.commercial) is distinct from (f.research, f.commercial);
reset role;

-- migrate:down
