-- migrate:up
-- Which treatments of a patient a scope covers stands beside when the patient belongs to it, kept by
-- the same triggers from the same facts. So a treatment, and what hangs on it, is one lookup too.
alter table connect.pseudonym add column treatments bigint[] not null default '{}';
comment on column connect.pseudonym.treatments is
  'the patient''s treatments that the scope covers: of an agreement or a project those in its cohorts';
grant select (treatments) on connect.pseudonym to connect_partner, connect_researcher, connect_clinician;

create or replace view connect.scope_fact with (security_invoker = true) as
  select s.id as scope_id, p.id as patient_id, tstzmultirange(tstzrange(null, null)) as during,
    case when 'RESEARCH' = any (s.purposes) then connect.consented(p.id, 'RESEARCH') end as research,
    case when 'COMMERCIAL' = any (s.purposes) then connect.consented(p.id, 'COMMERCIAL') end as commercial,
    array(select t.id from connect.treatment t where t.patient_id = p.id order by t.id) as treatments
  from connect.scope s cross join connect.patient p
  where s.kind = 'CONSORTIUM'
union all
  select s.id, i.patient_id, tstzmultirange(tstzrange(null, null)),
    case when 'RESEARCH' = any (s.purposes) then connect.consented(i.patient_id, 'RESEARCH') end,
    case when 'COMMERCIAL' = any (s.purposes) then connect.consented(i.patient_id, 'COMMERCIAL') end,
    array(select t.id from connect.treatment t where t.patient_id = i.patient_id order by t.id)
  from connect.scope s join connect.patient_identity i on i.site_id = s.site_id
union all
  select s.id, c.patient_id, range_agg(tstzrange(c.given_at, c.withdrawn_at)),
    case when 'RESEARCH' = any (s.purposes) then connect.consented(c.patient_id, 'RESEARCH') end,
    null::tstzmultirange,
    k.treatments
  from connect.scope s
  join connect.consent c on c.purpose = 'COMMERCIAL'
  cross join lateral (
    select array_agg(t.id order by t.id) as treatments
    from connect.treatment t
    where t.patient_id = c.patient_id and t.cohort_id in (
      select d.cohort_id from connect.agreement_drug a join connect.cohort_drug d on d.drug_id = a.drug_id
      where a.agreement_id = s.agreement_id)) k
  where k.treatments is not null
  group by s.id, c.patient_id, k.treatments
union all
  select s.id, c.patient_id, range_agg(tstzrange(c.given_at, c.withdrawn_at)),
    null::tstzmultirange,
    case when 'COMMERCIAL' = any (s.purposes) then connect.consented(c.patient_id, 'COMMERCIAL') end,
    k.treatments
  from connect.scope s
  join connect.project j on j.id = s.project_id
  join connect.consent c on c.purpose = 'RESEARCH'
  cross join lateral (
    select array_agg(t.id order by t.id) as treatments
    from connect.treatment t
    where t.patient_id = c.patient_id and (j.all_cohorts or t.cohort_id in (
      select l.cohort_id from connect.project_cohort l where l.project_id = j.id))) k
  where (j.all_cohorts or k.treatments is not null)
    and (j.all_tumour_types or exists (
      select from connect.project_tumour_type y
      join connect.onco_tree o on y.onco_tree_code in (o.code, o.tissue_code)
      join connect.diagnosis d on d.onco_tree_code = o.code
      where y.project_id = j.id and d.patient_id = c.patient_id))
  group by s.id, c.patient_id, k.treatments;

create or replace function connect.refresh_patient() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
begin
  -- Two transactions that change facts of one patient take turns: the second sees the first's.
  perform from connect.patient p where p.id in (select c.patient_id from changed c) order by p.id for no key update;
  update connect.pseudonym y
  set during = coalesce(f.during, '{}'), research = f.research, commercial = f.commercial,
    treatments = coalesce(f.treatments, '{}')
  from connect.pseudonym o
  left join connect.scope_fact f on f.scope_id = o.scope_id and f.patient_id = o.patient_id
  where o.patient_id in (select c.patient_id from changed c)
    and (y.scope_id, y.patient_id) = (o.scope_id, o.patient_id)
    and (y.during, y.research, y.commercial, y.treatments)
      is distinct from (coalesce(f.during, '{}'), f.research, f.commercial, coalesce(f.treatments, '{}'));
  perform pg_notify('connect_scope', '');
  return null;
end
$$;

create or replace function connect.refresh_scope() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $$
begin
  lock table connect.pseudonym in share row exclusive mode;
  update connect.pseudonym y
  set during = coalesce(f.during, '{}'), research = f.research, commercial = f.commercial,
    treatments = coalesce(f.treatments, '{}')
  from connect.pseudonym o
  join connect.scope s on s.id = o.scope_id and (s.kind in ('AGREEMENT', 'PROJECT')
    or s.purposes && '{RESEARCH,COMMERCIAL}' or num_nonnulls(o.research, o.commercial) > 0)
  left join connect.scope_fact f on f.scope_id = o.scope_id and f.patient_id = o.patient_id
  where (y.scope_id, y.patient_id) = (o.scope_id, o.patient_id)
    and (y.during, y.research, y.commercial, y.treatments)
      is distinct from (coalesce(f.during, '{}'), f.research, f.commercial, coalesce(f.treatments, '{}'));
  perform pg_notify('connect_scope', '');
  return null;
end
$$;

-- Those that are there already.
set local role connect_loader;
update connect.pseudonym y set treatments = f.treatments
from connect.scope_fact f
where (f.scope_id, f.patient_id) = (y.scope_id, y.patient_id) and f.treatments <> '{}';
reset role;

-- Policies are told apart by name: `treated` withholds by the cohort as well as by the patient.
drop policy cohort_partner on connect.treatment;
drop policy cohort_researcher on connect.treatment;
do $$
declare
  relation regclass;
begin
  for relation in
    select p.polrelid from pg_policy p
    where p.polname = 'record' and (p.polrelid = 'connect.treatment'::regclass
      or pg_get_expr(p.polqual, p.polrelid) ~ 'connect\.treatment t')
  loop
    execute format('alter policy record on %s rename to treated', relation);
    execute format('alter policy treated on %1$s using (exists (select from connect.pseudonym y '
      'where y.patient_id = %1$s.patient_id and %1$s.%2$I = any (y.treatments)))', relation,
      case relation when 'connect.treatment'::regclass then 'id' else 'treatment_id' end);
  end loop;
end
$$;

-- What every table of what hangs on a treatment gets from here on.
create procedure connect.protect_treated(relation regclass) language plpgsql as $$
begin
  call connect.protect_record(relation, format(
    'exists (select from connect.pseudonym y '
    'where y.patient_id = %1$s.patient_id and %1$s.treatment_id = any (y.treatments))', relation));
  execute format('alter policy record on %s rename to treated', relation);
end
$$;
comment on procedure connect.protect_treated is
  'Let those who may have records read what hangs on the treatments that their scope covers.';
revoke execute on procedure connect.protect_treated from public;

-- migrate:down
