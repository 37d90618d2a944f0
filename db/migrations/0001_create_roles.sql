-- migrate:up
-- Roles belong to the cluster and may exist already: made by an administrator, or for another
-- database of the same server. An existing role is left as it is; `tests/access` reads what it may.
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
declare
  kind text;
begin
  foreach kind in array array['partner', 'researcher', 'authority', 'clinician', 'steward', 'identity'] loop
    call pg_temp.make_role('connect_' || kind, 'nologin');
    call pg_temp.make_role('connect_' || kind || '_login', 'login');
    execute format('grant %I to %I', 'connect_' || kind, 'connect_' || kind || '_login');
  end loop;
  call pg_temp.make_role('connect_loader', 'nologin bypassrls');
  execute format('grant connect_loader to %I', current_user);
end
$$;
drop procedure pg_temp.make_role;

create schema connect;
comment on schema connect is 'What precision cancer medicine in Norway learns: records, vocabularies and who may see them.';
revoke all on schema public from public;
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format(
    'grant connect on database %I to connect_partner, connect_researcher, connect_authority, connect_clinician, connect_steward, connect_identity',
    current_database()
  );
  execute format('grant temporary on database %I to connect_loader', current_database());
end
$$;
grant usage on schema connect to
  connect_partner, connect_researcher, connect_authority, connect_clinician, connect_steward,
  connect_identity, connect_loader;

-- What every table gets. A migration calls one of these for each table it makes; what is special
-- about the table follows as a policy of its own. Nobody but the owner may call them.
create procedure connect.protect(relation regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', relation);
  execute format('alter table %s force row level security', relation);
  execute format('grant select, insert, update, delete on %s to connect_loader', relation);
  execute format('grant select on %s to connect_steward', relation);
end
$$;
comment on procedure connect.protect is 'Force row security; grant the loader everything and the steward reading.';

create procedure connect.protect_reference(relation regclass) language plpgsql as $$
begin
  call connect.protect(relation);
  execute format('grant select on %s to connect_partner, connect_researcher, connect_authority, connect_clinician', relation);
  execute format(
    'create policy reference on %s for select '
    'to connect_partner, connect_researcher, connect_authority, connect_clinician, connect_steward '
    'using (exists (select from connect.scope))', relation);
end
$$;
comment on procedure connect.protect_reference is 'Let every viewer with a live scope read: vocabularies, cohorts, drugs.';

create procedure connect.protect_record(relation regclass, visible text) language plpgsql as $$
declare
  readable text;
begin
  call connect.protect(relation);
  select string_agg(format('%I', attname), ', ' order by attnum) into readable
  from pg_attribute
  where attrelid = relation and attnum > 0 and not attisdropped
    and attname not in ('source_key', 'import_batch_id');
  execute format('grant select (%s) on %s to connect_partner, connect_researcher, connect_clinician', readable, relation);
  execute format(
    'create policy record on %s for select '
    'to connect_partner, connect_researcher, connect_clinician, connect_steward using (%s)', relation, visible);
end
$$;
comment on procedure connect.protect_record is
  'Let those who may have records read the rows for which the expression holds, provenance apart.';

create procedure connect.protect_identity(relation regclass) language plpgsql as $$
begin
  call connect.protect(relation);
  execute format('grant select on %s to connect_clinician', relation);
  execute format(
    'create policy identity on %s for select to connect_clinician, connect_steward '
    'using (exists (select from connect.pseudonym y where y.patient_id = %s.patient_id))', relation, relation);
end
$$;
comment on procedure connect.protect_identity is
  'Let stewards and clinicians of the patient''s own site read what identifies.';

create procedure connect.protect_office(relation regclass) language plpgsql as $$
begin
  call connect.protect(relation);
  execute format(
    'create policy office on %s for select to connect_steward using (exists (select from connect.scope))', relation);
end
$$;
comment on procedure connect.protect_office is 'Let only the data office read.';

-- What a restrictive policy adds for one kind of record: see 0004.
create procedure connect.protect_domain(relation regclass, domain text) language plpgsql as $$
begin
  execute format(
    'create policy domain on %s as restrictive for select to connect_partner, connect_researcher '
    'using ((select %L = any (s.data_domains::text[]) from connect.scope s))', relation, domain);
end
$$;
comment on procedure connect.protect_domain is
  'Withhold a kind of record from agreements and projects that do not include it.';

revoke execute on all procedures in schema connect from public;
alter default privileges in schema connect revoke execute on functions from public;
alter default privileges revoke execute on functions from public;

-- migrate:down
