-- migrate:up
-- 0008 went once over the tables that were there. From here on protecting a table does it: the
-- loader may draw its ids, and its rows never move to another patient.
create or replace procedure connect.protect(relation regclass) language plpgsql as $$
declare
  counted text;
begin
  execute format('alter table %s enable row level security', relation);
  execute format('alter table %s force row level security', relation);
  execute format('grant select, insert, update, delete on %s to connect_loader', relation);
  execute format('grant select on %s to connect_steward', relation);
  for counted in
    select pg_get_serial_sequence(relation::text, attname) from pg_attribute
    where attrelid = relation and attidentity <> ''
  loop
    execute format('grant usage on sequence %s to connect_loader', counted);
  end loop;
  if exists (select from pg_attribute where attrelid = relation and attname = 'patient_id') then
    execute format('create trigger keep_patient before update of patient_id on %s '
      'for each row execute function connect.keep_patient()', relation);
  end if;
end
$$;
comment on procedure connect.protect is
  'Force row security; grant the loader everything and the steward reading; keep rows with their patient.';

-- migrate:down
