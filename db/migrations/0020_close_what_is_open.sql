-- migrate:up
-- Every reference has an index: a batch finds its records without reading the tables.
create index on connect.screening (import_batch_id);
create index on connect.offer (import_batch_id);
create index on connect.diagnosis (import_batch_id);
create index on connect.specimen (import_batch_id);
create index on connect.molecular_profile (import_batch_id);
create index on connect.biomarker (import_batch_id);
create index on connect.treatment (import_batch_id);
create index on connect.response_assessment (import_batch_id);
create index on connect.outcome (import_batch_id);
create index on connect.resistance_finding (import_batch_id);

-- A release is everybody's once it is published; until then it is the data office's.
drop policy reference on connect.data_release;
create policy published on connect.data_release for select
  to connect_partner, connect_researcher, connect_authority, connect_clinician
  using (published and exists (select from connect.scope));
create policy office on connect.data_release for select to connect_steward
  using (exists (select from connect.scope));

-- Nobody keeps large objects here. Where the owner may not revoke it, the administrator should.
do $$
begin
  revoke execute on function
    pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea)
  from public;
exception
  when insufficient_privilege then
    raise notice 'large objects stay open to every login: revoke lo_creat, lo_create, lo_from_bytea from public';
end
$$;

-- migrate:down
