-- migrate:up
-- The facts that put a patient into a scope, whatever the clock says: the one place where they are
-- written. The loader makes a pseudonym of every row that has none; the triggers below keep `during`
-- in the transaction that changes a fact. Dates of agreements and embargoes stay in the policies.
create view connect.scope_fact with (security_invoker = true) as
  select s.id as scope_id, p.id as patient_id, tstzmultirange(tstzrange(null, null)) as during
  from connect.scope s cross join connect.patient p
  where s.kind = 'CONSORTIUM'
union all
  select s.id, i.patient_id, tstzmultirange(tstzrange(null, null))
  from connect.scope s join connect.patient_identity i on i.site_id = s.site_id
union all
  select s.id, c.patient_id, range_agg(tstzrange(c.given_at, c.withdrawn_at))
  from connect.scope s
  join connect.consent c on c.purpose = 'COMMERCIAL'
  where exists (
    select from connect.agreement_drug a
    join connect.cohort_drug d on d.drug_id = a.drug_id
    join connect.treatment t on t.cohort_id = d.cohort_id
    where a.agreement_id = s.agreement_id and t.patient_id = c.patient_id)
  group by s.id, c.patient_id
union all
  select s.id, c.patient_id, range_agg(tstzrange(c.given_at, c.withdrawn_at))
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
comment on view connect.scope_fact is 'Which patients belong to which scope, and when they consented to its purpose. The loader''s.';
grant select on connect.scope_fact to connect_loader;

create function connect.refresh_patient() returns trigger language plpgsql as $$
begin
  -- Two transactions that change facts of one patient take turns: the second sees the first's.
  perform from connect.patient p where p.id in (select c.patient_id from changed c) order by p.id for no key update;
  update connect.pseudonym y
  set during = coalesce(f.during, '{}')
  from connect.pseudonym o
  left join connect.scope_fact f on f.scope_id = o.scope_id and f.patient_id = o.patient_id
  where o.patient_id in (select c.patient_id from changed c)
    and (y.scope_id, y.patient_id) = (o.scope_id, o.patient_id)
    and y.during is distinct from coalesce(f.during, '{}');
  return null;
end
$$;
comment on function connect.refresh_patient is 'Keep the pseudonyms of the patients whose facts a statement changed.';

create function connect.refresh_scope() returns trigger language plpgsql as $$
begin
  lock table connect.pseudonym in share row exclusive mode;
  update connect.pseudonym y
  set during = coalesce(f.during, '{}')
  from connect.pseudonym o
  join connect.scope s on s.id = o.scope_id and s.kind in ('AGREEMENT', 'PROJECT')
  left join connect.scope_fact f on f.scope_id = o.scope_id and f.patient_id = o.patient_id
  where (y.scope_id, y.patient_id) = (o.scope_id, o.patient_id)
    and y.during is distinct from coalesce(f.during, '{}');
  return null;
end
$$;
comment on function connect.refresh_scope is 'Keep the pseudonyms of agreements and projects when what they cover changes.';

do $$
declare
  relation text;
begin
  foreach relation in array array['consent', 'treatment', 'diagnosis', 'patient_identity'] loop
    execute format('create trigger kept_on_insert after insert on connect.%I referencing new table as changed '
      'for each statement execute function connect.refresh_patient()', relation);
    execute format('create trigger kept_on_update after update on connect.%I referencing new table as changed '
      'for each statement execute function connect.refresh_patient()', relation);
    execute format('create trigger kept_on_delete after delete on connect.%I referencing old table as changed '
      'for each statement execute function connect.refresh_patient()', relation);
  end loop;
  foreach relation in array array[
    'agreement_drug', 'cohort_drug', 'project', 'project_cohort', 'project_tumour_type', 'onco_tree', 'scope'] loop
    execute format('create trigger kept after insert or update or delete on connect.%I '
      'for each statement execute function connect.refresh_scope()', relation);
  end loop;
end
$$;

-- A fact never moves from one patient to another: the record is removed and made anew.
create function connect.keep_patient() returns trigger language plpgsql as $$
begin
  if new.patient_id <> old.patient_id then
    raise exception 'a % cannot move to another patient', tg_table_name using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
comment on function connect.keep_patient is 'Refuse to move a record from one patient to another.';
do $$
declare
  relation regclass;
begin
  for relation in
    select a.attrelid::regclass from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r' and a.attname = 'patient_id'
  loop
    execute format('create trigger keep_patient before update of patient_id on %s '
      'for each row execute function connect.keep_patient()', relation);
  end loop;
end
$$;

grant usage on all sequences in schema connect to connect_loader;

-- migrate:down
